//! `logs/refract.log`: everything, debug lines included.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::record::{Record, threshold};
use crate::cli::global::{LogFormat, LogLevel};

/// The file's name below the log folder.
pub const NAME: &str = "refract.log";

/// A file above this size is moved aside before a new invocation writes (bytes, as dbt's default).
const MAX_BYTES: u64 = 10 * 1024 * 1024;

/// The open log file of one invocation.
#[derive(Debug)]
pub struct LogFile {
    file: File,
    format: LogFormat,
    level: LogLevel,
}

impl LogFile {
    /// Opens the log in `folder`, making the folder where it is missing.
    pub fn open(folder: &Path, format: LogFormat, level: LogLevel) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(NAME);
        if path.metadata().is_ok_and(|file| file.len() > MAX_BYTES) {
            fs::rename(&path, folder.join(format!("{NAME}.1")))?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self {
            file,
            format,
            level,
        })
    }

    /// Whether the fields of events are written, and not only their lines.
    pub fn writes_fields(&self) -> bool {
        self.format == LogFormat::Json && self.level != LogLevel::None
    }

    /// Writes one event. A full disk must not stop a run, so that failures are passed over.
    pub fn write(&mut self, record: &Record, invocation_id: &str) {
        if self.level == LogLevel::None || threshold(record.level) < self.level {
            return;
        }
        let line = if self.format == LogFormat::Json {
            record.json(invocation_id)
        } else {
            record.detailed()
        };
        let _ = self.file.write_all(format!("{line}\n").as_bytes());
    }
}
