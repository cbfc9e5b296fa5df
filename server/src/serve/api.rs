//! The API's shapes. Times are ISO 8601 in UTC.

use serde::{Deserialize, Serialize};

use crate::store;

/// `GET /api/v1/session`.
#[derive(Debug, Serialize)]
pub(super) struct Session<'a> {
    pub(super) token: &'a str,
    pub(super) can_run: bool,
    pub(super) project: Option<String>,
    /// Whether there are earlier artifacts to compare with.
    pub(super) compares: bool,
    /// Whether texts of models can be tried in the page.
    pub(super) tries: bool,
    pub(super) version: &'static str,
}

/// `POST /api/v1/runs`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StartRun {
    pub(super) command: String,
    #[serde(default)]
    pub(super) select: String,
    #[serde(default)]
    pub(super) exclude: String,
    /// A name from `selectors.yml`, instead of the two above.
    #[serde(default)]
    pub(super) selector: Option<String>,
    #[serde(default)]
    pub(super) full_refresh: bool,
}

/// The answer to a started run.
#[derive(Debug, Serialize)]
pub(super) struct Started {
    pub(super) id: String,
}

/// Nodes of a run by outcome.
#[derive(Debug, Serialize)]
pub(super) struct Counts {
    success: i64,
    error: i64,
    warn: i64,
    skipped: i64,
    total: i64,
}

/// A run in lists and in `run` events.
#[derive(Debug, Serialize)]
pub(crate) struct Run {
    id: String,
    trigger: String,
    command: String,
    select: String,
    exclude: String,
    full_refresh: bool,
    state: &'static str,
    message: Option<String>,
    created_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    counts: Counts,
}

/// One run with its nodes and log.
#[derive(Debug, Serialize)]
pub(crate) struct RunDetail {
    #[serde(flatten)]
    run: Run,
    nodes: Vec<Node>,
    log: Vec<Log>,
}

impl RunDetail {
    pub(crate) fn new(
        run: store::Run,
        nodes: Vec<store::NodeRun>,
        log: Vec<store::LogLine>,
    ) -> Self {
        Self {
            run: run.into(),
            nodes: nodes.into_iter().map(Into::into).collect(),
            log: log.into_iter().map(Into::into).collect(),
        }
    }
}

/// A node of a run, and the data of `node` events.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Node {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<String>,
    pub(super) unique_id: String,
    pub(super) status: String,
    pub(super) message: Option<String>,
    pub(super) started_at: Option<String>,
    pub(super) execution_time: Option<f64>,
    pub(super) failures: Option<i64>,
}

/// One run that a node took part in.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PastRun {
    run: String,
    trigger: String,
    command: String,
    status: String,
    message: Option<String>,
    started_at: Option<String>,
    finished_at: Option<String>,
    execution_time: Option<f64>,
    failures: Option<i64>,
}

/// A line of a run's log, and the data of `log` events.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Log {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<String>,
    pub(super) at: String,
    pub(super) level: String,
    pub(super) unique_id: Option<String>,
    pub(super) line: String,
}

impl From<store::Run> for Run {
    fn from(run: store::Run) -> Self {
        let counts = run.counts;
        Self {
            id: run.id,
            trigger: run.trigger,
            command: run.request.command,
            select: run.request.select,
            exclude: run.request.exclude,
            full_refresh: run.request.full_refresh,
            state: run.state.as_str(),
            message: run.message,
            created_at: run.created_at,
            started_at: run.started_at,
            finished_at: run.finished_at,
            counts: Counts {
                success: counts.success,
                error: counts.error,
                warn: counts.warn,
                skipped: counts.skipped,
                total: counts.total,
            },
        }
    }
}

impl From<store::NodeRun> for Node {
    fn from(node: store::NodeRun) -> Self {
        Self {
            run: None,
            unique_id: node.unique_id,
            status: node.status,
            message: node.message,
            started_at: node.started_at,
            execution_time: node.execution_time,
            failures: node.failures,
        }
    }
}

impl From<store::PastRun> for PastRun {
    fn from(past: store::PastRun) -> Self {
        Self {
            run: past.run,
            trigger: past.trigger,
            command: past.command,
            status: past.node.status,
            message: past.node.message,
            started_at: past.node.started_at,
            finished_at: past.finished_at,
            execution_time: past.node.execution_time,
            failures: past.node.failures,
        }
    }
}

impl From<store::LogLine> for Log {
    fn from(line: store::LogLine) -> Self {
        Self {
            run: None,
            at: line.at,
            level: line.level,
            unique_id: line.unique_id,
            line: line.line,
        }
    }
}
