//! What a YAML file says, with the place of every value and key.

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use crate::diag::Span;

/// A line and column in the file at hand; both count from 1, 0 means "not known".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct At {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl At {
    /// The same place with its file.
    pub fn in_file(self, file: &str) -> Span {
        Span::at(file, self.line, self.column)
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its first character.
    pub at: At,
}

/// A YAML value after PyYAML's rules for plain scalars.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// `~`, `null` or nothing.
    #[default]
    Null,
    /// `true`, `yes`, `on` and their opposites.
    Bool(bool),
    /// Decimal, octal, hexadecimal, binary and sexagesimal integers.
    Int(i64),
    /// Floats, `.inf` and `.nan` among them.
    Float(f64),
    /// Text.
    String(String),
    /// A plain date or time as written; Python prints it the same way, so it serves as text.
    Date(String),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping.
    Mapping(Mapping),
}

/// A mapping in the order of the file. Keys that are not text are spelt as `json.dumps` spells them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    entries: IndexMap<String, Entry>,
}

/// One value of a mapping and where its key stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Entry {
    /// Place of the key.
    pub key_at: At,
    /// The value.
    pub value: Node,
}

impl Mapping {
    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    /// The value under a key, unless it is null.
    pub fn set(&self, key: &str) -> Option<&Node> {
        self.get(key).filter(|node| !node.is_null())
    }

    /// Place of a key.
    pub fn key_at(&self, key: &str) -> Option<At> {
        self.entries.get(key).map(|entry| entry.key_at)
    }

    /// Whether the key is there at all, even with nothing after it.
    pub fn contains(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Puts a value under a key; the last one wins, at the place of the first.
    pub fn insert(&mut self, key: String, key_at: At, value: Node) -> Option<Entry> {
        self.entries.insert(key, Entry { key_at, value })
    }

    /// Takes a value out, keeping the order of the others.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        self.entries.shift_remove(key).map(|entry| entry.value)
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries
            .iter()
            .map(|(key, entry)| (key.as_str(), &entry.value))
    }

    /// Keys with their places, and values, in order.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(key, entry)| (key.as_str(), entry))
    }

    /// Keys and values in order, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node)> {
        self.entries
            .iter_mut()
            .map(|(key, entry)| (key.as_str(), &mut entry.value))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The mapping as JSON.
    pub fn to_json(&self) -> Map<String, Json> {
        self.iter()
            .map(|(key, node)| (key.to_owned(), node.to_json()))
            .collect()
    }
}

impl Node {
    /// Text at a place.
    pub fn text_at(text: impl Into<String>, at: At) -> Self {
        Self {
            value: Value::String(text.into()),
            at,
        }
    }

    /// Whether there is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The text, where it is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) | Value::Date(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, where it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The list, where it is one.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The mapping, where it is one.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// A word for the kind of value, for messages.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a number",
            Value::String(_) => "text",
            Value::Date(_) => "a date",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// A scalar as Python's `str()` prints it; `None` for lists and mappings.
    pub fn scalar_text(&self) -> Option<String> {
        match &self.value {
            Value::Null => Some("None".into()),
            Value::Bool(value) => Some(if *value { "True" } else { "False" }.into()),
            Value::Int(value) => Some(value.to_string()),
            Value::Float(value) => Some(crate::parse::python::float_text(*value)),
            Value::String(text) | Value::Date(text) => Some(text.clone()),
            Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// The value as JSON: dates are text, infinities and NaN are null.
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Int(value) => Json::from(*value),
            Value::Float(value) => {
                serde_json::Number::from_f64(*value).map_or(Json::Null, Json::Number)
            }
            Value::String(text) | Value::Date(text) => Json::String(text.clone()),
            Value::Sequence(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Mapping(mapping) => Json::Object(mapping.to_json()),
        }
    }

    /// A value from JSON, all of it at one place.
    pub fn from_json(json: &Json, at: At) -> Self {
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(integer) => Value::Int(integer),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::String(text.clone()),
            Json::Array(items) => {
                Value::Sequence(items.iter().map(|item| Self::from_json(item, at)).collect())
            }
            Json::Object(map) => {
                let mut mapping = Mapping::default();
                for (key, item) in map {
                    mapping.insert(key.clone(), at, Self::from_json(item, at));
                }
                Value::Mapping(mapping)
            }
        };
        Self { value, at }
    }
}
