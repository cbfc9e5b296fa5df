//! What dbt itself makes of the projects in `parity/projects`, compared field by field.
//!
//! `parity/record.py` ran dbt and reduced its manifest; the reduction here is the same.
#![cfg(feature = "language")]

mod support;

use std::path::Path;
use std::sync::Arc;

use compiler::artifacts::write;
use compiler::diag::Severity;
use compiler::resolve::{LoadOptions, load};
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
const SETS: [&str; 4] = ["tags", "sources", "primary_key", "macros"];

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

/// All places where two values differ.
fn differences(path: &str, dbt: &Value, ours: &Value, found: &mut Vec<String>) {
    match (dbt, ours) {
        (Value::Object(left), Value::Object(right)) => {
            for (key, value) in left {
                match right.get(key) {
                    Some(other) => differences(&format!("{path} › {key}"), value, other, found),
                    None => found.push(format!("{path} › {key}: dbt has {value}, we have nothing")),
                }
            }
            for (key, value) in right.iter().filter(|(key, _)| !left.contains_key(*key)) {
                found.push(format!("{path} › {key}: dbt has nothing, we have {value}"));
            }
        }
        (left, right) if left == right => {}
        (left, right) => found.push(format!("{path}: dbt has {left}, we have {right}")),
    }
}

fn check(project: &str) {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity");
    let world = support::Folder::new(base.join("projects").join(project))
        .with_env("PARITY_SET", "from the environment");
    let read = |path: &Path| {
        use compiler::world::World;
        support::Folder::new(&base)
            .read(&path.to_string_lossy())
            .unwrap_or_else(|error| panic!("{error}"))
    };
    let profiles = read(Path::new("profiles.yml"));
    let options = LoadOptions {
        profiles_yaml: Some(("profiles.yml".into(), profiles)),
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
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    let manifest = write::manifest_json(&loaded.project.expect("a project").manifest);
    let expected: Value =
        serde_json::from_str(&read(Path::new(&format!("expected/{project}.json"))))
            .expect("recorded JSON");
    let mut found = Vec::new();
    for (section, dbt) in expected.as_object().expect("sections") {
        let ours = if section == "metadata" {
            let kept = dbt
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, _)| (key.clone(), manifest["metadata"][key].clone()));
            Value::Object(kept.collect())
        } else {
            reduce(&manifest[section], section)
        };
        differences(section, dbt, &ours, &mut found);
    }
    assert!(
        found.is_empty(),
        "{} differences:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn a_library_with_everything_in_it() {
    check("library");
}

#[test]
fn unit_tests_of_every_form() {
    check("unit_tests");
}
