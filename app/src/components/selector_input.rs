//! A field for a selector in dbt's syntax, with what can stand there as one types.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use crate::model::completion::{Completion, Suggestion, complete};
use crate::state::App;

/// The field. `id` is unique on the page; `on_done` is told when somebody presses Enter or leaves the field.
#[component]
pub fn SelectorInput(
    /// Unique on the page.
    id: &'static str,
    /// What it is for, where no label says so.
    #[prop(optional)]
    name: &'static str,
    /// Shown while it is empty.
    #[prop(into)]
    placeholder: Signal<String>,
    /// What it holds.
    #[prop(into)]
    value: Signal<String>,
    /// Whether what it holds is wrong.
    #[prop(into)]
    wrong: Signal<bool>,
    /// Id of what says so.
    #[prop(optional)]
    described_by: &'static str,
    /// What was typed or chosen.
    on_input: Callback<String>,
    /// Told when somebody presses Enter or leaves it.
    #[prop(optional, into)]
    on_done: Option<Callback<()>>,
    /// The element, for who wants to focus it.
    #[prop(optional)]
    node_ref: NodeRef<html::Input>,
) -> impl IntoView {
    let app = App::get();
    let offer = RwSignal::new(Completion::default());
    let chosen = RwSignal::new(None::<usize>);
    let close = move || {
        offer.set(Completion::default());
        chosen.set(None);
    };
    let look = move || {
        let (Some(input), Some(catalog)) = (node_ref.get_untracked(), app.ready()) else {
            return;
        };
        let text = input.value();
        // The caret counts UTF-16 units.
        let units = input.selection_start().ok().flatten().unwrap_or(u32::MAX) as usize;
        let mut seen = 0;
        let ends = text.char_indices().find(|(_, c)| {
            seen += c.len_utf16();
            seen > units
        });
        let caret = ends.map_or(text.len(), |(at, _)| at);
        offer.set(complete(&catalog.index, &text, caret));
        chosen.set(None);
    };
    // Who types before the catalog is there gets an answer when it is.
    Effect::new(move |_| {
        let focused = || {
            let active = document().active_element()?;
            let input = node_ref.get_untracked()?;
            Some(active.is_same_node(Some(&input)))
        };
        if app.ready().is_some() && focused() == Some(true) {
            look();
        }
    });
    let take = move |at: usize| {
        let (Some(input), Completion { range, suggestions }) =
            (node_ref.get_untracked(), offer.get_untracked())
        else {
            return;
        };
        let Some(Suggestion { text: new, .. }) = suggestions.into_iter().nth(at) else {
            return;
        };
        let mut text = input.value();
        if text.get(range.clone()).is_none() {
            return;
        }
        text.replace_range(range.clone(), &new);
        let caret = text[..range.start + new.len()].encode_utf16().count() as u32;
        input.set_value(&text);
        // Without its caret the field still holds the right text.
        let _ = input.set_selection_range(caret, caret);
        on_input.run(text);
        if new.ends_with(':') {
            look();
        } else {
            close();
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let count = offer.with_untracked(|offer| offer.suggestions.len());
        match event.key().as_str() {
            "ArrowDown" if count > 0 => {
                event.prevent_default();
                chosen.update(|at| *at = Some(at.map_or(0, |at| (at + 1) % count)));
            }
            "ArrowUp" if count > 0 => {
                event.prevent_default();
                chosen.update(|at| *at = Some(at.map_or(count - 1, |at| (at + count - 1) % count)));
            }
            "Enter" | "Tab" if chosen.get_untracked().is_some() => {
                event.prevent_default();
                take(chosen.get_untracked().unwrap_or_default());
            }
            "Enter" => {
                close();
                on_done.inspect(|done| done.run(()));
            }
            "Escape" if count > 0 => {
                event.prevent_default();
                event.stop_propagation();
                close();
            }
            _ => {}
        }
    };
    let drop = move || {
        let suggestions = offer.with(|offer| offer.suggestions.clone());
        if suggestions.is_empty() {
            return None;
        }
        let rows: Vec<_> = suggestions
            .into_iter()
            .enumerate()
            .map(|(at, suggestion)| {
                view! {
                    <li class="selector-hit" id=format!("{id}-{at}") role="option"
                        aria-selected=move || (chosen.get() == Some(at)).to_string() on:click=move |_| take(at)>
                        <code>{suggestion.text}</code> <span class="search-hit-where">{suggestion.about}</span>
                    </li>
                }
            })
            .collect();
        Some(view! {
            <ul class="search-drop" id=format!("{id}-offer") role="listbox" aria-label="What can stand here"
                on:mousedown=|event| event.prevent_default()>{rows}</ul>
        })
    };
    view! {
        <span class="selector">
            <input class="input code" type="text" node_ref=node_ref placeholder=placeholder
                aria-label=(!name.is_empty()).then_some(name) spellcheck="false" autocomplete="off" autocapitalize="off"
                role="combobox" aria-autocomplete="list" aria-controls=format!("{id}-offer")
                aria-expanded=move || offer.with(|offer| !offer.suggestions.is_empty()).to_string()
                aria-activedescendant=move || chosen.get().map(|at| format!("{id}-{at}"))
                aria-invalid=move || wrong.get().to_string()
                aria-describedby=(!described_by.is_empty()).then_some(described_by) prop:value=value
                on:input=move |event| {
                    on_input.run(event_target_value(&event));
                    look();
                }
                on:focus=move |_| look() on:click=move |_| look()
                on:blur=move |_| {
                    close();
                    on_done.inspect(|done| done.run(()));
                }
                on:keydown=on_key/>
            {drop}
        </span>
    }
}
