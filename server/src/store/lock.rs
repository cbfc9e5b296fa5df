//! Which runs of one project may go on side by side. Each run writes down what it touches and waits for the earlier
//! ones that it meets; the command line and the page do so alike.
//!
//! A claim is a file in `.refract/runs`, locked for as long as its run lives: the system releases the lock when the
//! process ends, however that happens. Claims are numbered under a lock of their own, and a run waits for lower numbers
//! only, so that no two ever wait for each other.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::claim::Claim;
use super::{StoreError, state_folder};
use crate::execute::CancelToken;

/// How often a waiting run looks again. The wait itself ends at once when the token is cancelled.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Why a run did not get its turn.
#[derive(Debug, thiserror::Error)]
pub enum RunLockError {
    /// The lock file cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The run was stopped while it waited.
    #[error("stopped while waiting for {holder}")]
    Cancelled {
        /// Who holds the lock.
        holder: String,
    },
    /// The other run did not end in time.
    #[error("{holder} is still going on; waited {waited} s for its end (--lock-timeout)")]
    TimedOut {
        /// Who holds the lock.
        holder: String,
        /// Seconds.
        waited: f64,
    },
}

/// The right to run on this project's relations, until dropped.
#[derive(Debug)]
pub struct RunLock {
    file: File,
    path: PathBuf,
}

/// An earlier run that is in the way.
struct Earlier {
    file: File,
    holder: String,
}

impl RunLock {
    /// Waits for the turn of `what` (such as `refract build`), for no longer than `timeout`. `waiting` is called with
    /// each holder that is waited for.
    pub fn acquire(
        project: &Path,
        what: &str,
        claim: &Claim,
        timeout: Option<Duration>,
        cancel: &CancelToken,
        waiting: impl Fn(&str),
    ) -> Result<Self, RunLockError> {
        let state = state_folder(project)?;
        let (lock, earlier) = enter(&state, what, claim)?;
        let begun = Instant::now();
        for run in &earlier {
            wait_for(run, begun, timeout, cancel, &waiting)?;
        }
        Ok(lock)
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // A claim that stays behind is taken for a dead run's: whoever comes next removes it.
        let _ = fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

/// Only one run of a project at a time does what belongs to all of them: schemas, the project's hooks, artifacts.
/// What is done with it never waits for another run.
#[derive(Debug)]
pub(crate) struct Gate {
    file: File,
}

impl Gate {
    /// Waits until no other run is in there. `None` where the wait was cancelled.
    pub(crate) fn enter(project: &Path, cancel: &CancelToken) -> Result<Option<Self>, StoreError> {
        let path = state_folder(project)?.join("gate.lock");
        let file = open(&path)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self { file })),
                Err(TryLockError::WouldBlock) if cancel.wait(LOOK_AGAIN / 5) => return Ok(None),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(failed(&path, &error)),
            }
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

/// Writes a claim down and finds the earlier ones that it meets.
fn enter(state: &Path, what: &str, claim: &Claim) -> Result<(RunLock, Vec<Earlier>), StoreError> {
    let guard_path = state.join("runs.lock");
    let guard = open(&guard_path)?;
    guard.lock().map_err(|error| failed(&guard_path, &error))?;
    let folder = state.join("runs");
    fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
    let mut last = 0;
    let mut earlier = Vec::new();
    for (number, path) in claims(&folder)? {
        last = number;
        earlier.extend(in_the_way(&path, claim)?);
    }
    let path = folder.join(format!("{:012}.json", last + 1));
    let mut file = open(&path)?;
    file.try_lock()
        .map_err(|error| failed(&path, &std::io::Error::other(error.to_string())))?;
    let note = json!({
        "run": format!("{what} (process {})", std::process::id()),
        "claim": claim.to_json(),
    });
    file.set_len(0)
        .and_then(|()| file.write_all(note.to_string().as_bytes()))
        .map_err(|error| failed(&path, &error))?;
    Ok((RunLock { file, path }, earlier))
}

/// The claims that are there, by number.
fn claims(folder: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, &error))? {
        let path = entry.map_err(|error| failed(folder, &error))?.path();
        let number = path
            .file_stem()
            .and_then(|stem| stem.to_str()?.parse().ok());
        if let Some(number) = number {
            found.push((number, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The run of a claim, where it lives and meets this one. What a dead run claimed goes away.
fn in_the_way(path: &Path, claim: &Claim) -> Result<Option<Earlier>, StoreError> {
    let mut file = match File::options().read(true).write(true).open(path) {
        Ok(file) => file,
        // It has just ended.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, &error)),
    };
    match file.try_lock() {
        Ok(()) => {
            let _ = fs::remove_file(path);
            return Ok(None);
        }
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(failed(path, &error)),
    }
    let mut text = String::new();
    file.read_to_string(&mut text)
        .map_err(|error| failed(path, &error))?;
    let note: Value = serde_json::from_str(&text).unwrap_or_default();
    let run = note
        .get("run")
        .and_then(Value::as_str)
        .unwrap_or("another run");
    let theirs = Claim::from_json(note.get("claim").unwrap_or(&Value::Null));
    Ok(claim.meets(&theirs).map(|meeting| Earlier {
        file,
        holder: meeting.said_of(run),
    }))
}

fn wait_for(
    run: &Earlier,
    begun: Instant,
    timeout: Option<Duration>,
    cancel: &CancelToken,
    waiting: &impl Fn(&str),
) -> Result<(), RunLockError> {
    let holder = || run.holder.trim_end_matches(',').to_owned();
    let mut told = false;
    loop {
        match run.file.try_lock_shared() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => {
                if !std::mem::replace(&mut told, true) {
                    waiting(&run.holder);
                }
                let left = timeout.map(|timeout| timeout.saturating_sub(begun.elapsed()));
                if left.is_some_and(|left| left.is_zero()) {
                    let waited = timeout.unwrap_or_default().as_secs_f64();
                    return Err(RunLockError::TimedOut {
                        holder: run.holder.clone(),
                        waited,
                    });
                }
                if cancel.wait(left.map_or(LOOK_AGAIN, |left| left.min(LOOK_AGAIN))) {
                    return Err(RunLockError::Cancelled { holder: holder() });
                }
            }
            Err(TryLockError::Error(error)) => {
                let path = Path::new(".refract/runs");
                return Err(failed(path, &error).into());
            }
        }
    }
}

fn open(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::File {
        path: path.to_path_buf(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::super::Relations;
    use super::*;

    fn building(name: &str) -> Claim {
        Claim {
            builds: Relations::These([name.to_owned()].into()),
            reads: Relations::none(),
        }
    }

    /// Tries for no time at all; who is waited for, or `Ok` with the lock.
    fn at_once(project: &Path, claim: &Claim) -> Result<RunLock, String> {
        let told = RefCell::new(Vec::new());
        let now = Some(Duration::ZERO);
        let note = |holder: &str| told.borrow_mut().push(holder.to_owned());
        let lock = RunLock::acquire(
            project,
            "refract run",
            claim,
            now,
            &CancelToken::new(),
            note,
        );
        lock.map_err(|error| {
            let own = format!("process {}", std::process::id());
            format!("{} | {error}", told.borrow().join("; ")).replace(&own, "process N")
        })
    }

    #[test]
    fn a_second_run_waits_where_they_meet_and_is_told_for_whom() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path();
        let first = at_once(project, &building("a")).unwrap();
        let second = at_once(project, &building("b")).unwrap();
        assert_eq!(
            at_once(project, &building("a")).unwrap_err(),
            "refract run (process N), which builds a, | refract run (process N), which builds a, is still going on; \
             waited 0 s for its end (--lock-timeout)"
        );
        assert_eq!(
            at_once(project, &Claim::everything()).unwrap_err(),
            "refract run (process N) | refract run (process N) is still going on; waited 0 s for its end (--lock-timeout)"
        );
        drop(first);
        let again = at_once(project, &building("a")).unwrap();
        drop((second, again));
        at_once(project, &Claim::everything()).unwrap();
        assert_eq!(
            fs::read_dir(project.join(".refract/runs")).unwrap().count(),
            0
        );
    }

    #[test]
    fn a_wait_can_be_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let _first = at_once(folder.path(), &building("a")).unwrap();
        let cancel = CancelToken::new();
        let error = RunLock::acquire(
            folder.path(),
            "refract run",
            &building("a"),
            None,
            &cancel,
            |_| cancel.cancel("test"),
        )
        .unwrap_err();
        assert!(matches!(error, RunLockError::Cancelled { .. }), "{error}");
    }

    #[test]
    fn those_who_came_first_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let state = state_folder(folder.path()).unwrap();
        let both = Claim {
            builds: Relations::These(["a".to_owned(), "b".to_owned()].into()),
            reads: Relations::none(),
        };
        let (_first, nobody) = enter(&state, "first", &building("a")).unwrap();
        let (second, for_first) = enter(&state, "second", &both).unwrap();
        let (_third, for_second) = enter(&state, "third", &building("b")).unwrap();
        let holders = |earlier: &[Earlier]| {
            earlier
                .iter()
                .map(|it| it.holder.clone())
                .collect::<Vec<_>>()
                .join(";")
        };
        assert_eq!(holders(&nobody), "");
        assert!(holders(&for_first).starts_with("first (process "));
        assert!(holders(&for_second).starts_with("second (process "));
        drop(second);
        assert!(for_second[0].file.try_lock_shared().is_ok());
    }

    #[test]
    fn what_a_dead_run_left_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let runs = state_folder(folder.path()).unwrap().join("runs");
        fs::create_dir_all(&runs).unwrap();
        fs::write(runs.join("000000000007.json"), "half of a cl").unwrap();
        let lock = at_once(folder.path(), &Claim::everything()).unwrap();
        assert_eq!(fs::read_dir(&runs).unwrap().count(), 1);
        drop(lock);
    }
}
