//! Test coverage: which models, keys and columns are guarded, and how the tests did.

use std::sync::Arc;

use leptos::prelude::*;

use crate::components::badge::{meter, node_link, tone_badge};
use crate::components::icon::Icon;
use crate::components::state_view::{empty, loaded};
use crate::components::tabs::{Tab, tabs};
use crate::model::catalog::Catalog;
use crate::model::coverage::{CoverageRow, Only, Order, by_folder, rows};
use crate::model::format::plural;
use crate::model::route;
use crate::model::status::Tone;
use crate::router::{Router, Visit};
use crate::state::App;

/// How many models one table holds.
const SHOWN: usize = 500;

/// The page; the address holds filter and order.
#[component]
pub fn CoveragePage() -> impl IntoView {
    super::title(|| "Test coverage".to_owned());
    let app = App::get();
    let query = Router::get().query;
    let only = Memo::new(move |_| query.with(|query| Only::parse(query.get("only").as_deref())));
    let order = Memo::new(move |_| query.with(|query| Order::parse(query.get("sort").as_deref())));
    let filter = Memo::new(move |_| query.with(|query| query.get("q").unwrap_or_default()));
    view! {
        <div class="page">
            <div class="page-head">
                <div class="page-title">
                    <h1>"Test coverage"</h1>
                    <p class="page-lead">
                        "A column is covered when at least one test is on it. A key is proven when a test shows that it is unique and never NULL."
                    </p>
                </div>
            </div>
            {views("models")}
            {loaded(app.catalog, move |catalog| {
                view! { <Summary catalog=catalog.clone()/> <Models catalog=catalog only=only order=order filter=filter/> }.into_any()
            })}
        </div>
    }
}

/// The two ways to look at coverage; `current` is the key of the one that is open.
pub fn views(current: &str) -> AnyView {
    let tab = |key, title, href: &str| Tab {
        key,
        title,
        count: None,
        href: href.to_owned(),
    };
    let all = vec![
        tab("models", "Models", "/coverage"),
        tab("columns", "Columns by tests", route::MATRIX),
    ];
    tabs("Coverage", current, all)
}

#[component]
fn Summary(catalog: Arc<Catalog>) -> impl IntoView {
    let share = catalog.index.coverage;
    let line = |name: &'static str, part: u32, whole: u32| {
        view! {
            <div class="coverage-share">
                <span>{name}</span>
                {meter(part, whole, name)}
                <span class="small faint">{part} " of " {whole}</span>
            </div>
        }
    };
    let folders: Vec<_> = by_folder(&catalog)
        .into_iter()
        .map(|(folder, share)| {
            let select = format!("path:{folder}");
            let href = route::with_query("/lineage", &[("select", &select), ("color", "status")]);
            view! {
                <div class="coverage-share">
                    <a href=href>{folder}</a>
                    {meter(share.tested_columns, share.columns, "Tested columns")}
                    <span class="small faint">{plural(share.models as usize, "model", "models")}</span>
                </div>
            }
        })
        .collect();
    view! {
        <div class="cards wide-cards">
            <section class="card">
                <div class="card-head"><h2>"The project"</h2></div>
                <div class="card-pad coverage-shares">
                    {line("Tested columns", share.tested_columns, share.columns)}
                    {line("Models with a test", share.tested_models, share.models)}
                    {line("Models with a proven key", share.key_tested_models, share.models)}
                    {line("Described models", share.documented_models, share.models)}
                    {line("Described columns", share.documented_columns, share.columns)}
                </div>
            </section>
            <section class="card">
                <div class="card-head"><h2>"Tested columns by folder"</h2></div>
                <div class="card-pad coverage-shares coverage-folders">{folders}</div>
            </section>
        </div>
    }
}

#[component]
fn Models(
    catalog: Arc<Catalog>,
    only: Memo<Only>,
    order: Memo<Order>,
    filter: Memo<String>,
) -> impl IntoView {
    let router = Router::get();
    let address = |only: Only, sort: Order, filter: &str| {
        let sort = match sort {
            Order::Share => "",
            Order::Name => "name",
            Order::Failing => "failing",
        };
        route::with_query(
            "/coverage",
            &[("only", only.as_str()), ("sort", sort), ("q", filter)],
        )
    };
    let choice = move |this: Only, name: &'static str| {
        view! {
            <a class="button" href=move || address(this, order.get(), &filter.get())
                aria-current=move || (only.get() == this).then_some("true")>{name}</a>
        }
    };
    let sort = move |this: Order, name: &'static str| {
        view! {
            <a class="sort" href=move || address(only.get(), this, &filter.get())>
                {name} {move || (order.get() == this).then_some("↓")}
            </a>
        }
    };
    let on_filter = move |event: leptos::ev::Event| {
        let address = address(
            only.get_untracked(),
            order.get_untracked(),
            &event_target_value(&event),
        );
        router.go(&address, Visit::Replace);
    };
    let body = move || {
        let rows = rows(&catalog, only.get(), order.get(), &filter.get());
        if rows.is_empty() {
            return empty(
                Icon::Check,
                "None",
                "No model matches. With this filter that may be good news.",
            );
        }
        let rest = rows.len().saturating_sub(SHOWN);
        let lines: Vec<_> = rows.iter().take(SHOWN).map(line).collect();
        view! {
            <div class="table-wrap">
                <table class="table stack">
                    <thead><tr>
                        <th>{sort(Order::Name, "Model")}</th><th>{sort(Order::Share, "Tested columns")}</th>
                        <th>"Described columns"</th><th>"Key"</th><th>{sort(Order::Failing, "Tests")}</th>
                    </tr></thead>
                    <tbody>{lines}</tbody>
                </table>
            </div>
            {(rest > 0).then(|| view! { <p class="search-note">"and " {plural(rest, "more model", "more models")} "; filter to see them"</p> })}
        }
        .into_any()
    };
    view! {
        <section class="section">
            <div class="section-head coverage-filter">
                <h2>"Models"</h2>
                <div class="button-row">
                    {choice(Only::All, "All")} {choice(Only::NoKey, "No proven key")} {choice(Only::NoTests, "No tests")}
                    {choice(Only::Failing, "Failing")}
                </div>
                <input class="input right coverage-find" type="search" placeholder="Filter by name or folder" aria-label="Filter by name or folder"
                    prop:value=filter on:input=on_filter/>
            </div>
            {body}
        </section>
    }
}

fn line(row: &CoverageRow) -> AnyView {
    let (columns, documented, tested) = row.columns;
    let key = if row.key_tested {
        tone_badge(Tone::Ok, "proven")
    } else {
        tone_badge(Tone::Warn, "not proven")
    };
    let tests = match (row.tests, row.failing) {
        (0, _) => tone_badge(Tone::Idle, "no tests"),
        (tests, 0) if row.worst == Tone::Ok => tone_badge(Tone::Ok, format!("{tests} passed")),
        (tests, 0) => tone_badge(Tone::Idle, format!("{tests} not run")),
        (tests, failing) => tone_badge(row.worst, format!("{failing} of {tests} failing")),
    };
    view! {
        <tr>
            <td class="table-name">
                {node_link(&row.id, &row.label, "model")}
                <div class="small faint">{row.folder.clone()}</div>
            </td>
            <td data-name="Tested columns">{meter(tested, columns, "Tested columns")}</td>
            <td data-name="Described columns">{meter(documented, columns, "Described columns")}</td>
            <td data-name="Key">{key}</td>
            <td data-name="Tests"><a href=route::node_tab(&row.id, "tests")>{tests}</a></td>
        </tr>
    }
    .into_any()
}
