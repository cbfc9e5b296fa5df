//! `semantic_manifest.json` as dbt 1.12 writes it: the semantic layer of a manifest in the form MetricFlow reads.
//! See <https://docs.getdbt.com/reference/artifacts/sl-manifest>.

use serde_json::{Map, Value, json};

use super::manifest::{Manifest, Node, ResourceType};

/// The model that gives the days to projects which configure no time spine.
pub(crate) const FORMER_TIME_SPINE: &str = "metricflow_time_spine";

/// The whole file: semantic models, metrics, time spines and saved queries, each with all its fields.
#[must_use]
pub fn semantic_manifest(manifest: &Manifest) -> Value {
    json!({
        "semantic_models": manifest.semantic_models.values().map(semantic_model).collect::<Vec<_>>(),
        "metrics": manifest.metrics.values().map(metric).collect::<Vec<_>>(),
        "project_configuration": {
            "time_spine_table_configurations": former_time_spine(manifest).into_iter().collect::<Vec<_>>(),
            "metadata": null,
            // The format's version: that of the MetricFlow which dbt 1.12 comes with.
            "dsi_package_version": {"major_version": "0", "minor_version": "213", "patch_version": "0"},
            "time_spines": manifest.nodes.values().filter_map(time_spine).collect::<Vec<_>>(),
        },
        "saved_queries": manifest.saved_queries.values().map(saved_query).collect::<Vec<_>>(),
    })
}

fn semantic_model(model: &Value) -> Value {
    let mut whole = picked(
        model,
        "name defaults description node_relation primary_entity entities measures dimensions label metadata config",
    );
    for (key, fields) in [
        (
            "entities",
            "name description type role expr metadata label config",
        ),
        (
            "measures",
            "name agg description create_metric expr agg_params metadata non_additive_dimension agg_time_dimension \
             label config",
        ),
        (
            "dimensions",
            "name description type datatype is_partition type_params expr metadata label config",
        ),
    ] {
        let items = model[key].as_array().into_iter().flatten();
        whole[key] = items.map(|item| with_meta(picked(item, fields))).collect();
    }
    with_meta(whole)
}

fn metric(metric: &Value) -> Value {
    let mut whole = picked(
        metric,
        "name description type datatype type_params filter metadata label config time_granularity",
    );
    let mut params = picked(
        &metric["type_params"],
        "measure numerator denominator expr window grain_to_date metrics conversion_type_params \
         cumulative_type_params input_measures metric_aggregation_params join_to_timespine fill_nulls_with is_private",
    );
    let conversion = &mut params["conversion_type_params"];
    if conversion.is_object() {
        *conversion = picked(
            conversion,
            "base_measure base_metric conversion_measure conversion_metric entity calculation window \
             constant_properties",
        );
    }
    whole["type_params"] = params;
    with_meta(whole)
}

fn saved_query(query: &Value) -> Value {
    let mut whole = picked(
        query,
        "name query_params description metadata label exports tags",
    );
    whole["query_params"] = picked(
        &query["query_params"],
        "metrics group_by order_by limit where",
    );
    let exports = query["exports"].as_array().into_iter().flatten();
    let export = |export: &Value| json!({"name": export["name"], "config": picked(&export["config"], "export_as schema_name alias")});
    whole["exports"] = exports.map(export).collect();
    whole
}

/// A model that says which of its columns holds points in time.
fn time_spine(node: &Node) -> Option<Value> {
    let spine = node.time_spine.as_ref()?;
    let name = spine["standard_granularity_column"].as_str()?;
    let granularity = node.columns.get(name)?.granularity.as_ref();
    Some(json!({
        "node_relation": {
            "alias": node.alias,
            "schema_name": node.schema,
            "database": node.database,
            "relation_name": node.relation_name,
        },
        "primary_column": {"name": name, "time_granularity": granularity},
        "custom_granularities": spine["custom_granularities"],
    }))
}

/// The time spine of projects that name none, which only its name makes one.
fn former_time_spine(manifest: &Manifest) -> Option<Value> {
    if manifest.semantic_models.is_empty() {
        return None;
    }
    let is_spine = |node: &&Node| {
        node.name == FORMER_TIME_SPINE
            && node.resource_type == ResourceType::Model
            && node.time_spine.is_none()
    };
    let node = manifest.nodes.values().find(is_spine)?;
    Some(json!({"location": node.relation_name, "column_name": "date_day", "grain": "day"}))
}

/// The named fields in their order, null where one is missing.
fn picked(value: &Value, fields: &str) -> Value {
    let field = |name: &str| {
        (
            name.to_owned(),
            value.get(name).cloned().unwrap_or_default(),
        )
    };
    Value::Object(fields.split_whitespace().map(field).collect())
}

/// Of a config, the format knows `meta` only. Elements from OSI documents have none.
fn with_meta(mut value: Value) -> Value {
    if value["config"].is_null() {
        return value;
    }
    let meta = value["config"].get("meta").cloned();
    value["config"] = json!({"meta": meta.unwrap_or_else(|| Map::new().into())});
    value
}
