//! A field for SQL with line numbers and colours. What is typed stands in a text field; the colours lie below it.

use leptos::html;
use leptos::prelude::*;

use super::code_block::colour;

/// Text past which colours are left out, so that typing stays quick.
const COLOURED_BYTES: usize = 50_000;

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
    view! {
        <div class="editor code-body">
            <span class="code-lines" aria-hidden="true">{numbers}</span>
            <div class="editor-stack">
                <code class="code-text" aria-hidden="true">{colours}</code>
                <textarea class="code-text" node_ref=node_ref aria-label=name wrap="off" autocomplete="off"
                    autocapitalize="off" spellcheck="false" prop:value=move || text.get()
                    on:input=move |event| {
                        text.set(event_target_value(&event));
                        on_input.run(());
                    }></textarea>
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
