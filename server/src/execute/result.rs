//! Results of nodes in the words and shapes of dbt's `run_results.json`.

use chrono::{DateTime, SecondsFormat, Utc};
use compiler::adapter::{Cell, Response, Table};
use compiler::artifacts::manifest::{Node, ResourceType};
use compiler::artifacts::results::{RunResult, Status, Timing};
use compiler::diag::Diagnostic;
use serde_json::{Map, Value};

/// Code of the diagnostic of a statement that was stopped.
pub(super) const CANCELLED: &str = "cancelled";

/// A time as artifacts have it.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A phase that began at `started` and ends now.
pub(super) fn timing(name: &str, started: DateTime<Utc>) -> Timing {
    Timing {
        name: name.to_owned(),
        started_at: Some(time(started)),
        completed_at: Some(time(Utc::now())),
    }
}

/// Seconds since `started`.
pub(super) fn seconds_since(started: DateTime<Utc>) -> f64 {
    (Utc::now() - started).as_seconds_f64().max(0.0)
}

/// A result about which nothing is known yet but its status.
pub(super) fn result(unique_id: &str, status: Status) -> RunResult {
    RunResult {
        status,
        timing: Vec::new(),
        thread_id: String::new(),
        execution_time: 0.0,
        adapter_response: Map::new(),
        message: None,
        failures: None,
        unique_id: unique_id.to_owned(),
        compiled: None,
        compiled_code: None,
        relation_name: None,
        batch_results: None,
        overload_results: None,
    }
}

/// A step that was not tried.
pub(super) fn skipped(unique_id: &str, message: Option<String>) -> RunResult {
    RunResult {
        message,
        ..result(unique_id, Status::Skipped)
    }
}

/// What of a node stands in its result: whether it is compiled, its SQL, its relation.
pub(super) fn describe(mut result: RunResult, node: &Node) -> RunResult {
    if node.resource_type == ResourceType::Seed {
        return result;
    }
    result.relation_name.clone_from(&node.relation_name);
    result.compiled = Some(node.compiled);
    result.compiled_code = node.compiled_code.clone().filter(|_| node.compiled);
    result
}

/// `adapter_response` of a statement.
pub(super) fn adapter_response(response: &Response) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("_message".to_owned(), response.message.clone().into());
    if !response.code.is_empty() {
        map.insert("code".to_owned(), response.code.clone().into());
    }
    if let Some(rows) = response.rows_affected {
        map.insert("rows_affected".to_owned(), rows.into());
    }
    map
}

/// Why a node failed, as dbt tells it: `Runtime Error in model orders (models/orders.sql)` and the reason below it.
pub(super) fn error_message(node: &Node, error: &Diagnostic) -> String {
    let kind = if is_database_error(error) {
        "Runtime"
    } else {
        "Compilation"
    };
    let (name, file) = (&node.name, &node.original_file_path);
    let body: String = message_lines(error)
        .iter()
        .map(|line| {
            if line.is_empty() {
                "\n".to_owned()
            } else {
                format!("\n  {line}")
            }
        })
        .collect();
    format!(
        "{kind} Error in {} {name} ({file}){body}",
        node.resource_type
    )
}

/// The same for an error that belongs to no node.
pub(super) fn plain_message(error: &Diagnostic) -> String {
    message_lines(error).join("\n")
}

fn message_lines(error: &Diagnostic) -> Vec<String> {
    let mut lines: Vec<String> = error
        .message
        .trim_end()
        .lines()
        .map(str::to_owned)
        .collect();
    // Where in a macro the statement was sent says nothing about what is wrong with it.
    if is_database_error(error) {
        return lines;
    }
    if let Some(span) = error.span.as_ref().filter(|span| span.line > 0) {
        lines.push(format!("at {span}"));
    }
    for (span, label) in &error.labels {
        lines.push(format!("{label} at {span}"));
    }
    if let Some(hint) = &error.hint {
        lines.push(format!("hint: {hint}"));
    }
    lines
}

/// Whether the warehouse refused, not the compiler.
pub(super) fn is_database_error(error: &Diagnostic) -> bool {
    matches!(error.code, "database-error" | "connection-error")
}

/// What a test's one row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) failures: i64,
    pub(super) should_warn: bool,
    pub(super) should_error: bool,
}

impl Verdict {
    /// Reads the row of `get_test_sql`: `failures`, `should_warn`, `should_error`.
    pub(super) fn of(table: &Table) -> Result<Self, String> {
        let [row] = table.rows.as_slice() else {
            return Err(format!(
                "the test's query returned {} rows instead of one",
                table.rows.len()
            ));
        };
        let cell = |name: &str| {
            let index = table
                .columns
                .iter()
                .position(|column| column.name.eq_ignore_ascii_case(name));
            index
                .and_then(|index| row.get(index))
                .ok_or_else(|| format!("the test's query returned no column '{name}'"))
        };
        Ok(Self {
            failures: count(cell("failures")?)?,
            should_warn: truth(cell("should_warn")?)?,
            should_error: truth(cell("should_error")?)?,
        })
    }

    /// Status, message and failures of a test with this configuration. `warnings_fail` makes a failure of a warning.
    pub(super) fn judge(self, node: &Node, warnings_fail: bool) -> (Status, Option<String>, i64) {
        let failures = self.failures;
        let results = if failures == 1 {
            "1 result".to_owned()
        } else {
            format!("{failures} results")
        };
        let limit = |key: &str| node.config.text(key).unwrap_or("!= 0").to_owned();
        let is_error = node
            .config
            .text("severity")
            .unwrap_or("ERROR")
            .eq_ignore_ascii_case("error");
        if is_error && self.should_error {
            let message = format!("Got {results}, configured to fail if {}", limit("error_if"));
            (Status::Fail, Some(message), failures)
        } else if self.should_warn && warnings_fail {
            let message = format!("Got {results}, configured to fail if {}", limit("warn_if"));
            (Status::Fail, Some(message), failures)
        } else if self.should_warn {
            let message = format!("Got {results}, configured to warn if {}", limit("warn_if"));
            (Status::Warn, Some(message), failures)
        } else {
            (Status::Pass, None, 0)
        }
    }
}

fn count(cell: &Cell) -> Result<i64, String> {
    match cell {
        Cell::Int(value) => Ok(*value),
        Cell::Bool(value) => Ok((*value).into()),
        Cell::Float(value) => Ok(*value as i64),
        Cell::Decimal(text) | Cell::Text(text) => text
            .parse::<f64>()
            .map(|value| value as i64)
            .map_err(|_| format!("the test's 'failures' is '{text}', not a number")),
        other => Err(format!("the test's 'failures' is {other:?}, not a number")),
    }
}

fn truth(cell: &Cell) -> Result<bool, String> {
    match cell {
        Cell::Bool(value) => Ok(*value),
        Cell::Int(value) => Ok(*value != 0),
        Cell::Null => Ok(false),
        Cell::Text(text) => match text.to_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
            _ => Err(format!(
                "the test's query answered '{text}' where true or false is needed"
            )),
        },
        other => Err(format!(
            "the test's query answered {other:?} where true or false is needed"
        )),
    }
}

#[cfg(test)]
mod tests {
    use compiler::adapter::Column;
    use compiler::diag::Span;

    use super::*;

    #[track_caller]
    fn check(
        config: Value,
        failures: i64,
        warn: bool,
        error: bool,
        expected: (Status, Option<&str>, i64),
    ) {
        let columns = ["failures", "should_warn", "should_error"].map(|name| Column {
            name: name.into(),
            data_type: String::new(),
        });
        let table = Table {
            columns: columns.to_vec(),
            rows: vec![vec![
                Cell::Int(failures),
                Cell::Bool(warn),
                Cell::Bool(error),
            ]],
        };
        let mut node = Node::default();
        node.config.0 = serde_json::from_value(config).unwrap();
        let (status, message, count) = Verdict::of(&table).unwrap().judge(&node, false);
        assert_eq!((status, message.as_deref(), count), expected);
    }

    #[test]
    fn a_test_fails_warns_or_passes_by_its_limits_and_severity() {
        let default =
            serde_json::json!({"severity": "ERROR", "warn_if": "!= 0", "error_if": "!= 0"});
        check(
            default.clone(),
            3,
            true,
            true,
            (
                Status::Fail,
                Some("Got 3 results, configured to fail if != 0"),
                3,
            ),
        );
        check(default, 0, false, false, (Status::Pass, None, 0));
        let warn = serde_json::json!({"severity": "warn", "warn_if": ">1", "error_if": ">5"});
        check(
            warn,
            1,
            true,
            true,
            (
                Status::Warn,
                Some("Got 1 result, configured to warn if >1"),
                1,
            ),
        );
        let limits = serde_json::json!({"severity": "error", "warn_if": ">1", "error_if": ">5"});
        check(
            limits,
            2,
            true,
            false,
            (
                Status::Warn,
                Some("Got 2 results, configured to warn if >1"),
                2,
            ),
        );
    }

    #[test]
    fn a_test_without_its_one_row_is_an_error() {
        assert_eq!(
            Verdict::of(&Table::default()).unwrap_err(),
            "the test's query returned 0 rows instead of one"
        );
    }

    #[test]
    fn errors_name_the_node_its_file_and_the_place() {
        let node = Node {
            name: "orders".into(),
            original_file_path: "models/orders.sql".into(),
            ..Node::default()
        };
        let error = Diagnostic::error("database-error", "Binder Error: no column\nCandidates: a");
        assert_eq!(
            error_message(&node, &error),
            "Runtime Error in model orders (models/orders.sql)\n  Binder Error: no column\n  Candidates: a"
        );
        let error = Diagnostic::error("jinja", "stop here")
            .at(Span::at("macros/m.sql", 3, 5))
            .hint("go on");
        assert_eq!(
            error_message(&node, &error),
            "Compilation Error in model orders (models/orders.sql)\n  stop here\n  at macros/m.sql:3:5\n  hint: go on"
        );
    }
}
