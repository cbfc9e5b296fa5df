//! dbt's artifacts as types: what Refract writes and what it reads from dbt (manifest v10 to v12).
//!
//! The resolved project *is* a [`manifest::Manifest`]: graph, compile, execute and index all speak it.

pub mod catalog;
pub mod config;
pub mod manifest;
#[cfg(feature = "language")]
pub mod osi;
pub mod read;
pub mod resource;
pub mod results;
pub mod semantic;
pub mod write;

pub use config::Config;
