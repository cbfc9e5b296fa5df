//! What a run tells while it goes: the console, the JSON log and the page's event stream all read these.

use chrono::{DateTime, Utc};
use compiler::artifacts::manifest::{Node, ResourceType};
use compiler::artifacts::results::{RunResult, Status};
use compiler::event_time::Microbatch;

use super::options::Command;

/// Receives events, from any thread, in the order in which they happen on each.
pub trait EventSink: Send + Sync {
    /// Takes one event. Must not block for long: nodes wait for it.
    fn emit(&self, event: Event);
}

/// A sink that keeps nothing.
#[derive(Debug, Default)]
pub struct Silent;

impl EventSink for Silent {
    fn emit(&self, _event: Event) {}
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The run is planned and begins.
    RunStarted {
        /// What is done.
        command: Command,
        /// How many nodes there are to run, skipped ones included.
        total: usize,
        /// How many run side by side.
        threads: usize,
        /// Name of the profile's target.
        target: String,
    },
    /// A node, or a hook of the project, begins.
    NodeStarted {
        /// Which.
        node: NodeInfo,
        /// Its place in the order of starting, from 1.
        index: usize,
        /// How many there are of its kind: nodes, or hooks of this phase.
        total: usize,
        /// When.
        at: DateTime<Utc>,
    },
    /// A node, or a hook of the project, ended; nodes that are skipped, or have nothing to do, come without a start.
    NodeFinished {
        /// Which.
        node: NodeInfo,
        /// The number it started with.
        index: usize,
        /// How many there are of its kind.
        total: usize,
        /// How it ended.
        result: Box<RunResult>,
        /// When.
        at: DateTime<Utc>,
    },
    /// A node, or a hook of the project, was at work when the run was stopped. It has no result, as with dbt.
    NodeCancelled {
        /// Which.
        node: NodeInfo,
        /// When.
        at: DateTime<Utc>,
    },
    /// A batch of a microbatch model begins or, with a result, ended.
    Batch {
        /// The model.
        node: NodeInfo,
        /// What the batch is called: `2024-09-17`.
        label: String,
        /// Its place among the model's batches, from 1.
        index: usize,
        /// How many there are.
        total: usize,
        /// How it ended.
        result: Option<Box<RunResult>>,
        /// When.
        at: DateTime<Utc>,
    },
    /// A statement goes to the warehouse or, with an answer, has ended.
    Statement {
        /// Which node it is for.
        unique_id: String,
        /// The statement as it is sent, without the target's secrets.
        sql: String,
        /// What the warehouse answered.
        answer: Option<Answer>,
        /// When.
        at: DateTime<Utc>,
    },
    /// Something to tell: `log()` and `print()` of macros, warnings, waits.
    Log {
        /// Node that it belongs to.
        unique_id: Option<String>,
        /// How loud.
        level: Level,
        /// One or more lines.
        message: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// A template or a macro warns.
    Warning {
        /// Node that it belongs to.
        unique_id: Option<String>,
        /// The code of its diagnostic.
        code: &'static str,
        /// One or more lines.
        message: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// The run ended, its results are on the disk.
    RunFinished {
        /// What ran, by outcome.
        totals: Totals,
        /// Seconds.
        elapsed: f64,
        /// Why it stopped early, if it did.
        cancelled: Option<String>,
    },
}

/// What became of a statement.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The warehouse's short answer, such as `OK`, or `ERROR`.
    pub status: String,
    /// Seconds.
    pub elapsed: f64,
}

/// How loud a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For the log file and `--debug`.
    Debug,
    /// For the console.
    Info,
    /// `print()`: standard output, even with `--quiet`.
    Print,
    /// Something is odd.
    Warn,
    /// Something went wrong.
    Error,
}

impl Level {
    /// The word in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info | Self::Print => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// What a line about a node needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeInfo {
    /// Unique id.
    pub unique_id: String,
    /// Name.
    pub name: String,
    /// Kind; hooks are operations.
    pub resource_type: ResourceType,
    /// `view`, `table`, `seed`, …
    pub materialized: String,
    /// What its code is written in: `sql` or `python`.
    pub language: String,
    /// Whether it is built in batches.
    pub batched: bool,
    /// Schema of the relation.
    pub schema: String,
    /// Name of the relation.
    pub alias: String,
    /// File of the node below its package's root.
    pub path: String,
    /// Compiled SQL below the project root, where there is any.
    pub compiled_path: Option<String>,
}

impl NodeInfo {
    /// What the events tell of a node.
    pub fn of(node: &Node) -> Self {
        Self {
            unique_id: node.unique_id.clone(),
            name: node.name.clone(),
            resource_type: node.resource_type,
            materialized: node.config.materialized().to_owned(),
            language: node.language.clone(),
            batched: Microbatch::is_of(node),
            schema: node.schema.clone(),
            alias: node.alias.clone(),
            path: node.original_file_path.clone(),
            compiled_path: node.compiled_path.clone(),
        }
    }

    /// What lines call a test; a unit test's model stands before its name.
    pub fn test_name(&self) -> String {
        let model = self.unique_id.split('.').nth(2).unwrap_or_default();
        match self.resource_type {
            ResourceType::UnitTest => format!("{model}::{}", self.name),
            _ => self.name.clone(),
        }
    }

    /// The words for the kind and the relation: `sql view model main.orders`, `seed file main.rates`.
    pub fn describe(&self) -> String {
        let relation = format!("{}.{}", self.schema, self.alias);
        match self.resource_type {
            ResourceType::Model if self.batched => {
                format!("{} microbatch model {relation}", self.language)
            }
            ResourceType::Model => {
                format!("{} {} model {relation}", self.language, self.materialized)
            }
            ResourceType::Seed => format!("seed file {relation}"),
            ResourceType::Snapshot => format!("snapshot {relation}"),
            ResourceType::Function => format!("function {relation}"),
            ResourceType::Test => format!("test {}", self.name),
            ResourceType::Operation => format!("hook: {}", self.name),
            ResourceType::UnitTest => format!("unit_test {}", self.test_name()),
            ResourceType::SavedQuery => format!("saved query {}", self.name),
            other => format!("{other} {}", self.name),
        }
    }
}

/// How many nodes ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Built, passed.
    pub pass: usize,
    /// Passed with a warning.
    pub warn: usize,
    /// Failed.
    pub error: usize,
    /// Not tried.
    pub skip: usize,
    /// Nothing to do.
    pub no_op: usize,
}

impl Totals {
    /// Counts results.
    pub fn of<'a>(results: impl IntoIterator<Item = &'a RunResult>) -> Self {
        let mut totals = Self::default();
        for result in results {
            totals.add(result.status);
        }
        totals
    }

    /// Counts one more.
    pub fn add(&mut self, status: Status) {
        match status {
            Status::Success | Status::Pass => self.pass += 1,
            Status::Warn => self.warn += 1,
            Status::Skipped => self.skip += 1,
            Status::NoOp => self.no_op += 1,
            Status::Fail | Status::Error | Status::PartialSuccess | Status::RuntimeError => {
                self.error += 1;
            }
        }
    }

    /// All of them.
    pub fn total(&self) -> usize {
        self.pass + self.warn + self.error + self.skip + self.no_op
    }
}
