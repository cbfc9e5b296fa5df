//! Drives the engine over whole projects in temporary folders, on DuckDB.

mod kill;
mod random;
mod run;
mod support;
