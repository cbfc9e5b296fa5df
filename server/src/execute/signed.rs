//! A connection as a node has it: its statements carry the comment, and are told of for the log.

use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use compiler::adapter::{Response, Rows, Table, Warehouse, WarehouseError};
use compiler::compile::Comment;

use super::event::{Answer, Event, EventSink};
use crate::adapter::Connector;

/// Passes everything on to another connection, each statement with the comment, and tells the sink of it before it runs
/// and after.
pub(super) struct Signed {
    inner: Arc<dyn Warehouse>,
    comment: Option<Comment>,
    unique_id: String,
    events: Arc<dyn EventSink>,
    connector: Arc<dyn Connector>,
    /// Whether statements are not run.
    is_silent: bool,
}

impl Signed {
    /// `inner` for the statements of a node. The connector takes secrets out of what is told.
    pub(super) fn new(
        inner: Arc<dyn Warehouse>,
        comment: Option<Comment>,
        unique_id: String,
        events: Arc<dyn EventSink>,
        connector: Arc<dyn Connector>,
    ) -> Self {
        Self {
            inner,
            comment,
            unique_id,
            events,
            connector,
            is_silent: false,
        }
    }

    /// The same, but any statement is an error (`--no-introspect`).
    pub(super) fn silent(self) -> Self {
        Self {
            is_silent: true,
            ..self
        }
    }

    fn tell(&self, sql: &str, answer: Option<Answer>) {
        self.events.emit(Event::Statement {
            unique_id: self.unique_id.clone(),
            sql: self.connector.redact(sql),
            answer,
            at: Utc::now(),
        });
    }
}

impl Warehouse for Signed {
    fn adapter_type(&self) -> &str {
        self.inner.adapter_type()
    }

    fn ready(&self) -> Result<(), WarehouseError> {
        self.inner.ready()
    }

    fn execute(
        &self,
        sql: &str,
        fetch: bool,
        limit: Option<usize>,
    ) -> Result<(Response, Table), WarehouseError> {
        if self.is_silent {
            let message = "it asks the warehouse, which --no-introspect forbids";
            return Err(WarehouseError::Database(message.to_owned()));
        }
        let commented = self.comment.as_ref().map(|comment| comment.add(sql));
        let sql = commented.as_deref().unwrap_or(sql);
        self.tell(sql, None);
        let begun = Instant::now();
        let answer = match sql.find('\0') {
            None => self.inner.execute(sql, fetch, limit),
            // The drivers' own words do not say where.
            Some(at) => Err(WarehouseError::Database(format!(
                "a NUL character stands in line {} of the statement: {}",
                sql[..at].matches('\n').count() + 1,
                sql[..at].lines().last().unwrap_or_default().trim()
            ))),
        };
        let status = answer
            .as_ref()
            .map_or("ERROR", |(response, _)| &response.message);
        let told = Answer {
            status: status.to_owned(),
            elapsed: begun.elapsed().as_secs_f64(),
        };
        self.tell(sql, Some(told));
        answer
    }

    fn begin(&self) -> Result<(), WarehouseError> {
        self.inner.begin()
    }

    fn commit(&self) -> Result<(), WarehouseError> {
        self.inner.commit()
    }

    fn rollback(&self) -> Result<(), WarehouseError> {
        self.inner.rollback()
    }

    fn load_rows(
        &self,
        relation: &str,
        columns: &[String],
        rows: &mut Rows<'_>,
    ) -> Result<u64, WarehouseError> {
        self.inner.load_rows(relation, columns, rows)
    }

    fn stage_file(&self, location: &str, replaces: bool) -> Result<String, WarehouseError> {
        self.inner.stage_file(location, replaces)
    }

    fn publish_file(&self, location: &str) -> Result<(), WarehouseError> {
        self.inner.publish_file(location)
    }

    fn default_database(&self) -> String {
        self.inner.default_database()
    }
}
