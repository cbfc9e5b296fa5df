//! Each materialization, strategy and reaction to changed columns on DuckDB: first run, second run, compared by rows.

mod contracts;
mod external;
mod hooks;
mod incremental;
mod relations;
mod schema_changes;
mod seeds;
mod snapshots;
mod support;
mod tests_of_data;
mod utils;
