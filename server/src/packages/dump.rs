//! YAML as PyYAML writes it: block style, keys in order, quotes where a plain text would be read as something else.

use compiler::yaml::{Value as Scalar, scalar};
use serde_json::Value;

/// A mapping as a YAML file.
pub fn yaml(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn block(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut pairs: Vec<_> = map.iter().collect();
            pairs.sort_by_key(|(key, _)| *key);
            for (index, (key, value)) in pairs.into_iter().enumerate() {
                if index > 0 {
                    text.push_str(&" ".repeat(indent));
                }
                text.push_str(&quoted(key));
                text.push(':');
                below(value, indent, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(&" ".repeat(indent));
                }
                text.push_str("- ");
                block(item, indent + 2, text);
            }
        }
        other => {
            text.push_str(&one(other));
            text.push('\n');
        }
    }
}

fn below(value: &Value, indent: usize, text: &mut String) {
    let nested = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if nested {
        text.push('\n');
        text.push_str(&" ".repeat(indent + 2));
        block(value, indent + 2, text);
    } else {
        text.push(' ');
        block(value, indent, text);
    }
}

fn one(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => quoted(text),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
        other => other.to_string(),
    }
}

/// A text as a YAML scalar.
pub fn quoted(text: &str) -> String {
    if text.chars().any(|c| c.is_control() || !c.is_ascii()) {
        // JSON's strings are YAML's double-quoted ones.
        return compiler::jinja::dumps(&Value::from(text), false);
    }
    if is_plain(text) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    let second = text.chars().nth(1);
    let opens = match first {
        '-' | '?' | ':' => second.is_none_or(char::is_whitespace),
        _ => ",[]{}#&*!|>'\"%@`".contains(first),
    };
    // Longer numbers than any machine's are numbers for PyYAML all the same.
    let digits = text.trim_start_matches(['+', '-']);
    let is_number = digits.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    !opens
        && !is_number
        && text.trim() == text
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && !text.starts_with("---")
        && !text.starts_with("...")
        && matches!(scalar::resolve(text), Scalar::String(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_reads_as_pyyaml_writes_it() {
        let value = json!({
            "sha1_hash": "12345678901234567890",
            "packages": [
                {"version": "1.3.3", "package": "a/b", "name": "b"},
                {"git": "https://{{ env_var('X') }}@h/é", "revision": "1e5", "on": ">=1"},
                {"list": [">=1.0.0", "x"], "empty": [], "flag": true},
            ],
        });
        let text = yaml(&value);
        assert_eq!(
            text,
            "packages:\n  - name: b\n    package: a/b\n    version: 1.3.3\n  - git: \"https://{{ env_var('X') }}@h/\\u00e9\"\n    \
             'on': '>=1'\n    revision: 1e5\n  - empty: []\n    flag: true\n    list:\n      - '>=1.0.0'\n      - x\nsha1_hash: '12345678901234567890'\n"
        );
        let back = compiler::yaml::load(&text, "f.yml")
            .expect("loads")
            .root
            .to_json();
        assert_eq!(back, value);
    }
}
