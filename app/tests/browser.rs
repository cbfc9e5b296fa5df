//! What must hold inside WebAssembly in a real browser: the compiler's own code, and what descriptions become.

#![cfg(target_arch = "wasm32")]

use app::components::markdown_view::markdown;
use compiler::artifacts::manifest::Manifest;
use compiler::index::layout::{Plan, Task, answer};
use compiler::index::search::{Searcher, Target};
use compiler::index::{CatalogIndex, Changed, Changes, How};
use leptos::mount::mount_to;
use serde_json::json;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn index() -> CatalogIndex {
    let node = |name: &str, parents: &[&str]| {
        json!({
            "unique_id": format!("model.shop.{name}"), "name": name, "alias": name, "resource_type": "model",
            "package_name": "shop", "path": format!("{name}.sql"), "original_file_path": format!("models/{name}.sql"),
            "fqn": ["shop", name], "schema": "main", "raw_code": "select 1", "depends_on": {"nodes": parents},
        })
    };
    let manifest: Manifest = serde_json::from_value(json!({
        "nodes": {
            "model.shop.a": node("a", &[]),
            "model.shop.b": node("b", &["model.shop.a"]),
            "model.shop.c": node("c", &["model.shop.b"]),
        }
    }))
    .unwrap();
    compiler::index::build(&manifest, None, None, None)
}

#[wasm_bindgen_test]
fn the_index_travels_and_selectors_answer_as_in_the_binary() {
    let text = serde_json::to_string(&index()).unwrap();
    let index: CatalogIndex = serde_json::from_str(&text).unwrap();
    let count = |words: &str| {
        app::model::selection::of_view(&index, words, "", None).map(|found| found.len())
    };
    assert_eq!(count("+c"), Ok(3));
    assert_eq!(count("1+c"), Ok(2));
    assert_eq!(count("a+,c"), Ok(1));
    assert!(count("nothing:x").unwrap_err().contains("nothing"));
}

#[wasm_bindgen_test]
fn layout_search_and_changes_answer_as_in_the_binary() {
    let index = index();
    let task = Task {
        count: 3,
        edges: vec![(0, 1), (1, 2)],
        nest: None,
    };
    let plan = answer(&task.to_bytes().unwrap()).unwrap();
    let plan = Plan::from_bytes(&plan).unwrap();
    let places: Vec<(u32, f32)> = plan
        .boxes
        .iter()
        .map(|placed| (placed.rank, placed.at.x))
        .collect();
    assert!(
        places.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1),
        "{places:?}"
    );

    let searcher = Searcher::new(&index);
    let hits = searcher.search("b", 5);
    assert_eq!(hits.first().map(|hit| hit.target), Some(Target::Node(1)));

    let changed = Changes {
        items: vec![Changed {
            unique_id: "model.shop.b".to_owned(),
            kind: "model".to_owned(),
            name: "b".to_owned(),
            how: How::Modified,
            what: vec!["body".to_owned()],
            columns: Vec::new(),
        }],
        ..Changes::default()
    };
    let state = changed.state(&index);
    let nodes = |words: &str| {
        app::model::selection::of_view(&index, words, "", Some(&state)).map(|found| found.nodes)
    };
    assert_eq!(nodes("state:modified+"), Ok(vec![1, 2]));
    assert_eq!(nodes("state:modified.configs"), Ok(vec![]));
    assert_eq!(nodes("state:unmodified"), Ok(vec![0, 2]));
}

#[wasm_bindgen_test]
fn a_hostile_description_becomes_text() {
    let place = leptos::prelude::document().create_element("div").unwrap();
    let hostile = "before <script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1)) **bold**";
    let target = wasm_bindgen::JsCast::unchecked_into::<web_sys::HtmlElement>(place.clone());
    let mounted = mount_to(target, move || markdown(hostile));
    let html = place.inner_html();
    assert!(
        !html.contains("<script") && !html.contains("<img") && !html.contains("javascript:"),
        "{html}"
    );
    assert!(html.contains("<strong>bold"), "{html}");
    drop(mounted);
}
