//! `adapter` and `api` as macros see them: which method does what while parsing and while executing.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use minijinja::value::{Object, Tuple, ValueKind};
use minijinja::{Error, State, Value};

use super::behavior::behavior;
use super::column::ColumnFactory;
use super::dispatch::dispatch;
use super::external;
use super::index;
use super::methods;
use super::relation::{RelationFactory, quoted_name};
use crate::adapter::Table;
use crate::jinja::Phase;
use crate::jinja::context::RenderContext;
use crate::jinja::values::{
    Args, Dict, TableObject, fail, from_json, list_of, no_method, type_name,
};

/// `api`: makes relations and columns.
pub(crate) fn api(context: &Arc<RenderContext>) -> Value {
    let pairs = [
        ("Relation", relation_factory(context)),
        ("Column", Value::from_object(ColumnFactory)),
    ];
    Value::from_object(
        pairs
            .into_iter()
            .map(|(name, value)| (Value::from(name), value))
            .collect::<Dict>(),
    )
}

fn relation_factory(context: &RenderContext) -> Value {
    Value::from_object(RelationFactory {
        quoting: context.scope.quoting,
        named: context.scope.adapter_type != "duckdb",
    })
}

/// `adapter`.
#[derive(Debug)]
pub(crate) struct AdapterObject(pub(crate) Arc<RenderContext>);

impl AdapterObject {
    /// Methods that need no warehouse.
    fn plain(&self, method: &str, args: &Args<'_>) -> Result<Option<Value>, Error> {
        let scope = &self.0.scope;
        Ok(Some(match method {
            "dispatch" => dispatch(&self.0, args)?,
            "type" => Value::from(scope.adapter_type.as_str()),
            "quote" => Value::from(quoted_name(&args.need(0, "identifier")?.to_string())),
            "quote_as_configured" => {
                let name = args.need(0, "identifier")?.to_string();
                let quoted = match args.text(1, "quote_key")?.as_str() {
                    "database" => scope.quoting.database,
                    "schema" => scope.quoting.schema,
                    "identifier" => scope.quoting.identifier,
                    _ => false,
                };
                Value::from(if quoted { quoted_name(&name) } else { name })
            }
            "quote_seed_column" => {
                let name = args.need(0, "column")?.to_string();
                let quoted = args
                    .get(1, "quote_config")
                    .filter(|flag| !flag.is_none() && !flag.is_undefined());
                if let Some(flag) = quoted
                    .as_ref()
                    .filter(|flag| flag.kind() != ValueKind::Bool)
                {
                    let kind = type_name(flag);
                    return Err(fail(format!(
                        "'quote_columns' of a seed is true or false, not {kind}"
                    )));
                }
                let quoted = quoted.is_none_or(|flag| flag.is_true());
                Value::from(if quoted { quoted_name(&name) } else { name })
            }
            "valid_incremental_strategies" => list_of(
                [
                    "append",
                    "delete+insert",
                    "merge",
                    "insert_overwrite",
                    "microbatch",
                ]
                .map(Value::from),
            ),
            "get_incremental_strategy_macro" => {
                let name = args
                    .text(1, "model_strategy")
                    .or_else(|_| args.text(1, "strategy"))?
                    .replace('+', "_");
                match self.0.find_macro(&format!("get_incremental_{name}_sql")) {
                    Some(found) => Value::from_object(found),
                    None => {
                        return Err(fail(format!(
                            "dbt could not find an incremental strategy macro with the name \"get_incremental_{name}_sql\" in {}",
                            scope.project_name
                        )));
                    }
                }
            }
            "convert_type" => methods::convert_type(args)?,
            "standardize_grants_dict" => methods::standardize_grants(args)?,
            "parse_index" => index::parse(&args.need(0, "raw_index")?, scope)?,
            "build_catalog_relation" => Value::from(()),
            "get_catalog_integration" => {
                let name = args.need(0, "name")?;
                return Err(fail(format!(
                    "there is no catalog '{name}': catalogs.yml is not read"
                )));
            }
            "get_partitions_metadata" => {
                return Err(fail(format!(
                    "get_partitions_metadata() is not there for {}",
                    scope.adapter_type
                )));
            }
            "escape_sql_string" => {
                Value::from(args.need(0, "value")?.to_string().replace('\'', "''"))
            }
            "disable_transactions" => {
                let set = scope.target.get("disable_transactions");
                Value::from(set.and_then(serde_json::Value::as_bool) == Some(true))
            }
            "get_seed_file_path" => {
                let model = args.need(0, "model")?;
                let part = |name: &str| model.get_attr(name).map(|value| value.to_string());
                let path = Path::new(&part("root_path")?).join(part("original_file_path")?);
                Value::from(path.to_string_lossy().into_owned())
            }
            // Times are texts here already.
            "convert_datetimes_to_strs" => args.need(0, "table")?,
            "is_motherduck" | "is_ducklake" | "is_lakebase" | "use_ducklake_table_workarounds" => {
                Value::from(false)
            }
            "external_root" => Value::from(
                scope
                    .target
                    .get("external_root")
                    .and_then(serde_json::Value::as_str)
                    .unwrap_or("."),
            ),
            "external_write_options" => external::write_options(args)?,
            "external_read_location" => external::read_location(args)?,
            "store_relation" => {
                return Err(fail(
                    "a model is stored by a plugin, which is Python code, and that is not supported",
                ));
            }
            "get_binding_char" => Value::from("?"),
            "verify_database" => Value::from(""),
            _ => return Ok(None),
        }))
    }

    /// What a method that needs the warehouse answers while parsing.
    fn parsing(method: &str) -> Value {
        match method {
            "execute" => Value::from(Tuple::from([
                Value::from(""),
                TableObject::value(Table::default()),
            ])),
            "get_columns_in_relation"
            | "get_columns_in_table"
            | "list_relations"
            | "list_schemas"
            | "get_missing_columns"
            | "get_column_schema_from_query"
            | "list_relations_without_caching" => list_of([]),
            "get_rows_different_sql" => Value::from(""),
            _ => Value::from(()),
        }
    }
}

impl Object for AdapterObject {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "Relation" => Some(relation_factory(&self.0)),
            "Column" => Some(Value::from_object(ColumnFactory)),
            "behavior" => Some(behavior(&self.0)),
            "config" => {
                let target = from_json(&serde_json::Value::Object(self.0.scope.target.clone()));
                let pairs = [
                    ("credentials", target),
                    (
                        "project_name",
                        Value::from(self.0.scope.project_name.as_str()),
                    ),
                ];
                Some(Value::from_object(
                    pairs
                        .into_iter()
                        .map(|(key, value)| (Value::from(key), value))
                        .collect::<Dict>(),
                ))
            }
            _ => None,
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let arguments = Args::new(method, args);
        if let Some(answer) = self.plain(method, &arguments)? {
            return Ok(answer);
        }
        // A mistake of this kind is its node's, as with dbt: it is told when the node runs, and the others run.
        if !methods::is_known(method) && !matches!(self.0.phase, Phase::Parse(_)) {
            return Err(no_method("adapter", method));
        }
        match &self.0.phase {
            Phase::Parse(_) => Ok(Self::parsing(method)),
            Phase::Execute(runtime) => methods::run(&self.0, runtime, method, &arguments, args),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<adapter {}>", self.0.scope.adapter_type)
    }
}
