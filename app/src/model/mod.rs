//! What the pages know and decide, without a browser: plain structs and functions that a unit test can call.

pub mod about;
pub mod catalog;
pub mod code_pair;
pub mod columns;
pub mod completion;
pub mod coverage;
pub mod entities;
pub mod facets;
pub mod format;
pub mod lineage;
pub mod markdown;
pub mod matrix;
pub mod promises;
pub mod route;
pub mod runs;
pub mod search;
pub mod selection;
pub mod status;
#[cfg(test)]
mod testing;
pub mod tree;
pub mod trial;
