//! Age of sources: `sources.json`, and what `--require-fresh` refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use compiler::adapter::Cell;
use compiler::artifacts::manifest::{Freshness, ResourceType, Source, Threshold};
use compiler::artifacts::results::{RunResult, SourceResult, Status};
use compiler::compile::metadata;
use compiler::diag::Diagnostic;
use compiler::graph::Graph;
use indexmap::{IndexMap, IndexSet};
use serde_json::Map;

use super::context::{Context, Line};
use super::event::{Event, NodeInfo};
use super::outcome::RunError;
use super::plan::Plan;
use super::result::{self, timing};

/// Whether a source says how old it may be, and how that is seen.
pub fn is_checked(source: &Source) -> bool {
    let limited = |freshness: &Freshness| {
        let set = |threshold: &Option<Threshold>| {
            threshold
                .as_ref()
                .is_some_and(|limit| limit.count.is_some())
        };
        set(&freshness.warn_after) || set(&freshness.error_after)
    };
    source.config.enabled() && source.freshness.as_ref().is_some_and(limited)
}

/// Checks these sources side by side, a connection for each worker, and tells of each as it ends. Those that a stop
/// of the run came before have no result.
pub(super) fn check_all(
    context: &Context,
    lines: &[Line],
    sources: &[&Source],
) -> Vec<SourceResult> {
    let next = AtomicUsize::new(0);
    let mut results: Vec<(usize, SourceResult)> = std::thread::scope(|scope| {
        let workers: Vec<_> = lines
            .iter()
            .enumerate()
            .map(|(worker, line)| {
                let next = &next;
                scope.spawn(move || {
                    let mut done = Vec::new();
                    loop {
                        let index = next.fetch_add(1, Ordering::SeqCst);
                        let Some(source) = sources.get(index) else {
                            return done;
                        };
                        let place = (index + 1, sources.len());
                        let thread = format!("Thread-{} (worker)", worker + 1);
                        let checked = check(context, line, source, place, thread);
                        done.extend(checked.map(|result| (index, result)));
                    }
                })
            })
            .collect();
        // A worker that panicked takes its results with it; the sources it had are missing, never wrong.
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_default())
            .collect()
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn check(
    context: &Context,
    line: &Line,
    source: &Source,
    place: (usize, usize),
    thread: String,
) -> Option<SourceResult> {
    let (index, total) = place;
    let info = info(source);
    let started = Utc::now();
    context.events.emit(Event::NodeStarted {
        node: info.clone(),
        index,
        total,
        at: started,
    });
    let node = context.operation("freshness");
    let runtime = Arc::new(context.runtime(node, line));
    let outcome = metadata::loaded_at(&context.project.library, &context.scope, &runtime, source)
        .and_then(|found| {
            Ok((
                instant(&found.max_loaded_at)?,
                instant(&found.snapshotted_at)?,
            ))
        });
    let mut checked = match outcome {
        Ok((loaded, now)) => judge(
            source,
            loaded.unwrap_or(DateTime::UNIX_EPOCH),
            now.unwrap_or(started),
            loaded.is_some(),
        ),
        Err(error) if error.code == result::CANCELLED => {
            let at = Utc::now();
            context.events.emit(Event::NodeCancelled { node: info, at });
            return None;
        }
        Err(error) => failed(source, context.redact(&result::plain_message(&error))),
    };
    let _ = line.warehouse.rollback();
    if checked.error.is_none() {
        checked.timing = vec![timing("execute", started)];
        checked.thread_id.clone_from(&thread);
        checked.execution_time = Some(result::seconds_since(started));
    }
    let shown = RunResult {
        thread_id: thread,
        message: checked.error.clone(),
        execution_time: result::seconds_since(started),
        ..result::result(&source.unique_id, checked.status)
    };
    context.events.emit(Event::NodeFinished {
        node: info,
        index,
        total,
        result: Box::new(shown),
        at: Utc::now(),
    });
    Some(checked)
}

fn info(source: &Source) -> NodeInfo {
    NodeInfo {
        unique_id: source.unique_id.clone(),
        name: format!("{}.{}", source.source_name, source.name),
        resource_type: ResourceType::Source,
        materialized: String::new(),
        language: String::new(),
        batched: false,
        schema: source.schema.clone(),
        alias: source.identifier.clone(),
        path: source.original_file_path.clone(),
        compiled_path: None,
    }
}

fn failed(source: &Source, error: String) -> SourceResult {
    SourceResult {
        unique_id: source.unique_id.clone(),
        status: Status::RuntimeError,
        error: Some(error),
        max_loaded_at: None,
        snapshotted_at: None,
        max_loaded_at_time_ago_in_s: None,
        criteria: None,
        adapter_response: None,
        timing: Vec::new(),
        thread_id: String::new(),
        execution_time: None,
    }
}

/// A source without rows counts as older than any limit.
fn judge(
    source: &Source,
    loaded: DateTime<Utc>,
    now: DateTime<Utc>,
    has_rows: bool,
) -> SourceResult {
    let criteria = source.freshness.clone().unwrap_or_default();
    let age = now - loaded;
    let exceeded = |limit: &Option<Threshold>| {
        limit
            .as_ref()
            .and_then(duration)
            .is_some_and(|limit| !has_rows || age > limit)
    };
    let status = if exceeded(&criteria.error_after) {
        Status::Error
    } else if exceeded(&criteria.warn_after) {
        Status::Warn
    } else {
        Status::Pass
    };
    SourceResult {
        unique_id: source.unique_id.clone(),
        status,
        error: None,
        max_loaded_at: Some(loaded.to_rfc3339()),
        snapshotted_at: Some(now.to_rfc3339()),
        max_loaded_at_time_ago_in_s: Some(age.as_seconds_f64()),
        criteria: Some(criteria),
        adapter_response: Some(Map::new()),
        timing: Vec::new(),
        thread_id: String::new(),
        execution_time: None,
    }
}

/// How long a limit is; `None` where it is not set.
fn duration(limit: &Threshold) -> Option<TimeDelta> {
    let count = limit.count?;
    match limit.period.as_deref()? {
        "minute" => TimeDelta::try_minutes(count),
        "hour" => TimeDelta::try_hours(count),
        "day" => TimeDelta::try_days(count),
        _ => None,
    }
}

/// A time as the warehouse told it; without a zone it is UTC. `None` for NULL.
fn instant(cell: &Cell) -> Result<Option<DateTime<Utc>>, Diagnostic> {
    let text = match cell {
        Cell::Null => return Ok(None),
        Cell::Text(text) | Cell::Date(text) | Cell::Timestamp(text) => text.trim(),
        other => return Err(not_a_time(&format!("{other:?}"))),
    };
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(Some(time.to_utc()));
    }
    let spaced = text.replacen('T', " ", 1);
    if let Some(time) = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%:z"]
        .iter()
        .find_map(|format| DateTime::parse_from_str(&spaced, format).ok())
    {
        return Ok(Some(time.to_utc()));
    }
    NaiveDateTime::parse_from_str(&spaced, "%Y-%m-%d %H:%M:%S%.f")
        .ok()
        .or_else(|| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .ok()
                .and_then(|date| date.and_hms_opt(0, 0, 0))
        })
        .map(|time| Some(time.and_utc()))
        .ok_or_else(|| not_a_time(text))
}

fn not_a_time(text: &str) -> Diagnostic {
    Diagnostic::error(
        "loaded-at-type",
        format!("the source's age is told by '{text}', which is not a time"),
    )
    .hint("loaded_at_field must be a timestamp; cast it there if it is text")
}

/// Steps of the plan that come right after a source past its error limit, with what to tell. A source that cannot be
/// checked counts as past it: what is not known to be fresh is not.
pub(super) fn refused(
    context: &Context,
    line: &Line,
    plan: &Plan,
) -> Result<IndexMap<usize, String>, RunError> {
    let manifest = &context.project.manifest;
    let graph = Graph::new(manifest)?;
    let position: IndexMap<&str, usize> = plan
        .steps
        .iter()
        .enumerate()
        .map(|(index, step)| (step.subject.unique_id(), index))
        .collect();
    let below = |source: &Source| -> IndexSet<usize> {
        let all = graph.descendants(&source.unique_id, None);
        all.iter()
            .filter_map(|(id, _)| position.get(id).copied())
            .collect()
    };
    let sources: Vec<&Source> = manifest
        .sources
        .values()
        .filter(|source| is_checked(source) && !below(source).is_empty())
        .collect();
    let mut refused = IndexMap::new();
    for result in check_all(context, std::slice::from_ref(line), &sources) {
        let Some(source) = manifest.sources.get(&result.unique_id) else {
            continue;
        };
        let name = format!("{}.{}", source.source_name, source.name);
        let reason = match (result.status, result.error, result.max_loaded_at) {
            (Status::RuntimeError, error, _) => format!(
                "the age of source '{name}' cannot be told: {}",
                error.unwrap_or_default()
            ),
            (Status::Error, _, loaded) => {
                format!(
                    "source '{name}' is past its error limit: last loaded at {}",
                    loaded.unwrap_or_default()
                )
            }
            _ => continue,
        };
        let steps = below(source);
        for &step in &steps {
            if !plan.steps[step]
                .parents
                .iter()
                .any(|parent| steps.contains(parent))
            {
                refused
                    .entry(step)
                    .or_insert_with(|| format!("{reason}; not started (--require-fresh)"));
            }
        }
    }
    Ok(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(warn: i64, error: i64) -> Source {
        let limit = |count| {
            Some(Threshold {
                count: Some(count),
                period: Some("hour".into()),
            })
        };
        let freshness = Freshness {
            warn_after: limit(warn),
            error_after: limit(error),
            filter: None,
        };
        Source {
            unique_id: "source.p.raw.orders".into(),
            freshness: Some(freshness),
            ..Source::default()
        }
    }

    #[track_caller]
    fn check(loaded: &str, expected: Status) {
        let now = instant(&Cell::Timestamp("2024-05-02T00:00:00+00:00".into()))
            .unwrap()
            .unwrap();
        let loaded = instant(&Cell::Text(loaded.into())).unwrap().unwrap();
        assert_eq!(judge(&source(6, 24), loaded, now, true).status, expected);
    }

    #[test]
    fn a_source_is_judged_by_the_age_of_its_newest_row() {
        check("2024-05-01T18:00:00", Status::Pass);
        check("2024-05-01 17:59:59.5", Status::Warn);
        check("2024-05-01 02:00:00+02", Status::Warn);
        check("2024-04-30T23:59:59+00:00", Status::Error);
        check("2024-04-30", Status::Error);
    }

    #[test]
    fn a_source_without_rows_is_past_every_limit() {
        let now = Utc::now();
        assert_eq!(judge(&source(6, 24), now, now, false).status, Status::Error);
        assert_eq!(instant(&Cell::Null).unwrap(), None);
    }

    #[test]
    fn what_is_no_time_is_an_error() {
        assert_eq!(
            instant(&Cell::Text("yesterday".into()))
                .unwrap_err()
                .message,
            "the source's age is told by 'yesterday', which is not a time"
        );
    }
}
