//! Reading `meta.feature_contract` and the columns' `meta.feature`.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::view::Consumer;
use crate::artifacts::manifest::{Column, Node};

/// A contract as it is written, with what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Declared {
    pub(super) owner: Option<String>,
    pub(super) version: Option<String>,
    pub(super) description: Option<String>,
    pub(super) grain: Vec<String>,
    pub(super) max_age: Option<MaxAge>,
    pub(super) freshness_column: Option<String>,
    pub(super) consumers: Vec<Consumer>,
    /// By lower-case name.
    pub(super) columns: IndexMap<String, DeclaredColumn>,
    pub(super) problems: Vec<String>,
}

/// What the contract says of one column.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct DeclaredColumn {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) window: Option<String>,
    pub(super) null_meaning: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) min: Option<Value>,
    pub(super) max: Option<Value>,
}

/// A length of time with the unit that it was written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MaxAge {
    pub(super) count: u64,
    /// `minute`, `hour`, `day` or `week`.
    pub(super) unit: &'static str,
}

impl MaxAge {
    pub(super) fn seconds(&self) -> u64 {
        let unit = match self.unit {
            "minute" => 60,
            "hour" => 3600,
            "day" => 86_400,
            _ => 604_800,
        };
        self.count.saturating_mul(unit)
    }

    pub(super) fn text(&self) -> String {
        format!(
            "{} {}{}",
            self.count,
            self.unit,
            if self.count == 1 { "" } else { "s" }
        )
    }

    fn read(value: &Value) -> Option<Self> {
        if let (Some(count), Some(period)) = (value.get("count"), value.get("period")) {
            return Some(Self {
                count: count.as_u64()?,
                unit: unit(period.as_str()?)?,
            });
        }
        let text = value.as_str()?.trim();
        let digits = text.find(|character: char| !character.is_ascii_digit())?;
        Some(Self {
            count: text[..digits].parse().ok()?,
            unit: unit(text[digits..].trim())?,
        })
    }
}

fn unit(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "m" | "min" | "minute" | "minutes" => "minute",
        "h" | "hour" | "hours" => "hour",
        "d" | "day" | "days" => "day",
        "w" | "week" | "weeks" => "week",
        _ => return None,
    })
}

/// The contract's own entry in a model's `meta`, which dbt 1.10 and later keep under `config`.
pub(super) fn entry(node: &Node) -> Option<&Value> {
    let in_config = node
        .config
        .get("meta")
        .and_then(|meta| meta.get("feature_contract"));
    node.meta
        .get("feature_contract")
        .or(in_config)
        .filter(|value| !value.is_null())
}

fn column_entry(column: &Column) -> Option<&Value> {
    let in_config = column
        .config
        .get("meta")
        .and_then(|meta| meta.get("feature"));
    column
        .meta
        .get("feature")
        .or(in_config)
        .filter(|value| !value.is_null())
}

/// Reads a model's contract; `None` where it has none.
pub(super) fn read(node: &Node) -> Option<Declared> {
    let entry = entry(node)?;
    let mut declared = Declared::default();
    let Some(map) = entry.as_object() else {
        declared
            .problems
            .push("feature_contract is no mapping of keys to values".into());
        return Some(declared);
    };
    for (key, value) in map {
        declared.key(key, value);
    }
    for column in node.columns.values() {
        if let Some(entry) = column_entry(column) {
            declared.column(&column.name, entry);
        }
    }
    for name in declared.grain.iter().chain(
        declared
            .consumers
            .iter()
            .flat_map(|consumer| &consumer.columns),
    ) {
        let known = declared.columns.contains_key(&name.to_lowercase());
        if !known
            && !node
                .columns
                .keys()
                .any(|column| column.eq_ignore_ascii_case(name))
        {
            declared.problems.push(format!(
                "the column {name} is neither documented nor in the contract"
            ));
        }
    }
    declared.problems.dedup();
    Some(declared)
}

impl Declared {
    fn key(&mut self, key: &str, value: &Value) {
        match key {
            "owner" => self.owner = text(value),
            "version" => self.version = text(value),
            "description" => self.description = text(value),
            "grain" => self.grain = texts(value),
            "freshness" => self.freshness(value),
            "consumers" => match value {
                Value::Array(items) => items.iter().for_each(|item| self.consumer(item)),
                Value::Null => {}
                other => self.consumer(other),
            },
            "columns" => {
                match value {
                    Value::Object(map) => map
                        .iter()
                        .for_each(|(name, entry)| self.column(name, entry)),
                    // A list of mappings with a name each, as dbt's own columns are.
                    Value::Array(items) => items.iter().for_each(|item| {
                        match item.get("name").and_then(Value::as_str) {
                            Some(name) => self.column(name, item),
                            None => self
                                .problems
                                .push("a column of the contract has no name".into()),
                        }
                    }),
                    _ => self
                        .problems
                        .push("columns is neither a mapping nor a list".into()),
                }
            }
            other => self.problems.push(format!("unknown key {other}")),
        }
    }

    fn freshness(&mut self, value: &Value) {
        let age = match value {
            Value::Object(map) => {
                self.freshness_column = map.get("column").and_then(text);
                map.get("max_age").unwrap_or(value)
            }
            other => other,
        };
        self.max_age = MaxAge::read(age);
        if self.max_age.is_none() {
            self.problems.push(format!(
                "freshness {age} is no length of time; write it like 24 hours"
            ));
        }
    }

    fn consumer(&mut self, value: &Value) {
        let consumer = match value {
            Value::String(name) => Consumer {
                name: name.clone(),
                ..Consumer::default()
            },
            Value::Object(map) => Consumer {
                name: map.get("name").and_then(text).unwrap_or_default(),
                team: map.get("team").and_then(text),
                contact: map.get("contact").and_then(text),
                columns: map.get("columns").map(texts).unwrap_or_default(),
            },
            _ => Consumer::default(),
        };
        if consumer.name.is_empty() {
            self.problems.push("a consumer has no name".into());
        } else {
            self.consumers.push(consumer);
        }
    }

    /// Adds what one place says of a column; what the contract itself says goes before the column's own `meta`.
    fn column(&mut self, name: &str, value: &Value) {
        let mut found = DeclaredColumn {
            name: name.to_owned(),
            ..DeclaredColumn::default()
        };
        let empty = Map::new();
        let map = match value {
            Value::Object(map) => map,
            Value::Null => &empty,
            _ => {
                self.problems
                    .push(format!("what the contract says of {name} is no mapping"));
                &empty
            }
        };
        for (key, value) in map {
            match key.as_str() {
                "name" => {}
                "description" => found.description = text(value),
                "window" => found.window = text(value),
                "null_meaning" => found.null_meaning = text(value),
                "unit" => found.unit = text(value),
                "range" => match range(value) {
                    Some((min, max)) => (found.min, found.max) = (min, max),
                    None => self
                        .problems
                        .push(format!("the range of {name} has neither min nor max")),
                },
                other => self
                    .problems
                    .push(format!("unknown key {other} in the column {name}")),
            }
        }
        let known = self
            .columns
            .entry(name.to_lowercase())
            .or_insert_with(|| found.clone());
        known.description = known.description.take().or(found.description);
        known.window = known.window.take().or(found.window);
        known.null_meaning = known.null_meaning.take().or(found.null_meaning);
        known.unit = known.unit.take().or(found.unit);
        known.min = known.min.take().or(found.min);
        known.max = known.max.take().or(found.max);
    }
}

/// `{min: 0, max: 1}` or `[0, 1]`, either side open where it is left out or null.
fn range(value: &Value) -> Option<(Option<Value>, Option<Value>)> {
    let (min, max) = match value {
        Value::Object(map) => (map.get("min"), map.get("max")),
        Value::Array(items) if items.len() == 2 => (items.first(), items.get(1)),
        _ => return None,
    };
    let given = |value: Option<&Value>| {
        value
            .filter(|value| value.is_number() || value.is_string())
            .cloned()
    };
    let (min, max) = (given(min), given(max));
    (min.is_some() || max.is_some()).then_some((min, max))
}

fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        // An owner may be written as name and e-mail address.
        Value::Object(map) => return map.get("name").or_else(|| map.get("email")).and_then(text),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        one => text(one).into_iter().collect(),
    }
}
