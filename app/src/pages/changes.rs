//! What changed since earlier artifacts, and what is downstream of it.

use std::sync::Arc;

use compiler::index::{Changed, Changes, How, Reached};
use leptos::prelude::*;

use crate::components::badge::{dot, kind_shape};
use crate::components::icon::{Icon, icon};
use crate::components::state_view::{empty, loaded};
use crate::model::route::{self, LineageView};
use crate::model::status::Tone;
use crate::queries::{catalog, query};
use crate::state::App;
use crate::tasks;

/// The page.
#[component]
pub fn ChangesPage() -> impl IntoView {
    super::title(|| "Changes".to_owned());
    let app = App::get();
    let changes = query(|| (), |()| catalog::changes());
    view! {
        <div class="page">
            <div class="page-head">
                <div class="page-title">
                    <h1>"Changes"</h1>
                    <p class="page-lead">"What is another than in the artifacts to compare with, and what reads it."</p>
                </div>
            </div>
            {loaded(changes, move |changes| body(app, &changes))}
        </div>
    }
}

fn body(app: App, changes: &Arc<Changes>) -> AnyView {
    if changes.is_empty() {
        return empty(
            Icon::Check,
            "Nothing changed",
            "Models, sources, tests and macros are those of the artifacts to compare with.",
        );
    }
    let shared = Arc::clone(changes);
    let rows: Vec<_> = changes.items.iter().map(|item| row(app, item)).collect();
    let macros = changes.macros.clone();
    let downstream: Vec<_> = changes.downstream.iter().map(reached).collect();
    let count = downstream.len();
    view! {
        <div class="button-row section">
            <strong>{changes.summary()}</strong>
            {in_lineage(changes).map(|href| view! { <a class="button" href=href>{icon(Icon::Lineage)} "In the lineage"</a> })}
            <button class="button" type="button"
                on:click=move |_| tasks::copy(app, shared.markdown(), "Markdown")>{icon(Icon::Copy)} "Copy as Markdown"</button>
        </div>
        <div class="table-wrap section">
            <table class="table stack">
                <thead><tr><th>"Resource"</th><th>"How"</th><th>"What"</th><th>"Columns"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {(!macros.is_empty()).then(|| view! {
            <section class="section">
                <h2>"Macros"</h2>
                <ul class="tags">{macros.into_iter().map(|name| view! { <li><code>{name}</code></li> }).collect::<Vec<_>>()}</ul>
            </section>
        })}
        {(count > 0).then(|| view! {
            <section class="section">
                <div class="section-head"><h2>"Downstream"</h2> <span class="faint">{count}</span></div>
                <div class="table-wrap">
                    <table class="table stack">
                        <thead><tr><th>"Resource"</th><th>"Owner"</th></tr></thead>
                        <tbody>{downstream}</tbody>
                    </table>
                </div>
            </section>
        })}
    }
    .into_any()
}

/// What changed and all that reads it, as the lineage selects it.
fn in_lineage(changes: &Changes) -> Option<String> {
    let still_there = changes
        .items
        .iter()
        .any(|item| item.how != How::Removed && item.kind != "test");
    let view = LineageView {
        // A new source is not modified, by dbt's rule.
        select: "state:modified+ state:new+".to_owned(),
        ..LineageView::default()
    };
    still_there.then(|| view.href())
}

fn row(app: App, item: &Changed) -> AnyView {
    let id = item.unique_id.clone();
    let known = app
        .ready()
        .is_some_and(|catalog| catalog.position(&id).is_some());
    let shape = kind_shape(&item.kind);
    let name = if known {
        view! { <a class="node-link" href=route::node(&id)>{shape} {item.name.clone()}</a> }
            .into_any()
    } else {
        view! { <span class="node-link">{shape} {item.name.clone()}</span> }.into_any()
    };
    let (word, tone) = match item.how {
        How::Added => ("added", Tone::Ok),
        How::Removed => ("removed", Tone::Bad),
        How::Modified => ("modified", Tone::Busy),
    };
    let columns: Vec<_> = item
        .columns
        .iter()
        .map(|column| {
            let text = format!("{} {}", column.how.sign(), column.told());
            view! { <li><code>{text}</code></li> }
        })
        .collect();
    view! {
        <tr>
            <td class="table-name">{name}</td>
            <td data-name="How">{dot(tone, word)} " " {word}</td>
            <td data-name="What">{item.what.join(", ")}</td>
            <td data-name="Columns">{(!columns.is_empty()).then(|| view! { <ul class="change-columns">{columns}</ul> })}</td>
        </tr>
    }
    .into_any()
}

fn reached(item: &Reached) -> AnyView {
    view! {
        <tr>
            <td class="table-name"><a class="node-link" href=route::node(&item.unique_id)>{kind_shape(&item.kind)} {item.name.clone()}</a></td>
            <td data-name="Owner">{item.owner.clone().unwrap_or_default()}</td>
        </tr>
    }
    .into_any()
}
