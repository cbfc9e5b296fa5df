//! What changes with a column: as a list and as Markdown, with owners, contracts and what is not known.

use compiler::artifacts::manifest::{Manifest, Node};
use compiler::index::{Impact, build, detail, inherit_descriptions};
use compiler::lineage::ProjectLineage;
use serde_json::{Value, json};

/// `raw → stg → (mart, by_country, python → after_python)`, and a dashboard on `mart`.
fn manifest() -> Manifest {
    let model = |name: &str, parents: &[&str], extra: Value| {
        let mut node = json!({
            "unique_id": format!("model.shop.{name}"), "resource_type": "model", "package_name": "shop",
            "database": "shop", "schema": "main", "name": name, "alias": name, "path": "", "fqn": ["shop", name],
            "original_file_path": format!("models/{name}.sql"), "checksum": {"name": "none", "checksum": ""},
            "relation_name": format!("\"shop\".\"main\".\"{name}\""), "raw_code": "", "language": "sql",
            "config": {"materialized": "table"}, "depends_on": {"macros": [], "nodes": parents},
        });
        for (key, value) in extra.as_object().expect("extras are an object") {
            node[key] = value.clone();
        }
        (format!("model.shop.{name}"), node)
    };
    let nodes: serde_json::Map<String, Value> = [
        model("stg", &["source.shop.app.raw"], json!({
            "compiled_code": "select id, email, country from shop.app.raw",
        })),
        model("mart", &["model.shop.stg"], json!({
            "compiled_code": "select id, lower(email) as contact, email from shop.main.stg",
            "meta": {"owner": "growth"}, "config": {"materialized": "table", "meta": {"owner": "growth"}},
        })),
        model("by_country", &["model.shop.stg"], json!({
            "compiled_code": "select country, count(*) as n from shop.main.stg where email is not null group by 1",
        })),
        model("python", &["model.shop.stg"], json!({"language": "python"})),
        model("after_python", &["model.shop.python"], json!({
            "compiled_code": "select * from shop.main.python",
        })),
        model("other", &["model.shop.stg"], json!({
            "compiled_code": "select country from shop.main.stg",
        })),
    ]
    .into_iter()
    .collect();
    serde_json::from_value(json!({
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "adapter_type": "duckdb", "project_name": "shop",
        },
        "nodes": nodes,
        "sources": {"source.shop.app.raw": {
            "unique_id": "source.shop.app.raw", "database": "shop", "schema": "app", "name": "raw",
            "source_name": "app", "identifier": "raw", "package_name": "shop", "path": "", "fqn": ["shop"],
            "columns": {"email": {"name": "email", "description": "Where mail goes"}},
        }},
        "exposures": {"exposure.shop.board": {
            "unique_id": "exposure.shop.board", "name": "board", "resource_type": "exposure", "type": "dashboard",
            "package_name": "shop", "path": "", "original_file_path": "", "fqn": ["shop", "board"],
            "owner": {"name": "sales"}, "depends_on": {"macros": [], "nodes": ["model.shop.mart"]},
        }},
    }))
    .expect("the manifest is well-formed")
}

fn lineage(manifest: &Manifest) -> ProjectLineage {
    ProjectLineage::new(manifest, None, &|_: &Node| None, None)
}

#[test]
fn a_column_reaches_values_rows_readers_and_what_is_not_known() {
    let manifest = manifest();
    let index = build(&manifest, None, None, None);
    let project = lineage(&manifest);
    let lineage = project.lineage();
    let stg = lineage.position("model.shop.stg").expect("there is one");
    let email = lineage.column(stg, "email").expect("there is one");
    let impact = Impact::of_column(&index, lineage, email);
    insta::assert_snapshot!(format!(
        "{}\n{}",
        impact.text(&index),
        impact.markdown(&index)
    ));
    let country = lineage.column(stg, "country").expect("there is one");
    let narrow = Impact::of_column(&index, lineage, country);
    insta::assert_snapshot!(narrow.text(&index));
}

#[test]
fn a_whole_node_reaches_everything_that_reads_it() {
    let manifest = manifest();
    let index = build(&manifest, None, None, None);
    let at = |id: &str| {
        let found = index.nodes.iter().position(|node| node.unique_id == id);
        found.expect("there is one") as u32
    };
    insta::assert_snapshot!(Impact::of_node(&index, at("model.shop.mart")).text(&index));
    assert_eq!(
        Impact::of_node(&index, at("exposure.shop.board")).text(&index),
        "Impact of board: Nothing downstream.\n"
    );
}

#[test]
fn descriptions_are_inherited_along_copies_and_say_from_where() {
    let mut manifest = manifest();
    for column in ["contact", "email"] {
        let mart = manifest
            .nodes
            .get_mut("model.shop.mart")
            .expect("there is one");
        let own = serde_json::from_value(json!({"name": column})).expect("a column");
        mart.columns.insert(column.to_owned(), own);
    }
    let project = lineage(&manifest);
    let mut mart = detail(&manifest, None, None, None, "model.shop.mart").expect("there is one");
    inherit_descriptions(&mut mart, &manifest, project.lineage());
    let inherited: Vec<_> = mart
        .columns
        .iter()
        .map(|column| {
            let from = column.inherited.as_ref();
            (
                column.name.as_str(),
                from.map(|from| (from.from.name.as_str(), from.description.as_str())),
            )
        })
        .collect();
    assert_eq!(
        inherited,
        [
            ("contact", None),
            ("email", Some(("app.raw", "Where mail goes")))
        ]
    );
}
