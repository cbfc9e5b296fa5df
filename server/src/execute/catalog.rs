//! `catalog.json`: what the warehouse says of the project's relations, through the macro `get_catalog`.

use std::sync::Arc;

use compiler::adapter::{Cell, Table};
use compiler::artifacts::catalog::{Catalog, CatalogColumn, CatalogTable, TableMetadata};
use compiler::compile::metadata;
use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value, json};

use super::context::{Context, Line};
use super::{record, result};

/// Database, schema and name of a relation, in lower case.
type Key = (String, String, String);

/// Asks for the relations of all nodes and sources, a database at a time. What could not be asked stands in `errors`.
pub(super) fn read(context: &Context, line: &Line) -> Catalog {
    let manifest = &context.project.manifest;
    let default = line.warehouse.default_database();
    let mut relations: IndexMap<Key, CatalogTable> = IndexMap::new();
    let mut errors = Vec::new();
    for (database, schemas) in places(context, &default) {
        let runtime = Arc::new(context.runtime(context.operation("catalog"), line));
        let schemas: Vec<String> = schemas.into_iter().collect();
        match metadata::catalog(
            &context.project.library,
            &context.scope,
            &runtime,
            Some(&database),
            &schemas,
        ) {
            Ok(table) => add(&mut relations, &table),
            Err(error) => errors.push(context.redact(&result::plain_message(&error))),
        }
    }
    let find = |database: Option<&str>, schema: &str, name: &str, unique_id: &str| {
        let found = relations.get(&key(database.unwrap_or(&default), schema, name))?;
        Some((
            unique_id.to_owned(),
            CatalogTable {
                unique_id: Some(unique_id.to_owned()),
                ..found.clone()
            },
        ))
    };
    let nodes = manifest
        .nodes
        .values()
        .filter(|node| context.is_relational(node));
    Catalog {
        metadata: record::metadata(&context.project, "catalog/v1"),
        nodes: nodes
            .filter_map(|node| {
                find(
                    node.database.as_deref(),
                    &node.schema,
                    &node.alias,
                    &node.unique_id,
                )
            })
            .collect(),
        sources: manifest
            .sources
            .values()
            .filter_map(|source| {
                find(
                    source.database.as_deref(),
                    &source.schema,
                    &source.identifier,
                    &source.unique_id,
                )
            })
            .collect(),
        errors: (!errors.is_empty()).then_some(errors),
    }
}

/// Schemas of each database that nodes and sources live in.
fn places(context: &Context, default: &str) -> IndexMap<String, IndexSet<String>> {
    let manifest = &context.project.manifest;
    let nodes = manifest
        .nodes
        .values()
        .filter(|node| context.is_relational(node))
        .map(|node| (&node.database, &node.schema));
    let sources = manifest
        .sources
        .values()
        .map(|source| (&source.database, &source.schema));
    let mut places: IndexMap<String, IndexSet<String>> = IndexMap::new();
    for (database, schema) in nodes.chain(sources) {
        let database = database.clone().unwrap_or_else(|| default.to_owned());
        places.entry(database).or_default().insert(schema.clone());
    }
    places
}

fn key(database: &str, schema: &str, name: &str) -> Key {
    (
        database.to_lowercase(),
        schema.to_lowercase(),
        name.to_lowercase(),
    )
}

/// Adds rows of `get_catalog`: one for each column of each relation.
fn add(relations: &mut IndexMap<Key, CatalogTable>, table: &Table) {
    let position: IndexMap<String, usize> = table
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| (column.name.to_lowercase(), index))
        .collect();
    for row in &table.rows {
        let cell = |name: &str| position.get(name).and_then(|&index| row.get(index));
        let text = |name: &str| cell(name).and_then(plain);
        let (database, schema, name) = (
            text("table_database"),
            text("table_schema").unwrap_or_default(),
            text("table_name").unwrap_or_default(),
        );
        let key = key(database.as_deref().unwrap_or_default(), &schema, &name);
        let relation = relations.entry(key).or_insert_with(|| CatalogTable {
            metadata: TableMetadata {
                kind: text("table_type").unwrap_or_default(),
                schema,
                name,
                database,
                comment: text("table_comment"),
                owner: text("table_owner"),
            },
            columns: IndexMap::new(),
            stats: stats(table, row),
            unique_id: None,
        });
        let Some(column) = text("column_name") else {
            continue;
        };
        relation.columns.insert(
            column.clone(),
            CatalogColumn {
                data_type: text("column_type").unwrap_or_default(),
                index: match cell("column_index") {
                    Some(Cell::Int(index)) => *index,
                    other => other
                        .and_then(plain)
                        .and_then(|text| text.parse().ok())
                        .unwrap_or_default(),
                },
                name: column,
                comment: text("column_comment"),
            },
        );
    }
}

fn plain(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Bool(value) => Some(value.to_string()),
        Cell::Int(value) => Some(value.to_string()),
        Cell::Float(value) => Some(value.to_string()),
        Cell::Decimal(text) | Cell::Text(text) | Cell::Date(text) | Cell::Timestamp(text) => {
            Some(text.clone())
        }
    }
}

/// Statistics from columns called `stats:ID:label`, `…:value`, `…:description` and `…:include`, those that are to be
/// included; and as dbt writes it, whether there are any.
fn stats(table: &Table, row: &[Cell]) -> IndexMap<String, Map<String, Value>> {
    let mut found: IndexMap<String, Map<String, Value>> = IndexMap::new();
    for (column, cell) in table.columns.iter().zip(row) {
        let mut parts = column.name.split(':');
        if let (Some("stats"), Some(id), Some(part), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        {
            let stat = found
                .entry(id.to_owned())
                .or_insert_with(|| Map::from_iter([("id".to_owned(), id.into())]));
            let value = match cell {
                Cell::Bool(flag) => Value::from(*flag),
                Cell::Int(count) => Value::from(*count),
                Cell::Float(number) => Value::from(*number),
                other => plain(other).map_or(Value::Null, Value::String),
            };
            stat.insert(part.to_owned(), value);
        }
    }
    found.retain(|_, stat| stat.get("include") == Some(&Value::Bool(true)));
    let has_stats = json!({
        "id": "has_stats",
        "label": "Has Stats?",
        "value": !found.is_empty(),
        "include": false,
        "description": "Indicates whether there are statistics for this table",
    });
    if let Value::Object(entry) = has_stats {
        found.insert("has_stats".to_owned(), entry);
    }
    found
}
