//! From a resolved node to SQL, and from SQL to a relation: everything of a run that is Jinja.
//!
//! | call | does |
//! |---|---|
//! | [`compile_node`] | renders a node's code and puts the ephemeral models it reads in front of it |
//! | [`materialize`] | finds the node's materialization and calls it |
//! | [`overloads_to_build`] | a function's further signatures, as nodes to materialize |
//! | [`point_at_latest`] | makes the view at a model's latest version |
//! | [`clone_relation`] | calls the materialization `clone` |
//! | [`UnitTest`] | a unit test as a node over the rows that it gives |
//! | [`render_hook`] | a hook of `on-run-start` or `on-run-end` as SQL |
//! | [`QueryComment`] | the comment that a node's statements carry |
//! | [`run_operation`] | calls one macro by name |
//! | [`metadata`] | asks about schemas, freshness, the catalog, rows to show |
//!
//! The engine opens connections, counts, writes files and decides what runs when; nothing here does.

mod comment;
mod ctes;
mod materialize;
pub mod metadata;
mod node;
mod operation;
mod overloads;
mod pointer;
mod unit_test;

pub use comment::{Comment, QueryComment};
pub use ctes::inject_ctes;
pub use materialize::{Materialized, clone_relation, materialize};
pub use node::{Compiled, compile_node};
pub use operation::{render_hook, run_operation};
pub use overloads::overloads_to_build;
pub use pointer::point_at_latest;
pub use unit_test::UnitTest;
