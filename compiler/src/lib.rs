//! Refract's compiler: project files in; manifest, SQL, lineage and catalog index out.
//!
//! It does no I/O: files, environment and clock come through [`world::World`], warehouses through
//! [`adapter::Warehouse`]. The same code runs in the binary, in tests and in the browser.
//!
//! | stage | in → out | module |
//! |---|---|---|
//! | parse | files → unresolved nodes, macros, properties, with spans | [`parse`], [`yaml`], [`jinja`] |
//! | resolve | config cascade, ref and source targets, names → [`artifacts::manifest::Manifest`] | [`resolve`] |
//! | graph | manifest → DAG, cycles named, order; selectors | [`graph`] |
//! | event time | windows of time → batches of a model, samples of its inputs | [`event_time`] |
//! | compile | node → SQL, ephemeral CTEs; SQL → relations, through macros | [`compile`], [`macros`] |
//! | seed | CSV files → tables with guessed types | [`seed`] |
//! | artifacts | the resolved project and results as dbt writes and reads them | [`artifacts`] |
//! | lineage | compiled SQL, columns of relations → which columns each column is made of | [`lineage`] |
//! | contract | `meta.feature_contract` → promises, states, ODCS 3 YAML | [`contract`] |
//! | index | manifest + catalog + results → compact catalog index, layout, search | [`index`] |
//! | workbench | one model under another text → its SQL, problems and columns, without a server | [`workbench`] |
//!
//! A later stage may use an earlier one, never the reverse.

/// The version of dbt whose behaviour Refract has; `dbt_version` in Jinja and artifacts.
pub const DBT_VERSION: &str = "1.12.6";

pub mod adapter;
pub mod artifacts;
#[cfg(feature = "language")]
pub mod compile;
pub mod contract;
pub mod diag;
#[cfg(feature = "language")]
pub mod event_time;
pub mod graph;
pub mod index;
#[cfg(feature = "language")]
pub mod jinja;
pub mod lineage;
#[cfg(feature = "language")]
pub mod macros;
pub mod near;
#[cfg(feature = "language")]
pub mod parse;
#[cfg(feature = "language")]
pub mod resolve;
pub mod secret;
#[cfg(feature = "language")]
pub mod seed;
pub mod workbench;
pub mod world;
#[cfg(feature = "language")]
pub mod yaml;
