//! The code of a generic test with its arguments written out.
//!
//! dbt's code for a test is `{{ test_x(**_dbt_generic_test_kwargs) }}`; the arguments stand in `test_metadata`, where
//! text that looks like a call, or that holds Jinja, is an expression and the rest is a value.

use serde_json::Value;

use super::template::{Piece, has_jinja, pieces};
use crate::artifacts::manifest::Node;

/// What dbt writes where the arguments go.
const KWARGS: &str = "**_dbt_generic_test_kwargs";

/// A test's code with its arguments; other nodes' code as it is.
pub fn code(node: &Node) -> String {
    let Some(metadata) = &node.test_metadata else {
        return node.raw_code.clone();
    };
    let arguments: Vec<String> = metadata
        .kwargs
        .iter()
        .map(|(name, value)| {
            // A column's name is text whatever it looks like.
            let value = if name == "column_name" {
                literal(value)
            } else {
                expression(value)
            };
            format!("{name}={value}")
        })
        .collect();
    node.raw_code.replacen(KWARGS, &arguments.join(", "), 1)
}

/// A value as an expression.
fn expression(value: &Value) -> String {
    match value {
        Value::String(text) if looks_like_call(text) => text.trim().to_owned(),
        Value::String(text) if has_jinja(text) => joined(text),
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(expression).collect::<Vec<_>>().join(", ")
        ),
        Value::Object(map) => {
            let pairs: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", quoted(key), expression(value)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        other => literal(other),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => quoted(text),
        Value::Array(_) | Value::Object(_) => expression(value),
        other => other.to_string(),
    }
}

/// Text with Jinja in it as one expression: a single tag is its own value, several are joined as text.
fn joined(text: &str) -> String {
    let parts: Vec<String> = pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => quoted(text),
            Piece::Output(inner) => format!("({})", inner.trim()),
            Piece::Statement(_) => "''".into(),
        })
        .collect();
    parts.join(" ~ ")
}

fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\t', "\\t")
        .replace('\r', "\\r");
    format!("\"{escaped}\"")
}

/// `ref(…)`, `source(…)`, `var(…)`, `env_var(…)` or `doc(…)` and nothing else.
fn looks_like_call(text: &str) -> bool {
    let text = text.trim();
    ["env_var", "ref", "var", "source", "doc"]
        .iter()
        .any(|name| {
            text.strip_prefix(name).is_some_and(|rest| {
                rest.trim_start().starts_with('(') && rest.ends_with(')') && rest.len() > 2
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifacts::manifest::TestMetadata;
    use serde_json::json;

    #[test]
    fn arguments_are_written_out() {
        let kwargs = json!({
            "column_name": "ref('x')",
            "model": "{{ get_where_subquery(ref('m')) }}",
            "to": "ref('o')",
            "text": "a \"b\"",
            "mixed": "x {{ var('a') }}",
            "values": [1, true, null, "source('a', 'b')", {"k": "{{ 1 }}"}],
        });
        let node = Node {
            raw_code: "{{ test_x(**_dbt_generic_test_kwargs) }}{{ config(a=1) }}".into(),
            test_metadata: Some(TestMetadata {
                kwargs: kwargs.as_object().expect("a map").clone(),
                ..TestMetadata::default()
            }),
            ..Node::default()
        };
        let expected = "{{ test_x(column_name=\"ref('x')\", model=(get_where_subquery(ref('m'))), to=ref('o'), text=\"a \\\"b\\\"\", \
            mixed=\"x \" ~ (var('a')), values=[1, true, none, source('a', 'b'), {\"k\": (1)}]) }}{{ config(a=1) }}";
        assert_eq!(code(&node), expected);
    }
}
