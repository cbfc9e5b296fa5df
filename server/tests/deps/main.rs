//! `refract deps` with the real binary, against a hub and git repositories of the suite's own.

mod adding;
mod archives;
mod git;
mod hub;
mod hubs;
mod locking;
mod network;
mod secrets;
mod support;
