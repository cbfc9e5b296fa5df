//! Running nodes: order, workers, results and their journal.
//!
//! | part | does |
//! |---|---|
//! | [`Runner`] | the engine's front door: what each command calls |
//! | `plan`, `schedule`, `workers` | which nodes, in which order, on which threads |
//! | `prepare`, `leftovers`, `hooks` | what happens before the first node and after the last |
//! | `node`, `clone`, `unit_test`, `difference`, `result` | one node: compile, materialize, judge |
//! | [`claim`] | which relations a run builds and reads, for others to keep away from |
//! | [`journal`], `record`, `files` | what is written down, and how |
//! | `freshness`, `catalog`, [`retry`] | the commands of these names |
//! | [`CancelToken`], [`EventSink`] | how a run is stopped and watched |

mod ask;
mod batches;
mod cancel;
mod catalog;
mod claim;
mod clone;
mod context;
mod difference;
mod event;
mod files;
mod freshness;
mod hooks;
pub mod journal;
mod leftovers;
mod node;
mod options;
mod outcome;
mod overloads;
mod plan;
mod prepare;
mod record;
mod result;
pub mod retry;
mod runner;
mod schedule;
mod signed;
mod unit_test;
mod watch;
mod workers;

pub use cancel::{CancelToken, Registration};
pub use claim::claim;
pub use event::{Answer, Event, EventSink, Level, NodeInfo, Silent, Totals};
pub use files::sql_path;
pub(crate) use files::write_whole;
pub use freshness::is_checked;
pub use options::{Command, FILE_TIMEOUT, FatalWarnings, RunOptions};
pub use outcome::{Generated, Outcome, RunError, ShowTarget, Shown};
pub use record::write_resolved as write_manifest;
pub use runner::{Opener, Runner};
