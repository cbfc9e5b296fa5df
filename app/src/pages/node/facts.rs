//! What there is to know of a resource besides its parts: place, owner, neighbours, freshness, meta.

use compiler::index::{NodeDetail, NodeLink};
use leptos::prelude::*;
use serde_json::{Map, Value};

use crate::components::badge::{node_link, tags, tone_badge};
use crate::components::test_line::value_text;
use crate::model::format::{plural, short};
use crate::model::route;
use crate::model::status::{Tone, freshness_word};
use crate::pages::sources::{limit, newest};
use crate::state::App;

/// How many neighbours are listed before the rest folds away.
const LISTED: usize = 12;

pub(super) fn facts(app: App, detail: &NodeDetail) -> AnyView {
    let id = detail.unique_id.clone();
    view! {
        <aside class="node-aside">
            {freshness(app, detail)}
            {links("Depends on", &detail.parents)}
            {(detail.kind != "group").then(|| links("Used by", &detail.children))}
            {move || keys(app, &id)}
            {place(detail)}
            {pairs("Meta", &detail.meta)}
            {pairs("Configuration", &detail.config)}
            {links("Macros", &detail.macros)}
        </aside>
    }
    .into_any()
}

fn freshness(app: App, detail: &NodeDetail) -> Option<AnyView> {
    let source = detail.source.as_ref()?;
    let freshness = source.freshness.clone()?;
    let (tone, word) = freshness_word(&freshness);
    let depends = if tone == Tone::Bad && !detail.children.is_empty() {
        Some(
            view! { <p class="small soft">{plural(detail.children.len(), "resource reads", "resources read")} " old rows."</p> },
        )
    } else {
        None
    };
    Some(
        view! {
            <section class="card card-pad facts">
                <h3>"Freshness " {tone_badge(tone, word)}</h3>
                {depends}
                <dl class="facts">
                    <div class="fact"><dt>"Newest row"</dt><dd>{newest(app, &freshness)}</dd></div>
                    <div class="fact"><dt>"Warns after"</dt><dd>{limit(freshness.warn_after.as_ref())}</dd></div>
                    <div class="fact"><dt>"Stale after"</dt><dd>{limit(freshness.error_after.as_ref())}</dd></div>
                    {source.loaded_at_field.clone().map(|field| view! { <div class="fact"><dt>"Loaded at"</dt><dd><code>{field}</code></dd></div> })}
                </dl>
            </section>
        }
        .into_any(),
    )
}

fn links(title: &'static str, links: &[NodeLink]) -> Option<AnyView> {
    if links.is_empty() {
        return None;
    }
    let item =
        |link: &NodeLink| view! { <li>{node_link(&link.unique_id, &link.name, &link.kind)}</li> };
    let first: Vec<_> = links.iter().take(LISTED).map(item).collect();
    let rest: Vec<_> = links.iter().skip(LISTED).map(item).collect();
    let more = rest.len();
    Some(
        view! {
            <section class="card card-pad facts">
                <h3>{title} " " <span class="faint">{links.len()}</span></h3>
                <ul class="fact-links">{first}</ul>
                {(more > 0).then(|| view! { <details><summary class="small">{more} " more"</summary><ul class="fact-links">{rest}</ul></details> })}
            </section>
        }
        .into_any(),
    )
}

/// The way to the tables that this one belongs together with, once the index is there.
fn keys(app: App, id: &str) -> Option<AnyView> {
    let catalog = app.ready()?;
    let at = catalog.position(id)?;
    let count = catalog
        .index
        .keys
        .iter()
        .filter(|key| key.node == at || key.to == at)
        .count();
    (count > 0).then(|| {
        view! {
            <section class="card card-pad facts">
                <h3>"Keys " <span class="faint">{count}</span></h3>
                <a href=route::keys_of(id)>"Which rows belong to which"</a>
            </section>
        }
        .into_any()
    })
}

fn place(detail: &NodeDetail) -> AnyView {
    let fact = |name: &'static str, value: Option<String>| {
        value
            .filter(|value| !value.is_empty())
            .map(|value| view! { <div class="fact"><dt>{name}</dt><dd>{value}</dd></div> })
    };
    let owner = detail.owner.as_ref().map(|owner| {
        let email = owner.email.clone();
        view! {
            <div class="fact"><dt>"Owner"</dt><dd>{owner.name.clone()}
                {email.map(|email| view! { " " <a href=format!("mailto:{email}") rel="external">{email.clone()}</a> })}
            </dd></div>
        }
    });
    let group = detail.group.as_ref().map(|group| {
        let name = if group.unique_id.is_empty() {
            group.name.clone().into_any()
        } else {
            node_link(&group.unique_id, &group.name, &group.kind).into_any()
        };
        view! { <div class="fact"><dt>"Group"</dt><dd>{name}</dd></div> }
    });
    let stats: Vec<_> = detail
        .stats
        .iter()
        .map(|stat| fact_text(stat.label.clone(), &stat.value))
        .collect();
    let exposure = detail.exposure.clone().unwrap_or_default();
    view! {
        <section class="card card-pad facts">
            <h3>"About"</h3>
            <dl class="facts">
                {owner}
                {fact("Materialized as", detail.materialized.clone())}
                {fact("Relation", detail.relation_name.clone())}
                {fact("In the warehouse", detail.relation_type.clone())}
                {fact("Type", Some(exposure.exposure_type))}
                {fact("Maturity", exposure.maturity)}
                {fact("Loaded by", detail.source.as_ref().map(|source| source.loader.clone()))}
                {group}
                {fact("Access", detail.access.clone())}
                {fact("Latest version", detail.latest_version.clone())}
                {fact("dbt contract", detail.contract_enforced.then(|| "enforced".to_owned()))}
                {fact("Described in", detail.patch_path.clone())}
                {stats}
            </dl>
            {(!detail.tags.is_empty()).then(|| tags(detail.tags.iter().map(String::as_str)))}
        </section>
    }
    .into_any()
}

fn fact_text(name: String, value: &Value) -> AnyView {
    view! { <div class="fact"><dt>{name}</dt><dd>{short(&value_text(value), 200)}</dd></div> }
        .into_any()
}

fn pairs(title: &'static str, map: &Map<String, Value>) -> Option<AnyView> {
    if map.is_empty() {
        return None;
    }
    let facts: Vec<_> = map
        .iter()
        .map(|(key, value)| fact_text(key.clone(), value))
        .collect();
    Some(
        view! {
            <details class="card card-pad">
                <summary>{title} " " <span class="faint">{map.len()}</span></summary>
                <dl class="facts fact-pairs">{facts}</dl>
            </details>
        }
        .into_any(),
    )
}
