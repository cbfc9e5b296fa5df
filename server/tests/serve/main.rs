//! The catalog's server over HTTP, with the real binary: reading, runs from the page, stopping, and who may ask.

#[path = "../postgres/server.rs"]
#[expect(dead_code, reason = "the suite of PostgreSQL uses more of it")]
mod postgres;
mod reading;
mod runs;
mod secrets;
mod stopping;
mod support;
