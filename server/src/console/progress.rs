//! Events of a run as lines, in dbt's words.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use compiler::artifacts::manifest::{Manifest, ResourceType};
use compiler::artifacts::results::{RunResult, Status};
use compiler::diag::Diagnostic;
use serde_json::{Map, Value, json};

use super::record::Record;
use super::style::Palette;
use super::{Console, events, summary};
use crate::execute::{Answer, Command, Event, EventSink, Level, NodeInfo};

/// Colours a word.
type Paint = fn(Palette, &str) -> String;

/// Shows a run's events on a console.
pub struct Progress {
    console: Console,
    manifest: Arc<Manifest>,
    /// What is done with the nodes, once that began.
    command: OnceLock<Command>,
}

impl Progress {
    /// For a run over this project.
    pub fn new(console: Console, manifest: Arc<Manifest>) -> Self {
        Self {
            console,
            manifest,
            command: OnceLock::new(),
        }
    }

    /// The level of what goes as it should: where nodes are only compiled, that is no news.
    fn news(&self) -> Level {
        if matches!(
            self.command.get(),
            Some(Command::Compile | Command::Generate)
        ) {
            Level::Debug
        } else {
            Level::Info
        }
    }

    fn started(&self, node: &NodeInfo, index: usize, total: usize, at: DateTime<Utc>) {
        let description = describe(node);
        let live = self
            .console
            .with_live(|live| live.start(&node.unique_id, &description));
        let (name, code) = if is_hook(node) {
            ("LogHookStartLine", "Q032")
        } else {
            ("LogStartLine", "Q011")
        };
        let mut record = record_at(name, code, self.news(), at);
        record.message = self.fancy(
            index,
            total,
            &format!("START {description}"),
            "RUN",
            None,
            Palette::dim,
        );
        if self.console.writes_fields() {
            let mut info = self.node_info(node);
            info.insert("node_started_at".into(), timestamp(at).into());
            info.insert("node_status".into(), "started".into());
            record = record
                .with("description", description)
                .with("index", index)
                .with("total", total)
                .with("node_info", info);
        }
        if live {
            self.console.log_beside_live(record);
        } else {
            self.console.log(record);
        }
    }

    fn finished(
        &self,
        node: &NodeInfo,
        index: usize,
        total: usize,
        result: &RunResult,
        at: DateTime<Utc>,
    ) {
        let live = self
            .console
            .with_live(|live| live.finish(&node.unique_id, result.status));
        let line = Line::of(node, result, self.command.get() == Some(&Command::Clone));
        let level = if line.level == Level::Info {
            self.news()
        } else {
            line.level
        };
        let mut record = record_at(line.event.0, line.event.1, level, at);
        record.speaks_for_itself = true;
        let time = (result.status != Status::Skipped).then_some(result.execution_time);
        record.message = self.fancy(index, total, &line.words, &line.status, time, line.paint);
        if self.console.writes_fields() {
            record.data = self.fields_of_finished(node, (index, total), &line, result, at);
        }
        // On a terminal passed tests are in the count; what built, warned or failed gets its line.
        if live && result.status == Status::Pass {
            self.console.log_beside_live(record);
        } else {
            self.console.log(record);
        }
    }

    /// The fields of the event that a node ended.
    fn fields_of_finished(
        &self,
        node: &NodeInfo,
        (index, total): (usize, usize),
        line: &Line,
        result: &RunResult,
        at: DateTime<Utc>,
    ) -> Map<String, Value> {
        let mut data = Map::new();
        data.insert("index".into(), index.into());
        data.insert(
            if is_test(node) { "num_models" } else { "total" }.into(),
            total.into(),
        );
        data.insert("execution_time".into(), json!(result.execution_time));
        data.insert("status".into(), line.status.clone().into());
        match node.resource_type {
            ResourceType::Test | ResourceType::UnitTest => {
                data.insert("name".into(), node.test_name().into());
                data.insert("num_failures".into(), result.failures.unwrap_or(0).into());
                let attached = self
                    .manifest
                    .nodes
                    .get(&node.unique_id)
                    .and_then(|test| test.attached_node.clone());
                data.insert("attached_node".into(), attached.into());
            }
            ResourceType::Seed => {
                data.insert("relation".into(), node.alias.clone().into());
                data.insert("schema".into(), node.schema.clone().into());
                data.insert("result_message".into(), result.message.clone().into());
            }
            _ => {
                data.insert("description".into(), describe(node).into());
            }
        }
        let mut info = self.node_info(node);
        info.insert("node_finished_at".into(), timestamp(at).into());
        if let Some(begun) = result
            .timing
            .first()
            .and_then(|phase| phase.started_at.clone())
        {
            info.insert("node_started_at".into(), begun.trim_end_matches('Z').into());
        }
        info.insert("node_status".into(), result.status.as_str().into());
        data.insert("node_info".into(), info.into());
        data
    }

    /// dbt's `Batch 1 of 3 START batch 2024-09-17 of main.orders ..... [RUN]`, and how it ended.
    fn batch(
        &self,
        (node, label): (&NodeInfo, &str),
        (index, total): (usize, usize),
        result: Option<&RunResult>,
        at: DateTime<Utc>,
    ) {
        let description = format!("batch {label} of {}.{}", node.schema, node.alias);
        let (name, code) = match result {
            None => ("LogStartBatch", "Q045"),
            Some(_) => ("LogBatchResult", "Q046"),
        };
        let (words, status, paint): (&str, &str, Paint) = match result {
            None => ("START", "RUN", Palette::dim),
            Some(result) => match result.status {
                Status::Skipped => ("SKIP", "SKIPPED", Palette::yellow),
                Status::Error => ("ERROR creating", "ERROR", Palette::red),
                _ => {
                    let message = result.message.as_deref().filter(|text| !text.is_empty());
                    ("OK created", message.unwrap_or("OK"), Palette::green)
                }
            },
        };
        let level = match result.map(|result| result.status) {
            Some(Status::Error) => Level::Error,
            _ => Level::Info,
        };
        let seconds = result.map(|result| result.execution_time);
        let words = format!("{words} {description}");
        let line = self.fancy(index, total, &words, status, seconds, paint);
        let mut record = record_at(name, code, level, at);
        record.speaks_for_itself = true;
        record.message = format!("Batch {line}");
        let data = &mut record.data;
        data.insert("description".into(), description.into());
        data.insert("batch_index".into(), index.into());
        data.insert("total_batches".into(), total.into());
        if let Some(seconds) = seconds {
            data.insert("execution_time".into(), json!(seconds));
            data.insert("status".into(), status.to_lowercase().into());
        }
        data.insert("node_info".into(), self.node_info(node).into());
        self.console.log(record);
    }

    /// dbt's `CANCEL query model.shop.orders ..... [CANCEL]`.
    fn cancelled(&self, node: &NodeInfo, at: DateTime<Utc>) {
        self.console
            .with_live(|live| live.finish(&node.unique_id, Status::Skipped));
        let mut record = record_at("LogCancelLine", "Q022", Level::Error, at);
        record.speaks_for_itself = true;
        let line = format!("CANCEL query {} ", node.unique_id);
        let dots = ".".repeat(self.dots(&line));
        let word = self.console.palette().red("CANCEL");
        record.message = format!("{line}{dots} [{word}]");
        record
            .data
            .insert("conn_name".into(), node.unique_id.clone().into());
        self.console.log(record);
    }

    /// How many dots fill a line up.
    fn dots(&self, line: &str) -> usize {
        let width = self.console.options().width;
        width.saturating_sub(line.chars().count())
    }

    /// dbt's padded line: `3 of 12 OK created sql view model main.a ..... [OK in 0.05s]`.
    fn fancy(
        &self,
        index: usize,
        total: usize,
        words: &str,
        status: &str,
        seconds: Option<f64>,
        paint: Paint,
    ) -> String {
        let line = format!("{index} of {total} {words} ");
        let dots = ".".repeat(self.dots(&line));
        let status = paint(self.console.palette(), status);
        let time = seconds
            .map(|seconds| format!(" in {seconds:.2}s"))
            .unwrap_or_default();
        format!("{line}{dots} [{status}{time}]")
    }

    /// A statement on its way or, with an answer, at its end.
    fn statement(&self, unique_id: &str, sql: String, answer: Option<Answer>, at: DateTime<Utc>) {
        let fields = self.console.writes_fields();
        let mut record = if let Some(Answer { status, elapsed }) = answer {
            let mut record = record_at("SQLQueryStatus", "E017", Level::Debug, at);
            record.message = format!("SQL status: {status} in {elapsed:.3} seconds");
            if fields {
                record = record.with("status", status).with("elapsed", elapsed);
            }
            record
        } else {
            let mut record = record_at("SQLQuery", "E016", Level::Debug, at);
            record.message = format!("On {unique_id}: {sql}");
            if fields {
                record = record.with("conn_name", unique_id).with("sql", sql);
            }
            record
        };
        if let Some(node) = self.manifest.node(unique_id).filter(|_| fields) {
            let info = self.node_info(&NodeInfo::of(node));
            record = record.with("node_info", info);
        }
        self.console.log(record);
    }

    /// A line that somebody said, with the node that it belongs to.
    fn said(&self, mut record: Record, unique_id: Option<&str>, message: String) -> Record {
        record.message.clone_from(&message);
        record.data.insert("msg".into(), message.into());
        if let Some(node) = unique_id.and_then(|id| self.manifest.node(id)) {
            let info = self.node_info(&NodeInfo::of(node));
            record.data.insert("node_info".into(), info.into());
        }
        record
    }

    /// dbt's `node_info`.
    fn node_info(&self, node: &NodeInfo) -> Map<String, Value> {
        let known = self.manifest.node(&node.unique_id);
        let source = self.manifest.sources.get(&node.unique_id);
        let relation = json!({
            "alias": node.alias,
            "database": known.map(|n| n.database.clone()).or_else(|| source.map(|s| s.database.clone())),
            "relation_name": known.and_then(|n| n.relation_name.clone())
                .or_else(|| source.and_then(|s| s.relation_name.clone())).unwrap_or_default(),
            "schema": node.schema,
        });
        let info = json!({
            "materialized": node.materialized,
            "meta": known.map(|n| n.meta.clone()).or_else(|| source.map(|s| s.meta.clone())).unwrap_or_default(),
            "node_checksum": known.map(|n| n.checksum.checksum.clone()).unwrap_or_default(),
            "node_finished_at": "",
            "node_name": node.name,
            "node_path": known.map_or(node.path.as_str(), |n| n.path.as_str()),
            "node_relation": relation,
            "node_started_at": "",
            "node_status": "",
            "resource_type": node.resource_type.as_str(),
            "unique_id": node.unique_id,
        });
        match info {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

impl EventSink for Progress {
    fn emit(&self, event: Event) {
        match event {
            Event::RunStarted {
                command,
                total,
                threads,
                target,
            } => {
                self.command.get_or_init(|| command);
                let threads_text = if threads == 1 {
                    "1 thread".to_owned()
                } else {
                    format!("{threads} threads")
                };
                self.console.log(
                    Record::new(
                        "ConcurrencyLine",
                        "Q027",
                        Level::Info,
                        format!("Concurrency: {threads_text} (target='{target}')"),
                    )
                    .with("node_count", total)
                    .with("num_threads", threads)
                    .with("target_name", target),
                );
                self.console
                    .log(Record::new("Formatting", "Z017", Level::Info, ""));
                self.console.open_live(total);
            }
            Event::NodeStarted {
                node,
                index,
                total,
                at,
            } => self.started(&node, index, total, at),
            Event::NodeFinished {
                node,
                index,
                total,
                result,
                at,
            } => self.finished(&node, index, total, &result, at),
            Event::NodeCancelled { node, at } => self.cancelled(&node, at),
            Event::Batch {
                node,
                label,
                index,
                total,
                result,
                at,
            } => self.batch((&node, &label), (index, total), result.as_deref(), at),
            Event::Statement {
                unique_id,
                sql,
                answer,
                at,
            } => self.statement(&unique_id, sql, answer, at),
            Event::Log {
                unique_id,
                level,
                message,
                at,
            } => {
                let (name, code) = match level {
                    Level::Debug => ("JinjaLogDebug", "I063"),
                    Level::Info => ("JinjaLogInfo", "I062"),
                    Level::Print => ("PrintEvent", "Z052"),
                    Level::Warn => ("JinjaLogWarning", "I061"),
                    Level::Error => ("RunResultError", "Z024"),
                };
                let record = record_at(name, code, level, at);
                self.console
                    .log(self.said(record, unique_id.as_deref(), message));
            }
            Event::Warning {
                unique_id,
                code,
                message,
                at,
            } => {
                let warning = Diagnostic::warning(code, message.clone());
                let event = events::of(&warning);
                let record = record_at(&event.name, event.code, Level::Warn, at);
                let record = self.said(record, unique_id.as_deref(), message);
                self.console.warn_of(&warning, record);
            }
            Event::RunFinished { .. } => self.console.close_live(),
        }
    }
}

/// The words of a finished node's line.
struct Line {
    event: (&'static str, &'static str),
    level: Level,
    words: String,
    status: String,
    paint: Paint,
}

impl Line {
    fn of(node: &NodeInfo, result: &RunResult, is_clone: bool) -> Self {
        let description = describe(node);
        if result.status == Status::Skipped {
            let what = match node.resource_type {
                ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot => {
                    format!("relation {}.{}", node.schema, node.alias)
                }
                kind => format!("{kind} {}", node.name),
            };
            return Self::new(
                ("SkippingDetails", "Q034"),
                Level::Info,
                format!("SKIP {what}"),
                "SKIP".into(),
                Palette::yellow,
            );
        }
        if result.status == Status::NoOp {
            return Self::new(
                ("LogNodeNoOpResult", "Q019"),
                Level::Info,
                format!("NO-OP {description}"),
                "NO-OP".into(),
                Palette::dim,
            );
        }
        let bad = result.status.is_failure();
        let (level, paint): (Level, Paint) = match result.status {
            Status::Warn => (Level::Warn, Palette::yellow),
            _ if bad => (Level::Error, Palette::red),
            _ => (Level::Info, Palette::green),
        };
        let message = result
            .message
            .clone()
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| "OK".to_owned());
        let built = |good: &str, failed: &str| {
            if result.status == Status::PartialSuccess {
                let words = message.lines().next().unwrap_or_default();
                (format!("PARTIALLY created {description}"), words.to_owned())
            } else if bad {
                (format!("ERROR {failed} {description}"), "ERROR".to_owned())
            } else {
                (format!("OK {good} {description}"), message.clone())
            }
        };
        let (event, (words, status)) = match node.resource_type {
            _ if is_clone => (("LogNodeResult", "Q008"), built("cloned", "cloning")),
            ResourceType::Test | ResourceType::UnitTest => {
                (("LogTestResult", "Q007"), test_words(node, result))
            }
            ResourceType::Seed => (("LogSeedResult", "Q016"), built("loaded", "loading")),
            ResourceType::Snapshot => (
                ("LogSnapshotResult", "Q015"),
                built("snapshotted", "snapshotting"),
            ),
            ResourceType::Source => (
                ("LogFreshnessResult", "Q018"),
                freshness_words(&description, result),
            ),
            ResourceType::Operation if bad => (
                ("LogHookEndLine", "Q033"),
                (format!("ERROR {description}"), "ERROR".to_owned()),
            ),
            ResourceType::Operation => (
                ("LogHookEndLine", "Q033"),
                (format!("OK {description}"), "OK".to_owned()),
            ),
            ResourceType::Model => (("LogModelResult", "Q012"), built("created", "creating")),
            ResourceType::Function => {
                let (words, status) = built("created", "creating");
                // dbt's line has the status, not the warehouse's answer.
                let status = if bad { status } else { "SUCCESS".to_owned() };
                (("LogFunctionResult", "Q047"), (words, status))
            }
            _ => (("LogNodeResult", "Q008"), built("ran", "running")),
        };
        Self::new(event, level, words, status, paint)
    }

    fn new(
        event: (&'static str, &'static str),
        level: Level,
        words: String,
        status: String,
        paint: Paint,
    ) -> Self {
        // The word in the line says how it ended; a level label in front would say it twice.
        let level = if level == Level::Warn || level == Level::Error {
            level
        } else {
            Level::Info
        };
        Self {
            event,
            level,
            words,
            status,
            paint,
        }
    }
}

fn test_words(node: &NodeInfo, result: &RunResult) -> (String, String) {
    let count = result.failures.unwrap_or(0);
    let name = node.test_name();
    match result.status {
        Status::Fail => (format!("FAIL {count} {name}"), format!("FAIL {count}")),
        Status::Warn => (format!("WARN {count} {name}"), format!("WARN {count}")),
        Status::Pass | Status::Success => (format!("PASS {name}"), "PASS".to_owned()),
        _ => (format!("ERROR {name}"), "ERROR".to_owned()),
    }
}

fn freshness_words(description: &str, result: &RunResult) -> (String, String) {
    match result.status {
        Status::Warn => (format!("WARN {description}"), "WARN".to_owned()),
        Status::Pass | Status::Success => (format!("PASS {description}"), "PASS".to_owned()),
        Status::Error | Status::Fail => (
            format!("ERROR STALE {description}"),
            "ERROR STALE".to_owned(),
        ),
        _ => (format!("ERROR {description}"), "ERROR".to_owned()),
    }
}

/// An event of this thread at this time.
fn record_at(name: &str, code: &str, level: Level, at: DateTime<Utc>) -> Record {
    let mut record = Record::new(name, code, level, "");
    record.at = at;
    std::thread::current()
        .name()
        .unwrap_or("worker")
        .clone_into(&mut record.thread);
    record
}

/// What the line calls the node.
fn describe(node: &NodeInfo) -> String {
    match node.resource_type {
        ResourceType::Source => format!(
            "freshness of {}",
            summary::source_name(&node.unique_id, &node.name)
        ),
        _ => node.describe(),
    }
}

fn is_test(node: &NodeInfo) -> bool {
    matches!(
        node.resource_type,
        ResourceType::Test | ResourceType::UnitTest
    )
}

fn is_hook(node: &NodeInfo) -> bool {
    node.resource_type == ResourceType::Operation
}

fn timestamp(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}
