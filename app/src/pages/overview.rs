//! What the project is, and what in it needs a look.

use std::sync::Arc;

use compiler::artifacts::manifest::ResourceType;
use compiler::contract::PromiseState;
use compiler::index::{IndexNode, IndexTest, NodeDetail};
use leptos::prelude::*;

use crate::components::badge::{
    kind_shape, meter, node_link, promise_badge, status_badge, tone_badge,
};
use crate::components::icon::{Icon, icon};
use crate::components::markdown_view::markdown;
use crate::components::state_view::loaded;
use crate::components::test_line::last_time;
use crate::components::when::when;
use crate::model::about;
use crate::model::catalog::{Catalog, Tally};
use crate::model::format::{number, plural};
use crate::model::route::{self, LineageView};
use crate::model::status::{Tone, freshness_word, kind_title};
use crate::queries::{self, Query, query};
use crate::state::App;

/// How many lines a card holds.
const LINES: usize = 6;

/// The page.
#[component]
pub fn OverviewPage() -> impl IntoView {
    super::title(String::new);
    let app = App::get();
    // The text is fetched beside the index, since few pages need it. After a run the index is another and the block the
    // same, so what is read stays.
    let block = Memo::new(move |_| {
        app.catalog.state().with(|load| {
            let index = &load.as_ready()?.index;
            let doc = about::overview(index)?;
            Some((doc.unique_id.clone(), index.project.generated_at.clone()))
        })
    });
    let text = query(
        move || block.get(),
        |block| async move {
            match block {
                Some((id, _)) => queries::catalog::node(id).await.map(Some),
                None => Ok(None),
            }
        },
    );
    view! { <div class="page">{loaded(app.catalog, move |catalog| draw(app, &catalog, text))}</div> }
}

type Block = Query<Option<Arc<NodeDetail>>>;

fn draw(app: App, catalog: &Arc<Catalog>, text: Block) -> AnyView {
    let tally = catalog.tally();
    let project = catalog.index.project.clone();
    let run_at = project.run_at.clone();
    let command = project.command.clone().unwrap_or_else(|| "run".to_owned());
    let kinds: Vec<_> = tally
        .kinds
        .iter()
        .map(|(kind, count)| figure(kind, *count))
        .collect();
    let tests = catalog.index.tests.len();
    view! {
        <div class="page-head">
            <div class="page-title">
                <h1>{project.name.clone()}</h1>
                <p class="page-over">
                    {(!project.adapter.is_empty()).then(|| view! { <span>{project.adapter.clone()}</span> })}
                    {run_at.map(|at| view! { <span>"last " {command} " " {when(app.now, "", &at)}</span> })}
                    <span title=project.dbt_version.clone()>"artifacts of version " {project.dbt_version.clone()}</span>
                </p>
            </div>
            <a class="button" href="/lineage">{icon(Icon::Lineage)} "Lineage"</a>
        </div>
        <div class="card card-pad figures overview-figures">
            {kinds}
            <a class="figure" href="/coverage"><span class="figure-value">{number(tests)}</span>
                <span class="figure-name">{kind_shape("test")} " tests"</span></a>
        </div>
        {health(&tally)}
        {move || text.get().ready().flatten().map(|block| of_itself(&block.description))}
        <div class="cards section">
            {failing(app, catalog)}
            {stale(app, catalog)}
            {contracts(catalog, &tally)}
            {coverage(catalog)}
            {exposures(catalog)}
            {packages(catalog)}
        </div>
    }
    .into_any()
}

fn figure(kind: &'static str, count: usize) -> AnyView {
    let select = format!("resource_type:{kind}");
    let href = route::with_query("/lineage", &[("select", &select)]);
    let word = match kind {
        "analysis" => "analyses".to_owned(),
        "saved_query" => "saved queries".to_owned(),
        _ if count == 1 => kind_title(kind).to_owned(),
        _ => format!("{}s", kind_title(kind)),
    };
    view! {
        <a class="figure" href=href>
            <span class="figure-value">{number(count)}</span>
            <span class="figure-name">{kind_shape(kind)} " " {word}</span>
        </a>
    }
    .into_any()
}

/// What the project says of itself; of a long text the beginning, until somebody wants to read on.
fn of_itself(text: &str) -> Option<AnyView> {
    if text.trim().is_empty() {
        return None;
    }
    let is_long = about::is_long(text);
    let open = RwSignal::new(!is_long);
    let word = move || if open.get() { "Show less" } else { "Read on" };
    let turn = is_long.then(|| {
        view! {
            <button class="button overview-more" type="button" aria-expanded=move || open.get().to_string()
                aria-controls="overview-text" on:click=move |_| open.update(|open| *open = !*open)>{word}</button>
        }
    });
    Some(
        view! {
            <section class="card card-pad overview-text section" aria-label="About this project">
                <div id="overview-text" class="overview-words" class:cut=move || !open.get()>{markdown(text)}</div>
                {turn}
            </section>
        }
        .into_any(),
    )
}

/// Packages that say something of themselves.
fn packages(catalog: &Catalog) -> Option<AnyView> {
    let rows: Vec<_> = about::packages(&catalog.index)
        .into_iter()
        .map(|(package, doc)| {
            view! {
                <li class="row"><span class="row-main"><a href=route::node(&doc.unique_id)>{package.to_owned()}</a></span></li>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        card(
            "About its packages",
            None,
            view! { <ul class="rows">{rows}</ul> }.into_any(),
        )
    })
}

/// The last results of all as three bars.
fn health(tally: &Tally) -> AnyView {
    let bar = |name: &'static str, href: String, counts: [usize; 4], words: [&'static str; 4]| {
        let total: usize = counts.iter().sum();
        if total == 0 {
            return None;
        }
        let classes = ["ok", "warn", "bad", "idle"];
        let order = [2, 1, 0, 3];
        let parts: Vec<_> = order
            .into_iter()
            .map(|at| view! { <span class=format!("run-bar-part {}", classes[at]) style=format!("width:{}%", counts[at] as f64 * 100.0 / total as f64)></span> })
            .collect();
        let legend: Vec<_> = order
            .into_iter()
            .filter(|at| counts[*at] > 0)
            .map(|at| view! { <span class=format!("run-count {}", classes[at])>{number(counts[at])} " " {words[at]}</span> })
            .collect();
        Some(view! {
            <a class="health" href=href>
                <span class="health-name">{name}</span>
                <span class="run-bar" aria-hidden="true">{parts}</span>
                <span class="run-counts small">{legend}</span>
            </a>
        })
    };
    let [built, failed, skipped, unknown] = tally.builds;
    let lineage = LineageView {
        color: route::ColorBy::Status,
        ..LineageView::default()
    }
    .href();
    view! {
        <div class="card card-pad healths">
            {bar("Builds", lineage, [built, skipped, failed, unknown], ["built", "skipped", "failed", "not run"])}
            {bar("Tests", "/coverage".to_owned(), tally.tests, ["passed", "warned", "failed", "not run"])}
            {bar("Sources", "/sources".to_owned(), tally.sources, ["fresh", "late", "stale", "not checked"])}
        </div>
    }
    .into_any()
}

fn card(title: &'static str, more: Option<(String, &'static str)>, body: AnyView) -> AnyView {
    view! {
        <section class="card">
            <div class="card-head"><h2>{title}</h2>
                {more.map(|(href, word)| view! { <span class="right"><a href=href>{word}</a></span> })}
            </div>
            {body}
        </section>
    }
    .into_any()
}

fn good(text: &'static str) -> AnyView {
    view! { <p class="card-pad soft good">{icon(Icon::Check)} {text}</p> }.into_any()
}

fn failing(app: App, catalog: &Catalog) -> AnyView {
    let tests = catalog.failing_tests();
    let builds = catalog.failed_builds();
    let any_ran = catalog.index.tests.iter().any(|test| test.last.is_some())
        || catalog.index.nodes.iter().any(|node| node.last.is_some());
    let body = if tests.is_empty() && builds.is_empty() {
        if any_ran {
            good("Everything that ran is fine.")
        } else {
            view! { <p class="card-pad soft">"Nothing has run yet."</p> }.into_any()
        }
    } else {
        let built: Vec<_> = builds
            .iter()
            .take(LINES)
            .map(|node| build_row(app, node))
            .collect();
        let tested: Vec<_> = tests
            .iter()
            .take(LINES)
            .map(|test| test_row(app, catalog, test))
            .collect();
        let rest = (tests.len() + builds.len()).saturating_sub(built.len() + tested.len());
        view! {
            <ul class="rows">{built} {tested}</ul>
            {(rest > 0).then(|| view! { <p class="search-note">"and " {number(rest)} " more"</p> })}
        }
        .into_any()
    };
    card(
        "Needs a look",
        Some(("/coverage?only=failing".to_owned(), "All failing tests")),
        body,
    )
}

fn build_row(app: App, node: &IndexNode) -> impl IntoView + use<> {
    view! {
        <li class="row">{status_badge(node.last.as_ref().map(|last| last.status))}
            <span class="row-main">{node_link(&node.unique_id, &node.label(), node.kind.as_str())}</span>
            {node.last.as_ref().map(|last| last_time(app, last))}
        </li>
    }
}

fn test_row(app: App, catalog: &Catalog, test: &IndexTest) -> impl IntoView + use<> {
    let word = test.test.as_deref().unwrap_or(&test.name).to_owned();
    let node = test.node.map(|at| catalog.at(at));
    let rows = test
        .last
        .as_ref()
        .and_then(|last| last.failures)
        .filter(|count| *count > 0);
    view! {
        <li class="row">{status_badge(test.last.as_ref().map(|last| last.status))}
            <span class="row-main">
                <a href=route::node(&test.unique_id) class="code">{word}</a>
                {node.map(|node| view! { " on " <a href=route::node(&node.unique_id)>{node.label()}</a> })}
                {test.column.as_deref().map(|column| view! { <code>"." {column.to_owned()}</code> })}
            </span>
            {rows.map(|count| view! { <span class="test-failures small">{plural(count.unsigned_abs() as usize, "row", "rows")}</span> })}
            {test.last.as_ref().map(|last| last_time(app, last))}
        </li>
    }
}

fn stale(app: App, catalog: &Catalog) -> AnyView {
    let mut sources: Vec<(&IndexNode, Tone, &'static str)> = catalog
        .of_kind(ResourceType::Source)
        .filter_map(|node| {
            let (tone, word) = freshness_word(node.freshness.as_ref()?);
            Some((node, tone, word))
        })
        .collect();
    let guarded = sources.len();
    sources.retain(|(_, tone, _)| *tone >= Tone::Warn);
    sources.sort_by_key(|(_, tone, _)| std::cmp::Reverse(*tone));
    let rows: Vec<_> = sources
        .iter()
        .take(LINES)
        .map(|(node, tone, word)| {
            let below = catalog.downstream(catalog.position(&node.unique_id).unwrap_or_default()).len();
            let at = node.freshness.as_ref().and_then(|freshness| freshness.max_loaded_at.clone());
            view! {
                <li class="row">{tone_badge(*tone, *word)}
                    <span class="row-main">{node_link(&node.unique_id, &node.label(), "source")}</span>
                    <span class="small faint">{at.map(|at| view! { {when(app.now, "", &at)} " · " })} {plural(below, "resource", "resources")} " downstream"</span>
                </li>
            }
        })
        .collect();
    let body = match (guarded, rows.is_empty()) {
        (0, _) => {
            view! { <p class="card-pad soft">"No source has a freshness limit."</p> }.into_any()
        }
        (_, true) if catalog.index.project.freshness_at.is_none() => {
            view! { <p class="card-pad soft">"Freshness has not been checked yet."</p> }.into_any()
        }
        (_, true) => good("Every source is as fresh as promised."),
        _ => view! { <ul class="rows">{rows}</ul> }.into_any(),
    };
    card(
        "Stale sources",
        Some(("/sources".to_owned(), "All sources")),
        body,
    )
}

fn contracts(catalog: &Catalog, tally: &Tally) -> AnyView {
    let [kept, unknown, broken] = tally.contracts;
    if kept + unknown + broken == 0 {
        return card(
            "Contracts",
            None,
            view! { <p class="card-pad soft">"No model has a feature contract yet."</p> }
                .into_any(),
        );
    }
    let mut nodes: Vec<(&IndexNode, PromiseState)> = catalog
        .index
        .nodes
        .iter()
        .filter_map(|node| Some((node, node.contract?)))
        .collect();
    nodes.sort_by_key(|(_, state)| std::cmp::Reverse(*state));
    let rows: Vec<_> = nodes
        .into_iter()
        .take(LINES)
        .map(|(node, state)| {
            view! {
                <li class="row">{promise_badge(state)}
                    <a class="row-main" href=route::contract(&node.unique_id)>{node.label()}</a>
                    <span class="small faint">{node.owner.as_deref().map(str::to_owned)}</span>
                </li>
            }
        })
        .collect();
    card(
        "Contracts",
        Some(("/contracts".to_owned(), "All contracts")),
        view! { <ul class="rows">{rows}</ul> }.into_any(),
    )
}

fn coverage(catalog: &Catalog) -> AnyView {
    let share = catalog.index.coverage;
    let line = |name: &'static str, part: u32, whole: u32| {
        view! { <div class="coverage-share"><span>{name}</span>{meter(part, whole, name)}<span class="small faint">{part} " of " {whole}</span></div> }
    };
    let body = view! {
        <div class="card-pad coverage-shares">
            {line("Tested columns", share.tested_columns, share.columns)}
            {line("Proven keys", share.key_tested_models, share.models)}
            {line("Described columns", share.documented_columns, share.columns)}
        </div>
    };
    card(
        "Coverage",
        Some(("/coverage".to_owned(), "By model")),
        body.into_any(),
    )
}

fn exposures(catalog: &Catalog) -> Option<AnyView> {
    let rows: Vec<_> = catalog
        .of_kind(ResourceType::Exposure)
        .take(LINES)
        .map(|node| {
            view! {
                <li class="row"><span class="row-main">{node_link(&node.unique_id, &node.label(), "exposure")}</span>
                    <span class="small faint">{node.exposure_type.as_deref().map(str::to_owned)} {node.owner.as_deref().map(|owner| format!(" · {owner}"))}</span>
                </li>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        card(
            "Who reads it",
            None,
            view! { <ul class="rows">{rows}</ul> }.into_any(),
        )
    })
}
