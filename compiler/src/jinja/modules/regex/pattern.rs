//! Python's regular expressions, written as the `fancy-regex` crate reads them.

use fancy_regex::Regex;

use super::{DOT_ALL, IGNORE_CASE, MULTI_LINE, VERBOSE};

/// A pattern as Python reads it, with the flags that it was compiled with or names at its start.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// As written.
    pub(super) source: String,
    translated: String,
    flags: i64,
    regex: Regex,
}

/// Where a pattern has to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Both,
}

impl Pattern {
    pub(super) fn new(source: &str, flags: i64) -> Result<Self, String> {
        let (body, named) = leading_flags(source);
        let flags = flags | named;
        let translated = translate(body, flags);
        let regex = build(&translated, flags)?;
        Ok(Self {
            source: source.to_owned(),
            translated,
            flags,
            regex,
        })
    }

    pub(super) fn regex(&self) -> &Regex {
        &self.regex
    }

    /// The same, found only at the start of a text, or as the whole of it.
    pub(super) fn anchored(&self, anchor: Anchor) -> Result<Regex, String> {
        let end = if anchor == Anchor::Both { r"\z" } else { "" };
        build(&format!(r"\A(?:{}){end}", self.translated), self.flags)
    }
}

fn build(translated: &str, flags: i64) -> Result<Regex, String> {
    let letters: String = [(IGNORE_CASE, 'i'), (MULTI_LINE, 'm'), (DOT_ALL, 's')]
        .into_iter()
        .filter(|(flag, _)| flags & flag != 0)
        .map(|(_, letter)| letter)
        .collect();
    let whole = if letters.is_empty() {
        translated.to_owned()
    } else {
        format!("(?{letters}){translated}")
    };
    Regex::new(&whole).map_err(|error| error.to_string())
}

/// The pattern behind its `(?ix)`, and what that stands for.
fn leading_flags(source: &str) -> (&str, i64) {
    let (mut rest, mut flags) = (source, 0);
    while let Some((letters, tail)) = rest
        .strip_prefix("(?")
        .and_then(|tail| tail.split_once(')'))
        .filter(|(letters, _)| {
            !letters.is_empty() && letters.bytes().all(|letter| b"aiLmsux".contains(&letter))
        })
    {
        for letter in letters.bytes() {
            flags |= match letter {
                b'i' => IGNORE_CASE,
                b'm' => MULTI_LINE,
                b's' => DOT_ALL,
                b'x' => VERBOSE,
                _ => 0,
            };
        }
        rest = tail;
    }
    (rest, flags)
}

/// Without the blanks and comments of a verbose pattern; with braces, brackets and ends of text that mean in Rust
/// what they mean in Python.
fn translate(pattern: &str, flags: i64) -> String {
    let verbose = flags & VERBOSE != 0;
    let letters: Vec<char> = pattern.chars().collect();
    let mut out = String::with_capacity(pattern.len());
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        at += 1;
        match letter {
            '\\' => {
                let escaped = letters.get(at).copied();
                at += 1;
                match escaped {
                    Some('Z') => out.push_str(r"\z"),
                    Some(other) => escape(other, &mut out),
                    None => out.push('\\'),
                }
            }
            '[' => at = class(&letters, at, &mut out),
            ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c' if verbose => {}
            '#' if verbose => {
                while at < letters.len() && letters[at] != '\n' {
                    at += 1;
                }
            }
            '$' if flags & MULTI_LINE == 0 => out.push_str(r"(?=\n?\z)"),
            '{' => match repetition(&letters[at..]) {
                Some((bounds, length)) => {
                    out.push_str(&bounds);
                    at += length;
                }
                None => out.push_str(r"\{"),
            },
            '}' => out.push_str(r"\}"),
            other => out.push(other),
        }
    }
    out
}

/// `{2}`, `{2,}`, `{,3}` or `{2,3}` behind its brace, and its length; all else is plain text to Python.
fn repetition(rest: &[char]) -> Option<(String, usize)> {
    let end = rest.iter().position(|&letter| letter == '}')?;
    let inside: String = rest[..end].iter().collect();
    let (from, to) = inside
        .split_once(',')
        .map_or((inside.as_str(), None), |(from, to)| (from, Some(to)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if inside.is_empty() || inside == "," || !digits(from) || !to.is_none_or(digits) {
        return None;
    }
    let from = if from.is_empty() { "0" } else { from };
    let bounds = match to {
        Some(to) => format!("{{{from},{to}}}"),
        None => format!("{{{from}}}"),
    };
    Some((bounds, end + 1))
}

/// Copies a character class that begins behind its bracket; tells where it ends. Brackets inside it are plain text.
fn class(letters: &[char], mut at: usize, out: &mut String) -> usize {
    out.push('[');
    if letters.get(at) == Some(&'^') {
        out.push('^');
        at += 1;
    }
    let first = at;
    while at < letters.len() {
        let letter = letters[at];
        at += 1;
        match letter {
            ']' if at - 1 == first => out.push_str(r"\]"),
            ']' => {
                out.push(']');
                return at;
            }
            '\\' => {
                if let Some(&escaped) = letters.get(at) {
                    at += 1;
                    if escaped == 'b' {
                        out.push_str(r"\x08");
                    } else {
                        escape(escaped, out);
                    }
                }
            }
            '[' | '&' | '~' => out.extend(['\\', letter]),
            other => out.push(other),
        }
    }
    at
}

/// An escaped character; Python lets any sign be escaped, also those that mean nothing.
fn escape(letter: char, out: &mut String) {
    if letter.is_ascii_alphanumeric() || letter.is_ascii_punctuation() {
        out.push('\\');
    }
    out.push(letter);
}
