//! Syntax errors in words that help: what usually stands behind what the scanner trips over.

use saphyr_parser::ScanError;

use crate::diag::{Diagnostic, Span};

/// A diagnostic for a scanner's error.
pub(super) fn explain(file: &str, text: &str, error: &ScanError) -> Diagnostic {
    let marker = error.marker();
    let lines: Vec<&str> = text.lines().collect();
    let line = marker.line().clamp(1, lines.len().max(1));
    let span = Span::at(file, line, marker.col() + 1);
    if let Some((number, column, bracket)) = unclosed(&lines) {
        let closing = if bracket == '[' { ']' } else { '}' };
        return Diagnostic::error("yaml-syntax", format!("'{bracket}' is not closed"))
            .at(Span::at(file, number, column))
            .hint(format!("add the missing '{closing}'"));
    }
    // The scanner often notices only on the next line; the cause stands at or above the place.
    let window = (line.saturating_sub(2)..=line)
        .rev()
        .filter_map(|number| Some((number, *lines.get(number.checked_sub(1)?)?)));
    for (number, content) in window {
        if let Some((column, message, hint)) = cause(content) {
            return Diagnostic::error("yaml-syntax", message)
                .at(Span::at(file, number, column))
                .hint(hint);
        }
    }
    if let Some((number, indent)) = odd_indentation(&lines, line) {
        return Diagnostic::error(
            "yaml-syntax",
            "the indentation does not fit the lines above",
        )
        .at(Span::at(file, number, indent + 1))
        .hint("keys of one mapping and items of one list must start in the same column");
    }
    Diagnostic::error("yaml-syntax", format!("invalid YAML: {}", error.info())).at(span)
}

/// A known mistake on one line: column, message, hint.
pub(super) fn cause(line: &str) -> Option<(usize, &'static str, &'static str)> {
    let indent = line.len() - line.trim_start().len();
    if let Some(tab) = line[..indent].find('\t') {
        return Some((
            tab + 1,
            "a tab is used for indentation",
            "YAML is indented with spaces; replace the tab",
        ));
    }
    if let Some(column) = unquoted_jinja(line) {
        return Some((
            column,
            "a value that starts with `{{` or `{%` must be quoted",
            "put double quotes around the whole value: `key: \"{{ … }}\"`",
        ));
    }
    let body = line.trim_start();
    if !body.starts_with('#') && !body.contains(['"', '\'']) && body.matches(": ").count() > 1 {
        let first = line.find(": ")?;
        let second = line[first + 2..].find(": ")? + first + 2;
        return Some((
            line[..second].chars().count() + 1,
            "a second `: ` in an unquoted value",
            "put quotes around a value that contains a colon",
        ));
    }
    None
}

fn unquoted_jinja(line: &str) -> Option<usize> {
    ["{{", "{%"].iter().find_map(|open| {
        let at = line.find(open)?;
        let before = line[..at].trim_end();
        (before.ends_with(':') || before.ends_with('-') || before.is_empty())
            .then(|| line[..at].chars().count() + 1)
    })
}

/// Line, column and character of the innermost `[` or `{` that begins a value and has no end.
fn unclosed(lines: &[&str]) -> Option<(usize, usize, char)> {
    let mut open: Vec<(usize, usize, char)> = Vec::new();
    let mut quote = None;
    for (number, line) in lines.iter().enumerate() {
        let mut before = ' ';
        let mut begins = true;
        for (column, character) in line.chars().enumerate() {
            match (quote, character) {
                (Some(end), _) if character == end => quote = None,
                (None, '#') if before == ' ' => break,
                (None, '"' | '\'') if begins => quote = Some(character),
                (None, '[' | '{') if begins => open.push((number + 1, column + 1, character)),
                (None, ']' | '}') => {
                    let innermost = open.pop();
                    let closing = |opening| if opening == '[' { ']' } else { '}' };
                    if innermost.is_some_and(|(.., opening)| closing(opening) != character) {
                        return innermost;
                    }
                }
                _ => {}
            }
            if character != ' ' {
                begins = matches!(character, ':' | '-' | ',' | '[' | '{');
            }
            before = character;
        }
    }
    open.pop()
}

/// A line near the error that is indented less than its predecessor but as no line above it.
fn odd_indentation(lines: &[&str], near: usize) -> Option<(usize, usize)> {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let content = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let current = *lines.get(near.checked_sub(1)?)?;
    if !content(current) {
        return None;
    }
    let above: Vec<usize> = lines[..near - 1]
        .iter()
        .filter(|line| content(line))
        .map(|line| indent(line))
        .collect();
    let own = indent(current);
    (!above.contains(&own)).then_some((near, own))
}
