//! Semantic models and metrics that stand inside an entry of `models` and in its columns.

use serde_json::{Map, Value as Json, json};

use super::metrics::Home;
use super::semantic_models::SemanticModel;
use super::{lower_word, lowered, meta_of, object};
use crate::diag::Diagnostics;
use crate::resolve::assemble::Loader;
use crate::resolve::columns::ColumnEntry;
use crate::resolve::properties::Entry;
use crate::yaml::Node;

impl Loader {
    /// What an entry of `models` says about the semantic layer.
    pub(in crate::resolve) fn add_model_semantics(
        &mut self,
        entry: &Entry,
        columns: &[ColumnEntry],
        diagnostics: &mut Diagnostics,
    ) {
        let get = |key: &str| entry.node.set(key).map(Node::to_json).unwrap_or_default();
        let given = get("semantic_model");
        let off = |value: &Json| value == &Json::Bool(false);
        if given.is_null() || off(&given) || given.get("enabled").is_some_and(off) {
            return;
        }
        let name = given.get("name").and_then(Json::as_str);
        let name = name.unwrap_or(&entry.name).to_owned();
        let config = config_of(&given);
        let derived = lowered(get("derived_semantics"));
        let more = |key: &str| {
            let items = derived.get(key).and_then(Json::as_array);
            items.cloned().unwrap_or_default()
        };
        let dimensions = columns.iter().filter_map(dimension);
        let dimensions = dimensions.chain(more("dimensions").into_iter().map(derived_dimension));
        let entities = columns.iter().filter_map(entity).chain(more("entities"));
        let time = get("agg_time_dimension");
        let description = entry.node.set("description").and_then(Node::scalar_text);
        let model = SemanticModel {
            name: name.clone(),
            model: format!("ref('{}')", entry.name),
            description: description.unwrap_or_default().into(),
            label: Json::Null,
            defaults: json!({"agg_time_dimension": time}),
            primary_entity: get("primary_entity"),
            written: config.clone(),
            config,
            entities: entities.collect(),
            dimensions: dimensions.collect(),
            measures: Vec::new(),
        };
        self.keep_semantic_model(entry, model, diagnostics);
        for metric in lowered(get("metrics")).as_array().into_iter().flatten() {
            let simple = metric.get("type").and_then(Json::as_str) == Some("simple");
            let home = Home {
                semantic_model: &name,
                agg_time_dimension: Some(&time).filter(|time| !time.is_null()),
            };
            let written = object(metric.get("config").cloned().unwrap_or_default());
            let home = simple.then_some(&home);
            self.add_own_metric(entry, metric, &written, home, diagnostics);
        }
    }
}

/// The config that `semantic_model: {…}` gives. Without `config` in it, dbt leaves the rest aside.
fn config_of(given: &Json) -> Map<String, Json> {
    let mut config = Map::new();
    if let Some(inner) = given.get("config").filter(|inner| inner.is_object()) {
        if let Some(meta) = inner.get("meta").filter(|meta| !meta.is_null()) {
            config.insert("meta".into(), meta.clone());
        }
        let enabled = given.get("enabled").cloned();
        config.insert("enabled".into(), enabled.unwrap_or(Json::Bool(true)));
        if let Some(group) = given.get("group").filter(|group| !group.is_null()) {
            config.insert("group".into(), group.clone());
        }
    }
    config
}

/// The dimension that a column is.
fn dimension(column: &ColumnEntry) -> Option<Json> {
    let column = &column.column;
    let given = column.dimension.as_ref()?;
    let mut meta = object(column.config.get("meta").cloned().unwrap_or_default());
    if given.is_string() {
        return Some(
            json!({"name": column.name, "type": lower_word(given), "description": column.description,
            "config": {"meta": meta}}),
        );
    }
    meta.extend(object(meta_of(given).cloned().unwrap_or_default()));
    let params = column.granularity.as_ref().map(
        |grain| json!({"time_granularity": grain, "validity_params": given.get("validity_params")}),
    );
    Some(json!({
        "name": given.get("name"),
        "type": given.get("type").map(lower_word),
        "description": given.get("description"),
        "label": given.get("label"),
        "is_partition": given.get("is_partition"),
        "type_params": params,
        "expr": own_expr(given, &column.name),
        "config": {"meta": meta},
    }))
}

/// A dimension of `derived_semantics`.
fn derived_dimension(mut given: Json) -> Json {
    let grain = given.get("granularity").filter(|grain| !grain.is_null());
    let params = grain.map_or(
        Json::Null,
        |grain| json!({"time_granularity": grain, "validity_params": given.get("validity_params")}),
    );
    if let Json::Object(map) = &mut given {
        map.insert("type_params".into(), params);
    }
    given
}

/// The entity that a column is.
fn entity(column: &ColumnEntry) -> Option<Json> {
    let column = &column.column;
    let given = column.entity.as_ref()?;
    let meta = column.config.get("meta");
    if given.is_string() {
        return Some(
            json!({"name": column.name, "type": lower_word(given), "description": column.description,
            "config": {"meta": meta}}),
        );
    }
    Some(json!({
        "name": given.get("name"),
        "type": given.get("type").map(lower_word),
        "description": given.get("description"),
        "label": given.get("label"),
        "expr": own_expr(given, &column.name),
        "config": {"meta": meta_of(given).or(meta)},
    }))
}

/// The column, where what it is called in the semantic layer is not its name.
fn own_expr(given: &Json, column: &str) -> Json {
    match given.get("name").and_then(Json::as_str) {
        Some(name) if name != column => column.into(),
        _ => Json::Null,
    }
}
