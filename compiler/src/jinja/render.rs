//! The ways into the engine.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Library, Phase, ProjectScope, Value};
use crate::diag::{Diagnostic, Span};

/// A text to render.
#[derive(Debug, Clone, Copy)]
pub struct Template<'a> {
    /// What it is, for messages: a unique id or a file.
    pub name: &'a str,
    /// The Jinja text.
    pub text: &'a str,
    /// The file it stands in, relative to the project root.
    pub file: &'a str,
    /// The line of `file` that the text starts at.
    pub line: usize,
    /// The column that the text's first line starts at, from 1.
    pub column: usize,
}

/// Renders `template` as it stands in `package`.
pub fn render(
    library: &Library,
    scope: &Arc<ProjectScope>,
    phase: &Phase,
    package: &str,
    template: Template<'_>,
) -> Result<String, Diagnostic> {
    let _ = (library, scope, phase, package);
    minijinja::Environment::new()
        .render_str(template.text, Value::UNDEFINED)
        .map_err(|error| {
            Diagnostic::error("jinja", error.to_string()).at(Span::line(
                template.file,
                template.line + error.line().unwrap_or(1) - 1,
            ))
        })
}

/// Renders a YAML string by dbt's native rule: the result is read as a Python literal where it is one and was not a
/// plain string before.
pub fn render_native(
    library: &Library,
    scope: &Arc<ProjectScope>,
    phase: &Phase,
    package: &str,
    template: Template<'_>,
) -> Result<Json, Diagnostic> {
    render(library, scope, phase, package, template).map(Json::String)
}

/// Calls the macro that `name` means inside `package` (`name` may be `pkg.macro`) and hands back its value.
pub fn call_macro(
    library: &Library,
    scope: &Arc<ProjectScope>,
    phase: &Phase,
    package: &str,
    name: &str,
    args: &[Value],
    kwargs: &[(&str, Value)],
) -> Result<Value, Diagnostic> {
    let _ = (scope, phase, args, kwargs);
    Err(Diagnostic::error(
        "unknown-macro",
        match library.find(package, name) {
            Some(found) => format!("macro '{}' cannot be called yet", found.unique_id),
            None => format!("there is no macro '{name}'"),
        },
    ))
}
