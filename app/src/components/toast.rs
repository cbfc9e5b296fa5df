//! A word about what was just done.

use leptos::prelude::*;

use crate::state::App;

/// Shows [`App::say`].
#[component]
pub fn Toast() -> impl IntoView {
    let app = App::get();
    view! {
        <div role="status" aria-live="polite">
            {move || app.toast.get().map(|text| view! { <div class="toast">{text}</div> })}
        </div>
    }
}
