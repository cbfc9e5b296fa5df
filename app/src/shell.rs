//! The frame around every page, and which page an address opens.

use leptos::html;
use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::hooks::use_location;
use leptos_router::path;

use crate::components::run_dialog::RunDialog;
use crate::components::side::Side;
use crate::components::state_view::failed;
use crate::components::toast::Toast;
use crate::components::top_bar::TopBar;
use crate::pages::{
    contract::ContractPage, contracts::ContractsPage, coverage::CoveragePage, lineage::LineagePage,
    missing::MissingPage, node::NodePage, overview::OverviewPage, run::RunPage, runs::RunsPage,
    search::SearchPage, sources::SourcesPage,
};
use crate::queries::Load;
use crate::state::{self, App};

/// The whole app.
#[component]
pub fn Shell() -> impl IntoView {
    state::provide();
    view! {
        <Router>
            <a class="skip" href="#main" rel="external">"Skip to the content"</a>
            <div class="shell">
                <TopBar/>
                <Side/>
                <Main/>
            </div>
            <RunDialog/>
            <Toast/>
        </Router>
    }
}

/// The page; a new one begins at its top.
#[component]
fn Main() -> impl IntoView {
    let app = App::get();
    let place = NodeRef::<html::Main>::new();
    let path = use_location().pathname;
    Effect::new(move |_| {
        path.track();
        if let Some(place) = place.get() {
            place.set_scroll_top(0);
        }
    });
    let trouble = move || match app.catalog.get() {
        Load::Failed(error) => Some(failed(&error, move || app.catalog.refetch())),
        _ => None,
    };
    view! {
        <main class="main" id="main" tabindex="-1" node_ref=place>
            {trouble}
            <div class="main-page" hidden=move || app.catalog.state().with(|load| matches!(load, Load::Failed(_)))>
            <Routes fallback=MissingPage>
                <Route path=path!("/") view=OverviewPage/>
                <Route path=path!("/node/:id") view=NodePage/>
                <Route path=path!("/lineage") view=LineagePage/>
                <Route path=path!("/search") view=SearchPage/>
                <Route path=path!("/coverage") view=CoveragePage/>
                <Route path=path!("/sources") view=SourcesPage/>
                <Route path=path!("/runs") view=RunsPage/>
                <Route path=path!("/runs/:id") view=RunPage/>
                <Route path=path!("/contracts") view=ContractsPage/>
                <Route path=path!("/contracts/:id") view=ContractPage/>
            </Routes>
            </div>
        </main>
    }
}
