//! One model under another text: what it compiles to, reads and has as columns, before anything is saved or run.
//!
//! | part | in → out | made by |
//! |---|---|---|
//! | [`Workbench`] | a project → what its models are compiled with, without the models | [`record`] |
//! | [`Trial`] | a model, its new text, the nodes around it | whoever edits |
//! | [`Outcome`] | both → SQL, problems, inputs, columns | [`attempt`] |
//!
//! A page holds the index of all nodes but the files of none. It sends the edited model with the nodes that it read
//! so far; [`Outcome::needs`] names what the new text reads besides, and the page sends those too. So a trial costs as
//! much in a project of twenty thousand models as in one of ten. The project is resolved by the same code that
//! resolves it from the disk, over the few files that matter ([`World`](crate::world::World) in memory).

#[cfg(feature = "language")]
mod attempt;
#[cfg(feature = "language")]
mod files;
#[cfg(feature = "language")]
mod record;
mod types;

#[cfg(feature = "language")]
pub use attempt::attempt;
#[cfg(feature = "language")]
pub use record::record;
pub use types::{Given, Need, Outcome, Problem, Target, Trial, TriedColumn, TriedInput, Workbench};
