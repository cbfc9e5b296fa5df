//! One step of a run: compile, materialize, judge.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use chrono::Utc;
use compiler::adapter::WarehouseError;
use compiler::artifacts::manifest::{Node, ResourceType};
use compiler::artifacts::results::{RunResult, Status, Timing};
use compiler::compile::{self, Compiled, Materialized};
use compiler::diag::Diagnostic;
use compiler::event_time::{Batch, Microbatch};
use compiler::jinja::Runtime;
use compiler::jinja::adapter::Relation;
use compiler::seed::{Opener, Seed};
use compiler::world::World;

use super::cancel::CancelToken;
use super::context::{Context, Line};
use super::files;
use super::options::Command;
use super::plan::Subject;
use super::result::{self, Verdict, adapter_response, timing};
use super::{batches, clone, overloads, unit_test};

/// What a step left behind.
pub(super) struct Ended {
    pub(super) result: RunResult,
    /// The node with its compiled SQL, for `manifest.json`.
    pub(super) compiled: Option<Arc<Node>>,
    /// Whether it failed because its statement was stopped.
    pub(super) cancelled: bool,
}

/// Runs a step on a connection, whose transaction is over afterwards.
pub(super) fn run(context: &Context, line: &Line, subject: &Subject) -> Ended {
    let started = Utc::now();
    let node = match subject {
        Subject::Node(node) => Arc::clone(node),
        Subject::UnitTest(test) => Arc::new(test.as_node()),
        Subject::Idle(named) => return nothing_to_do(&named.unique_id),
    };
    let mut steps = Vec::new();
    // A macro of the project or a driver that panics costs its node, not the run.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let ready = line.warehouse.ready();
        ready.map_err(|error| Failed::of(&node, unready(&error)))?;
        if context.command.executes()
            && context.is_relational(&node)
            && let Some(wrong) = context.misnamed(&node)
        {
            let error = Diagnostic::error("name-too-long", wrong)
                .hint("give it a shorter alias: PostgreSQL cuts longer names off");
            return Err(Failed::of(&node, error));
        }
        let line = context.signed(&node, line);
        let line = &line.map_err(|error| Failed::of(&node, error))?;
        match subject {
            Subject::UnitTest(test) => unit_test::run(context, line, test, &mut steps),
            _ if context.command == Command::Clone => clone::run(context, line, &node),
            _ if context.command.executes() && Microbatch::is_of(&node) => {
                batches::run(context, line, &node)
            }
            _ => run_node(context, line, &node, &mut steps),
        }
    }))
    .unwrap_or_else(|_| {
        let error = Diagnostic::error("internal", "the engine failed on this node");
        Err(Failed::of(&node, error))
    });
    // What a test or a failed node left open is undone; after a commit this does nothing.
    let undone = line.warehouse.rollback();
    let mut ended = match (outcome, undone) {
        (Ok(ended), Ok(())) => ended,
        (Ok(ended), Err(error)) => {
            let node = ended.compiled.unwrap_or(node);
            failed(
                context,
                &node,
                &Diagnostic::error("database-error", error.to_string()),
            )
        }
        (Err(failure), _) => failed(context, &failure.node, &failure.error),
    };
    ended.result.timing = steps;
    ended.result.execution_time = result::seconds_since(started);
    ended
}

/// A node's failure, with the node as far as it came.
pub(super) struct Failed {
    node: Arc<Node>,
    error: Diagnostic,
}

impl Failed {
    pub(super) fn of(node: &Arc<Node>, error: Diagnostic) -> Self {
        Self {
            node: Arc::clone(node),
            error,
        }
    }
}

fn unready(error: &WarehouseError) -> Diagnostic {
    let code = match error {
        WarehouseError::Cancelled => result::CANCELLED,
        _ => "connection-error",
    };
    Diagnostic::error(code, error.to_string())
}

fn run_node(
    context: &Context,
    line: &Line,
    node: &Arc<Node>,
    steps: &mut Vec<Timing>,
) -> Result<Ended, Failed> {
    let started = Utc::now();
    let compiled = compile_step(context, line, node);
    steps.push(timing("compile", started));
    let node = &compiled.map_err(|error| Failed::of(node, error))?;

    let started = Utc::now();
    let only_compiled = !context.command.executes() || node.is_ephemeral();
    if only_compiled {
        steps.push(timing("execute", started));
        let result = result::describe(result::result(&node.unique_id, Status::Success), node);
        return Ok(Ended {
            result,
            compiled: Some(Arc::clone(node)),
            cancelled: false,
        });
    }
    let ended = materialize_step(context, line, node)
        .and_then(|materialized| judge(node, &materialized, context.options.fatal.tests));
    let ended = ended.and_then(|result| overloads::build(context, line, node, result));
    steps.push(timing("execute", started));
    let result = ended.map_err(|error| Failed::of(node, error))?;
    Ok(Ended {
        result: result::describe(result, node),
        compiled: Some(Arc::clone(node)),
        cancelled: false,
    })
}

/// The node with its SQL, which stands in `target/compiled` too.
fn compile_step(context: &Context, line: &Line, node: &Arc<Node>) -> Result<Arc<Node>, Diagnostic> {
    if node.resource_type == ResourceType::Seed {
        return Ok(Arc::clone(node));
    }
    let runtime = Arc::new(context.runtime(Arc::clone(node), line));
    let compiled = compile::compile_node(&context.project.library, &context.scope, &runtime)?;
    write_compiled(context, compiled, node, None)
}

/// The node, or a batch of it, with its SQL, which is written to `target/compiled`.
pub(super) fn write_compiled(
    context: &Context,
    compiled: Compiled,
    node: &Node,
    batch: Option<&Batch>,
) -> Result<Arc<Node>, Diagnostic> {
    let mut node = compiled.write_into(Node::clone(node));
    let path = files::sql_path(&node, batch);
    let path = context.sql_folder("compiled").join(path);
    node.compiled_path = Some(context.project.relative(&path));
    write_sql(&path, node.compiled_code.as_deref().unwrap_or_default())?;
    Ok(Arc::new(node))
}

fn materialize_step(
    context: &Context,
    line: &Line,
    node: &Arc<Node>,
) -> Result<Materialized, Diagnostic> {
    let mut runtime = context.runtime(Arc::clone(node), line);
    if node.resource_type == ResourceType::Seed {
        let seed = Seed::open(node, seed_file(context, line, node));
        let seed = seed.map_err(|error| unless_cancelled(line, error))?;
        let seed = if context.options.empty {
            seed.without_rows()
        } else {
            seed
        };
        runtime.seed = Some(Arc::new(seed));
    }
    let materialized = materialize(context, node, runtime);
    let materialized = materialized.map_err(|error| unless_cancelled(line, error))?;
    if let Some(relation) = materialized.relations.first() {
        point_at_latest(context, line, node, relation)?;
    }
    Ok(materialized)
}

/// Makes the view at a model's latest version, if the node is that and has one.
pub(super) fn point_at_latest(
    context: &Context,
    line: &Line,
    node: &Arc<Node>,
    relation: &Relation,
) -> Result<(), Diagnostic> {
    let runtime = Arc::new(context.runtime(Arc::clone(node), line));
    let (library, scope) = (&context.project.library, &context.scope);
    compile::point_at_latest(library, scope, &runtime, relation)
}

/// Runs the node's materialization; its main statement is written to `target/run`, also where it failed.
pub(super) fn materialize(
    context: &Context,
    node: &Node,
    runtime: Runtime,
) -> Result<Materialized, Diagnostic> {
    let runtime = Arc::new(runtime);
    let materialized = compile::materialize(&context.project.library, &context.scope, &runtime);
    write_run(context, node, &runtime)?;
    materialized
}

/// Writes the main statement of what was materialized to `target/run`, where there is one.
pub(super) fn write_run(
    context: &Context,
    node: &Node,
    runtime: &Runtime,
) -> Result<(), Diagnostic> {
    let Some(sql) = runtime.main_sql() else {
        return Ok(());
    };
    let path = files::sql_path(node, runtime.batch.as_ref());
    write_sql(&context.sql_folder("run").join(path), &sql)
}

/// The error, unless it is about a file that nobody wanted to read any further.
fn unless_cancelled(line: &Line, error: Diagnostic) -> Diagnostic {
    if error.code == "seed-file" && line.cancel.is_cancelled() {
        return Diagnostic::error(result::CANCELLED, "cancelled");
    }
    error
}

/// A seed's file, which is not read on once the run is stopped.
fn seed_file(context: &Context, line: &Line, node: &Node) -> Opener {
    let world = Arc::clone(&context.project.world);
    let folder = Path::new(node.root_path.as_deref().unwrap_or_default());
    let path = folder.join(&node.original_file_path);
    let path = path.to_string_lossy().into_owned();
    let cancel = line.cancel.clone();
    Box::new(move || {
        let file = world.open(&path)?;
        let cancel = cancel.clone();
        Ok(Box::new(Stoppable { file, cancel }))
    })
}

struct Stoppable {
    file: Box<dyn Read>,
    cancel: CancelToken,
}

impl Read for Stoppable {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(std::io::Error::other("cancelled"));
        }
        self.file.read(buffer)
    }
}

fn write_sql(path: &Path, sql: &str) -> Result<(), Diagnostic> {
    files::write_sql(path, sql)
        .map_err(|error| Diagnostic::error("target-folder", error.to_string()))
}

/// The result of what was materialized: for tests by their counts, for all others by the warehouse's answer.
fn judge(
    node: &Node,
    materialized: &Materialized,
    warnings_fail: bool,
) -> Result<RunResult, Diagnostic> {
    let mut result = result::result(&node.unique_id, Status::Success);
    result.adapter_response = adapter_response(&materialized.response);
    if node.resource_type == ResourceType::Test {
        let verdict = Verdict::of(&materialized.table)
            .map_err(|reason| Diagnostic::error("test-result", reason))?;
        let (status, message, failures) = verdict.judge(node, warnings_fail);
        result.status = status;
        result.message = message;
        result.failures = Some(failures);
    } else {
        result.message = Some(materialized.response.message.clone());
    }
    Ok(result)
}

fn failed(context: &Context, node: &Arc<Node>, error: &Diagnostic) -> Ended {
    let mut result = result::result(&node.unique_id, Status::Error);
    result.message = Some(context.redact(&result::error_message(node, error)));
    Ended {
        result: result::describe(result, node),
        compiled: node.compiled.then(|| Arc::clone(node)),
        cancelled: error.code == result::CANCELLED,
    }
}

fn nothing_to_do(unique_id: &str) -> Ended {
    let mut result = result::result(unique_id, Status::NoOp);
    result.message = Some("NO-OP".to_owned());
    result.failures = Some(0);
    Ended {
        result,
        compiled: None,
        cancelled: false,
    }
}

/// What a step may be skipped for, as its result has it.
pub(super) fn skipped(subject: &Subject, message: Option<String>) -> RunResult {
    let result = result::skipped(subject.unique_id(), message);
    match subject {
        Subject::Node(node) => result::describe(result, node),
        Subject::UnitTest(_) | Subject::Idle(_) => result,
    }
}
