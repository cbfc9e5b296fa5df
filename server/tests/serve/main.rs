//! The catalog's server over HTTP, with the real binary: reading, runs from the page, stopping, and who may ask.

mod reading;
mod runs;
mod stopping;
mod support;
