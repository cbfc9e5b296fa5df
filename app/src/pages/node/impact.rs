//! What changes with a resource or one of its columns: a list to copy.

use std::sync::Arc;

use compiler::index::{Impact, ImpactItem, NodeDetail};
use leptos::prelude::*;

use crate::components::badge::{node_link, promise_badge};
use crate::components::icon::{Icon, icon};
use crate::components::state_view::{empty, skeleton};
use crate::model::catalog::Catalog;
use crate::model::route;
use crate::queries::Load;
use crate::router::{Router, Visit};
use crate::state::App;
use crate::tasks;

/// The list; the column in the address narrows it.
#[component]
pub fn NodeImpact(detail: Arc<NodeDetail>, column: Memo<Option<String>>) -> impl IntoView {
    let app = App::get();
    let router = Router::get();
    let id = detail.unique_id.clone();
    let choose = {
        let id = id.clone();
        move |event: leptos::ev::Event| {
            let href = route::impact(&id, &event_target_value(&event));
            router.go(&href, Visit::Replace);
        }
    };
    let options: Vec<_> = detail
        .columns
        .iter()
        .map(|own| {
            let (name, value) = (own.name.clone(), own.name.clone());
            let chosen = own.name.clone();
            let selected = move || column.with(|column| column.as_ref() == Some(&chosen));
            view! { <option value=value selected=selected>{name}</option> }
        })
        .collect();
    let whole = move || column.with(Option::is_none);
    let body = move || {
        let Some(catalog) = app.ready() else {
            return skeleton();
        };
        match impact(app, &catalog, &id, column.get().as_deref()) {
            Ok(impact) => list(app, catalog, impact),
            Err(Some(why)) => empty(Icon::Lineage, "Not known", why),
            Err(None) => skeleton(),
        }
    };
    view! {
        <div class="impact">
            <label class="impact-choice">
                <span class="small faint">"If this changes"</span>
                <select class="input" on:change=choose>
                    <option value="" selected=whole>"The whole resource"</option>
                    {options}
                </select>
            </label>
            {body}
        </div>
    }
}

/// The impact; an error is why there is none, or nothing while it is on its way.
fn impact(
    app: App,
    catalog: &Catalog,
    id: &str,
    column: Option<&str>,
) -> Result<Impact, Option<String>> {
    let Some(column) = column else {
        let node = catalog.position(id).ok_or(None)?;
        return Ok(Impact::of_node(&catalog.index, node));
    };
    let Some(columns) = app.columns() else {
        let failed = app.columns.with(|load| match load {
            Some(Load::Failed(error)) => Some(error.message.clone()),
            _ => None,
        });
        return Err(failed);
    };
    let at = columns.find(id, column).ok_or_else(|| {
        Some(format!(
            "No lineage is known of the column `{column}`: there is no compiled SQL that makes it."
        ))
    })?;
    Ok(Impact::of_column(&catalog.index, &columns.lineage, at))
}

fn list(app: App, catalog: Arc<Catalog>, impact: Impact) -> AnyView {
    let rows: Vec<_> = impact
        .items
        .iter()
        .map(|item| row(&catalog, item))
        .collect();
    let (text, markdown) = (impact.text(&catalog.index), impact.markdown(&catalog.index));
    view! {
        <div class="impact-head">
            <p role="status">{impact.summary(&catalog.index)}</p>
            <div class="button-row">
                <button class="button" type="button" on:click=move |_| tasks::copy(app, text.clone(), "List")>
                    {icon(Icon::Copy)} "Copy the list"
                </button>
                <button class="button" type="button" on:click=move |_| tasks::copy(app, markdown.clone(), "Markdown")>
                    {icon(Icon::Copy)} "Copy as Markdown"
                </button>
            </div>
        </div>
        {(!rows.is_empty()).then(|| view! {
            <div class="table-wrap">
                <table class="table stack">
                    <thead><tr><th>"Resource"</th><th>"Reached"</th><th>"Owner"</th><th>"Contract"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        })}
    }
    .into_any()
}

fn row(catalog: &Catalog, item: &ImpactItem) -> impl IntoView + use<> {
    let node = catalog.at(item.node);
    let ways = item.ways();
    view! {
        <tr>
            <td class="table-name">{node_link(&node.unique_id, &node.label(), node.kind.as_str())}</td>
            <td data-name="Reached">{if ways.is_empty() { "reads it".to_owned() } else { ways }}</td>
            <td data-name="Owner">{node.owner.as_ref().map(ToString::to_string)}</td>
            <td data-name="Contract">{node.contract.map(promise_badge)}</td>
        </tr>
    }
}
