//! Small signs: states, kinds, tags, shares.

use compiler::artifacts::results::Status;
use compiler::contract::PromiseState;
use leptos::prelude::*;

use crate::model::format::percent;
use crate::model::route;
use crate::model::status::{Tone, kind_class, kind_title, promise_tone, tone, tone_of};

/// A word on its colour.
pub fn tone_badge(tone: Tone, text: impl Into<String>) -> AnyView {
    view! { <span class=format!("badge {}", tone.class())>{text.into()}</span> }.into_any()
}

/// A state in the server's word.
pub fn word_badge(word: &str) -> AnyView {
    tone_badge(
        tone_of(word),
        if word.is_empty() { "not run" } else { word },
    )
}

/// A result; nothing known reads `not run`.
pub fn status_badge(status: Option<Status>) -> AnyView {
    match status {
        Some(status) => tone_badge(tone(status), status.as_str()),
        None => tone_badge(Tone::Idle, "not run"),
    }
}

/// A promise's state.
pub fn promise_badge(state: PromiseState) -> AnyView {
    tone_badge(promise_tone(state), state.as_str())
}

/// A dot with a name for those who do not see its colour.
pub fn dot(tone: Tone, name: &'static str) -> AnyView {
    view! { <span class=format!("dot {}", tone.class()) role="img" aria-label=name title=name></span> }.into_any()
}

/// A kind's shape in its colour: what is read is round, what is made is square, who reads is a diamond.
pub fn kind_shape(kind: &str) -> AnyView {
    let shape = match kind {
        "source" => "M5 1a4 4 0 1 1 0 8 4 4 0 0 1 0-8Z",
        "seed" => "M5 1c3 2 4 4 4 5a4 3 0 0 1-8 0c0-1 1-3 4-5Z",
        "exposure" => "M5 .5 9.5 5 5 9.5.5 5Z",
        "snapshot" => "M1 3h6v6H1zM3 1h6v6",
        "test" | "unit_test" => "m1 5 3 3 5-6",
        // The sign of a function: f with its bar.
        "function" => "M8 1.6C5.6.6 5.2 2 5 3.6L4.4 7C4.2 8.6 3.6 9.6 1.6 8.8M2.6 4.4h4.6",
        "macro" => "M3 1 1 5l2 4M7 1l2 4-2 4",
        "doc" => "M2 .5h4L8.5 3v6.5H2z",
        "group" => "M1 2.5h3l1 1h4v5H1z",
        "analysis" => "M5 .8 9.6 9H.4z",
        "metric" | "semantic_model" | "saved_query" | "operation" => {
            "M5 .4 9.2 2.7v4.6L5 9.6.8 7.3V2.7z"
        }
        _ => "M1.5 1.5h7v7h-7z",
    };
    let line = matches!(kind, "test" | "unit_test" | "macro" | "function");
    let fill = if line { "none" } else { "currentColor" };
    let stroke = if line { "currentColor" } else { "none" };
    view! {
        <svg class=format!("kind-shape {}", kind_class(kind)) viewBox="0 0 10 10" width="10" height="10"
            fill=fill stroke=stroke stroke-width="1.5" aria-hidden="true">
            <path d=shape/>
        </svg>
    }
    .into_any()
}

/// A kind by shape and word.
pub fn kind_label(kind: &str) -> AnyView {
    view! { <span class=format!("kind {}", kind_class(kind))>{kind_shape(kind)} {kind_title(kind)}</span> }.into_any()
}

/// A link to a resource's page.
pub fn node_link(id: &str, name: &str, kind: &str) -> AnyView {
    view! {
        <a class="node-link" href=route::node(id) title=id.to_owned()>
            {kind_shape(kind)}
            <span class="unseen">{kind_title(kind)} " "</span>
            <span class="break">{name.to_owned()}</span>
        </a>
    }
    .into_any()
}

/// A name in code that may break after each underscore, and is copied without anything in it.
pub fn code_name(name: &str) -> AnyView {
    let parts: Vec<_> = name
        .split_inclusive('_')
        .map(|part| view! { {part.to_owned()} <wbr/> })
        .collect();
    view! { <code class="code-name">{parts}</code> }.into_any()
}

/// Tags that lead to the lineage of everything tagged so.
pub fn tags<'a>(tags: impl IntoIterator<Item = &'a str>) -> AnyView {
    let links: Vec<_> = tags
        .into_iter()
        .map(|tag| {
            let href = route::with_query("/lineage", &[("select", &format!("tag:{tag}"))]);
            view! { <li><a class="tag" href=href>{tag.to_owned()}</a></li> }
        })
        .collect();
    view! { <ul class="tags" aria-label="Tags">{links}</ul> }.into_any()
}

/// A share as a bar and in percent.
pub fn meter(part: u32, whole: u32, name: &str) -> AnyView {
    let Some(share) = percent(part, whole) else {
        return view! { <span class="faint">"–"</span> }.into_any();
    };
    let label = format!("{name}: {part} of {whole}");
    let hint = label.clone();
    view! {
        <div class="meter" title=hint>
            <div class="meter-bar" role="meter" aria-label=label aria-valuemin="0" aria-valuemax="100"
                aria-valuenow=share.to_string()>
                <div class="meter-fill" style=format!("width:{share}%")></div>
            </div>
            <span class="meter-text" aria-hidden="true">{share} " %"</span>
        </div>
    }
    .into_any()
}
