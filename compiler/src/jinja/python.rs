//! Methods of Python's types that minijinja-contrib's `pycompat` does not have, or has otherwise.

use minijinja::value::{Kwargs, Tuple, ValueKind};
use minijinja::{Error, ErrorKind, State, UndefinedBehavior, Value};
use minijinja_contrib::pycompat;

use super::format;
use super::values::{Args, Dict, dict_read, fail, is_printable, list_of, type_name};

/// Answers a method that the value itself does not have.
pub(crate) fn method(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let named = Args::new(method, args);
    if let (ValueKind::Bytes, Some(bytes), "decode") = (value.kind(), value.as_bytes(), method) {
        return Ok(Value::from(String::from_utf8_lossy(bytes).into_owned()));
    }
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
    } else if value.is_integer() && method == "bit_length" {
        let number = i128::try_from(value.clone())?;
        return Ok(Value::from(128 - number.unsigned_abs().leading_zeros()));
    }
    match pycompat::unknown_method_callback(state, value, method, args) {
        Err(error) if error.kind() == ErrorKind::UnknownMethod => {
            // In the text of a node that is parsed, what is missing can be called.
            if state.env().undefined_behavior() == UndefinedBehavior::Chainable
                && value
                    .get_attr(method)
                    .map_or(true, |found| found.is_undefined())
            {
                return Ok(Value::UNDEFINED);
            }
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

fn need_size(args: &Args<'_>, index: usize, name: &str) -> Result<usize, Error> {
    let value = args.need(index, name)?;
    match value.as_i64() {
        Some(size) => Ok(usize::try_from(size).unwrap_or(0)),
        None => Err(fail(format!(
            "'{}' object cannot be interpreted as an integer",
            type_name(&value)
        ))),
    }
}

/// The character that a field is filled with.
fn fill_of(args: &Args<'_>) -> Result<char, Error> {
    let Some(fill) = args.get(1, "fillchar") else {
        return Ok(' ');
    };
    let mut characters = fill.as_str().unwrap_or_default().chars();
    match (characters.next(), characters.next()) {
        (Some(fill), None) => Ok(fill),
        _ => Err(fail(
            "the fill character must be exactly one character long",
        )),
    }
}

/// `str.center`: where one blank is left over, Python puts it before a text in a field of odd width.
pub(crate) fn centered(text: &str, width: usize, fill: char) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let before = missing / 2 + (missing & width & 1);
    let repeat = |count: usize| fill.to_string().repeat(count);
    format!("{}{text}{}", repeat(before), repeat(missing - before))
}

/// Methods that look for a part, in the whole text or between two places.
fn search(text: &str, method: &str, args: &Args<'_>) -> Result<Option<Value>, Error> {
    if !matches!(
        method,
        "find" | "rfind" | "index" | "rindex" | "count" | "startswith" | "endswith"
    ) {
        return Ok(None);
    }
    args.at_most(3)?;
    let characters: Vec<char> = text.chars().collect();
    let length = characters.len() as i64;
    let place = |index: usize, name: &str, default: i64| {
        let given = args.get(index, name).and_then(|value| value.as_i64());
        let given = given.unwrap_or(default);
        if given < 0 {
            (length + given).max(0)
        } else {
            given
        }
    };
    let (start, stop) = (place(1, "start", 0), place(2, "end", length).min(length));
    let window: Option<String> =
        (start <= stop).then(|| characters[start as usize..stop as usize].iter().collect());
    if matches!(method, "startswith" | "endswith") {
        let wanted = args.need(0, "prefix")?;
        let wanted: Vec<Value> = if wanted.is_tuple() {
            wanted.try_iter()?.collect()
        } else {
            vec![wanted]
        };
        let mut found = false;
        for part in &wanted {
            let Some(part) = part.as_str() else {
                return Err(fail(format!(
                    "{method} first arg must be str or a tuple of str, not {}",
                    type_name(part)
                )));
            };
            found |= window.as_ref().is_some_and(|window| match method {
                "startswith" => window.starts_with(part),
                _ => window.ends_with(part),
            });
        }
        return Ok(Some(Value::from(found)));
    }
    let part = args.text(0, "sub")?;
    let window = window.as_deref();
    if method == "count" {
        let count = window.map_or(0, |window| window.matches(part.as_str()).count());
        return Ok(Some(Value::from(count)));
    }
    let found = window.and_then(|window| {
        let byte = if method.starts_with('r') {
            window.rfind(&part)
        } else {
            window.find(&part)
        };
        byte.map(|byte| start + window[..byte].chars().count() as i64)
    });
    match found {
        None if method.ends_with("index") => Err(fail("substring not found")),
        found => Ok(Some(Value::from(found.unwrap_or(-1)))),
    }
}

/// A text whose words, which are runs of letters, begin with a capital.
fn titled(text: &str) -> String {
    let mut written = String::new();
    let mut inside = false;
    for character in text.chars() {
        if inside {
            written.extend(character.to_lowercase());
        } else {
            written.extend(character.to_uppercase());
        }
        inside = character.is_alphabetic();
    }
    written
}

/// A text with blanks up to the next column for each tab.
fn untabbed(text: &str, size: usize) -> String {
    let mut written = String::new();
    let mut column = 0;
    for character in text.chars() {
        match character {
            '\t' if size > 0 => {
                let blanks = size - column % size;
                written.push_str(&" ".repeat(blanks));
                column += blanks;
            }
            '\t' => {}
            _ => {
                written.push(character);
                column = if matches!(character, '\n' | '\r') {
                    0
                } else {
                    column + 1
                };
            }
        }
    }
    written
}

/// `str.translate` by a dict of character codes.
fn translated(text: &str, table: &Value) -> Result<Value, Error> {
    let mut written = String::new();
    for character in text.chars() {
        let found = table.get_item(&Value::from(u32::from(character)))?;
        if found.is_undefined() {
            written.push(character);
        } else if let Some(code) = found.as_usize() {
            let code = u32::try_from(code).ok().and_then(char::from_u32);
            written.push(code.ok_or_else(|| fail("there is no such character"))?);
        } else if !found.is_none() {
            written.push_str(&found.to_string());
        }
    }
    Ok(Value::from(written))
}

/// `str.maketrans`: the dict of character codes that `translate` takes, of a dict or of two or three texts.
fn translation(args: &Args<'_>) -> Result<Value, Error> {
    args.at_most(3)?;
    let code = |character: char| Value::from(u32::from(character));
    let first = args.need(0, "x")?;
    let Some(second) = args.maybe_text(1, "y") else {
        if first.kind() != ValueKind::Map {
            return Err(fail(
                "if you give only one argument to maketrans it must be a dict",
            ));
        }
        let mut pairs = Vec::new();
        for (key, value) in Dict::pairs_of(&first)? {
            let key = match key.as_str() {
                None => key,
                Some(text) => {
                    let mut characters = text.chars();
                    match (characters.next(), characters.next()) {
                        (Some(character), None) => code(character),
                        _ => {
                            return Err(fail("string keys in translate table must be of length 1"));
                        }
                    }
                }
            };
            pairs.push((key, value));
        }
        return Ok(Value::from_object(pairs.into_iter().collect::<Dict>()));
    };
    let first = args.text(0, "x")?;
    if first.chars().count() != second.chars().count() {
        return Err(fail(
            "the first two maketrans arguments must have equal length",
        ));
    }
    let pairs = first.chars().map(code).zip(second.chars().map(code));
    let gone = args.maybe_text(2, "z").unwrap_or_default();
    let gone = gone
        .chars()
        .map(|character| (code(character), Value::from(())));
    Ok(Value::from_object(pairs.chain(gone).collect::<Dict>()))
}

fn text_method(text: &str, method: &str, args: &Args<'_>) -> Result<Option<Value>, Error> {
    if let Some(answer) = search(text, method, args)? {
        return Ok(Some(answer));
    }
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
        "ljust" | "rjust" => {
            let missing = need_size(args, 0, "width")?.saturating_sub(text.chars().count());
            let fill = fill_of(args)?.to_string().repeat(missing);
            Value::from(if method == "ljust" {
                format!("{text}{fill}")
            } else {
                format!("{fill}{text}")
            })
        }
        "center" => {
            let width = need_size(args, 0, "width")?;
            Value::from(centered(text, width, fill_of(args)?))
        }
        "partition" | "rpartition" => {
            let separator = args.text(0, "sep")?;
            if separator.is_empty() {
                return Err(fail("empty separator"));
            }
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
        "casefold" => Value::from(text.to_lowercase().replace('ß', "ss")),
        "removeprefix" => Value::from(
            text.strip_prefix(args.text(0, "prefix")?.as_str())
                .unwrap_or(text),
        ),
        "removesuffix" => Value::from(
            text.strip_suffix(args.text(0, "suffix")?.as_str())
                .unwrap_or(text),
        ),
        "expandtabs" => Value::from(untabbed(
            text,
            match args.get(0, "tabsize") {
                Some(_) => need_size(args, 0, "tabsize")?,
                None => 8,
            },
        )),
        "format" => Value::from(format::braces(text, args)?),
        "format_map" => {
            let names = Dict::pairs_of(&args.need(0, "mapping")?)?;
            let names: Kwargs = names
                .into_iter()
                .map(|(name, value)| (name.to_string(), value))
                .collect();
            Value::from(format::braces(
                text,
                &Args::new("format_map", &[names.into()]),
            )?)
        }
        "title" => Value::from(titled(text)),
        "istitle" => Value::from(text.chars().any(char::is_alphabetic) && titled(text) == text),
        "isprintable" => Value::from(text.chars().all(is_printable)),
        "translate" => translated(text, &args.need(0, "table")?)?,
        "maketrans" => translation(args)?,
        "isdecimal" => Value::from(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit())),
        "isidentifier" => Value::from(
            text.chars().all(|c| c.is_alphanumeric() || c == '_')
                && !text.starts_with(|c: char| c.is_ascii_digit())
                && !text.is_empty(),
        ),
        "encode" => Value::from_bytes(text.as_bytes().to_vec()),
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
