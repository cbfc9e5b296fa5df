//! The compact catalog index that the browser reads.
//!
//! | part | what it holds | made by | sent |
//! |---|---|---|---|
//! | [`CatalogIndex`] | names, edges, tags, columns, coverage, last results | [`build`], [`from_facts`] | at once |
//! | [`NodeDetail`] | texts, SQL, types, tests, contract of one node | [`detail`], [`detail_from_facts`] | when its page opens |
//! | [`ColumnLineage`](crate::lineage::ColumnLineage) | which columns each column is made of | [`ProjectLineage`](crate::lineage) | when somebody asks where a column comes from |
//! | [`search::SearchTexts`] | the beginning of each description, words of SQL with the nodes that have them | [`search::search_texts`] | when somebody searches |
//!
//! On the first part work [`layout`], [`search`] and, as it is [`Selectable`](crate::graph::Selectable), the
//! selectors of [`crate::graph::select`]. [`Impact`] says what changes with a column or node, [`highlight`] colours
//! SQL, [`line_map`] says which lines as written a compiled line comes from.

mod build;
mod changes;
mod coverage;
mod describe;
mod detail;
pub mod highlight;
pub mod images;
mod impact;
mod inherit;
mod keys;
mod known;
pub mod layout;
pub mod line_map;
mod parts;
mod pool;
pub mod search;
mod selectable;
mod sql_words;
mod tables;
mod types;
mod wire;

pub use build::{build, from_facts};
pub use changes::{Changed, Changes, ColumnChange, How, Reached, Side, changes};
pub use coverage::{CoverageReport, Gap, GapKind, Measure, Proofs, Shares, coverage};
pub use describe::{detail, detail_from_facts};
pub use detail::{
    ColumnDetail, DetailTable, ExposureDetail, InheritedDescription, NodeDetail, NodeLink, Owner,
    SourceDetail, Stat, TestDetail,
};
pub use impact::{Impact, ImpactItem};
pub use inherit::inherit_descriptions;
pub use keys::ForeignKey;
pub use parts::{group_of, groups_for};
pub use types::{
    CatalogIndex, ColumnCoverage, Coverage, IndexColumn, IndexItem, IndexNode, IndexTest,
    LastResult, NodeFreshness, NodePosition, ProjectInfo, TestPosition, Text,
};
pub use wire::FORMAT;
