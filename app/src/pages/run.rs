//! One run, live while it is on.

use leptos::html;
use leptos::prelude::*;

use super::runs::{results, selection};
use crate::components::badge::{node_link, word_badge};
use crate::components::icon::{Icon, icon};
use crate::components::state_view::{empty, failed, skeleton};
use crate::components::tabs::{Tab, tabs};
use crate::components::top_bar::spinner;
use crate::components::when::when;
use crate::model::format::{duration, plural};
use crate::model::route::{self, LineageView};
use crate::model::runs::{LiveRun, LogLine, RunNode};
use crate::queries::{Load, events, query, runs};
use crate::router::Router;
use crate::state::{App, clock};
use crate::tasks;

/// Log lines drawn at the most; the last ones.
const LINES: usize = 1_000;

/// The page.
#[component]
pub fn RunPage() -> impl IntoView {
    let app = App::get();
    let query_map = Router::get().query;
    let id = Router::get().id;
    let tab = Memo::new(move |_| query_map.with(|query| query.get("tab").unwrap_or_default()));
    super::title(|| "Run".to_owned());
    let fetched = query(move || id.get(), runs::one);
    let live = fetched.state();
    let now = RwSignal::new(clock());
    let ticking =
        set_interval_with_handle(move || now.set(clock()), std::time::Duration::from_secs(1));
    on_cleanup(move || {
        if let Ok(ticking) = ticking {
            ticking.clear();
        }
    });
    follow(app, id, fetched);
    // Only whether there is a run decides what stands here; its parts follow its events by themselves.
    let there = Memo::new(move |_| {
        live.with(|load| match load {
            Load::Waiting => Load::Waiting,
            Load::Ready(_) => Load::Ready(()),
            Load::Failed(error) => Load::Failed(error.clone()),
        })
    });
    view! {
        <div class="page">
            {move || match there.get() {
                Load::Waiting => skeleton(),
                Load::Ready(()) => view! { <Body live=live tab=tab now=now/> }.into_any(),
                Load::Failed(error) => failed(&error, move || fetched.refetch()),
            }}
        </div>
    }
}

/// Listens to the run's events for as long as its page is open; what was missed before is fetched.
fn follow(app: App, id: Memo<String>, fetched: crate::queries::Query<LiveRun>) {
    let stream = StoredValue::new_local(None::<events::Events>);
    let live = fetched.state();
    Effect::new(move |_| {
        let id = id.get();
        if !app.can_run() {
            return;
        }
        let opened = events::listen(
            Some(&id),
            move |event| {
                let _ = live.try_update(|load| {
                    if let Load::Ready(run) = load {
                        run.apply(&event);
                    }
                });
            },
            move || fetched.refetch(),
        );
        stream.set_value(opened);
    });
    on_cleanup(move || {
        stream.try_update_value(Option::take);
    });
}

#[component]
fn Body(live: RwSignal<Load<LiveRun>>, tab: Memo<String>, now: RwSignal<i64>) -> impl IntoView {
    let app = App::get();
    let run = Memo::new(move |_| {
        live.with(|load| {
            load.as_ready()
                .map(|live| live.run.clone())
                .unwrap_or_default()
        })
    });
    let counts = Memo::new(move |_| {
        live.with(|load| load.as_ready().map(LiveRun::counts).unwrap_or_default())
    });
    let over = Memo::new(move |_| run.with(crate::model::runs::Run::is_over));
    let share = move || {
        let counts = counts.get();
        if counts.total == 0 {
            0.0
        } else {
            counts.done() as f64 * 100.0 / counts.total as f64
        }
    };
    let lineage = move || {
        LineageView {
            select: run.with(|run| run.select.clone()),
            color: route::ColorBy::Status,
            ..LineageView::default()
        }
        .href()
    };
    let bars = move || {
        let counts = counts.get();
        let total = counts.total.max(1) as f64;
        [("bad", counts.error), ("warn", counts.warn), ("ok", counts.success), ("idle", counts.skipped)]
            .into_iter()
            .map(|(class, count)| view! { <span class=format!("run-bar-part {class}") style=format!("width:{}%", count as f64 * 100.0 / total)></span> })
            .collect::<Vec<_>>()
    };
    let head_tabs = move || {
        let id = run.with(|run| run.id.clone());
        let nodes = live.with(|load| load.as_ready().map(|live| live.nodes.len()));
        let lines = live.with(|load| load.as_ready().map(|live| live.log.len()));
        let current = if tab.with(|tab| tab == "log") {
            "log"
        } else {
            "nodes"
        };
        tabs(
            "Run",
            current,
            vec![
                Tab {
                    key: "nodes",
                    title: "Nodes",
                    count: nodes,
                    href: route::run(&id),
                },
                Tab {
                    key: "log",
                    title: "Log",
                    count: lines,
                    href: format!("{}?tab=log", route::run(&id)),
                },
            ],
        )
    };
    view! {
        <div class="page-head">
            <div class="page-title">
                <p class="page-over"><a href="/runs">"Runs"</a></p>
                <h1 class="run-title">{move || run.with(|run| run.command.clone())} " "
                    {move || run.with(|run| view! {
                        <span class="run-state">{(!run.is_over()).then(spinner)} {word_badge(&run.state)}</span>
                    })}
                </h1>
                <p class="page-over">
                    <span class="code break">{move || run.with(selection)}</span>
                    {move || run.with(|run| run.started_at.clone()).map(|at| when(now, "started ", &at))}
                    <span>{move || run.with(|run| run.seconds(now.get()).map(duration))}</span>
                </p>
            </div>
            <div class="button-row">
                <a class="button" href=lineage>{icon(Icon::Lineage)} "Lineage"</a>
                {move || if over.get() {
                    let again = move |_| run.with_untracked(|run| app.draft.set(Some(crate::model::runs::RunRequest {
                        command: run.command.clone(), select: run.select.clone(), exclude: run.exclude.clone(), full_refresh: run.full_refresh,
                    })));
                    view! { <button class="button" type="button" disabled=move || !app.can_run() on:click=again>{icon(Icon::Play)} "Run again…"</button> }.into_any()
                } else {
                    view! { <button class="button danger" type="button" on:click=move |_| run.with_untracked(|run| tasks::cancel_run(app, run))>{icon(Icon::Stop)} "Stop"</button> }.into_any()
                }}
            </div>
        </div>
        {move || run.with(|run| {
            let class = if run.state == "error" { "notice tone-bad run-message" } else { "notice run-message" };
            run.message.clone().map(|message| view! { <p class=class>{message}</p> })
        })}
        <div class="run-progress">
            <div class="run-bar" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100"
                aria-valuenow=move || format!("{:.0}", share())>{bars}</div>
            <p class="small soft run-summary" role="status">
                {move || { let counts = counts.get(); format!("{} of {}", counts.done(), plural(counts.total, "node", "nodes")) }} " "
                {move || results(counts.get())}
            </p>
        </div>
        {head_tabs}
        {move || if tab.with(|tab| tab == "log") {
            view! { <Log live=live/> }.into_any()
        } else {
            view! { <Nodes live=live over=over/> }.into_any()
        }}
    }
}

#[component]
fn Nodes(live: RwSignal<Load<LiveRun>>, over: Memo<bool>) -> impl IntoView {
    let app = App::get();
    let rows = move || {
        let nodes = live.with(|load| {
            load.as_ready()
                .map(|live| live.nodes.clone())
                .unwrap_or_default()
        });
        if nodes.is_empty() {
            let text = if over.get() {
                "The run ended before any node began, or took in none."
            } else {
                "The run has not begun yet."
            };
            return empty(Icon::Runs, "No nodes", text);
        }
        let catalog = app.ready().unwrap_or_default();
        let mut nodes = nodes;
        nodes.sort_by_key(|node| weight(&node.status));
        let rows: Vec<_> = nodes
            .iter()
            .map(|node| {
                let (label, kind) = catalog.label(&node.unique_id);
                row(node, &label, &kind)
            })
            .collect();
        view! {
            <div class="table-wrap">
                <table class="table stack run-nodes">
                    <thead><tr><th>"Node"</th><th>"State"</th><th>"Message"</th><th class="number">"Took"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! { {rows} }
}

/// What needs a look comes first, then what is on.
fn weight(status: &str) -> u8 {
    match status {
        "error" | "fail" | "runtime error" | "partial success" => 0,
        "warn" => 1,
        "running" | "cancelled" => 2,
        "skipped" => 3,
        "queued" => 5,
        _ => 4,
    }
}

fn row(node: &RunNode, label: &str, kind: &str) -> AnyView {
    view! {
        <tr>
            <td class="table-name">{node_link(&node.unique_id, label, kind)}</td>
            <td data-name="State" class="nowrap">{(node.status == "running").then(spinner)} {word_badge(&node.status)}</td>
            <td data-name="Message" class="soft break run-text">{node.message.clone()}</td>
            <td data-name="Took" class="number nowrap">{node.execution_time.map(duration)}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Log(live: RwSignal<Load<LiveRun>>) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let count =
        Memo::new(move |_| live.with(|load| load.as_ready().map_or(0, |live| live.log.len())));
    Effect::new(move |_| {
        let _ = count.get();
        if let Some(place) = place.get() {
            request_animation_frame(move || place.set_scroll_top(place.scroll_height()));
        }
    });
    let lines = move || {
        let log: Vec<LogLine> = live.with(|load| {
            load.as_ready()
                .map(|live| live.log.iter().rev().take(LINES).rev().cloned().collect())
                .unwrap_or_default()
        });
        if log.is_empty() {
            return view! { <p class="search-note">"Nothing was logged yet."</p> }.into_any();
        }
        log.into_iter()
            .map(|line| {
                let at = line.at.as_deref().and_then(|at| at.get(11..19)).unwrap_or_default().to_owned();
                view! { <div class=format!("log-line log-{}", line.level)><span class="log-at">{at}</span> <span>{line.line}</span></div> }
            })
            .collect::<Vec<_>>()
            .into_any()
    };
    view! { <div class="log code" node_ref=place tabindex="0" role="log" aria-label="Log">{lines}</div> }
}
