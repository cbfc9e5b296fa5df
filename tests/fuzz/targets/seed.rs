//! Any bytes as a seed's file; the first one chooses the delimiter.
#![no_main]

use compiler::artifacts::manifest::Node;
use compiler::seed;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, csv)) = bytes.split_first() else {
        return;
    };
    let mut node = Node::default();
    if !first.is_ascii_digit() {
        let delimiter = char::from(*first).to_string();
        node.config.0.insert("delimiter".into(), delimiter.into());
    }
    if let Ok(table) = seed::table(&node, csv) {
        for row in &table.rows {
            assert_eq!(row.len(), table.columns.len());
        }
    }
});
