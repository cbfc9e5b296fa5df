//! A sink that writes a run into the history and passes every event on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};

use super::{History, NodeUpdate, StoreError};
use crate::execute::{Event, EventSink, Level};

/// Writes down what a run tells. A history that cannot be written is told once and never stops the run.
pub struct Recorder {
    history: Arc<History>,
    run: String,
    next: Arc<dyn EventSink>,
    broken: AtomicBool,
}

impl Recorder {
    /// Records the events of `run` and passes them on to `next`.
    pub fn new(history: Arc<History>, run: impl Into<String>, next: Arc<dyn EventSink>) -> Self {
        Self {
            history,
            run: run.into(),
            next,
            broken: AtomicBool::new(false),
        }
    }

    fn write(&self, event: &Event) -> Result<(), StoreError> {
        match event {
            Event::RunStarted { total, .. } => self.history.plan(&self.run, *total),
            Event::NodeStarted { node, at, .. } => self.history.node(
                &self.run,
                &NodeUpdate {
                    unique_id: &node.unique_id,
                    status: "running",
                    message: None,
                    execution_time: None,
                    failures: None,
                    at: *at,
                },
            ),
            Event::NodeFinished {
                node, result, at, ..
            } => {
                self.history.node(
                    &self.run,
                    &NodeUpdate {
                        unique_id: &node.unique_id,
                        status: result.status.as_str(),
                        message: result.message.as_deref(),
                        execution_time: Some(result.execution_time),
                        failures: result.failures,
                        at: *at,
                    },
                )?;
                if result.status.is_failure() {
                    let message = result.message.as_deref().unwrap_or("failed");
                    self.line(
                        "error",
                        Some(&node.unique_id),
                        &format!("{}: {message}", node.describe()),
                        *at,
                    )?;
                }
                Ok(())
            }
            Event::NodeCancelled { node, at } => self.history.node(
                &self.run,
                &NodeUpdate {
                    unique_id: &node.unique_id,
                    status: "cancelled",
                    message: None,
                    execution_time: None,
                    failures: None,
                    at: *at,
                },
            ),
            Event::Batch { .. }
            | Event::Statement { .. }
            | Event::Log {
                level: Level::Debug,
                ..
            }
            | Event::RunFinished { .. } => Ok(()),
            Event::Log {
                unique_id,
                level,
                message,
                at,
            } => self.line(level.as_str(), unique_id.as_deref(), message, *at),
            Event::Warning {
                unique_id,
                message,
                at,
                ..
            } => self.line("warn", unique_id.as_deref(), message, *at),
        }
    }

    fn line(
        &self,
        level: &str,
        unique_id: Option<&str>,
        line: &str,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.history
            .log(&self.run, level, unique_id, line, at)
            .map(|_| ())
    }
}

impl EventSink for Recorder {
    fn emit(&self, event: Event) {
        if let Err(error) = self.write(&event)
            && !self.broken.swap(true, Ordering::Relaxed)
        {
            self.next.emit(Event::Log {
                unique_id: None,
                level: Level::Warn,
                message: format!("this run is not kept whole in the history: {error}"),
                at: Utc::now(),
            });
        }
        self.next.emit(event);
    }
}
