//! A field for a selector in dbt's syntax, with what can stand there as one types.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::offer::{Offer, Pressed};
use crate::model::completion::byte_of;
use crate::model::completion::selector::complete;
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
    let offer = Offer::new(id);
    let look = move || {
        let (Some(input), Some(catalog)) = (node_ref.get_untracked(), app.ready()) else {
            return;
        };
        let text = input.value();
        let units = input.selection_start().ok().flatten().unwrap_or(u32::MAX) as usize;
        offer.show(complete(&catalog.index, &text, byte_of(&text, units)), None);
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
        let Some(input) = node_ref.get_untracked() else {
            return;
        };
        let Some((text, caret)) = offer.completion().put(&input.value(), at) else {
            return;
        };
        let is_method = text[..caret].ends_with(':');
        let units = text[..caret].encode_utf16().count() as u32;
        input.set_value(&text);
        // Without its caret the field still holds the right text.
        let _ = input.set_selection_range(units, units);
        on_input.run(text);
        if is_method {
            look();
        } else {
            offer.close();
        }
    };
    let on_key = move |event: ev::KeyboardEvent| match offer.key(&event) {
        Pressed::Take(at) => take(at),
        Pressed::Other if event.key() == "Enter" => {
            offer.close();
            on_done.inspect(|done| done.run(()));
        }
        Pressed::Handled | Pressed::Other => {}
    };
    view! {
        <span class="selector">
            <input class="input code" type="text" node_ref=node_ref placeholder=placeholder
                aria-label=(!name.is_empty()).then_some(name) spellcheck="false" autocomplete="off" autocapitalize="off"
                role="combobox" aria-autocomplete="list" aria-controls=offer.list_id()
                aria-expanded=move || offer.is_open().to_string()
                aria-activedescendant=move || offer.active()
                aria-invalid=move || wrong.get().to_string()
                aria-describedby=(!described_by.is_empty()).then_some(described_by) prop:value=value
                on:input=move |event| {
                    on_input.run(event_target_value(&event));
                    look();
                }
                on:focus=move |_| look() on:click=move |_| look()
                on:blur=move |_| {
                    offer.close();
                    on_done.inspect(|done| done.run(()));
                }
                on:keydown=on_key/>
            {offer.list(Callback::new(take))}
        </span>
    }
}
