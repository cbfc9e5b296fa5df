//! The catalog as it is made of artifacts: read again when they change, or written into files that need no server.

pub(crate) mod images;
mod reader;
pub mod redaction;
pub mod site;
mod web;

pub use reader::CatalogError;
pub(crate) use reader::CatalogReader;
pub(crate) use web::Dist;
