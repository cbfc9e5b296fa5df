//! All answers of a search.

use leptos::prelude::*;

use crate::components::badge::{kind_label, kind_shape};
use crate::components::icon::Icon;
use crate::components::search_box::label;
use crate::components::state_view::{empty, skeleton};
use crate::model::format::plural;
use crate::model::route;
use crate::router::{Router, Visit};
use crate::state::App;

/// How many answers there are at the most.
const ANSWERS: usize = 200;

/// The page; the address holds the words and the kind.
#[component]
pub fn SearchPage() -> impl IntoView {
    let app = App::get();
    app.want_texts();
    let query = Router::get().query;
    let words = Memo::new(move |_| query.with(|query| query.get("q").unwrap_or_default()));
    let kind = Memo::new(move |_| query.with(|query| query.get("type").unwrap_or_default()));
    super::title(move || format!("Search: {}", words.get()));
    let router = Router::get();
    let on_input = move |event: leptos::ev::Event| {
        let address = route::with_query(
            "/search",
            &[
                ("q", &event_target_value(&event)),
                ("type", &kind.get_untracked()),
            ],
        );
        router.go(&address, Visit::Replace);
    };
    let found = Memo::new(move |_| app.search(&words.get(), ANSWERS));
    let answers = move || {
        if app.ready().is_none() {
            return skeleton();
        }
        if words.with(|words| words.trim().is_empty()) {
            return empty(
                Icon::Search,
                "What are you looking for?",
                "Names, columns, tags, owners, folders and descriptions are searched. Every word must be found somewhere.",
            );
        }
        let all = found.get();
        if all.is_empty() {
            return empty(Icon::Search, "Nothing found", "Try fewer or shorter words.");
        }
        let mut kinds: Vec<(&'static str, usize)> = Vec::new();
        for hit in &all {
            match kinds.iter_mut().find(|(kind, _)| *kind == hit.kind) {
                Some(entry) => entry.1 += 1,
                None => kinds.push((hit.kind, 1)),
            }
        }
        let chosen = kind.get();
        let filter: Vec<_> = kinds
            .into_iter()
            .map(|(name, count)| {
                let on = chosen == name;
                let href = route::with_query("/search", &[("q", &words.get()), ("type", if on { "" } else { name })]);
                view! { <a class="button" href=href aria-current=on.then_some("true")>{kind_label(name)} {count}</a> }
            })
            .collect();
        let shown: Vec<_> = all
            .iter()
            .filter(|hit| chosen.is_empty() || hit.kind == chosen)
            .collect();
        let count = shown.len();
        let rows: Vec<_> = shown
            .into_iter()
            .map(|hit| {
                view! {
                    <li>
                        <a class="search-hit" href=route::node(&hit.id)>
                            {kind_shape(hit.kind)}
                            <span class="search-hit-name">{label(hit)}</span>
                            <span class="search-hit-where">
                                {hit.why.clone().map(|why| format!("{why} · "))} {hit.place.clone()}
                            </span>
                        </a>
                    </li>
                }
            })
            .collect();
        view! {
            <div class="button-row">{filter}</div>
            <p class="small faint search-count" role="status">{plural(count, "answer", "answers")}</p>
            <ol class="card card-pad">{rows}</ol>
        }
        .into_any()
    };
    view! {
        <div class="page">
            <h1 class="unseen">"Search"</h1>
            <div class="search-page-form">
                <input class="input search-page-input" type="search" aria-label="Search" placeholder="Search models, columns, tags, descriptions…"
                    prop:value=words on:input=on_input spellcheck="false" autocomplete="off"/>
            </div>
            {answers}
        </div>
    }
}
