//! Search from anywhere: `/` goes there, arrows choose, Enter opens.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::badge::kind_shape;
use super::icon::{Icon, icon};
use crate::model::route;
use crate::model::search::Found;
use crate::model::status::kind_title;
use crate::router::{Router, Visit};
use crate::state::App;

/// How many answers drop down.
const SHOWN: usize = 9;

/// The box with its answers.
#[component]
pub fn SearchBox() -> impl IntoView {
    let app = App::get();
    let router = Router::get();
    let input = NodeRef::<html::Input>::new();
    let words = RwSignal::new(String::new());
    let open = RwSignal::new(false);
    let chosen = RwSignal::new(None::<usize>);
    let found = Memo::new(move |_| {
        if open.get() {
            app.search(&words.get(), SHOWN)
        } else {
            Vec::new()
        }
    });

    let slash = window_event_listener(ev::keydown, move |event| {
        if event.key() == "/"
            && !event.ctrl_key()
            && !event.meta_key()
            && !event.alt_key()
            && !is_typing(&event)
        {
            event.prevent_default();
            if let Some(input) = input.get_untracked() {
                let _ = input.focus();
                input.select();
            }
        }
    });
    on_cleanup(move || slash.remove());

    let go = move |address: String| {
        open.set(false);
        chosen.set(None);
        if let Some(input) = input.get_untracked() {
            let _ = input.blur();
        }
        router.go(&address, Visit::Push);
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let count = found.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" if count > 0 => {
                event.prevent_default();
                chosen.update(|at| *at = Some(at.map_or(0, |at| (at + 1) % count)));
            }
            "ArrowUp" if count > 0 => {
                event.prevent_default();
                chosen.update(|at| *at = Some(at.map_or(count - 1, |at| (at + count - 1) % count)));
            }
            "Enter" => {
                let query = words.get_untracked();
                let hit = chosen
                    .get_untracked()
                    .and_then(|at| found.with_untracked(|found| found.get(at).cloned()));
                match hit {
                    Some(hit) => go(route::node(&hit.id)),
                    None if !query.trim().is_empty() => {
                        go(route::with_query("/search", &[("q", query.trim())]));
                    }
                    None => {}
                }
            }
            "Escape" => {
                open.set(false);
                if let Some(input) = input.get_untracked() {
                    let _ = input.blur();
                }
            }
            _ => {}
        }
    };
    let drop = move || {
        let query = words.get();
        if !open.get() || query.trim().is_empty() {
            return None;
        }
        let hits = found.get();
        let rest = route::with_query("/search", &[("q", query.trim())]);
        let none = hits.is_empty();
        let rows: Vec<_> = hits
            .into_iter()
            .enumerate()
            .map(|(at, hit)| row(at, &hit, chosen, open))
            .collect();
        Some(view! {
            <div class="search-drop" id="search-hits" role="listbox" aria-label="Answers"
                on:mousedown=|event| event.prevent_default()>
                {rows}
                {if none {
                    view! { <p class="search-note">"Nothing has that in its name, columns, tags, place, description or SQL."</p> }.into_any()
                } else {
                    view! { <a class="search-hit small" href=rest on:click=move |_| open.set(false)>{icon(Icon::Search)} "All answers"</a> }
                        .into_any()
                }}
            </div>
        })
    };
    view! {
        <div class="search" role="search">
            <div class="search-box">
                {icon(Icon::Search)}
                <input class="search-input" type="search" node_ref=input placeholder="Search models, columns, tags…"
                    aria-label="Search" role="combobox" aria-expanded=move || open.get().to_string()
                    aria-controls="search-hits" autocomplete="off" spellcheck="false"
                    aria-activedescendant=move || chosen.get().map(|at| format!("hit-{at}"))
                    prop:value=words
                    on:input=move |event| {
                        words.set(event_target_value(&event));
                        chosen.set(None);
                        open.set(true);
                    }
                    on:focus=move |_| {
                        app.want_texts();
                        open.set(true);
                    }
                    on:blur=move |_| open.set(false)
                    on:keydown=on_key/>
                <kbd class="key" aria-hidden="true">"/"</kbd>
            </div>
            {drop}
        </div>
    }
}

fn row(at: usize, hit: &Found, chosen: RwSignal<Option<usize>>, open: RwSignal<bool>) -> AnyView {
    view! {
        <a class="search-hit" id=format!("hit-{at}") role="option" tabindex="-1" href=route::node(&hit.id)
            aria-selected=move || (chosen.get() == Some(at)).to_string() on:click=move |_| open.set(false)>
            {kind_shape(hit.kind)}
            <span class="search-hit-name">{label(hit)}</span>
            <span class="search-hit-where">
                {hit.why.clone().unwrap_or_else(|| format!("{} · {}", kind_title(hit.kind), hit.place))}
            </span>
        </a>
    }
    .into_any()
}

/// A name with what matches marked.
pub fn label(hit: &Found) -> Vec<AnyView> {
    hit.pieces
        .iter()
        .map(|(text, lit)| {
            if *lit {
                view! { <mark>{text.clone()}</mark> }.into_any()
            } else {
                text.clone().into_any()
            }
        })
        .collect()
}

/// Whether a key goes into a field, so that it is no command.
pub fn is_typing(event: &ev::KeyboardEvent) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|element| {
            matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
        })
}
