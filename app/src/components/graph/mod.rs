//! The lineage graph with its controls.

pub mod canvas;
pub mod controls;
mod follow;
mod laid_out;
pub mod legend;
pub mod list;
mod map;
mod paint;
mod palette;
pub mod save;
mod stage;

use std::sync::Arc;

use leptos::prelude::*;

use self::canvas::GraphCanvas;
use self::controls::{Controls, FocusBar};
use self::laid_out::laid_out;
use self::legend::Legend;
use self::list::NodeList;
use super::icon::Icon;
use super::state_view::{empty, skeleton};
use crate::model::format::plural;
use crate::model::lineage::{Scene, Shown, shown, way_of_column};
use crate::model::route::LineageView;
use crate::model::selection;
use crate::state::App;

/// Changes the view; the flag says whether the address is replaced instead of added to.
pub type SetView = Callback<(LineageView, bool)>;

/// What the parts of the graph share.
#[derive(Clone, Copy)]
pub struct Graph {
    /// What the address asks for.
    pub view: Memo<LineageView>,
    /// Changes the address.
    pub set_view: SetView,
    /// What is shown, or what is wrong with the selector.
    pub shown: Memo<Option<Result<Shown, String>>>,
    /// The last good layout.
    pub scene: Memo<Arc<Scene>>,
    /// Text that is looked for in the graph.
    pub find: RwSignal<String>,
    /// The box that the keyboard is on.
    pub cursor: RwSignal<Option<u32>>,
    /// What the buttons ask the canvas to do.
    pub command: RwSignal<Option<Command>>,
    /// Whether the list of nodes is open.
    pub list: RwSignal<bool>,
}

/// What the buttons ask the canvas to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Zoom in.
    Closer,
    /// Zoom out.
    Farther,
    /// Show all.
    Fit,
    /// Move to a box.
    Reveal(u32),
}

/// The graph. In a page with other content (`embedded`) the wheel scrolls the page until the graph is used.
#[component]
pub fn GraphView(
    view: Memo<LineageView>,
    set_view: SetView,
    #[prop(optional)] embedded: bool,
) -> impl IntoView {
    let app = App::get();
    let answer = Memo::new(move |_| {
        let catalog = app.ready()?;
        let view = view.get();
        if let (Some(focus), Some(column)) = (&view.focus, &view.column) {
            let columns = app.columns()?;
            if let Some(way) = way_of_column(&catalog, &columns, focus, column) {
                return Some(Ok(way));
            }
        }
        let asks = selection::asks_state(&view.select) || selection::asks_state(&view.exclude);
        let state = if asks && app.compares() {
            app.state_changes()?
        } else {
            None
        };
        Some(shown(&catalog, &view, state.as_deref()))
    });
    let (scene, waits) = laid_out(app, view, answer);
    let graph = Graph {
        view,
        set_view,
        shown: answer,
        scene,
        find: RwSignal::new(String::new()),
        cursor: RwSignal::new(None),
        command: RwSignal::new(None),
        list: RwSignal::new(false),
    };
    provide_context(graph);
    let nothing = move || {
        answer.with(|answer| match answer {
            None => Some(skeleton()),
            Some(Ok(shown)) if waits.get() && scene.with(|scene| scene.nodes.is_empty()) => {
                let count = plural(shown.nodes.len(), "node", "nodes");
                Some(
                    view! { <p class="graph-busy" role="status">"Laying out " {count} "…"</p> }
                        .into_any(),
                )
            }
            Some(Ok(shown)) if shown.nodes.is_empty() => Some(empty(
                Icon::Lineage,
                "Nothing to show",
                "No resource matches this selection. Widen it or clear it.",
            )),
            _ => None,
        })
    };
    view! {
        <section class="graph" class:embedded=embedded aria-label="Lineage">
            <Controls embedded=embedded/>
            <FocusBar/>
            <div class="graph-stage" aria-busy=move || waits.get().to_string()>
                <GraphCanvas embedded=embedded/>
                <div class="graph-nothing">{nothing}</div>
                <Legend/>
                <NodeList/>
            </div>
        </section>
    }
}
