//! `manifest.json` as dbt 1.12 writes it: which fields each kind of node has, in dbt's order.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::manifest::{Column, Exposure, Macro, Manifest, Node, ResourceType, Source};

/// The whole manifest.
pub fn manifest_json(manifest: &Manifest) -> Value {
    let map =
        |value: Option<&IndexMap<String, Vec<String>>>| json!(value.cloned().unwrap_or_default());
    json!({
        "metadata": to_json(&manifest.metadata),
        "nodes": each(&manifest.nodes, node_json),
        "sources": each(&manifest.sources, source_json),
        "macros": each(&manifest.macros, macro_json),
        "docs": each(&manifest.docs, to_json),
        "exposures": each(&manifest.exposures, exposure_json),
        "metrics": manifest.metrics,
        "groups": manifest.groups,
        "selectors": manifest.selectors,
        "disabled": manifest.disabled.clone().unwrap_or_default(),
        "parent_map": map(manifest.parent_map.as_ref()),
        "child_map": map(manifest.child_map.as_ref()),
        "group_map": map(manifest.group_map.as_ref()),
        "saved_queries": manifest.saved_queries,
        "semantic_models": manifest.semantic_models,
        "unit_tests": manifest.unit_tests,
        "functions": manifest.functions,
    })
}

fn each<T>(items: &IndexMap<String, T>, write: impl Fn(&T) -> Value) -> Value {
    Value::Object(
        items
            .iter()
            .map(|(id, item)| (id.clone(), write(item)))
            .collect(),
    )
}

/// A value of which every field is written. Serialising a struct of text, numbers and maps cannot fail.
fn to_json<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// One node, with the fields of its kind.
pub fn node_json(node: &Node) -> Value {
    let mut out = common(node);
    if node.resource_type == ResourceType::Seed {
        out.insert("root_path".into(), json!(node.root_path));
        out.insert(
            "depends_on".into(),
            json!({"macros": node.depends_on.macros}),
        );
        return Value::Object(out);
    }
    code(node, &mut out);
    let extra = match node.resource_type {
        ResourceType::Model => json!({
            "access": node.access.as_deref().unwrap_or("protected"),
            "constraints": node.constraints,
            "version": node.version,
            "latest_version": node.latest_version,
            "deprecation_date": node.deprecation_date,
            "primary_key": node.primary_key,
            "time_spine": node.time_spine,
        }),
        ResourceType::Test if node.test_metadata.is_some() => json!({
            "column_name": node.column_name,
            "file_key_name": node.file_key_name,
            "attached_node": node.attached_node,
            "test_metadata": to_json(&node.test_metadata),
        }),
        ResourceType::Operation => json!({"index": node.index}),
        _ => Value::Null,
    };
    if let Value::Object(extra) = extra {
        out.extend(extra);
    }
    Value::Object(out)
}

fn common(node: &Node) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        out.insert(key.to_owned(), value);
    };
    put("database", json!(node.database));
    put("schema", json!(node.schema));
    put("name", json!(node.name));
    put("resource_type", json!(node.resource_type.as_str()));
    put("package_name", json!(node.package_name));
    put("path", json!(node.path));
    put("original_file_path", json!(node.original_file_path));
    put("unique_id", json!(node.unique_id));
    put("fqn", json!(node.fqn));
    put("alias", json!(node.alias));
    put("checksum", to_json(&node.checksum));
    put("config", Value::Object(node.config.0.clone()));
    put("tags", json!(node.tags));
    put("description", json!(node.description));
    put("columns", each(&node.columns, column_json));
    put("meta", Value::Object(node.meta.clone()));
    put("group", json!(node.group));
    put("docs", to_json(&node.docs));
    put("patch_path", json!(node.patch_path));
    put("build_path", json!(node.build_path));
    put(
        "unrendered_config",
        Value::Object(node.unrendered_config.clone()),
    );
    put("created_at", json!(node.created_at));
    put("relation_name", json!(node.relation_name));
    put("raw_code", json!(node.raw_code));
    put("doc_blocks", json!(node.doc_blocks));
    out
}

fn code(node: &Node, out: &mut Map<String, Value>) {
    let mut put = |key: &str, value: Value| {
        out.insert(key.to_owned(), value);
    };
    put("language", json!(node.language));
    put("refs", to_json(&node.refs));
    put("sources", json!(node.sources));
    put("metrics", json!(node.metrics));
    put("functions", json!(node.functions));
    put("depends_on", to_json(&node.depends_on));
    put(
        "compiled_path",
        if node.compiled {
            json!(node.compiled_path)
        } else {
            Value::Null
        },
    );
    if node.compiled {
        put("compiled", Value::Bool(true));
        put("compiled_code", json!(node.compiled_code));
        put("extra_ctes_injected", json!(node.extra_ctes_injected));
        put("extra_ctes", to_json(&node.extra_ctes));
    }
    put("contract", to_json(&node.contract));
}

fn column_json(column: &Column) -> Value {
    to_json(column)
}

/// One source.
pub fn source_json(source: &Source) -> Value {
    to_json(source)
}

/// One exposure.
pub fn exposure_json(exposure: &Exposure) -> Value {
    to_json(exposure)
}

fn macro_json(found: &Macro) -> Value {
    to_json(found)
}
