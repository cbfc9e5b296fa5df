//! Which rows belong to which: tables by their keys.

use std::sync::Arc;

use leptos::prelude::*;

use crate::components::badge::{kind_shape, node_link, tone_badge};
use crate::components::icon::{Icon, icon};
use crate::components::state_view::{empty, loaded};
use crate::model::catalog::Catalog;
use crate::model::entities::{Diagram, LINE, Relation, Table, WIDTH, diagram};
use crate::model::format::plural;
use crate::model::route;
use crate::model::status::Tone;
use crate::router::{Router, Visit};
use crate::state::App;

/// Room around the picture.
const MARGIN: f64 = 64.0;
/// Sizes that the buttons go through.
const ZOOMS: [f64; 5] = [0.4, 0.6, 0.8, 1.0, 1.25];

/// The page; the address holds focus and filter.
#[component]
pub fn EntitiesPage() -> impl IntoView {
    super::title(|| "Keys".to_owned());
    let app = App::get();
    view! {
        <div class="page wide">
            <div class="page-head">
                <div class="page-title">
                    <h1>"Keys"</h1>
                    <p class="page-lead">
                        "Which rows belong to which, as "<code>"relationships"</code>" tests and foreign keys of constraints say."
                    </p>
                </div>
            </div>
            {loaded(app.catalog, move |catalog| view! { <Tables catalog=catalog/> }.into_any())}
        </div>
    }
}

#[component]
fn Tables(catalog: Arc<Catalog>) -> impl IntoView {
    let router = Router::get();
    let query = router.query;
    let focus =
        Memo::new(move |_| query.with(|query| query.get("focus").filter(|id| !id.is_empty())));
    let filter = Memo::new(move |_| query.with(|query| query.get("q").unwrap_or_default()));
    let zoom = RwSignal::new(3_usize);
    let on_filter = move |event: leptos::ev::Event| {
        router.go(
            &route::with_query(route::KEYS, &[("q", &event_target_value(&event))]),
            Visit::Replace,
        );
    };
    let around = {
        let catalog = catalog.clone();
        move || {
            let id = focus.get()?;
            let (label, kind) = catalog.label(&id);
            Some(view! {
                <p class="button-row">
                    "Around " {node_link(&id, &label, &kind)}
                    <a class="button quiet" href=route::KEYS>{icon(Icon::Close)} "Show all"</a>
                </p>
            })
        }
    };
    let body = move || {
        let found = diagram(&catalog, focus.get().as_deref(), &filter.get());
        if found.tables.is_empty() {
            return empty(
                Icon::Link,
                "No keys",
                "No relationships test and no foreign key says which rows belong together here. Add one, and its tables stand here.",
            );
        }
        view! { {picture(&found, zoom)} {list(&found)} }.into_any()
    };
    let step = move |by: isize| {
        move |_| zoom.update(|zoom| *zoom = zoom.saturating_add_signed(by).min(ZOOMS.len() - 1))
    };
    view! {
        <section class="section">
            <div class="section-head coverage-filter">
                {around}
                <div class="button-row">
                    <button class="button icon" type="button" aria-label="Smaller" title="Smaller" on:click=step(-1)>{icon(Icon::Minus)}</button>
                    <button class="button icon" type="button" aria-label="Larger" title="Larger" on:click=step(1)>{icon(Icon::Plus)}</button>
                </div>
                <input class="input right coverage-find" type="search" placeholder="Filter by name or folder" aria-label="Filter by name or folder"
                    prop:value=filter on:input=on_filter/>
            </div>
            {body}
        </section>
    }
}

fn picture(found: &Diagram, zoom: RwSignal<usize>) -> AnyView {
    let (width, height) = (found.width + 2.0 * MARGIN, found.height + 2.0 * MARGIN);
    let lines: Vec<_> = found.relations.iter().map(line).collect();
    let tables: Vec<_> = found.tables.iter().map(table).collect();
    let rest = found.rest;
    view! {
        <div class="entities" tabindex="0" role="region" aria-label="Diagram of the keys">
            <svg viewBox=format!("{} {} {width:.0} {height:.0}", -MARGIN, -MARGIN)
                width=move || format!("{:.0}", width * ZOOMS[zoom.get()]) height=move || format!("{:.0}", height * ZOOMS[zoom.get()])>
                {lines} {tables}
            </svg>
        </div>
        {(rest > 0).then(|| view! { <p class="search-note">{plural(rest, "table is", "tables are")} " left out; filter to see them"</p> })}
    }
    .into_any()
}

fn line(relation: &Relation) -> AnyView {
    let ((many_x, many_y), (one_x, one_y)) = (relation.many, relation.one);
    // A crow's foot where there are many, a bar where there is one.
    let side = if relation.beside { 1.0 } else { -1.0 };
    let foot = format!(
        "M{many_x:.1} {:.1}L{:.1} {many_y:.1}L{many_x:.1} {:.1}M{:.1} {:.1}V{:.1}",
        many_y - 6.0,
        many_x + 11.0 * side,
        many_y + 6.0,
        one_x + 8.0,
        one_y - 6.0,
        one_y + 6.0,
    );
    let class = match (&relation.test, relation.tone) {
        (None, _) => "entity-line enforced",
        (_, Tone::Bad) => "entity-line bad",
        _ => "entity-line",
    };
    view! {
        <g class=class>
            <title>{relation.label.clone()}</title>
            <path d=relation.path.clone()/>
            <path class="entity-foot" d=foot/>
        </g>
    }
    .into_any()
}

fn table(table: &Table) -> AnyView {
    let (x, y) = (table.x, table.y);
    let columns: Vec<_> = (1..)
        .zip(&table.columns)
        .map(|(at, (name, is_target))| {
            let middle = y + LINE * (f64::from(at) + 0.5);
            view! {
                <text class="entity-column" class:target=*is_target x=x + 14.0 y=middle + 4.5>{name.clone()}</text>
            }
        })
        .collect();
    view! {
        <g><a href=route::node(&table.id) class="entity">
            <rect x=x y=y width=WIDTH height=table.height() rx="7"/>
            <line x1=x x2=x + WIDTH y1=y + LINE y2=y + LINE/>
            <svg x=x + 12.0 y=y + 8.0 width="10" height="10">{kind_shape(table.kind)}</svg>
            <text class="entity-name" x=x + 28.0 y=y + 17.5>{short(&table.label)}</text>
            {columns}
        </a></g>
    }
    .into_any()
}

/// A name that fits into its box.
fn short(name: &str) -> String {
    const LETTERS: usize = 25;
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    let front: String = name.chars().take(LETTERS - 1).collect();
    format!("{front}…")
}

fn list(found: &Diagram) -> AnyView {
    let rows: Vec<_> = found
        .relations
        .iter()
        .map(|relation| {
            let proof = match (&relation.test, relation.tone) {
                (None, _) => view! { <span class="faint">"a constraint of the warehouse"</span> }.into_any(),
                (Some(href), tone) => {
                    let word = match tone {
                        Tone::Ok => "passed",
                        Tone::Warn => "warned",
                        Tone::Bad => "failed",
                        Tone::Idle | Tone::Busy => "not run",
                    };
                    view! { <a href=href.clone()>{tone_badge(tone, word)} " a test"</a> }.into_any()
                }
            };
            view! {
                <tr>
                    <td class="table-name"><a class="code" href=route::node(&relation.id)>{relation.label.clone()}</a></td>
                    <td>{proof}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="table-wrap">
            <table class="table">
                <thead><tr><th>"Key"</th><th>"Proven by"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
