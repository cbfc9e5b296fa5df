//! Runs of one project take turns: the command line and the page hold the same file lock while they run.
//!
//! The system releases the lock when its process ends, however that happens.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

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

/// The right to run on this project, until dropped.
#[derive(Debug)]
pub struct RunLock {
    file: File,
}

impl RunLock {
    /// Waits for the turn of `what` (such as `refract build`), for no longer than `timeout`. `waiting` is called once,
    /// with the holder, if there is a wait.
    pub fn acquire(
        project: &Path,
        what: &str,
        timeout: Option<Duration>,
        cancel: &CancelToken,
        waiting: impl FnOnce(&str),
    ) -> Result<Self, RunLockError> {
        let path = state_folder(project)?.join("run.lock");
        let failed = |error: std::io::Error| StoreError::File {
            path: path.clone(),
            reason: error.to_string(),
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        let mut waiting = Some(waiting);
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {
                    let holder = holder(&mut file);
                    if let Some(waiting) = waiting.take() {
                        waiting(&holder);
                    }
                    let left = timeout.map(|timeout| timeout.saturating_sub(begun.elapsed()));
                    if left.is_some_and(|left| left.is_zero()) {
                        let waited = timeout.unwrap_or_default().as_secs_f64();
                        return Err(RunLockError::TimedOut { holder, waited });
                    }
                    if cancel.wait(left.map_or(LOOK_AGAIN, |left| left.min(LOOK_AGAIN))) {
                        return Err(RunLockError::Cancelled { holder });
                    }
                }
                Err(TryLockError::Error(error)) => return Err(failed(error).into()),
            }
        }
        let note = format!("{what} (process {})", std::process::id());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(note.as_bytes()))
            .map_err(failed)?;
        Ok(Self { file })
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // The name of a holder that is gone would mislead; the lock itself goes with the file handle anyway.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
    match read {
        Ok(_) if !text.is_empty() => text,
        _ => "another run".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_waits_and_is_told_for_whom() {
        let folder = tempfile::tempdir().unwrap();
        let first = RunLock::acquire(
            folder.path(),
            "refract build",
            None,
            &CancelToken::new(),
            |_| (),
        )
        .unwrap();
        let cancel = CancelToken::new();
        let mut told = String::new();
        let error = RunLock::acquire(folder.path(), "refract run", None, &cancel, |holder| {
            told = holder.to_owned();
            cancel.cancel("test");
        })
        .unwrap_err();
        assert!(told.starts_with("refract build (process "), "{told}");
        assert!(matches!(error, RunLockError::Cancelled { .. }), "{error}");
        let short = Some(Duration::from_millis(20));
        let error = RunLock::acquire(
            folder.path(),
            "refract run",
            short,
            &CancelToken::new(),
            |_| (),
        )
        .unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("is still going on; waited 0.02 s for its end (--lock-timeout)"),
            "{error}"
        );
        drop(first);
        RunLock::acquire(
            folder.path(),
            "refract run",
            None,
            &CancelToken::new(),
            |_| panic!("nobody holds it"),
        )
        .unwrap();
    }
}
