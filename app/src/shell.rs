//! The frame around every page, and which page an address opens.

use leptos::html;
use leptos::prelude::*;

use crate::components::run_dialog::RunDialog;
use crate::components::side::Side;
use crate::components::state_view::failed;
use crate::components::toast::Toast;
use crate::components::top_bar::TopBar;
use crate::model::route::Page;
use crate::pages::{
    changes::ChangesPage, contract::ContractPage, contracts::ContractsPage, coverage::CoveragePage,
    entities::EntitiesPage, lineage::LineagePage, matrix::MatrixPage, missing::MissingPage,
    node::NodePage, overview::OverviewPage, run::RunPage, runs::RunsPage, search::SearchPage,
    sources::SourcesPage,
};
use crate::queries::Load;
use crate::router::Router;
use crate::state::{self, App};

/// The whole app.
#[component]
pub fn Shell() -> impl IntoView {
    Router::provide();
    state::provide();
    view! {
        <a class="skip" href="#main" rel="external">"Skip to the content"</a>
        <div class="shell">
            <TopBar/>
            <Side/>
            <Main/>
        </div>
        <RunDialog/>
        <Toast/>
    }
}

/// The page; a new one begins at its top.
#[component]
fn Main() -> impl IntoView {
    let app = App::get();
    let place = NodeRef::<html::Main>::new();
    let router = Router::get();
    Effect::new(move |_| {
        router.path.track();
        if let Some(place) = place.get() {
            place.set_scroll_top(0);
        }
    });
    let page = move || match router.page.get() {
        Page::Overview => view! { <OverviewPage/> }.into_any(),
        Page::Node => view! { <NodePage/> }.into_any(),
        Page::Lineage => view! { <LineagePage/> }.into_any(),
        Page::Search => view! { <SearchPage/> }.into_any(),
        Page::Coverage => view! { <CoveragePage/> }.into_any(),
        Page::Entities => view! { <EntitiesPage/> }.into_any(),
        Page::Matrix => view! { <MatrixPage/> }.into_any(),
        Page::Sources => view! { <SourcesPage/> }.into_any(),
        Page::Changes => view! { <ChangesPage/> }.into_any(),
        Page::Runs => view! { <RunsPage/> }.into_any(),
        Page::Run => view! { <RunPage/> }.into_any(),
        Page::Contracts => view! { <ContractsPage/> }.into_any(),
        Page::Contract => view! { <ContractPage/> }.into_any(),
        Page::Missing => view! { <MissingPage/> }.into_any(),
    };
    let trouble = move || match app.catalog.get() {
        Load::Failed(error) => Some(failed(&error, move || app.catalog.refetch())),
        _ => None,
    };
    view! {
        <main class="main" id="main" tabindex="-1" node_ref=place>
            {trouble}
            <div class="main-page" hidden=move || app.catalog.state().with(|load| matches!(load, Load::Failed(_)))>
            {page}
            </div>
        </main>
    }
}
