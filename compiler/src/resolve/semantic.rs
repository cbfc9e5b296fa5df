//! The semantic layer: read, completed with dbt's defaults and linked, so that artifacts hold them.

use serde_json::{Map, Value as Json, json};

use super::assemble::Loader;
use super::properties::Entry;
use crate::diag::{Diagnostic, Diagnostics};
use crate::parse::python::str_of;
use crate::parse::statics::{Reference, reference};

impl Loader {
    /// An entry of `metrics`, `semantic_models` or `saved_queries`.
    pub(super) fn add_semantic(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let (kind, mut value) = match entry.key {
            "metrics" => ("metric", metric(entry)),
            "semantic_models" => ("semantic_model", semantic_model(entry, diagnostics)),
            "saved_queries" => ("saved_query", self.saved_query(entry)),
            _ => return,
        };
        let package = &self.packages[entry.package].file.name;
        let fqn = self.fqn(entry.package, entry.file.source.folders(), &entry.name);
        let unique_id = format!("{kind}.{package}.{}", entry.name);
        for (key, json) in [
            ("name", json!(entry.name)),
            ("resource_type", json!(kind)),
            ("package_name", json!(package)),
            ("path", json!(entry.file.source.path)),
            ("original_file_path", json!(entry.file.source.original_path)),
            ("unique_id", json!(unique_id)),
            ("fqn", json!(fqn)),
            ("created_at", json!(self.created_at)),
        ] {
            value.insert(key.into(), json);
        }
        let list = match kind {
            "metric" => &mut self.metrics,
            "semantic_model" => &mut self.semantic_models,
            _ => &mut self.saved_queries,
        };
        list.insert(unique_id, Json::Object(value));
    }

    fn saved_query(&self, entry: &Entry) -> Map<String, Json> {
        let given = Json::Object(entry.node.to_json());
        let mut params = filled(
            given.get("query_params").unwrap_or(&Json::Null),
            json!({"metrics": [], "group_by": [], "where": null, "order_by": [], "limit": null}),
        );
        if let Some(filter) = params.get_mut("where") {
            *filter = where_filter(filter);
        }
        let exports: Vec<Json> = given
            .get("exports")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .map(|export| {
                let config = export.get("config").cloned().unwrap_or_else(|| json!({}));
                let alias = config.get("alias").or(export.get("name")).cloned().unwrap_or_default();
                json!({
                    "name": export.get("name"),
                    "config": {
                        "export_as": config.get("export_as"),
                        "schema_name": config.get("schema").cloned().unwrap_or_else(|| self.profile.schema.clone().into()),
                        "alias": alias,
                        "database": self.profile.database,
                    },
                    "unrendered_config": config,
                })
            })
            .collect();
        object(json!({
            "query_params": params,
            "exports": exports,
            "description": given.get("description"),
            "label": given.get("label"),
            "metadata": null,
            "config": filled(given.get("config").unwrap_or(&Json::Null), json!({"enabled": true, "group": null, "meta": {},
                "export_as": null, "schema": null, "cache": {"enabled": false}})),
            "unrendered_config": config_of(entry),
            "group": null,
            "depends_on": {"macros": [], "nodes": []},
            "refs": [],
            "tags": given.get("tags").cloned().unwrap_or_else(|| json!([])),
        }))
    }

    /// Fills in what semantic models, metrics and saved queries depend on.
    pub(super) fn link_semantic(&mut self) {
        let find = |names: &super::references::NameIndex, found: &Json| {
            let name = found.get("name").and_then(Json::as_str)?;
            names.find(
                name,
                found.get("package").and_then(Json::as_str),
                found.get("version").filter(|value| !value.is_null()),
            )
        };
        for model in self.semantic_models.values_mut() {
            let target = model
                .get("refs")
                .and_then(|refs| refs.get(0))
                .and_then(|found| find(&self.names, found));
            if let Some(draft) = target.as_ref().and_then(|id| self.nodes.get(id)) {
                model["node_relation"] = json!({
                    "alias": draft.node.alias,
                    "schema_name": draft.node.schema,
                    "database": draft.node.database,
                    "relation_name": draft.node.relation_name,
                });
            }
            set_nodes(model, target);
        }
        let metrics = self.metrics.clone();
        let by_name = |name: &str| metrics.values().find(|metric| metric["name"] == name);
        for metric in self.metrics.values_mut() {
            let mut measures = Vec::new();
            input_measures(metric, &by_name, &mut measures, 0);
            metric["type_params"]["input_measures"] = Json::Array(measures);
            let own = metric["type_params"]["measure"]
                .get("name")
                .and_then(Json::as_str)
                .map(str::to_owned);
            let from_measure = own.and_then(|measure| {
                let holds = |model: &&Json| {
                    model["measures"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .any(|known| known["name"] == measure.as_str())
                };
                self.semantic_models
                    .values()
                    .find(holds)
                    .and_then(|model| model["unique_id"].as_str().map(str::to_owned))
            });
            let from_metrics = input_metrics(metric)
                .into_iter()
                .filter_map(|name| by_name(&name)?["unique_id"].as_str().map(str::to_owned));
            let nodes: Vec<String> = from_measure.into_iter().chain(from_metrics).collect();
            set_nodes(metric, nodes);
        }
        for query in self.saved_queries.values_mut() {
            let names: Vec<String> = query["query_params"]["metrics"]
                .as_array()
                .into_iter()
                .flatten()
                .map(str_of)
                .collect();
            let nodes: Vec<String> = names
                .iter()
                .filter_map(|name| by_name(name)?["unique_id"].as_str().map(str::to_owned))
                .collect();
            set_nodes(query, nodes);
        }
    }
}

fn semantic_model(entry: &Entry, diagnostics: &mut Diagnostics) -> Map<String, Json> {
    let given = Json::Object(entry.node.to_json());
    let model = given
        .get("model")
        .and_then(Json::as_str)
        .unwrap_or_default()
        .to_owned();
    let refs = if let Some(Reference::Ref(found)) = reference(&model) {
        json!([found])
    } else {
        diagnostics.push(
            Diagnostic::error(
                "semantic-model",
                format!("semantic model '{}' needs `model: ref('…')`", entry.name),
            )
            .at(entry.place(entry.node.get("model").map_or(entry.at, |node| node.at))),
        );
        json!([])
    };
    let each = |key: &str, defaults: Json| -> Vec<Json> {
        let items = given
            .get(key)
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        items
            .map(|item| with_text_expr(filled(item, defaults.clone())))
            .collect()
    };
    let time_params = |mut dimension: Json| {
        if let Some(params) = dimension
            .get_mut("type_params")
            .filter(|params| params.is_object())
        {
            *params = filled(
                params,
                json!({"time_granularity": null, "validity_params": null}),
            );
        }
        dimension
    };
    let text = |key: &str| given.get(key).cloned().unwrap_or_default();
    object(json!({
        "model": model,
        "node_relation": null,
        "description": text("description"),
        "label": text("label"),
        "defaults": given.get("defaults").map_or(Json::Null, |value| filled(value, json!({"agg_time_dimension": null}))),
        "entities": each("entities", json!({"name": null, "type": null, "description": null, "label": null, "role": null,
            "expr": null, "config": {"meta": {}}})),
        "measures": each("measures", json!({"name": null, "agg": null, "description": null, "label": null,
            "create_metric": false, "expr": null, "agg_params": null, "non_additive_dimension": null,
            "agg_time_dimension": null, "config": {"meta": {}}})),
        "dimensions": each("dimensions", json!({"name": null, "type": null, "description": null, "label": null,
            "is_partition": false, "type_params": null, "expr": null, "metadata": null, "config": {"meta": {}}})).into_iter().map(time_params).collect::<Vec<_>>(),
        "metadata": null,
        "depends_on": {"macros": [], "nodes": []},
        "refs": refs,
        "config": filled(given.get("config").unwrap_or(&Json::Null), json!({"enabled": true, "group": null, "meta": {}})),
        "unrendered_config": config_of(entry),
        "primary_entity": text("primary_entity"),
        "group": given.get("config").and_then(|config| config.get("group")).cloned().unwrap_or_default(),
    }))
}

pub(super) fn object(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

pub(super) fn config_of(entry: &Entry) -> Map<String, Json> {
    super::columns::map_of(entry.raw.get("config"))
}

/// `defaults` with what is given over it.
pub(super) fn filled(given: &Json, defaults: Json) -> Json {
    let mut whole = object(defaults);
    for (key, value) in given.as_object().into_iter().flatten() {
        if !value.is_null() {
            whole.insert(key.clone(), value.clone());
        }
    }
    Json::Object(whole)
}

/// An expression is text, even where YAML reads a number.
fn with_text_expr(mut value: Json) -> Json {
    if let Some(expr) = value.get_mut("expr").filter(|expr| !expr.is_null()) {
        *expr = str_of(expr).into();
    }
    value
}

fn set_nodes(value: &mut Json, nodes: impl IntoIterator<Item = String>) {
    let mut unique: Vec<String> = Vec::new();
    for node in nodes {
        if !unique.contains(&node) {
            unique.push(node);
        }
    }
    value["depends_on"]["nodes"] = json!(unique);
}

fn metric(entry: &Entry) -> Map<String, Json> {
    let given = Json::Object(entry.node.to_json());
    let params = given
        .get("type_params")
        .cloned()
        .unwrap_or_else(|| json!({}));
    let kind = given
        .get("type")
        .and_then(Json::as_str)
        .unwrap_or("simple")
        .to_owned();
    let measure = |value: Option<&Json>| match value {
        None | Some(Json::Null) => Json::Null,
        Some(value) => input(
            value,
            json!({"name": null, "filter": null, "alias": null, "join_to_timespine": false, "fill_nulls_with": null}),
        ),
    };
    let metric = |value: Option<&Json>| match value {
        None | Some(Json::Null) => Json::Null,
        Some(value) => input(
            value,
            json!({"name": null, "filter": null, "alias": null, "offset_window": null, "offset_to_grain": null}),
        ),
    };
    let metrics: Vec<Json> = params
        .get("metrics")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .map(|value| metric(Some(value)))
        .collect();
    let cumulative = match params.get("cumulative_type_params") {
        Some(value @ Json::Object(_)) => {
            let mut whole = filled(
                value,
                json!({"window": null, "grain_to_date": null, "period_agg": "first", "metric": null}),
            );
            whole["window"] = window(&whole["window"]);
            whole
        }
        _ if kind == "cumulative" => json!({
            "window": window(params.get("window").unwrap_or(&Json::Null)),
            "grain_to_date": params.get("grain_to_date"),
            "period_agg": "first",
            "metric": null,
        }),
        _ => Json::Null,
    };
    let config = filled(
        given.get("config").unwrap_or(&Json::Null),
        json!({"enabled": true, "group": null, "meta": {}}),
    );
    object(json!({
        "description": given.get("description").cloned().unwrap_or_else(|| "".into()),
        "label": given.get("label").cloned().unwrap_or_else(|| entry.name.clone().into()),
        "type": kind,
        "type_params": {
            "measure": measure(params.get("measure")),
            "input_measures": [],
            "numerator": metric(params.get("numerator")),
            "denominator": metric(params.get("denominator")),
            "expr": params.get("expr").map_or(Json::Null, |value| if value.is_null() { Json::Null } else { str_of(value).into() }),
            "window": window(params.get("window").unwrap_or(&Json::Null)),
            "grain_to_date": params.get("grain_to_date"),
            "metrics": metrics,
            "conversion_type_params": params.get("conversion_type_params"),
            "cumulative_type_params": cumulative,
            "metric_aggregation_params": null,
            "fill_nulls_with": null,
            "join_to_timespine": false,
            "is_private": null,
        },
        "filter": where_filter(given.get("filter").unwrap_or(&Json::Null)),
        "metadata": null,
        "time_granularity": given.get("time_granularity"),
        "group": config["group"],
        "config": config,
        "unrendered_config": config_of(entry),
        "sources": [],
        "depends_on": {"macros": [], "nodes": []},
        "refs": [],
        "metrics": [],
        "meta": given.get("meta").cloned().unwrap_or_else(|| json!({})),
        "tags": given.get("tags").cloned().unwrap_or_else(|| json!([])),
    }))
}

/// An input by name, or with its own settings.
fn input(value: &Json, defaults: Json) -> Json {
    let mut whole = match value {
        Json::Object(_) => filled(value, defaults),
        name => filled(&json!({"name": name}), defaults),
    };
    whole["filter"] = where_filter(&whole["filter"]);
    if whole.get("offset_window").is_some() {
        whole["offset_window"] = window(&whole["offset_window"]);
    }
    whole
}

/// `1 month` as count and granularity.
fn window(value: &Json) -> Json {
    let parts = value.as_str().and_then(|text| text.split_once(' '));
    match parts.and_then(|(count, grain)| {
        Some((
            count.trim().parse::<i64>().ok()?,
            grain.trim().to_lowercase(),
        ))
    }) {
        Some((count, grain)) => {
            json!({"count": count, "granularity": grain.strip_suffix('s').unwrap_or(&grain)})
        }
        None => Json::Null,
    }
}

fn where_filter(value: &Json) -> Json {
    let filters: Vec<Json> = match value {
        Json::String(_) => vec![value.clone()],
        Json::Array(items) => items.clone(),
        _ => return Json::Null,
    };
    let filters: Vec<Json> = filters
        .iter()
        .map(|filter| json!({"where_sql_template": filter}))
        .collect();
    json!({"where_filters": filters})
}

/// Metrics that a metric is computed from.
fn input_metrics(metric: &Json) -> Vec<String> {
    let params = &metric["type_params"];
    let listed = params["metrics"].as_array().into_iter().flatten();
    [&params["numerator"], &params["denominator"]]
        .into_iter()
        .chain(listed)
        .filter_map(|input| input.get("name").and_then(Json::as_str).map(str::to_owned))
        .collect()
}

fn input_measures<'a>(
    metric: &Json,
    by_name: &impl Fn(&str) -> Option<&'a Json>,
    found: &mut Vec<Json>,
    depth: usize,
) {
    let measure = &metric["type_params"]["measure"];
    if measure.is_object() {
        if !found.contains(measure) {
            found.push(measure.clone());
        }
        return;
    }
    // Metrics that refer to each other in a circle have no measures.
    if depth > 20 {
        return;
    }
    for name in input_metrics(metric) {
        if let Some(input) = by_name(&name) {
            input_measures(input, by_name, found, depth + 1);
        }
    }
}
