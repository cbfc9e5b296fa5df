//! The engine's front door.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::Utc;
use compiler::adapter::Table;
use compiler::artifacts::catalog::Catalog;
use compiler::adapter::WarehouseError;
use compiler::artifacts::manifest::{Node, ResourceType, Source};
use compiler::artifacts::results::{RunResult, RunResults, SourcesResults, Status};
use compiler::compile;
use compiler::diag::{Diagnostic, Diagnostics, Span};
use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value};

use super::cancel::CancelToken;
use super::context::{Context, Line};
use super::event::{Event, EventSink, Level, Totals};
use super::journal::{Header, Journal};
use super::options::{Command, RunOptions};
use super::plan::Plan;
use super::watch::Watch;
use super::workers::{self, Work};
use super::{catalog, files, freshness, hooks, node, prepare, record, result};
use crate::adapter::{self, ConnectError, Patience};
use crate::project::Project;

/// Why a run could not be carried out. What fails inside a node is that node's result instead.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The warehouse cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The warehouse refused something that the run needs before its nodes.
    #[error("{0}")]
    Warehouse(String),
    /// Mistakes in the project that showed only now.
    #[error("{0}")]
    Project(#[from] Diagnostics),
    /// A file cannot be written or read.
    #[error("cannot write {}: {reason}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// What was asked for does not exist or makes no sense.
    #[error("{0}")]
    Request(String),
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What stands in `run_results.json`.
    pub results: RunResults,
    /// Counted by outcome, hooks included.
    pub totals: Totals,
    /// Why it stopped early, if it did.
    pub cancelled: Option<String>,
}

impl Outcome {
    /// Whether the command exits with 0: nothing failed, and nothing but exposures was skipped.
    pub fn success(&self) -> bool {
        let failed = |result: &RunResult| {
            let skipped = result.status == Status::Skipped && !result.unique_id.starts_with("exposure.");
            result.status.is_failure() || skipped
        };
        self.cancelled.is_none() && !self.results.results.iter().any(failed)
    }
}

/// What `docs generate` found.
#[derive(Debug, Clone)]
pub struct Generated {
    /// What stands in `catalog.json`.
    pub catalog: Catalog,
    /// Where it was written.
    pub path: PathBuf,
    /// Results of compiling, where that was asked for.
    pub compiled: Option<Outcome>,
}

/// What `show` looks at.
#[derive(Debug, Clone, Copy)]
pub enum ShowTarget<'a> {
    /// A node by unique id.
    Node(&'a str),
    /// SQL with Jinja from the command line.
    Inline(&'a str),
}

/// What `show` found.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Name of the node, or `inline_query`.
    pub name: String,
    /// Its SQL.
    pub sql: String,
    /// Its rows.
    pub table: Table,
}

/// Runs nodes of one project. Cheap to make; a run holds the warehouse only while it runs.
pub struct Runner {
    project: Arc<Project>,
    options: RunOptions,
    events: Arc<dyn EventSink>,
    cancel: CancelToken,
}

impl Runner {
    /// A runner over a project without errors.
    pub fn new(project: Arc<Project>, options: RunOptions, events: Arc<dyn EventSink>, cancel: CancelToken) -> Self {
        Self { project, options, events, cancel }
    }

    /// Runs the selected nodes (unique ids) and writes the artifacts. Nodes that the command does not run are left out.
    pub fn run(&self, command: Command, selected: &IndexSet<String>) -> Result<Outcome, RunError> {
        let plan = Plan::new(&self.project.manifest, command, selected)?;
        if plan.steps.is_empty() {
            return self.finish(command, None, Vec::new(), &[], 0.0);
        }
        let context = self.context(command, selected)?;
        let begun = Utc::now();
        let line = context.connect(&self.cancel)?;
        let watch = Watch::new(&self.cancel, vec![Arc::clone(&line.interrupt)]);
        let journal = Journal::begin(&self.project.target_path, self.header(command, &plan))?;
        let threads = self.options.threads.unwrap_or(self.project.threads);
        self.events.emit(Event::RunStarted {
            command,
            total: plan.counted(),
            threads,
            target: self.project.target.name.clone(),
        });
        let mut results = Vec::new();
        let mut work = Work::default();
        if !self.cancel.is_cancelled() {
            prepare::run(&context, &line, &plan)?;
            let refused = if self.options.require_fresh {
                freshness::refused(&context, &line, &plan)?
            } else {
                IndexMap::new()
            };
            results = self.hooks(&context, &line, "on-run-start", &[])?;
            journal_all(&journal, &results)?;
            work = if results.iter().any(|result| result.status.is_failure()) {
                skip_all(&plan, &journal)?
            } else {
                workers::run(&context, &plan, Some(&journal), &refused, &self.cancel, threads)?
            };
            results.append(&mut work.results);
            if !self.cancel.is_cancelled() {
                let ended = self.hooks(&context, &line, "on-run-end", &results)?;
                journal_all(&journal, &ended)?;
                results.extend(ended);
            }
        }
        drop(watch);
        self.finish(command, Some(&journal), results, &work.compiled, result::seconds_since(begun))
    }

    /// Looks at the age of the selected sources and writes `sources.json`.
    pub fn freshness(&self, selected: &IndexSet<String>) -> Result<SourcesResults, RunError> {
        let sources: Vec<&Source> = selected
            .iter()
            .filter_map(|id| self.project.manifest.sources.get(id))
            .filter(|source| freshness::is_checked(source))
            .collect();
        let begun = Utc::now();
        let mut checked = Vec::new();
        let mut hooks_run = Vec::new();
        if !sources.is_empty() {
            let context = self.context(Command::Freshness, selected)?;
            let threads = self.options.threads.unwrap_or(self.project.threads).clamp(1, sources.len());
            let lines =
                (0..threads).map(|_| context.connect(&self.cancel)).collect::<Result<Vec<Line>, RunError>>()?;
            let _watch = Watch::new(&self.cancel, lines.iter().map(|line| Arc::clone(&line.interrupt)).collect());
            self.events.emit(Event::RunStarted {
                command: Command::Freshness,
                total: sources.len(),
                threads,
                target: self.project.target.name.clone(),
            });
            hooks_run = self.hooks(&context, &lines[0], "on-run-start", &[])?;
            checked = freshness::check_all(&context, &lines, &sources);
            hooks_run.extend(self.hooks(&context, &lines[0], "on-run-end", &[])?);
        }
        let results = SourcesResults {
            metadata: record::metadata(&self.project, "sources/v3"),
            results: checked,
            elapsed_time: result::seconds_since(begun),
        };
        if self.options.write_json {
            record::write_manifest(&self.project, &[])?;
            files::write_json(&self.project.target_path.join("sources.json"), &results)?;
        }
        let mut totals = Totals::of(&hooks_run);
        results.results.iter().for_each(|result| totals.add(result.status));
        let cancelled = self.cancel.reason();
        self.events.emit(Event::RunFinished { totals, elapsed: results.elapsed_time, cancelled });
        Ok(results)
    }

    /// Reads the catalog of the selected nodes and all sources into `catalog.json`, compiling the nodes first where
    /// `compile` is set.
    pub fn generate(&self, selected: &IndexSet<String>, compile: bool) -> Result<Generated, RunError> {
        let compiled = if compile { Some(self.run(Command::Generate, selected)?) } else { None };
        let context = self.context(Command::Generate, selected)?;
        let line = context.connect(&self.cancel)?;
        let _watch = Watch::new(&self.cancel, vec![Arc::clone(&line.interrupt)]);
        let mut catalog = catalog::read(&context, &line);
        catalog.nodes.retain(|id, _| selected.contains(id));
        let path = self.project.target_path.join("catalog.json");
        files::write_json(&path, &catalog)?;
        Ok(Generated { catalog, path, compiled })
    }

    /// Calls one macro (`name` or `package.name`) with named arguments. What it leaves uncommitted is undone, as with dbt.
    pub fn run_operation(&self, name: &str, args: &Map<String, Value>) -> Result<Outcome, RunError> {
        let context = self.context(Command::RunOperation, &IndexSet::new())?;
        let line = context.connect(&self.cancel)?;
        let _watch = Watch::new(&self.cancel, vec![Arc::clone(&line.interrupt)]);
        let begun = Utc::now();
        let node = context.operation(name);
        let runtime = Arc::new(context.runtime(Arc::clone(&node), &line));
        let outcome = compile::run_operation(&self.project.library, &context.scope, &runtime, name, args);
        let undone = line.warehouse.rollback();
        let package = name.split_once('.').map_or(self.project.scope.project_name.as_str(), |(package, _)| package);
        let plain = name.rsplit('.').next().unwrap_or(name);
        let known = self.project.library.find(package, plain);
        let id = known.map_or_else(|| format!("macro.{package}.{plain}"), |source| source.unique_id.clone());
        let error = outcome.err().or_else(|| undone.err().map(|error| database_error(&error)));
        let mut result = result::result(&id, if error.is_some() { Status::Error } else { Status::Success });
        result.failures = Some(i64::from(error.is_some()));
        result.message = error.map(|error| context.redact(&result::plain_message(&error)));
        result.timing = vec![result::timing(plain, begun)];
        result.execution_time = result::seconds_since(begun);
        "main".clone_into(&mut result.thread_id);
        self.finish(Command::RunOperation, None, vec![result], &[], result::seconds_since(begun))
    }

    /// Compiles a node, or SQL from the command line, and fetches its first rows. `None` fetches all.
    pub fn show(&self, what: ShowTarget<'_>, limit: Option<usize>) -> Result<Shown, RunError> {
        let context = self.context(Command::Show, &IndexSet::new())?;
        let line = context.connect(&self.cancel)?;
        let _watch = Watch::new(&self.cancel, vec![Arc::clone(&line.interrupt)]);
        let node = self.shown_node(&context, what)?;
        let failed = |error: Diagnostic| self.node_error(&context, &node, error);
        let (library, scope) = (&self.project.library, &context.scope);
        let runtime = Arc::new(context.runtime(Arc::clone(&node), &line));
        let compiled = compile::compile_node(library, scope, &runtime).map_err(failed)?;
        let sql = compile::metadata::show_sql(library, scope, &runtime, &compiled.sql, limit.map(|limit| limit as u64))
            .map_err(failed)?;
        let (_, table) =
            line.warehouse.execute(&sql, true, limit).map_err(|error| failed(database_error(&error)))?;
        Ok(Shown { name: node.name.clone(), sql: compiled.sql, table })
    }

    /// Compiles SQL from the command line.
    pub fn compile_inline(&self, sql: &str) -> Result<String, RunError> {
        let context = self.context(Command::Compile, &IndexSet::new())?;
        let line = context.connect(&self.cancel)?;
        let _watch = Watch::new(&self.cancel, vec![Arc::clone(&line.interrupt)]);
        let node = self.shown_node(&context, ShowTarget::Inline(sql))?;
        let runtime = Arc::new(context.runtime(Arc::clone(&node), &line));
        let compiled = compile::compile_node(&self.project.library, &context.scope, &runtime);
        Ok(compiled.map_err(|error| self.node_error(&context, &node, error))?.sql)
    }

    /// Opens a connection and runs a trivial query, as `debug` does.
    pub fn check_connection(&self) -> Result<(), RunError> {
        let context = self.context(Command::Show, &IndexSet::new())?;
        let line = context.connect(&self.cancel)?;
        line.warehouse
            .execute("select 1 as id", true, None)
            .map(|_| ())
            .map_err(|error| RunError::Warehouse(error.to_string()))
    }

    fn shown_node(&self, context: &Context, what: ShowTarget<'_>) -> Result<Arc<Node>, RunError> {
        match what {
            ShowTarget::Node(id) => self
                .project
                .manifest
                .nodes
                .get(id)
                .map(|node| Arc::new(node.clone()))
                .ok_or_else(|| RunError::Request(format!("there is no node '{id}'"))),
            ShowTarget::Inline(sql) => {
                let mut node = Node::clone(&context.operation("inline_query"));
                node.resource_type = ResourceType::SqlOperation;
                node.unique_id = format!("sql_operation.{}.inline_query", node.package_name);
                "inline_query".clone_into(&mut node.original_file_path);
                sql.clone_into(&mut node.raw_code);
                Ok(Arc::new(node))
            }
        }
    }

    /// What is wrong with a node, without secrets.
    fn node_error(&self, context: &Context, node: &Node, mut error: Diagnostic) -> RunError {
        error.message = context.redact(&error.message);
        if error.span.is_none() {
            error = error.at(Span::file(&node.original_file_path));
        }
        RunError::Project(error.into())
    }

    /// Opens the warehouse, which may mean to wait for it.
    fn context(&self, command: Command, selected: &IndexSet<String>) -> Result<Context, RunError> {
        let events = Arc::clone(&self.events);
        let notice = move |message: &str| {
            events.emit(Event::Log { unique_id: None, level: Level::Info, message: message.to_owned(), at: Utc::now() });
        };
        let patience = Patience { timeout: self.options.lock_timeout, notice: &notice, cancel: &self.cancel };
        let connector = adapter::open(&self.project.target, &patience)?;
        Ok(Context::new(
            Arc::clone(&self.project),
            command,
            self.options.clone(),
            Arc::clone(&self.events),
            connector,
            selected,
        ))
    }

    fn header(&self, command: Command, plan: &Plan) -> Header {
        Header {
            metadata: record::metadata(&self.project, "run-results/v6"),
            args: self.args(command),
            pid: std::process::id(),
            nodes: plan
                .steps
                .iter()
                .filter(|step| !step.subject.is_ephemeral())
                .map(|step| step.subject.unique_id().to_owned())
                .collect(),
        }
    }

    fn args(&self, command: Command) -> Map<String, Value> {
        let mut args = self.options.args.clone();
        args.entry("which").or_insert_with(|| command.which().into());
        args
    }

    fn hooks(
        &self,
        context: &Context,
        line: &Line,
        phase: &str,
        results: &[RunResult],
    ) -> Result<Vec<RunResult>, RunError> {
        if !context.command.executes() && context.command != Command::Freshness {
            return Ok(Vec::new());
        }
        let hooks = if phase == "on-run-start" { &self.project.on_run_start } else { &self.project.on_run_end };
        let mut run_context = context.run_context();
        run_context.schemas = Arc::new(record::built_schemas(&self.project.manifest, results));
        run_context.results = Arc::new(record::results_with_nodes(&self.project.manifest, results));
        Ok(hooks::run(context, line, hooks, phase, &run_context))
    }

    /// Writes the artifacts and tells that the run is over.
    fn finish(
        &self,
        command: Command,
        journal: Option<&Journal>,
        results: Vec<RunResult>,
        compiled: &[Arc<Node>],
        elapsed: f64,
    ) -> Result<Outcome, RunError> {
        let results = RunResults {
            metadata: record::metadata(&self.project, "run-results/v6"),
            results,
            elapsed_time: elapsed,
            args: self.args(command),
        };
        if let Some(journal) = journal {
            journal.end(elapsed)?;
        }
        if self.options.write_json {
            record::write_manifest(&self.project, compiled)?;
            files::write_json(&self.project.target_path.join("run_results.json"), &results)?;
        }
        let totals = Totals::of(&results.results);
        let cancelled = self.cancel.reason();
        self.events.emit(Event::RunFinished { totals, elapsed, cancelled: cancelled.clone() });
        Ok(Outcome { results, totals, cancelled })
    }
}

fn database_error(error: &WarehouseError) -> Diagnostic {
    Diagnostic::error("database", error.to_string())
}

fn journal_all(journal: &Journal, results: &[RunResult]) -> Result<(), RunError> {
    results.iter().try_for_each(|result| journal.result(result))
}

/// A hook of `on-run-start` failed: nothing else is tried.
fn skip_all(plan: &Plan, journal: &Journal) -> Result<Work, RunError> {
    let steps = plan.steps.iter().filter(|step| !step.subject.is_ephemeral());
    let results: Vec<RunResult> = steps.map(|step| node::skipped(&step.subject, None)).collect();
    journal_all(journal, &results)?;
    Ok(Work { results, compiled: Vec::new() })
}
