//! Everything that is read from the server.

pub mod catalog;
pub mod events;
pub mod http;
pub mod load;
pub mod runs;

pub use load::{Load, Query, query};
