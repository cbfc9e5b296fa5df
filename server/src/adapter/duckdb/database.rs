//! One DuckDB instance per file and process, and the wait for a file that another process holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::connection::message;
use super::settings::Settings;
use crate::adapter::{ConnectError, Patience};

/// How long to wait between two tries at a held file.
const RETRY: Duration = Duration::from_millis(100);

/// An open DuckDB instance. Its file is free again when the last one who holds it lets go.
pub(super) struct Database {
    /// Connections are cloned from this one.
    pub(super) root: Mutex<duckdb::Connection>,
}

/// Instances by file. DuckDB's file lock works between processes only: a second instance of one file in this
/// process would destroy it, so that everybody here shares one.
static OPEN: Mutex<BTreeMap<PathBuf, Weak<Database>>> = Mutex::new(BTreeMap::new());

impl Database {
    /// The instance of the settings' file, opened and prepared by `prepare` unless somebody here has it open.
    pub(super) fn open(
        settings: &Settings,
        patience: &Patience<'_>,
        prepare: impl Fn(&duckdb::Connection) -> Result<(), ConnectError>,
    ) -> Result<Arc<Self>, ConnectError> {
        let start = |connection: duckdb::Connection| -> Result<Arc<Self>, ConnectError> {
            prepare(&connection)?;
            Ok(Arc::new(Self {
                root: Mutex::new(connection),
            }))
        };
        let Some(file) = &settings.file else {
            let connection =
                duckdb::Connection::open_in_memory_with_flags(config(settings)?).map_err(driver)?;
            return start(connection);
        };
        let key = identity(file)?;
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = open.get(&key).and_then(Weak::upgrade) {
            return Ok(database);
        }
        let database = start(open_file(&key, settings, patience)?)?;
        open.retain(|_, held| held.strong_count() > 0);
        open.insert(key, Arc::downgrade(&database));
        Ok(database)
    }
}

/// The file's one name: its folder resolved, since the file itself may not exist yet.
fn identity(file: &Path) -> Result<PathBuf, ConnectError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let real = folder.canonicalize().map_err(|_| ConnectError::NoFolder {
        file: file.to_path_buf(),
        folder: folder.to_path_buf(),
    })?;
    let named = real.join(file.file_name().unwrap_or_default());
    Ok(named.canonicalize().unwrap_or(named))
}

fn open_file(
    file: &Path,
    settings: &Settings,
    patience: &Patience<'_>,
) -> Result<duckdb::Connection, ConnectError> {
    patiently(patience, || {
        let opened = duckdb::Connection::open_with_flags(file, config(settings)?);
        opened.map_err(|error| ConnectError::Driver(message(&error)))
    })
}

/// Tries until no other process holds the file that is opened or attached, for as long as patience has it.
pub(super) fn patiently<T>(
    patience: &Patience<'_>,
    attempt: impl Fn() -> Result<T, ConnectError>,
) -> Result<T, ConnectError> {
    let begun = Instant::now();
    let mut told = false;
    loop {
        let error = match attempt() {
            Err(ConnectError::Driver(error)) if error.contains(HELD) => error,
            other => return other,
        };
        let (file, holder) = (held_file(&error), holder(&error));
        let waited = begun.elapsed();
        if waited >= patience.timeout {
            return Err(ConnectError::Locked {
                file,
                holder,
                waited: patience.timeout.as_secs_f64(),
            });
        }
        if !told {
            told = true;
            (patience.notice)(&format!(
                "{holder} holds {}; waiting up to {} s (--lock-timeout)",
                file.display(),
                patience.timeout.as_secs_f64()
            ));
        }
        if patience
            .cancel
            .wait(RETRY.min(patience.timeout.saturating_sub(waited)))
        {
            return Err(ConnectError::Cancelled);
        }
    }
}

/// What DuckDB says of a file that another process holds; the file comes next, in quotes.
const HELD: &str = "Could not set lock on file";

fn held_file(error: &str) -> PathBuf {
    let rest = error.split_once(HELD).map_or("", |(_, rest)| rest);
    PathBuf::from(rest.split('"').nth(1).unwrap_or("the database file"))
}

/// Who holds the file, from DuckDB's `Conflicting lock is held in PROGRAM (PID n)…`.
fn holder(error: &str) -> String {
    let found = error.split_once("lock is held in ").and_then(|(_, rest)| {
        let (program, rest) = rest.split_once(" (PID ")?;
        let (pid, _) = rest.split_once(')')?;
        Some(format!("process {pid} ({program})"))
    });
    found.unwrap_or_else(|| "another process".to_owned())
}

fn config(settings: &Settings) -> Result<duckdb::Config, ConnectError> {
    settings
        .config_options
        .iter()
        .try_fold(duckdb::Config::default(), |config, (key, value)| {
            config.with(key, value)
        })
        .map_err(driver)
}

fn driver(error: duckdb::Error) -> ConnectError {
    ConnectError::Driver(message(&error))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{held_file, holder};

    #[test]
    fn the_holder_of_a_lock_is_told_by_process_id() {
        let error = "IO Error: Could not set lock on file \"/x/dev.duckdb\": Conflicting lock is held in /usr/bin/python3 \
                     (PID 4711). See also https://duckdb.org/docs/current/connect/concurrency";
        assert_eq!(holder(error), "process 4711 (/usr/bin/python3)");
        assert_eq!(
            holder("IO Error: Could not set lock on file"),
            "another process"
        );
        assert_eq!(held_file(error), Path::new("/x/dev.duckdb"));
    }
}
