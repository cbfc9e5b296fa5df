//! The compiler's one door to the outside: files, environment and the clock come through [`World`].

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
#[cfg(feature = "language")]
use std::sync::OnceLock;

use chrono::{DateTime, Utc};

/// Why a file could not be had.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum WorldError {
    /// There is no such file.
    #[error("file not found: {0}")]
    NotFound(String),
    /// The file is there but cannot be read; the reason follows.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file asked for.
        path: String,
        /// The system's words.
        reason: String,
    },
}

/// What the compiler may ask of its host. The server answers from the disk, the page and the tests from memory.
///
/// Paths are relative to the project root, with `/` between parts; packages are found under their own
/// folders (`dbt_packages/NAME/…`), and paths may start with `../` for `local:` packages.
pub trait World: Send + Sync {
    /// The text of one file.
    fn read(&self, path: &str) -> Result<String, WorldError>;

    /// The bytes of one file, for checksums of seeds; the default serves text files.
    fn read_bytes(&self, path: &str) -> Result<Vec<u8>, WorldError> {
        self.read(path).map(String::into_bytes)
    }

    /// The bytes of one file, read as they are needed; the default reads them at once.
    fn open(&self, path: &str) -> Result<Box<dyn Read>, WorldError> {
        let bytes = self.read_bytes(path)?;
        Ok(Box::new(Cursor::new(bytes)))
    }

    /// How many bytes one file has.
    fn size(&self, path: &str) -> Result<u64, WorldError> {
        self.read_bytes(path).map(|bytes| bytes.len() as u64)
    }

    /// All files under a folder, sorted by path; empty where there is no such folder.
    fn list(&self, folder: &str) -> Result<Vec<String>, WorldError>;

    /// Names of the folders directly under `folder`, sorted; empty where there is none.
    fn folders(&self, folder: &str) -> Result<Vec<String>, WorldError>;

    /// One environment variable.
    fn env_var(&self, name: &str) -> Option<String>;

    /// What the environment says of this invocation: variables named `DBT_ENV_CUSTOM_ENV_…`, without that prefix.
    fn metadata_envs(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// When this invocation started: the same instant at every call.
    fn started_at(&self) -> DateTime<Utc>;

    /// The id of this invocation (a UUID).
    fn invocation_id(&self) -> &str;

    /// The folder of the project on the host, for artifacts and `project_root` only.
    fn project_root(&self) -> &str {
        "."
    }

    /// Calls `work` once with each number below `count`, and returns when all calls have. A host with several cores
    /// makes them side by side, in any order.
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(work);
    }
}

/// What `work` makes of each item, in the items' order; on all cores that the host has.
#[cfg(feature = "language")]
pub(crate) fn map_each<T: Sync, R: Send + Sync>(
    world: &dyn World,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let answers: Vec<OnceLock<R>> = items.iter().map(|_| OnceLock::new()).collect();
    world.each(items.len(), &|index| {
        if let (Some(item), Some(answer)) = (items.get(index), answers.get(index)) {
            answer.get_or_init(|| work(item));
        }
    });
    answers
        .into_iter()
        .filter_map(OnceLock::into_inner)
        .collect()
}
