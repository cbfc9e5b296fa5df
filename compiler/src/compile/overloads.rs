//! Further signatures of a function: each is built as the function is, with arguments and a body of its own.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::artifacts::manifest::Node;
use crate::diag::Diagnostic;
use crate::jinja::{self, Library, Phase, ProjectScope, Runtime};

/// The overloads of the runtime's node that are still to be built once the function is: the name of each one's file,
/// and the node that stands for it.
pub fn overloads_to_build(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
) -> Result<Vec<(String, Node)>, Diagnostic> {
    let node = &runtime.node;
    if node.overloads.is_empty() {
        return Ok(Vec::new());
    }
    let phase = Phase::Execute(Arc::clone(runtime));
    let package = &node.package_name;
    let name = "makes_overloads_at_once";
    let at_once = jinja::call_macro(library, scope, &phase, package, name, &[], &[])?;
    if at_once.is_true() {
        return Ok(Vec::new());
    }
    Ok(node.overloads.iter().map(|one| of(node, one)).collect())
}

fn of(node: &Node, overload: &Json) -> (String, Node) {
    let text = |key: &str| overload[key].as_str().map(str::to_owned);
    let mut own = node.clone();
    own.overloads = Vec::new();
    own.arguments = overload["arguments"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if !overload["returns"].is_null() {
        own.returns = Some(overload["returns"].clone());
    }
    own.compiled_code = Some(text("compiled_body").unwrap_or_default());
    (text("defined_in").unwrap_or_default(), own)
}
