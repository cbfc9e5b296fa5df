//! A test with what it asks and how it ended last.

use compiler::index::{LastResult, TestDetail};
use leptos::prelude::*;
use serde_json::Value;

use super::badge::status_badge;
use super::when::when;
use crate::model::format::{duration, plural, short};
use crate::model::route;
use crate::state::App;

/// A test as one line: name, arguments, last result; with when it ran and how long it took where there is room.
pub fn test_line(app: App, test: &TestDetail, with_time: bool) -> AnyView {
    let title = test.test.clone().unwrap_or_else(|| test.name.clone());
    let arguments: Vec<String> = test
        .arguments
        .iter()
        .map(|(key, value)| format!("{key}: {}", short(&value_text(value), 80)))
        .collect();
    let failed = test
        .last
        .as_ref()
        .and_then(|last| last.failures)
        .filter(|count| *count > 0);
    view! {
        <div class="test-line">
            {status_badge(test.last.as_ref().map(|last| last.status))}
            <a class="test-name code" href=route::node(&test.unique_id) title=test.name.clone()>{title}</a>
            {(!arguments.is_empty()).then(|| view! { <span class="faint break">{arguments.join(", ")}</span> })}
            {(test.severity == "warn").then(|| view! { <span class="faint">"warns only"</span> })}
            {failed.map(|count| {
                view! { <span class="test-failures">{plural(count.unsigned_abs() as usize, "failing row", "failing rows")}</span> }
            })}
            {test.last.as_ref().filter(|_| with_time).map(|last| last_time(app, last))}
        </div>
    }
    .into_any()
}

/// When something last ended and how long it took.
pub fn last_time(app: App, last: &LastResult) -> AnyView {
    let took = duration(last.seconds);
    let at = last
        .at
        .as_deref()
        .map(|at| view! { {when(app.now, "", at)} " · " });
    view! { <span class="faint small nowrap">{at} {took}</span> }.into_any()
}

/// A value of `meta`, `config` or arguments as people write it.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items)
            if items
                .iter()
                .all(|item| !item.is_object() && !item.is_array()) =>
        {
            items.iter().map(value_text).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
