//! SQL with line numbers, colours and a copy button.

use compiler::index::highlight::highlight;
use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::state::App;
use crate::tasks;

/// Text past which colours are left out, so that a huge file still opens at once.
const COLOURED_BYTES: usize = 200_000;

/// A block of SQL under a title.
#[component]
pub fn CodeBlock(
    /// What it is, such as a path.
    title: String,
    /// The SQL.
    code: String,
) -> impl IntoView {
    let code = code.trim_end().to_owned();
    let count = code.lines().count().max(1);
    view! {
        <figure class="code-block">
            {code_head(title, &code)}
            <pre class="code-body">
                <span class="code-lines" aria-hidden="true">{numbers(count)}</span>
                <code class="code-text" tabindex="0">{colour_all(&code)}</code>
            </pre>
        </figure>
    }
}

/// What a block is, and the button that copies it.
pub(super) fn code_head(title: String, code: &str) -> AnyView {
    let app = App::get();
    let code = code.to_owned();
    view! {
        <figcaption class="code-head">
            <span class="code break soft">{title}</span>
            <button class="button quiet right" type="button"
                on:click=move |_| tasks::copy(app, code.clone(), "Code")>
                {icon(Icon::Copy)} "Copy"
            </button>
        </figcaption>
    }
    .into_any()
}

/// The numbers of so many lines, one below the other.
pub(super) fn numbers(count: usize) -> String {
    let numbers: Vec<String> = (1..=count).map(|line| line.to_string()).collect();
    numbers.join("\n")
}

/// SQL in colours, or plain where it is too long for them.
pub(super) fn colour_all(code: &str) -> Vec<AnyView> {
    if code.len() > COLOURED_BYTES {
        vec![code.to_owned().into_any()]
    } else {
        colour(code)
    }
}

/// SQL in colours.
pub fn colour(code: &str) -> Vec<AnyView> {
    let mut parts = Vec::new();
    let mut at = 0;
    for stretch in highlight(code) {
        if stretch.start > at {
            parts.push(code[at..stretch.start].to_owned().into_any());
        }
        let class = format!("hl-{}", stretch.kind.as_str());
        let text = code[stretch.start..stretch.end].to_owned();
        parts.push(view! { <span class=class>{text}</span> }.into_any());
        at = stretch.end;
    }
    parts.push(code[at..].to_owned().into_any());
    parts
}
