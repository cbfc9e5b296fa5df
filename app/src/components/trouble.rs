//! A word on pages of what lies downstream of a failure: what they show may be old.

use leptos::prelude::*;

use super::badge::{node_link, tone_badge};
use super::icon::{Icon, icon};
use crate::model::status::{Tone, freshness_word};
use crate::state::App;

/// How many failures are named.
const NAMED: usize = 5;

/// Names what has failed or is stale upstream of a resource; nothing where all is well.
pub fn trouble(app: App, id: String) -> impl Fn() -> Option<AnyView> {
    move || {
        let catalog = app.ready()?;
        let above = catalog.trouble_above(catalog.position(&id)?);
        if above.is_empty() {
            return None;
        }
        let rest = above.len().saturating_sub(NAMED);
        let links: Vec<_> = above
            .iter()
            .take(NAMED)
            .map(|at| {
                let node = catalog.at(*at);
                let word = match (&node.freshness, &node.last) {
                    (Some(freshness), _) if freshness.status.is_some() => freshness_word(freshness).1,
                    (_, Some(last)) => last.status.as_str(),
                    _ => "failed",
                };
                view! {
                    <li>{node_link(&node.unique_id, &node.label(), node.kind.as_str())} " " {tone_badge(Tone::Bad, word)}</li>
                }
            })
            .collect();
        Some(
            view! {
                <div class="notice tone-warn trouble" role="note">
                    {icon(Icon::Warning)}
                    <div>
                        <strong>"Something upstream has failed, so this may be old"</strong>
                        <ul class="trouble-list">{links} {(rest > 0).then(|| view! { <li>"and " {rest} " more"</li> })}</ul>
                    </div>
                </div>
            }
            .into_any(),
        )
    }
}
