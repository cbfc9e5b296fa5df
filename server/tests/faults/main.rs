//! Faults at every statement of a build: the process is killed (both warehouses), the connection is lost
//! or rights are taken away (PostgreSQL), the disk is full, another build is at work. Afterwards each relation is the old one or the new one, the journal tells
//! the truth, and the next build succeeds and leaves nothing behind.

mod beside;
mod disk;
mod fault;
mod kill;
mod lost;
mod project;
mod rights;
#[path = "../postgres/server.rs"]
#[expect(dead_code, reason = "the suite of PostgreSQL uses more of it")]
mod server;
mod small_disk;
mod stop;
mod together;
mod warehouse;
