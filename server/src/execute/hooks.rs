//! The project's own hooks: `on-run-start` and `on-run-end`.

use std::sync::Arc;

use chrono::Utc;
use compiler::adapter::WarehouseError;
use compiler::artifacts::manifest::Node;
use compiler::artifacts::results::{RunResult, Status};
use compiler::compile;
use compiler::diag::Diagnostic;
use compiler::jinja::{RunContext, Runtime};

use super::context::{Context, Line};
use super::event::{Event, NodeInfo};
use super::result::{self, CANCELLED, timing};

/// The results of hooks.
#[derive(Default)]
pub(super) struct Ran {
    pub(super) results: Vec<RunResult>,
    /// Why the command cannot go on: the Jinja of a hook failed, not its SQL. dbt then ends with the exit code 2.
    pub(super) refused: Option<String>,
}

/// Runs hooks one after the other, outside of transactions. After one failed, the rest is skipped, as with dbt; one
/// that was stopped has no result, nor has what comes after it.
/// `phase` is `on-run-start` or `on-run-end`.
pub(super) fn run(
    context: &Context,
    line: &Line,
    hooks: &[Arc<Node>],
    phase: &str,
    run_context: &RunContext,
) -> Ran {
    let mut refused = None;
    let mut results: Vec<RunResult> = Vec::new();
    for (index, hook) in hooks.iter().enumerate() {
        let name = format!("{}.{phase}.{index}", hook.package_name);
        let info = NodeInfo {
            name: name.clone(),
            ..NodeInfo::of(hook)
        };
        let (index, total) = (index + 1, hooks.len());
        let mut result = if results.iter().any(|result| result.status.is_failure()) {
            let mut skipped = result::skipped(&hook.unique_id, Some(format!("{name} skipped")));
            skipped.failures = Some(1);
            skipped
        } else {
            context.events.emit(Event::NodeStarted {
                node: info.clone(),
                index,
                total,
                at: Utc::now(),
            });
            let ran = run_hook(context, line, hook, &name, run_context, &mut refused);
            let Some(result) = ran else {
                context.events.emit(Event::NodeCancelled {
                    node: info,
                    at: Utc::now(),
                });
                break;
            };
            result
        };
        "main".clone_into(&mut result.thread_id);
        let result = context.redacted(result);
        results.push(result.clone());
        context.events.emit(Event::NodeFinished {
            node: info,
            index,
            total,
            result: Box::new(result),
            at: Utc::now(),
        });
    }
    Ran { results, refused }
}

/// `None` where the run was stopped while the hook was at work.
fn run_hook(
    context: &Context,
    line: &Line,
    hook: &Arc<Node>,
    name: &str,
    run_context: &RunContext,
    refused: &mut Option<String>,
) -> Option<RunResult> {
    let started = Utc::now();
    let rendered = context.signed(hook, line).and_then(|line| {
        let runtime = Arc::new(Runtime::new(
            run_context.clone(),
            Arc::clone(hook),
            Arc::clone(&line.warehouse),
        ));
        let sql = compile::render_hook(&context.project.library, &context.scope, &runtime)?;
        Ok((line, sql))
    });
    if let Err(error) = &rendered
        && error.code != CANCELLED
    {
        let message = result::error_message(hook, error);
        *refused = Some(context.redact(&format!("the hook {name} cannot be rendered: {message}")));
    }
    let mut steps = vec![timing("compile", started)];
    let executing = Utc::now();
    let outcome = rendered.and_then(|(line, sql)| {
        line.warehouse.execute(&sql, false, None).map_err(|error| {
            let code = match error {
                WarehouseError::Cancelled => CANCELLED,
                _ => "database-error",
            };
            Diagnostic::error(code, error.to_string())
        })?;
        Ok(sql)
    });
    steps.push(timing("execute", executing));
    let mut result = match outcome {
        Ok(sql) => {
            let mut result = result::result(&hook.unique_id, Status::Success);
            result.message = Some(format!("{name} passed"));
            result.failures = Some(0);
            result.compiled = Some(true);
            result.compiled_code = Some(sql);
            result
        }
        Err(error) if error.code == CANCELLED => return None,
        Err(error) => {
            let mut result = result::result(&hook.unique_id, Status::Error);
            result.message = Some(format!(
                "{name} failed, error:\n {}",
                result::error_message(hook, &error)
            ));
            result.failures = Some(1);
            result
        }
    };
    result.timing = steps;
    result.execution_time = result::seconds_since(started);
    Some(result)
}
