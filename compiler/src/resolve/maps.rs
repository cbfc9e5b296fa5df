//! What follows from the resolved nodes: parents, children, group members, primary keys, paths of compiled SQL.

use indexmap::{IndexMap, IndexSet};
use serde_json::Value as Json;

use crate::artifacts::manifest::{Manifest, Node, ResourceType};

/// Fills in the maps.
pub(super) fn link(manifest: &mut Manifest) {
    let mut edges: Vec<(String, Vec<String>)> = Vec::new();
    for (id, node) in manifest.nodes.iter().chain(&manifest.functions) {
        edges.push((
            id.clone(),
            if node.resource_type == ResourceType::Seed {
                Vec::new()
            } else {
                node.depends_on.nodes.clone()
            },
        ));
    }
    edges.extend(manifest.sources.keys().map(|id| (id.clone(), Vec::new())));
    edges.extend(
        manifest
            .exposures
            .iter()
            .map(|(id, exposure)| (id.clone(), exposure.depends_on.nodes.clone())),
    );
    for raw in [
        &manifest.metrics,
        &manifest.semantic_models,
        &manifest.saved_queries,
        &manifest.unit_tests,
    ] {
        edges.extend(raw.iter().map(|(id, value)| (id.clone(), nodes_of(value))));
    }
    let mut parents: IndexMap<String, Vec<String>> = IndexMap::new();
    let mut children: IndexMap<String, Vec<String>> = edges
        .iter()
        .map(|(id, _)| (id.clone(), Vec::new()))
        .collect();
    for (id, above) in edges {
        for parent in &above {
            if let Some(below) = children.get_mut(parent) {
                below.push(id.clone());
            }
        }
        parents.insert(id, above);
    }
    for ids in parents.values_mut().chain(children.values_mut()) {
        ids.sort();
    }
    manifest.parent_map = Some(parents);
    manifest.child_map = Some(children);
    manifest.group_map = Some(group_members(manifest));
}

/// `depends_on.nodes` of what is kept as JSON.
fn nodes_of(value: &Json) -> Vec<String> {
    let nodes = value
        .get("depends_on")
        .and_then(|depends_on| depends_on.get("nodes"))
        .and_then(Json::as_array);
    nodes
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .map(str::to_owned)
        .collect()
}

fn group_members(manifest: &Manifest) -> IndexMap<String, Vec<String>> {
    let mut members: IndexMap<String, Vec<String>> = IndexMap::new();
    for group in manifest.groups.values() {
        if let Some(name) = group.get("name").and_then(Json::as_str) {
            members.insert(name.to_owned(), Vec::new());
        }
    }
    for node in manifest.nodes.values() {
        if let Some(ids) = node.group.as_ref().and_then(|group| members.get_mut(group)) {
            ids.push(node.unique_id.clone());
        }
    }
    for list in [
        &manifest.saved_queries,
        &manifest.semantic_models,
        &manifest.metrics,
    ] {
        for (unique_id, value) in list {
            let group = value.get("group").and_then(Json::as_str);
            if let Some(ids) = group.and_then(|group| members.get_mut(group)) {
                ids.push(unique_id.clone());
            }
        }
    }
    members
}

/// Where each node's compiled SQL is written, below the project's root.
pub(super) fn set_compiled_paths(manifest: &mut Manifest, target_path: &str) {
    let functions = manifest.functions.values_mut();
    for node in manifest.nodes.values_mut().chain(functions) {
        if !matches!(
            node.resource_type,
            ResourceType::Seed | ResourceType::Operation
        ) {
            node.compiled_path = Some(format!("{target_path}/compiled/{}", output_path(node)));
        }
    }
}

/// A node's path below `target/compiled/` and `target/run/`.
fn output_path(node: &Node) -> String {
    let original = &node.original_file_path;
    // A file may hold several snapshots, so that it is a folder, whatever its name.
    if node.resource_type == ResourceType::Snapshot {
        return format!("{}/{original}/{}.sql", node.package_name, node.name);
    }
    let file = original.rsplit('/').next().unwrap_or(original);
    let own = node.path.rsplit('/').next().unwrap_or(&node.path);
    if file == own {
        format!("{}/{original}", node.package_name)
    } else {
        format!("{}/{original}/{own}", node.package_name)
    }
}

/// Guesses each model's primary key from constraints and tests, as dbt does.
pub(super) fn infer_primary_keys(manifest: &mut Manifest) {
    let mut tests: IndexMap<String, Vec<KeyTest>> = IndexMap::new();
    let disabled = manifest
        .disabled
        .iter()
        .flat_map(|map| map.values().flatten());
    for value in
        disabled.filter(|value| value.get("resource_type").and_then(Json::as_str) == Some("test"))
    {
        let kwargs = &value["test_metadata"]["kwargs"];
        let name = value["test_metadata"]["name"].as_str().unwrap_or_default();
        if let Some(node) = value.get("attached_node").and_then(Json::as_str) {
            tests
                .entry(node.to_owned())
                .or_default()
                .extend(KeyTest::read(name, kwargs, false));
        }
    }
    for node in manifest.nodes.values() {
        if let (Some(attached), Some(metadata)) = (&node.attached_node, &node.test_metadata) {
            let kwargs = Json::Object(metadata.kwargs.clone());
            tests
                .entry(attached.clone())
                .or_default()
                .extend(KeyTest::read(
                    &metadata.name,
                    &kwargs,
                    node.config.enabled(),
                ));
        }
    }
    for node in manifest
        .nodes
        .values_mut()
        .filter(|node| node.resource_type == ResourceType::Model)
    {
        let empty = Vec::new();
        let found = tests.get(&node.unique_id).unwrap_or(&empty);
        node.primary_key = primary_key(node, found);
    }
}

/// What one test says about keys.
struct KeyTest {
    unique: bool,
    enabled: bool,
    columns: Vec<String>,
}

impl KeyTest {
    fn read(name: &str, kwargs: &Json, enabled: bool) -> Option<Self> {
        let unique = match name {
            "unique" | "unique_combination_of_columns" => true,
            "not_null" => false,
            _ => return None,
        };
        let columns = match (
            kwargs.get("column_name"),
            kwargs.get("combination_of_columns"),
        ) {
            (Some(Json::String(column)), _) => vec![column.clone()],
            (_, Some(Json::Array(columns))) => columns
                .iter()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect(),
            _ => return None,
        };
        Some(Self {
            unique,
            enabled,
            columns,
        })
    }
}

fn primary_key(node: &Node, tests: &[KeyTest]) -> Vec<String> {
    let is_key =
        |constraint: &&Json| constraint.get("type").and_then(Json::as_str) == Some("primary_key");
    if let Some(constraint) = node.constraints.iter().find(is_key) {
        return constraint["columns"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .map(str::to_owned)
            .collect();
    }
    if let Some(column) = node.columns.values().find(|column| {
        column
            .constraints
            .iter()
            .any(|constraint| is_key(&constraint))
    }) {
        return vec![column.name.clone()];
    }
    let collect = |keep: &dyn Fn(&KeyTest) -> bool| -> IndexSet<&String> {
        tests
            .iter()
            .filter(|test| keep(test))
            .flat_map(|test| &test.columns)
            .collect()
    };
    let enabled = collect(&|test| test.unique && test.enabled);
    let disabled = collect(&|test| test.unique && !test.enabled);
    let not_null = collect(&|test| !test.unique);
    let both: Vec<String> = not_null
        .iter()
        .filter(|column| enabled.contains(*column) || disabled.contains(*column))
        .map(|column| (*column).clone())
        .collect();
    if !both.is_empty() {
        return both;
    }
    let unique = if enabled.is_empty() {
        disabled
    } else {
        enabled
    };
    unique.into_iter().cloned().collect()
}
