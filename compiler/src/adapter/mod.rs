//! What the compiler knows of warehouses: the [`Warehouse`] trait that the server implements, and the values
//! that cross it. dbt's `adapter.*` object, built on this trait, lives in `jinja::adapter`.

pub mod table;

pub use table::{Cell, Column, Table};

/// Why a statement failed.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum WarehouseError {
    /// The warehouse refused the statement; its own words, secrets removed.
    #[error("{0}")]
    Database(String),
    /// The connection is gone or could not be opened.
    #[error("connection failed: {0}")]
    Connection(String),
    /// A row that was to be loaded does not fit into its table.
    #[error("{reason}")]
    Misfit {
        /// The warehouse's own words.
        reason: String,
        /// Which of the rows it is, from 0.
        row: u64,
        /// Which of its values it is, from 0, where that is known.
        column: Option<usize>,
    },
    /// The run was stopped while the statement ran.
    #[error("cancelled")]
    Cancelled,
}

/// Rows on their way into a warehouse, read as they are needed. An error ends the load.
pub type Rows<'a> = dyn Iterator<Item = Result<Vec<Cell>, WarehouseError>> + 'a;

/// What a statement answered, as dbt's `adapter_response` has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// Short text for the console, such as `SELECT 42` or `OK`.
    pub message: String,
    /// The command's name, such as `SELECT`; empty where the driver tells none.
    pub code: String,
    /// Rows touched, where the driver tells.
    pub rows_affected: Option<i64>,
}

/// One connection to a warehouse. Synchronous: a worker thread owns it for as long as a node runs.
///
/// Small on purpose: everything that is SQL (listing relations, columns, DDL) is a Jinja macro that runs
/// through [`Warehouse::execute`], so that projects can override it.
pub trait Warehouse: Send + Sync {
    /// `duckdb`, `postgres`, …: the name that macros are dispatched by.
    fn adapter_type(&self) -> &str;

    /// Called before a node's first statement, outside of transactions: a connection that was lost meanwhile is made
    /// anew, which is safe now and not later.
    fn ready(&self) -> Result<(), WarehouseError> {
        Ok(())
    }

    /// Runs SQL (one statement or several separated by `;`) and returns the last one's rows where `fetch` is set.
    /// `limit` stops reading rows after that many.
    fn execute(
        &self,
        sql: &str,
        fetch: bool,
        limit: Option<usize>,
    ) -> Result<(Response, Table), WarehouseError>;

    /// Opens a transaction; a no-op inside one.
    fn begin(&self) -> Result<(), WarehouseError>;

    /// Commits the open transaction; a no-op outside one.
    fn commit(&self) -> Result<(), WarehouseError>;

    /// Rolls the open transaction back; a no-op outside one.
    fn rollback(&self) -> Result<(), WarehouseError>;

    /// Bulk-loads rows into an existing table, a part of them at a time in memory, and says how many they were.
    /// `relation` is quoted and complete, `columns` are quoted and stand in the order of the cells, which the warehouse
    /// casts to the columns' types.
    fn load_rows(
        &self,
        relation: &str,
        columns: &[String],
        rows: &mut Rows<'_>,
    ) -> Result<u64, WarehouseError>;

    /// Where to write what is to stand at `location`, a file or a folder of files, so that it is seen only when it is
    /// whole: see [`Warehouse::publish_file`]. The location itself where that cannot be done, or where a folder is
    /// there that the new files are added to (`replaces` is false).
    fn stage_file(&self, location: &str, _replaces: bool) -> Result<String, WarehouseError> {
        Ok(location.to_owned())
    }

    /// Puts what was written to the staged place into the place of what stands at `location`.
    fn publish_file(&self, _location: &str) -> Result<(), WarehouseError> {
        Ok(())
    }

    /// The database (DuckDB: catalog) that relations without one belong to.
    fn default_database(&self) -> String;
}
