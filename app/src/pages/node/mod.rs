//! The page of one resource.

mod code;
pub mod columns;
mod facts;
mod group;
mod header;
pub mod impact;
pub mod lineage;
mod runs;
mod tests;
pub mod trial;

use std::sync::Arc;

use compiler::index::NodeDetail;
use leptos::prelude::*;

use crate::components::detail_table::detail_tables;
use crate::components::state_view::loaded;
use crate::components::tabs::{Tab, tabs};
use crate::model::route;
use crate::queries::{catalog, query};
use crate::router::Router;
use crate::state::App;

/// The page; the address holds the tab and what is chosen in it.
#[component]
pub fn NodePage() -> impl IntoView {
    let app = App::get();
    let query_map = Router::get().query;
    let id = Router::get().id;
    let tab = Memo::new(move |_| query_map.with(|query| query.get("tab").unwrap_or_default()));
    let column = Memo::new(move |_| query_map.with(|query| query.get("column")));
    // After a run the index is read again, and so is the node.
    let version = Memo::new(move |_| {
        app.catalog.state().with(|load| {
            load.as_ready().map(|catalog| {
                let project = &catalog.index.project;
                (
                    project.run_at.clone(),
                    project.freshness_at.clone(),
                    project.generated_at.clone(),
                )
            })
        })
    });
    let detail = query(move || id.get(), catalog::node);
    Effect::new(move |before: Option<Option<_>>| {
        let now = version.get();
        if before.flatten().is_some_and(|before| Some(before) != now) {
            detail.refetch();
        }
        now
    });
    super::title(move || {
        detail
            .state()
            .with(|load| load.as_ready().map(|detail| detail.name.clone()))
            .unwrap_or_else(|| id.get())
    });
    // The session may come after the node.
    let tries = Memo::new(move |_| app.tries());
    view! {
        <div class="page">
            {loaded(detail, move |detail| view! { <Body detail=detail tries=tries.get() tab=tab column=column/> }.into_any())}
        </div>
    }
}

#[component]
fn Body(
    detail: Arc<NodeDetail>,
    tries: bool,
    tab: Memo<String>,
    column: Memo<Option<String>>,
) -> impl IntoView {
    let app = App::get();
    let offered = offered(&detail, tries);
    let first = offered.first().map_or("facts", |tab| tab.key);
    let keys: Vec<&'static str> = offered.iter().map(|tab| tab.key).collect();
    let current = Memo::new(move |_| {
        tab.with(|tab| keys.iter().copied().find(|key| key == tab))
            .unwrap_or(first)
    });
    let head = header::header(app, &detail);
    let aside = facts::facts(app, &detail);
    let body = move || match current.get() {
        "code" => code::code(&detail),
        "definition" => detail_tables(&detail.tables),
        "members" => group::members(app, &detail),
        "impact" => view! { <impact::NodeImpact detail=detail.clone() column=column/> }.into_any(),
        "lineage" => view! { <lineage::NodeLineage id=detail.unique_id.clone()/> }.into_any(),
        "tests" => tests::tests(app, &detail),
        "try" => view! { <trial::TryIt detail=detail.clone()/> }.into_any(),
        "contract" => tests::contract(&detail),
        "runs" => runs::runs(app, &detail),
        "columns" => view! { <columns::Columns detail=detail.clone() chosen=column/> }.into_any(),
        _ => ().into_any(),
    };
    view! {
        {head}
        <div class="two" class:wide=move || matches!(current.get(), "lineage" | "try" | "code")>
            <div class="node-main">
                {move || tabs("Parts of this page", current.get(), offered.clone())}
                {body}
            </div>
            {aside}
        </div>
    }
}

/// The tabs that a kind has something for.
fn offered(detail: &NodeDetail, tries: bool) -> Vec<Tab> {
    let id = &detail.unique_id;
    let mut offered = Vec::new();
    let mut add = |key: &'static str, title: &'static str, count: Option<usize>| {
        let is_first = offered.is_empty();
        let href = if is_first {
            route::node(id)
        } else {
            route::node_tab(id, key)
        };
        offered.push(Tab {
            key,
            title,
            count,
            href,
        });
    };
    let kind = detail.kind.as_str();
    let has_relation = matches!(kind, "model" | "source" | "seed" | "snapshot");
    if has_relation {
        add("columns", "Columns", Some(detail.columns.len()));
    }
    if kind == "group" {
        add("members", "Members", Some(detail.children.len()));
    }
    if !detail.tables.is_empty() && detail.raw_code.is_empty() {
        add("definition", "Definition", None);
    }
    if !detail.raw_code.is_empty() {
        add("code", if kind == "macro" { "Macro" } else { "SQL" }, None);
    }
    if tries && kind == "model" && detail.language == "sql" && !detail.raw_code.is_empty() {
        add("try", "Try it", None);
    }
    if !matches!(kind, "macro" | "doc" | "group") {
        add("lineage", "Lineage", None);
    }
    if has_relation {
        add("impact", "Impact", None);
    }
    if has_relation {
        add("tests", "Tests", Some(tests::count(detail)));
    }
    if detail.contract.is_some() {
        add("contract", "Contract", None);
    }
    if matches!(
        kind,
        "model" | "seed" | "snapshot" | "test" | "unit_test" | "source"
    ) {
        add("runs", "Runs", None);
    }
    offered
}
