//! What a run came to: counts, each failure with its place, what was skipped because of it, dbt's last line.

use std::collections::BTreeMap;
use std::path::Path;

use compiler::artifacts::manifest::{Manifest, ResourceType};
use compiler::artifacts::results::{RunResult, Status};
use serde_json::json;

use super::Console;
use super::record::Record;
use crate::execute::{Level, Outcome, Totals};

/// Names of nodes skipped because of one failure that are written out; more are counted.
const MAX_SKIPPED: usize = 10;

/// Writes the summary of a finished run. `target` is where artifacts are, as shown to people.
pub fn show(console: &Console, manifest: &Manifest, outcome: &Outcome, target: &Path) {
    let palette = console.palette();
    let blank = || console.log(Record::new("Formatting", "Z017", Level::Info, ""));
    let elapsed = outcome.results.elapsed_time;
    let ran = counted(manifest, &outcome.results.results);
    let execution = format!(" in {}", duration(elapsed));
    let what = if ran.is_empty() {
        "nothing".to_owned()
    } else {
        ran.clone()
    };
    blank();
    console.log(
        Record::new(
            "FinishedRunningStats",
            "E047",
            Level::Info,
            format!("Finished running {what}{execution} ({elapsed:.2}s)."),
        )
        .with("stat_line", ran)
        .with("execution", execution)
        .with("execution_time", elapsed),
    );
    let totals = outcome.totals;
    let partial = outcome
        .results
        .results
        .iter()
        .filter(|result| result.status == Status::PartialSuccess)
        .count();
    let uncompiled = outcome.results.results.iter().filter(|r| uncompiled(r));
    let errors = totals.error - partial + uncompiled.count();
    let heading = heading(totals, errors, partial, outcome.cancelled.as_deref());
    let heading = if outcome.cancelled.is_some() || errors + partial > 0 {
        palette.red(&heading)
    } else if totals.warn > 0 {
        palette.yellow(&heading)
    } else {
        palette.green(&heading)
    };
    blank();
    console.log(
        Record::new("EndOfRunSummary", "Z030", Level::Info, heading)
            .with("keyboard_interrupt", outcome.cancelled.is_some())
            .with("num_errors", errors)
            .with("num_partial_success", partial)
            .with("num_warnings", totals.warn),
    );
    let skipped = skipped_because(manifest, &outcome.results.results);
    for result in &outcome.results.results {
        if result.status.is_failure() || result.status == Status::Warn {
            let because = skipped
                .get(&result.unique_id)
                .map_or(&[][..], Vec::as_slice);
            failure(console, manifest, result, because, target);
        }
    }
    blank();
    stats_line(console, totals);
}

/// dbt's last line.
fn stats_line(console: &Console, totals: Totals) {
    let Totals {
        pass,
        warn,
        error,
        skip,
        no_op,
    } = totals;
    let total = totals.total();
    let message = format!(
        "Done. PASS={pass} WARN={warn} ERROR={error} SKIP={skip} NO-OP={no_op} REUSED=0 TOTAL={total}"
    );
    let mut record = Record::new("StatsLine", "Z023", Level::Info, message);
    record.data.insert(
        "stats".into(),
        json!({"error": error, "noop": no_op, "pass": pass, "reused": 0, "skip": skip, "total": total, "warn": warn}),
    );
    console.log(record);
}

/// Whether a node was skipped since an ephemeral model that it reads does not compile: the error is told here alone.
fn uncompiled(result: &RunResult) -> bool {
    let told = result.message.as_deref().unwrap_or_default();
    result.status == Status::Skipped && told.starts_with("Compilation Error in ")
}

/// `partial` counts what is built in part.
fn heading(totals: Totals, errors: usize, partial: usize, cancelled: Option<&str>) -> String {
    if let Some(reason) = cancelled {
        return format!("Stopped: {reason}");
    }
    let counts: Vec<String> = [
        (errors, "error", "errors"),
        (partial, "partial success", "partial successes"),
        (totals.warn, "warning", "warnings"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| plural(count, one, many))
    .collect();
    match counts.split_last() {
        None => "Completed successfully".to_owned(),
        Some((last, [])) => format!("Completed with {last}:"),
        Some((last, before)) => format!("Completed with {} and {last}:", before.join(", ")),
    }
}

fn failure(
    console: &Console,
    manifest: &Manifest,
    result: &RunResult,
    skipped: &[String],
    target: &Path,
) {
    let warned = result.status == Status::Warn;
    let (name, code, level) = match result.status {
        Status::Warn => ("RunResultWarning", "Z021", Level::Warn),
        Status::Fail => ("RunResultFailure", "Z022", Level::Error),
        _ => ("RunResultError", "Z024", Level::Error),
    };
    let place = Place::of(manifest, result);
    let message = result
        .message
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .unwrap_or(result.status.as_str());
    let named = format!("{} {} ({})", place.kind, place.name, place.file);
    // The engine's errors name their node as dbt's do; what a test found does not.
    let told = message
        .lines()
        .next()
        .is_some_and(|first| first.ends_with(&format!("in {named}")));
    let mut lines: Vec<String> = message.lines().map(|line| format!("  {line}")).collect();
    if told {
        message
            .lines()
            .next()
            .unwrap_or_default()
            .clone_into(&mut lines[0]);
    } else {
        let what = match result.status {
            Status::Warn => "Warning",
            Status::Fail => "Failure",
            _ => "Error",
        };
        lines.insert(0, format!("{what} in {named}"));
    }
    if let Some(path) = place.compiled {
        let path = path.strip_prefix("target/").map_or_else(
            || path.clone(),
            |rest| target.join(rest).display().to_string(),
        );
        lines.push(format!("  compiled code at {path}"));
    }
    if !skipped.is_empty() {
        let more = skipped.len().saturating_sub(MAX_SKIPPED);
        let mut text = skipped
            .iter()
            .take(MAX_SKIPPED)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        if more > 0 {
            text = format!("{text} and {more} more");
        }
        lines.push(format!("  skipped because of it: {text}"));
    }
    console.log(Record::new("Formatting", "Z017", Level::Info, ""));
    let mut record = Record::new(name, code, level, paint_heading(console, &lines, warned));
    record.speaks_for_itself = true;
    let record = record
        .with("msg", message)
        .with("node_name", place.name)
        .with("path", place.file)
        .with("resource_type", place.kind)
        .with("unique_id", result.unique_id.clone())
        .with("status", result.status.as_str())
        .with("skipped", skipped.to_vec())
        .with("warned", warned);
    // dbt has an event for the node and one for what it came to; people get both in one.
    let other = |name: &str, code: &str, text: &str| {
        let mut other = Record::new(name, code, level, text);
        other.data.clone_from(&record.data);
        other.for_programs = true;
        console.log(other);
    };
    if !matches!(result.status, Status::Warn | Status::Fail) {
        other("RunResultFailure", "Z022", &format!("in {named}"));
    }
    console.log(record.clone());
    match result.status {
        Status::Warn => other("RunResultWarningMessage", "Z046", message),
        Status::Fail => other("RunResultError", "Z024", message),
        _ => {}
    }
}

fn paint_heading(console: &Console, lines: &[String], warned: bool) -> String {
    let palette = console.palette();
    let (first, rest) = lines
        .split_first()
        .map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let heading = if warned {
        palette.yellow(first)
    } else {
        palette.red(first)
    };
    std::iter::once(heading.as_str())
        .chain(rest.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Where a result's node is.
struct Place {
    kind: &'static str,
    name: String,
    file: String,
    compiled: Option<String>,
}

impl Place {
    fn of(manifest: &Manifest, result: &RunResult) -> Self {
        let id = &result.unique_id;
        if let Some(node) = manifest.node(id) {
            // The manifest was resolved before anything was compiled, so that the results decide whether there is SQL.
            let compiled = (result.compiled == Some(true)
                && node.resource_type != ResourceType::Seed)
                .then(|| {
                    node.compiled_path.clone().unwrap_or_else(|| {
                        compiled_path(&node.package_name, &node.original_file_path, &node.path)
                    })
                });
            return Self {
                kind: node.resource_type.as_str(),
                name: node.name.clone(),
                file: node.original_file_path.clone(),
                compiled,
            };
        }
        if let Some(resource) = manifest.resource(id) {
            // A unit test's SQL stands below its property file, in a folder like the one that file is in.
            let folder = resource.file.split('/').next().unwrap_or_default();
            let package = id.split('.').nth(1).unwrap_or_default();
            let path = format!("{folder}/{}.sql", resource.name);
            let compiled = (result.compiled == Some(true))
                .then(|| compiled_path(package, resource.file, &path));
            return Self {
                kind: resource.kind.as_str(),
                name: resource.name,
                file: resource.file.to_owned(),
                compiled,
            };
        }
        if let Some(one) = manifest.macros.get(id) {
            return Self {
                kind: "macro",
                name: one.name.clone(),
                file: one.original_file_path.clone(),
                compiled: None,
            };
        }
        Self {
            kind: if id.starts_with("macro.") {
                "macro"
            } else {
                "hook"
            },
            name: id
                .split_once('.')
                .map_or(id.as_str(), |(_, rest)| rest)
                .to_owned(),
            file: "dbt_project.yml".to_owned(),
            compiled: None,
        }
    }
}

/// Where the engine writes a node's compiled SQL, below the project root.
fn compiled_path(package: &str, file: &str, path: &str) -> String {
    if std::path::Path::new(file)
        .extension()
        .is_some_and(|end| end == "sql")
    {
        format!("target/compiled/{package}/{file}")
    } else {
        // Generic tests live in a folder named after the property file.
        format!("target/compiled/{package}/{file}/{path}")
    }
}

/// Which nodes were skipped because of each failed node, by name.
fn skipped_because(manifest: &Manifest, results: &[RunResult]) -> BTreeMap<String, Vec<String>> {
    let status: BTreeMap<&str, Status> = results
        .iter()
        .map(|r| (r.unique_id.as_str(), r.status))
        .collect();
    let mut because: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for result in results
        .iter()
        .filter(|result| result.status == Status::Skipped)
    {
        let Some(node) = manifest.resource(&result.unique_id) else {
            continue;
        };
        let mut seen: Vec<&str> = Vec::new();
        let mut open: Vec<&str> = before(manifest, results, &result.unique_id, node.parents);
        while let Some(parent) = open.pop() {
            if seen.contains(&parent) {
                continue;
            }
            seen.push(parent);
            if status.get(parent).is_some_and(|status| status.is_failure()) {
                because
                    .entry(parent.to_owned())
                    .or_default()
                    .push(node.name.clone());
            } else if status.get(parent) == Some(&Status::Skipped)
                && let Some(resource) = manifest.resource(parent)
            {
                open.extend(before(manifest, results, parent, resource.parents));
            }
            // In a build a failed test stops what is built from the tested node.
            for test in results.iter().filter(|r| r.status == Status::Fail) {
                let tested = manifest
                    .nodes
                    .get(&test.unique_id)
                    .is_some_and(|t| t.depends_on.nodes.iter().any(|n| n == parent));
                if tested
                    && !seen.contains(&test.unique_id.as_str())
                    && test.unique_id != result.unique_id
                {
                    seen.push(&test.unique_id);
                    because
                        .entry(test.unique_id.clone())
                        .or_default()
                        .push(node.name.clone());
                }
            }
        }
    }
    because
}

/// What a node waits for: what it reads, and a model's own unit tests, of which the failed ones matter here.
fn before<'a>(
    manifest: &Manifest,
    results: &'a [RunResult],
    id: &str,
    mut parents: Vec<&'a str>,
) -> Vec<&'a str> {
    let failed = results.iter().filter(|result| result.status.is_failure());
    parents.extend(
        failed
            .map(|result| result.unique_id.as_str())
            .filter(|test| {
                test.starts_with("unit_test.")
                    && manifest
                        .resource(test)
                        .is_some_and(|test| test.parents.contains(&id))
            }),
    );
    parents
}

/// `3 seeds, 2 table models, 20 data tests`, in dbt's order: by the kinds' own words.
fn counted(manifest: &Manifest, results: &[RunResult]) -> String {
    let mut counts: indexmap::IndexMap<String, usize> = indexmap::IndexMap::new();
    for result in results {
        let kind = match manifest.node(&result.unique_id) {
            Some(node) if node.resource_type == ResourceType::Model => {
                format!("{} model", node.config.materialized())
            }
            Some(node) => kind_word(node.resource_type).to_owned(),
            None => manifest
                .resource(&result.unique_id)
                .map_or("project hook", |resource| kind_word(resource.kind))
                .to_owned(),
        };
        *counts.entry(kind).or_default() += 1;
    }
    counts.sort_by_key(|kind, _| {
        if kind == "data test" {
            "test".to_owned()
        } else {
            kind.clone()
        }
    });
    let parts: Vec<String> = counts
        .iter()
        .map(|(kind, count)| plural(*count, kind, &many(kind)))
        .collect();
    parts.join(", ")
}

/// dbt's word for a kind in counts.
fn kind_word(kind: ResourceType) -> &'static str {
    match kind {
        ResourceType::Test => "data test",
        ResourceType::UnitTest => "unit test",
        ResourceType::Operation => "project hook",
        ResourceType::SqlOperation => "sql operation",
        ResourceType::SavedQuery => "saved query",
        ResourceType::SemanticModel => "semantic model",
        other => other.as_str(),
    }
}

/// `5 models, 3 seeds, 20 data tests, 2 sources`: what the project holds.
pub fn project_counts(manifest: &Manifest) -> String {
    let mut counts: indexmap::IndexMap<&str, usize> = indexmap::IndexMap::new();
    for node in manifest.nodes.values() {
        *counts.entry(kind_word(node.resource_type)).or_default() += 1;
    }
    for (word, count) in [
        ("source", manifest.sources.len()),
        ("exposure", manifest.exposures.len()),
        ("metric", manifest.metrics.len()),
        ("macro", manifest.macros.len()),
        ("semantic model", manifest.semantic_models.len()),
        ("saved query", manifest.saved_queries.len()),
        ("group", manifest.groups.len()),
        ("unit test", manifest.unit_tests.len()),
        ("function", manifest.functions.len()),
    ] {
        if count > 0 {
            counts.insert(word, count);
        }
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(word, count)| plural(*count, word, &many(word)))
        .collect();
    if parts.is_empty() {
        "nothing".to_owned()
    } else {
        parts.join(", ")
    }
}

/// More than one of a kind.
fn many(kind: &str) -> String {
    match kind {
        "analysis" => "analyses".to_owned(),
        "saved query" => "saved queries".to_owned(),
        other => format!("{other}s"),
    }
}

/// `1 error`, `2 errors`.
pub fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `source_name.table` of a source's unique id, as dbt's lines have it.
pub fn source_name(unique_id: &str, name: &str) -> String {
    unique_id.splitn(3, '.').nth(2).unwrap_or(name).to_owned()
}

/// dbt's way to write a duration.
fn duration(seconds: f64) -> String {
    let hours = (seconds / 3600.0).floor();
    let minutes = ((seconds - hours * 3600.0) / 60.0).floor();
    let rest = seconds - hours * 3600.0 - minutes * 60.0;
    format!("{hours} hours {minutes} minutes and {rest:.2} seconds")
}
