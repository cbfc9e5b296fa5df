//! One unit test: its model's code over the rows that it gives, compared with the rows that it expects.

use std::sync::Arc;

use chrono::Utc;
use compiler::artifacts::results::{RunResult, Status, Timing};
use compiler::compile::{self, UnitTest};
use compiler::diag::Diagnostic;
use compiler::jinja::{RunContext, Runtime};

use super::context::{Context, Line};
use super::difference::Difference;
use super::node::{Ended, Failed, materialize, write_compiled};
use super::plan::Named;
use super::result::{self, adapter_response, timing};

/// Compiles and runs a unit test.
pub(super) fn run(
    context: &Context,
    line: &Line,
    test: &Named,
    steps: &mut Vec<Timing>,
) -> Result<Ended, Failed> {
    let stub = Arc::new(test.as_node());
    let refuse = |error: Diagnostic| Failed::of(&stub, error);
    let started = Utc::now();
    let unit = UnitTest::new(&context.project.manifest, &context.scope, &test.unique_id)
        .map_err(refuse)?;
    let run_context = RunContext {
        manifest: Arc::clone(&unit.manifest),
        graph: Arc::default(),
        ..context.run_context()
    };
    let mut runtime = Runtime::new(
        run_context.clone(),
        Arc::clone(&unit.node),
        Arc::clone(&line.warehouse),
    );
    runtime.unit_test = Some(Arc::clone(&unit.overrides));
    let compiled = compile::compile_node(&context.project.library, &unit.scope, &Arc::new(runtime));
    steps.push(timing("compile", started));
    let node = compiled
        .and_then(|compiled| write_compiled(context, compiled, &unit.node, None))
        .map_err(refuse)?;

    let started = Utc::now();
    let runtime = Runtime::new(run_context, Arc::clone(&node), Arc::clone(&line.warehouse));
    let materialized = materialize(context, &node, runtime);
    steps.push(timing("execute", started));
    let materialized = materialized.map_err(|error| {
        let hint = "do the rows under `given` and `expect` have the types of their columns?";
        let error = if error.hint.is_some() {
            error
        } else {
            error.hint(hint)
        };
        Failed::of(&node, error)
    })?;
    let difference = Difference::of(&materialized.table)
        .map_err(|reason| Failed::of(&node, Diagnostic::error("unit-test-result", reason)))?;
    let mut result = RunResult {
        adapter_response: adapter_response(&materialized.response),
        failures: Some(0),
        ..result::result(&node.unique_id, Status::Pass)
    };
    if let Some(difference) = difference {
        result.status = Status::Fail;
        result.failures = Some(1);
        result.message = Some(format!("actual differs from expected:\n\n{difference}"));
    }
    Ok(Ended {
        result: result::describe(result, &node),
        compiled: Some(node),
        cancelled: false,
    })
}
