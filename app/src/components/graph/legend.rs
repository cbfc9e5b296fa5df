//! What the colours mean.

use leptos::prelude::*;

use super::Graph;
use crate::components::badge::kind_shape;
use crate::model::route::ColorBy;
use crate::model::status::{Tone, kind_title};

const TONES: [(Tone, &str); 5] = [
    (Tone::Ok, "passed"),
    (Tone::Warn, "warned"),
    (Tone::Bad, "failed"),
    (Tone::Busy, "running"),
    (Tone::Idle, "not run"),
];

/// The colours of what is shown.
#[component]
pub fn Legend() -> impl IntoView {
    let graph = expect_context::<Graph>();
    let entries = move || {
        let scene = graph.scene.get();
        if scene.nodes.is_empty() {
            return Vec::new();
        }
        match graph.view.with(|view| view.color) {
            ColorBy::Kind => {
                let mut kinds: Vec<&'static str> = Vec::new();
                for node in &scene.nodes {
                    if !kinds.contains(&node.kind) {
                        kinds.push(node.kind);
                    }
                }
                kinds
                    .into_iter()
                    .map(|kind| view! { <li>{kind_shape(kind)} {kind_title(kind)}</li> }.into_any())
                    .collect()
            }
            ColorBy::Status => TONES
                .into_iter()
                .map(|(tone, word)| {
                    view! { <li><span class=format!("dot {}", tone.class())></span> {word}</li> }
                        .into_any()
                })
                .collect(),
        }
    };
    view! { <ul class="graph-legend" aria-label="Colours">{entries}</ul> }
}
