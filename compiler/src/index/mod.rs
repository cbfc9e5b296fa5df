//! The compact catalog index that the browser reads.
//!
//! [`CatalogIndex`] is the first part, sent at once; [`NodeDetail`] is the second, sent per node.

mod build;
mod describe;
mod detail;
pub mod highlight;
mod known;
pub mod layout;
mod pool;
pub mod search;
mod selectable;
mod types;
mod wire;

pub use build::{build, from_facts};
pub use describe::{detail, detail_from_facts};
pub use detail::{
    Argument, ColumnDetail, ExposureDetail, NodeDetail, NodeLink, Owner, SourceDetail, Stat,
    TestDetail,
};
pub use types::{
    CatalogIndex, ColumnCoverage, Coverage, IndexColumn, IndexItem, IndexNode, IndexTest,
    LastResult, NodeFreshness, NodePosition, ProjectInfo, TestPosition, Text,
};
pub use wire::FORMAT;
