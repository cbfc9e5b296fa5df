//! Any text as a model or a macro file: split into blocks, searched for calls, rendered as when a project is parsed.
#![no_main]

#[path = "../../../compiler/tests/support/mod.rs"]
mod support;

use std::sync::{Arc, LazyLock};

use compiler::artifacts::manifest::Node;
use compiler::jinja::{Captured, Library, Phase, ProjectScope, Template, render, scan};
use compiler::parse::template;
use compiler::resolve::{LoadOptions, load};
use libfuzzer_sys::fuzz_target;
use support::Memory;

/// A project with dbt's macros and nothing else.
static PROJECT: LazyLock<(Library, Arc<ProjectScope>)> = LazyLock::new(|| {
    let loaded = load(Arc::new(Memory::project(&[])), LoadOptions::default());
    let project = loaded.project.expect("an empty project loads");
    (project.library.clone(), Arc::clone(&project.scope))
});

fuzz_target!(|text: &str| {
    let _ = scan::scan(text, "macros/a.sql");
    let _ = template::pieces(text);
    let _ = template::calls(text, "ref");
    let _ = template::config_as_written(text);
    if may_be_long(text) {
        return;
    }
    let node = Arc::new(Node {
        unique_id: "model.shop.a".into(),
        name: "a".into(),
        ..Node::default()
    });
    let template = Template {
        name: "model.shop.a",
        text,
        file: "models/a.sql",
        line: 1,
        column: 1,
    };
    let phase = Phase::Parse(Captured::new(Some(node)));
    let _ = render(&PROJECT.0, &PROJECT.1, &phase, "shop", template);
});

/// Work that a template asks for by itself, such as a loop in a loop, takes as long as it takes.
fn may_be_long(text: &str) -> bool {
    let loops = text.matches("for").count() + text.matches("range").count();
    let powers = text.contains("**") || text.contains('*');
    loops > 1 || powers || text.contains("call") || text.contains("macro")
}
