//! What all workers of one run share.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use compiler::adapter::Warehouse;
use compiler::artifacts::manifest::{Node, ResourceType};
use compiler::artifacts::results::RunResult;
use compiler::compile::QueryComment;
use compiler::diag::{Diagnostic, Diagnostics};
use compiler::jinja::adapter::RelationCache;
use compiler::jinja::{LogLevel, LogLine, ProjectScope, RunContext, Runtime};
use compiler::world::World;
use indexmap::IndexSet;
use serde_json::Value;

use super::cancel::CancelToken;
use super::event::{Event, EventSink, Level};
use super::options::{Command, RunOptions};
use super::outcome::RunError;
use super::signed::Signed;
use crate::adapter::{self, Connector, Guarded, Interrupt};
use crate::project::Project;

/// One run: the project as this command sees it, the warehouse, and whom to tell.
pub(super) struct Context {
    pub(super) project: Arc<Project>,
    /// The project's scope with this run's command and flags.
    pub(super) scope: Arc<ProjectScope>,
    pub(super) command: Command,
    pub(super) options: RunOptions,
    pub(super) events: Arc<dyn EventSink>,
    connector: Arc<dyn Connector>,
    pub(super) cache: Arc<RelationCache>,
    /// `graph` as macros of this run see and change it.
    pub(super) graph: Arc<OnceLock<compiler::jinja::Value>>,
    selected: Arc<Vec<String>>,
    comment: Option<QueryComment>,
}

/// A connection that is refused once its token is cancelled, and the way to stop what it is doing.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) warehouse: Arc<dyn Warehouse>,
    pub(super) interrupt: Arc<dyn Interrupt>,
    /// For work that does not reach the warehouse.
    pub(super) cancel: CancelToken,
}

impl Context {
    pub(super) fn new(
        project: Arc<Project>,
        command: Command,
        options: RunOptions,
        events: Arc<dyn EventSink>,
        connector: Arc<dyn Connector>,
        selected: &IndexSet<String>,
    ) -> Self {
        let mut scope = ProjectScope::clone(&project.scope);
        command.which().clone_into(&mut scope.command);
        scope.args.clone_from(&options.args);
        for (name, value) in [
            ("WHICH", Value::from(command.which())),
            ("FULL_REFRESH", options.full_refresh.into()),
            ("FAIL_FAST", options.fail_fast.into()),
            ("STORE_FAILURES", options.store_failures.into()),
            ("EMPTY", options.empty.into()),
        ] {
            scope.flags.insert(name.to_owned(), value);
        }
        let comment = QueryComment::of(project.file.query_comment.as_ref(), &scope.adapter_type);
        Self {
            comment,
            project,
            scope: Arc::new(scope),
            command,
            options,
            events,
            connector,
            cache: Arc::new(RelationCache::new()),
            graph: Arc::default(),
            selected: Arc::new(selected.iter().cloned().collect()),
        }
    }

    /// A new connection, refused once `guard` is cancelled.
    pub(super) fn connect(&self, guard: &CancelToken) -> Result<Line, RunError> {
        let connection = self
            .connector
            .connect()
            .map_err(|error| RunError::Warehouse(error.to_string()))?;
        Ok(Line {
            warehouse: Arc::new(Guarded::new(connection.warehouse, guard.clone())),
            interrupt: connection.interrupt,
            cancel: guard.clone(),
        })
    }

    /// A comment that ends early stops the run before its first statement, as with dbt: no node could be built.
    pub(super) fn check_comment(&self, line: &Line) -> Result<(), RunError> {
        let Some(comment) = &self.comment else {
            return Ok(());
        };
        let runtime = Arc::new(self.runtime(self.operation("prepare"), line));
        match comment.render(&self.project.library, &self.scope, &runtime) {
            Err(error) if error.code == QueryComment::ENDS_EARLY => {
                let mut errors = Diagnostics::default();
                errors.push(error);
                Err(RunError::Project(errors))
            }
            // Any other mistake may be one node's alone.
            _ => Ok(()),
        }
    }

    /// A connection whose statements carry the query comment for `node`, and are told of as that node's.
    pub(super) fn signed(&self, node: &Arc<Node>, line: &Line) -> Result<Line, Diagnostic> {
        let comment = match &self.comment {
            Some(comment) => {
                let runtime = Arc::new(self.runtime(Arc::clone(node), line));
                Some(comment.render(&self.project.library, &self.scope, &runtime)?)
            }
            None => None,
        };
        let warehouse = Signed::new(
            Arc::clone(&line.warehouse),
            comment,
            node.unique_id.clone(),
            Arc::clone(&self.events),
            Arc::clone(&self.connector),
        );
        let warehouse = if self.options.introspects {
            warehouse
        } else {
            warehouse.silent()
        };
        Ok(Line {
            warehouse: Arc::new(warehouse),
            interrupt: Arc::clone(&line.interrupt),
            cancel: line.cancel.clone(),
        })
    }

    /// When this invocation began.
    pub(super) fn run_started(&self) -> DateTime<Utc> {
        self.project.world.started_at()
    }

    /// How a node is rendered in this run.
    pub(super) fn runtime(&self, node: Arc<Node>, line: &Line) -> Runtime {
        Runtime::new(self.run_context(), node, Arc::clone(&line.warehouse))
            .with("thread_id", thread_id())
    }

    /// What Jinja sees of the run; hooks at its end add what was built.
    pub(super) fn run_context(&self) -> RunContext {
        let events = Arc::clone(&self.events);
        let connector = Arc::clone(&self.connector);
        RunContext {
            manifest: Arc::clone(&self.project.manifest),
            cache: Arc::clone(&self.cache),
            log: Arc::new(move |line: LogLine| {
                let unique_id = Some(line.node).filter(|id| !id.is_empty());
                let (message, at) = (connector.redact(&line.message), Utc::now());
                let level = match line.level {
                    LogLevel::Debug => Level::Debug,
                    LogLevel::Info => Level::Info,
                    LogLevel::Print => Level::Print,
                    LogLevel::Warn(warning) => {
                        return events.emit(Event::Warning {
                            unique_id,
                            code: warning.code(),
                            message,
                            at,
                        });
                    }
                };
                events.emit(Event::Log {
                    unique_id,
                    level,
                    message,
                    at,
                });
            }),
            fatal_warnings: Arc::clone(&self.options.fatal.macros),
            selected_resources: Arc::clone(&self.selected),
            schemas: Arc::default(),
            results: Arc::default(),
            deferred: Arc::clone(&self.options.deferral),
            sample: self.options.sample,
            injects_ctes: self.options.injects_ctes,
            graph: Arc::clone(&self.graph),
        }
    }

    /// A node that stands for the run itself, where a macro is called outside of any node.
    pub(super) fn operation(&self, name: &str) -> Arc<Node> {
        let package = &self.scope.project_name;
        Arc::new(Node {
            unique_id: format!("operation.{package}.{name}"),
            name: name.to_owned(),
            alias: name.to_owned(),
            package_name: package.clone(),
            resource_type: ResourceType::Operation,
            database: self
                .project
                .manifest
                .nodes
                .values()
                .find_map(|node| node.database.clone()),
            schema: self
                .scope
                .target
                .get("schema")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            ..Node::default()
        })
    }

    /// Whether a node has a relation of its own in the warehouse.
    pub(super) fn is_relational(&self, node: &Node) -> bool {
        is_relational(node, self.options.store_failures)
    }

    /// What is wrong with the name of a node's relation, if anything, in dbt's words. As with dbt, the names of schemas are
    /// the server's to cut.
    pub(super) fn misnamed(&self, node: &Node) -> Option<String> {
        let longest = adapter::longest_name(&self.project.target)?;
        let name = Some(&node.alias).filter(|name| name.len() > longest)?;
        let unit = if name.is_ascii() {
            "characters"
        } else {
            "bytes"
        };
        Some(format!(
            "Relation name '{name}' is longer than {longest} {unit}"
        ))
    }

    /// Tells the user something that belongs to no node.
    pub(super) fn log(&self, level: Level, message: String) {
        self.events.emit(Event::Log {
            unique_id: None,
            level,
            message,
            at: Utc::now(),
        });
    }

    /// A text without the target's secrets.
    pub(super) fn redact(&self, text: &str) -> String {
        self.connector.redact(text)
    }

    /// A result without the target's secrets.
    pub(super) fn redacted(&self, mut result: RunResult) -> RunResult {
        result.message = result.message.map(|message| self.redact(&message));
        result.compiled_code = result.compiled_code.map(|code| self.redact(&code));
        result
    }

    /// `target/compiled` or `target/run`.
    pub(super) fn sql_folder(&self, name: &str) -> PathBuf {
        self.project.target_path.join(name)
    }
}

/// What dbt calls the thread that is at work: `Thread-1 (worker)`, or its main thread.
fn thread_id() -> String {
    let thread = std::thread::current();
    let worker = thread.name().filter(|name| name.starts_with("Thread-"));
    worker.unwrap_or("MainThread").to_owned()
}

/// Whether a node has a relation of its own in the warehouse: models but ephemeral ones, seeds, snapshots, and tests
/// that keep the rows they found, which those do that say nothing where `store_failures` is set.
pub(super) fn is_relational(node: &Node, store_failures: bool) -> bool {
    match node.resource_type {
        ResourceType::Model => !node.is_ephemeral(),
        ResourceType::Seed | ResourceType::Snapshot | ResourceType::Function => true,
        ResourceType::Test => node.config.flag("store_failures").unwrap_or(store_failures),
        _ => false,
    }
}
