//! dbt's Jinja: scanning project files for blocks, the macro library, the context, rendering.
//!
//! | part | does |
//! |---|---|
//! | [`scan`] | finds `{% macro %}` and its kin in a file, with positions |
//! | [`library`] | holds every package's macros, compiled when first needed, looked up in dbt's order |
//! | [`scope`] | what all renders of one invocation share: target, vars, flags |
//! | [`phase`] | parsing (records refs, sources, config) or executing (real relations, a warehouse) |
//! | [`adapter`] | the `adapter` object, relations, columns, the relation cache |
//!
//! [`render`], [`render_native`] and [`call_macro`] are the three ways in.

pub mod adapter;
mod context;
#[cfg(test)]
mod corpus;
mod deferral;
mod environment;
mod failure;
mod filters;
mod format;
pub mod library;
mod macro_object;
mod modules;
mod operators;
pub mod phase;
mod python;
mod render;
mod report;
mod rewrite;
pub mod scan;
pub mod scope;
#[cfg(test)]
mod tests;
mod unit;
mod unit_test;
mod values;

pub use context::relation_of;
pub(crate) use context::{NAMES as CONTEXT_NAMES, relation_of_source, warn_of};
pub use deferral::Deferral;
pub use library::{Library, LibraryOptions, MacroSource};
pub use minijinja::Value;
pub use phase::{
    Captured, CapturedState, JinjaWarning, LogLevel, LogLine, Phase, RunContext, Runtime,
};
pub use render::{Template, call_macro, render, render_defined, render_native};
pub use scope::{ProjectScope, Quoting, Vars};
pub use unit_test::{MacroOverride, UnitTestScope};
pub use values::{TableObject, cell_value, dumps, from_json, node_value, to_json};
