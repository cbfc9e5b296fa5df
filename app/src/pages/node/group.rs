//! The members of a group.

use compiler::index::{NodeDetail, NodeLink};
use leptos::prelude::*;

use crate::components::badge::{kind_label, node_link, status_badge};
use crate::components::icon::Icon;
use crate::components::state_view::empty;
use crate::model::route::LineageView;
use crate::state::App;

pub(super) fn members(app: App, detail: &NodeDetail) -> AnyView {
    if detail.children.is_empty() {
        return empty(
            Icon::Book,
            "No members",
            "Put models into the group with `config: {group: …}`.",
        );
    }
    let catalog = app.ready();
    let row = |link: &NodeLink| {
        let node = catalog.as_ref().and_then(|catalog| {
            let at = catalog.position(&link.unique_id)?;
            Some(catalog.at(at).clone())
        });
        let access = node.as_ref().and_then(|node| node.access.clone());
        let last = node.and_then(|node| node.last);
        view! {
            <tr>
                <td>{node_link(&link.unique_id, &link.name, &link.kind)}</td>
                <td>{kind_label(&link.kind)}</td>
                <td>{access.map(|access| access.to_string())}</td>
                <td>{last.map(|last| status_badge(Some(last.status)))}</td>
            </tr>
        }
    };
    let rows: Vec<_> = detail.children.iter().map(row).collect();
    let lineage = LineageView {
        select: format!("group:{}", detail.name),
        ..LineageView::default()
    };
    view! {
        <p><a href=lineage.href()>"Lineage of the group"</a></p>
        <div class="table-wrap">
            <table class="table">
                <thead><tr><th scope="col">"Member"</th><th scope="col">"Kind"</th><th scope="col">"Access"</th><th scope="col">"Last result"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
