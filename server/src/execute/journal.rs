//! The run's journal: one line for each node that ended, on the disk before the next one begins, so that a killed run
//! leaves its results behind. While its run lives it has a file of its own, which is locked; when the run ends it takes
//! the place of the one before.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use compiler::artifacts::results::{ResultsMetadata, RunResult, RunResults, Status};
use compiler::event_time::moment;
use compiler::world::World;
use indexmap::IndexSet;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::outcome::RunError;
use crate::project::Project;

/// Name, in the target folder, of the journal of the run that ended last.
pub const FILE: &str = "run_journal.jsonl";

/// What the name of a journal begins with whose run has not ended; the invocation's id comes next.
const OPEN: &str = "run_journal-";

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
    place: PathBuf,
    file: Mutex<File>,
}

impl Journal {
    /// Begins a journal. Those of dead runs go away: `retry` repeats the run that began last.
    pub(super) fn begin(target: &Path, header: Header) -> Result<Self, RunError> {
        let id = header.metadata.invocation_id.clone().unwrap_or_default();
        let path = open_path(target, &id);
        let text = line(&path, &Line::Run(Box::new(header)))?;
        // Locked before it gets its name: nobody takes it for a dead run's.
        let file = super::files::write_kept(&path, &text)?;
        for (dead, _lock) in open_journals(target) {
            // One that stays is older than this one.
            let _ = fs::remove_file(dead);
        }
        Ok(Self {
            path,
            place: target.join(FILE),
            file: Mutex::new(file),
        })
    }

    /// Writes a result down; it is on the disk when this returns.
    pub(super) fn result(&self, result: &RunResult) -> Result<(), RunError> {
        self.append(&Line::Result(Box::new(result.clone())))
    }

    /// Closes the journal: the run ended by itself, or was `stopped` for this reason.
    pub(super) fn end(&self, elapsed: f64, stopped: Option<String>) -> Result<(), RunError> {
        self.append(&Line::End { elapsed, stopped })?;
        fs::rename(&self.path, &self.place).map_err(|error| failed(&self.place, &error))
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
    /// Reads the journal of the run that began last, of those that do not go on; `None` where there is none, or none
    /// that can be read.
    pub fn read(target: &Path) -> Option<Self> {
        let dead = open_journals(target).into_iter().map(|(_, file)| file);
        let ended = File::open(target.join(FILE)).ok();
        let all = ended.into_iter().chain(dead).filter_map(Self::parse);
        all.max_by_key(|recorded| began(&recorded.header.metadata))
    }

    /// Reads the journal of a run that goes on in this process.
    fn of_invocation(target: &Path, id: &str) -> Option<Self> {
        Self::parse(File::open(open_path(target, id)).ok()?)
    }

    fn parse(file: File) -> Option<Self> {
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

/// Writes `run_results.json` of a run that goes on in this process and is about to be left: what ended so far. The
/// journal stays as that of a killed run, from which `retry` goes on.
pub fn leave(project: &Project) -> Result<(), RunError> {
    let id = project.world.invocation_id();
    let Some(recorded) = Recorded::of_invocation(&project.target_path, id) else {
        return Ok(());
    };
    let begun = began(&recorded.header.metadata).unwrap_or_else(Utc::now);
    let results = RunResults {
        metadata: recorded.header.metadata,
        results: recorded.results,
        elapsed_time: super::result::seconds_since(begun),
        args: recorded.header.args,
    };
    super::files::write_json(&project.target_path.join("run_results.json"), &results)
}

fn open_path(target: &Path, id: &str) -> PathBuf {
    target.join(format!("{OPEN}{id}.jsonl"))
}

/// When a run began.
pub(super) fn began(metadata: &ResultsMetadata) -> Option<DateTime<Utc>> {
    let started = metadata.invocation_started_at.as_deref();
    moment(started.unwrap_or(&metadata.generated_at))
}

/// Journals of runs that did not end and are dead, locked: where the lock is taken, the run lives.
fn open_journals(target: &Path) -> Vec<(PathBuf, File)> {
    let entries = fs::read_dir(target).into_iter().flatten().flatten();
    let named = entries.map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(OPEN))
    });
    named
        .filter_map(|path| {
            let file = File::open(&path).ok()?;
            file.try_lock_shared().ok()?;
            Some((path, file))
        })
        .collect()
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
