//! The run's journal: one line for each node that ended, on the disk before the next one begins, so that a killed run
//! leaves its results behind.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use compiler::artifacts::results::{ResultsMetadata, RunResult, RunResults, Status};
use indexmap::IndexSet;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::outcome::RunError;

/// Name of the journal in the target folder.
pub const FILE: &str = "run_journal.jsonl";

/// The journal's first line: what was to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// `metadata` of the `run_results.json` to come.
    pub metadata: ResultsMetadata,
    /// `args` of the `run_results.json` to come.
    pub args: Map<String, Value>,
    /// Process that runs it.
    pub pid: u32,
    /// Unique ids of all steps that count.
    pub nodes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
enum Line {
    #[serde(rename = "run")]
    Run(Box<Header>),
    #[serde(rename = "result")]
    Result(Box<RunResult>),
    #[serde(rename = "end")]
    End {
        elapsed: f64,
        /// Why the run was stopped, if it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stopped: Option<String>,
    },
}

/// The journal of the run that goes on.
pub(super) struct Journal {
    path: PathBuf,
    file: Mutex<File>,
}

impl Journal {
    /// Begins a journal in place of the one before.
    pub(super) fn begin(target: &Path, header: Header) -> Result<Self, RunError> {
        let path = target.join(FILE);
        super::files::write(&path, &line(&path, &Line::Run(Box::new(header)))?, true)?;
        let file = File::options()
            .append(true)
            .open(&path)
            .map_err(|error| failed(&path, &error))?;
        Ok(Self {
            path,
            file: Mutex::new(file),
        })
    }

    /// Writes a result down; it is on the disk when this returns.
    pub(super) fn result(&self, result: &RunResult) -> Result<(), RunError> {
        self.append(&Line::Result(Box::new(result.clone())))
    }

    /// Closes the journal: the run ended by itself, or was `stopped` for this reason.
    pub(super) fn end(&self, elapsed: f64, stopped: Option<String>) -> Result<(), RunError> {
        self.append(&Line::End { elapsed, stopped })
    }

    fn append(&self, entry: &Line) -> Result<(), RunError> {
        let text = line(&self.path, entry)?;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&text)
            .and_then(|()| file.sync_data())
            .map_err(|error| failed(&self.path, &error))
    }
}

/// What a journal tells about a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// What was to be done.
    pub header: Header,
    /// What ended.
    pub results: Vec<RunResult>,
    /// Seconds that the run took; `None` where it was killed.
    pub elapsed: Option<f64>,
    /// Why it was stopped, if it was.
    pub stopped: Option<String>,
}

impl Recorded {
    /// Reads the journal of a target folder; `None` where there is none, or none that can be read.
    pub fn read(target: &Path) -> Option<Self> {
        let file = File::open(target.join(FILE)).ok()?;
        // The last line of a killed run may be torn; it and whatever follows are left out.
        let mut lines = BufReader::new(file)
            .lines()
            .map_while(|line| serde_json::from_str::<Line>(&line.ok()?).ok());
        let Some(Line::Run(header)) = lines.next() else {
            return None;
        };
        let mut recorded = Self {
            header: *header,
            results: Vec::new(),
            elapsed: None,
            stopped: None,
        };
        for line in lines {
            match line {
                Line::Result(result) => recorded.results.push(*result),
                Line::End { elapsed, stopped } => {
                    recorded.elapsed = Some(elapsed);
                    recorded.stopped = stopped;
                }
                Line::Run(_) => break,
            }
        }
        Some(recorded)
    }

    /// The `run_results.json` of this run: what ended and, as skipped, what was still to come.
    pub fn into_run_results(self) -> RunResults {
        let ended: IndexSet<&str> = self
            .results
            .iter()
            .map(|result| result.unique_id.as_str())
            .collect();
        let how = if self.stopped.is_some() {
            "stopped"
        } else {
            "killed"
        };
        let missing: Vec<RunResult> = self
            .header
            .nodes
            .iter()
            .filter(|id| !ended.contains(id.as_str()))
            .map(|id| {
                super::result::skipped(
                    id,
                    Some(format!("the run was {how} before this node ended")),
                )
            })
            .collect();
        debug_assert!(
            missing
                .iter()
                .all(|result| result.status == Status::Skipped)
        );
        let mut results = self.results;
        results.extend(missing);
        RunResults {
            metadata: self.header.metadata,
            results,
            elapsed_time: self.elapsed.unwrap_or_default(),
            args: self.header.args,
        }
    }
}

fn line(path: &Path, entry: &Line) -> Result<Vec<u8>, RunError> {
    let mut text = serde_json::to_vec(entry).map_err(|error| RunError::File {
        path: path.to_path_buf(),
        reason: error.to_string(),
    })?;
    text.push(b'\n');
    Ok(text)
}

fn failed(path: &Path, error: &std::io::Error) -> RunError {
    RunError::File {
        path: path.to_path_buf(),
        reason: error.to_string(),
    }
}
