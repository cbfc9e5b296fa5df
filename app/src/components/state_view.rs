//! What stands where there is nothing yet, nothing at all, or an error.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::markdown_view::markdown;
use crate::queries::http::ApiError;
use crate::queries::{Load, Query};

/// An error with a way to try again.
pub fn failed(error: &ApiError, retry: impl Fn() + 'static) -> AnyView {
    let title = if error.is_missing() {
        "Not found"
    } else {
        "That did not work"
    };
    view! {
        <div class="state" role="alert">
            {icon(Icon::Warning)}
            <h2>{title}</h2>
            <p>{error.message.clone()}</p>
            {error.hint.as_deref().map(markdown)}
            <div class="button-row">
                <button class="button" type="button" on:click=move |_| retry()>"Try again"</button>
                {error.is_missing().then(|| view! { <a class="button" href="/search">"Search the catalog"</a> })}
            </div>
        </div>
    }
    .into_any()
}

/// Nothing to show, and what to do about it.
pub fn empty(picture: Icon, title: impl Into<String>, text: impl Into<String>) -> AnyView {
    view! {
        <div class="state boxed">
            {icon(picture)}
            <h2>{title.into()}</h2>
            {markdown(&text.into())}
        </div>
    }
    .into_any()
}

/// Grey lines while something loads.
pub fn skeleton() -> AnyView {
    view! {
        <div class="skeleton" role="status" aria-label="Loading">
            <span></span><span></span><span></span><span></span><span></span><span></span>
        </div>
    }
    .into_any()
}

/// Draws a value once it is there; until then grey lines, and an error if it does not come.
pub fn loaded<T: Clone + Send + Sync + 'static>(
    query: Query<T>,
    draw: impl Fn(T) -> AnyView + Send + 'static,
) -> impl Fn() -> AnyView {
    move || match query.get() {
        Load::Waiting => skeleton(),
        Load::Ready(value) => draw(value),
        Load::Failed(error) => failed(&error, move || query.refetch()),
    }
}
