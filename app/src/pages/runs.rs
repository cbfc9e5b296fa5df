//! The history of runs.

use leptos::prelude::*;

use crate::components::badge::word_badge;
use crate::components::icon::{Icon, icon};
use crate::components::state_view::{empty, loaded};
use crate::components::when::when;
use crate::model::format::duration;
use crate::model::route;
use crate::model::runs::{Counts, Run, RunRequest};
use crate::queries::{query, runs};
use crate::state::App;

/// How many runs are listed.
const LISTED: usize = 100;

/// The page.
#[component]
pub fn RunsPage() -> impl IntoView {
    super::title(|| "Runs".to_owned());
    let app = App::get();
    // A run that begins or ends makes the list anew.
    let state = Memo::new(move |_| {
        app.board.with(|board| {
            board
                .run
                .as_ref()
                .map(|run| (run.id.clone(), run.state.clone()))
        })
    });
    let list = query(move || (), |()| runs::list(LISTED));
    Effect::new(move |before: Option<Option<(String, String)>>| {
        let state = state.get();
        if before.is_some_and(|before| before != state) {
            list.refetch();
        }
        state
    });
    view! {
        <div class="page">
            <div class="page-head">
                <div class="page-title">
                    <h1>"Runs"</h1>
                    <p class="page-lead">"Every build, run, test and freshness check, from this page and from the command line."</p>
                </div>
                <button class="button primary" type="button" disabled=move || !app.can_run()
                    on:click=move |_| app.draft.set(Some(RunRequest::default()))>{icon(Icon::Play)} "Start a run"</button>
            </div>
            {move || app.why_not().map(|why| view! { <p class="notice section">{why}</p> })}
            {loaded(list, move |list| table(app, &list))}
        </div>
    }
}

fn table(app: App, list: &[Run]) -> AnyView {
    if list.is_empty() {
        return empty(
            Icon::Runs,
            "No runs yet",
            "What is run here or with the command line appears in this list and stays.",
        );
    }
    let rows: Vec<_> = list.iter().map(|run| row(app, run)).collect();
    view! {
        <div class="table-wrap section">
            <table class="table stack">
                <thead><tr><th>"Run"</th><th>"State"</th><th>"Results"</th><th>"Started"</th><th class="number">"Took"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(app: App, run: &Run) -> AnyView {
    let begun = run
        .started_at
        .clone()
        .or_else(|| run.created_at.clone())
        .unwrap_or_default();
    let timed = run.clone();
    view! {
        <tr>
            <td class="table-name">
                <a href=route::run(&run.id)>{run.command.clone()}</a>
                <div class="small faint code break">{selection(run)}</div>
            </td>
            <td data-name="State">{word_badge(&run.state)}</td>
            <td data-name="Results">{results(run.counts)}</td>
            <td data-name="Started">{when(app.now, "", &begun)}</td>
            <td data-name="Took" class="number">{move || timed.seconds(app.now.get()).map(duration)}</td>
        </tr>
    }
    .into_any()
}

/// What a run was about.
pub(super) fn selection(run: &Run) -> String {
    let mut text = if run.select.is_empty() {
        "everything".to_owned()
    } else {
        run.select.clone()
    };
    if !run.exclude.is_empty() {
        text.extend([" without ", run.exclude.as_str()]);
    }
    if run.full_refresh {
        text.push_str(", full refresh");
    }
    text
}

/// How nodes ended, in words.
pub(super) fn results(counts: Counts) -> AnyView {
    let part = |count: usize, word: &'static str, class: &'static str| {
        (count > 0)
            .then(|| view! { <span class=format!("run-count {class}")>{count} " " {word}</span> })
    };
    view! {
        <span class="run-counts">
            {part(counts.error, "failed", "bad")} {part(counts.warn, "warned", "warn")} {part(counts.success, "fine", "ok")}
            {part(counts.skipped, "skipped", "")}
        </span>
    }
    .into_any()
}
