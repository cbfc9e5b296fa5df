//! One step of `clone`: the relation that another environment keeps of a node, under this environment's name.

use std::sync::Arc;

use compiler::artifacts::manifest::Node;
use compiler::artifacts::results::Status;
use compiler::compile;

use super::context::{Context, Line};
use super::node::{Ended, Failed, write_run};
use super::result::{self, adapter_response};

/// dbt's word for a node of which nothing had to be done.
const NOTHING_DONE: &str = "No-op";

/// Calls the materialization `clone`, as dbt 1.12 does: a copy where the warehouse copies tables without their rows, a
/// view elsewhere. What the other environment does not have, and what is here already, is left as it is.
pub(super) fn run(context: &Context, line: &Line, node: &Arc<Node>) -> Result<Ended, Failed> {
    let mut runtime = context.runtime(Arc::clone(node), line);
    let quoting = context.scope.quoting;
    if let Some(relation) = context.options.deferral.relation(&node.unique_id, quoting) {
        let sql = format!("select * from {}", relation.render());
        runtime = runtime
            .with("sql", sql)
            .with("defer_relation", relation.into_value());
    }
    let runtime = Arc::new(runtime);
    let cloned = compile::clone_relation(&context.project.library, &context.scope, &runtime);
    let refuse = |error| Failed::of(node, error);
    write_run(context, node, &runtime).map_err(refuse)?;
    let cloned = cloned.map_err(refuse)?;
    let mut result = result::result(&node.unique_id, Status::Success);
    result.message = Some(NOTHING_DONE.to_owned());
    if let Some(materialized) = cloned {
        result.adapter_response = adapter_response(&materialized.response);
        result.message = Some(materialized.response.message);
    }
    Ok(Ended {
        result: result::describe(result, node),
        compiled: None,
        cancelled: false,
    })
}
