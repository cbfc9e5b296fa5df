//! All answers of a search, and what they can be narrowed by.

use leptos::prelude::*;

use crate::components::badge::{kind_label, kind_shape};
use crate::components::icon::Icon;
use crate::components::search_box::label;
use crate::components::state_view::{empty, skeleton};
use crate::model::facets::{Chosen, Facet, Narrowed};
use crate::model::format::{number, plural};
use crate::model::route;
use crate::model::search::Found;
use crate::router::{Router, Visit};
use crate::state::App;

/// How many answers are shown at the most.
const ANSWERS: usize = 200;

/// The page; the address holds the words and what is chosen.
#[component]
pub fn SearchPage() -> impl IntoView {
    let app = App::get();
    app.want_texts();
    let router = Router::get();
    let query = router.query;
    let words = Memo::new(move |_| query.with(|query| query.get("q").unwrap_or_default()));
    let chosen = Memo::new(move |_| query.with(Chosen::parse));
    super::title(move || format!("Search: {}", words.get()));
    let on_input = move |event: leptos::ev::Event| {
        let address = chosen.with_untracked(|chosen| chosen.href(&event_target_value(&event)));
        router.go(&address, Visit::Replace);
    };
    let found = Memo::new(move |_| {
        chosen.with(|chosen| words.with(|words| app.answers(words, chosen, ANSWERS)))
    });
    let answers = move || {
        if app.ready().is_none() {
            return skeleton();
        }
        let words = words.get();
        if words.trim().is_empty() {
            return empty(
                Icon::Search,
                "What are you looking for?",
                "Names, columns, tags, owners, folders, descriptions and the words of SQL are searched, in this order of worth. \
                 Every word must be found somewhere; of SQL it must be the beginning of a word.",
            );
        }
        found.with(|found| draw(found, &words, &chosen.get()))
    };
    view! {
        <div class="page">
            <h1 class="unseen">"Search"</h1>
            <div class="search-page-form">
                <input class="input search-page-input" type="search" aria-label="Search" placeholder="Search models, columns, tags, descriptions, SQL…"
                    prop:value=words on:input=on_input spellcheck="false" autocomplete="off"/>
            </div>
            {answers}
        </div>
    }
}

fn draw(found: &Narrowed, words: &str, chosen: &Chosen) -> AnyView {
    let kinds: Vec<_> = found
        .facets
        .iter()
        .filter(|(facet, _)| *facet == Facet::Kind)
        .flat_map(|(_, kinds)| kinds)
        .map(|(kind, count)| {
            let on = chosen.of(Facet::Kind) == kind;
            let href = chosen.with(Facet::Kind, kind).href(words);
            view! { <a class="button" href=href aria-current=on.then_some("true")>{kind_label(kind)} {number(*count)}</a> }
        })
        .collect();
    let fields: Vec<_> = found
        .facets
        .iter()
        .filter_map(|(facet, values)| field(*facet, values, words, chosen))
        .collect();
    let clear = (!chosen.is_empty()).then(|| {
        view! { <a class="button quiet" href=Chosen::default().href(words)>"Show all"</a> }
    });
    let shown = found.hits.len();
    let count = if found.count > shown && shown > 0 {
        format!(
            "the best {} of {}",
            number(shown),
            plural(found.count, "answer", "answers")
        )
    } else {
        plural(shown, "answer", "answers")
    };
    let nothing = match (shown, chosen.is_empty()) {
        (0, true) => {
            return empty(Icon::Search, "Nothing found", "Try fewer or shorter words.");
        }
        (0, false) => Some(empty(
            Icon::Search,
            "Nothing found here",
            "Choose less, or try fewer or shorter words.",
        )),
        _ => None,
    };
    let rows: Vec<_> = found.hits.iter().map(row).collect();
    view! {
        <div class="button-row">{kinds}</div>
        <div class="search-facets">{fields} {clear}</div>
        <p class="small faint search-count" role="status">{count}</p>
        {match nothing {
            Some(nothing) => nothing,
            None => view! { <ol class="card card-pad">{rows}</ol> }.into_any(),
        }}
    }
    .into_any()
}

/// A facet to choose from; none where there is no choice.
fn field(
    facet: Facet,
    values: &[(String, usize)],
    words: &str,
    chosen: &Chosen,
) -> Option<AnyView> {
    let current = chosen.of(facet).to_owned();
    if facet == Facet::Kind || (values.len() < 2 && current.is_empty()) {
        return None;
    }
    let (name, all) = facet.words();
    let options: Vec<_> = values
        .iter()
        .map(|(value, count)| {
            let on = *value == current;
            view! { <option value=value.clone() selected=on>{value.clone()} " (" {number(*count)} ")"</option> }
        })
        .collect();
    let (words, rest) = (words.to_owned(), chosen.with(facet, ""));
    let router = Router::get();
    let choose = move |event: leptos::ev::Event| {
        let next = rest.with(facet, &event_target_value(&event));
        router.go(&next.href(&words), Visit::Push);
    };
    Some(
        view! {
            <label class="search-facet"><span class="small faint">{name}</span>
                <select class="input" on:change=choose>
                    <option value="" selected=current.is_empty()>{all}</option>
                    {options}
                </select>
            </label>
        }
        .into_any(),
    )
}

fn row(hit: &Found) -> impl IntoView + use<> {
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
}
