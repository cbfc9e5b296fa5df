//! Drives the engine over whole projects in temporary folders, on DuckDB and PostgreSQL.

mod kill;
#[path = "../postgres/place.rs"]
mod place;
#[path = "../postgres/server.rs"]
#[expect(dead_code, reason = "the suite of PostgreSQL uses more of it")]
mod postgres;
mod random;
mod run;
mod support;
