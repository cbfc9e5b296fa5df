//! Filters and global functions that minijinja does not have, or has otherwise than Jinja2.

use minijinja::value::{Kwargs, Rest, Tuple, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};
use std::fmt::Write as _;

use super::values::{Args, Dict, List, dumps, fail, list_of, strict_json};

/// Adds them to the environment.
pub(crate) fn add(environment: &mut Environment<'static>) {
    lists(environment);
    texts(environment);
    environment.add_filter("int", |args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        let args = Args::new("int", &args);
        let default = args.get(1, "default").unwrap_or_else(|| Value::from(0));
        let base = args
            .get(2, "base")
            .and_then(|base| base.as_i64())
            .unwrap_or(10);
        Ok::<_, Error>(integer(&args.need(0, "value")?, base).unwrap_or(default))
    });
    environment.add_filter("float", |args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        let args = Args::new("float", &args);
        let default = args.get(1, "default").unwrap_or_else(|| Value::from(0.0));
        Ok::<_, Error>(float(&args.need(0, "value")?).map_or(default, Value::from))
    });
    environment.add_filter("tojson", |value: &Value, _indent: Option<&Value>| {
        let json = strict_json(value, &mut |_| None)
            .ok_or_else(|| fail("this value has no form in JSON"))?;
        let text = dumps(&json, true)
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026");
        Ok::<_, Error>(text.replace('\'', "\\u0027"))
    });
    for name in ["as_text", "as_bool", "as_native", "as_number"] {
        environment.add_filter(name, |value: Value| value);
    }
    environment.add_function("dict", |args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        let args = Args::new("dict", &args);
        let mut pairs = match args.positional.first() {
            Some(value) => Dict::pairs_of(value)?,
            None => Vec::new(),
        };
        pairs.extend(
            args.pairs()
                .into_iter()
                .map(|(name, value)| (Value::from(name), value)),
        );
        Ok::<_, Error>(Value::from_object(pairs.into_iter().collect::<Dict>()))
    });
    environment.add_function("cycler", |items: Rest<Value>| {
        minijinja_contrib::globals::cycler(items.to_vec())
    });
    environment.add_function("joiner", minijinja_contrib::globals::joiner);
}

fn lists(environment: &mut Environment<'static>) {
    environment.add_filter("list", |value: &Value| listed(value).map(list_of));
    environment.add_filter("is_list", |value: &Value| is_list(value));
    environment.add_filter("sort", |state: &mut State, args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        let args = Args::new("sort", &args);
        let mut named: Vec<(String, Value)> = args.pairs();
        for (value, name) in
            args.positional
                .iter()
                .skip(1)
                .zip(["reverse", "case_sensitive", "attribute"])
        {
            named.push((name.to_owned(), value.clone()));
        }
        let options: Kwargs = named.into_iter().collect();
        let sorted = minijinja::filters::sort(state, args.need(0, "value")?, options)?;
        Ok::<_, Error>(list_of(sorted.try_iter()?))
    });
}

fn texts(environment: &mut Environment<'static>) {
    environment.add_filter("filesizeformat", minijinja_contrib::filters::filesizeformat);
    environment.add_filter("striptags", minijinja_contrib::filters::striptags);
    environment.add_filter("wordcount", |text: &str| {
        text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty())
            .count()
    });
    environment.add_filter("center", |text: &str, width: Option<usize>| {
        let missing = width.unwrap_or(80).saturating_sub(text.chars().count());
        let before = missing / 2;
        format!(
            "{}{text}{}",
            " ".repeat(before),
            " ".repeat(missing - before)
        )
    });
    environment.add_filter("urlencode", |text: &Value| {
        let mut encoded = String::new();
        for byte in text.to_string().bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        encoded
    });
    environment.add_filter("truncate", |args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        let args = Args::new("truncate", &args);
        let text = args.need(0, "value")?.to_string();
        let number = |index: usize, name: &str, default: usize| {
            args.get(index, name)
                .and_then(|value| value.as_usize())
                .unwrap_or(default)
        };
        let length = number(1, "length", 255);
        let end = args
            .maybe_text(3, "end")
            .unwrap_or_else(|| "...".to_owned());
        if text.chars().count() <= length + number(4, "leeway", 5) {
            return Ok::<_, Error>(text);
        }
        let kept: String = text
            .chars()
            .take(length.saturating_sub(end.chars().count()))
            .collect();
        let kept = match kept.rsplit_once(' ') {
            Some((words, _)) if !args.flag(2, "killwords", false) => words.to_owned(),
            _ => kept,
        };
        Ok(kept + &end)
    });
}

/// The items of an iterable as Python's `list()` takes them.
fn listed(value: &Value) -> Result<Vec<Value>, Error> {
    match value.as_str() {
        Some(text) => Ok(text.chars().map(|c| Value::from(c.to_string())).collect()),
        None if value.is_none() => Err(fail("'NoneType' object is not iterable")),
        None => Ok(value.try_iter()?.collect()),
    }
}

pub(crate) fn is_list(value: &Value) -> bool {
    value.downcast_object_ref::<List>().is_some()
        || (value.kind() == ValueKind::Seq && value.downcast_object_ref::<Tuple>().is_none())
}

fn integer(value: &Value, base: i64) -> Option<Value> {
    match value.kind() {
        ValueKind::Bool => Some(Value::from(i64::from(value.is_true()))),
        ValueKind::Number if value.is_integer() => Some(value.clone()),
        ValueKind::Number => f64::try_from(value.clone())
            .ok()
            .filter(|float| float.is_finite())
            .map(|float| Value::from(float.trunc() as i64)),
        ValueKind::String => {
            let text = value.as_str()?.trim().replace('_', "");
            let prefix = match base {
                16 => "0x",
                8 => "0o",
                2 => "0b",
                _ => "",
            };
            let digits = text.to_lowercase();
            let digits = digits.strip_prefix(prefix).unwrap_or(&digits);
            let exact = i64::from_str_radix(digits, base as u32)
                .ok()
                .map(Value::from);
            exact.or_else(|| {
                text.parse::<f64>()
                    .ok()
                    .filter(|float| float.is_finite())
                    .map(|float| Value::from(float.trunc() as i64))
            })
        }
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value.kind() {
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        ValueKind::String => value.as_str()?.trim().replace('_', "").parse().ok(),
        _ => None,
    }
}
