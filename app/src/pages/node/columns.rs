//! Columns with type, description and tests.

use std::sync::Arc;

use compiler::index::{ColumnDetail, NodeDetail};
use compiler::lineage::Use;
use leptos::prelude::*;
use serde_json::Value;

use crate::components::badge::{code_name, kind_shape, tags, tone_badge};
use crate::components::icon::{Icon, icon};
use crate::components::markdown_view::markdown;
use crate::components::state_view::empty;
use crate::components::test_line::{test_line, value_text};
use crate::model::columns::{Around, ColumnLink, why_unknown};
use crate::model::route;
use crate::model::status::Tone;
use crate::state::App;

/// How many neighbours of a column are listed.
const NEAR: usize = 4;

/// The table; the column in the address is marked and in sight.
#[component]
pub fn Columns(detail: Arc<NodeDetail>, chosen: Memo<Option<String>>) -> impl IntoView {
    let app = App::get();
    if detail.columns.is_empty() {
        return empty(
            Icon::Coverage,
            "No columns known",
            "Describe columns in a YAML file, or build and generate the catalog (`refract docs generate`) to read them from the warehouse.",
        );
    }
    let filter = RwSignal::new(String::new());
    Effect::new(move |_| {
        if let Some(name) = chosen.get() {
            request_animation_frame(move || {
                if let Some(row) = document().get_element_by_id(&anchor(&name)) {
                    row.scroll_into_view();
                }
            });
        }
    });
    let id = detail.unique_id.clone();
    let many = detail.columns.len() > 12;
    let unknown = {
        let id = id.clone();
        move || {
            let columns = app.columns()?;
            let why = why_unknown(columns.node(&id))?;
            Some(view! { <div class="notice columns-unknown">{markdown(why)}</div> })
        }
    };
    let rows = move || {
        let wanted = filter.get().trim().to_lowercase();
        let rows: Vec<_> = detail
            .columns
            .iter()
            .filter(|column| column.name.to_lowercase().contains(&wanted))
            .map(|column| row(app, &id, column, chosen))
            .collect();
        rows
    };
    view! {
        {many.then(|| view! {
            <input class="input columns-find" type="search" placeholder="Filter columns" aria-label="Filter columns"
                prop:value=filter on:input=move |event| filter.set(event_target_value(&event))/>
        })}
        {unknown}
        <div class="table-wrap">
            <table class="table stack columns">
                <thead><tr><th>"Column"</th><th>"Type"</th><th>"Description"</th><th>"Tests"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn anchor(name: &str) -> String {
    format!("column-{name}")
}

fn row(app: App, id: &str, column: &ColumnDetail, chosen: Memo<Option<String>>) -> AnyView {
    let name = column.name.clone();
    let link = route::with_query(&route::node(id), &[("column", &name)]);
    let declared = column
        .declared_type
        .clone()
        .filter(|declared| Some(declared) != column.data_type.as_ref());
    let tests: Vec<_> = column
        .tests
        .iter()
        .map(|test| test_line(app, test, false))
        .collect();
    let marked = name.clone();
    let anchor = anchor(&name);
    view! {
        <tr id=anchor class:chosen=move || chosen.with(|chosen| chosen.as_ref() == Some(&marked))>
            <td class="table-name column-name">
                {code_name(&name)}
                <a class="column-link" href=link aria-label=format!("Link to column {}", column.name)>{icon(Icon::Link)}</a>
                {(column.present == Some(false)).then(|| tone_badge(Tone::Warn, "not in the warehouse"))}
            </td>
            <td data-name="Type" class="code soft">
                {column.data_type.clone().or_else(|| column.declared_type.clone())}
                {declared.filter(|_| column.data_type.is_some()).map(|declared| view! { <div class="faint">"declared " {declared}</div> })}
                {(!column.constraints.is_empty()).then(|| view! { <div class="faint">{column.constraints.join(", ")}</div> })}
            </td>
            <td data-name="Description" class="column-about long">
                {about(column)}
                {ways(app, id, &column.name)}
                {(!column.tags.is_empty()).then(|| tags(column.tags.iter().map(String::as_str)))}
                {meta(column)}
            </td>
            <td data-name="Tests" class="long">{tests}</td>
        </tr>
    }
    .into_any()
}

/// What is said of the column, or of the one that it is a copy of.
fn about(column: &ColumnDetail) -> AnyView {
    match &column.inherited {
        Some(inherited) => {
            let href = route::column(&inherited.from.unique_id, &inherited.column);
            let from = format!("{}.{}", inherited.from.name, inherited.column);
            view! {
                {markdown(&inherited.description)}
                <p class="column-inherited small faint">"Inherited from " <a href=href class="break">{from}</a></p>
            }
            .into_any()
        }
        None => markdown(&column.description).into_any(),
    }
}

/// Where the column comes from and goes.
fn ways(app: App, id: &str, name: &str) -> impl Fn() -> Option<AnyView> + use<> {
    let (id, name) = (id.to_owned(), name.to_owned());
    move || {
        let (catalog, columns) = (app.ready()?, app.columns()?);
        let around = columns.around(&catalog, &id, &name);
        if around == Around::default() {
            return None;
        }
        let gaps: Vec<_> = around
            .gaps
            .iter()
            .map(|gap| view! { <li>"Not fully known: " {gap.clone()}</li> })
            .collect();
        let list = |title: &'static str, links: &[ColumnLink]| {
            let shown: Vec<_> = links.iter().take(NEAR).map(column_link).collect();
            let more = links.len().saturating_sub(NEAR);
            let more = (more > 0).then(|| {
                view! { <li><a href=route::impact(&id, &name)>{more} " more"</a></li> }
            });
            (!links.is_empty()).then(|| {
                view! {
                    <div class="column-way"><span class="faint">{title}</span> <ul>{shown} {more}</ul></div>
                }
            })
        };
        Some(
            view! {
                <div class="column-ways small">
                    {list("From", &around.from)}
                    {list("To", &around.to)}
                    {(!gaps.is_empty()).then(|| view! { <ul class="column-gaps faint">{gaps}</ul> })}
                    <p class="column-more">
                        <a href=route::column_way(&id, &name)>"Way in the graph"</a>
                        <a href=route::impact(&id, &name)>"Impact"</a>
                    </p>
                </div>
            }
            .into_any(),
        )
    }
}

fn column_link(link: &ColumnLink) -> AnyView {
    let transformed = (link.usage == Use::Transform)
        .then(|| view! { <span class="faint">" through an expression"</span> });
    view! {
        <li>
            <a class="node-link" href=link.href() title=link.id.clone()>
                {kind_shape(link.kind)} <span class="break">{link.node.clone()} "." {link.column.clone()}</span>
            </a>
            {transformed}
        </li>
    }
    .into_any()
}

fn meta(column: &ColumnDetail) -> Option<AnyView> {
    let facts: Vec<_> = column
        .meta
        .iter()
        .filter(|(_, value)| !matches!(value, Value::Null))
        .map(|(key, value)| view! { <li><span class="faint">{key.clone()}</span> " " {value_text(value)}</li> })
        .collect();
    (!facts.is_empty()).then(|| view! { <ul class="column-meta small">{facts}</ul> }.into_any())
}
