//! `manifest.json` as dbt 1.12 writes it: which fields each kind of node has, in dbt's order.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use super::manifest::{Exposure, Manifest, Node, ResourceType, Source};

/// The whole manifest as JSON. It is written from the nodes as they are: a large project is never in memory as a tree.
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
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("metadata", &manifest.metadata)?;
        map.serialize_entry("nodes", &Nodes(self, &manifest.nodes))?;
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
        map.serialize_entry("functions", &Nodes(self, &manifest.functions))?;
        map.end()
    }
}

/// Nodes or functions by unique id, as compiled where they were.
struct Nodes<'a>(&'a ManifestJson<'a>, &'a IndexMap<String, Node>);

impl Serialize for Nodes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(manifest, nodes) = self;
        serializer.collect_map(nodes.iter().map(|(id, node)| {
            let compiled = manifest.compiled.get(id.as_str()).copied();
            (id, NodeJson(compiled.unwrap_or(node)))
        }))
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
    to_json(&NodeJson(node))
}

/// A node as it is written, without a copy of it.
struct NodeJson<'a>(&'a Node);

impl Serialize for NodeJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let node = self.0;
        let mut map = serializer.serialize_map(None)?;
        if node.resource_type == ResourceType::Function {
            map.serialize_entry("returns", &node.returns)?;
        }
        common(node, &mut map)?;
        if node.resource_type == ResourceType::Seed {
            map.serialize_entry("root_path", &node.root_path)?;
            map.serialize_entry(
                "depends_on",
                &Macros {
                    macros: &node.depends_on.macros,
                },
            )?;
            return map.end();
        }
        code(node, &mut map)?;
        match node.resource_type {
            ResourceType::Model => {
                map.serialize_entry("access", node.access.as_deref().unwrap_or("protected"))?;
                map.serialize_entry("constraints", &node.constraints)?;
                map.serialize_entry("version", &node.version)?;
                map.serialize_entry("latest_version", &node.latest_version)?;
                map.serialize_entry("deprecation_date", &node.deprecation_date)?;
                map.serialize_entry("primary_key", &node.primary_key)?;
                map.serialize_entry("time_spine", &node.time_spine)?;
            }
            ResourceType::Test if node.test_metadata.is_some() => {
                map.serialize_entry("column_name", &node.column_name)?;
                map.serialize_entry("file_key_name", &node.file_key_name)?;
                map.serialize_entry("attached_node", &node.attached_node)?;
                map.serialize_entry("test_metadata", &node.test_metadata)?;
            }
            ResourceType::Operation => map.serialize_entry("index", &node.index)?,
            ResourceType::Function => {
                map.serialize_entry("arguments", &node.arguments)?;
                map.serialize_entry("overloads", &node.overloads)?;
            }
            _ => {}
        }
        map.end()
    }
}

/// What a seed depends on.
#[derive(Serialize)]
struct Macros<'a> {
    macros: &'a [String],
}

/// The fields that every node has.
fn common<M: SerializeMap>(node: &Node, map: &mut M) -> Result<(), M::Error> {
    map.serialize_entry("database", &node.database)?;
    map.serialize_entry("schema", &node.schema)?;
    map.serialize_entry("name", &node.name)?;
    map.serialize_entry("resource_type", node.resource_type.as_str())?;
    map.serialize_entry("package_name", &node.package_name)?;
    map.serialize_entry("path", &node.path)?;
    map.serialize_entry("original_file_path", &node.original_file_path)?;
    map.serialize_entry("unique_id", &node.unique_id)?;
    map.serialize_entry("fqn", &node.fqn)?;
    map.serialize_entry("alias", &node.alias)?;
    map.serialize_entry("checksum", &node.checksum)?;
    map.serialize_entry("config", &node.config.0)?;
    map.serialize_entry("tags", &node.tags)?;
    map.serialize_entry("description", &node.description)?;
    map.serialize_entry("columns", &node.columns)?;
    map.serialize_entry("meta", &node.meta)?;
    map.serialize_entry("group", &node.group)?;
    map.serialize_entry("docs", &node.docs)?;
    map.serialize_entry("patch_path", &node.patch_path)?;
    map.serialize_entry("build_path", &node.build_path)?;
    map.serialize_entry("unrendered_config", &node.unrendered_config)?;
    map.serialize_entry("created_at", &node.created_at)?;
    map.serialize_entry("relation_name", &node.relation_name)?;
    map.serialize_entry("raw_code", &node.raw_code)?;
    map.serialize_entry("doc_blocks", &node.doc_blocks)
}

/// The fields of what is compiled.
fn code<M: SerializeMap>(node: &Node, map: &mut M) -> Result<(), M::Error> {
    map.serialize_entry("language", &node.language)?;
    map.serialize_entry("refs", &node.refs)?;
    map.serialize_entry("sources", &node.sources)?;
    map.serialize_entry("metrics", &node.metrics)?;
    map.serialize_entry("functions", &node.functions)?;
    map.serialize_entry("depends_on", &node.depends_on)?;
    map.serialize_entry(
        "compiled_path",
        &node.compiled_path.as_ref().filter(|_| node.compiled),
    )?;
    if node.compiled {
        map.serialize_entry("compiled", &true)?;
        map.serialize_entry("compiled_code", &node.compiled_code)?;
        map.serialize_entry("extra_ctes_injected", &node.extra_ctes_injected)?;
        map.serialize_entry("extra_ctes", &node.extra_ctes)?;
    }
    map.serialize_entry("contract", &node.contract)
}

/// One source.
pub fn source_json(source: &Source) -> Value {
    to_json(source)
}

/// One exposure.
pub fn exposure_json(exposure: &Exposure) -> Value {
    to_json(exposure)
}
