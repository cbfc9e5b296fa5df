//! `builtins.ref.config`: what dbt keeps of the invocation behind `ref`, as far as public packages read it.

use std::sync::Arc;

use minijinja::Value;
use serde_json::Value as Json;

use super::RenderContext;
use crate::jinja::values::{Dict, Record, from_json};

/// The project's name and version, packages, variables, target and options.
pub(super) fn value(context: &Arc<RenderContext>) -> Value {
    let scope = &context.scope;
    let root = &scope.project_name;
    let package = |name: &str| {
        let version = scope.packages.get(name);
        map([
            ("project_name", Value::from(name)),
            ("version", version.map_or(Value::from(()), from_json)),
        ])
    };
    let dependencies = scope.packages.keys();
    let dependencies: Dict = dependencies
        .map(|name| (Value::from(name.as_str()), package(name)))
        .collect();
    let entry = |(name, value): (&String, &Json)| (Value::from(name.as_str()), from_json(value));
    let cli = &scope.vars.cli;
    let project = scope.vars.packages.get(root).into_iter().flatten();
    let given = |(name, value): (&String, &Json)| (name.clone(), value.clone());
    let vars = Json::Object(project.chain(cli).map(given).collect());
    let cli: Dict = cli.iter().map(entry).collect();
    map([
        ("project_name", Value::from(root.as_str())),
        ("dependencies", Value::from_object(dependencies)),
        ("vars", Record::of(&vars)),
        ("cli_vars", Value::from_object(cli)),
    ])
}

fn map<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    let pairs = pairs.map(|(name, value)| (Value::from(name), value));
    Value::from_object(pairs.into_iter().collect::<Dict>())
}
