//! `exceptions`: errors and warnings that macros raise.

use std::sync::Arc;

use minijinja::value::Object;
use minijinja::{Error, ErrorKind, State, Value};

use super::RenderContext;
use crate::diag::Diagnostic;
use crate::jinja::JinjaWarning;
use crate::jinja::failure::raise;
use crate::jinja::values::Args;

/// `exceptions`.
pub(super) fn value(context: &Arc<RenderContext>) -> Value {
    Value::from_object(Exceptions(Arc::clone(context)))
}

#[derive(Debug)]
struct Exceptions(Arc<RenderContext>);

/// The code of the error that a function raises.
fn code(function: &str) -> Option<&'static str> {
    Some(match function {
        "raise_compiler_error"
        | "missing_config"
        | "missing_materialization"
        | "missing_relation"
        | "relation_wrong_type"
        | "invalid_type_error"
        | "invalid_materialization_argument"
        | "raise_ambiguous_alias"
        | "raise_ambiguous_catalog_match"
        | "raise_duplicate_resource_name" => "compilation",
        "raise_database_error" | "raise_runtime_error" => "runtime",
        "raise_parsing_error" | "raise_invalid_property_yml_version" => "parsing",
        "raise_fail_fast_error" => "fail-fast",
        "raise_not_implemented" => "not-implemented",
        "raise_dep_not_found" | "raise_dependency_error" => "dependency",
        "raise_contract_error" | "column_type_missing" => "contract",
        _ => return None,
    })
}

impl Object for Exceptions {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        let warning = match method {
            "warn" => Some((JinjaWarning::Said, args.need(0, "msg")?.to_string())),
            "warn_snapshot_timestamp_data_types" => {
                Some((JinjaWarning::SnapshotTimes, snapshot_times(&args)?))
            }
            _ => None,
        };
        if let Some((warning, message)) = warning {
            super::base::warn(&self.0, warning, &message)?;
            return Ok(Value::from(""));
        }
        let Some(code) = code(method) else {
            return Err(Error::new(
                ErrorKind::UnknownMethod,
                format!("exceptions has no function '{method}'"),
            ));
        };
        let first = args
            .get(0, "msg")
            .map(|value| value.to_string())
            .unwrap_or_default();
        let message = match method {
            "missing_config" => {
                let name = args
                    .get(1, "name")
                    .map(|name| name.to_string())
                    .unwrap_or_default();
                format!("the model does not define the required config '{name}'")
            }
            "missing_relation" => format!("the relation {first} was not found"),
            "relation_wrong_type" => {
                let wanted = args
                    .get(1, "expected_type")
                    .map(|kind| kind.to_string())
                    .unwrap_or_default();
                format!("{first} is not a {wanted}; drop it or rename the model")
            }
            "raise_contract_error" => contract(&args)?,
            "column_type_missing" => {
                format!("columns of an enforced contract need a data_type: {first}")
            }
            _ => first,
        };
        Err(raise(Diagnostic::error(code, message)))
    }
}

/// A snapshot's clock and its `updated_at` are of two types.
fn snapshot_times(args: &Args<'_>) -> Result<String, Error> {
    let clock = args.need(0, "snapshot_time_data_type")?;
    let updated = args.need(1, "updated_at_data_type")?;
    Ok(format!(
        "the snapshot keeps its times as {clock}, and its 'updated_at' is {updated}: cast that to {clock}"
    ))
}

/// What differs between the columns that a contract declares and those that the SQL has, as a table in dbt's words:
/// a row for each column that is wrong, by name.
fn contract(args: &Args<'_>) -> Result<String, Error> {
    let read = |index: usize, name: &str| -> Result<Vec<(String, String)>, Error> {
        let mut columns = Vec::new();
        for column in args.need(index, name)?.try_iter()? {
            let part = |key: &str| column.get_attr(key).unwrap_or_default().to_string();
            columns.push((part("name"), part("data_type")));
        }
        Ok(columns)
    };
    let (declared, actual) = (read(0, "yaml_columns")?, read(1, "sql_columns")?);
    if declared.is_empty() {
        return Ok(
            "this model has an enforced contract, and no columns: list them under `columns:`"
                .to_owned(),
        );
    }
    let type_in = |columns: &[(String, String)], name: &str| {
        columns
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, kind)| kind.clone())
    };
    let mut rows = Vec::new();
    for (name, kind) in &actual {
        let wanted = type_in(&declared, name);
        let reason = match &wanted {
            None => "missing in contract",
            Some(wanted) if !wanted.eq_ignore_ascii_case(kind) => "data type mismatch",
            Some(_) => continue,
        };
        let wanted = wanted.unwrap_or_default();
        rows.push([name.clone(), kind.clone(), wanted, reason.to_owned()]);
    }
    for (name, kind) in &declared {
        if type_in(&actual, name).is_none() {
            let reason = "missing in definition".to_owned();
            rows.push([name.clone(), String::new(), kind.clone(), reason]);
        }
    }
    rows.sort();
    let heads = [
        "column_name",
        "definition_type",
        "contract_type",
        "mismatch_reason",
    ];
    Ok(format!(
        "this model has an enforced contract that its query does not meet: its columns need the names and types of \
         the contract\n\n{}",
        columns_side_by_side(heads, &rows)
    ))
}

/// Rows below their heads, each column as wide as its longest cell.
fn columns_side_by_side<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let width = |index: usize| {
        let cells = rows.iter().map(|row| row[index].chars().count());
        cells.max().unwrap_or(0).max(heads[index].len())
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: [&str; N]| {
        let padded = cells.iter().zip(widths);
        let padded: Vec<String> = padded.map(|(cell, wide)| format!("{cell:wide$}")).collect();
        format!("| {} |", padded.join(" | "))
    };
    let rule: [String; N] = std::array::from_fn(|index| "-".repeat(widths[index]));
    let mut lines = vec![line(heads), line(rule.each_ref().map(String::as_str))];
    lines.extend(
        rows.iter()
            .map(|row| line(row.each_ref().map(String::as_str))),
    );
    lines.join("\n")
}
