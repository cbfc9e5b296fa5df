//! One copy of each text and configuration, however many nodes have it.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::types::Text;
use crate::artifacts::Config;

/// One copy of each text and configuration.
#[derive(Default)]
pub(super) struct Pool {
    texts: HashMap<String, Text>,
    configs: HashMap<String, Arc<Config>>,
}

impl Pool {
    pub(super) fn text(&mut self, text: &str) -> Text {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let new = Text::from(text);
        self.texts.insert(text.to_owned(), new.clone());
        new
    }

    pub(super) fn maybe(&mut self, text: Option<&str>) -> Option<Text> {
        text.filter(|text| !text.is_empty())
            .map(|text| self.text(text))
    }

    pub(super) fn all(&mut self, texts: &[&str]) -> Vec<Text> {
        texts.iter().map(|text| self.text(text)).collect()
    }

    pub(super) fn config(&mut self, config: Option<&Map<String, Value>>) -> Arc<Config> {
        let slim = config.map(slim_config).unwrap_or_default();
        let key = serde_json::to_string(&slim).unwrap_or_default();
        self.configs
            .entry(key)
            .or_insert_with(|| Arc::new(Config(slim)))
            .clone()
    }
}

/// Configuration that is worth carrying: no empty values, no SQL of hooks, no contracts, nothing long.
fn slim_config(config: &Map<String, Value>) -> Map<String, Value> {
    const LEFT_OUT: [&str; 7] = [
        "alias",
        "pre-hook",
        "post-hook",
        "pre_hook",
        "post_hook",
        "feature_contract",
        "column_types",
    ];
    config
        .iter()
        .filter(|(key, _)| !LEFT_OUT.contains(&key.as_str()))
        .filter_map(|(key, value)| Some((key.clone(), slim_value(value)?)))
        .collect()
}

fn slim_value(value: &Value) -> Option<Value> {
    const LONGEST: usize = 120;
    match value {
        Value::Null => None,
        Value::String(text) => (!text.is_empty() && text.len() <= LONGEST).then(|| value.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.clone()),
        Value::Array(items) => {
            let short = items
                .iter()
                .all(|item| !item.is_object() && !item.is_array());
            (short && !items.is_empty() && value.to_string().len() <= 4 * LONGEST)
                .then(|| value.clone())
        }
        Value::Object(map) => {
            let slim = slim_config(map);
            (!slim.is_empty()).then_some(Value::Object(slim))
        }
    }
}
