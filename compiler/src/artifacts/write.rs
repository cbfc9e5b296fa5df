//! `manifest.json` as dbt 1.12 writes it: which fields each kind of node has, in dbt's order.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

use super::manifest::{Exposure, Manifest, Node, ResourceType, Source};

/// The whole manifest as JSON. Its nodes are turned into JSON one by one while it is written, so that a large project
/// is never in memory as a tree.
pub struct ManifestJson<'a> {
    /// The resolved project.
    pub manifest: &'a Manifest,
    /// Nodes as they were compiled, by unique id, which stand in for the resolved ones.
    pub compiled: HashMap<&'a str, &'a Node>,
}

impl<'a> ManifestJson<'a> {
    /// A manifest with nothing compiled.
    #[must_use]
    pub fn resolved(manifest: &'a Manifest) -> Self {
        Self {
            manifest,
            compiled: HashMap::new(),
        }
    }
}

impl Serialize for ManifestJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let manifest = self.manifest;
        let node = |node: &Node| {
            let compiled = self.compiled.get(node.unique_id.as_str()).copied();
            node_json(compiled.unwrap_or(node))
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("metadata", &manifest.metadata)?;
        map.serialize_entry("nodes", &Each(&manifest.nodes, node))?;
        map.serialize_entry("sources", &manifest.sources)?;
        map.serialize_entry("macros", &manifest.macros)?;
        map.serialize_entry("docs", &manifest.docs)?;
        map.serialize_entry("exposures", &manifest.exposures)?;
        map.serialize_entry("metrics", &manifest.metrics)?;
        map.serialize_entry("groups", &manifest.groups)?;
        map.serialize_entry("selectors", &manifest.selectors)?;
        map.serialize_entry("disabled", &OrEmpty(manifest.disabled.as_ref()))?;
        map.serialize_entry("parent_map", &OrEmpty(manifest.parent_map.as_ref()))?;
        map.serialize_entry("child_map", &OrEmpty(manifest.child_map.as_ref()))?;
        map.serialize_entry("group_map", &OrEmpty(manifest.group_map.as_ref()))?;
        map.serialize_entry("saved_queries", &manifest.saved_queries)?;
        map.serialize_entry("semantic_models", &manifest.semantic_models)?;
        map.serialize_entry("unit_tests", &manifest.unit_tests)?;
        map.serialize_entry("functions", &manifest.functions)?;
        map.end()
    }
}

/// A map whose values are turned into JSON when their turn comes.
struct Each<'a, T, F>(&'a IndexMap<String, T>, F);

impl<T, F: Fn(&T) -> Value> Serialize for Each<'_, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, item)| (id, (self.1)(item))))
    }
}

/// A map that is written as an empty one where it is missing.
struct OrEmpty<'a, T>(Option<&'a IndexMap<String, T>>);

impl<T: Serialize> Serialize for OrEmpty<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(map) => map.serialize(serializer),
            None => serializer.serialize_map(Some(0))?.end(),
        }
    }
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
    put("columns", to_json(&node.columns));
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

/// One source.
pub fn source_json(source: &Source) -> Value {
    to_json(source)
}

/// One exposure.
pub fn exposure_json(exposure: &Exposure) -> Value {
    to_json(exposure)
}
