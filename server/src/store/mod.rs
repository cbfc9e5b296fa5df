//! What outlives a process: the history of runs, and the claims by which runs of one project keep out of each other's way.
//!
//! Both live in `.refract/` inside the project's folder, which ignores itself in git.

mod claim;
mod history;
mod lock;
mod record;
mod schema;

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

pub use claim::{Claim, Relations};
pub use history::{
    Counts, History, LogLine, NodeRun, NodeUpdate, PastRun, Run, RunRequest, RunState, Trigger,
};
pub(crate) use lock::Gate;
pub use lock::{RunLock, RunLockError};
pub use record::Recorder;

/// Why history cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or a file in it cannot be made.
    #[error("cannot write {}: {reason}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// SQLite refused.
    #[error("run history: {0}")]
    Database(#[from] rusqlite::Error),
    /// A newer Refract wrote the history.
    #[error(
        "run history has format {found}, this version reads up to {known}: use a newer refract, or move .refract/history.sqlite away"
    )]
    TooNew {
        /// The format found.
        found: i64,
        /// The newest that this version knows.
        known: i64,
    },
}

/// The project's `.refract` folder, made where it is missing. A project that cannot be written to has one in the user's
/// state folder, so that it can be run with its target folder elsewhere, as with dbt.
fn state_folder(project: &Path) -> Result<PathBuf, StoreError> {
    let folder = project.join(".refract");
    let failed = |error: io::Error| StoreError::File {
        path: folder.clone(),
        reason: error.to_string(),
    };
    match make_state(&folder) {
        Ok(()) => Ok(folder),
        Err(error) if is_read_only(&error, &folder) => match elsewhere(project) {
            Some(other) if make_state(&other).is_ok() => Ok(other),
            _ => Err(failed(error)),
        },
        Err(error) => Err(failed(error)),
    }
}

/// Makes a folder for state that can be written to.
fn make_state(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        fs::write(&ignore, "*\n")?;
    }
    // A folder that is there may be of a disk that has become read-only.
    File::options()
        .append(true)
        .create(true)
        .open(folder.join("runs.lock"))
        .map(drop)
}

/// Whether nobody of this user's kind can have written there. A folder that others write to is none to pass by: runs
/// would not know of each other.
fn is_read_only(error: &io::Error, folder: &Path) -> bool {
    match error.kind() {
        ErrorKind::ReadOnlyFilesystem => true,
        ErrorKind::PermissionDenied => !folder.exists(),
        _ => false,
    }
}

/// Where the state of a project goes that cannot be written to, as the XDG base directories have it.
fn elsewhere(project: &Path) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let base = set("XDG_STATE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| Some(set("HOME")?.join(".local").join("state")))?;
    let real = project.canonicalize().ok()?;
    let key = crate::packages::cache::key(&real.to_string_lossy());
    Some(base.join("refract").join("projects").join(key))
}
