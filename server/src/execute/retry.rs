//! What `retry` repeats: the last run's command with its own arguments, for the nodes that did not end well.

use std::collections::HashMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use compiler::artifacts::results::{BatchResults, RunResults, Status};
use indexmap::IndexSet;
use serde_json::{Map, Value};

use super::journal::{Recorded, began};
use super::options::Command;
use super::outcome::RunError;

/// The last run, as far as it is to be repeated.
#[derive(Debug, Clone, PartialEq)]
pub struct Previous {
    /// Its command.
    pub command: Command,
    /// Its arguments, as `args` of the artifacts.
    pub args: Map<String, Value>,
    /// Unique ids of what failed, was skipped, or never began because the run was killed.
    pub unfinished: IndexSet<String>,
    /// Microbatch models of which some batches are built, so that only the others are to be repeated.
    pub batches: HashMap<String, BatchResults>,
    /// When it began.
    pub began: Option<DateTime<Utc>>,
    /// Whether the run was killed or stopped, so that only its journal knows of all its nodes.
    pub killed: bool,
}

impl Previous {
    /// Reads the last run of a target folder (or another folder given with `--state`): from its journal where it was
    /// killed or stopped, else from `run_results.json`. dbt finds nothing to repeat after a run that was stopped.
    pub fn read(folder: &Path) -> Result<Self, RunError> {
        let journal = Recorded::read(folder)
            .filter(|recorded| recorded.elapsed.is_none() || recorded.stopped.is_some());
        let written = read_results(folder);
        // Another run may have begun after the one that was stopped, and ended.
        let journal = journal.filter(|recorded| match &written {
            Ok(results) => {
                let (stopped, ended) = (&recorded.header.metadata, &results.metadata);
                stopped.invocation_id == ended.invocation_id || began(stopped) > began(ended)
            }
            Err(_) => true,
        });
        let killed = journal.is_some();
        let results = match journal {
            Some(recorded) => recorded.into_run_results(),
            None => written?,
        };
        let which = results
            .args
            .get("which")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let command = Command::from_which(which).ok_or_else(|| {
            RunError::Request(format!(
                "the last run was '{which}', which cannot be repeated"
            ))
        })?;
        let operation = command == Command::RunOperation;
        let unfinished = results
            .results
            .iter()
            .filter(|result| result.status.is_failure() || result.status == Status::Skipped)
            .filter(|result| operation || !result.unique_id.starts_with("operation."))
            .map(|result| result.unique_id.clone())
            .collect();
        let batches = results
            .results
            .iter()
            .filter_map(|result| Some((result.unique_id.clone(), result.batch_results.clone()?)))
            .filter(|(_, batches)| !batches.successful.is_empty() && !batches.failed.is_empty())
            .collect();
        Ok(Self {
            command,
            unfinished,
            batches,
            began: began(&results.metadata),
            killed,
            args: results.args,
        })
    }
}

fn read_results(folder: &Path) -> Result<RunResults, RunError> {
    let path = folder.join("run_results.json");
    let text = std::fs::read(&path).map_err(|_| {
        RunError::Request(format!("there is no earlier run in {}", folder.display()))
    })?;
    serde_json::from_slice(&text)
        .map_err(|error| RunError::Request(format!("{} cannot be read: {error}", path.display())))
}
