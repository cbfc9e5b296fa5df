//! dbt's `adapter` object, relations and columns, built on [`crate::adapter::Warehouse`].

mod cache;
mod relation;

pub use cache::RelationCache;
pub use relation::{Relation, RelationType};
