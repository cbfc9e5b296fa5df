//! Refract's catalog in the browser.
//!
//! | part | holds |
//! |---|---|
//! | [`model`] | what pages know and decide; plain structs, tested without a browser |
//! | [`queries`] | everything that is read from the server |
//! | [`tasks`] | everything that changes something |
//! | [`router`] | which view the address asks for |
//! | [`state`] | what all pages share |
//! | [`components`] | parts that draw, one per file |
//! | [`pages`] | one per file, each behind an address |
//!
//! The address is the first home of state: a view, its selection, depth and tab have a link that a reload keeps.

pub mod components;
pub mod model;
pub mod pages;
pub mod queries;
pub mod router;
pub mod shell;
pub mod state;
pub mod tasks;
pub mod theme;
