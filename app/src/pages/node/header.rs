//! Name, state and description of a resource.

use compiler::index::NodeDetail;
use leptos::prelude::*;

use crate::components::badge::{kind_label, promise_badge, status_badge, tone_badge};
use crate::components::icon::{Icon, icon};
use crate::components::markdown_view::markdown;
use crate::components::test_line::last_time;
use crate::components::trouble::trouble;
use crate::model::format::date_time;
use crate::model::route;
use crate::model::runs::RunRequest;
use crate::model::status::{Tone, freshness_word};
use crate::state::App;
use crate::tasks;

pub(super) fn header(app: App, detail: &NodeDetail) -> AnyView {
    let title = match &detail.source {
        Some(source) => format!("{}.{}", source.source_name, detail.name),
        None => detail
            .exposure
            .as_ref()
            .and_then(|exposure| exposure.label.clone())
            .unwrap_or_else(|| detail.name.clone()),
    };
    let built = matches!(
        detail.kind.as_str(),
        "model" | "seed" | "snapshot" | "test" | "unit_test"
    );
    let freshness = detail
        .source
        .as_ref()
        .and_then(|source| source.freshness.as_ref())
        .map(freshness_word);
    let command = detail.name.clone();
    let selector = match detail.kind.as_str() {
        "source" => format!("source:{title}"),
        _ => command.clone(),
    };
    let (run_word, run_command) = match detail.kind.as_str() {
        "source" => ("Check freshness…", "freshness"),
        "test" | "unit_test" => ("Test…", "test"),
        _ => ("Build…", "build"),
    };
    let runnable = built || detail.kind == "source";
    let start = move |_| {
        app.draft.set(Some(RunRequest {
            command: run_command.to_owned(),
            select: selector.clone(),
            ..RunRequest::default()
        }));
    };
    let url = detail
        .exposure
        .as_ref()
        .and_then(|exposure| exposure.url.clone())
        .filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    view! {
        <div class="page-head">
            <div class="page-title">
                <p class="page-over">
                    {kind_label(&detail.kind)}
                    <span class="break">{detail.package.clone()} " / " {detail.path.clone()}</span>
                </p>
                <h1>{title} {detail.version.clone().map(|version| view! { <span class="faint">" v" {version}</span> })}</h1>
                {versions(app, detail)}
                <p class="page-over">
                    {built.then(|| status_badge(detail.last.as_ref().map(|last| last.status)))}
                    {detail.last.as_ref().filter(|_| built).map(|last| last_time(app, last))}
                    {freshness.map(|(tone, word)| tone_badge(tone, word))}
                    {detail.contract.as_ref().map(|contract| {
                        view! { <a href=route::contract(&detail.unique_id)>"contract " {promise_badge(contract.state)}</a> }
                    })}
                    {detail.deprecation_date.clone().map(|date| tone_badge(Tone::Warn, format!("deprecated from {}", date_time(&date))))}
                </p>
            </div>
            <div class="button-row">
                {url.map(|url| view! { <a class="button" href=url rel="external noopener noreferrer">{icon(Icon::Link)} "Open it"</a> })}
                <button class="button quiet icon" type="button" aria-label="Copy link" title="Copy link" on:click=move |_| tasks::copy_link(app)>
                    {icon(Icon::Link)}
                </button>
                {runnable.then(|| view! {
                    <button class="button" type="button" disabled=move || !app.can_run()
                        title=move || app.why_not().unwrap_or_default() on:click=start>
                        {icon(Icon::Play)} {run_word}
                    </button>
                })}
            </div>
        </div>
        {detail.message.clone().filter(|_| detail.last.as_ref().is_some_and(|last| last.status.is_failure())).map(|message| {
            view! { <p class="notice tone-bad run-message">{message}</p> }
        })}
        {trouble(app, detail.unique_id.clone())}
        <div class="node-about">
            {if detail.description.trim().is_empty() {
                view! { <p class="faint">"No description yet."</p> }.into_any()
            } else {
                markdown(&detail.description)
            }}
        </div>
    }
    .into_any()
}

/// The way to the other versions of a model, once the index is there.
fn versions(app: App, detail: &NodeDetail) -> Option<impl Fn() -> Option<AnyView> + use<>> {
    let own = detail.version.clone()?;
    let (package, name) = (detail.package.clone(), detail.name.clone());
    Some(move || {
        let catalog = app.ready()?;
        let links: Vec<_> = (catalog.versions(&package, &name).into_iter())
            .filter_map(|node| {
                let version = node.version.as_deref()?;
                let is_latest = node.latest_version.as_deref() == Some(version);
                Some(view! {
                    <a class="choice" href=route::node(&node.unique_id) aria-current=(version == own).then_some("page")>
                        "v" {version.to_owned()} {is_latest.then(|| view! { <span class="small">" latest"</span> })}
                    </a>
                })
            })
            .collect();
        (links.len() > 1).then(|| {
            view! { <nav class="choices versions" aria-label="Versions">{links}</nav> }.into_any()
        })
    })
}
