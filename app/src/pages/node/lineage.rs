//! The lineage around a resource, with the depth in the address.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use crate::components::graph::GraphView;
use crate::model::route::{self, LineageView};

#[component]
pub fn NodeLineage(id: String) -> impl IntoView {
    let query = use_query_map();
    let navigate = use_navigate();
    let here = id.clone();
    let view = Memo::new(move |_| {
        let view = query.with(|query| LineageView::parse(|key| query.get(key)));
        LineageView {
            focus: Some(view.focus.unwrap_or_else(|| here.clone())),
            ..view
        }
    });
    let set_view = Callback::new(move |(view, replace): (LineageView, bool)| {
        let options = NavigateOptions {
            replace,
            scroll: false,
            ..NavigateOptions::default()
        };
        let moved = view.focus.as_deref().is_none_or(|focus| focus != id);
        if moved {
            // Another focus, or none, is a matter of the whole project's lineage.
            navigate(&view.href(), NavigateOptions::default());
        } else {
            let view = LineageView {
                focus: None,
                ..view
            };
            navigate(
                &view.href_at(&route::node(&id), &[("tab", "lineage")]),
                options,
            );
        }
    });
    view! { <GraphView view=view set_view=set_view embedded=true/> }
}
