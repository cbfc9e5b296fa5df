//! The side: where to go, and the tree of the project.

use leptos::ev;
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::search_box::is_typing;
use super::tree_view::TreeView;
use crate::model::route;
use crate::model::status::Tone;
use crate::router::Router;
use crate::state::App;

/// Number beside an entry, with what it means.
type Count = Option<(usize, Tone)>;

/// The side. On a narrow screen it is a drawer.
#[component]
pub fn Side() -> impl IntoView {
    let app = App::get();
    let path = Router::get().path;
    Effect::new(move |_| {
        path.track();
        app.drawer.set(false);
    });
    let escape = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" && app.drawer.get_untracked() && !is_typing(&event) {
            app.drawer.set(false);
        }
    });
    on_cleanup(move || escape.remove());

    let tally = Memo::new(move |_| app.ready().map(|catalog| catalog.tally()));
    let bad = |count: usize, tone: Tone| (count > 0).then_some((count, tone));
    let stale = move || {
        tally.get().and_then(|tally| {
            bad(tally.sources[2], Tone::Bad).or(bad(tally.sources[1], Tone::Warn))
        })
    };
    let broken = move || {
        tally
            .get()
            .and_then(|tally| bad(tally.contracts[2], Tone::Bad))
    };
    let failing = move || {
        tally
            .get()
            .and_then(|tally| bad(tally.tests[2], Tone::Bad).or(bad(tally.tests[1], Tone::Warn)))
    };
    let link = move |href: &'static str,
                     picture: Icon,
                     name: &'static str,
                     count: Box<dyn Fn() -> Count + Send>| {
        let here = move || {
            let path = path.get();
            let inside =
                href != "/" && path.starts_with(href) && path[href.len()..].starts_with('/');
            if path == href || inside {
                "page"
            } else {
                "false"
            }
        };
        view! {
            <a class="side-link" href=href aria-current=here on:click=move |_| app.drawer.set(false)>
                {icon(picture)}
                {name}
                {move || count().map(|(number, tone)| {
                    let class = if tone == Tone::Bad { "side-count bad" } else { "side-count warn" };
                    view! { <span class=class>{number}</span> }
                })}
            </a>
        }
    };
    let has_keys = move || {
        app.ready()
            .is_some_and(|catalog| !catalog.index.keys.is_empty())
    };
    view! {
        <aside class="side" id="side" class:open=move || app.drawer.get()>
            <nav class="side-nav" aria-label="Catalog">
                {link("/", Icon::Home, "Overview", Box::new(|| None))}
                {link("/lineage", Icon::Lineage, "Lineage", Box::new(|| None))}
                {link("/coverage", Icon::Coverage, "Test coverage", Box::new(failing))}
                {move || has_keys().then(|| link(route::KEYS, Icon::Link, "Keys", Box::new(|| None)))}
                {link("/sources", Icon::Source, "Sources", Box::new(stale))}
                {link("/contracts", Icon::Contract, "Contracts", Box::new(broken))}
                {move || app.compares().then(|| link("/changes", Icon::Changes, "Changes", Box::new(|| None)))}
                {link("/runs", Icon::Runs, "Runs", Box::new(|| None))}
            </nav>
            <TreeView/>
        </aside>
        <button class="side-veil" class:open=move || app.drawer.get() type="button" aria-label="Close the navigation"
            on:click=move |_| app.drawer.set(false)></button>
    }
}
