//! Any bytes as a seed's file; the first one chooses the delimiter.
#![no_main]

use std::io::{Cursor, Read};

use compiler::artifacts::manifest::Node;
use compiler::seed::Seed;
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
    let csv = csv.to_owned();
    let file = move || Ok(Box::new(Cursor::new(csv.clone())) as Box<dyn Read>);
    if let Ok(seed) = Seed::open(&node, Box::new(file)) {
        // What could be read once can be read again, and every row has its place.
        let table = seed.table().expect("the file is the same");
        assert_eq!(table.rows.len(), seed.count());
        for row in &table.rows {
            assert_eq!(row.len(), table.columns.len());
        }
        if let Some(last) = seed.count().checked_sub(1) {
            assert!(seed.place(last as u64, None).line > 1);
        }
    }
});
