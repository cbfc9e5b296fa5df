//! All feature contracts with their states.

use std::sync::Arc;

use compiler::contract::PromiseState;
use compiler::index::IndexNode;
use leptos::prelude::*;

use crate::components::badge::{promise_badge, status_badge};
use crate::components::icon::Icon;
use crate::components::state_view::{empty, loaded};
use crate::components::test_line::last_time;
use crate::model::catalog::Catalog;
use crate::model::format::plural;
use crate::model::route;
use crate::state::App;

/// The page.
#[component]
pub fn ContractsPage() -> impl IntoView {
    super::title(|| "Contracts".to_owned());
    let app = App::get();
    view! {
        <div class="page">
            <div class="page-head">
                <div class="page-title">
                    <h1>"Feature contracts"</h1>
                    <p class="page-lead">
                        "What a model promises to those who train on it, and whether the last build kept it: grain, freshness, ranges, what NULL means."
                    </p>
                </div>
            </div>
            {loaded(app.catalog, move |catalog| list(app, &catalog))}
        </div>
    }
}

fn list(app: App, catalog: &Arc<Catalog>) -> AnyView {
    let mut nodes: Vec<(&IndexNode, PromiseState)> = catalog
        .index
        .nodes
        .iter()
        .filter_map(|node| Some((node, node.contract?)))
        .collect();
    if nodes.is_empty() {
        return empty(
            Icon::Contract,
            "No contracts yet",
            "Write one under `meta.feature_contract` of a model: owner, version, grain, freshness, consumers, and for each column its window, unit, range and the meaning of NULL.",
        );
    }
    nodes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.name.cmp(&b.0.name)));
    let cards: Vec<_> = nodes
        .into_iter()
        .map(|(node, state)| {
            let last = node.last.as_ref();
            view! {
                <li>
                    <a class="card card-pad contract-card" href=route::contract(&node.unique_id)>
                        <span class="contract-card-name">{node.label()}</span>
                        {promise_badge(state)}
                        <span class="small faint contract-card-owner">
                            {node.owner.as_deref().unwrap_or("no owner").to_owned()} " · " {plural(node.columns.len(), "column", "columns")}
                        </span>
                        <span class="small contract-card-last">
                            {status_badge(last.map(|last| last.status))} " " {last.map(|last| last_time(app, last))}
                        </span>
                    </a>
                </li>
            }
        })
        .collect();
    view! { <ul class="cards">{cards}</ul> }.into_any()
}
