//! A node's configuration: dbt's keys with whatever else adapters and users add, in order.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Rendered configuration of a node, as `config` stands in `manifest.json` (`pre-hook` and `post-hook` hyphenated).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Config(pub Map<String, Value>);

impl Config {
    /// A value that is set and not null.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// A string value.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    /// A boolean value.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.get(key).and_then(Value::as_bool)
    }

    /// Whether the node takes part at all; true unless set otherwise.
    pub fn enabled(&self) -> bool {
        self.flag("enabled").unwrap_or(true)
    }

    /// The materialization's name; `view` where none is set.
    pub fn materialized(&self) -> &str {
        self.text("materialized").unwrap_or("view")
    }

    /// A value that may be one string or a list of strings.
    pub fn strings(&self, key: &str) -> Vec<&str> {
        match self.get(key) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}
