//! Columns by tests: which are guarded by what, and how it ended.

use std::sync::Arc;

use leptos::prelude::*;

use super::coverage::views;
use crate::components::badge::{dot, node_link};
use crate::components::icon::Icon;
use crate::components::state_view::{empty, loaded};
use crate::model::catalog::Catalog;
use crate::model::format::{date_time, plural};
use crate::model::matrix::{Cell, Lines, Matrix, MatrixLine, MatrixModel, matrix};
use crate::model::route;
use crate::router::{Router, Visit};
use crate::state::App;

/// How many lines the table holds.
const SHOWN: usize = 400;

/// The page; the address holds what it is narrowed to.
#[component]
pub fn MatrixPage() -> impl IntoView {
    super::title(|| "Columns by tests".to_owned());
    let app = App::get();
    view! {
        <div class="page">
            <div class="page-head">
                <div class="page-title">
                    <h1>"Columns by tests"</h1>
                    <p class="page-lead">
                        "What each column is tested for and how that ended. A column without tests that is a pure copy of a tested one is proven by it."
                    </p>
                </div>
            </div>
            {views("columns")}
            {loaded(app.catalog, move |catalog| view! { <Table catalog=catalog/> }.into_any())}
        </div>
    }
}

#[component]
fn Table(catalog: Arc<Catalog>) -> impl IntoView {
    let app = App::get();
    let router = Router::get();
    let query = router.query;
    let only = Memo::new(move |_| query.with(|query| Lines::parse(query.get("only").as_deref())));
    let filter = Memo::new(move |_| query.with(|query| query.get("q").unwrap_or_default()));
    let address = |only: Lines, filter: &str| {
        route::with_query(route::MATRIX, &[("only", only.as_str()), ("q", filter)])
    };
    let choice = move |this: Lines, name: &'static str| {
        view! {
            <a class="button" href=move || address(this, &filter.get())
                aria-current=move || (only.get() == this).then_some("true")>{name}</a>
        }
    };
    let on_filter = move |event: leptos::ev::Event| {
        let address = address(only.get_untracked(), &event_target_value(&event));
        router.go(&address, Visit::Replace);
    };
    let body = move || {
        let columns = app.columns();
        let table = matrix(
            &catalog,
            columns.as_deref(),
            only.get(),
            &filter.get(),
            SHOWN,
        );
        if table.models.is_empty() {
            return empty(
                Icon::Check,
                "None",
                "No column matches. With this filter that may be good news.",
            );
        }
        rows(&table)
    };
    view! {
        <section class="section">
            <div class="section-head coverage-filter">
                <div class="button-row">
                    {choice(Lines::All, "All")} {choice(Lines::Untested, "Without proof")} {choice(Lines::Failing, "Failing")}
                </div>
                <input class="input right coverage-find" type="search" placeholder="Filter by name, folder, owner or column"
                    aria-label="Filter by name, folder, owner or column" prop:value=filter on:input=on_filter/>
            </div>
            {body}
        </section>
    }
}

fn rows(table: &Matrix) -> AnyView {
    let heads: Vec<_> = table
        .kinds
        .iter()
        .map(|kind| {
            let (package, name) = kind.rsplit_once('.').unwrap_or(("", kind));
            view! {
                <th scope="col" class="matrix-kind" title=kind.clone()>
                    {name.replace('_', " ")} <span class="faint">{package.to_owned()}</span>
                </th>
            }
        })
        .collect();
    let width = (table.kinds.len() + 1).to_string();
    let models: Vec<_> = table
        .models
        .iter()
        .map(|model| group(model, &width))
        .collect();
    let rest = table.rest;
    view! {
        <div class="table-wrap matrix" tabindex="0" role="region" aria-label="Columns by tests">
            <table class="table">
                <thead><tr><th scope="col">"Column"</th> {heads}</tr></thead>
                {models}
            </table>
        </div>
        {(rest > 0).then(|| view! { <p class="search-note">"and " {plural(rest, "more line", "more lines")} "; filter to see them"</p> })}
    }
    .into_any()
}

fn group(model: &MatrixModel, width: &str) -> AnyView {
    let lines: Vec<_> = model.lines.iter().map(|line| row(model, line)).collect();
    let owner = (!model.owner.is_empty()).then(|| format!(" · {}", model.owner));
    view! {
        <tbody>
            <tr class="matrix-model">
                <th scope="rowgroup" colspan=width.to_owned()>
                    {node_link(&model.id, &model.label, "model")}
                    <span class="small faint">{model.folder.clone()} {owner}</span>
                </th>
            </tr>
            {lines}
        </tbody>
    }
    .into_any()
}

fn row(model: &MatrixModel, line: &MatrixLine) -> AnyView {
    let name = match &line.column {
        Some(column) => {
            view! { <a class="code" href=route::column(&model.id, column)>{column.clone()}</a> }
                .into_any()
        }
        None => view! { <span class="faint">"the whole model"</span> }.into_any(),
    };
    let cells: Vec<_> = line
        .cells
        .iter()
        .map(|found| view! { <td class="matrix-cell">{found.as_ref().map(cell)}</td> })
        .collect();
    let proof = line.proof.clone().map(|(name, href)| {
        view! { <div class="small faint">"proven by " <a class="code" href=href>{name}</a></div> }
    });
    view! { <tr><th scope="row">{name} {proof}</th> {cells}</tr> }.into_any()
}

fn cell(cell: &Cell) -> AnyView {
    let since = cell
        .since
        .as_deref()
        .map(|since| format!(" since {}", date_time(since)))
        .unwrap_or_default();
    let count = if cell.count > 1 {
        format!(", {} tests", cell.count)
    } else {
        String::new()
    };
    let title = format!("{}{since}{count}", cell.word);
    view! { <a class="matrix-link" href=route::node(&cell.id) title=title>{dot(cell.tone, cell.word)}</a> }.into_any()
}
