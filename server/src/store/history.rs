//! Every run with its nodes and log, in SQLite.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use compiler::artifacts::results::{RunResult, Status};
use indexmap::IndexMap;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Map;

use super::{StoreError, schema, state_folder};

/// Who started a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// The catalog's page or its API.
    Page,
    /// The command line.
    CommandLine,
}

impl Trigger {
    /// The word in the history and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::CommandLine => "cli",
        }
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// It waits for its turn.
    Queued,
    /// It runs.
    Running,
    /// It ended, nothing failed.
    Success,
    /// It ended and something failed, or it could not start.
    Error,
    /// Somebody stopped it.
    Cancelled,
    /// Its process died.
    Interrupted,
}

impl RunState {
    const ALL: [Self; 6] = [
        Self::Queued,
        Self::Running,
        Self::Success,
        Self::Error,
        Self::Cancelled,
        Self::Interrupted,
    ];

    /// The word in the history and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Success => "success",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    fn from_word(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .unwrap_or(Self::Interrupted)
    }

    /// Whether nothing more happens to the run.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRequest {
    /// `build`, `run`, `test`, `freshness`, …
    pub command: String,
    /// Selector; empty for the command's default.
    pub select: String,
    /// Selector of what is left out.
    pub exclude: String,
    /// Rebuild incremental models and seeds from nothing.
    pub full_refresh: bool,
}

impl RunRequest {
    /// The same on the command line.
    pub fn command_line(&self) -> String {
        let mut line = match self.command.as_str() {
            "freshness" => "refract source freshness".to_owned(),
            other => format!("refract {other}"),
        };
        for (flag, words) in [("--select", &self.select), ("--exclude", &self.exclude)] {
            let mut words = words.split_whitespace().peekable();
            if words.peek().is_some() {
                line.extend([" ", flag]);
            }
            for word in words {
                let plain = |c: char| c.is_alphanumeric() || "_-.:/+@,=".contains(c);
                if word.chars().all(plain) {
                    line.extend([" ", word]);
                } else {
                    line.extend([" '", &word.replace('\'', r"'\''"), "'"]);
                }
            }
        }
        if self.full_refresh {
            line.push_str(" --full-refresh");
        }
        line
    }
}

/// How many nodes of a run ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Built or passed.
    pub success: i64,
    /// Failed.
    pub error: i64,
    /// Passed with a warning.
    pub warn: i64,
    /// Not tried.
    pub skipped: i64,
    /// All that were planned.
    pub total: i64,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The invocation id.
    pub id: String,
    /// Who started it: `page` or `cli`.
    pub trigger: String,
    /// What was asked for.
    pub request: RunRequest,
    /// Where it stands.
    pub state: RunState,
    /// Why it failed or stopped, where nodes do not tell.
    pub message: Option<String>,
    /// When it was asked for; ISO 8601 in UTC, as all times here.
    pub created_at: String,
    /// When its turn came.
    pub started_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Nodes by outcome.
    pub counts: Counts,
}

/// One node of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeRun {
    /// Which.
    pub unique_id: String,
    /// `running`, `cancelled` where the run was stopped meanwhile, or dbt's word for how it ended.
    pub status: String,
    /// What it said.
    pub message: Option<String>,
    /// When it began.
    pub started_at: Option<String>,
    /// Seconds.
    pub execution_time: Option<f64>,
    /// Rows that a test found.
    pub failures: Option<i64>,
}

/// One node in one of its runs.
#[derive(Debug, Clone, PartialEq)]
pub struct PastRun {
    /// Id of the run.
    pub run: String,
    /// Who started it: `page` or `cli`.
    pub trigger: String,
    /// `build`, `run`, `test`, `freshness`, …
    pub command: String,
    /// The node in it.
    pub node: NodeRun,
    /// When the node ended; `None` while it runs, and where it was stopped by the death of its process.
    pub finished_at: Option<String>,
}

/// What is new about a node.
#[derive(Debug, Clone, Copy)]
pub struct NodeUpdate<'a> {
    /// Which.
    pub unique_id: &'a str,
    /// `running`, or dbt's word for how it ended.
    pub status: &'a str,
    /// What it said.
    pub message: Option<&'a str>,
    /// Seconds.
    pub execution_time: Option<f64>,
    /// Rows that a test found.
    pub failures: Option<i64>,
    /// When.
    pub at: DateTime<Utc>,
}

/// One line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Place in the log, from 1.
    pub sequence: i64,
    /// When.
    pub at: String,
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// Node that it belongs to.
    pub unique_id: Option<String>,
    /// The text.
    pub line: String,
}

const RUN_COLUMNS: &str = "run.id, origin, command, selected, excluded, full_refresh, state, message, created_at, \
     started_at, finished_at, total, \
     (select count(*) from node where run_id = run.id and unique_id not like 'operation.%' and status in ('success', 'pass')), \
     (select count(*) from node where run_id = run.id and unique_id not like 'operation.%' and status in ('error', 'fail', 'runtime error', 'partial success')), \
     (select count(*) from node where run_id = run.id and unique_id not like 'operation.%' and status = 'warn'), \
     (select count(*) from node where run_id = run.id and unique_id not like 'operation.%' and status = 'skipped')";

/// The history of a project's runs. Safe to share between threads and processes.
#[derive(Debug)]
pub struct History {
    connection: Mutex<Connection>,
}

impl History {
    /// Opens the history of a project, making it where there is none.
    pub fn open(project: &Path) -> Result<Self, StoreError> {
        let mut connection = Connection::open(state_folder(project)?.join("history.sqlite"))?;
        connection.busy_timeout(Duration::from_secs(10))?;
        schema::migrate(&mut connection)?;
        Ok(Self {
            connection: Mutex::new(connection),
        })
    }

    /// Writes down a run that waits for its turn.
    pub fn create(
        &self,
        id: &str,
        trigger: Trigger,
        request: &RunRequest,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.lock().execute(
            "insert into run (id, origin, command, selected, excluded, full_refresh, state, created_at) \
             values (?, ?, ?, ?, ?, ?, 'queued', ?)",
            params![
                id,
                trigger.as_str(),
                request.command,
                request.select,
                request.exclude,
                request.full_refresh,
                text(at)
            ],
        )?;
        Ok(())
    }

    /// The run's turn has come.
    pub fn start(&self, id: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.lock().execute(
            "update run set state = 'running', started_at = ? where id = ?",
            params![text(at), id],
        )?;
        Ok(())
    }

    /// How many nodes there will be.
    pub fn plan(&self, id: &str, total: usize) -> Result<(), StoreError> {
        self.lock().execute(
            "update run set total = ? where id = ?",
            params![total as i64, id],
        )?;
        Ok(())
    }

    /// A node began or ended.
    pub fn node(&self, id: &str, update: &NodeUpdate<'_>) -> Result<(), StoreError> {
        let running = update.status == "running";
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "insert into node (run_id, unique_id, position, status, message, started_at, finished_at, execution_time, failures) \
             values (?1, ?2, (select coalesce(max(position) + 1, 0) from node where run_id = ?1), ?3, ?4, ?5, ?6, ?7, ?8) \
             on conflict (run_id, unique_id) do update set status = ?3, message = ?4, finished_at = ?6, \
             execution_time = ?7, failures = ?8",
        )?;
        statement.execute(params![
            id,
            update.unique_id,
            update.status,
            update.message,
            running.then(|| text(update.at)),
            (!running).then(|| text(update.at)),
            update.execution_time,
            update.failures
        ])?;
        Ok(())
    }

    /// Adds a line to the run's log and tells its place.
    pub fn log(
        &self,
        id: &str,
        level: &str,
        unique_id: Option<&str>,
        line: &str,
        at: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "insert into log (run_id, sequence, at, level, unique_id, line) \
             values (?1, (select coalesce(max(sequence), 0) + 1 from log where run_id = ?1), ?2, ?3, ?4, ?5) \
             returning sequence",
        )?;
        let values = params![id, text(at), level, unique_id, line];
        Ok(statement.query_row(values, |row| row.get(0))?)
    }

    /// The run ended. Nodes that were still running did not end with it.
    pub fn finish(
        &self,
        id: &str,
        state: RunState,
        message: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction.execute(
            "update run set state = ?, message = ?, finished_at = ? where id = ?",
            params![state.as_str(), message, text(at), id],
        )?;
        transaction.execute(
            "update node set status = 'cancelled' where run_id = ? and status = 'running'",
            params![id],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Marks runs of the page that a dead server left as interrupted; tells how many.
    pub fn interrupt_left_over(&self, at: DateTime<Utc>) -> Result<usize, StoreError> {
        let left: Vec<String> = {
            let connection = self.lock();
            let mut statement = connection.prepare(
                "select id from run where state in ('queued', 'running') and origin = 'page'",
            )?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        for id in &left {
            self.finish(
                id,
                RunState::Interrupted,
                Some("the server stopped while the run was going on"),
                at,
            )?;
        }
        Ok(left.len())
    }

    /// Since when each node has had its last status. Skips in between do not count; runs in which it was stopped are
    /// left out.
    pub fn since(&self) -> Result<IndexMap<String, String>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "with ended as (select unique_id, status, finished_at from node \
                 where finished_at is not null and status <> 'cancelled'), \
             last as (select unique_id, status, max(finished_at) from ended group by unique_id), \
             changed as (select ended.unique_id, max(ended.finished_at) as at from ended join last using (unique_id) \
                 where ended.status not in (last.status, 'skipped') group by ended.unique_id) \
             select ended.unique_id, min(ended.finished_at) from ended join last using (unique_id) \
             left join changed using (unique_id) where ended.status = last.status \
             and (changed.at is null or ended.finished_at > changed.at) group by ended.unique_id order by 1",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When a run last ended; changes whenever [`History::last_results`] may have changed.
    pub fn last_finished(&self) -> Result<Option<String>, StoreError> {
        Ok(self
            .lock()
            .query_row("select max(finished_at) from run", [], |row| row.get(0))?)
    }

    /// The newest runs first.
    pub fn runs(&self, limit: usize) -> Result<Vec<Run>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare(&format!(
            "select {RUN_COLUMNS} from run order by sequence desc limit ?"
        ))?;
        let rows = statement.query_map([limit as i64], read_run)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One run.
    pub fn run(&self, id: &str) -> Result<Option<Run>, StoreError> {
        let connection = self.lock();
        Ok(connection
            .query_row(
                &format!("select {RUN_COLUMNS} from run where id = ?"),
                [id],
                read_run,
            )
            .optional()?)
    }

    /// A run's nodes in the order in which they began.
    pub fn nodes(&self, id: &str) -> Result<Vec<NodeRun>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "select unique_id, status, message, started_at, execution_time, failures from node \
             where run_id = ? order by position",
        )?;
        let rows = statement.query_map([id], |row| {
            Ok(NodeRun {
                unique_id: row.get(0)?,
                status: row.get(1)?,
                message: row.get(2)?,
                started_at: row.get(3)?,
                execution_time: row.get(4)?,
                failures: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest runs that a node took part in, the newest first.
    pub fn runs_of(&self, unique_id: &str, limit: usize) -> Result<Vec<PastRun>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "select run.id, run.origin, run.command, node.unique_id, node.status, node.message, node.started_at, \
             node.execution_time, node.failures, node.finished_at from node join run on run.id = node.run_id \
             where node.unique_id = ? order by run.sequence desc limit ?",
        )?;
        let rows = statement.query_map(params![unique_id, limit as i64], |row| {
            Ok(PastRun {
                run: row.get(0)?,
                trigger: row.get(1)?,
                command: row.get(2)?,
                node: NodeRun {
                    unique_id: row.get(3)?,
                    status: row.get(4)?,
                    message: row.get(5)?,
                    started_at: row.get(6)?,
                    execution_time: row.get(7)?,
                    failures: row.get(8)?,
                },
                finished_at: row.get(9)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A run's log after a place in it (0 for all).
    pub fn log_after(&self, id: &str, sequence: i64) -> Result<Vec<LogLine>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "select sequence, at, level, unique_id, line from log where run_id = ? and sequence > ? order by sequence",
        )?;
        let rows = statement.query_map(params![id, sequence], |row| {
            Ok(LogLine {
                sequence: row.get(0)?,
                at: row.get(1)?,
                level: row.get(2)?,
                unique_id: row.get(3)?,
                line: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The last result of each node over all runs, with the time at which it ended. A skip is a result: what an older
    /// run found says nothing of what was built since. Runs in which the node was stopped are left out.
    pub fn last_results(&self) -> Result<IndexMap<String, RunResult>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "select unique_id, status, message, finished_at, execution_time, failures, max(finished_at) from node \
             where finished_at is not null and status <> 'cancelled' group by unique_id order by unique_id",
        )?;
        let rows = statement.query_map([], |row| {
            let unique_id: String = row.get(0)?;
            let status: String = row.get(1)?;
            let finished_at: Option<String> = row.get(3)?;
            Ok((
                unique_id,
                status,
                row.get(2)?,
                finished_at,
                row.get::<_, Option<f64>>(4)?,
                row.get(5)?,
            ))
        })?;
        let mut results = IndexMap::new();
        for row in rows {
            let (unique_id, status, message, finished_at, execution_time, failures) = row?;
            let Ok(status) = serde_json::from_value::<Status>(status.into()) else {
                continue;
            };
            let timing = compiler::artifacts::results::Timing {
                name: "execute".to_owned(),
                started_at: None,
                completed_at: finished_at,
            };
            results.insert(
                unique_id.clone(),
                RunResult {
                    status,
                    timing: vec![timing],
                    thread_id: String::new(),
                    execution_time: execution_time.unwrap_or_default(),
                    adapter_response: Map::new(),
                    message,
                    failures,
                    unique_id,
                    compiled: None,
                    compiled_code: None,
                    relation_name: None,
                    batch_results: None,
                    overload_results: None,
                },
            );
        }
        Ok(results)
    }

    /// A poisoned lock means that a thread panicked between statements, each of which is whole in itself.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn read_run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let state: String = row.get(6)?;
    Ok(Run {
        id: row.get(0)?,
        trigger: row.get(1)?,
        request: RunRequest {
            command: row.get(2)?,
            select: row.get(3)?,
            exclude: row.get(4)?,
            full_refresh: row.get(5)?,
        },
        state: RunState::from_word(&state),
        message: row.get(7)?,
        created_at: row.get(8)?,
        started_at: row.get(9)?,
        finished_at: row.get(10)?,
        counts: Counts {
            total: row.get(11)?,
            success: row.get(12)?,
            error: row.get(13)?,
            warn: row.get(14)?,
            skipped: row.get(15)?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(command: &str) -> RunRequest {
        RunRequest {
            command: command.to_owned(),
            select: "+a".to_owned(),
            exclude: String::new(),
            full_refresh: false,
        }
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    fn ended<'a>(unique_id: &'a str, status: &'a str, second: i64) -> NodeUpdate<'a> {
        NodeUpdate {
            unique_id,
            status,
            message: None,
            execution_time: Some(0.5),
            failures: None,
            at: at(second),
        }
    }

    #[test]
    fn a_run_is_found_again_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        {
            let history = History::open(folder.path()).unwrap();
            history
                .create("one", Trigger::Page, &request("build"), at(0))
                .unwrap();
            history.start("one", at(1)).unwrap();
            history.plan("one", 2).unwrap();
            history
                .node("one", &ended("model.p.a", "running", 2))
                .unwrap();
            history
                .node("one", &ended("model.p.a", "success", 3))
                .unwrap();
            history.node("one", &ended("test.p.t", "fail", 4)).unwrap();
            assert_eq!(history.log("one", "info", None, "hello", at(2)).unwrap(), 1);
            assert_eq!(history.log("one", "info", None, "again", at(2)).unwrap(), 2);
            history.finish("one", RunState::Error, None, at(5)).unwrap();
        }
        let history = History::open(folder.path()).unwrap();
        let run = history.run("one").unwrap().unwrap();
        assert_eq!(run.state, RunState::Error);
        assert_eq!(
            run.counts,
            Counts {
                success: 1,
                error: 1,
                warn: 0,
                skipped: 0,
                total: 2
            }
        );
        let nodes = history.nodes("one").unwrap();
        assert_eq!(
            nodes[0].started_at.as_deref(),
            Some("2023-11-14T22:13:22.000Z")
        );
        assert_eq!(history.log_after("one", 1).unwrap()[0].line, "again");
    }

    #[test]
    fn what_a_dead_server_left_is_interrupted_and_runs_of_the_command_line_are_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(folder.path()).unwrap();
        history
            .create("page", Trigger::Page, &request("build"), at(0))
            .unwrap();
        history.start("page", at(1)).unwrap();
        history
            .node("page", &ended("model.p.a", "running", 2))
            .unwrap();
        history
            .create("cli", Trigger::CommandLine, &request("run"), at(0))
            .unwrap();
        assert_eq!(history.interrupt_left_over(at(9)).unwrap(), 1);
        assert_eq!(
            history.run("page").unwrap().unwrap().state,
            RunState::Interrupted
        );
        assert_eq!(history.nodes("page").unwrap()[0].status, "cancelled");
        assert_eq!(history.run("cli").unwrap().unwrap().state, RunState::Queued);
    }

    #[test]
    fn the_last_result_of_a_node_wins_and_a_stopped_run_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(folder.path()).unwrap();
        let last = || history.last_results().unwrap()["test.p.t"].status;
        for (id, status, second, expected) in [
            ("one", "fail", 1, Status::Fail),
            ("two", "pass", 2, Status::Pass),
            ("three", "cancelled", 3, Status::Pass),
            ("four", "skipped", 4, Status::Skipped),
        ] {
            history
                .create(id, Trigger::Page, &request("build"), at(second))
                .unwrap();
            history
                .node(id, &ended("test.p.t", status, second))
                .unwrap();
            assert_eq!(last(), expected);
        }
    }

    #[test]
    fn a_node_has_its_past_runs_the_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(folder.path()).unwrap();
        for (id, node, status, second) in [
            ("one", "model.p.a", "success", 1),
            ("two", "model.p.b", "success", 2),
            ("three", "model.p.a", "error", 3),
        ] {
            history
                .create(id, Trigger::CommandLine, &request("run"), at(second))
                .unwrap();
            history.node(id, &ended(node, "running", second)).unwrap();
            history.node(id, &ended(node, status, second)).unwrap();
        }
        let past = |limit| -> Vec<(String, String)> {
            let runs = history.runs_of("model.p.a", limit).unwrap();
            runs.into_iter()
                .map(|past| (past.run, past.node.status))
                .collect()
        };
        let expected = [("three", "error"), ("one", "success")]
            .map(|(run, status)| (run.to_owned(), status.to_owned()));
        assert_eq!(past(10), expected);
        assert_eq!(past(1), expected[..1]);
    }

    #[test]
    fn a_status_is_dated_from_the_first_run_that_had_it() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(folder.path()).unwrap();
        for (id, status, second) in [
            ("one", "pass", 1),
            ("two", "fail", 2),
            ("three", "skipped", 3),
            ("four", "fail", 4),
            ("five", "cancelled", 5),
        ] {
            history
                .create(id, Trigger::Page, &request("test"), at(second))
                .unwrap();
            history
                .node(id, &ended("test.p.t", status, second))
                .unwrap();
        }
        assert_eq!(
            history.since().unwrap()["test.p.t"],
            "2023-11-14T22:13:22.000Z"
        );
    }

    #[test]
    fn a_newer_format_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        drop(History::open(folder.path()).unwrap());
        let file = folder.path().join(".refract/history.sqlite");
        Connection::open(file)
            .unwrap()
            .pragma_update(None, "user_version", 99)
            .unwrap();
        let error = History::open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("format 99"), "{error}");
    }
}
