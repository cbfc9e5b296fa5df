//! The text of values: Python's `str()` and `repr()`.

use std::fmt::Write as _;

use minijinja::Value;
use minijinja::value::ValueKind;

use crate::jinja::modules;

/// A value as Python's `str()` writes it.
pub(crate) fn text(value: &Value) -> String {
    match value.kind() {
        ValueKind::String => value.as_str().unwrap_or_default().to_owned(),
        ValueKind::Number if !value.is_integer() => repr(value),
        ValueKind::Bytes => repr(value),
        _ if value.is_tuple() => repr(value),
        _ => value.to_string(),
    }
}

/// A value as Python's `repr()` writes it, which is how lists and dicts show what they hold.
pub(crate) fn repr(value: &Value) -> String {
    if value.is_undefined() {
        return "Undefined".to_owned();
    }
    if let (Some(text), ValueKind::String) = (value.as_str(), value.kind()) {
        return quoted(text);
    }
    if value.is_tuple() {
        return tuple(value);
    }
    match f64::try_from(value.clone()) {
        Ok(float) if value.is_number() && !value.is_integer() => float_text(float),
        _ => modules::repr(value).unwrap_or_else(|| format!("{value:?}")),
    }
}

fn tuple(value: &Value) -> String {
    let items: Vec<String> = match value.try_iter() {
        Ok(items) => items.map(|item| repr(&item)).collect(),
        Err(_) => Vec::new(),
    };
    match items.as_slice() {
        [one] => format!("({one},)"),
        _ => format!("({})", items.join(", ")),
    }
}

/// A float as Python writes it.
pub(crate) fn float_text(float: f64) -> String {
    if float.is_nan() {
        return "nan".to_owned();
    }
    let size = float.abs();
    if float.is_finite() && size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{float:e}");
        if let Some((digits, exponent)) = text.split_once('e')
            && let Ok(exponent) = exponent.parse::<i32>()
        {
            let sign = if exponent < 0 { '-' } else { '+' };
            return format!("{digits}e{sign}{:02}", exponent.abs());
        }
    }
    Value::from(float).to_string()
}

/// A string in the quotes that need no escape, in single ones where both do.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut written = String::with_capacity(text.len() + 2);
    written.push(quote);
    for character in text.chars() {
        match character {
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            _ if character == quote => {
                written.push('\\');
                written.push(quote);
            }
            _ if is_printable(character) => written.push(character),
            _ => escape(character, &mut written),
        }
    }
    written.push(quote);
    written
}

/// Writes a character by its number.
fn escape(character: char, written: &mut String) {
    let number = u32::from(character);
    let _ = match number {
        0..=0xff => write!(written, "\\x{number:02x}"),
        0x100..=0xffff => write!(written, "\\u{number:04x}"),
        _ => write!(written, "\\U{number:08x}"),
    };
}

/// `ascii()`: a `repr()` in which every other character is written by its number.
pub(crate) fn ascii(value: &Value) -> String {
    let mut written = String::new();
    for character in repr(value).chars() {
        if character.is_ascii() {
            written.push(character);
        } else {
            escape(character, &mut written);
        }
    }
    written
}

/// Whether Python shows a character as it is: no control, format, private or blank one but the space.
pub(crate) fn is_printable(character: char) -> bool {
    let format = matches!(
        u32::from(character),
        0xad | 0x600..=0x605
            | 0x61c
            | 0x6dd
            | 0x70f
            | 0x8e2
            | 0x180e
            | 0x200b..=0x200f
            | 0x202a..=0x202e
            | 0x2060..=0x206f
            | 0xe000..=0xf8ff
            | 0xfeff
            | 0xfff9..=0xfffb
            | 0xe0001..=0xe007f
    );
    character == ' ' || !(character.is_control() || character.is_whitespace() || format)
}
