//! The overloads of a function: all are tried, whatever becomes of the others.

use std::sync::Arc;

use compiler::artifacts::manifest::{Node, ResourceType};
use compiler::artifacts::results::{RunResult, Status};
use compiler::compile;
use compiler::diag::Diagnostic;
use serde_json::json;

use super::context::{Context, Line};
use super::result::{self, CANCELLED};

/// Builds the overloads of a function that was built itself, and writes into its result how that went. Other nodes'
/// results come back as they are.
pub(super) fn build(
    context: &Context,
    line: &Line,
    node: &Arc<Node>,
    mut result: RunResult,
) -> Result<RunResult, Diagnostic> {
    if node.resource_type != ResourceType::Function {
        return Ok(result);
    }
    let (library, scope) = (&context.project.library, &context.scope);
    let runtime = Arc::new(context.runtime(Arc::clone(node), line));
    let mut reasons = Vec::new();
    let mut failed = Vec::new();
    for (name, overload) in compile::overloads_to_build(library, scope, &runtime)? {
        let own = Arc::new(context.runtime(Arc::new(overload), line));
        let Err(error) = compile::materialize(library, scope, &own) else {
            continue;
        };
        if error.code == CANCELLED {
            return Err(error);
        }
        line.warehouse
            .rollback()
            .map_err(|error| Diagnostic::error("database-error", error.to_string()))?;
        let reason = result::error_message(node, &error);
        reasons.push(format!("\noverload {name}: {}", context.redact(&reason)));
        failed.push(name);
    }
    let named = node
        .overloads
        .iter()
        .filter_map(|overload| overload["defined_in"].as_str());
    let successful: Vec<&str> = named
        .filter(|name| failed.iter().all(|failed| failed != name))
        .collect();
    result.overload_results = Some(json!({"successful": successful, "failed": failed}));
    if !failed.is_empty() {
        result.status = Status::PartialSuccess;
        result.message = Some(format!("PARTIAL SUCCESS {}{}", node.name, reasons.concat()));
    }
    Ok(result)
}
