//! Filters of strings.

use std::fmt::Write as _;

use minijinja::{Environment, Error, Value};

use super::filter;
use super::lists::is_dict;
use crate::jinja::format;
use crate::jinja::python::centered;
use crate::jinja::values::{Args, Dict, fail, repr, text, type_name};

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("striptags", minijinja_contrib::filters::striptags);
    environment.add_filter("string", |value: &Value| text(value));
    environment.add_filter("forceescape", |value: &Value| {
        Value::from_safe_string(escaped(&text(value)))
    });
    for name in ["e", "escape"] {
        environment.add_filter(name, |value: &Value| {
            if value.is_safe() {
                value.clone()
            } else {
                Value::from_safe_string(escaped(&text(value)))
            }
        });
    }
    environment.add_filter("wordcount", |value: &Value| {
        text(value)
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty())
            .count()
    });
    filter(environment, "trim", |_, args| {
        args.at_most(2)?;
        let value = text(&args.need(0, "value")?);
        Ok(Value::from(match args.maybe_text(1, "chars") {
            Some(chars) => value.trim_matches(|c| chars.contains(c)),
            None => value.trim(),
        }))
    });
    filter(environment, "center", |_, args| {
        let width = length(args, 1, "width", 80)?;
        Ok(Value::from(centered(
            &text(&args.need(0, "value")?),
            width,
            ' ',
        )))
    });
    filter(environment, "format", |_, args| {
        let template = text(&args.need(0, "value")?);
        let (positional, named) = (&args.positional[1..], args.pairs());
        let given = if named.is_empty() {
            Value::from(minijinja::value::Tuple::from(positional))
        } else {
            let pairs = named
                .into_iter()
                .map(|(name, value)| (Value::from(name), value));
            Value::from_object(pairs.collect::<Dict>())
        };
        format::percent(&template, &given).map(Value::from)
    });
    filter(environment, "indent", |_, args| {
        let value = args.need(0, "s")?;
        if value.is_undefined() {
            return Err(fail("an undefined value cannot be indented"));
        }
        let pad = match args.get(1, "width") {
            Some(width) if width.as_str().is_some() => text(&width),
            _ => " ".repeat(length(args, 1, "width", 4)?),
        };
        let (first, blank) = (args.flag(2, "first", false), args.flag(3, "blank", false));
        Ok(Value::from(indented(&text(&value), &pad, first, blank)))
    });
    filter(environment, "urlencode", |_, args| {
        let value = args.need(0, "value")?;
        if value.as_str().is_none() && (is_dict(&value) || super::is_list(&value)) {
            let pairs = Dict::pairs_of(&value)?;
            let encoded: Vec<String> = pairs
                .iter()
                .map(|(key, value)| {
                    let part = |value| url_encoded(&text(value), "").replace("%20", "+");
                    format!("{}={}", part(key), part(value))
                })
                .collect();
            return Ok(Value::from(encoded.join("&")));
        }
        Ok(Value::from(url_encoded(&text(&value), "/")))
    });
    filter(environment, "xmlattr", |_, args| {
        let mut attributes = Vec::new();
        for (key, value) in Dict::pairs_of(&args.need(0, "d")?)? {
            let key = text(&key);
            if key.contains(|c: char| c.is_ascii_whitespace() || "/>=".contains(c)) {
                return Err(fail(format!("'{key}' cannot be the name of an attribute")));
            }
            if !value.is_none() && !value.is_undefined() {
                attributes.push(format!("{}=\"{}\"", escaped(&key), escaped(&text(&value))));
            }
        }
        let space = args.flag(1, "autospace", true) && !attributes.is_empty();
        let lead = if space { " " } else { "" };
        Ok(Value::from(format!("{lead}{}", attributes.join(" "))))
    });
    filter(environment, "filesizeformat", |_, args| file_size(args));
    filter(environment, "truncate", |_, args| truncated(args));
    filter(environment, "wordwrap", |_, args| wrapped(args));
    filter(environment, "pprint", |_, args| {
        Ok(Value::from(pretty(&args.need(0, "value")?, 0, 0)))
    });
}

/// A size that an argument tells.
fn length(args: &Args<'_>, index: usize, name: &str, default: usize) -> Result<usize, Error> {
    match args.get(index, name) {
        None => Ok(default),
        Some(value) => value.as_usize().ok_or_else(|| {
            fail(format!(
                "{name} must be an integer, not {}",
                type_name(&value)
            ))
        }),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\'', "&#39;")
        .replace('"', "&#34;")
}

fn indented(text: &str, pad: &str, first: bool, blank: bool) -> String {
    let mut written = String::new();
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            written.push('\n');
        }
        if if index == 0 {
            first
        } else {
            blank || !line.is_empty()
        } {
            written.push_str(pad);
        }
        written.push_str(line);
    }
    written
}

fn url_encoded(text: &str, also: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric()
            || b"-_.~".contains(&byte)
            || also.as_bytes().contains(&byte)
        {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn file_size(args: &Args<'_>) -> Result<Value, Error> {
    let value = args.need(0, "value")?;
    let bytes = match value.as_str() {
        Some(text) => text.trim().parse::<f64>().ok(),
        None => f64::try_from(value.clone()).ok(),
    };
    let bytes = bytes.ok_or_else(|| fail(format!("{} is no number of bytes", repr(&value))))?;
    let binary = args.flag(1, "binary", false);
    let base = if binary { 1024.0 } else { 1000.0 };
    if (bytes - 1.0).abs() < f64::EPSILON {
        return Ok(Value::from("1 Byte"));
    }
    if bytes < base {
        return Ok(Value::from(format!("{} Bytes", bytes.trunc())));
    }
    let units = if binary {
        ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
    } else {
        ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    };
    let mut size = bytes / base;
    let mut unit = 0;
    while size >= base && unit + 1 < units.len() {
        size /= base;
        unit += 1;
    }
    Ok(Value::from(format!("{size:.1} {}", units[unit])))
}

fn truncated(args: &Args<'_>) -> Result<Value, Error> {
    let value = text(&args.need(0, "s")?);
    let width = length(args, 1, "length", 255)?;
    let end = args
        .maybe_text(3, "end")
        .unwrap_or_else(|| "...".to_owned());
    let leeway = length(args, 4, "leeway", 5)?;
    let Some(room) = width.checked_sub(end.chars().count()) else {
        return Err(fail(format!(
            "the length is less than that of the end '{end}'"
        )));
    };
    if value.chars().count() <= width + leeway {
        return Ok(Value::from(value));
    }
    let kept: String = value.chars().take(room).collect();
    let kept = match kept.rsplit_once(' ') {
        Some((words, _)) if !args.flag(2, "killwords", false) => words.to_owned(),
        _ => kept,
    };
    Ok(Value::from(kept + &end))
}

/// The parts that a line may be broken between: blanks, words, and what a hyphen ends within a word.
fn parts(line: &str, hyphens: bool) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let characters: Vec<char> = line.chars().collect();
    for (index, character) in characters.iter().enumerate() {
        let after_hyphen = hyphens
            && index >= 2
            && characters[index - 1] == '-'
            && characters[index - 2].is_alphabetic()
            && character.is_alphabetic();
        let turns = index == 0
            || character.is_whitespace() != characters[index - 1].is_whitespace()
            || after_hyphen;
        match parts.last_mut() {
            Some(part) if !turns => part.push(*character),
            _ => parts.push(character.to_string()),
        }
    }
    parts
}

fn wrapped(args: &Args<'_>) -> Result<Value, Error> {
    let value = text(&args.need(0, "s")?);
    let width = length(args, 1, "width", 79)?;
    if width == 0 {
        return Err(fail("wordwrap wants a width above 0"));
    }
    let breaks_words = args.flag(2, "break_long_words", true);
    let between = args
        .maybe_text(3, "wrapstring")
        .unwrap_or_else(|| "\n".to_owned());
    let hyphens = args.flag(4, "break_on_hyphens", true);
    let mut lines: Vec<String> = Vec::new();
    for line in value.lines() {
        let mut current = String::new();
        for part in parts(line, hyphens) {
            let fits = current.chars().count() + part.chars().count() <= width;
            if fits {
                current.push_str(&part);
                continue;
            }
            let mut rest: Vec<char> = part.chars().collect();
            let too_long = rest.len() > width;
            if too_long && breaks_words && !part.trim().is_empty() {
                let room = width - current.chars().count();
                current.extend(rest.drain(..room));
            }
            if !current.is_empty() {
                lines.push(current.trim_end().to_owned());
            }
            while breaks_words && rest.len() > width {
                lines.push(rest.drain(..width).collect());
            }
            let rest: String = rest.into_iter().collect();
            current = if rest.trim().is_empty() {
                String::new()
            } else {
                rest
            };
        }
        lines.push(current.trim_end().to_owned());
    }
    Ok(Value::from(lines.join(&between)))
}

/// A value over as many lines as it needs within 80 characters, dicts by their keys.
fn pretty(value: &Value, indent: usize, after: usize) -> String {
    let dict = value.downcast_object_ref::<Dict>().is_some();
    if !dict && !value.is_tuple() && !super::is_list(value) {
        return repr(value);
    }
    let line = in_order(value);
    if indent + line.chars().count() + after <= 80 {
        return line;
    }
    let join = |parts: Vec<String>| parts.join(&format!(",\n{}", " ".repeat(indent + 1)));
    if dict {
        let pairs = sorted_pairs(value);
        let last = pairs.len() - 1;
        let parts = pairs.iter().enumerate().map(|(place, (key, value))| {
            let key = in_order(key);
            let after = if place == last { after + 1 } else { 1 };
            let value = pretty(value, indent + key.chars().count() + 3, after);
            format!("{key}: {value}")
        });
        return format!("{{{}}}", join(parts.collect()));
    }
    let items: Vec<Value> = value.try_iter().into_iter().flatten().collect();
    let last = items.len().saturating_sub(1);
    let parts = items
        .iter()
        .enumerate()
        .map(|(place, item)| pretty(item, indent + 1, if place == last { after + 1 } else { 1 }));
    let (open, close) = if value.is_tuple() {
        ('(', ')')
    } else {
        ('[', ']')
    };
    format!("{open}{}{close}", join(parts.collect()))
}

fn sorted_pairs(value: &Value) -> Vec<(Value, Value)> {
    let mut pairs = Dict::pairs_of(value).unwrap_or_default();
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    pairs
}

/// `repr()` with dicts by their keys.
fn in_order(value: &Value) -> String {
    if value.downcast_object_ref::<Dict>().is_some() {
        let pairs: Vec<String> = sorted_pairs(value)
            .iter()
            .map(|(key, value)| format!("{}: {}", in_order(key), in_order(value)))
            .collect();
        return format!("{{{}}}", pairs.join(", "));
    }
    if !super::is_list(value) && !value.is_tuple() {
        return repr(value);
    }
    let items = value.try_iter().into_iter().flatten();
    let items: Vec<String> = items.map(|item| in_order(&item)).collect();
    match (value.is_tuple(), items.as_slice()) {
        (true, [one]) => format!("({one},)"),
        (true, _) => format!("({})", items.join(", ")),
        _ => format!("[{}]", items.join(", ")),
    }
}
