//! Warehouses: how connections are made, and the drivers behind [`compiler::adapter::Warehouse`].

pub mod duckdb;
mod guarded;
pub mod postgres;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use compiler::adapter::Warehouse;
use serde_json::{Map, Value};

use crate::execute::CancelToken;

pub use guarded::Guarded;

/// Why a warehouse cannot be reached. Messages hold no secrets.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConnectError {
    /// The profile's output is incomplete or wrong.
    #[error("profile output '{output}': {reason}")]
    Profile {
        /// The target.
        output: String,
        /// What is wrong.
        reason: String,
    },
    /// There is no driver for the profile's `type`.
    #[error("no driver for warehouses of type '{0}'; duckdb and postgres are built in")]
    UnknownType(String),
    /// The folder of the database file does not exist.
    #[error("cannot open {}: folder {} does not exist", .file.display(), .folder.display())]
    NoFolder {
        /// The database file.
        file: PathBuf,
        /// Its folder.
        folder: PathBuf,
    },
    /// Another process holds the database file.
    #[error("cannot open {}: {holder} holds it; waited {waited} s (--lock-timeout)", .file.display())]
    Locked {
        /// The database file.
        file: PathBuf,
        /// Who holds it, such as `process 4711 (/usr/bin/python3)`.
        holder: String,
        /// Seconds.
        waited: f64,
    },
    /// The driver's own words.
    #[error("{0}")]
    Driver(String),
    /// The run was stopped while it waited.
    #[error("cancelled while connecting")]
    Cancelled,
}

/// Stops what a connection is doing; it may be called from any thread.
pub trait Interrupt: Send + Sync {
    /// Stops the statement that runs now, if any.
    fn interrupt(&self);
}

/// One connection and the way to stop it.
#[derive(Clone)]
pub struct Connection {
    /// For the node's SQL.
    pub warehouse: Arc<dyn Warehouse>,
    /// For whoever cancels.
    pub interrupt: Arc<dyn Interrupt>,
}

/// Makes connections to one target. While it lives, it may hold the warehouse (DuckDB: the file).
pub trait Connector: Send + Sync {
    /// A new connection, to be used by one thread at a time.
    fn connect(&self) -> Result<Connection, ConnectError>;

    /// Takes the target's secrets out of a text.
    fn redact(&self, text: &str) -> String;
}

/// The part of a profile that a driver needs.
#[derive(Clone)]
pub struct Target {
    /// Name of the output.
    pub name: String,
    /// `duckdb`, …
    pub kind: String,
    /// The output's keys, secrets in clear: never logged, never written.
    pub config: Map<String, Value>,
    /// Further values that must not show anywhere.
    pub secrets: Vec<String>,
    /// Relative paths start here.
    pub root: PathBuf,
}

/// How to wait for a warehouse that somebody else holds.
pub struct Patience<'a> {
    /// How long.
    pub timeout: Duration,
    /// Told once, when the wait begins.
    pub notice: &'a dyn Fn(&str),
    /// Ends the wait.
    pub cancel: &'a CancelToken,
}

/// Whether only one process at a time can use the target: `DuckDB` files are so, servers are not.
pub fn is_exclusive(target: &Target) -> bool {
    target.kind == "duckdb" && duckdb::has_files(&target.config)
}

/// Whether one run at a time uses the target. `DuckDB` in memory shares the files that models are written to.
pub fn is_for_one_run(target: &Target) -> bool {
    target.kind == "duckdb"
}

/// How many bytes the name of a relation or schema may have; longer ones the warehouse cuts off without a word, so
/// that two may become one and none is found again.
pub fn longest_name(target: &Target) -> Option<usize> {
    (target.kind == "postgres").then_some(63)
}

/// Opens the target's warehouse.
pub fn open(target: &Target, patience: &Patience<'_>) -> Result<Arc<dyn Connector>, ConnectError> {
    match target.kind.as_str() {
        "duckdb" => Ok(Arc::new(duckdb::DuckDb::open(target, patience)?)),
        "postgres" => Ok(Arc::new(postgres::Postgres::open(target, patience)?)),
        other => Err(ConnectError::UnknownType(other.to_owned())),
    }
}
