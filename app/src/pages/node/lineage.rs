//! The lineage around a resource, with the depth in the address.

use leptos::prelude::*;

use crate::components::graph::GraphView;
use crate::model::route::{self, LineageView};
use crate::router::{Router, Visit};

#[component]
pub fn NodeLineage(id: String) -> impl IntoView {
    let query = Router::get().query;
    let router = Router::get();
    let here = id.clone();
    let view = Memo::new(move |_| {
        let view = query.with(|query| LineageView::parse(|key| query.get(key)));
        LineageView {
            focus: Some(view.focus.unwrap_or_else(|| here.clone())),
            ..view
        }
    });
    let set_view = Callback::new(move |(view, replace): (LineageView, bool)| {
        let step = Visit::replacing(replace);
        let moved = view.focus.as_deref().is_none_or(|focus| focus != id);
        if moved {
            // Another focus, or none, is a matter of the whole project's lineage.
            router.go(&view.href(), Visit::Push);
        } else {
            let view = LineageView {
                focus: None,
                ..view
            };
            router.go(
                &view.href_at(&route::node(&id), &[("tab", "lineage")]),
                step,
            );
        }
    });
    view! { <GraphView view=view set_view=set_view embedded=true/> }
}
