//! Macros called by name, and the project's own hooks.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::diag::{Diagnostic, Span};
use crate::jinja::from_json;
use crate::jinja::{self, Library, Phase, ProjectScope, Runtime, Template, Value};

/// Calls the macro `name` (`macro` or `package.macro`) with `args` by keyword, and hands back what it returns.
///
/// The runtime's node stands for the operation; its package decides how plain names are looked up.
pub fn run_operation(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
    name: &str,
    args: &Map<String, Json>,
) -> Result<Value, Diagnostic> {
    let kwargs: Vec<(&str, Value)> = args
        .iter()
        .map(|(key, value)| (key.as_str(), from_json(value)))
        .collect();
    let phase = Phase::Execute(Arc::clone(runtime));
    jinja::call_macro(
        library,
        scope,
        &phase,
        &runtime.node.package_name,
        name,
        &[],
        &kwargs,
    )
}

/// A hook of `on-run-start` or `on-run-end` as SQL; empty where it renders to nothing, and then it is not to be run.
pub fn render_hook(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
) -> Result<String, Diagnostic> {
    let node = &runtime.node;
    let template = Template {
        name: &node.unique_id,
        text: &node.raw_code,
        file: &node.original_file_path,
        line: 1,
        column: 1,
    };
    let sql = jinja::render(
        library,
        scope,
        &Phase::Execute(Arc::clone(runtime)),
        &node.package_name,
        template,
    )
    .map_err(|error| {
        if error.span.is_some() {
            error
        } else {
            error.at(Span::file(&node.original_file_path))
        }
    })?;
    Ok(sql.trim().to_owned())
}
