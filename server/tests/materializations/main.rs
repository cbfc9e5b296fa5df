//! Each materialization, strategy and reaction to changed columns: first run, second run, compared by rows. What is not
//! of one warehouse only runs on DuckDB and PostgreSQL, and gives the same rows.

mod contracts;
mod external;
mod functions;
mod hooks;
mod incremental;
mod latest_version;
#[path = "../postgres/place.rs"]
mod place;
#[path = "../postgres/server.rs"]
#[expect(dead_code, reason = "the suite of PostgreSQL uses more of it")]
mod postgres;
mod postgres_only;
mod relations;
mod schema_changes;
mod seeds;
mod snapshots;
mod support;
mod tests_of_data;
mod utils;
