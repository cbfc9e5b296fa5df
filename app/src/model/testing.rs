//! Catalogs for tests.

use serde_json::{Map, Value, json};

use super::catalog::Catalog;
use super::lineage::{Draft, Scene, shown};
use super::route::LineageView;

/// Models of which each reads the one before.
pub(crate) fn chain(names: &[&str]) -> Catalog {
    let paths: Vec<String> = names
        .iter()
        .map(|name| format!("models/{name}.sql"))
        .collect();
    models(names, &paths)
}

/// Models in folders below `models`, of which each reads the one before.
pub(crate) fn in_folders(places: &[&str]) -> Catalog {
    let name = |place: &&'_ str| place.rsplit('/').next().unwrap_or_default().to_owned();
    let names: Vec<String> = places.iter().map(name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let paths: Vec<String> = places
        .iter()
        .map(|place| format!("models/{place}.sql"))
        .collect();
    models(&names, &paths)
}

/// What a view of a catalog looks like.
pub(crate) fn laid_out(catalog: &Catalog, view: &LineageView) -> Scene {
    let shown = shown(catalog, view, None).expect("a view");
    let draft = Draft::new(catalog, shown, view);
    Scene::new(catalog, &draft, &draft.task().plan())
}

fn models(names: &[&str], paths: &[String]) -> Catalog {
    from_manifest(&manifest(names, paths))
}

fn manifest(names: &[&str], paths: &[String]) -> Value {
    let mut nodes = Map::new();
    for (at, (name, path)) in names.iter().zip(paths).enumerate() {
        let id = format!("model.shop.{name}");
        let parents: Vec<String> = at
            .checked_sub(1)
            .map(|before| format!("model.shop.{}", names[before]))
            .into_iter()
            .collect();
        nodes.insert(
            id.clone(),
            json!({
                "unique_id": id, "name": name, "alias": name, "resource_type": "model", "package_name": "shop",
                "path": format!("{name}.sql"), "original_file_path": path,
                "fqn": ["shop", name], "schema": "main", "database": "dev", "columns": {}, "tags": [], "meta": {},
                "config": {"materialized": "table"}, "raw_code": "select 1", "language": "sql", "description": "",
                "checksum": {"name": "none", "checksum": ""},
                "depends_on": {"nodes": parents, "macros": []}, "refs": [], "sources": [],
            }),
        );
    }
    json!({
        "metadata": {"project_name": "shop", "adapter_type": "duckdb", "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
        "nodes": nodes, "sources": {}, "macros": {}, "docs": {}, "exposures": {}, "metrics": {}, "groups": {},
        "selectors": {}, "disabled": {}, "parent_map": {}, "child_map": {}, "semantic_models": {},
        "saved_queries": {}, "unit_tests": {},
    })
}

/// A model `orders` with the columns `id`, which two tests are on, and `amount`.
pub(crate) fn tested() -> Catalog {
    let test = |kind: &str| {
        let name = format!("{kind}_orders_id");
        let id = format!("test.shop.{name}.0");
        let node = json!({
            "unique_id": id, "name": name, "alias": name, "resource_type": "test", "package_name": "shop",
            "path": format!("{name}.sql"), "original_file_path": "models/orders.yml", "fqn": ["shop", name],
            "schema": "main", "database": "dev", "columns": {}, "tags": [], "meta": {}, "config": {}, "raw_code": "",
            "language": "sql", "description": "", "checksum": {"name": "none", "checksum": ""},
            "depends_on": {"nodes": ["model.shop.orders"], "macros": []}, "refs": [], "sources": [],
            "column_name": "id", "attached_node": "model.shop.orders", "test_metadata": {"name": kind, "kwargs": {}},
        });
        (id, node)
    };
    let column = |name: &str| json!({"name": name, "description": "", "meta": {}, "tags": []});
    let mut manifest = manifest(&["orders"], &["models/orders.sql".to_owned()]);
    manifest["nodes"]["model.shop.orders"]["columns"] =
        json!({"id": column("id"), "amount": column("amount")});
    for (id, node) in ["unique", "not_null"].map(test) {
        manifest["nodes"][id] = node;
    }
    from_manifest(&manifest)
}

fn from_manifest(manifest: &Value) -> Catalog {
    let manifest = serde_json::from_value(manifest.clone()).unwrap();
    Catalog::new(compiler::index::build(&manifest, None, None, None))
}
