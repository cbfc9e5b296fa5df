//! Results of statements, and the objects that lead to the warehouse.

use std::fmt;
use std::sync::Arc;

use minijinja::value::Object;
use minijinja::{Error, State, Value};
use serde_json::Value as Json;

use super::RenderContext;
use super::base::say;
use crate::adapter::{Response, Table};
use crate::artifacts::manifest::Node;
use crate::diag::Diagnostic;
use crate::jinja::Phase;
use crate::jinja::adapter::{AdapterObject, api};
use crate::jinja::failure::raise;
use crate::jinja::values::{Args, Dict, RowObject, SeedTable, TableObject, list_of};
use crate::jinja::{JinjaWarning, LogLevel};
use crate::seed::Seed;

pub(super) fn value(context: &Arc<RenderContext>, name: &str) -> Option<Value> {
    Some(match name {
        "adapter" => Value::from_object(AdapterObject(Arc::clone(context))),
        "api" => api(context),
        "column" => api(context).get_attr("Column").unwrap_or_default(),
        "sql_now" => Value::from("now()"),
        "store_result" => context.function("store_result", |context, _, args| {
            let response = args.get(1, "response").unwrap_or_else(|| Value::from(()));
            store(
                context,
                &args.need(0, "name")?,
                response,
                args.get(2, "agate_table"),
            );
            Ok(Value::from(""))
        }),
        "store_raw_result" => context.function("store_raw_result", store_raw_result),
        "load_result" => context.function("load_result", |context, _, args| {
            let name = args.need(0, "name")?.to_string();
            Ok(match &context.phase {
                Phase::Execute(runtime) => runtime
                    .lock()
                    .results
                    .get(&name)
                    .cloned()
                    .unwrap_or_else(|| Value::from(())),
                Phase::Parse(_) => Value::from(()),
            })
        }),
        "write" => context.function("write", |context, _, args| {
            if let Phase::Execute(runtime) = &context.phase {
                runtime.lock().main_sql = Some(args.need(0, "payload")?.to_string());
            }
            Ok(Value::from(""))
        }),
        "load_agate_table" => context.function("load_agate_table", load_agate_table),
        "render" => context.function("render", |context, _, args| {
            let text = args.need(0, "text")?.to_string();
            let template = crate::jinja::Template {
                name: "render()",
                text: &text,
                file: "render()",
                line: 1,
                column: 1,
            };
            crate::jinja::render::text_in(context, template)
                .map(Value::from)
                .map_err(raise)
        }),
        "try_or_compiler_error" => context.function("try_or_compiler_error", |_, state, args| {
            let function = args.need(1, "func")?;
            function
                .call(state, args.positional.get(2..).unwrap_or_default())
                .map_err(|_| {
                    let message = args
                        .get(0, "message_if_exception")
                        .unwrap_or_default()
                        .to_string();
                    raise(Diagnostic::error("compilation", message))
                })
        }),
        _ => return None,
    })
}

/// What the warehouse answered, as macros see it.
#[derive(Debug, Clone)]
pub(crate) struct ResponseObject(pub(crate) Response);

impl Object for ResponseObject {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "_message" | "message" => Value::from(self.0.message.as_str()),
            "code" => Value::from(self.0.code.as_str()),
            "rows_affected" => Value::from(self.0.rows_affected),
            _ => return None,
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

fn response_of(value: &Value) -> Response {
    match value.downcast_object_ref::<ResponseObject>() {
        Some(object) => object.0.clone(),
        None if value.is_none() || value.is_undefined() => Response::default(),
        None => Response {
            message: value.to_string(),
            ..Response::default()
        },
    }
}

fn store(context: &RenderContext, name: &Value, response: Value, table: Option<Value>) {
    let Phase::Execute(runtime) = &context.phase else {
        return;
    };
    let name = name.to_string();
    let table = table.filter(|table| !table.is_none() && !table.is_undefined());
    let table = table.unwrap_or_else(|| TableObject::value(Table::default()));
    let data = SeedTable::data(&table).unwrap_or_else(|| matrix(&table));
    let mut state = runtime.lock();
    if name == "main" {
        state.main = Some(response_of(&response));
        state.main_table = TableObject::from_value(&table).as_deref().cloned();
    }
    let result = [("response", response), ("data", data), ("table", table)];
    let result = result
        .into_iter()
        .map(|(key, value)| (Value::from(key), value))
        .collect::<Dict>();
    state.results.insert(name, Value::from_object(result));
}

/// The rows of a table as lists.
pub(crate) fn matrix(table: &Value) -> Value {
    let rows = table.get_attr("rows").unwrap_or_default();
    list_of(rows.try_iter().into_iter().flatten().filter_map(|row| {
        let row = row.downcast_object_ref::<RowObject>()?;
        Some(list_of(row.pairs().into_iter().map(|(_, value)| value)))
    }))
}

fn store_raw_result(
    context: &Arc<RenderContext>,
    _: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let rows = args
        .get(3, "rows_affected")
        .and_then(|rows| match rows.as_str() {
            Some(text) => text.parse().ok(),
            None => rows.as_i64(),
        });
    let response = Response {
        message: args.maybe_text(1, "message").unwrap_or_default(),
        code: args.maybe_text(2, "code").unwrap_or_default(),
        rows_affected: rows,
    };
    let response = Value::from_object(ResponseObject(response));
    store(
        context,
        &args.need(0, "name")?,
        response,
        args.get(4, "agate_table"),
    );
    Ok(Value::from(""))
}

fn load_agate_table(
    context: &Arc<RenderContext>,
    _: &mut State<'_, '_>,
    _: &Args<'_>,
) -> Result<Value, Error> {
    let Phase::Execute(runtime) = &context.phase else {
        return Ok(TableObject::value(Table::default()));
    };
    if let Some(seed) = &runtime.seed {
        warn_of_unknown_types(context, &runtime.node, seed);
        Ok(SeedTable::value(seed))
    } else {
        let message = format!(
            "load_agate_table() is for seeds, and {} is none",
            runtime.node.unique_id
        );
        Err(raise(Diagnostic::error("compilation", message)))
    }
}

/// Types for columns that the file does not have are no error, as with dbt, whose words these are.
fn warn_of_unknown_types(context: &RenderContext, node: &Node, seed: &Seed) {
    let types = node.config.get("column_types").and_then(Json::as_object);
    let known = |name: &&String| seed.columns().iter().any(|column| column.name == **name);
    let names = types.into_iter().flat_map(serde_json::Map::keys);
    let mut unknown: Vec<&str> = names
        .filter(|name| !known(name))
        .map(String::as_str)
        .collect();
    if unknown.is_empty() {
        return;
    }
    unknown.sort_unstable();
    let message = format!(
        "Column types specified for non-existent columns in seed '{}' (file: {}): {}. These column type overrides will be ignored.",
        node.name,
        node.original_file_path,
        unknown.join(", ")
    );
    say(context, LogLevel::Warn(JinjaWarning::Said), &message);
}
