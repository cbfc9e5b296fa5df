//! Sources: how fresh they are, and what depends on them.

use std::sync::Arc;

use compiler::artifacts::manifest::{ResourceType, Threshold};
use compiler::index::{IndexNode, NodeFreshness};
use leptos::prelude::*;

use crate::components::badge::{node_link, tone_badge};
use crate::components::icon::{Icon, icon};
use crate::components::state_view::{empty, loaded};
use crate::components::when::when;
use crate::model::catalog::Catalog;
use crate::model::format::{plural, rough};
use crate::model::route::{LineageView, Reach};
use crate::model::runs::RunRequest;
use crate::model::status::{Tone, freshness_word};
use crate::state::App;

/// The page.
#[component]
pub fn SourcesPage() -> impl IntoView {
    super::title(|| "Sources".to_owned());
    let app = App::get();
    let check = move |_| {
        app.draft.set(Some(RunRequest {
            command: "freshness".to_owned(),
            ..RunRequest::default()
        }));
    };
    let checked = move || {
        let at = app.ready()?.index.project.freshness_at.clone()?;
        Some(when(app.now, "Freshness was last checked ", &at))
    };
    view! {
        <div class="page">
            <div class="page-head">
                <div class="page-title">
                    <h1>"Sources"</h1>
                    <p class="page-lead">"Tables that the project reads and did not make. " {checked}</p>
                </div>
                <button class="button" type="button" disabled=move || !app.can_run()
                    title=move || app.why_not().unwrap_or_default() on:click=check>
                    {icon(Icon::Play)} "Check freshness"
                </button>
            </div>
            {loaded(app.catalog, move |catalog| table(app, catalog))}
        </div>
    }
}

fn table(app: App, catalog: Arc<Catalog>) -> AnyView {
    let mut sources: Vec<&IndexNode> = catalog.of_kind(ResourceType::Source).collect();
    if sources.is_empty() {
        return empty(
            Icon::Source,
            "No sources",
            "Declare the tables that the project reads under `sources:` in a YAML file.",
        );
    }
    let tone = |node: &IndexNode| {
        node.freshness
            .as_ref()
            .map_or(Tone::Idle, |freshness| freshness_word(freshness).0)
    };
    sources.sort_by(|a, b| {
        (std::cmp::Reverse(tone(a)), a.freshness.is_none())
            .cmp(&(std::cmp::Reverse(tone(b)), b.freshness.is_none()))
            .then_with(|| a.label().cmp(&b.label()))
    });
    let rows: Vec<_> = sources
        .into_iter()
        .map(|node| row(app, &catalog, node))
        .collect();
    view! {
        <div class="table-wrap">
            <table class="table stack">
                <thead><tr>
                    <th>"Source"</th><th>"State"</th><th>"Newest row"</th><th>"Warns after"</th><th>"Stale after"</th><th>"What depends on it"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(app: App, catalog: &Catalog, node: &IndexNode) -> AnyView {
    let position = catalog.position(&node.unique_id).unwrap_or_default();
    let below = catalog.downstream(position);
    let exposures: Vec<_> = below
        .iter()
        .map(|at| catalog.at(*at))
        .filter(|node| node.kind == ResourceType::Exposure)
        .map(|node| node_link(&node.unique_id, &node.label(), "exposure"))
        .collect();
    let view = LineageView {
        focus: Some(node.unique_id.clone()),
        up: Some(Reach::Steps(0)),
        down: Some(Reach::All),
        ..LineageView::default()
    };
    let (state, age) = match &node.freshness {
        Some(freshness) => {
            let (tone, word) = freshness_word(freshness);
            (tone_badge(tone, word), newest(app, freshness))
        }
        None => (
            view! { <span class="faint">"no limit set"</span> }.into_any(),
            ().into_any(),
        ),
    };
    let limits = node.freshness.clone().unwrap_or_default();
    view! {
        <tr>
            <td class="table-name">{node_link(&node.unique_id, &node.label(), "source")}</td>
            <td data-name="State">{state}</td>
            <td data-name="Newest row">{age}</td>
            <td data-name="Warns after">{limit(limits.warn_after.as_ref())}</td>
            <td data-name="Stale after">{limit(limits.error_after.as_ref())}</td>
            <td data-name="What depends on it">
                <a href=view.href()>{plural(below.len(), "resource", "resources")}</a>
                <div class="source-exposures">{exposures}</div>
            </td>
        </tr>
    }
    .into_any()
}

/// Age of the newest row when it was checked.
pub(super) fn newest(app: App, freshness: &NodeFreshness) -> AnyView {
    if let Some(error) = &freshness.error {
        return view! { <span class="field-error">{error.clone()}</span> }.into_any();
    }
    let Some(at) = freshness.max_loaded_at.clone() else {
        return view! { <span class="faint">"–"</span> }.into_any();
    };
    let age = freshness
        .age_seconds
        .map(|age| format!(" ({} when checked)", rough(age.max(0.0) as u64)));
    view! { {when(app.now, "", &at)} <span class="faint">{age}</span> }.into_any()
}

/// A limit in words.
pub(super) fn limit(threshold: Option<&Threshold>) -> String {
    match threshold.map(|threshold| (threshold.count, threshold.period.as_deref())) {
        Some((Some(count), Some(period))) => {
            plural(count.unsigned_abs() as usize, period, &format!("{period}s"))
        }
        _ => "–".to_owned(),
    }
}
