//! Pages, one per file, each behind an address.

pub mod changes;
pub mod contract;
pub mod contracts;
pub mod coverage;
pub mod entities;
pub mod lineage;
pub mod matrix;
pub mod missing;
pub mod node;
pub mod overview;
pub mod run;
pub mod runs;
pub mod search;
pub mod sources;

use leptos::prelude::*;

/// Sets the title of the browser's tab.
fn title(text: impl Fn() -> String + 'static) {
    Effect::new(move |_| {
        let text = text();
        document().set_title(&if text.is_empty() {
            "Refract".to_owned()
        } else {
            format!("{text} · Refract")
        });
    });
}
