//! Drives the real binary as a person or a script would; snapshots hold exit code, standard output and error.

mod adapter;
mod batches;
mod cloning;
mod contract_changes;
mod coverage;
mod database;
mod deferring;
mod diff;
mod flags;
mod folder;
mod functions;
mod help;
mod large_seeds;
mod lineage;
mod listing;
mod mistakes;
mod output;
mod packages;
#[path = "../postgres/place.rs"]
#[expect(dead_code, reason = "the suites of the engine use more of it")]
mod place;
#[path = "../postgres/server.rs"]
#[expect(dead_code, reason = "the suite of PostgreSQL uses more of it")]
mod postgres;
mod profiles;
mod read_only;
mod runs;
mod stopping;
mod support;
mod unit_tests;
mod waiting;
mod warnings;
