//! The lineage of the project, or of what a selector selects.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use crate::components::graph::GraphView;
use crate::model::route::LineageView;

/// The page; the address holds the whole view.
#[component]
pub fn LineagePage() -> impl IntoView {
    super::title(|| "Lineage".to_owned());
    let query = use_query_map();
    let view = Memo::new(move |_| query.with(|query| LineageView::parse(|key| query.get(key))));
    let navigate = use_navigate();
    let set_view = Callback::new(move |(view, replace): (LineageView, bool)| {
        navigate(
            &view.href(),
            NavigateOptions {
                replace,
                scroll: false,
                ..NavigateOptions::default()
            },
        );
    });
    view! {
        <div class="lineage-page">
            <h1 class="unseen">"Lineage"</h1>
            <GraphView view=view set_view=set_view/>
        </div>
    }
}
