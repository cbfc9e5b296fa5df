//! A field for SQL with line numbers, colours, and names to choose from inside of `ref` and `source`. What is typed
//! stands in a text field; the colours lie below it.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::code_block::colour;
use super::offer::{Offer, Pressed};
use crate::model::completion::byte_of;
use crate::model::completion::reference::complete;
use crate::state::App;

/// Text past which colours are left out, so that typing stays quick.
const COLOURED_BYTES: usize = 50_000;

/// In a text of so few lines names are offered below the caret wherever it is.
const FEW_LINES: usize = 8;

/// The field.
#[component]
pub fn Editor(
    /// What it is, for those who do not see it.
    name: String,
    /// What it holds.
    text: RwSignal<String>,
    /// Lines that something is wrong with, from 1.
    #[prop(into)]
    wrong: Signal<Vec<usize>>,
    /// The element, for who wants to go to a place in it.
    node_ref: NodeRef<html::Textarea>,
    /// Told after each change.
    on_input: Callback<()>,
) -> impl IntoView {
    let count = Memo::new(move |_| text.with(|text| text.split('\n').count()));
    let numbers = move || {
        let wrong = wrong.get();
        (1..=count.get())
            .map(|line| {
                let is_wrong = wrong.contains(&line);
                view! { <span class="editor-line" class:bad=is_wrong>{line} "\n"</span> }
            })
            .collect::<Vec<_>>()
    };
    let colours = move || {
        text.with(|text| {
            // A last line without anything in it has a height only if something follows it.
            let shown = format!("{text}\n");
            if shown.len() > COLOURED_BYTES {
                vec![shown.into_any()]
            } else {
                colour(&shown)
            }
        })
    };
    let app = App::get();
    let offer = Offer::new("editor");
    // Line and character, from 0, that the offered names stand at.
    let place = RwSignal::new((0_usize, 0_usize));
    let look = move || {
        let (Some(field), Some(catalog)) = (node_ref.get_untracked(), app.ready_untracked()) else {
            return;
        };
        let text = field.value();
        let units = field.selection_start().ok().flatten().unwrap_or(u32::MAX) as usize;
        let completion = complete(&catalog.index, &text, byte_of(&text, units));
        let before = &text[..completion.range.start];
        let line = before.rsplit('\n').next().unwrap_or_default();
        place.set((before.matches('\n').count(), line.chars().count()));
        let first = (!completion.suggestions.is_empty()).then_some(0);
        offer.show(completion, first);
    };
    let take = move |at: usize| {
        let Some(field) = node_ref.get_untracked() else {
            return;
        };
        let Some((whole, caret)) = offer.completion().put(&field.value(), at) else {
            return;
        };
        let units = whole[..caret].encode_utf16().count() as u32;
        field.set_value(&whole);
        // Without its caret the field still holds the right text.
        let _ = field.set_selection_range(units, units);
        text.set(whole);
        on_input.run(());
        offer.close();
    };
    let on_key = move |event: ev::KeyboardEvent| match offer.key(&event) {
        Pressed::Take(at) => take(at),
        // The caret goes elsewhere.
        Pressed::Other if event.key().len() > 1 && event.key() != "Backspace" => offer.close(),
        Pressed::Handled | Pressed::Other => {}
    };
    let is_low = move || place.get().0 > FEW_LINES && place.get().0 * 2 > count.get();
    view! {
        <div class="editor code-body">
            <span class="code-lines" aria-hidden="true">{numbers}</span>
            <div class="editor-stack">
                <code class="code-text" aria-hidden="true">{colours}</code>
                <textarea class="code-text" node_ref=node_ref aria-label=name wrap="off" autocomplete="off"
                    autocapitalize="off" spellcheck="false" prop:value=move || text.get()
                    aria-autocomplete="list" aria-controls=move || offer.is_open().then(|| offer.list_id())
                    aria-activedescendant=move || offer.active()
                    on:input=move |event| {
                        text.set(event_target_value(&event));
                        on_input.run(());
                        look();
                    }
                    on:keydown=on_key on:click=move |_| look() on:blur=move |_| offer.close()></textarea>
                <div class="editor-offer" class:above=is_low
                    style:top=move || format!("calc(var(--space-3) + {} * var(--editor-line))", place.get().0)
                    style:left=move || format!("min(calc(var(--space-4) + {}ch), 50%)", place.get().1)>
                    {offer.list(Callback::new(take))}
                </div>
            </div>
        </div>
    }
}

/// Puts the caret to a line and column, counted from 1, and the line into sight.
pub fn go_to(field: &web_sys::HtmlTextAreaElement, line: usize, column: usize) {
    let text = field.value();
    // The caret counts UTF-16 units, places count characters.
    let units = |part: &str| part.encode_utf16().count();
    let before: usize = text
        .split('\n')
        .take(line.saturating_sub(1))
        .map(|line| units(line) + 1)
        .sum();
    let inside = text.split('\n').nth(line.saturating_sub(1));
    let inside: String = inside
        .unwrap_or_default()
        .chars()
        .take(column.saturating_sub(1))
        .collect();
    let at = (before + units(&inside)) as u32;
    let _ = field.focus();
    let _ = field.set_selection_range(at, at);
}
