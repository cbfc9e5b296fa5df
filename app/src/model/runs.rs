//! Runs: what the server says of them, and how its events change what is known.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// How far back a stream that resumes may repeat log lines.
const REPEATED_LINES: usize = 500;

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRequest {
    /// `build`, `run`, `test` or `freshness`.
    pub command: String,
    /// Selector; empty means all.
    pub select: String,
    /// Selector of what to leave out.
    pub exclude: String,
    /// Rebuild incremental models from nothing.
    pub full_refresh: bool,
}

impl Default for RunRequest {
    fn default() -> Self {
        Self {
            command: "build".to_owned(),
            select: String::new(),
            exclude: String::new(),
            full_refresh: false,
        }
    }
}

impl RunRequest {
    /// The same on the command line.
    pub fn command_line(&self) -> String {
        let mut line = match self.command.as_str() {
            "freshness" => "refract source freshness".to_owned(),
            other => format!("refract {other}"),
        };
        for (flag, value) in [("--select", &self.select), ("--exclude", &self.exclude)] {
            let value = value.trim();
            if !value.is_empty() {
                let plain = value
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_-.:/+@,=".contains(c));
                let quoted = if plain {
                    value.to_owned()
                } else {
                    format!("'{}'", value.replace('\'', r"'\''"))
                };
                line.extend([" ", flag, " ", &quoted]);
            }
        }
        if self.full_refresh {
            line.push_str(" --full-refresh");
        }
        line
    }
}

/// How many nodes ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Built, passed or fresh.
    pub success: usize,
    /// Failed.
    pub error: usize,
    /// With a warning.
    pub warn: usize,
    /// Left out because of a failure upstream.
    pub skipped: usize,
    /// All that the run takes in.
    pub total: usize,
}

impl Counts {
    /// Nodes that have ended.
    pub fn done(self) -> usize {
        self.success + self.error + self.warn + self.skipped
    }
}

/// One run.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// `build`, `run`, `test`, `freshness`, …
    pub command: String,
    /// Selector.
    pub select: String,
    /// Selector of what was left out.
    pub exclude: String,
    /// Whether incremental models were rebuilt.
    pub full_refresh: bool,
    /// `queued`, `running`, `success`, `error`, `cancelled` or `interrupted`.
    pub state: String,
    /// When it was asked for.
    pub created_at: Option<String>,
    /// When it began.
    pub started_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Why it could not run.
    pub message: Option<String>,
    /// How its nodes ended.
    pub counts: Counts,
}

impl Run {
    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        !matches!(self.state.as_str(), "queued" | "running")
    }

    /// Seconds from its start to its end, or to now.
    pub fn seconds(&self, now: i64) -> Option<f64> {
        let start = super::format::parse_time(self.started_at.as_deref()?)?;
        let end = self
            .finished_at
            .as_deref()
            .and_then(super::format::parse_time)
            .unwrap_or(now);
        Some((end - start).max(0) as f64 / 1000.0)
    }
}

/// A node in a run.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RunNode {
    /// Unique id.
    pub unique_id: String,
    /// `queued`, `running`, or how it ended in dbt's words.
    pub status: String,
    /// What the warehouse or the compiler said.
    pub message: Option<String>,
    /// When it began.
    pub started_at: Option<String>,
    /// Seconds.
    pub execution_time: Option<f64>,
    /// Failing rows of a test.
    pub failures: Option<i64>,
}

/// One run that a node took part in.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PastRun {
    /// Id of the run.
    pub run: String,
    /// `page` or `cli`.
    pub trigger: String,
    /// `build`, `run`, `test`, `freshness`, …
    pub command: String,
    /// `running`, `cancelled`, or how the node ended in dbt's words.
    pub status: String,
    /// What it said.
    pub message: Option<String>,
    /// When it began; `None` where it was skipped.
    pub started_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Seconds.
    pub execution_time: Option<f64>,
    /// Failing rows of a test.
    pub failures: Option<i64>,
}

impl PastRun {
    /// When it happened, as far as is known.
    pub fn at(&self) -> Option<&str> {
        self.started_at.as_deref().or(self.finished_at.as_deref())
    }
}

/// A line of a run's log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LogLine {
    /// Text.
    pub line: String,
    /// `info`, `warn`, `error` or `debug`.
    pub level: String,
    /// When.
    pub at: Option<String>,
}

/// A run with its nodes and log, as fetched.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RunDetail {
    /// Nodes in the order in which they began or will begin.
    pub nodes: Vec<RunNode>,
    /// The log so far.
    pub log: Vec<LogLine>,
}

/// What the stream tells.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    /// The run as it is now.
    Run(Run),
    /// A node as it is now, in a run.
    Node(String, RunNode),
    /// A line of a run's log.
    Log(String, LogLine),
}

#[derive(Deserialize)]
struct OfRun {
    run: String,
}

impl RunEvent {
    /// Reads an event of the stream; `None` for kinds that are not known.
    pub fn read(kind: &str, data: &str) -> Option<Self> {
        match kind {
            "run" => serde_json::from_str(data).ok().map(Self::Run),
            "node" => {
                let run = serde_json::from_str::<OfRun>(data).ok()?.run;
                serde_json::from_str(data)
                    .ok()
                    .map(|node| Self::Node(run, node))
            }
            "log" => {
                let run = serde_json::from_str::<OfRun>(data).ok()?.run;
                serde_json::from_str(data)
                    .ok()
                    .map(|line| Self::Log(run, line))
            }
            _ => None,
        }
    }
}

/// One run followed live.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveRun {
    /// The run.
    pub run: Run,
    /// Its nodes, in the order in which they were heard of.
    pub nodes: Vec<RunNode>,
    /// Its log.
    pub log: Vec<LogLine>,
    positions: HashMap<String, usize>,
}

impl LiveRun {
    /// Starts from what was fetched.
    pub fn new(run: Run, detail: RunDetail) -> Self {
        let mut live = Self {
            run,
            log: detail.log,
            ..Self::default()
        };
        for node in detail.nodes {
            live.put(node);
        }
        live
    }

    /// Takes in an event; whether it changed anything. Events of other runs do not, nor does an old state of a
    /// node that has ended: a stream that resumes may repeat itself.
    pub fn apply(&mut self, event: &RunEvent) -> bool {
        match event {
            RunEvent::Run(run) if run.id == self.run.id => {
                if self.run.is_over() && !run.is_over() {
                    return false;
                }
                self.run = run.clone();
                true
            }
            RunEvent::Node(run, node) if *run == self.run.id => {
                let known = self
                    .positions
                    .get(&node.unique_id)
                    .map(|at| &self.nodes[*at]);
                let pending = |status: &str| matches!(status, "queued" | "running");
                if known.is_some_and(|known| !pending(&known.status) && pending(&node.status)) {
                    return false;
                }
                self.put(node.clone());
                true
            }
            RunEvent::Log(run, line) if *run == self.run.id => {
                if line.at.is_some()
                    && self
                        .log
                        .iter()
                        .rev()
                        .take(REPEATED_LINES)
                        .any(|known| known == line)
                {
                    return false;
                }
                self.log.push(line.clone());
                true
            }
            _ => false,
        }
    }

    fn put(&mut self, node: RunNode) {
        if let Some(at) = self.positions.get(&node.unique_id) {
            self.nodes[*at] = node;
        } else {
            self.positions
                .insert(node.unique_id.clone(), self.nodes.len());
            self.nodes.push(node);
        }
    }

    /// Counts of the nodes as they stand; the run's own total where it is larger.
    pub fn counts(&self) -> Counts {
        if self.nodes.is_empty() {
            return self.run.counts;
        }
        let mut counts = Counts {
            total: self.nodes.len().max(self.run.counts.total),
            ..Counts::default()
        };
        for node in &self.nodes {
            match node.status.as_str() {
                "success" | "pass" | "no-op" => counts.success += 1,
                "warn" => counts.warn += 1,
                "skipped" => counts.skipped += 1,
                "queued" | "running" | "cancelled" => {}
                _ => counts.error += 1,
            }
        }
        counts
    }
}

/// What the shell follows of all runs: the one that is on, and its nodes' states for the graph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Board {
    /// The run that is on, or the last one that this page saw end.
    pub run: Option<Run>,
    /// States of nodes in it.
    pub nodes: HashMap<String, String>,
}

impl Board {
    /// Begins with the newest run of the history, whether it is on or over.
    pub fn begin(&mut self, live: &LiveRun) {
        self.nodes = live
            .nodes
            .iter()
            .map(|node| (node.unique_id.clone(), node.status.clone()))
            .collect();
        self.run = Some(live.run.clone());
    }

    /// Takes in an event; true when a run has just ended, so that the index should be read again.
    pub fn apply(&mut self, event: &RunEvent) -> bool {
        match event {
            RunEvent::Run(run) => {
                let same = self.run.as_ref().is_some_and(|known| known.id == run.id);
                let idle = self.run.as_ref().is_none_or(Run::is_over);
                if !same && (!idle || run.is_over()) {
                    return false;
                }
                if !same {
                    self.nodes.clear();
                }
                let ended = run.is_over() && !idle;
                self.run = Some(run.clone());
                ended
            }
            RunEvent::Node(run, node) => {
                if self.run.as_ref().is_some_and(|known| known.id == *run) {
                    self.nodes
                        .insert(node.unique_id.clone(), node.status.clone());
                }
                false
            }
            RunEvent::Log(..) => false,
        }
    }

    /// The run, while it is on.
    pub fn active(&self) -> Option<&Run> {
        self.run.as_ref().filter(|run| !run.is_over())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, state: &str) -> RunEvent {
        RunEvent::read(
            "run",
            &format!(r#"{{"id":"{id}","state":"{state}","counts":{{"total":2}}}}"#),
        )
        .unwrap()
    }

    fn node(run: &str, id: &str, status: &str) -> RunEvent {
        RunEvent::read(
            "node",
            &format!(r#"{{"run":"{run}","unique_id":"{id}","status":"{status}"}}"#),
        )
        .unwrap()
    }

    #[test]
    fn a_live_run_follows_its_own_events_only() {
        let RunEvent::Run(first) = run("7", "running") else {
            panic!("a run")
        };
        let mut live = LiveRun::new(first, RunDetail::default());
        assert!(live.apply(&node("7", "model.a", "running")));
        assert!(!live.apply(&node("8", "model.a", "error")));
        assert!(live.apply(&node("7", "model.a", "success")));
        assert!(
            !live.apply(&node("7", "model.a", "running")),
            "a repeated event must not undo an end"
        );
        assert!(live.apply(&node("7", "test.b", "fail")));
        let counts = live.counts();
        assert_eq!(
            (counts.success, counts.error, counts.done(), counts.total),
            (1, 1, 2, 2)
        );
        let line = RunEvent::read(
            "log",
            r#"{"run":"7","line":"1 of 2","level":"info","at":"2026-11-22T12:00:00.1Z"}"#,
        );
        assert!(live.apply(line.as_ref().unwrap()));
        assert!(
            !live.apply(line.as_ref().unwrap()),
            "a repeated line is shown once"
        );
    }

    #[test]
    fn the_board_says_when_a_run_ends() {
        let mut board = Board::default();
        assert!(
            !board.apply(&run("1", "success")),
            "an old run that is over is no news"
        );
        assert!(board.active().is_none());
        assert!(!board.apply(&run("2", "running")));
        assert!(
            !board.apply(&run("3", "queued")),
            "one run at a time is followed"
        );
        board.apply(&node("2", "model.a", "running"));
        board.apply(&node("3", "model.b", "running"));
        assert_eq!(board.nodes.len(), 1);
        assert!(board.apply(&run("2", "error")));
        assert!(!board.apply(&run("3", "running")));
        assert!(board.nodes.is_empty());
        assert_eq!(board.active().map(|run| run.id.as_str()), Some("3"));
    }

    #[test]
    fn the_board_begins_with_the_newest_run() {
        let RunEvent::Run(first) = run("1", "error") else {
            panic!("a run")
        };
        let mut board = Board::default();
        board.begin(&LiveRun::new(first, RunDetail::default()));
        assert_eq!(
            board.run.as_ref().map(|run| run.state.as_str()),
            Some("error")
        );
        assert!(board.active().is_none());
        assert!(!board.apply(&run("2", "running")));
        assert!(board.apply(&run("2", "success")));
    }

    #[test]
    fn the_command_line_is_what_a_shell_takes() {
        let request = RunRequest {
            select: "+fct_user_features tag:ml".to_owned(),
            ..RunRequest::default()
        };
        assert_eq!(
            request.command_line(),
            "refract build --select '+fct_user_features tag:ml'"
        );
        let fresh = RunRequest {
            command: "freshness".to_owned(),
            select: "source:raw".to_owned(),
            ..RunRequest::default()
        };
        assert_eq!(
            fresh.command_line(),
            "refract source freshness --select source:raw"
        );
    }
}
