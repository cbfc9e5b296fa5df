//! A connection whose statements carry a comment.

use std::sync::Arc;

use compiler::adapter::{Response, Table, Warehouse, WarehouseError};
use compiler::compile::Comment;

/// Passes everything on to another connection, each statement with the comment.
pub(super) struct Commented {
    inner: Arc<dyn Warehouse>,
    comment: Comment,
}

impl Commented {
    /// `inner`, with `comment` on what it executes.
    pub(super) fn new(inner: Arc<dyn Warehouse>, comment: Comment) -> Self {
        Self { inner, comment }
    }
}

impl Warehouse for Commented {
    fn adapter_type(&self) -> &str {
        self.inner.adapter_type()
    }

    fn execute(
        &self,
        sql: &str,
        fetch: bool,
        limit: Option<usize>,
    ) -> Result<(Response, Table), WarehouseError> {
        self.inner.execute(&self.comment.add(sql), fetch, limit)
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

    fn load_rows(&self, relation: &str, table: &Table) -> Result<u64, WarehouseError> {
        self.inner.load_rows(relation, table)
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
