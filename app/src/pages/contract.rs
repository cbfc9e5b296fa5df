//! One feature contract: what is promised, and what the last build showed.

use std::sync::Arc;

use compiler::contract::{Consumer, ContractColumn, ContractView, PromiseState, odcs_yaml};
use leptos::prelude::*;

use crate::components::badge::{code_name, promise_badge, status_badge, tone_badge};
use crate::components::icon::{Icon, icon};
use crate::components::markdown_view::markdown;
use crate::components::state_view::loaded;
use crate::components::test_line::value_text;
use crate::components::trouble::trouble;
use crate::components::when::when;
use crate::model::format::plural;
use crate::model::promises::{Group, sorted};
use crate::model::route;
use crate::model::status::{Tone, tone};
use crate::queries::{catalog, query};
use crate::router::Router;
use crate::state::App;
use crate::tasks;

/// The page.
#[component]
pub fn ContractPage() -> impl IntoView {
    let app = App::get();
    let id = Router::get().id;
    // After a run the index is read again, and so is the contract.
    let contract = query(
        move || {
            (
                id.get(),
                app.catalog.state().with(|load| {
                    load.as_ready()
                        .map(|catalog| catalog.index.project.run_at.clone())
                }),
            )
        },
        |(id, _)| catalog::contract(id),
    );
    super::title(move || id.with(|id| id.rsplit('.').next().unwrap_or_default().to_owned()));
    view! { <div class="page">{loaded(contract, move |contract| draw(app, &contract))}</div> }
}

fn draw(app: App, contract: &Arc<ContractView>) -> AnyView {
    let download = {
        let contract = Arc::clone(contract);
        move |_| {
            let file = format!("{}.odcs.yaml", contract.name);
            tasks::save::text(app, &file, "application/yaml", &odcs_yaml(&contract));
        }
    };
    let problems: Vec<_> = contract
        .problems
        .iter()
        .map(|problem| view! { <li>{problem.clone()}</li> })
        .collect();
    view! {
        <div class="page-head">
            <div class="page-title">
                <p class="page-over"><a href="/contracts">"Contracts"</a></p>
                <h1>{contract.name.clone()}</h1>
                <p class="page-over">
                    {promise_badge(contract.state)}
                    {contract.version.clone().map(|version| view! { <span>"version " {version}</span> })}
                    {contract.checked_at.as_deref().map(|at| when(app.now, "checked ", at))}
                </p>
            </div>
            <div class="button-row">
                <a class="button" href=route::node(&contract.unique_id)>"Open the model"</a>
                <button class="button" type="button" on:click=move |_| tasks::copy_link(app)>{icon(Icon::Link)} "Copy link"</button>
                <button class="button primary" type="button" on:click=download>{icon(Icon::Download)} "Download ODCS"</button>
            </div>
        </div>
        {trouble(app, contract.unique_id.clone())}
        {markdown(&contract.description)}
        {(!problems.is_empty()).then(|| view! {
            <div class="notice tone-warn section">{icon(Icon::Warning)} <div><strong>"The contract itself has problems"</strong><ul>{problems}</ul></div></div>
        })}
        {terms(contract)}
        <section class="section">
            <div class="section-head"><h2>"Promises"</h2> {tally(contract)}</div>
            {promises(app, contract)}
        </section>
        <section class="section">
            <div class="section-head"><h2>"Columns"</h2><span class="faint small">{contract.columns.len()}</span></div>
            {columns(contract)}
        </section>
    }
    .into_any()
}

fn terms(contract: &ContractView) -> AnyView {
    let term = |name: &'static str, value: Option<String>| {
        let value = value.filter(|value| !value.is_empty());
        view! { <div class="fact"><dt>{name}</dt><dd>{value.unwrap_or_else(|| "not said".to_owned())}</dd></div> }
    };
    let consumers: Vec<_> = contract.consumers.iter().map(consumer).collect();
    view! {
        <dl class="card card-pad contract-terms section">
            {term("Owner", contract.owner.clone())}
            {term("Grain", Some(contract.grain.join(", ")))}
            {term("Not older than", contract.max_age.clone())}
            <div class="fact"><dt>"Consumers"</dt><dd>
                {if consumers.is_empty() { "not said".into_any() } else { view! { <ul>{consumers}</ul> }.into_any() }}
            </dd></div>
        </dl>
    }
    .into_any()
}

fn consumer(consumer: &Consumer) -> impl IntoView + use<> {
    let reads = match consumer.columns.len() {
        0 => "reads all columns".to_owned(),
        count => format!("reads {}", plural(count, "column", "columns")),
    };
    let rest = [consumer.team.clone(), consumer.contact.clone(), Some(reads)];
    view! { <li>{consumer.name.clone()} " " <span class="faint small contract-consumer">{rest.into_iter().flatten().collect::<Vec<_>>().join(" · ")}</span></li> }
}

fn tally(contract: &ContractView) -> AnyView {
    let (kept, unknown, broken) = contract.counts();
    view! {
        <span class="button-row">
            {(broken > 0).then(|| tone_badge(Tone::Bad, format!("{broken} broken")))}
            {tone_badge(Tone::Ok, format!("{kept} kept"))}
            {(unknown > 0).then(|| tone_badge(Tone::Idle, format!("{unknown} unknown")))}
        </span>
    }
    .into_any()
}

/// What is not kept and what the model as a whole promises; kept promises of columns fold away.
fn promises(app: App, contract: &ContractView) -> AnyView {
    let sorted = sorted(contract);
    let rows: Vec<_> = sorted
        .first
        .iter()
        .map(|group| promise_row(app, group))
        .collect();
    let kept: usize = sorted.kept.iter().map(|group| group.columns.len()).sum();
    let folded: Vec<_> = sorted
        .kept
        .iter()
        .map(|group| promise_row(app, group))
        .collect();
    view! {
        <ul class="card rows">{rows}</ul>
        {(kept > 0).then(|| view! {
            <details class="card card-pad section">
                <summary>{plural(kept, "kept promise", "kept promises")} " of columns"</summary>
                <ul class="rows promise-folded">{folded}</ul>
            </details>
        })}
    }
    .into_any()
}

fn promise_row(app: App, group: &Group<'_>) -> impl IntoView + use<> {
    let promise = group.promise;
    let columns: Vec<_> = group
        .columns
        .iter()
        .map(|column| view! { <code class="promise-column">{(*column).to_owned()}</code> })
        .collect();
    let evidence: Vec<_> = promise
        .evidence
        .iter()
        .map(|evidence| {
            let text = evidence.text.clone();
            let shown = match &evidence.unique_id {
                Some(id) => view! { <a href=route::node(id)>{text}</a> }.into_any(),
                None => text.into_any(),
            };
            view! {
                <li>
                    {evidence.status.map(|status| status_badge(Some(status)))} " " {shown}
                    {evidence.at.as_deref().map(|at| view! { <span class="faint">{when(app.now, " · ", at)}</span> })}
                </li>
            }
        })
        .collect();
    let why = if promise.evidence.is_empty() && promise.state == PromiseState::Unknown {
        Some(view! { <span class="faint small">"nothing checks this"</span> })
    } else {
        None
    };
    view! {
        <li class="row promise">
            {promise_badge(promise.state)}
            <div class="row-main">
                {columns}
                <span>{promise.statement.clone()}</span> " " {why}
                <ul class="small soft promise-evidence">{evidence}</ul>
            </div>
        </li>
    }
}

fn columns(contract: &ContractView) -> AnyView {
    let cell = |value: Option<String>| match value.filter(|value| !value.is_empty()) {
        Some(value) => value.into_any(),
        None => view! { <span class="faint">"–"</span> }.into_any(),
    };
    let row = |column: &ContractColumn| {
        let tests: Vec<_> = contract
                .promises
                .iter()
                .filter(|promise| promise.column.as_deref() == Some(&column.name))
                .flat_map(|promise| &promise.evidence)
                .filter_map(|evidence| Some((evidence.unique_id.clone()?, evidence.status?, evidence.text.clone())))
                .filter(|(id, ..)| id.starts_with("test."))
                .map(|(id, status, text)| {
                    view! { <li><a class=format!("badge {}", tone(status).class()) href=route::node(&id)>{text}</a></li> }
                })
                .collect();
        let range = match (
            column.min.as_ref().map(value_text),
            column.max.as_ref().map(value_text),
        ) {
            (Some(min), Some(max)) => Some(format!("{min} to {max}")),
            (Some(min), None) => Some(format!("at least {min}")),
            (None, Some(max)) => Some(format!("at most {max}")),
            (None, None) => None,
        };
        view! {
            <tr id=format!("column-{}", column.name)>
                <td class="table-name">{code_name(&column.name)}<div class="faint small">{column.data_type.clone()}</div>{column.state.map(promise_badge)}</td>
                <td data-name="Meaning" class="contract-meaning long">{markdown(&column.description)}</td>
                <td data-name="Window">{cell(column.window.clone())}</td>
                <td data-name="NULL means">{cell(column.null_meaning.clone())}</td>
                <td data-name="Unit">{cell(column.unit.clone())}</td>
                <td data-name="Range" class="nowrap">{cell(range)}</td>
                <td data-name="Consumers">{cell(Some(column.consumers.join(", ")))}</td>
                <td data-name="Tests" class="long"><ul class="contract-tests">{tests}</ul></td>

            </tr>
        }
    };
    let rows: Vec<_> = contract.columns.iter().map(row).collect();
    view! {
        <div class="table-wrap">
            <table class="table stack">
                <thead><tr>
                    <th>"Column"</th><th>"Meaning"</th><th>"Window"</th><th>"NULL means"</th><th>"Unit"</th><th>"Range"</th>
                    <th>"Consumers"</th><th>"Tests"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
