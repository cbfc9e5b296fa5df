//! The nodes of the graph as a list: for those who cannot or would rather not see a picture.

use leptos::prelude::*;

use super::canvas::turn;
use super::{Command, Graph};
use crate::components::badge::{dot, kind_shape};
use crate::components::icon::{Icon, icon};
use crate::model::format::plural;
use crate::model::route;
use crate::model::status::{Tone, kind_title};

/// How many nodes the list holds; past that the graph wants narrowing anyway.
const LISTED: usize = 300;

/// The list, from upstream to downstream.
#[component]
pub fn NodeList() -> impl IntoView {
    let graph = expect_context::<Graph>();
    let rows = move || {
        let scene = graph.scene.get();
        let mut order: Vec<u32> = (0..scene.nodes.len() as u32).collect();
        order.sort_by_key(|at| {
            let node = &scene.nodes[*at as usize];
            (node.rank, node.label.clone())
        });
        let rest = order.len().saturating_sub(LISTED);
        let rows: Vec<_> = order
            .into_iter()
            .take(LISTED)
            .map(|at| {
                let node = &scene.nodes[at as usize];
                let state = match node.tone {
                    Tone::Bad => Some(dot(Tone::Bad, "failed")),
                    Tone::Warn => Some(dot(Tone::Warn, "warned")),
                    _ => None,
                };
                view! {
                    <li class="graph-list-row">
                        <button class="graph-list-show" type="button" title="Show it in the graph"
                            on:click=move |_| {
                                graph.cursor.set(Some(at));
                                graph.command.set(Some(Command::Reveal(at)));
                            }>
                            {kind_shape(node.kind)} <span class="unseen">{kind_title(node.kind)}</span>
                            <span class="tree-name">{node.title()}</span> {state}
                        </button>
                        {if node.is_group() {
                            turner(graph, &node.id, format!("Open the group {}", node.label), Icon::Plus)
                        } else {
                            view! {
                                <a class="graph-list-open" href=route::node(&node.id) aria-label=format!("Open {}", node.label)>
                                    {icon(Icon::Arrow)}
                                </a>
                            }
                            .into_any()
                        }}
                    </li>
                }
            })
            .collect();
        let open: Vec<_> = scene
            .open
            .iter()
            .map(|group| {
                view! {
                    <li class="graph-list-row">
                        <span class="graph-list-show tree-name">{group.label.clone()}</span>
                        {turner(graph, &group.key, format!("Close the group {}", group.label), Icon::Minus)}
                    </li>
                }
            })
            .collect();
        view! {
            {(!open.is_empty()).then(|| view! { <p class="small faint">"Open groups"</p> <ul>{open}</ul> <p class="small faint">"Shown"</p> })}
            <ul>{rows}</ul>
            {(rest > 0).then(|| view! { <p class="search-note">"and " {plural(rest, "more node", "more nodes")}</p> })}
        }
    };
    view! {
        <Show when=move || graph.list.get()>
            <div class="graph-list" role="region" aria-label="Nodes of the graph">{rows}</div>
        </Show>
    }
}

/// A button that opens or closes a group.
fn turner(graph: Graph, key: &str, label: String, shape: Icon) -> AnyView {
    let key = key.to_owned();
    view! {
        <button class="graph-list-open" type="button" aria-label=label on:click=move |_| turn(graph, &key)>{icon(shape)}</button>
    }
    .into_any()
}
