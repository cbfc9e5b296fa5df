//! JSON in and out of Jinja.

use minijinja::value::{ObjectRepr, ValueKind};
use minijinja::{Error, Value};
use serde_json::{Map, Number, Value as Json};
use std::fmt::Write as _;

use super::Set;
use super::{Dict, View, fail, float_text, iterated, list_of, type_name};

/// A JSON value as Jinja sees it: lists and dicts that can be changed.
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => Value::from(integer),
            (_, Some(integer)) => Value::from(integer),
            _ => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => list_of(items.iter().map(from_json)),
        Json::Object(map) => {
            let pairs = map
                .iter()
                .map(|(key, value)| (Value::from(key.as_str()), from_json(value)));
            Value::from_object(pairs.collect::<Dict>())
        }
    }
}

/// A Jinja value as JSON; what JSON has no form for becomes its text, undefined becomes null.
pub fn to_json(value: &Value) -> Json {
    strict_json(value, &mut |value| Some(Json::String(value.to_string()))).unwrap_or(Json::Null)
}

/// A Jinja value as JSON; `other` answers for what JSON has no form for.
pub(crate) fn strict_json(
    value: &Value,
    other: &mut dyn FnMut(&Value) -> Option<Json>,
) -> Option<Json> {
    Some(match value.kind() {
        ValueKind::Undefined | ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => number(value),
        ValueKind::String => Json::String(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Seq | ValueKind::Iterable => {
            let Ok(items) = value.try_iter() else {
                return other(value);
            };
            let items: Option<Vec<Json>> = items.map(|item| strict_json(&item, other)).collect();
            Json::Array(items?)
        }
        ValueKind::Map => {
            let plain = value
                .as_object()
                .is_some_and(|object| object.repr() == ObjectRepr::Map);
            let keys = value.try_iter().ok().filter(|_| plain && !is_opaque(value));
            let Some(keys) = keys else {
                return other(value);
            };
            let mut map = Map::new();
            for key in keys {
                let item = value.get_item(&key).unwrap_or_default();
                map.insert(key_text(&key), strict_json(&item, other)?);
            }
            Json::Object(map)
        }
        _ => return other(value),
    })
}

/// Objects that look like mappings to minijinja but are none in Python.
pub(crate) fn is_opaque(value: &Value) -> bool {
    value
        .downcast_object_ref::<crate::jinja::adapter::RelationObject>()
        .is_some()
        || value
            .downcast_object_ref::<crate::jinja::adapter::ColumnObject>()
            .is_some()
}

fn key_text(key: &Value) -> String {
    match key.kind() {
        ValueKind::Bool => if key.is_true() { "true" } else { "false" }.to_owned(),
        ValueKind::None => "null".to_owned(),
        _ => super::text(key),
    }
}

fn number(value: &Value) -> Json {
    if let Some(integer) = value.as_i64() {
        if value.is_integer() {
            return Json::from(integer);
        }
    } else if let Ok(integer) = u64::try_from(value.clone())
        && value.is_integer()
    {
        return Json::from(integer);
    }
    f64::try_from(value.clone())
        .ok()
        .and_then(Number::from_f64)
        .map_or(Json::Null, Json::Number)
}

/// A Jinja value as JSON text, over several lines where there is an indent. An error for what JSON has no form for.
pub(crate) fn dump(value: &Value, sort_keys: bool, indent: Option<usize>) -> Result<String, Error> {
    let mut text = String::new();
    let layout = Layout { sort_keys, indent };
    layout.write(value, 0, &mut text)?;
    Ok(text)
}

/// How JSON is laid out.
struct Layout {
    sort_keys: bool,
    indent: Option<usize>,
}

impl Layout {
    fn write(&self, value: &Value, depth: usize, text: &mut String) -> Result<(), Error> {
        let refused = || {
            fail(format!(
                "Object of type {} is not JSON serializable",
                type_name(value)
            ))
        };
        match value.kind() {
            ValueKind::None => text.push_str("null"),
            ValueKind::Bool => text.push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => text.push_str(&super::text(value)),
            ValueKind::String => quote(value.as_str().unwrap_or_default(), text),
            ValueKind::Seq | ValueKind::Iterable => {
                let unordered = value.downcast_object_ref::<Set>().is_some()
                    || value.downcast_object_ref::<View>().is_some();
                if unordered {
                    return Err(refused());
                }
                let items = iterated(value)?;
                let each = |item: &Value, text: &mut String| self.write(item, depth + 1, text);
                self.block(['[', ']'], &items, depth, text, each)?;
            }
            ValueKind::Map if !is_opaque(value) => {
                let plain = value
                    .as_object()
                    .is_some_and(|object| object.repr() == ObjectRepr::Map);
                if !plain {
                    return Err(refused());
                }
                let mut pairs: Vec<(String, Value)> = Dict::pairs_of(value)?
                    .into_iter()
                    .map(|(key, value)| (key_text(&key), value))
                    .collect();
                if self.sort_keys {
                    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
                }
                let each = |(key, value): &(String, Value), text: &mut String| {
                    quote(key, text);
                    text.push_str(": ");
                    self.write(value, depth + 1, text)
                };
                self.block(['{', '}'], &pairs, depth, text, each)?;
            }
            _ => return Err(refused()),
        }
        Ok(())
    }

    fn block<T>(
        &self,
        [open, close]: [char; 2],
        items: &[T],
        depth: usize,
        text: &mut String,
        each: impl Fn(&T, &mut String) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let line = |depth: usize, text: &mut String| {
            if let Some(indent) = self.indent.filter(|_| !items.is_empty()) {
                text.push('\n');
                text.push_str(&" ".repeat(indent * depth));
            }
        };
        text.push(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                text.push_str(if self.indent.is_some() { "," } else { ", " });
            }
            line(depth + 1, text);
            each(item, text)?;
        }
        line(depth, text);
        text.push(close);
        Ok(())
    }
}

/// JSON text as Python's `json.dumps` writes it: `, ` and `: ` between parts, other than ASCII escaped.
pub fn dumps(json: &Json, sort_keys: bool) -> String {
    let mut text = String::new();
    write(json, sort_keys, &mut text);
    text
}

fn write(json: &Json, sort_keys: bool, text: &mut String) {
    match json {
        Json::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                write(item, sort_keys, text);
            }
            text.push(']');
        }
        Json::Object(map) => {
            let mut pairs: Vec<_> = map.iter().collect();
            if sort_keys {
                pairs.sort_by_key(|(key, _)| *key);
            }
            text.push('{');
            for (index, (key, value)) in pairs.into_iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                quote(key, text);
                text.push_str(": ");
                write(value, sort_keys, text);
            }
            text.push('}');
        }
        Json::String(string) => quote(string, text),
        Json::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => text.push_str(&float_text(float)),
            _ => text.push_str(&number.to_string()),
        },
        other => text.push_str(&other.to_string()),
    }
}

fn quote(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            ' '..='~' => text.push(character),
            _ => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
    text.push('"');
}
