//! Everything that is read from the server, or from the page where it was exported.

pub mod catalog;
pub mod compiler;
pub mod events;
pub mod export;
pub mod http;
pub mod image;
pub mod layout;
pub mod load;
pub mod runs;
mod worker;

pub use load::{Load, Query, query};
