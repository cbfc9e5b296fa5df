//! One log event: its line for people and its JSON for programs.

use chrono::{DateTime, Local, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::style::Palette;
use crate::cli::global::LogLevel;
use crate::execute::Level;
use crate::redact::Redactor;

/// One event, in dbt's words where dbt has such an event.
#[derive(Debug, Clone)]
pub struct Record {
    /// dbt's name of the event, such as `LogModelResult`.
    pub name: String,
    /// dbt's code of it, such as `Q012`.
    pub code: String,
    /// How loud.
    pub level: Level,
    /// The line.
    pub message: String,
    /// The event's own fields.
    pub data: Map<String, Value>,
    /// Which thread it is told to come from.
    pub thread: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether the line says by itself how bad it is, so that it gets no `[ERROR]` in front.
    pub speaks_for_itself: bool,
    /// Whether it is written where programs read alone: people are told the same by another line.
    pub for_programs: bool,
}

impl Record {
    /// An event of now, from the main thread.
    pub fn new(name: &str, code: &str, level: Level, message: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            code: code.to_owned(),
            level,
            message: message.into(),
            data: Map::new(),
            thread: "MainThread".to_owned(),
            at: Utc::now(),
            speaks_for_itself: false,
            for_programs: false,
        }
    }

    /// Adds a field.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.data.insert(key.to_owned(), value.into());
        self
    }

    /// Takes secrets out of the line and of all fields.
    pub fn redact(&mut self, redactor: &Redactor) {
        if redactor.is_empty() {
            return;
        }
        self.message = redactor.apply(&self.message);
        for value in self.data.values_mut() {
            redactor.apply_value(value);
        }
    }

    /// `12:30:59  message`, as dbt writes it.
    pub fn plain(&self, palette: Palette) -> String {
        let time = self.at.with_timezone(&Local).format("%H:%M:%S");
        let label = match self.level {
            _ if self.speaks_for_itself => String::new(),
            Level::Warn => format!("[{}]: ", palette.yellow("WARNING")),
            Level::Error => format!("[{}]: ", palette.red("ERROR")),
            Level::Debug | Level::Info | Level::Print => String::new(),
        };
        format!("{time}  {label}{}", self.message)
    }

    /// `12:30:59.123456 [info ] [Thread-1]: message`, as dbt writes its log file.
    pub fn detailed(&self) -> String {
        let time = self.at.with_timezone(&Local).format("%H:%M:%S%.6f");
        let message = super::style::strip(&self.message);
        format!(
            "{time} [{:<5}] [{}]: {message}",
            self.level.as_str(),
            self.thread
        )
    }

    /// dbt's structured log line.
    pub fn json(&self, invocation_id: &str) -> String {
        let mut data = self.data.clone();
        if data.is_empty() {
            data.insert(
                "msg".to_owned(),
                Value::from(super::style::strip(&self.message)),
            );
        }
        json!({
            "data": data,
            "info": {
                "category": "",
                "code": self.code,
                "extra": {},
                "invocation_id": invocation_id,
                "level": self.level.as_str(),
                "msg": super::style::strip(&self.message),
                "name": self.name,
                "pid": std::process::id(),
                "thread": self.thread,
                "ts": self.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            }
        })
        .to_string()
    }
}

/// A level as `--log-level` measures it.
pub fn threshold(level: Level) -> LogLevel {
    match level {
        Level::Debug => LogLevel::Debug,
        Level::Info | Level::Print => LogLevel::Info,
        Level::Warn => LogLevel::Warn,
        Level::Error => LogLevel::Error,
    }
}
