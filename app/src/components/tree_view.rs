//! The tree of the project, of which only the lines in sight are drawn.

use std::collections::HashSet;

use leptos::html;
use leptos::prelude::*;

use super::badge::{dot, kind_shape};
use super::state_view::skeleton;
use crate::model::route::{self, Page};
use crate::model::status::{Tone, kind_title};
use crate::model::tree::{Row, RowItem, by_database, by_folder, path_to, rows};
use crate::router::Router;
use crate::state::App;

/// Height of a line in pixels; style/components/tree.css has the same.
const LINE: f64 = 30.0;
/// The project's largest folder is open to begin with if it holds no more than this.
const OPEN_AT_FIRST: usize = 400;
/// Lines drawn above and below what is in sight.
const SPARE: usize = 12;

/// The tree with its two orders and a filter.
#[component]
pub fn TreeView() -> impl IntoView {
    let app = App::get();
    let path = Router::get().path;
    let database = RwSignal::new(false);
    let filter = RwSignal::new(String::new());
    let open = RwSignal::new(HashSet::<String>::new());
    let folders = Memo::new(move |_| {
        let catalog = app.ready()?;
        Some(if database.get() {
            by_database(&catalog.index)
        } else {
            by_folder(&catalog.index)
        })
    });
    let current = Memo::new(move |_| {
        path.with(|path| {
            let (page, id) = route::page(path);
            (page == Page::Node).then_some(id)
        })
    });
    // What the page shows can be seen in the tree; a small project's tree is open to begin with.
    Effect::new(move |_| {
        let wanted = folders.with(|folders| {
            let folders = folders.as_ref()?;
            if let Some(id) = current.get() {
                return Some(path_to(folders, &id));
            }
            let own = folders.iter().take_while(|folder| folder.name != "Sources");
            let largest = own
                .max_by_key(|folder| folder.count)
                .filter(|folder| folder.count <= OPEN_AT_FIRST);
            Some(
                largest
                    .map(|folder| vec![folder.key.clone()])
                    .unwrap_or_default(),
            )
        });
        if let Some(wanted) = wanted
            && open.with_untracked(|open| wanted.iter().any(|key| !open.contains(key)))
        {
            open.update(|open| open.extend(wanted));
        }
    });
    let lines = Memo::new(move |_| {
        folders.with(|folders| {
            folders
                .as_ref()
                .map(|folders| rows(folders, &open.get(), &filter.get()))
                .unwrap_or_default()
        })
    });
    let body = NodeRef::<html::Div>::new();
    let top = RwSignal::new(0.0);
    let window = Memo::new(move |_| {
        let count = lines.with(Vec::len);
        let height = body
            .get()
            .map_or(800.0, |body| f64::from(body.client_height()))
            .max(400.0);
        let first = ((top.get() / LINE) as usize)
            .saturating_sub(SPARE)
            .min(count);
        let last = (first + (height / LINE) as usize + 2 * SPARE).min(count);
        (first, last)
    });
    let list = move || {
        if folders.with(Option::is_none) {
            return skeleton();
        }
        let (first, last) = window.get();
        let count = lines.with(Vec::len);
        if count == 0 {
            return view! { <p class="search-note">"Nothing has that name."</p> }.into_any();
        }
        let drawn: Vec<_> = lines.with(|lines| {
            lines[first.min(lines.len())..last.min(lines.len())]
                .iter()
                .map(|row| line(row, open, current))
                .collect()
        });
        view! {
            <div style=format!("padding-top:{}px;padding-bottom:{}px", first as f64 * LINE, (count - last) as f64 * LINE)>
                {drawn}
            </div>
        }
        .into_any()
    };
    view! {
        <div class="tree">
            <div class="tree-head">
                <input class="input tree-filter" type="search" placeholder="Filter the tree" aria-label="Filter the tree"
                    prop:value=filter on:input=move |event| filter.set(event_target_value(&event))/>
                <div class="choices" role="group" aria-label="Order of the tree">
                    <button class="choice" type="button" aria-pressed=move || (!database.get()).to_string()
                        on:click=move |_| database.set(false)>"Folders"</button>
                    <button class="choice" type="button" aria-pressed=move || database.get().to_string()
                        on:click=move |_| database.set(true)>"Database"</button>
                </div>
            </div>
            <div class="tree-body" node_ref=body role="tree" aria-label="Resources"
                on:scroll=move |_| {
                    if let Some(body) = body.get_untracked() {
                        top.set(f64::from(body.scroll_top()));
                    }
                }>
                {list}
            </div>
        </div>
    }
}

fn line(row: &Row, open: RwSignal<HashSet<String>>, current: Memo<Option<String>>) -> AnyView {
    let depth = format!("--depth:{}", row.depth);
    let level = (row.depth + 1).to_string();
    match &row.item {
        RowItem::Folder {
            key,
            name,
            count,
            open: is_open,
        } => {
            let key = key.clone();
            let toggle = move |_| {
                open.update(|open| {
                    if !open.remove(&key) {
                        open.insert(key.clone());
                    }
                });
            };
            view! {
                <button class="tree-row folder" type="button" role="treeitem" style=depth attr:aria-level=level
                    aria-expanded=is_open.to_string() on:click=toggle>
                    <svg class="tree-arrow" viewBox="0 0 10 10" width="10" height="10" fill="none" stroke="currentColor"
                        stroke-width="1.5" aria-hidden="true"><path d="m3.5 2 3 3-3 3"/></svg>
                    <span class="tree-name">{name.clone()}</span>
                    <span class="tree-count">{*count}</span>
                </button>
            }
            .into_any()
        }
        RowItem::Leaf(leaf) => {
            let id = leaf.id.clone();
            let here = move || {
                if current.with(|current| current.as_ref() == Some(&id)) {
                    "page"
                } else {
                    "false"
                }
            };
            let state = match leaf.tone {
                Tone::Bad => Some(dot(Tone::Bad, "failed")),
                Tone::Warn => Some(dot(Tone::Warn, "warned")),
                _ => None,
            };
            view! {
                <a class="tree-row" role="treeitem" style=depth attr:aria-level=level href=route::node(&leaf.id) aria-current=here
                    title=leaf.name.clone()>
                    {kind_shape(leaf.kind)}
                    <span class="unseen">{kind_title(leaf.kind)}</span>
                    <span class="tree-name">{leaf.name.clone()}</span>
                    {state}
                </a>
            }
            .into_any()
        }
    }
}
