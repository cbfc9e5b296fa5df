//! How a resource last ended, and ways to run it again.

use compiler::index::NodeDetail;
use leptos::prelude::*;

use crate::components::badge::{status_badge, word_badge};
use crate::components::icon::{Icon, icon};
use crate::components::state_view::empty;
use crate::components::when::when;
use crate::model::format::{date_time, duration};
use crate::model::route;
use crate::model::runs::{PastRun, RunRequest};
use crate::queries::{query, runs as queries};
use crate::state::App;

pub(super) fn runs(app: App, detail: &NodeDetail) -> AnyView {
    let name = match &detail.source {
        Some(source) => format!("source:{}.{}", source.source_name, detail.name),
        None => detail.name.clone(),
    };
    let ways: Vec<(&'static str, &'static str, String)> = match detail.kind.as_str() {
        "source" => vec![
            ("Check freshness", "freshness", name.clone()),
            ("Build what depends on it", "build", format!("{name}+")),
        ],
        "test" => vec![("Test", "test", name)],
        _ => vec![
            ("Build it", "build", name.clone()),
            ("With all upstream", "build", format!("+{name}")),
            ("With all downstream", "build", format!("{name}+")),
            ("Test it", "test", name),
        ],
    };
    let buttons: Vec<_> = ways
        .into_iter()
        .map(|(word, command, select)| {
            let shown = select.clone();
            let start = move |_| {
                app.draft.set(Some(RunRequest {
                    command: command.to_owned(),
                    select: select.clone(),
                    ..RunRequest::default()
                }));
            };
            view! {
                <button class="button" type="button" disabled=move || !app.can_run() title=shown on:click=start>
                    {icon(Icon::Play)} {word}
                </button>
            }
        })
        .collect();
    view! {
        {match &detail.last {
            None => empty(Icon::Runs, "Not run yet", "No result of it is known. Run it here or with the command line."),
            Some(last) => {
                let at = last.at.clone().unwrap_or_default();
                let since = last.since.clone();
                view! {
                    <dl class="card card-pad contract-terms">
                        <div class="fact"><dt>"Last result"</dt><dd>{status_badge(Some(last.status))}</dd></div>
                        <div class="fact"><dt>"Ended"</dt><dd>{when(app.now, "", &at)}</dd></div>
                        <div class="fact"><dt>"Took"</dt><dd>{duration(last.seconds)}</dd></div>
                        {since.map(|since| view! { <div class="fact"><dt>"In this state since"</dt><dd>{date_time(&since)}</dd></div> })}
                        {last.failures.map(|count| view! { <div class="fact"><dt>"Failing rows"</dt><dd>{count}</dd></div> })}
                        {detail.message.clone().map(|message| view! { <div class="fact wide"><dt>"Message"</dt><dd class="run-message">{message}</dd></div> })}
                    </dl>
                }.into_any()
            }
        }}
        <div class="button-row section">{buttons}</div>
        {move || app.why_not().map(|why| view! { <p class="small faint section">{why}</p> })}
        <PastRuns id=detail.unique_id.clone()/>
    }
    .into_any()
}

/// The runs that the resource took part in, made anew when a run begins or ends.
#[component]
fn PastRuns(id: String) -> impl IntoView {
    let app = App::get();
    let list = query(move || id.clone(), queries::of_node);
    let board = Memo::new(move |_| {
        app.board.with(|board| {
            board
                .run
                .as_ref()
                .map(|run| (run.id.clone(), run.state.clone()))
        })
    });
    Effect::new(move |before: Option<Option<(String, String)>>| {
        let now = board.get();
        if before.is_some_and(|before| before != now) {
            list.refetch();
        }
        now
    });
    // A server of artifacts alone has no history; nothing is said of it.
    let table = move || {
        let rows: Vec<_> = list
            .get()
            .ready()
            .filter(|list| !list.is_empty())?
            .iter()
            .map(|past| row(app, past))
            .collect();
        Some(view! {
            <div class="section-head section"><h2>"Past runs"</h2></div>
            <div class="table-wrap">
                <table class="table stack past-runs">
                    <thead><tr><th>"Run"</th><th>"State"</th><th>"When"</th><th>"Message"</th><th class="number">"Took"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="small section"><a href="/runs">"All runs"</a></p>
        })
    };
    view! { {table} }
}

fn row(app: App, past: &PastRun) -> AnyView {
    let at = past.at().unwrap_or_default().to_owned();
    let from = if past.trigger == "page" {
        "from the page"
    } else {
        "command line"
    };
    view! {
        <tr>
            <td class="table-name">
                <a href=route::run(&past.run)>{past.command.clone()}</a>
                <div class="small faint">{from}</div>
            </td>
            <td data-name="State" class="nowrap">{word_badge(&past.status)}</td>
            <td data-name="When" class="nowrap">{when(app.now, "", &at)}</td>
            <td data-name="Message" class="soft break run-text">{past.message.clone()}</td>
            <td data-name="Took" class="number nowrap">{past.execution_time.map(duration)}</td>
        </tr>
    }
    .into_any()
}
