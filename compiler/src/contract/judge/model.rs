//! Promises of the whole model: its build, its grain, its age.

use std::collections::HashSet;

use serde_json::Value;

use super::{Judge, note};
use crate::artifacts::manifest::{Column, Node, ResourceType};
use crate::artifacts::results::Status;
use crate::contract::declared::MaxAge;
use crate::contract::facts::{test_column, test_word, to_second};
use crate::contract::view::{Evidence, PromiseKind, PromiseState};

impl<'a> Judge<'a> {
    pub(super) fn built(&mut self) {
        let result = self.facts.result(&self.node.unique_id);
        let (state, text) = match result.map(|result| result.status) {
            None => (PromiseState::Unknown, "no run of it is known".to_owned()),
            Some(Status::Success | Status::Pass | Status::NoOp) => {
                (PromiseState::Kept, "built".to_owned())
            }
            Some(Status::Skipped) => (
                PromiseState::Broken,
                "skipped, so that the rows are those of before".to_owned(),
            ),
            Some(status) => {
                let message = result
                    .and_then(|result| result.message.as_deref())
                    .unwrap_or_default();
                let first = message
                    .lines()
                    .find(|line| !line.trim().is_empty())
                    .unwrap_or_default()
                    .trim();
                let text = format!("{}: {first}", status.as_str());
                (
                    PromiseState::Broken,
                    text.trim_end_matches([':', ' ']).to_owned(),
                )
            }
        };
        let evidence = Evidence {
            text,
            unique_id: Some(self.node.unique_id.clone()),
            status: result.map(|result| result.status),
            at: result.and_then(|result| self.facts.ended(result)),
        };
        self.promise(
            PromiseKind::Built,
            None,
            "the last build succeeded",
            state,
            vec![evidence],
        );
    }

    pub(super) fn grain(&mut self, grain: &[String]) {
        if grain.is_empty() {
            return;
        }
        let statement = format!("one row for each {}", grain.join(", "));
        let wanted: HashSet<String> = grain.iter().map(|name| name.to_lowercase()).collect();
        let tests: Vec<&Node> = self
            .tests()
            .iter()
            .copied()
            .filter(|test| proves_unique(test, &wanted))
            .collect();
        let (mut state, mut evidence) = self.weigh(&tests);
        if tests.is_empty() {
            if self.node.contract.enforced && self.has_key(&wanted) {
                let built = self
                    .promises
                    .first()
                    .map_or(PromiseState::Unknown, |built| built.state);
                (state, evidence) = (built, vec![note("the warehouse enforces the primary key")]);
            } else {
                evidence.push(note("no test checks that the key is unique"));
            }
        }
        self.promise(PromiseKind::Grain, None, statement, state, evidence);
    }

    /// Whether constraints declare the columns as primary key.
    pub(super) fn has_key(&self, wanted: &HashSet<String>) -> bool {
        let is_key = |constraint: &Value| {
            matches!(
                constraint.get("type").and_then(Value::as_str),
                Some("primary_key" | "unique")
            )
        };
        let of_model = self
            .node
            .constraints
            .iter()
            .filter(|constraint| is_key(constraint))
            .any(|constraint| {
                let columns = constraint
                    .get("columns")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten();
                columns
                    .filter_map(Value::as_str)
                    .map(str::to_lowercase)
                    .collect::<HashSet<_>>()
                    == *wanted
            });
        let of_column = |column: &Column| {
            wanted.len() == 1
                && wanted.contains(&column.name.to_lowercase())
                && column.constraints.iter().any(is_key)
        };
        of_model || self.node.columns.values().any(of_column)
    }

    pub(super) fn freshness(&mut self, max_age: &MaxAge, column: Option<&str>) {
        let statement = match column {
            Some(column) => format!("rows are not older than {} by {column}", max_age.text()),
            None => format!("the data is not older than {}", max_age.text()),
        };
        let recency: Vec<&Node> = self
            .tests()
            .iter()
            .copied()
            .filter(|test| test_word(test).is_some_and(|word| word.ends_with("recency")))
            .collect();
        let (tested, mut evidence) = self.weigh(&recency);
        let mut states = Vec::new();
        for id in self.upstream_sources() {
            let (state, item) = self.source_age(id, max_age);
            states.push(state);
            evidence.push(item);
        }
        if evidence.is_empty() {
            evidence.push(note(
                "neither a source upstream nor a recency test says how old the data is",
            ));
        }
        let by_sources = states
            .iter()
            .copied()
            .max()
            .unwrap_or(PromiseState::Unknown);
        let state = match (tested, by_sources) {
            (PromiseState::Broken, _) | (_, PromiseState::Broken) => PromiseState::Broken,
            (PromiseState::Kept, _) | (_, PromiseState::Kept) => PromiseState::Kept,
            _ => PromiseState::Unknown,
        };
        self.promise(PromiseKind::Freshness, None, statement, state, evidence);
    }

    /// Sources upstream that have freshness limits or were checked.
    pub(super) fn upstream_sources(&self) -> Vec<&'a str> {
        let manifest = self.facts.manifest;
        let mut seen: HashSet<&str> = HashSet::new();
        let mut stack: Vec<&str> = self
            .node
            .depends_on
            .nodes
            .iter()
            .map(String::as_str)
            .collect();
        let mut found = Vec::new();
        while let Some(id) = stack.pop() {
            if !seen.insert(id) {
                continue;
            }
            if let Some((id, source)) = manifest.sources.get_key_value(id) {
                let limit = |source: &crate::artifacts::manifest::Source| {
                    let freshness = source.freshness.as_ref();
                    let set = |threshold: &Option<crate::artifacts::manifest::Threshold>| {
                        threshold
                            .as_ref()
                            .is_some_and(|threshold| threshold.count.is_some())
                    };
                    freshness.is_some_and(|freshness| {
                        set(&freshness.warn_after) || set(&freshness.error_after)
                    })
                };
                if limit(source) || self.facts.source_result(id).is_some() {
                    found.push(id.as_str());
                }
            } else if let Some(node) = manifest.node(id) {
                stack.extend(node.depends_on.nodes.iter().map(String::as_str));
            }
        }
        found.sort_unstable();
        found
    }

    pub(super) fn source_age(&self, id: &str, max_age: &MaxAge) -> (PromiseState, Evidence) {
        let name = self.facts.manifest.sources.get(id).map_or_else(
            || id.to_owned(),
            |source| format!("{}.{}", source.source_name, source.name),
        );
        let result = self.facts.source_result(id);
        let (state, text) =
            match result.map(|result| (result.status, result.max_loaded_at_time_ago_in_s)) {
                None => (PromiseState::Unknown, format!("{name} was not checked")),
                Some((_, Some(age))) if age > max_age.seconds() as f64 => (
                    PromiseState::Broken,
                    format!("{name} was {} old when it was checked", duration(age)),
                ),
                Some((_, Some(age))) => (
                    PromiseState::Kept,
                    format!("{name} was {} old when it was checked", duration(age)),
                ),
                Some((_, None)) => (PromiseState::Unknown, format!("the check of {name} failed")),
            };
        let evidence = Evidence {
            text,
            unique_id: Some(id.to_owned()),
            status: result.map(|result| result.status),
            at: result.and_then(|result| to_second(result.snapshotted_at.as_deref()?)),
        };
        (state, evidence)
    }
}

/// Whether a test shows that some columns together are unique.
fn proves_unique(test: &Node, wanted: &HashSet<String>) -> bool {
    let Some(metadata) = test
        .test_metadata
        .as_ref()
        .filter(|_| test.resource_type == ResourceType::Test)
    else {
        return false;
    };
    match metadata.name.as_str() {
        // Not NULL belongs to a key, so its test is evidence too.
        "unique" | "not_null" => {
            let column = test_column(test).map(str::to_lowercase);
            let alone = wanted.len() == 1 || metadata.name == "not_null";
            alone && column.is_some_and(|column| wanted.contains(&column))
        }
        "unique_combination_of_columns" => {
            let columns = metadata
                .kwargs
                .get("combination_of_columns")
                .and_then(Value::as_array);
            let columns = columns
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_lowercase);
            columns.collect::<HashSet<_>>() == *wanted
        }
        _ => false,
    }
}

/// Seconds in the largest unit that reads well.
fn duration(seconds: f64) -> String {
    let (count, unit) = if seconds < 120.0 {
        (seconds, "seconds")
    } else if seconds < 7200.0 {
        (seconds / 60.0, "minutes")
    } else if seconds < 172_800.0 {
        (seconds / 3600.0, "hours")
    } else {
        (seconds / 86_400.0, "days")
    };
    format!("{count:.0} {unit}")
}
