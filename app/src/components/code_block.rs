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
    let app = App::get();
    let code = code.trim_end().to_owned();
    let count = code.lines().count().max(1);
    let numbers = (1..=count)
        .map(|line| line.to_string())
        .collect::<Vec<_>>()
        .join("\n");
    let coloured = if code.len() > COLOURED_BYTES {
        vec![code.clone().into_any()]
    } else {
        colour(&code)
    };
    view! {
        <figure class="code-block">
            <figcaption class="code-head">
                <span class="code break soft">{title}</span>
                <button class="button quiet right" type="button"
                    on:click=move |_| tasks::copy(app, code.clone(), "Code")>
                    {icon(Icon::Copy)} "Copy"
                </button>
            </figcaption>
            <pre class="code-body">
                <span class="code-lines" aria-hidden="true">{numbers}</span>
                <code class="code-text" tabindex="0">{coloured}</code>
            </pre>
        </figure>
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
