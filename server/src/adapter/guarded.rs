//! A connection that refuses further work once its run is stopped.

use std::sync::Arc;

use compiler::adapter::{Response, Rows, Table, Warehouse, WarehouseError};

use crate::execute::CancelToken;

/// Passes everything on to another connection until the token is cancelled; then only ROLLBACK.
pub struct Guarded {
    inner: Arc<dyn Warehouse>,
    cancel: CancelToken,
}

impl Guarded {
    /// Guards `inner` by `cancel`.
    pub fn new(inner: Arc<dyn Warehouse>, cancel: CancelToken) -> Self {
        Self { inner, cancel }
    }

    fn open(&self) -> Result<(), WarehouseError> {
        if self.cancel.is_cancelled() {
            return Err(WarehouseError::Cancelled);
        }
        Ok(())
    }
}

impl Warehouse for Guarded {
    fn adapter_type(&self) -> &str {
        self.inner.adapter_type()
    }

    fn ready(&self) -> Result<(), WarehouseError> {
        self.open()?;
        self.inner.ready()
    }

    fn execute(
        &self,
        sql: &str,
        fetch: bool,
        limit: Option<usize>,
    ) -> Result<(Response, Table), WarehouseError> {
        self.open()?;
        self.inner.execute(sql, fetch, limit)
    }

    fn begin(&self) -> Result<(), WarehouseError> {
        self.open()?;
        self.inner.begin()
    }

    fn commit(&self) -> Result<(), WarehouseError> {
        self.open()?;
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
        self.open()?;
        let mut guarded = rows.map(|row| {
            self.open()?;
            row
        });
        self.inner.load_rows(relation, columns, &mut guarded)
    }

    fn stage_file(&self, location: &str, replaces: bool) -> Result<String, WarehouseError> {
        self.open()?;
        self.inner.stage_file(location, replaces)
    }

    fn publish_file(&self, location: &str) -> Result<(), WarehouseError> {
        self.open()?;
        self.inner.publish_file(location)
    }

    fn default_database(&self) -> String {
        self.inner.default_database()
    }
}
