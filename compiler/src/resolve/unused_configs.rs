//! Configuration of `dbt_project.yml` that applies to nothing: what dbt warns of as `UnusedResourceConfigPath`.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::artifacts::manifest::{Manifest, ResourceType};
use crate::diag::{Diagnostic, Span};
use crate::parse::project::{PROJECT_FILE, ProjectFile};

/// Configs that are mappings, and look like folders without their `+`.
const MAPPINGS: [&str; 9] = [
    "column_types",
    "contract",
    "docs",
    "freshness",
    "grants",
    "meta",
    "persist_docs",
    "quoting",
    "snapshot_meta_column_names",
];

/// A warning for each path of the root project's configuration below which there is no resource, switched off or not.
pub(super) fn unused_configs(file: &ProjectFile, manifest: &Manifest) -> Vec<Diagnostic> {
    if file.configs.values().all(Map::is_empty) {
        return Vec::new();
    }
    let fqns = fqns(manifest);
    let mut found = Vec::new();
    for (section, config) in &file.configs {
        if *section == "analyses" {
            continue;
        }
        let mut paths = Vec::new();
        walk(config, &mut Vec::new(), &mut paths);
        for path in paths {
            let is_below = |fqn: &Vec<&str>| fqn.starts_with(&path);
            let mut all = [*section, ""].into_iter().filter_map(|kind| fqns.get(kind));
            if !all.any(|fqns| fqns.iter().any(is_below)) {
                found.push(warning(file, section, &path));
            }
        }
    }
    found
}

fn warning(file: &ProjectFile, section: &str, path: &[&str]) -> Diagnostic {
    let mut whole = vec![section];
    whole.extend(path);
    let whole = whole.join(".");
    let place = match file.places.get(&whole) {
        Some(at) => at.in_file(PROJECT_FILE),
        None => Span::file(PROJECT_FILE),
    };
    let hint = match path.last() {
        Some(key) if MAPPINGS.contains(key) => format!("a config that is a mapping takes a plus: `+{key}:`"),
        _ => "a path is the name of a project or package and then of folders: check its spelling, or remove it".to_owned(),
    };
    Diagnostic::warning(
        "unused-resource-config-path",
        format!("the configuration {whole} applies to no resource"),
    )
    .at(place)
    .hint(hint)
}

/// The paths at which something is configured, in the file's order.
fn walk<'c>(
    config: &'c Map<String, Value>,
    path: &mut Vec<&'c str>,
    paths: &mut Vec<Vec<&'c str>>,
) {
    let (at, mut has_configs) = (paths.len(), false);
    for (key, value) in config {
        match value {
            Value::Object(inner) if !key.starts_with('+') => {
                path.push(key);
                walk(inner, path, paths);
                path.pop();
            }
            _ => has_configs = true,
        }
    }
    if has_configs {
        paths.insert(at, path.clone());
    }
}

/// The names of all resources by their section; those that are switched off, whatever they are, under none.
fn fqns(manifest: &Manifest) -> HashMap<&'static str, Vec<Vec<&str>>> {
    let mut fqns: HashMap<&'static str, Vec<Vec<&str>>> = HashMap::new();
    let mut add = |section, fqn| fqns.entry(section).or_default().push(fqn);
    for node in manifest.nodes_and_functions() {
        let section = match node.resource_type {
            ResourceType::Model => "models",
            ResourceType::Seed => "seeds",
            ResourceType::Snapshot => "snapshots",
            ResourceType::Test => "data_tests",
            ResourceType::Function => "functions",
            _ => continue,
        };
        add(section, texts(&node.fqn));
    }
    for source in manifest.sources.values() {
        add("sources", texts(&source.fqn));
    }
    for exposure in manifest.exposures.values() {
        add("exposures", texts(&exposure.fqn));
    }
    for (section, parts) in [
        ("metrics", &manifest.metrics),
        ("semantic-models", &manifest.semantic_models),
        ("saved-queries", &manifest.saved_queries),
        ("unit_tests", &manifest.unit_tests),
    ] {
        for part in parts.values() {
            add(section, json_texts(&part["fqn"]));
        }
    }
    for part in manifest
        .disabled
        .iter()
        .flat_map(|all| all.values())
        .flatten()
    {
        add("", json_texts(&part["fqn"]));
    }
    fqns
}

fn texts(fqn: &[String]) -> Vec<&str> {
    fqn.iter().map(String::as_str).collect()
}

fn json_texts(fqn: &Value) -> Vec<&str> {
    let parts = fqn.as_array().into_iter().flatten();
    parts.filter_map(Value::as_str).collect()
}
