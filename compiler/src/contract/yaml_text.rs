//! JSON values as YAML text that readers of YAML 1.1 and 1.2 understand alike.
//!
//! A string stands without quotes only where no reader could take it for anything else; the rest is written as
//! JSON writes it, which YAML includes, or as a block where it has lines.

use std::fmt::Write as _;

use serde_json::Value;

/// A whole document; `value` should be a mapping or a list.
pub(super) fn document(value: &Value) -> String {
    let mut text = String::new();
    node(value, 0, &mut text);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Writes a value that starts at the given column on a fresh line.
fn node(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (position, (key, value)) in map.iter().enumerate() {
                start(position, indent, text);
                text.push_str(&string(key));
                text.push(':');
                child(value, indent + 2, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (position, item) in items.iter().enumerate() {
                start(position, indent, text);
                text.push_str("- ");
                // A mapping's first key and a list's first item stand beside the dash.
                if is_block(item) {
                    node(item, indent + 2, text);
                } else {
                    scalar(item, indent + 2, text);
                }
            }
        }
        other => scalar(other, indent, text),
    }
}

fn start(position: usize, indent: usize, text: &mut String) {
    if position > 0 {
        let _ = write!(text, "{:indent$}", "");
    }
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

/// Writes a value behind a key.
fn child(value: &Value, indent: usize, text: &mut String) {
    if is_block(value) {
        let _ = write!(text, "\n{:indent$}", "");
        node(value, indent, text);
    } else {
        text.push(' ');
        scalar(value, indent, text);
    }
}

fn scalar(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&self::number(&number.to_string())),
        Value::Array(_) => text.push_str("[]"),
        Value::Object(_) => text.push_str("{}"),
        Value::String(content) if has_plain_lines(content) => return lines(content, indent, text),
        Value::String(content) => text.push_str(&string(content)),
    }
    text.push('\n');
}

/// YAML 1.1 reads `1e20` as text: a float needs a point and a signed exponent.
fn number(written: &str) -> String {
    let Some((base, exponent)) = written.split_once(['e', 'E']) else {
        return written.to_owned();
    };
    let point = if base.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) {
        ""
    } else {
        "+"
    };
    format!("{base}{point}e{sign}{exponent}")
}

/// Whether a text of several lines can stand as a block as it is.
fn has_plain_lines(content: &str) -> bool {
    let body = content.strip_suffix('\n').unwrap_or(content);
    body.contains('\n')
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n'])
        && body.lines().all(|line| !line.ends_with([' ', '\t']))
        && body
            .chars()
            .all(|character| character == '\n' || is_printable(character))
}

fn is_printable(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

fn lines(content: &str, indent: usize, text: &mut String) {
    text.push_str(if content.ends_with('\n') {
        "|\n"
    } else {
        "|-\n"
    });
    for line in content.lines() {
        if line.is_empty() {
            text.push('\n');
        } else {
            let _ = writeln!(text, "{:indent$}{line}", "");
        }
    }
}

/// A string on one line, quoted unless it is plainly a string.
fn string(content: &str) -> String {
    if is_plain(content) {
        return content.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in content.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            other if is_printable(other) => quoted.push(other),
            other => {
                let _ = write!(quoted, "\\U{:08x}", other as u32);
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Starts with a letter, so that it is no number, date or sign of YAML; is none of YAML's words; and has nothing
/// inside that could end it.
fn is_plain(content: &str) -> bool {
    const WORDS: [&str; 12] = [
        "true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf", "none",
    ];
    content.starts_with(|first: char| first.is_ascii_alphabetic())
        && !content.ends_with([' ', ':'])
        && !content.contains(": ")
        && !content.contains(" #")
        && content
            .chars()
            .all(|c| c.is_alphanumeric() || " _-./,;()%+@'=<>:#".contains(c))
        && !WORDS.contains(&content.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn strings_that_look_like_something_else_are_quoted() {
        let risky = [
            "1.2.0",
            "1",
            "0x1F",
            "1e5",
            "2026-11-22",
            "12:30",
            "true",
            "Yes",
            "NO",
            "off",
            "null",
            "~",
            "",
            " a",
            "a ",
            "a: b",
            "a #b",
            "- a",
            "? a",
            "& a",
            "*a",
            "!a",
            "|",
            ">",
            "%a",
            "@a",
            "`a",
            "{a}",
            "[a]",
            "a:",
            "#a",
            "\"a\"",
            "'a'",
            "\u{85}",
            "a\tb",
            "=",
            "<<",
            ".inf",
            "y",
        ];
        for text in risky {
            let written = string(text);
            assert!(
                written.starts_with('"') && written.ends_with('"'),
                "{text} is written {written}"
            );
        }
        for text in [
            "orders",
            "never; 0 means no order",
            "share of price_usd",
            "a:b",
            "ml@shop.example",
        ] {
            assert_eq!(string(text), text);
        }
    }

    #[test]
    fn values_nest() {
        let value = json!({
            "a": [{ "b": 1, "c": ["x", 2.5] }, [], {}, [["deep"]]],
            "text": "one\n\n  two",
            "line": "one\n",
            "small": 1e-7,
            "nothing": null,
        });
        let expected = r#"a:
  - b: 1
    c:
      - x
      - 2.5
  - []
  - {}
  - - - deep
text: |-
  one

    two
line: "one\n"
small: 1.0e-7
nothing: null
"#;
        assert_eq!(document(&value), expected);
    }
}
