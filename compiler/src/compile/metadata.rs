//! What the engine asks a warehouse through macros, so that projects can answer in their own way.

use std::sync::Arc;

use crate::adapter::{Cell, Table};
use crate::artifacts::manifest::Source;
use crate::diag::{Diagnostic, Span};
use crate::jinja::TableObject;
use crate::jinja::adapter::{Relation, RelationType};
use crate::jinja::relation_of_source;
use crate::jinja::{self, Library, Phase, ProjectScope, Runtime, Value};

/// What a freshness query answered.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedAt {
    /// The newest row's time; [`Cell::Null`] where the source has no rows.
    pub max_loaded_at: Cell,
    /// The warehouse's clock.
    pub snapshotted_at: Cell,
}

/// Names of the schemas of a database: macro `list_schemas`.
pub fn list_schemas(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
    database: &str,
) -> Result<Vec<String>, Diagnostic> {
    let answer = call(
        library,
        scope,
        runtime,
        "list_schemas",
        &[Value::from(database)],
    )?;
    Ok(first_column(&table_of(&answer)))
}

/// Creates a schema unless it is there: macro `create_schema`.
pub fn create_schema(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
    database: Option<&str>,
    schema: &str,
) -> Result<(), Diagnostic> {
    let relation = relation(scope, database, Some(schema), None);
    call(library, scope, runtime, "create_schema", &[relation]).map(drop)
}

/// The relations of a schema: macro `list_relations_without_caching`.
pub fn list_relations(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
    database: Option<&str>,
    schema: &str,
) -> Result<Vec<Relation>, Diagnostic> {
    let asked = Relation::new(database, Some(schema), None, scope.quoting).into_value();
    let answer = call(
        library,
        scope,
        runtime,
        "list_relations_without_caching",
        &[asked],
    )?;
    let text = |cell: Option<&Cell>| match cell {
        Some(Cell::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let relation = |row: &Vec<Cell>| Relation {
        database: text(row.first()),
        schema: text(row.get(2)),
        identifier: text(row.get(1)),
        kind: text(row.get(3)).as_deref().and_then(RelationType::parse),
        quoting: scope.quoting,
        place: None,
    };
    Ok(table_of(&answer).rows.iter().map(relation).collect())
}

/// The relation of the runtime's own node as the warehouse has it: macro `load_cached_relation`.
pub fn own_relation(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
) -> Result<Option<Relation>, Diagnostic> {
    let node = &runtime.node;
    let own = relation(
        scope,
        node.database.as_deref(),
        Some(&node.schema),
        Some(&node.alias),
    );
    let found = call(library, scope, runtime, "load_cached_relation", &[own])?;
    Ok(Relation::from_value(&found))
}

/// Age of a source: macro `collect_freshness`, or `collect_freshness_custom_sql` where it has a `loaded_at_query`.
pub fn loaded_at(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
    source: &Source,
) -> Result<LoadedAt, Diagnostic> {
    let place = || Span::file(&source.original_file_path);
    let table = relation_of_source(scope, source, scope.quoting)?.into_value();
    let answer = if let Some(query) = &source.loaded_at_query {
        call(
            library,
            scope,
            runtime,
            "collect_freshness_custom_sql",
            &[table, Value::from(query)],
        )
    } else if let Some(field) = &source.loaded_at_field {
        let filter = source
            .freshness
            .as_ref()
            .and_then(|freshness| freshness.filter.clone());
        call(
            library,
            scope,
            runtime,
            "collect_freshness",
            &[table, Value::from(field), Value::from(filter)],
        )
    } else {
        let message = format!(
            "source '{}.{}' has no loaded_at_field",
            source.source_name, source.name
        );
        let hint = format!(
            "{} keeps no time of the last change, so freshness needs loaded_at_field",
            scope.adapter_type
        );
        Err(Diagnostic::error("loaded-at-field", message).hint(hint))
    };
    let answer = answer.map_err(|error| {
        if error.span.is_some() {
            error
        } else {
            error.at(place())
        }
    })?;
    let table = answer
        .get_attr("table")
        .map(|table| table_of(&table))
        .unwrap_or_default();
    let Some([max_loaded_at, snapshotted_at, ..]) = table.rows.first().map(Vec::as_slice) else {
        let message =
            "the freshness query must answer one row with max_loaded_at and snapshotted_at";
        return Err(Diagnostic::error("freshness-result", message).at(place()));
    };
    Ok(LoadedAt {
        max_loaded_at: max_loaded_at.clone(),
        snapshotted_at: snapshotted_at.clone(),
    })
}

/// Columns of all relations of some schemas of one database, a row each: macro `get_catalog`.
pub fn catalog(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
    database: Option<&str>,
    schemas: &[String],
) -> Result<Table, Diagnostic> {
    let information_schema = relation(scope, database, Some("INFORMATION_SCHEMA"), None);
    let schemas: Value = schemas.iter().map(String::as_str).collect();
    call(
        library,
        scope,
        runtime,
        "get_catalog",
        &[information_schema, schemas],
    )
    .map(|answer| table_of(&answer))
}

/// The query whose rows `show` prints: `sql` cut to `limit` rows, macro `get_show_sql`.
pub fn show_sql(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
    sql: &str,
    limit: Option<u64>,
) -> Result<String, Diagnostic> {
    let header = runtime.node.config.text("sql_header");
    let args = [Value::from(sql), Value::from(header), Value::from(limit)];
    call(library, scope, runtime, "get_show_sql", &args)
        .map(|answer| answer.to_string().trim().to_owned())
}

fn call(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
    name: &str,
    args: &[Value],
) -> Result<Value, Diagnostic> {
    let phase = Phase::Execute(Arc::clone(runtime));
    jinja::call_macro(
        library,
        scope,
        &phase,
        &runtime.node.package_name,
        name,
        args,
        &[],
    )
}

fn relation(
    scope: &ProjectScope,
    database: Option<&str>,
    schema: Option<&str>,
    identifier: Option<&str>,
) -> Value {
    Relation::new(database, schema, identifier, scope.quoting).into_value()
}

/// The rows of a result; empty where a macro answered with something else.
fn table_of(value: &Value) -> Table {
    TableObject::from_value(value)
        .map(|table| Table::clone(&table))
        .unwrap_or_default()
}

fn first_column(table: &Table) -> Vec<String> {
    let text = |row: &Vec<Cell>| match row.first() {
        Some(Cell::Text(text)) => Some(text.clone()),
        _ => None,
    };
    table.rows.iter().filter_map(text).collect()
}
