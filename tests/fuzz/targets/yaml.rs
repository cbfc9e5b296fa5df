//! Any text as a properties file of a project.
#![no_main]

#[path = "../../../compiler/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use compiler::resolve::{LoadOptions, load};
use compiler::yaml;
use libfuzzer_sys::fuzz_target;
use support::Memory;

fuzz_target!(|text: &str| {
    if yaml::load(text, "models/a.yml").is_err() {
        return;
    }
    let files = [
        ("models/a.sql", "select 1 as id"),
        ("models/a.yml", text),
    ];
    let loaded = load(Arc::new(Memory::project(&files)), LoadOptions::default());
    let _ = loaded.diagnostics.to_string();
});
