//! The settings that each kind of node has: defaults, and how a later value joins an earlier one.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

/// Kinds of configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Model,
    /// Analyses and hooks: the settings of any node.
    Node,
    Seed,
    Snapshot,
    Test,
    Source,
    Exposure,
    /// Groups, which dbt configures by the models' section.
    Group,
    UnitTest,
    Metric,
    SemanticModel,
    SavedQuery,
    Function,
}

/// How a later value joins an earlier one.
enum Merge {
    Clobber,
    Append,
    Update,
    DictKeyAppend,
}

impl Shape {
    /// The section of `dbt_project.yml`.
    pub(crate) fn section(self) -> &'static str {
        match self {
            Self::Model | Self::Node | Self::Group => "models",
            Self::Seed => "seeds",
            Self::Snapshot => "snapshots",
            Self::Test => "data_tests",
            Self::Source => "sources",
            Self::Exposure => "exposures",
            Self::UnitTest => "unit_tests",
            Self::Metric => "metrics",
            Self::SemanticModel => "semantic-models",
            Self::SavedQuery => "saved-queries",
            Self::Function => "functions",
        }
    }

    /// All settings with their defaults, in dbt's order.
    pub(crate) fn defaults(self) -> Map<String, Value> {
        self.known().clone()
    }

    /// Whether dbt has a setting of this name.
    pub(super) fn knows(self, setting: &str) -> bool {
        self.known().contains_key(setting)
    }

    fn known(self) -> &'static Map<String, Value> {
        static DEFAULTS: [OnceLock<Map<String, Value>>; 13] = [const { OnceLock::new() }; 13];
        DEFAULTS[self as usize].get_or_init(|| self.build_defaults())
    }

    fn build_defaults(self) -> Map<String, Value> {
        let head = json!({
            "enabled": true, "alias": null, "schema": null, "database": null, "tags": [], "meta": {}, "group": null,
            "static_analysis": null,
        });
        let body = json!({
            "materialized": "view", "incremental_strategy": null, "batch_size": null, "lookback": 1, "begin": null,
            "persist_docs": {}, "post-hook": [], "pre-hook": [], "quoting": {}, "column_types": {}, "full_refresh": null,
            "unique_key": null, "on_schema_change": "ignore", "on_configuration_change": "apply", "grants": {},
            "packages": [], "docs": {"show": true, "node_color": null},
            "contract": {"enforced": false, "alias_types": true}, "event_time": null, "concurrent_batches": null,
        });
        match self {
            Self::Model => join([
                head,
                body,
                json!({"access": "protected", "freshness": null, "on_error": null,
                    "latest_version_pointer": {"enabled": null, "alias": null}}),
            ]),
            Self::Node => join([head, body]),
            Self::Function => join([
                head,
                body,
                json!({"materialized": "function", "type": "scalar", "volatility": null, "runtime_version": null,
                    "entry_point": null, "snowflake": {"quote_args": true}}),
            ]),
            Self::Seed => join([
                head,
                body,
                json!({"materialized": "seed", "delimiter": ",", "quote_columns": null}),
            ]),
            Self::Snapshot => join([
                head,
                body,
                json!({"materialized": "snapshot", "strategy": null, "target_schema": null, "target_database": null,
                    "updated_at": null, "check_cols": null,
                    "snapshot_meta_column_names": {"dbt_valid_to": null, "dbt_valid_from": null, "dbt_scd_id": null,
                        "dbt_updated_at": null, "dbt_is_deleted": null},
                    "dbt_valid_to_current": null}),
            ]),
            Self::Test => join([
                head,
                json!({"schema": "dbt_test__audit", "materialized": "test", "severity": "ERROR", "store_failures": null,
                    "store_failures_as": null, "sql_header": null, "where": null, "limit": null,
                    "fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0"}),
            ]),
            Self::Source => join([json!({
                "enabled": true, "event_time": null,
                "freshness": {"warn_after": {"count": null, "period": null}, "error_after": {"count": null, "period": null},
                    "filter": null},
                "loaded_at_field": null, "loaded_at_query": null, "meta": {}, "tags": [], "static_analysis": null,
            })]),
            Self::Exposure => join([json!({"enabled": true, "tags": [], "meta": {}})]),
            Self::Group => join([json!({"meta": {}})]),
            Self::UnitTest => {
                join([json!({"tags": [], "meta": {}, "enabled": true, "static_analysis": null})])
            }
            Self::Metric | Self::SemanticModel => {
                join([json!({"enabled": true, "group": null, "meta": {}})])
            }
            Self::SavedQuery => join([
                json!({"enabled": true, "group": null, "meta": {}, "export_as": null, "schema": null,
                    "cache": {"enabled": false}}),
            ]),
        }
    }

    fn merge_of(self, key: &str) -> Merge {
        match (self, key) {
            (Self::Exposure, _) => Merge::Clobber,
            (_, "meta") | (Self::Model, "latest_version_pointer") => Merge::Update,
            (Self::Source | Self::Group, _) => Merge::Clobber,
            (_, "tags") => Merge::Append,
            (Self::Test, _) => Merge::Clobber,
            (_, "pre-hook" | "post-hook" | "packages") => Merge::Append,
            (_, "quoting" | "column_types" | "docs" | "contract") => Merge::Update,
            (_, "grants") => Merge::DictKeyAppend,
            _ => Merge::Clobber,
        }
    }

    /// Whether a setting's levels are merged by their keys, so that a null on one of them spoils the whole.
    fn merges_mappings(self, key: &str) -> bool {
        matches!(self.merge_of(key), Merge::Update | Merge::DictKeyAppend)
    }

    /// Whether dbt refuses null for a setting: it is not one of those that may be left open.
    pub(crate) fn refuses_null(self, key: &str) -> bool {
        match self {
            Self::Test
            | Self::Source
            | Self::Exposure
            | Self::Group
            | Self::UnitTest
            | Self::Metric
            | Self::SemanticModel
            | Self::SavedQuery => false,
            Self::Model | Self::Seed | Self::Snapshot | Self::Node | Self::Function => matches!(
                key,
                "access"
                    | "column_types"
                    | "contract"
                    | "docs"
                    | "enabled"
                    | "grants"
                    | "meta"
                    | "on_configuration_change"
                    | "persist_docs"
                    | "quoting"
                    | "snapshot_meta_column_names"
            ),
        }
    }

    /// Puts defaults where null may not stand; says where that was.
    pub(crate) fn without_nulls(self, config: &mut Map<String, Value>) -> Vec<String> {
        let mut found = Vec::new();
        for (key, value) in config.iter_mut() {
            if value.is_null() && self.knows(key) && self.refuses_null(key) {
                *value = self.known().get(key).cloned().unwrap_or_default();
                found.push(key.clone());
            }
        }
        found
    }

    /// Puts one level over the settings so far.
    pub(crate) fn update<'a>(
        self,
        result: &mut Map<String, Value>,
        level: impl Iterator<Item = (&'a str, &'a Value)>,
    ) {
        for (key, value) in level {
            let key = match key {
                "pre_hook" => "pre-hook",
                "post_hook" => "post-hook",
                _ => key,
            };
            let value = match key {
                "pre-hook" | "post-hook" => hooks(value.clone()),
                "latest_version_pointer" if value.is_boolean() => json!({"enabled": value}),
                _ => value.clone(),
            };
            let Some(known) = result.get_mut(key) else {
                result.insert(key.to_owned(), value);
                continue;
            };
            let before = std::mem::take(known);
            if before.is_null() && self.merges_mappings(key) && self.refuses_null(key) {
                continue;
            }
            *known = match self.merge_of(key) {
                Merge::Clobber => value,
                Merge::Append => {
                    Value::Array(list(before).into_iter().chain(list(value)).collect())
                }
                Merge::Update => match (before, value) {
                    (Value::Object(mut before), Value::Object(value)) => {
                        before.extend(value);
                        Value::Object(before)
                    }
                    (_, value) => value,
                },
                Merge::DictKeyAppend => merge_grants(before, value),
            };
        }
    }

    /// What dbt does to the whole once all levels are in.
    pub(crate) fn finish(self, result: &mut Map<String, Value>) {
        if let Some(Value::Bool(on)) = result.get("static_analysis") {
            // Where YAML has read `on` and `off` as truth values, dbt writes Python's words for these.
            let word = if *on { "True" } else { "False" };
            result.insert("static_analysis".into(), word.into());
        }
        if self == Self::Group {
            result.retain(|key, _| !matches!(key.as_str(), "pre-hook" | "post-hook"));
            return;
        }
        for key in ["alias", "schema", "database"] {
            if let Some(value @ Value::Number(_)) = result.get_mut(key) {
                *value = value.to_string().into();
            }
        }
        if let Some(tags @ Value::String(_)) = result.get("tags") {
            let tags = vec![tags.clone()];
            result.insert("tags".into(), Value::Array(tags));
        }
        match self {
            Self::Test => finish_test(result),
            Self::Source => finish_source(result),
            Self::Model => {
                let built = result
                    .get("freshness")
                    .is_some_and(|freshness| freshness.get("build_after").is_some());
                if built {
                    fill(
                        result,
                        "freshness",
                        &json!({"build_after": {"count": null, "period": null, "updates_on": "any"}}),
                    );
                    if let Some(Value::Object(after)) = result
                        .get_mut("freshness")
                        .and_then(|freshness| freshness.get_mut("build_after"))
                    {
                        finish_build_after(after);
                    }
                } else {
                    result.insert("freshness".into(), Value::Null);
                }
            }
            Self::Snapshot => {
                let defaults = Self::Snapshot.defaults();
                fill(
                    result,
                    "snapshot_meta_column_names",
                    &defaults["snapshot_meta_column_names"],
                );
            }
            _ => {}
        }
        for (key, known) in [
            ("docs", &["show", "node_color"][..]),
            ("contract", &["enforced", "alias_types"]),
        ] {
            if let Some(Value::Object(map)) = result.get_mut(key) {
                map.retain(|name, _| known.contains(&name.as_str()));
            }
        }
    }
}

/// A count may be written as text; keys that are not known are left out.
fn finish_build_after(after: &mut Map<String, Value>) {
    after.retain(|key, _| ["count", "period", "updates_on"].contains(&key.as_str()));
    if let Some(count) = after.get_mut("count")
        && let Some(number) = count.as_str().and_then(|text| text.parse::<i64>().ok())
    {
        *count = number.into();
    }
}

/// `store_failures` and `store_failures_as` follow each other; the latter decides.
fn finish_test(result: &mut Map<String, Value>) {
    match result.get("store_failures_as") {
        None | Some(Value::Null) => {
            let word = match result.get("store_failures").and_then(Value::as_bool) {
                Some(true) => json!("table"),
                Some(false) => json!("ephemeral"),
                None => Value::Null,
            };
            result.insert("store_failures_as".into(), word);
        }
        Some(word) => {
            let stores = word != "ephemeral";
            result.insert("store_failures".into(), Value::Bool(stores));
        }
    }
}

fn finish_source(result: &mut Map<String, Value>) {
    if result.get("freshness").is_some_and(Value::is_object) {
        let none = json!({"warn_after": {"count": null, "period": null}, "error_after": {"count": null, "period": null}, "filter": null});
        fill(result, "freshness", &none);
    }
}

/// Keys that a nested setting lacks, from its defaults, in the defaults' order.
fn fill(result: &mut Map<String, Value>, key: &str, defaults: &Value) {
    if let (Some(Value::Object(given)), Value::Object(defaults)) = (result.get(key), defaults) {
        let mut filled = Map::new();
        for (name, default) in defaults {
            let value = match (given.get(name), default) {
                (Some(Value::Object(inner)), Value::Object(inner_defaults)) => {
                    let mut whole = inner_defaults.clone();
                    whole.extend(inner.clone());
                    Value::Object(whole)
                }
                (Some(value), _) => value.clone(),
                (None, default) => default.clone(),
            };
            filled.insert(name.clone(), value);
        }
        for (name, value) in given {
            if !filled.contains_key(name) {
                filled.insert(name.clone(), value.clone());
            }
        }
        result.insert(key.to_owned(), Value::Object(filled));
    }
}

fn join<const N: usize>(parts: [Value; N]) -> Map<String, Value> {
    let mut whole = Map::new();
    for part in parts {
        if let Value::Object(part) = part {
            whole.extend(part);
        }
    }
    whole
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => vec![other],
    }
}

/// Hooks as `{sql, transaction, index}`; text may be JSON that says so itself.
fn hooks(value: Value) -> Value {
    let hook = |value: Value| {
        let mut given = match value {
            Value::Object(map) => map,
            Value::String(text) => match serde_json::from_str(&text) {
                Ok(Value::Object(map)) => map,
                _ => [("sql".to_owned(), Value::String(text))]
                    .into_iter()
                    .collect(),
            },
            other => return other,
        };
        let mut hook = Map::new();
        hook.insert("sql".into(), given.remove("sql").unwrap_or_default());
        hook.insert(
            "transaction".into(),
            given.remove("transaction").unwrap_or(Value::Bool(true)),
        );
        hook.insert("index".into(), given.remove("index").unwrap_or(Value::Null));
        Value::Object(hook)
    };
    Value::Array(list(value).into_iter().map(hook).collect())
}

/// Grants by privilege: replaced, or added to where the key starts with `+`.
fn merge_grants(before: Value, value: Value) -> Value {
    let (Value::Object(before), Value::Object(over)) = (before, value.clone()) else {
        return value;
    };
    let mut merged: Map<String, Value> = before
        .into_iter()
        .map(|(key, value)| (key, Value::Array(list(value))))
        .collect();
    for (key, value) in over {
        let name = key.trim_start_matches('+').to_owned();
        let mut grantees = list(value);
        if key.starts_with('+')
            && let Some(Value::Array(known)) = merged.get(&name)
        {
            grantees = known.iter().cloned().chain(grantees).collect();
        }
        merged.insert(name, Value::Array(grantees));
    }
    Value::Object(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shape: Shape, levels: &[Value], key: &str, expected: Value) {
        let mut result = shape.defaults();
        for level in levels {
            let level = level.as_object().expect("a level").iter();
            shape.update(&mut result, level.map(|(key, value)| (key.as_str(), value)));
        }
        shape.finish(&mut result);
        assert_eq!(result[key], expected, "{key}");
    }

    #[test]
    fn levels_join_as_in_dbt() {
        check(
            Shape::Model,
            &[json!({"tags": "a"}), json!({"tags": ["b"]})],
            "tags",
            json!(["a", "b"]),
        );
        check(
            Shape::Model,
            &[json!({"meta": {"a": 1, "b": 1}}), json!({"meta": {"b": 2}})],
            "meta",
            json!({"a": 1, "b": 2}),
        );
        check(
            Shape::Model,
            &[
                json!({"pre_hook": "x"}),
                json!({"pre-hook": [{"sql": "y", "transaction": false}]}),
            ],
            "pre-hook",
            json!([{"sql": "x", "transaction": true, "index": null}, {"sql": "y", "transaction": false, "index": null}]),
        );
        check(
            Shape::Model,
            &[
                json!({"grants": {"select": "a"}}),
                json!({"grants": {"+select": ["b"], "insert": "c"}}),
            ],
            "grants",
            json!({"select": ["a", "b"], "insert": ["c"]}),
        );
        check(
            Shape::Model,
            &[
                json!({"materialized": "table"}),
                json!({"materialized": "view"}),
            ],
            "materialized",
            json!("view"),
        );
        check(
            Shape::Test,
            &[json!({"store_failures": true})],
            "store_failures_as",
            json!("table"),
        );
        check(
            Shape::Test,
            &[
                json!({"store_failures": true}),
                json!({"store_failures_as": "ephemeral"}),
            ],
            "store_failures",
            json!(false),
        );
        check(
            Shape::Model,
            &[json!({"static_analysis": false})],
            "static_analysis",
            json!("False"),
        );
    }
}
