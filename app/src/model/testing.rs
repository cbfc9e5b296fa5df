//! Catalogs for tests.

use serde_json::{Map, Value, json};

use super::catalog::Catalog;

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

fn models(names: &[&str], paths: &[String]) -> Catalog {
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
    from_manifest(&json!({
        "metadata": {"project_name": "shop", "adapter_type": "duckdb", "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
        "nodes": nodes, "sources": {}, "macros": {}, "docs": {}, "exposures": {}, "metrics": {}, "groups": {},
        "selectors": {}, "disabled": {}, "parent_map": {}, "child_map": {}, "semantic_models": {},
        "saved_queries": {}, "unit_tests": {},
    }))
}

fn from_manifest(manifest: &Value) -> Catalog {
    let manifest = serde_json::from_value(manifest.clone()).unwrap();
    Catalog::new(compiler::index::build(&manifest, None, None, None))
}
