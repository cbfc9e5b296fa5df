//! The expressions in a template's text, found without compiling it.

use super::expr::{Expr, parse};

/// Whether a text can hold Jinja at all; everything else need not be rendered.
pub fn has_jinja(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|b| *b == b'{') {
        match rest.get(at + 1) {
            Some(b'{' | b'%' | b'#') => return true,
            _ => rest = &rest[at + 1..],
        }
    }
    false
}

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text between tags.
    Text(&'a str),
    /// What stands in `{{ … }}`.
    Output(&'a str),
    /// What stands in `{% … %}`.
    Statement(&'a str),
}

/// Cuts a template at its tags; comments and what `{% raw %}` guards are left out.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = next_tag(rest) {
        if at > 0 {
            pieces.push(Piece::Text(&rest[..at]));
        }
        let (kind, body) = rest[at..].split_at(2);
        if kind == "{#" {
            rest = body.find("#}").map_or("", |end| &body[end + 2..]);
            continue;
        }
        let close = if kind == "{{" { "}}" } else { "%}" };
        let end = closing(body, close);
        let inner = body[..end].trim_matches(['-', '+']);
        rest = body.get(end + 2..).unwrap_or("");
        if kind == "{{" {
            pieces.push(Piece::Output(inner));
        } else if inner.trim() == "raw" {
            rest = after_raw(rest);
        } else {
            pieces.push(Piece::Statement(inner));
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

fn next_tag(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(1))
        .find(|at| bytes[*at] == b'{' && matches!(bytes[at + 1], b'{' | b'%' | b'#'))
}

/// Where a tag's text ends: quotes and brackets within it are respected.
fn closing(body: &str, close: &str) -> usize {
    let mut quote = None;
    let mut skip = false;
    let mut open = 0_usize;
    for (at, character) in body.char_indices() {
        if skip {
            skip = false;
            continue;
        }
        match quote {
            Some(_) if character == '\\' => skip = true,
            Some(mark) if character == mark => quote = None,
            None if character == '"' || character == '\'' => quote = Some(character),
            None if open == 0 && body[at..].starts_with(close) => return at,
            None if matches!(character, '(' | '[' | '{') => open += 1,
            None if matches!(character, ')' | ']' | '}') => open = open.saturating_sub(1),
            _ => {}
        }
    }
    body.len()
}

fn after_raw(text: &str) -> &str {
    let mut rest = text;
    while let Some(at) = rest.find("{%") {
        let body = &rest[at + 2..];
        let Some(end) = body.find("%}") else {
            return "";
        };
        if body[..end].trim_matches(['-', '+']).trim() == "endraw" {
            return &body[end + 2..];
        }
        rest = &rest[at + 2..];
    }
    ""
}

/// Calls of a plain name in a template's `{{ … }}` tags, outermost first.
pub fn calls(text: &str, name: &str) -> Vec<Expr> {
    let mut found = Vec::new();
    if !text.contains(name) {
        return found;
    }
    for piece in pieces(text) {
        let Piece::Output(inner) = piece else {
            continue;
        };
        if !inner.contains(name) {
            continue;
        }
        let Some(expr) = parse(inner) else { continue };
        expr.walk(&mut |part| {
            if part.as_call().is_some_and(|(callee, _)| callee == name) {
                found.push(part.clone());
            }
        });
    }
    found
}

/// The arguments of a template's first `config()` call as written: plain text without its quotes, everything else
/// in dbt's canonical spelling.
pub fn config_as_written(text: &str) -> Option<Vec<(String, String)>> {
    if !text.contains("config(") {
        return None;
    }
    let inners = pieces(text).into_iter().flat_map(|piece| match piece {
        Piece::Output(inner) => vec![inner],
        Piece::Statement(inner) => statement_expressions(inner),
        Piece::Text(_) => Vec::new(),
    });
    for inner in inners.filter(|inner| inner.contains("config(")) {
        let Some(expr) = parse(inner) else { continue };
        let mut first = None;
        expr.walk(&mut |part| {
            if first.is_none() {
                first = part
                    .as_call()
                    .filter(|(name, _)| *name == "config")
                    .map(|(_, args)| args);
            }
        });
        if let Some(args) = first {
            let spelt = |value: &Expr| {
                value
                    .as_text()
                    .map_or_else(|| value.source(), str::to_owned)
            };
            return Some(
                args.named
                    .iter()
                    .map(|(name, value)| (name.clone(), spelt(value)))
                    .collect(),
            );
        }
    }
    None
}

/// The expressions of a statement: `do x`, `set a = x`, `if x`, `for a in x`, `call f(x)`, `call(a) f(x)`.
pub fn statement_expressions(inner: &str) -> Vec<&str> {
    let inner = inner.trim();
    let (word, rest) = inner.split_at(
        inner
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(inner.len()),
    );
    let rest = rest.trim();
    match word {
        "do" | "if" | "elif" => vec![rest],
        "set" => rest
            .split_once('=')
            .map(|(_, value)| value)
            .into_iter()
            .collect(),
        "for" => match rest.split_once(" in ") {
            Some((_, values)) => vec![values.trim().trim_end_matches("recursive").trim()],
            None => Vec::new(),
        },
        "call" => {
            let called = if rest.starts_with('(') {
                rest.split_once(')').map_or("", |(_, rest)| rest)
            } else {
                rest
            };
            vec![called]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jinja_is_seen() {
        assert!(has_jinja("a {{ b }}"));
        assert!(has_jinja("{# c #}"));
        assert!(!has_jinja("select '{' || '}' from {x}"));
    }

    #[test]
    fn pieces_respect_quotes_comments_and_raw() {
        let text = "a {{ x('}}') -}} b {# {{ no }} #}{% raw %}{{ no }}{% endraw %}{%- if y %}c";
        assert_eq!(
            pieces(text),
            [
                Piece::Text("a "),
                Piece::Output(" x('}}') "),
                Piece::Text(" b "),
                Piece::Statement(" if y "),
                Piece::Text("c")
            ]
        );
    }

    #[test]
    fn config_keeps_what_was_written() {
        let text = "{{ config(materialized='table', tags = ['a', var('t')], enabled=var(\"on\", true)) }} select 1";
        let expected = [
            ("materialized", "table"),
            ("tags", "['a', var('t')]"),
            ("enabled", "var('on', True)"),
        ];
        let expected: Vec<(String, String)> = expected
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect();
        assert_eq!(config_as_written(text), Some(expected));
        let nested = config_as_written("{{ config(meta={'a': {'b': 1}}) }}");
        assert_eq!(
            nested,
            Some(vec![("meta".into(), "{'a': {'b': 1}}".into())])
        );
        assert_eq!(config_as_written("select 1"), None);
        assert_eq!(
            config_as_written("{% do config(alias='x') %}"),
            Some(vec![("alias".into(), "x".into())])
        );
    }

    #[test]
    fn calls_are_found_inside_others() {
        let found = calls("{{ doc('a') ~ doc('pkg', 'b') }} {{ docs }}", "doc");
        assert_eq!(found.len(), 2);
    }
}
