//! Column-level lineage: which columns each column is made of, within a statement and across the project.
//!
//! | part | in → out | made by |
//! |---|---|---|
//! | [`StatementLineage`] | SQL, dialect, columns of what it reads → columns with their inputs, filters, gaps | [`analyze`] |
//! | [`ProjectLineage`] | manifest, catalog, compiled SQL → the same for all nodes, again only for what changed | [`ProjectLineage::new`] |
//! | [`ColumnLineage`] | what of it travels to the page: both directions, impact, what is inherited | [`ProjectLineage::lineage`] |
//!
//! What cannot be resolved is a [`Gap`] with its reason and place; nothing is guessed. The analysis needs the SQL
//! parser and is left out of the first WebAssembly download; [`ColumnLineage`] is not.

mod columns;
#[cfg(feature = "language")]
mod project;
#[cfg(feature = "language")]
mod sql;
mod statement;

pub use columns::{
    Affected, ColumnAt, ColumnLineage, FORMAT, Knowledge, LineageColumn, NodeLineage, Reached,
    Readers,
};
#[cfg(feature = "language")]
pub use project::ProjectLineage;
#[cfg(feature = "language")]
pub use sql::{Dialect, analyze};
pub use statement::{
    ColumnRef, Gap, Input, KnownColumns, OutputColumn, Relations, StatementLineage, Use,
};
