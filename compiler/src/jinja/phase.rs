//! The two ways of rendering: parsing, which records what a file asks for, and executing, which answers it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value as Json};

use super::adapter::{RelationCache, Turn};
use super::{Deferral, UnitTestScope};
use crate::adapter::{Response, Table, Warehouse};
use crate::artifacts::manifest::{Manifest, Node, Ref};
use crate::event_time::{Batch, Window};
use crate::seed::Seed;

/// How a render answers `ref`, `source`, `config`, `adapter` and `execute`.
#[derive(Clone)]
pub enum Phase {
    /// `execute` is false: calls are recorded, the warehouse answers empty.
    Parse(Arc<Captured>),
    /// `execute` is true: relations are real.
    Execute(Arc<Runtime>),
}

/// What one render in [`Phase::Parse`] recorded.
#[derive(Debug, Default)]
pub struct Captured {
    /// The node that is parsed, as far as it is known: `this`, `model` and the relation that `ref` answers with.
    pub node: Option<Arc<Node>>,
    /// Whether it is one of the macros that name the node's relation.
    pub naming: bool,
    state: Mutex<CapturedState>,
}

/// See [`Captured`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapturedState {
    /// `ref()` calls in order, repeated ones too.
    pub refs: Vec<Ref>,
    /// `source()` calls as `[source, table]`.
    pub sources: Vec<Vec<String>>,
    /// `metric()` calls.
    pub metrics: Vec<Vec<String>>,
    /// `function()` calls as `[name]` or `[package, name]`.
    pub functions: Vec<Vec<String>>,
    /// `config()` calls, merged in order: `tags` and hooks add up, `meta` and `grants` merge by key, the rest is
    /// replaced. Keys as written (`pre_hook` becomes `pre-hook`).
    pub config: Map<String, Json>,
    /// Unique ids of the macros that the text itself calls, in order of their first call. What those call is their own
    /// matter (dbt's `MacroGenerator.track_call`).
    pub macros: IndexSet<String>,
    /// `env_var()` names and values read (secrets left out).
    pub env_vars: BTreeMap<String, String>,
    /// `doc()` calls: unique ids of the docs blocks.
    pub docs: Vec<String>,
    /// What is warned of, in order.
    pub warnings: Vec<(JinjaWarning, String)>,
}

impl Captured {
    /// Nothing recorded yet.
    pub fn new(node: Option<Arc<Node>>) -> Arc<Self> {
        Arc::new(Self {
            node,
            ..Self::default()
        })
    }

    /// Nothing recorded yet, for a macro that names the node's relation.
    pub fn naming(node: Node) -> Arc<Self> {
        Arc::new(Self {
            node: Some(Arc::new(node)),
            naming: true,
            ..Self::default()
        })
    }

    /// What was recorded so far.
    pub fn take(&self) -> CapturedState {
        std::mem::take(&mut *self.lock())
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, CapturedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How loud a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Only in the log file.
    Debug,
    /// On the console too (`log(…, info=true)`).
    Info,
    /// `print()`: standard output, whatever the level.
    Print,
    /// A warning.
    Warn(JinjaWarning),
}

/// What a render warns of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JinjaWarning {
    /// `exceptions.warn()`.
    Said,
    /// A snapshot's `updated_at` is of another type than its clock.
    SnapshotTimes,
    /// A function of `modules.itertools`.
    Itertools,
    /// `config.get()` of what stands under `meta`.
    MetaKey,
    /// A method of the adapter that dbt has given up.
    AdapterMethod,
    /// A package's materialization in place of a built-in one.
    Materialization,
}

impl JinjaWarning {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Said,
        Self::SnapshotTimes,
        Self::Itertools,
        Self::MetaKey,
        Self::AdapterMethod,
        Self::Materialization,
    ];

    /// The code of its diagnostic.
    pub fn code(self) -> &'static str {
        match self {
            Self::Said => "jinja-warning",
            Self::SnapshotTimes => "snapshot-times",
            Self::Itertools => "modules-itertools",
            Self::MetaKey => "config-of-meta",
            Self::AdapterMethod => "adapter-method",
            Self::Materialization => "package-materialization",
        }
    }
}

/// One line that Jinja wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How loud.
    pub level: LogLevel,
    /// The text.
    pub message: String,
    /// Unique id of the node that wrote it.
    pub node: String,
}

/// What all nodes of one run share.
#[derive(Clone)]
pub struct RunContext {
    /// The resolved project.
    pub manifest: Arc<Manifest>,
    /// Relations known to exist.
    pub cache: Arc<RelationCache>,
    /// Takes log lines.
    pub log: Arc<dyn Fn(LogLine) + Send + Sync>,
    /// The warnings that are errors (`--warn-error`).
    pub fatal_warnings: Arc<Vec<JinjaWarning>>,
    /// Unique ids that the command selected.
    pub selected_resources: Arc<Vec<String>>,
    /// `on-run-end` hooks: `(database, schema)` of what was built.
    pub schemas: Arc<Vec<(Option<String>, String)>>,
    /// `on-run-end` hooks: the run's results, as JSON objects of `run_results.json` with the whole `node`.
    pub results: Arc<Vec<Json>>,
    /// Where nodes are read that are not built here (`--defer`).
    pub deferred: Arc<Deferral>,
    /// The part of the data that is read (`--sample`).
    pub sample: Option<Window>,
    /// Whether ephemeral models stand in the SQL of those that read them (`--inject-ephemeral-ctes`).
    pub injects_ctes: bool,
    /// `graph`, made when first asked for. It is one for the whole run: packages keep things in it from hook to hook.
    pub graph: Arc<OnceLock<minijinja::Value>>,
}

/// One node that is compiled or run.
pub struct Runtime {
    /// Shared by the whole run.
    pub run: RunContext,
    /// The node.
    pub node: Arc<Node>,
    /// The connection.
    pub warehouse: Arc<dyn Warehouse>,
    /// Further names of the context: `sql`, `compiled_code`, `pre_hooks`, `post_hooks`, …
    pub extra: IndexMap<String, minijinja::Value>,
    /// A seed's file: what `load_agate_table()` answers with.
    pub seed: Option<Arc<Seed>>,
    /// A unit test's stand-ins, while its model is compiled.
    pub unit_test: Option<Arc<UnitTestScope>>,
    /// The batch of a microbatch model that is built.
    pub batch: Option<Batch>,
    state: Mutex<RuntimeState>,
}

#[derive(Debug, Default)]
pub(crate) struct RuntimeState {
    pub(crate) ephemerals: IndexSet<String>,
    pub(crate) results: IndexMap<String, minijinja::Value>,
    pub(crate) main: Option<Response>,
    pub(crate) main_sql: Option<String>,
    pub(crate) main_table: Option<Table>,
    /// Held until the node is done.
    pub(crate) turn: Option<Turn>,
}

impl Runtime {
    /// A node about to be compiled or run.
    pub fn new(run: RunContext, node: Arc<Node>, warehouse: Arc<dyn Warehouse>) -> Self {
        Self {
            run,
            node,
            warehouse,
            extra: IndexMap::new(),
            seed: None,
            unit_test: None,
            batch: None,
            state: Mutex::default(),
        }
    }

    /// Adds a name to the context.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<minijinja::Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }

    /// Unique ids of the ephemeral models that `ref()` met, in order: the CTEs that the SQL needs.
    pub fn ephemerals(&self) -> Vec<String> {
        self.lock().ephemerals.iter().cloned().collect()
    }

    /// The response stored under `main` by `store_result`, which becomes the node's `adapter_response`.
    pub fn main_response(&self) -> Option<Response> {
        self.lock().main.clone()
    }

    /// The SQL that the macro `statement` handed to `write()`: what `target/run` shows.
    pub fn main_sql(&self) -> Option<String> {
        self.lock().main_sql.clone()
    }

    /// The rows stored under `main` by `store_result`: a test's counts.
    pub fn main_table(&self) -> Option<Table> {
        self.lock().main_table.clone()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, RuntimeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
