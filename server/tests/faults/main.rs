//! Faults at every statement of a build, on both warehouses: the process is killed, the connection dropped, a right
//! revoked. Afterwards each relation is the old one or the new one, the journal tells the truth, and the next build
//! succeeds and leaves nothing behind.

mod fault;
mod kill;
mod lost;
mod project;
#[path = "../postgres/server.rs"]
#[expect(dead_code, reason = "the suite of PostgreSQL uses more of it")]
mod server;
mod warehouse;
