//! What the engine hands back.

use std::path::PathBuf;

use compiler::adapter::Table;
use compiler::artifacts::catalog::Catalog;
use compiler::artifacts::results::{RunResult, RunResults, Status};
use compiler::diag::Diagnostics;

use super::event::Totals;
use crate::adapter::ConnectError;

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
            let skipped =
                result.status == Status::Skipped && !result.unique_id.starts_with("exposure.");
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
