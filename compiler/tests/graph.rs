//! The DAG of a manifest: order, neighbours, subsets and circles.

use std::collections::HashSet;

use compiler::artifacts::manifest::Manifest;
use compiler::graph::Graph;
use serde_json::{Value, json};

/// Models by name with what they read and their code.
fn manifest(models: &[(&str, &[&str], &str)]) -> Manifest {
    let mut nodes = json!({});
    for (name, needs, code) in models {
        let needs: Vec<String> = needs
            .iter()
            .map(|need| format!("model.shop.{need}"))
            .collect();
        nodes[format!("model.shop.{name}")] = json!({
            "unique_id": format!("model.shop.{name}"),
            "name": name,
            "resource_type": "model",
            "original_file_path": format!("models/{name}.sql"),
            "raw_code": code,
            "depends_on": { "nodes": needs },
        });
    }
    serde_json::from_value::<Manifest>(
        json!({ "nodes": Value::Object(nodes.as_object().cloned().unwrap_or_default()) }),
    )
    .expect("a manifest")
}

fn graph(models: &[(&str, &[&str])]) -> Graph {
    let models: Vec<(&str, &[&str], &str)> = models
        .iter()
        .map(|(name, needs)| (*name, *needs, ""))
        .collect();
    Graph::new(&manifest(&models)).expect("no circle")
}

fn short<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    ids.into_iter()
        .map(|id| id.trim_start_matches("model.shop."))
        .collect::<Vec<_>>()
        .join(" ")
}

const DIAMOND: [(&str, &[&str]); 6] = [
    ("d", &["b", "c"]),
    ("b", &["a"]),
    ("c", &["a"]),
    ("a", &[]),
    ("e", &["d"]),
    ("alone", &[]),
];

#[test]
fn each_node_comes_after_what_it_reads() {
    let graph = graph(&DIAMOND);
    assert_eq!(short(graph.order()), "a b c d e alone");
    assert_eq!(short(graph.parents("model.shop.d")), "b c");
    assert_eq!(short(graph.children("model.shop.a")), "b c");
    assert_eq!(graph.parents("model.shop.unknown"), Vec::<&str>::new());
}

#[test]
fn relatives_come_with_their_distance() {
    let graph = graph(&DIAMOND);
    let up = graph.ancestors("model.shop.e", None);
    assert_eq!(short(up.iter().map(|(id, _)| *id)), "d b c a");
    assert_eq!(
        up.iter().map(|(_, distance)| *distance).collect::<Vec<_>>(),
        [1, 2, 2, 3]
    );
    assert_eq!(
        short(
            graph
                .ancestors("model.shop.e", Some(1))
                .into_iter()
                .map(|(id, _)| id)
        ),
        "d"
    );
    assert_eq!(
        short(
            graph
                .descendants("model.shop.a", Some(2))
                .into_iter()
                .map(|(id, _)| id)
        ),
        "b c d"
    );
}

#[test]
fn a_subset_waits_for_what_is_left_of_its_ancestors() {
    let graph = graph(&DIAMOND);
    let subset: HashSet<String> = ["model.shop.e", "model.shop.a", "model.shop.c"]
        .map(str::to_owned)
        .into();
    assert_eq!(short(graph.subset_order(&subset)), "a c e");
    let parents = graph.subset_parents(&subset);
    let told: Vec<String> = parents
        .iter()
        .map(|(id, needs)| {
            format!(
                "{}: {}",
                short([id.as_str()]),
                short(needs.iter().map(String::as_str))
            )
        })
        .collect();
    assert_eq!(told, ["a: ", "c: a", "e: c a"]);
}

#[test]
fn a_circle_is_told_with_file_and_line_of_each_step() {
    let models: [(&str, &[&str], &str); 4] = [
        ("start", &[], "select 1"),
        (
            "orders",
            &["start", "totals"],
            "select *\nfrom {{ ref('start') }}\njoin {{ ref(\"totals\") }}",
        ),
        (
            "totals",
            &["customers"],
            "-- totals\nselect * from {{ ref('customers') }}",
        ),
        ("customers", &["orders"], "{{ my_macro() }}"),
    ];
    let errors = Graph::new(&manifest(&models)).expect_err("a circle");
    let told: Vec<String> = errors
        .0
        .iter()
        .flat_map(|error| {
            let labels = error
                .labels
                .iter()
                .map(|(span, text)| format!("  {span}: {text}"));
            std::iter::once(error.to_string())
                .chain(labels)
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(
        told,
        [
            "models depend on each other in a circle: orders → totals → customers → orders (models/orders.sql:3)",
            "  models/orders.sql:3: orders reads totals",
            "  models/totals.sql:2: totals reads customers",
            "  models/customers.sql: customers reads orders",
        ]
    );
}

#[test]
fn each_knot_and_each_self_reference_is_told_once() {
    let models: [(&str, &[&str], &str); 4] = [
        ("a", &["b"], ""),
        ("b", &["a"], ""),
        ("self", &["self"], ""),
        ("free", &["a"], ""),
    ];
    let errors = Graph::new(&manifest(&models)).expect_err("circles");
    let told: Vec<&str> = errors
        .0
        .iter()
        .map(|error| error.message.as_str())
        .collect();
    assert_eq!(
        told,
        [
            "models depend on each other in a circle: a → b → a",
            "models depend on each other in a circle: self → self",
        ]
    );
}
