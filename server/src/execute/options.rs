//! What is run, and how.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use compiler::artifacts::results::BatchResults;
use compiler::event_time::Window;
use compiler::jinja::{Deferral, JinjaWarning};
use serde_json::{Map, Value};

/// What is done with the selected nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Models.
    Run,
    /// Data tests.
    Test,
    /// Seeds, snapshots, models and tests in the graph's order.
    Build,
    /// Seeds.
    Seed,
    /// Snapshots.
    Snapshot,
    /// Relations of another environment under the names of this one.
    Clone,
    /// SQL to `target/compiled` only.
    Compile,
    /// Compile one node and look at its rows.
    Show,
    /// Age of sources.
    Freshness,
    /// `catalog.json`.
    Generate,
    /// One macro.
    RunOperation,
}

impl Command {
    /// The word that dbt writes as `which` in artifacts.
    pub fn which(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Test => "test",
            Self::Build => "build",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Clone => "clone",
            Self::Compile => "compile",
            Self::Show => "show",
            Self::Freshness => "freshness",
            Self::Generate => "generate",
            Self::RunOperation => "run-operation",
        }
    }

    /// The command of a `which` word.
    pub fn from_which(word: &str) -> Option<Self> {
        [
            Self::Run,
            Self::Test,
            Self::Build,
            Self::Seed,
            Self::Snapshot,
            Self::Clone,
            Self::Compile,
            Self::Show,
            Self::Freshness,
            Self::Generate,
            Self::RunOperation,
        ]
        .into_iter()
        .find(|command| command.which() == word)
    }

    /// Whether nodes change the warehouse, so that schemas are made.
    pub fn executes(self) -> bool {
        matches!(
            self,
            Self::Run | Self::Test | Self::Build | Self::Seed | Self::Snapshot | Self::Clone
        )
    }

    /// Whether `on-run-start` and `on-run-end` run. `clone` leaves them out, as dbt does.
    pub fn has_hooks(self) -> bool {
        self == Self::Freshness || (self.executes() && self != Self::Clone)
    }
}

/// How long to wait for a database file where nobody says.
pub const FILE_TIMEOUT: Duration = Duration::from_secs(5);

/// How it is done. The defaults are dbt's.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// How many nodes run side by side; the profile decides where `None`.
    pub threads: Option<usize>,
    /// Rebuild incremental models and seeds from nothing.
    pub full_refresh: bool,
    /// Stop at the first failure.
    pub fail_fast: bool,
    /// Refuse nodes downstream of a source past its error limit.
    pub require_fresh: bool,
    /// Keep the rows that failing tests found (`--store-failures`).
    pub store_failures: bool,
    /// Build from no rows, to see whether the SQL holds (`--empty`).
    pub empty: bool,
    /// Where nodes are read that are not built here (`--defer`).
    pub deferral: Arc<Deferral>,
    /// The part of the data that is read (`--sample`).
    pub sample: Option<Window>,
    /// The event time that microbatch models are built for (`--event-time-start`, `--event-time-end`).
    pub event_time: Option<Window>,
    /// `retry`: microbatch models of which only the failed batches are to be built, by unique id.
    pub batches: Arc<HashMap<String, BatchResults>>,
    /// `retry`: when the repeated run began, which its last batch goes up to.
    pub began: Option<DateTime<Utc>>,
    /// Let templates ask the warehouse while they are compiled (`--introspect`).
    pub introspects: bool,
    /// Put ephemeral models into the SQL of those that read them (`--inject-ephemeral-ctes`).
    pub injects_ctes: bool,
    /// Write `manifest.json` and `run_results.json`.
    pub write_json: bool,
    /// How long to wait for the turn of another run, and for a database file that another process holds. `None`
    /// waits for the turn without end and for the file for [`FILE_TIMEOUT`].
    pub lock_timeout: Option<Duration>,
    /// The invocation's arguments, as `args` of the artifacts.
    pub args: Map<String, Value>,
    /// Which warnings count as failures.
    pub fatal: FatalWarnings,
}

/// Which warnings of a run count as failures (`--warn-error`, `warn_error_options`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FatalWarnings {
    /// Those of tests: `LogTestResult`.
    pub tests: bool,
    /// Those of templates and macros.
    pub macros: Arc<Vec<JinjaWarning>>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            threads: None,
            full_refresh: false,
            fail_fast: false,
            require_fresh: false,
            store_failures: false,
            empty: false,
            deferral: Arc::default(),
            sample: None,
            event_time: None,
            batches: Arc::default(),
            began: None,
            introspects: true,
            injects_ctes: true,
            write_json: true,
            lock_timeout: None,
            args: Map::new(),
            fatal: FatalWarnings::default(),
        }
    }
}
