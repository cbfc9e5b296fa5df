//! What outlives a process: the history of runs, and the claims by which runs of one project keep out of each other's way.
//!
//! Both live in `.refract/` inside the project's folder, which ignores itself in git.

mod claim;
mod history;
mod lock;
mod record;
mod schema;

use std::fs;
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

/// The project's `.refract` folder, made where it is missing.
fn state_folder(project: &Path) -> Result<PathBuf, StoreError> {
    let folder = project.join(".refract");
    let ignore = folder.join(".gitignore");
    let failed = |path: &Path, error: &std::io::Error| StoreError::File {
        path: path.to_path_buf(),
        reason: error.to_string(),
    };
    fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
    if !ignore.exists() {
        fs::write(&ignore, "*\n").map_err(|error| failed(&ignore, &error))?;
    }
    Ok(folder)
}
