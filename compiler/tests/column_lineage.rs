//! Column lineage of a project: over models, incomplete knowledge, and again after a change.

use std::fmt::Write as _;

use compiler::artifacts::catalog::Catalog;
use compiler::artifacts::manifest::{Manifest, Node};
use compiler::lineage::{ColumnAt, ColumnLineage, ProjectLineage};
use serde_json::{Value, json};

/// A project of a source (whose columns the warehouse tells), an ephemeral model, and models over both.
fn manifest() -> Manifest {
    let relation = |name: &str| format!("\"shop\".\"main\".\"{name}\"");
    let node = |kind: &str, name: &str, parents: &[&str], sql: Value, materialized: &str| {
        let ephemeral = materialized == "ephemeral";
        json!({
            "unique_id": format!("{kind}.shop.{name}"), "resource_type": kind, "package_name": "shop",
            "database": "shop", "schema": "main", "name": name, "alias": name, "path": "", "fqn": ["shop", name],
            "original_file_path": format!("models/{name}.sql"), "checksum": {"name": "none", "checksum": ""},
            "relation_name": (!ephemeral).then(|| relation(name)), "raw_code": "", "language": "sql",
            "config": {"materialized": materialized}, "depends_on": {"macros": [], "nodes": parents},
            "compiled_code": sql,
        })
    };
    let nodes = [
        node("seed", "countries", &[], Value::Null, "seed"),
        node(
            "model",
            "stg_users",
            &["source.shop.app.users"],
            json!(
                "with source as (select * from \"shop\".\"app\".\"users\")\nselect id as user_id, lower(email) as email, country from source"
            ),
            "view",
        ),
        node(
            "model",
            "active",
            &["model.shop.stg_users"],
            json!("select * from \"shop\".\"main\".\"stg_users\" where country is not null"),
            "ephemeral",
        ),
        node(
            "model",
            "dim_users",
            &["model.shop.active", "seed.shop.countries"],
            json!(
                "with __dbt__cte__active as (\nselect * from \"shop\".\"main\".\"stg_users\" where country is not null\n)\nselect a.*, c.title as country_name from __dbt__cte__active a left join \"shop\".\"main\".\"countries\" c on c.code = a.country"
            ),
            "table",
        ),
        node(
            "model",
            "fct_log",
            &["model.shop.dim_users"],
            json!(
                "select user_id, country_name || '!' as greeting, max(l.at) as last_at from main.dim_users d join other.log l on l.who = d.user_id where d.user_id > (select max(user_id) from \"shop\".\"main\".\"fct_log\") group by all"
            ),
            "incremental",
        ),
        node(
            "model",
            "users_copy",
            &["source.shop.app.users"],
            json!("select * from \"shop\".\"app\".\"users\""),
            "view",
        ),
        node(
            "model",
            "later",
            &["model.shop.fct_log"],
            Value::Null,
            "view",
        ),
    ];
    let nodes: serde_json::Map<String, Value> = nodes
        .into_iter()
        .map(|node| {
            (
                node["unique_id"].as_str().unwrap_or_default().to_owned(),
                node,
            )
        })
        .collect();
    let mut manifest: Manifest = serde_json::from_value(json!({
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "adapter_type": "duckdb", "project_name": "shop",
        },
        "nodes": nodes,
        "sources": {"source.shop.app.users": {
            "unique_id": "source.shop.app.users", "database": "shop", "schema": "app", "name": "users",
            "source_name": "app", "identifier": "users", "package_name": "shop", "path": "", "fqn": ["shop"],
        }},
    }))
    .expect("the manifest is well-formed");
    manifest.metadata.adapter_type = Some("duckdb".to_owned());
    manifest
}

fn catalog() -> Catalog {
    serde_json::from_value(json!({
        "metadata": {},
        "nodes": {},
        "sources": {"source.shop.app.users": {
            "metadata": {"type": "BASE TABLE", "schema": "app", "name": "users"},
            "columns": {
                "id": {"type": "INTEGER", "index": 1, "name": "id"},
                "email": {"type": "VARCHAR", "index": 2, "name": "email"},
                "country": {"type": "VARCHAR", "index": 3, "name": "country"},
            },
        }},
    }))
    .expect("the catalog is well-formed")
}

fn read(manifest: &Manifest, before: Option<&ProjectLineage>) -> ProjectLineage {
    ProjectLineage::new(manifest, Some(&catalog()), &|_: &Node| None, before)
}

/// One line a column: what it is made of.
fn render(lineage: &ColumnLineage) -> String {
    let mut text = String::new();
    let name = |at: ColumnAt| {
        let node = lineage
            .node(at)
            .unique_id
            .rsplit('.')
            .next()
            .unwrap_or_default();
        format!("{node}.{}", lineage.at(at).name)
    };
    for node in &lineage.nodes {
        let _ = writeln!(text, "{} ({:?})", node.unique_id, node.knowledge);
        for column in &node.columns {
            let inputs: Vec<String> = column
                .inputs
                .iter()
                .map(|(at, usage)| format!("{usage} of {}", name(*at)))
                .collect();
            let unknown = if column.gaps.is_empty() { "" } else { " ?" };
            let _ = writeln!(text, "  {} <- {}{unknown}", column.name, inputs.join(", "));
        }
        for filter in &node.filters {
            let _ = writeln!(text, "  rows by {}", name(*filter));
        }
        for gap in &node.gaps {
            let _ = writeln!(text, "  ? {gap}");
        }
    }
    text
}

#[test]
fn columns_are_followed_through_models() {
    insta::assert_snapshot!(render(read(&manifest(), None).lineage()));
}

#[test]
fn without_a_catalog_a_star_is_not_expanded_but_named_columns_are_known() {
    let project = ProjectLineage::new(&manifest(), None, &|_: &Node| None, None);
    insta::assert_snapshot!(render(project.lineage()));
}

#[test]
fn a_change_is_read_again_with_what_its_columns_reach() {
    let mut manifest = manifest();
    let first = read(&manifest, None);
    assert_eq!(first.analysed(), 5);
    let again = read(&manifest, Some(&first));
    assert_eq!((again.analysed(), again.lineage()), (0, first.lineage()));
    // The same columns from elsewhere: nothing that reads them is different.
    let stg = |manifest: &mut Manifest, sql: &str| {
        let node = manifest
            .nodes
            .get_mut("model.shop.stg_users")
            .expect("there is one");
        node.compiled_code = Some(sql.to_owned());
    };
    stg(
        &mut manifest,
        "select id as user_id, email, upper(country) as country from shop.app.users",
    );
    let moved = read(&manifest, Some(&again));
    assert_eq!(moved.analysed(), 1);
    // Another column: it goes on through the stars, and stops where columns are named.
    stg(
        &mut manifest,
        "select id as user_id, email, country, 1 as plan from shop.app.users",
    );
    let wider = read(&manifest, Some(&moved));
    assert_eq!(wider.analysed(), 4);
    assert_eq!(wider.lineage(), read(&manifest, None).lineage());
}

#[test]
fn the_lineage_travels_as_json() {
    let project = read(&manifest(), None);
    let text = serde_json::to_string(project.lineage().as_ref()).expect("it is JSON");
    let back: ColumnLineage = serde_json::from_str(&text).expect("it reads its own JSON");
    assert_eq!(&back, project.lineage().as_ref());
    let other = text.replace("\"format\":1", "\"format\":2");
    let refused = serde_json::from_str::<ColumnLineage>(&other).expect_err("it is another format");
    assert!(refused.to_string().contains("format 2"), "{refused}");
    insta::assert_snapshot!(text);
}
