//! What dbt itself makes of the projects in `parity/projects`, compared field by field: manifest and compiled SQL.
//!
//! `parity/record.py` ran dbt and reduced its answers; the reduction here is the same. What still differs is listed,
//! with the reason, in `parity/differs.txt`; a line there that is no longer true fails the test.
#![cfg(feature = "language")]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use compiler::adapter::{Response, Rows, Table, Warehouse, WarehouseError};
use compiler::artifacts::osi::osi_document;
use compiler::artifacts::semantic::semantic_manifest;
use compiler::artifacts::write::ManifestJson;
use compiler::compile::compile_node;
use compiler::diag::Severity;
use compiler::jinja::adapter::RelationCache;
use compiler::jinja::{RunContext, Runtime};
use compiler::resolve::{LoadOptions, Project, load};
use compiler::world::World;
use serde_json::{Map, Value};

const INTERNAL: [&str; 3] = ["macro.dbt.", "macro.dbt_duckdb.", "doc.dbt."];
const DROPPED: [&str; 8] = [
    "created_at",
    "build_path",
    "root_path",
    "compiled_path",
    "compiled",
    "compiled_code",
    "extra_ctes",
    "extra_ctes_injected",
];
const SETS: [&str; 5] = ["tags", "sources", "primary_key", "macros", "nodes"];

fn is_internal(name: &str) -> bool {
    INTERNAL.iter().any(|prefix| name.starts_with(prefix))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn reduce(value: &Value, key: &str) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map
                .iter()
                .filter(|(name, _)| !DROPPED.contains(&name.as_str()) && !is_internal(name));
            let kept = kept.map(|(name, inner)| (name.clone(), reduce(inner, name)));
            Value::Object(
                kept.filter(|(_, inner)| !is_empty(inner))
                    .collect::<Map<_, _>>(),
            )
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| reduce(item, "")).collect();
            items.retain(|item| !item.as_str().is_some_and(is_internal));
            if SETS.contains(&key) {
                items.sort_by_key(ToString::to_string);
            }
            Value::Array(items)
        }
        other => other.clone(),
    }
}

/// A place where two values differ, and how.
struct Difference {
    path: String,
    what: String,
}

/// All places where two values differ.
fn differences(path: &str, dbt: &Value, ours: &Value, found: &mut Vec<Difference>) {
    match (dbt, ours) {
        (Value::Object(left), Value::Object(right)) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys {
                let value = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                differences(
                    &format!("{path} › {key}"),
                    &value(left),
                    &value(right),
                    found,
                );
            }
        }
        (left, right) if left == right => {}
        (left, right) => found.push(Difference {
            path: path.to_owned(),
            what: format!("dbt has {left}, we have {right}"),
        }),
    }
}

fn base() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity")
}

fn read(path: &str) -> String {
    support::Folder::new(base())
        .read(path)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Loads a project as the recorder did.
fn open(project: &str) -> Project {
    let world = support::Folder::new(base().join("projects").join(project))
        .with_env("PARITY_SET", "from the environment");
    let options = LoadOptions {
        profiles_yaml: Some(("profiles.yml".into(), read("profiles.yml"))),
        command: "parse".into(),
        ..LoadOptions::default()
    };
    let loaded = load(Arc::new(world), options);
    let errors: Vec<String> = loaded
        .diagnostics
        .0
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(ToString::to_string)
        .collect();
    assert!(errors.is_empty(), "{project}: {}", errors.join("\n"));
    loaded.project.expect("a project")
}

/// A warehouse in which there is nothing.
struct Empty;

impl Warehouse for Empty {
    fn adapter_type(&self) -> &'static str {
        "duckdb"
    }

    fn execute(
        &self,
        _sql: &str,
        _fetch: bool,
        _limit: Option<usize>,
    ) -> Result<(Response, Table), WarehouseError> {
        Ok((Response::default(), Table::default()))
    }

    fn begin(&self) -> Result<(), WarehouseError> {
        Ok(())
    }

    fn commit(&self) -> Result<(), WarehouseError> {
        Ok(())
    }

    fn rollback(&self) -> Result<(), WarehouseError> {
        Ok(())
    }

    fn load_rows(
        &self,
        _relation: &str,
        _columns: &[String],
        rows: &mut Rows<'_>,
    ) -> Result<u64, WarehouseError> {
        Ok(rows.count() as u64)
    }

    fn default_database(&self) -> String {
        "parity".to_owned()
    }
}

/// The compiled SQL of the nodes of which dbt has one; an error's words where there is none.
fn compiled(project: &Project, wanted: &Map<String, Value>) -> Value {
    let manifest = Arc::new(project.manifest.clone());
    let sql = |id: &String| {
        let run = RunContext {
            manifest: Arc::clone(&manifest),
            cache: Arc::new(RelationCache::new()),
            log: Arc::new(|_| ()),
            fatal_warnings: Arc::default(),
            selected_resources: Arc::default(),
            schemas: Arc::default(),
            results: Arc::default(),
            deferred: Arc::default(),
            sample: None,
            injects_ctes: true,
            graph: Arc::default(),
        };
        let node = manifest.node(id)?.clone();
        let runtime = Arc::new(Runtime::new(run, Arc::new(node), Arc::new(Empty)));
        Some(
            match compile_node(&project.library, &project.scope, &runtime) {
                Ok(compiled) => compiled.sql,
                Err(error) => format!("error: {error}"),
            },
        )
    };
    let each = wanted
        .keys()
        .map(|id| (id.clone(), sql(id).map_or(Value::Null, Value::String)));
    Value::Object(each.collect())
}

/// SQL by id, any white space in it as one space: how much of it macros leave is no matter of behaviour.
fn spaced(sql: &Value) -> Value {
    let one = |text: &str| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        text.replace("( ", "(").replace(" )", ")")
    };
    let each = sql.as_object().into_iter().flatten().map(|(id, sql)| {
        (
            id.clone(),
            sql.as_str().map_or(Value::Null, |sql| one(sql).into()),
        )
    });
    Value::Object(each.collect())
}

/// Where a project differs from what dbt makes of it.
fn check(name: &str) -> Vec<Difference> {
    let project = open(name);
    let manifest = ManifestJson::resolved(&project.manifest);
    let manifest = serde_json::to_value(manifest).expect("JSON");
    let expected: Value =
        serde_json::from_str(&read(&format!("expected/{name}.json"))).expect("recorded JSON");
    let mut found = Vec::new();
    for (section, dbt) in expected.as_object().expect("sections") {
        let ours = match section.as_str() {
            "metadata" => {
                let keys = dbt.as_object().into_iter().flatten();
                let kept = keys.map(|(key, _)| (key.clone(), manifest["metadata"][key].clone()));
                reduce(&Value::Object(kept.collect()), section)
            }
            "compiled" => spaced(&compiled(&project, dbt.as_object().expect("SQL by id"))),
            "semantic_manifest" => semantic_manifest(&project.manifest),
            "osi_document" => osi_document(&project.manifest).0,
            _ => reduce(&manifest[section], section),
        };
        let dbt = match section.as_str() {
            "compiled" => spaced(dbt),
            // All of it counts, nulls too: its readers know each field.
            "semantic_manifest" | "osi_document" => dbt.clone(),
            _ => reduce(dbt, section),
        };
        differences(&format!("{name} › {section}"), &dbt, &ours, &mut found);
    }
    found
}

#[test]
fn all_projects_are_as_dbt_has_them() {
    use std::fmt::Write;
    let listed = read("differs.txt");
    let mut listed: BTreeSet<&str> = listed
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let mut wrong = String::new();
    let projects = support::Folder::new(base().join("projects"));
    for project in projects.folders("").expect("folders") {
        for difference in check(&project) {
            if !listed.remove(difference.path.as_str()) {
                let _ = writeln!(wrong, "{}: {}", difference.path, difference.what);
            }
        }
    }
    for path in listed {
        let _ = writeln!(
            wrong,
            "{path}: is listed in differs.txt, but does not differ"
        );
    }
    assert!(wrong.is_empty(), "differences from dbt:\n{wrong}");
}
