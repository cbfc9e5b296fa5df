//! A microbatch model: the same SQL once for each window of event time. A batch that fails leaves the others, but for
//! the first, without which there is no table to go on with.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use compiler::artifacts::manifest::Node;
use compiler::artifacts::results::{BatchResults, RunResult, Status};
use compiler::compile::{self, metadata};
use compiler::diag::Diagnostic;
use compiler::event_time::{Batch, Microbatch, Window};
use compiler::jinja::adapter::RelationType;
use compiler::jinja::relation_of;
use serde_json::Value;

use super::context::{Context, Line};
use super::event::{Event, NodeInfo};
use super::node::{Ended, Failed, materialize, point_at_latest, write_compiled};
use super::result::{self, CANCELLED};

/// Builds a microbatch model batch by batch.
pub(super) fn run(context: &Context, line: &Line, node: &Arc<Node>) -> Result<Ended, Failed> {
    let refuse = |error: Diagnostic| Failed::of(node, error);
    let plan = Plan::of(context, line, node).map_err(refuse)?;
    let mut outcome = Outcome::default();
    for (index, window) in plan.windows.iter().enumerate() {
        let batch = Batch {
            window: *window,
            size: plan.microbatch.size,
            incremental: index > 0 || plan.incremental,
        };
        let progress = Progress {
            context,
            node,
            label: batch.label(),
            index: index + 1,
            total: plan.windows.len(),
        };
        if outcome.is_over() {
            outcome.leave(*window);
            progress.tell(Some(result::skipped(&node.unique_id, None)));
            continue;
        }
        progress.tell(None);
        let started = Utc::now();
        let own = Arc::new(plan.node_of(node, index));
        let built = build(context, line, &own, batch);
        let ended = outcome.take(context, &own, &batch, built);
        progress.tell(Some(RunResult {
            execution_time: result::seconds_since(started),
            ..ended
        }));
        line.warehouse
            .rollback()
            .map_err(|error| refuse(Diagnostic::error("database-error", error.to_string())))?;
    }
    if outcome.cancelled && outcome.results.successful.is_empty() {
        return Err(refuse(Diagnostic::error(CANCELLED, "cancelled")));
    }
    let result = outcome.into_result(node, plan.before.as_ref());
    if result.status == Status::Success {
        let relation = relation_of(node, context.scope.quoting);
        point_at_latest(context, line, node, &relation).map_err(refuse)?;
    }
    Ok(Ended {
        result: result::describe(result, node),
        compiled: None,
        cancelled: false,
    })
}

/// What is built, known before the first batch.
struct Plan {
    microbatch: Microbatch,
    windows: Vec<Window>,
    /// Whether the first batch goes into a table that is there.
    incremental: bool,
    /// `retry`: how the batches ended before.
    before: Option<BatchResults>,
}

impl Plan {
    fn of(context: &Context, line: &Line, node: &Arc<Node>) -> Result<Self, Diagnostic> {
        let microbatch = Microbatch::of(node)?;
        let (library, scope) = (&context.project.library, &context.scope);
        let runtime = Arc::new(context.runtime(Arc::clone(node), line));
        let existing = metadata::own_relation(library, scope, &runtime)?;
        let is_table = existing.is_some_and(|found| found.kind == Some(RelationType::Table));
        let full_refresh = node.config.flag("full_refresh");
        let incremental = is_table && !full_refresh.unwrap_or(context.options.full_refresh);
        let options = &context.options;
        let before = options.batches.get(&node.unique_id).cloned();
        let windows = if let Some(before) = &before {
            before.failed.iter().filter_map(window).collect()
        } else {
            let asked = options.sample.or(options.event_time);
            let now = options.began.unwrap_or(context.run_started());
            microbatch.batches(incremental, asked, now)
        };
        Ok(Self {
            microbatch,
            windows,
            incremental,
            before,
        })
    }

    /// The model as one batch has it: hooks that run before it go with the first, those after it with the last.
    fn node_of(&self, node: &Node, index: usize) -> Node {
        let mut own = node.clone();
        let mut drop = |key: &str| {
            own.config
                .0
                .insert(key.to_owned(), Value::Array(Vec::new()))
        };
        if index > 0 {
            drop("pre-hook");
        }
        if index + 1 < self.windows.len() {
            drop("post-hook");
        }
        own
    }
}

fn build(
    context: &Context,
    line: &Line,
    node: &Arc<Node>,
    batch: Batch,
) -> Result<RunResult, Diagnostic> {
    let runtime = |node: &Arc<Node>| {
        let mut runtime = context.runtime(Arc::clone(node), line);
        runtime.batch = Some(batch);
        runtime
    };
    let (library, scope) = (&context.project.library, &context.scope);
    let compiled = compile::compile_node(library, scope, &Arc::new(runtime(node)))?;
    let node = write_compiled(context, compiled, node, Some(&batch))?;
    let materialized = materialize(context, &node, runtime(&node))?;
    let mut result = result::result(&node.unique_id, Status::Success);
    result.message = Some(materialized.response.message);
    Ok(result)
}

/// How the batches ended so far.
#[derive(Default)]
struct Outcome {
    results: BatchResults,
    /// What the failed ones said, each once, with the batch that said it first.
    reasons: Vec<(String, String)>,
    cancelled: bool,
}

impl Outcome {
    /// Whether the batches that are left are not tried.
    fn is_over(&self) -> bool {
        let first_failed = self.results.successful.is_empty() && !self.results.failed.is_empty();
        self.cancelled || first_failed
    }

    fn leave(&mut self, window: Window) {
        self.results.failed.push(text(window));
    }

    /// Counts a batch; its own result comes back.
    fn take(
        &mut self,
        context: &Context,
        node: &Node,
        batch: &Batch,
        built: Result<RunResult, Diagnostic>,
    ) -> RunResult {
        let error = match built {
            Ok(result) => {
                self.results.successful.push(text(batch.window));
                return result;
            }
            Err(error) => error,
        };
        self.leave(batch.window);
        self.cancelled |= error.code == CANCELLED;
        let message = context.redact(&result::error_message(node, &error));
        if self.reasons.iter().all(|(_, known)| *known != message) {
            self.reasons.push((batch.label(), message.clone()));
        }
        RunResult {
            message: Some(message),
            ..result::result(&node.unique_id, Status::Error)
        }
    }

    fn into_result(mut self, node: &Node, before: Option<&BatchResults>) -> RunResult {
        let (built, failed) = (self.results.successful.len(), self.results.failed.len());
        let (status, words) = if failed == 0 {
            (Status::Success, "SUCCESS".to_owned())
        } else if built == 0 {
            (Status::Error, "ERROR".to_owned())
        } else {
            let words = format!("PARTIAL SUCCESS ({built}/{})", built + failed);
            (Status::PartialSuccess, words)
        };
        let reasons = self.reasons.iter();
        let reasons = reasons.map(|(label, reason)| format!("\nbatch {label}: {reason}"));
        let message = std::iter::once(words).chain(reasons).collect();
        if let Some(before) = before {
            let earlier = before.successful.iter().cloned();
            self.results.successful.extend(earlier);
        }
        RunResult {
            message: Some(message),
            failures: Some(0),
            batch_results: Some(self.results),
            ..result::result(&node.unique_id, status)
        }
    }
}

/// Where the run is with a model's batches.
struct Progress<'a> {
    context: &'a Context,
    node: &'a Node,
    label: String,
    index: usize,
    total: usize,
}

impl Progress<'_> {
    fn tell(&self, result: Option<RunResult>) {
        self.context.events.emit(Event::Batch {
            node: NodeInfo::of(self.node),
            label: self.label.clone(),
            index: self.index,
            total: self.total,
            result: result.map(Box::new),
            at: Utc::now(),
        });
    }
}

/// A window as `run_results.json` has it.
fn text(window: Window) -> [String; 2] {
    let iso = |moment: DateTime<Utc>| moment.format("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    [iso(window.start), iso(window.end)]
}

fn window(text: &[String; 2]) -> Option<Window> {
    let at = |text: &str| compiler::event_time::moment(text);
    Window::checked(at(&text[0])?, at(&text[1])?).ok()
}
