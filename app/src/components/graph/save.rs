//! The graph as a file: SVG, or PNG made of it.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::Graph;
use super::palette::Palette;
use crate::components::icon::{Icon, icon};
use crate::model::lineage::{Ink, svg};
use crate::model::route::{ColorBy, LineageView};
use crate::state::App;
use crate::tasks::save;

/// A button that offers both.
#[component]
pub fn SaveMenu() -> impl IntoView {
    let app = App::get();
    let graph = expect_context::<Graph>();
    let menu = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            menu.set_open(false);
        }
    };
    let as_svg = move |_| {
        close();
        if let Some((text, ..)) = picture(graph) {
            save::text(app, &name(graph, "svg"), "image/svg+xml", &text);
        }
    };
    let as_png = move |_| {
        close();
        if let Some((text, width, height)) = picture(graph) {
            let name = name(graph, "png");
            spawn_local(async move { save::png(app, &name, &text, width, height).await });
        }
    };
    view! {
        <details class="menu" node_ref=menu>
            <summary class="button icon" aria-label="Save the picture" title="Save the picture">{icon(Icon::Download)}</summary>
            <div class="menu-list">
                <button class="button quiet" type="button" on:click=as_svg>"As SVG"</button>
                <button class="button quiet" type="button" on:click=as_png>"As PNG"</button>
            </div>
        </details>
    }
}

/// The whole view as SVG, with its size.
fn picture(graph: Graph) -> Option<(String, f64, f64)> {
    let palette = Palette::read()?;
    let by = graph.view.with_untracked(|view| view.color);
    let scene = graph.scene.get_untracked();
    Some(svg(
        &scene,
        &Ink {
            ground: &palette.ground,
            node: &palette.node,
            node_line: &palette.node_line,
            edge: &palette.edge,
            text: &palette.ink,
            font: &palette.font,
            color: &|node| {
                let number = match by {
                    ColorBy::Kind => Palette::kind(node.kind),
                    ColorBy::Status => Palette::tone(node.tone),
                };
                palette.color(number).to_owned()
            },
        },
    ))
}

fn name(graph: Graph, ending: &str) -> String {
    let LineageView { focus, .. } = graph.view.get_untracked();
    let focus = focus.as_deref().and_then(|id| id.rsplit('.').next());
    format!(
        "lineage{}.{ending}",
        focus.map(|name| format!("-{name}")).unwrap_or_default()
    )
}
