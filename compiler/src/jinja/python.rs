//! Methods of Python's types that minijinja-contrib's `pycompat` does not have, or has otherwise.

use minijinja::value::{Tuple, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};
use minijinja_contrib::pycompat;

use super::values::{Args, Dict, dict_read, fail, list_of, type_name};

/// Answers a method that the value itself does not have.
pub(crate) fn method(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let named = Args::new(method, args);
    if let Some(text) = value.as_str() {
        if let Some(answer) = text_method(text, method, &named)? {
            return Ok(answer);
        }
    } else if value.kind() == ValueKind::Map {
        if matches!(method, "get" | "items" | "keys" | "values" | "copy")
            && let Some(answer) = dict_read(&Dict::pairs_of(value)?, method, &named)?
        {
            return Ok(answer);
        }
    } else if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        if let Some(answer) = sequence_method(value, method, &named)? {
            return Ok(answer);
        }
    } else if value.is_number() && method == "is_integer" {
        return Ok(Value::from(
            f64::try_from(value.clone()).is_ok_and(|float| float.fract() == 0.0),
        ));
    }
    match pycompat::unknown_method_callback(state, value, method, args) {
        Err(error) if error.kind() == ErrorKind::UnknownMethod => {
            Err(Error::new(ErrorKind::UnknownMethod, unknown(value, method)))
        }
        other => other,
    }
}

fn unknown(value: &Value, method: &str) -> String {
    if value.is_undefined() {
        return "undefined value".to_owned();
    }
    format!("'{} object' has no attribute '{method}'", type_name(value))
}

fn sequence_method(value: &Value, method: &str, args: &Args<'_>) -> Result<Option<Value>, Error> {
    Ok(Some(match method {
        "index" => {
            let wanted = args.need(0, "value")?;
            let place = value.try_iter()?.position(|item| item == wanted);
            Value::from(place.ok_or_else(|| fail(format!("{wanted:?} is not in it")))?)
        }
        "count" => {
            let wanted = args.need(0, "value")?;
            Value::from(value.try_iter()?.filter(|item| *item == wanted).count())
        }
        "append" | "extend" | "insert" | "remove" | "pop" | "clear" if value.is_tuple() => {
            return Err(fail(format!("'tuple' object has no attribute '{method}'")));
        }
        "append" | "extend" | "insert" | "remove" | "pop" | "clear" => {
            return Err(fail(format!(
                "'generator' object has no attribute '{method}'; make a list of it with `| list`"
            )));
        }
        _ => return Ok(None),
    }))
}

fn text_method(text: &str, method: &str, args: &Args<'_>) -> Result<Option<Value>, Error> {
    let pad = |left: fn(usize) -> usize| -> Result<Value, Error> {
        let width = args.need(0, "width")?.as_usize().unwrap_or(0);
        let fill = args
            .maybe_text(1, "fillchar")
            .and_then(|fill| fill.chars().next())
            .unwrap_or(' ');
        let missing = width.saturating_sub(text.chars().count());
        let before = left(missing);
        let repeat = |count: usize| fill.to_string().repeat(count);
        Ok(Value::from(format!(
            "{}{text}{}",
            repeat(before),
            repeat(missing - before)
        )))
    };
    Ok(Some(match method {
        "split" | "rsplit" => split(text, method == "rsplit", args)?,
        "splitlines" if !args.flag(0, "keepends", false) => list_of(text.lines().map(Value::from)),
        "zfill" => {
            let width = args.need(0, "width")?.as_usize().unwrap_or(0);
            let (sign, digits) = match text.strip_prefix(['-', '+']) {
                Some(digits) => (&text[..1], digits),
                None => ("", text),
            };
            let missing = width.saturating_sub(text.chars().count());
            Value::from(format!("{sign}{}{digits}", "0".repeat(missing)))
        }
        "ljust" => pad(|_| 0)?,
        "rjust" => pad(|missing| missing)?,
        "center" => pad(|missing| missing / 2)?,
        "partition" | "rpartition" => {
            let separator = args.text(0, "sep")?;
            let found = if method == "partition" {
                text.split_once(&separator)
            } else {
                text.rsplit_once(&separator)
            };
            let parts = match (found, method) {
                (Some((before, after)), _) => [before, separator.as_str(), after],
                (None, "partition") => [text, "", ""],
                (None, _) => ["", "", text],
            };
            Value::from(Tuple::from(parts.map(Value::from)))
        }
        "swapcase" => Value::from(
            text.chars()
                .map(|c| {
                    if c.is_uppercase() {
                        c.to_lowercase().to_string()
                    } else {
                        c.to_uppercase().to_string()
                    }
                })
                .collect::<String>(),
        ),
        "casefold" => Value::from(text.to_lowercase()),
        "removeprefix" => Value::from(
            text.strip_prefix(args.text(0, "prefix")?.as_str())
                .unwrap_or(text),
        ),
        "removesuffix" => Value::from(
            text.strip_suffix(args.text(0, "suffix")?.as_str())
                .unwrap_or(text),
        ),
        "index" | "rindex" => {
            let part = args.text(0, "sub")?;
            let found = if method == "index" {
                text.find(&part)
            } else {
                text.rfind(&part)
            };
            let byte = found.ok_or_else(|| fail("substring not found"))?;
            Value::from(text[..byte].chars().count())
        }
        "expandtabs" => Value::from(text.replace('\t', "        ")),
        "isdecimal" => Value::from(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit())),
        "isidentifier" => Value::from(
            text.chars().all(|c| c.is_alphanumeric() || c == '_')
                && !text.starts_with(|c: char| c.is_ascii_digit())
                && !text.is_empty(),
        ),
        "encode" => Value::from(text),
        "join" => {
            let mut joined = String::new();
            for (index, item) in args.need(0, "iterable")?.try_iter()?.enumerate() {
                if index > 0 {
                    joined.push_str(text);
                }
                let Some(part) = item.as_str() else {
                    let message = format!(
                        "sequence item {index}: expected str instance, {} found",
                        type_name(&item)
                    );
                    return Err(fail(message));
                };
                joined.push_str(part);
            }
            Value::from(joined)
        }
        _ => return Ok(None),
    }))
}

fn split(text: &str, from_right: bool, args: &Args<'_>) -> Result<Value, Error> {
    let limit = args
        .get(1, "maxsplit")
        .and_then(|limit| limit.as_i64())
        .filter(|limit| *limit >= 0);
    let limit = limit.map_or(usize::MAX, |limit| limit as usize);
    let parts: Vec<String> = match args.maybe_text(0, "sep") {
        Some(separator) if separator.is_empty() => return Err(fail("empty separator")),
        Some(separator) if from_right => {
            let mut parts: Vec<String> = text
                .rsplitn(limit.saturating_add(1), &separator)
                .map(str::to_owned)
                .collect();
            parts.reverse();
            parts
        }
        Some(separator) => text
            .splitn(limit.saturating_add(1), &separator)
            .map(str::to_owned)
            .collect(),
        None if from_right => {
            let mut words = Vec::new();
            let mut rest = text.trim_end();
            while words.len() < limit {
                let Some(start) = rest.rfind(char::is_whitespace) else {
                    break;
                };
                let width = rest[start..].chars().next().map_or(1, char::len_utf8);
                words.push(rest[start + width..].to_owned());
                rest = rest[..start].trim_end();
            }
            if !rest.is_empty() {
                words.push(rest.to_owned());
            }
            words.reverse();
            words
        }
        None => {
            let mut words = Vec::new();
            let mut rest = text.trim_start();
            while words.len() < limit {
                let Some(end) = rest.find(char::is_whitespace) else {
                    break;
                };
                words.push(rest[..end].to_owned());
                rest = rest[end..].trim_start();
            }
            if !rest.is_empty() {
                words.push(rest.to_owned());
            }
            words
        }
    };
    Ok(list_of(parts.into_iter().map(Value::from)))
}
