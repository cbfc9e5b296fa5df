//! Tests of a resource, and a word about its contract.

use compiler::index::{NodeDetail, NodeLink, TestDetail};
use leptos::prelude::*;

use crate::components::badge::{node_link, promise_badge, status_badge, tone_badge};
use crate::components::icon::Icon;
use crate::components::state_view::empty;
use crate::components::test_line::test_line;
use crate::model::format::plural;
use crate::model::route;
use crate::model::status::Tone;
use crate::state::App;

/// Tests on it and on its columns.
pub(super) fn count(detail: &NodeDetail) -> usize {
    detail.tests.len()
        + detail
            .columns
            .iter()
            .map(|column| column.tests.len())
            .sum::<usize>()
        + unit_tests(detail).count()
}

fn unit_tests(detail: &NodeDetail) -> impl Iterator<Item = &NodeLink> {
    detail
        .children
        .iter()
        .filter(|link| link.kind == "unit_test")
}

pub(super) fn tests(app: App, detail: &NodeDetail) -> AnyView {
    if count(detail) == 0 {
        return empty(
            Icon::Check,
            "No tests",
            "Nothing would notice if this went wrong. Add `data_tests:` to the model or its columns: `unique` and `not_null` on the key are a good start.",
        );
    }
    let untested: Vec<_> = detail
        .columns
        .iter()
        .filter(|column| column.tests.is_empty())
        .map(|column| column.name.clone())
        .collect();
    let part = |title: AnyView, tests: &[TestDetail]| {
        let lines: Vec<_> = tests.iter().map(|test| test_card(app, test)).collect();
        view! { <section class="tests-part"><h3>{title}</h3>{lines}</section> }
    };
    let columns: Vec<_> = detail
        .columns
        .iter()
        .filter(|column| !column.tests.is_empty())
        .map(|column| {
            part(
                view! { <code>{column.name.clone()}</code> }.into_any(),
                &column.tests,
            )
        })
        .collect();
    let catalog = app.ready();
    let units: Vec<_> = unit_tests(detail)
        .map(|link| {
            let last = catalog.as_ref().and_then(|catalog| {
                let at = catalog.position(&link.unique_id)?;
                catalog.at(at).last.clone()
            });
            view! {
                <div class="tests-one tests-unit">
                    {node_link(&link.unique_id, &link.name, &link.kind)}
                    {status_badge(last.map(|last| last.status))}
                </div>
            }
        })
        .collect();
    view! {
        <div class="card card-pad tests">
            {(!detail.tests.is_empty()).then(|| part("The whole".into_any(), &detail.tests))}
            {columns}
            {(!units.is_empty()).then(|| view! { <section class="tests-part"><h3>"Unit tests"</h3>{units}</section> })}
        </div>
        {(!untested.is_empty()).then(|| view! {
            <div class="section">
                <h3>"Columns without a test " {tone_badge(Tone::Idle, plural(untested.len(), "column", "columns"))}</h3>
                <p class="soft code small tests-untested">{untested.join(", ")}</p>
            </div>
        })}
    }
    .into_any()
}

fn test_card(app: App, test: &TestDetail) -> impl IntoView + use<> {
    view! {
        <div class="tests-one">
            {test_line(app, test, true)}
            {(!test.description.is_empty()).then(|| view! { <p class="small soft">{test.description.clone()}</p> })}
            {test.message.clone().map(|message| view! { <p class="small tests-message break">{message}</p> })}
            {test.failures_relation.clone().map(|relation| {
                view! { <p class="small soft">"Failing rows are in " <code class="break">{relation}</code></p> }
            })}
        </div>
    }
}

/// The contract's state with the way to its page.
pub(super) fn contract(detail: &NodeDetail) -> AnyView {
    let Some(contract) = &detail.contract else {
        return ().into_any();
    };
    let (kept, unknown, broken) = contract.counts();
    let worst: Vec<_> = contract
        .promises
        .iter()
        .filter(|promise| promise.state == contract.state && broken + unknown > 0)
        .map(|promise| {
            view! {
                <li class="row">{promise_badge(promise.state)}
                    <span class="row-main">{promise.column.clone().map(|column| view! { <code>{column}</code> ": " })} {promise.statement.clone()}</span>
                </li>
            }
        })
        .collect();
    view! {
        <div class="card">
            <div class="card-head">
                <h2>"Feature contract"</h2> {promise_badge(contract.state)}
                <span class="right"><a href=route::contract(&detail.unique_id)>"Open the contract"</a></span>
            </div>
            <p class="card-pad soft">
                {plural(kept, "promise", "promises")} " kept, " {unknown} " unknown, " {broken} " broken. Owner: "
                {contract.owner.clone().unwrap_or_else(|| "not said".to_owned())} "."
            </p>
            <ul class="rows">{worst}</ul>
        </div>
    }
    .into_any()
}
