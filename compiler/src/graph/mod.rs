//! The DAG of a manifest and the selectors over it.
//!
//! [`Graph`] orders what a command runs; [`select`] answers dbt's selection grammar over anything
//! [`Selectable`], so that the binary (over the manifest) and the browser (over the catalog index) agree.

pub mod breaking;
mod cycle;
mod dag;
pub mod large_seeds;
pub mod select;
mod state;
mod universe;

pub use breaking::breaking_changes;
pub use dag::{Graph, Way};
pub use large_seeds::large_seeds;
pub use state::StateChanges;
pub use universe::{Element, Selectable, Universe};
pub(crate) use universe::{version_text, without_package};
