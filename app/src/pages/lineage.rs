//! The lineage of the project, or of what a selector selects.

use leptos::prelude::*;

use crate::components::graph::GraphView;
use crate::model::route::LineageView;
use crate::router::{Router, Visit};

/// The page; the address holds the whole view.
#[component]
pub fn LineagePage() -> impl IntoView {
    super::title(|| "Lineage".to_owned());
    let query = Router::get().query;
    let view = Memo::new(move |_| query.with(|query| LineageView::parse(|key| query.get(key))));
    let router = Router::get();
    let set_view = Callback::new(move |(view, replace): (LineageView, bool)| {
        router.go(&view.href(), Visit::replacing(replace));
    });
    view! {
        <div class="lineage-page">
            <h1 class="unseen">"Lineage"</h1>
            <GraphView view=view set_view=set_view/>
        </div>
    }
}
