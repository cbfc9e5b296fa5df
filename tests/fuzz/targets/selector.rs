//! Any text as a selection, over a recorded project: first line to select, second to exclude.
#![no_main]

use std::sync::LazyLock;

use compiler::artifacts::manifest::Manifest;
use compiler::graph::Selectable;
use compiler::graph::select::{Request, SelectorDefinitions, kinds_of, select};
use libfuzzer_sys::fuzz_target;

static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../compiler/tests/selectors/manifest.json"))
        .expect("the recorded manifest")
});

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let mut words = || lines.next().map(str::to_owned).into_iter().collect();
    let (chosen, exclude): (Vec<String>, Vec<String>) = (words(), words());
    let definitions = SelectorDefinitions::default();
    let request = Request::words(&chosen, &exclude, &definitions, kinds_of("ls"));
    let _ = select(&MANIFEST.universe(), &request);
});
