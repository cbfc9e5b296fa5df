//! dbt's `adapter` object, relations and columns, built on [`crate::adapter::Warehouse`].

mod behavior;
mod cache;
mod column;
mod dispatch;
mod driver_types;
mod external;
mod index;
mod methods;
mod object;
mod relation;
mod schema;
mod turn;

pub use cache::RelationCache;
pub(crate) use column::ColumnObject;
pub(crate) use external::place_of;
pub(crate) use object::{AdapterObject, api};
pub use relation::{Relation, RelationType};
pub(crate) use relation::{RelationObject, quoted_name};
pub(crate) use schema::exists;
pub use schema::fill_cache;
pub(crate) use turn::Turn;
