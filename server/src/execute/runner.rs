//! The engine's front door.

use std::path::PathBuf;
use std::sync::Arc;

use compiler::adapter::Table;
use compiler::artifacts::catalog::Catalog;
use compiler::artifacts::results::{RunResults, SourcesResults};
use compiler::diag::Diagnostics;
use indexmap::IndexSet;
use serde_json::{Map, Value};

use super::cancel::CancelToken;
use super::event::{EventSink, Totals};
use super::options::{Command, RunOptions};
use crate::project::Project;

/// Why a run could not be carried out. What fails inside a node is that node's result instead.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The warehouse cannot be reached or refused something that the run needs before its nodes.
    #[error("{0}")]
    Warehouse(String),
    /// Mistakes in the project that showed only now.
    #[error("{0}")]
    Project(Diagnostics),
    /// Sources are past their error limit and `require_fresh` is set: each with what depends on it.
    #[error("{0}")]
    Stale(String),
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
    /// Whether the command exits with 0.
    pub fn success(&self) -> bool {
        self.cancelled.is_none() && self.totals.error == 0
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

/// What `show` found.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Name of the node, or `inline`.
    pub name: String,
    /// Its rows.
    pub table: Table,
}

/// Runs nodes of one project. Cheap to make; a run holds the warehouse only while it runs.
pub struct Runner {
    pub(super) project: Arc<Project>,
    pub(super) options: RunOptions,
    pub(super) events: Arc<dyn EventSink>,
    pub(super) cancel: CancelToken,
}

impl Runner {
    /// A runner over a project without errors.
    pub fn new(
        project: Arc<Project>,
        options: RunOptions,
        events: Arc<dyn EventSink>,
        cancel: CancelToken,
    ) -> Self {
        Self {
            project,
            options,
            events,
            cancel,
        }
    }

    /// Runs the selected nodes (unique ids) and writes the artifacts. Nodes that the command does not run are left out.
    pub fn run(&self, command: Command, selected: &IndexSet<String>) -> Result<Outcome, RunError> {
        let _ = (command, selected);
        Err(RunError::Request("not available".to_owned()))
    }

    /// Looks at the age of the selected sources and writes `sources.json`.
    pub fn freshness(&self, selected: &IndexSet<String>) -> Result<SourcesResults, RunError> {
        let _ = selected;
        Err(RunError::Request("not available".to_owned()))
    }

    /// Reads the catalog of the selected nodes and all sources, compiling the nodes first unless told not to.
    pub fn generate(
        &self,
        selected: &IndexSet<String>,
        compile: bool,
    ) -> Result<Generated, RunError> {
        let _ = (selected, compile);
        Err(RunError::Request("not available".to_owned()))
    }

    /// Calls one macro (`name` or `package.name`) with named arguments.
    pub fn run_operation(
        &self,
        name: &str,
        args: &Map<String, Value>,
    ) -> Result<Outcome, RunError> {
        let _ = (name, args);
        Err(RunError::Request("not available".to_owned()))
    }

    /// Compiles a node, or SQL from the command line, and fetches its first rows. `None` fetches all.
    pub fn show(&self, what: ShowTarget<'_>, limit: Option<usize>) -> Result<Shown, RunError> {
        let _ = (what, limit);
        Err(RunError::Request("not available".to_owned()))
    }

    /// Opens a connection and runs a trivial query, as `debug` does.
    pub fn check_connection(&self) -> Result<(), RunError> {
        Err(RunError::Request("not available".to_owned()))
    }
}

/// What `show` looks at.
#[derive(Debug, Clone, Copy)]
pub enum ShowTarget<'a> {
    /// A node by unique id.
    Node(&'a str),
    /// SQL with Jinja from the command line.
    Inline(&'a str),
}
