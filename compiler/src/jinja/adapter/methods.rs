//! The adapter's methods that reach the warehouse.

use std::sync::Arc;

use minijinja::value::{ObjectRepr, Tuple};
use minijinja::{Error, Value};

use super::driver_types;
use super::schema::{call, named, relations};
use super::{ColumnObject, Relation, RelationObject};
use crate::adapter::WarehouseError;
use crate::diag::Diagnostic;
use crate::jinja::context::{RenderContext, ResponseObject, warn};
use crate::jinja::failure::raise;
use crate::jinja::values::{Args, Dict, SeedTable, TableObject, agate_type, fail, list_of};
use crate::jinja::{JinjaWarning, Runtime};

/// Whether the adapter has a method of that name that reaches the warehouse.
pub(super) fn is_known(method: &str) -> bool {
    MACROS.contains(&method)
        || matches!(
            method,
            "execute"
                | "add_query"
                | "commit"
                | "commit_if_has_connection"
                | "get_relation"
                | "list_relations"
                | "already_exists"
                | "get_columns_in_table"
                | "drop_schema"
                | "drop_relation"
                | "rename_relation"
                | "get_missing_columns"
                | "expand_target_column_types"
                | "get_rows_different_sql"
                | "get_column_schema_from_query"
                | "load_seed_rows"
                | "cache_added"
                | "cache_dropped"
                | "cache_renamed"
                | "check_schema_exists"
                | "clear_transaction"
                | "nice_connection_name"
                | "connection_name"
                | "run_sql_for_tests"
                | "take_turn"
                | "location_exists"
                | "ensure_transaction"
                | "stage_file"
                | "publish_file"
        )
}

/// Methods that are their macro and nothing else.
const MACROS: &[&str] = &[
    "create_schema",
    "truncate_relation",
    "get_columns_in_relation",
    "list_relations_without_caching",
    "list_schemas",
    "alter_column_type",
    "alter_relation_comment",
    "alter_column_comment",
    "get_catalog",
    "current_timestamp",
    "render_raw_columns_constraints",
    "render_raw_model_constraints",
    "get_hard_deletes_behavior",
    "valid_snapshot_target",
    "assert_valid_snapshot_target_given_strategy",
];

pub(super) fn run(
    context: &Arc<RenderContext>,
    runtime: &Arc<Runtime>,
    method: &str,
    args: &Args<'_>,
    all: &[Value],
) -> Result<Value, Error> {
    let none = Value::from(());
    let cache = &runtime.run.cache;
    Ok(match method {
        "execute" | "add_query" | "run_sql_for_tests" => execute(runtime, args)?,
        "commit" | "commit_if_has_connection" => {
            runtime.warehouse.commit().map_err(database)?;
            none
        }
        "get_relation" => get_relation(context, runtime, args)?,
        "take_turn" => {
            if runtime.lock().turn.is_none() {
                // Waiting must not hold the node's state.
                let turn = cache.take_turn();
                runtime.lock().turn = Some(turn);
            }
            none
        }
        "list_relations" => {
            let (database, schema) = (args.maybe_text(0, "database"), args.text(1, "schema")?);
            let found = relations(context, runtime, database.as_deref(), &schema)?;
            list_of(found.into_iter().map(RelationObject::of))
        }
        "get_columns_in_table" => {
            given_up(context, method, "get_columns_in_relation")?;
            let (schema, name) = (args.text(0, "schema")?, args.text(1, "identifier")?);
            let database = runtime.warehouse.default_database();
            let quoting = context.scope.quoting;
            let table = Relation::new(Some(&database), Some(&schema), Some(&name), quoting);
            call(
                context,
                "get_columns_in_relation",
                &[RelationObject::of(table)],
            )?
        }
        "already_exists" => {
            given_up(context, method, "get_relation")?;
            let (schema, name) = (args.text(0, "schema")?, args.text(1, "name")?);
            let found = named(context, runtime, None, &schema, &name)?;
            Value::from(!found.is_empty())
        }
        "drop_schema" => {
            let answer = call(context, method, all)?;
            let place = relation(args, 0, "relation")?;
            let database = place
                .database
                .unwrap_or_else(|| runtime.warehouse.default_database());
            cache.drop_schema(&database, place.schema.as_deref().unwrap_or_default());
            answer
        }
        "drop_relation" => {
            let answer = call(context, method, all)?;
            cache.drop_relation(&complete(runtime, relation(args, 0, "relation")?));
            answer
        }
        "rename_relation" => {
            let answer = call(context, method, all)?;
            let (from, to) = (
                relation(args, 0, "from_relation")?,
                relation(args, 1, "to_relation")?,
            );
            cache.rename(&complete(runtime, from), &complete(runtime, to));
            answer
        }
        "cache_added" => {
            cache.add(&complete(runtime, relation(args, 0, "relation")?));
            none
        }
        "cache_dropped" => {
            cache.drop_relation(&complete(runtime, relation(args, 0, "relation")?));
            none
        }
        "cache_renamed" => {
            let (from, to) = (
                relation(args, 0, "from_relation")?,
                relation(args, 1, "to_relation")?,
            );
            cache.rename(&complete(runtime, from), &complete(runtime, to));
            none
        }
        "check_schema_exists" => {
            let place = [args.need(0, "database")?, args.need(1, "schema")?];
            let answer = call(context, method, &place)?;
            let count = answer
                .get_attr("rows")
                .ok()
                .filter(|rows| !rows.is_undefined());
            let count =
                count.and_then(|rows| rows.get_item_by_index(0).ok()?.get_item_by_index(0).ok());
            Value::from(count.unwrap_or(answer).is_true())
        }
        "get_missing_columns" => {
            let (from, to) = (
                columns(context, args, 0, "from_relation")?,
                columns(context, args, 1, "to_relation")?,
            );
            let known: Vec<String> = to.iter().map(column_name).collect();
            list_of(
                from.into_iter()
                    .filter(|column| !known.contains(&column_name(column))),
            )
        }
        "expand_target_column_types" => {
            expand_columns(context, args)?;
            none
        }
        "get_rows_different_sql" => rows_different(context, args)?,
        "get_column_schema_from_query" => {
            let sql = args.need(0, "sql")?.to_string();
            let (_, table) = runtime
                .warehouse
                .execute(&sql, true, None)
                .map_err(database)?;
            let adapter_type = runtime.warehouse.adapter_type();
            list_of(table.columns.iter().map(|column| {
                let kind = driver_types::name(adapter_type, &column.data_type);
                Value::from_object(ColumnObject::new(&column.name, &kind))
            }))
        }
        "load_seed_rows" => load_rows(runtime, args)?,
        "location_exists" => {
            let location = args.text(0, "location")?;
            let sql = format!("select 1 from '{location}' where false");
            Value::from(runtime.warehouse.execute(&sql, false, None).is_ok())
        }
        "stage_file" => {
            let replaces = args.flag(1, "replaces", true);
            let place = runtime
                .warehouse
                .stage_file(&args.text(0, "location")?, replaces);
            Value::from(place.map_err(database)?)
        }
        "publish_file" => {
            let location = args.text(0, "location")?;
            runtime
                .warehouse
                .publish_file(&location)
                .map_err(database)?;
            none
        }
        "ensure_transaction" => {
            runtime.warehouse.begin().map_err(database)?;
            none
        }
        "clear_transaction" | "nice_connection_name" | "connection_name" => none,
        _ => call(context, method, all)?,
    })
}

/// A failure of the warehouse, in its own words.
fn database(error: WarehouseError) -> Error {
    let code = match error {
        WarehouseError::Database(_) | WarehouseError::Misfit { .. } => "database-error",
        WarehouseError::Connection(_) => "connection-error",
        WarehouseError::Cancelled => "cancelled",
    };
    raise(Diagnostic::error(code, error.to_string()))
}

/// `execute(sql, auto_begin, fetch, limit)`: the response and the rows.
fn execute(runtime: &Runtime, args: &Args<'_>) -> Result<Value, Error> {
    let sql = args.need(0, "sql")?.to_string();
    if args.flag(1, "auto_begin", false) {
        runtime.warehouse.begin().map_err(database)?;
    }
    let limit = args
        .get(3, "limit")
        .filter(|limit| !limit.is_none())
        .and_then(|limit| limit.as_usize());
    let fetch = args.flag(2, "fetch", false);
    let (response, table) = runtime
        .warehouse
        .execute(&sql, fetch, limit)
        .map_err(database)?;
    Ok(Value::from(Tuple::from([
        Value::from_object(ResponseObject(response)),
        TableObject::value(table),
    ])))
}

/// `load_seed_rows(relation, agate_table, columns, verbatim=false)`: how many rows there were. A seed's file is read
/// meanwhile.
fn load_rows(runtime: &Runtime, args: &Args<'_>) -> Result<Value, Error> {
    let target = args.need(0, "relation")?.to_string();
    let table = args.need(1, "agate_table")?;
    let columns = args.need(2, "columns")?.try_iter()?;
    let columns: Vec<String> = columns.map(|column| column.to_string()).collect();
    let Some(seed) = SeedTable::from_value(&table) else {
        let table = TableObject::from_value(&table)
            .ok_or_else(|| fail("load_seed_rows() wants a table"))?;
        let mut rows = table.rows.iter().cloned().map(Ok);
        let loaded = runtime.warehouse.load_rows(&target, &columns, &mut rows);
        return loaded.map(Value::from).map_err(database);
    };
    let mut unread = None;
    let verbatim = args.flag(3, "verbatim", false);
    let mut rows = seed.rows(verbatim).map_err(raise)?.map(|row| {
        row.map_err(|error| {
            let text = WarehouseError::Database(error.to_string());
            unread = Some(error);
            text
        })
    });
    let loaded = runtime.warehouse.load_rows(&target, &columns, &mut rows);
    drop(rows);
    loaded
        .map(Value::from)
        .map_err(|error| match (error, unread) {
            (WarehouseError::Cancelled, _) => database(WarehouseError::Cancelled),
            (_, Some(unread)) => raise(unread),
            (
                WarehouseError::Misfit {
                    reason,
                    row,
                    column,
                },
                None,
            ) => {
                let name = column.and_then(|column| seed.columns().get(column));
                let name = name.map(|column| format!("column '{}', ", column.name));
                let place = seed.place(row, column);
                let text = format!("{reason}\n{}at {place}", name.unwrap_or_default());
                database(WarehouseError::Database(text))
            }
            (error, None) => database(error),
        })
}

/// Warns of a method that has another in its place.
fn given_up(context: &RenderContext, method: &str, instead: &str) -> Result<(), Error> {
    let message = format!("adapter.{method}() is deprecated: call adapter.{instead}()");
    warn(context, JinjaWarning::AdapterMethod, &message)
}

fn get_relation(
    context: &Arc<RenderContext>,
    runtime: &Runtime,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let database = args.maybe_text(0, "database");
    let schema = args.maybe_text(1, "schema").unwrap_or_default();
    let identifier = args.maybe_text(2, "identifier").unwrap_or_default();
    let found = named(context, runtime, database.as_deref(), &schema, &identifier)?;
    Ok(found
        .into_iter()
        .next()
        .map_or_else(|| Value::from(()), RelationObject::of))
}

fn relation(args: &Args<'_>, index: usize, name: &str) -> Result<Relation, Error> {
    let value = args.need(index, name)?;
    Relation::from_value(&value).ok_or_else(|| {
        fail(format!(
            "the argument '{name}' must be a relation, not {value}"
        ))
    })
}

/// The relation with its database named.
fn complete(runtime: &Runtime, mut relation: Relation) -> Relation {
    if relation.database.is_none() {
        relation.database = Some(runtime.warehouse.default_database());
    }
    relation
}

fn columns(
    context: &Arc<RenderContext>,
    args: &Args<'_>,
    index: usize,
    name: &str,
) -> Result<Vec<Value>, Error> {
    let columns = call(
        context,
        "get_columns_in_relation",
        &[args.need(index, name)?],
    )?;
    Ok(columns.try_iter()?.collect())
}

fn column_name(column: &Value) -> String {
    column.get_attr("name").unwrap_or_default().to_string()
}

/// Widens text columns of the target that are too narrow for what comes.
fn expand_columns(context: &Arc<RenderContext>, args: &Args<'_>) -> Result<(), Error> {
    let target = args.need(1, "to_relation")?;
    let to = columns(context, args, 1, "to_relation")?;
    for column in columns(context, args, 0, "from_relation")? {
        let name = column_name(&column);
        let Some(current) = to.iter().find(|candidate| column_name(candidate) == name) else {
            continue;
        };
        let (wanted, current) = (size(&column), size(current));
        if let (Some(wanted), Some(current)) = (wanted, current)
            && wanted > current
        {
            let data_type = Value::from(format!("character varying({wanted})"));
            call(
                context,
                "alter_column_type",
                &[target.clone(), Value::from(name), data_type],
            )?;
        }
    }
    Ok(())
}

fn size(column: &Value) -> Option<i64> {
    column.get_attr("char_size").ok()?.as_i64()
}

/// SQL that counts the rows by which two relations differ.
fn rows_different(context: &Arc<RenderContext>, args: &Args<'_>) -> Result<Value, Error> {
    let (a, b) = (args.need(0, "relation_a")?, args.need(1, "relation_b")?);
    let names = match args.get(2, "column_names").filter(|names| !names.is_none()) {
        Some(names) => names.try_iter()?.map(|name| name.to_string()).collect(),
        None => columns(context, args, 0, "relation_a")?
            .iter()
            .map(column_name)
            .collect::<Vec<_>>(),
    };
    let list: Vec<String> = names
        .iter()
        .map(|name| super::relation::quoted_name(name))
        .collect();
    let list = list.join(", ");
    Ok(Value::from(format!(
        "with a as (select {list} from {a}), b as (select {list} from {b}),\n\
         only_a as (select * from a except select * from b),\n\
         only_b as (select * from b except select * from a),\n\
         missing as (select count(*) as num_missing from (select * from only_a union all select * from only_b) as d)\n\
         select (select count(*) from a) - (select count(*) from b) as row_count_difference, num_missing as num_mismatched\n\
         from missing"
    )))
}

/// The type of a table's column as dbt writes it into DDL.
pub(super) fn convert_type(args: &Args<'_>) -> Result<Value, Error> {
    let table = args.need(0, "agate_table")?;
    let index = args.need(1, "col_idx")?.as_usize().unwrap_or(usize::MAX);
    let missing = || fail("convert_type() is given a column that is not there");
    let kind = if let Some(seed) = SeedTable::from_value(&table) {
        seed.columns()
            .get(index)
            .ok_or_else(missing)?
            .data_type
            .to_lowercase()
    } else {
        let table =
            TableObject::from_value(&table).ok_or_else(|| fail("convert_type() wants a table"))?;
        if index >= table.columns.len() {
            return Err(missing());
        }
        agate_type(&table, index).to_lowercase()
    };
    Ok(Value::from(match kind.as_str() {
        "text" | "" => "text",
        "number" => "float8",
        "integer" => "integer",
        "boolean" => "boolean",
        "datetime" => "timestamp without time zone",
        "date" => "date",
        "time" | "timedelta" => "time",
        other => other,
    }))
}

/// Grants as `{privilege: [grantee, …]}`, from rows of grantee and privilege.
pub(super) fn standardize_grants(args: &Args<'_>) -> Result<Value, Error> {
    let table = args.need(0, "grants_table")?;
    let mut grants: Vec<(String, Vec<Value>)> = Vec::new();
    let rows = table
        .get_attr("rows")
        .ok()
        .filter(|rows| !rows.is_undefined())
        .unwrap_or(table);
    if rows
        .as_object()
        .is_none_or(|object| object.repr() == ObjectRepr::Map)
    {
        return Ok(Value::from_object(Dict::default()));
    }
    for row in rows.try_iter()? {
        let grantee = row.get_item(&Value::from("grantee"))?;
        let privilege = row.get_item(&Value::from("privilege_type"))?.to_string();
        match grants.iter_mut().find(|(known, _)| *known == privilege) {
            Some((_, grantees)) => grantees.push(grantee),
            None => grants.push((privilege, vec![grantee])),
        }
    }
    let pairs = grants
        .into_iter()
        .map(|(privilege, grantees)| (Value::from(privilege), list_of(grantees)));
    Ok(Value::from_object(pairs.collect::<Dict>()))
}
