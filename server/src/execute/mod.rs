//! Running nodes: order, workers, results and their journal.

mod cancel;
mod event;
mod options;
mod runner;

pub use cancel::CancelToken;
pub use event::{Event, EventSink, Level, NodeInfo, Silent, Totals};
pub use options::{Command, RunOptions};
pub use runner::{Generated, Outcome, RunError, Runner, ShowTarget, Shown};
