//! What some kinds have besides columns and SQL, as tables: arguments, the parts of the semantic layer, rows of unit
//! tests. The manifest keeps most of it as the properties have it, so nothing here takes a shape for granted.

use indexmap::IndexSet;
use serde_json::{Map, Value};

use super::detail::DetailTable;
use crate::artifacts::manifest::{Macro, Node};

/// Arguments of a macro.
pub(super) fn of_macro(item: &Macro) -> Vec<DetailTable> {
    let rows = item.arguments.iter().map(|argument| {
        vec![
            Some(argument.name.clone()),
            argument.data_type.clone(),
            Some(argument.description.clone()),
        ]
    });
    filled(DetailTable {
        title: "Arguments".to_owned(),
        head: words("Name, Type, Description"),
        rows: rows.collect(),
        ..DetailTable::default()
    })
}

/// Arguments and result of a function, of each of its signatures.
pub(super) fn of_function(node: &Node) -> Vec<DetailTable> {
    let own = (Value::from(node.arguments.clone()), node.returns.clone());
    let further = node.overloads.iter().map(|overload| {
        (
            overload["arguments"].clone(),
            overload.get("returns").cloned(),
        )
    });
    let signatures = std::iter::once(own).chain(further);
    let tables = signatures.flat_map(|(arguments, returns)| {
        let returned = Value::from_iter(returns);
        [
            listed(
                "Arguments",
                &arguments,
                "Name=name, Type=data_type, Assumed=default_value, Description=description",
            ),
            listed(
                "Returns",
                &returned,
                "Type=data_type, Description=description",
            ),
        ]
    });
    tables.flat_map(filled).collect()
}

/// Parts of a semantic model, metric, saved query or unit test.
pub(super) fn of_other(kind: &str, value: &Value) -> Vec<DetailTable> {
    let tables = match kind {
        "semantic_model" => vec![
            listed(
                "Entities",
                &value["entities"],
                "Name=name, Type=type, Expression=expr, Role=role, Description=description",
            ),
            listed(
                "Dimensions",
                &value["dimensions"],
                "Name=name, Type=type, Grain=type_params/time_granularity, Expression=expr, Description=description",
            ),
            listed(
                "Measures",
                &value["measures"],
                "Name=name, Aggregation=agg, Expression=expr, Time dimension=agg_time_dimension, Description=description",
            ),
            pairs("Defaults", value["defaults"].as_object()),
        ],
        "metric" => {
            let mut definition = Map::new();
            for key in ["label", "type", "filter", "time_granularity"] {
                definition.insert(key.to_owned(), value[key].clone());
            }
            let parameters = value["type_params"].as_object().into_iter().flatten();
            // What is off is what dbt assumes.
            let told = parameters.filter(|(_, value)| **value != Value::Bool(false));
            definition.extend(told.map(|(key, value)| (key.clone(), value.clone())));
            vec![pairs("Definition", Some(&definition))]
        }
        "saved_query" => vec![
            pairs("Query", value["query_params"].as_object()),
            listed(
                "Exports",
                &value["exports"],
                "Name=name, As=config/export_as, Schema=config/schema_name, Alias=config/alias",
            ),
        ],
        "unit_test" => unit_test(value),
        _ => Vec::new(),
    };
    tables.into_iter().flat_map(filled).collect()
}

fn unit_test(test: &Value) -> Vec<DetailTable> {
    let given = test["given"].as_array().into_iter().flatten();
    let mut tables: Vec<DetailTable> = given
        .map(|given| {
            let input = said(&given["input"]).unwrap_or_default();
            example(format!("Given {input}"), given)
        })
        .collect();
    tables.push(example("Expected".to_owned(), &test["expect"]));
    for (title, key) in [
        ("Variables", "vars"),
        ("Macros", "macros"),
        ("Environment", "env_vars"),
    ] {
        tables.push(pairs(title, test["overrides"][key].as_object()));
    }
    tables
}

/// Rows of a unit test, in any of their formats.
fn example(title: String, part: &Value) -> DetailTable {
    let mut table = DetailTable {
        title,
        ..DetailTable::default()
    };
    match &part["rows"] {
        Value::Array(rows) => {
            let named = rows.iter().filter_map(Value::as_object);
            let head: IndexSet<&String> = named.flat_map(Map::keys).collect();
            let row = |row: &Value| head.iter().map(|name| said(&row[name.as_str()])).collect();
            table.rows = rows.iter().map(row).collect();
            table.head = head.into_iter().cloned().collect();
            table.empty = rows.is_empty().then(|| "No rows.".to_owned());
        }
        Value::String(text) => table.code = Some(text.clone()),
        _ => {
            let fixture = part["fixture"].as_str();
            table.empty = fixture.map(|name| format!("Rows of the fixture {name}."));
        }
    }
    table
}

/// Objects of a list as rows; `columns` are `Title=key`, where a key may lead into an object. Columns that no row has
/// anything in are left out.
fn listed(title: &str, list: &Value, columns: &str) -> DetailTable {
    let items: Vec<&Value> = list.as_array().into_iter().flatten().collect();
    let columns = columns
        .split(", ")
        .filter_map(|column| column.split_once('='));
    let filled: Vec<(&str, Vec<Option<String>>)> = columns
        .map(|(title, key)| {
            let pointer = format!("/{key}");
            let cell = |item: &&Value| said(item.pointer(&pointer)?);
            (title, items.iter().map(cell).collect())
        })
        .filter(|(_, cells): &(_, Vec<_>)| cells.iter().any(Option::is_some))
        .collect();
    DetailTable {
        title: title.to_owned(),
        head: filled
            .iter()
            .map(|(title, _)| (*title).to_owned())
            .collect(),
        rows: (0..items.len())
            .map(|at| filled.iter().map(|(_, cells)| cells[at].clone()).collect())
            .collect(),
        ..DetailTable::default()
    }
}

/// What an object says, a row for each key.
fn pairs(title: &str, map: Option<&Map<String, Value>>) -> DetailTable {
    let rows = map.into_iter().flatten().filter_map(|(key, value)| {
        let value = said(value)?;
        Some(vec![Some(key.replace('_', " ")), Some(value)])
    });
    DetailTable {
        title: title.to_owned(),
        rows: rows.collect(),
        ..DetailTable::default()
    }
}

/// A value as people write it; `None` where there is none. Of what the manifest spells out, the telling part: a measure is
/// its name, a filter its condition.
fn said(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().filter_map(said).collect();
            (!items.is_empty()).then(|| items.join(", "))
        }
        Value::Object(map) => {
            if let Some(filters) = map.get("where_filters") {
                return said(filters);
            }
            let name = ["where_sql_template", "name"];
            if let Some(name) = name.iter().find_map(|key| map.get(*key)?.as_str()) {
                let filter = map.get("filter").and_then(said);
                return Some(
                    filter.map_or(name.to_owned(), |filter| format!("{name} where {filter}")),
                );
            }
            let parts = map.iter().filter_map(|(key, value)| {
                Some(format!("{} {}", key.replace('_', " "), said(value)?))
            });
            let parts: Vec<String> = parts.collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        }
        other => Some(other.to_string()),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(", ").map(str::to_owned).collect()
}

/// The table, if there is anything in it.
fn filled(table: DetailTable) -> Vec<DetailTable> {
    let is_empty = table.rows.is_empty() && table.code.is_none() && table.empty.is_none();
    (!is_empty).then_some(table).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(tables: &[DetailTable]) -> String {
        let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "-".to_owned());
        let table = |table: &DetailTable| {
            let lines = std::iter::once(table.head.join(" | ")).chain(
                (table.rows.iter()).map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" | ")),
            );
            let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
            let rest = [table.code.as_deref(), table.empty.as_deref()];
            let rest: Vec<&str> = rest.into_iter().flatten().collect();
            format!("{}: {}{}", table.title, lines.join(" / "), rest.join(""))
        };
        tables.iter().map(table).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_unit_test_shows_its_rows_whatever_their_format() {
        let test = json!({
            "given": [
                {"input": "ref('a')", "rows": [{"id": 1, "at": null, "paid": false}, {"id": 2, "more": "x"}], "format": "dict"},
                {"input": "ref('b')", "rows": "select 1 as id", "format": "sql"},
                {"input": "ref('c')", "rows": null, "format": "csv", "fixture": "many"},
                {"input": "ref('d')", "rows": []},
            ],
            "expect": {"rows": [{"id": 1}]},
            "overrides": {"vars": {"since": "2024-01-01"}, "macros": {"is_incremental": true}, "env_vars": {}},
        });
        assert_eq!(
            text(&of_other("unit_test", &test)),
            "Given ref('a'): id | at | paid | more / 1 | - | false | - / 2 | - | - | x\n\
             Given ref('b'): select 1 as id\n\
             Given ref('c'): Rows of the fixture many.\n\
             Given ref('d'): No rows.\n\
             Expected: id / 1\n\
             Variables: since | 2024-01-01\n\
             Macros: is incremental | true"
        );
    }

    #[test]
    fn the_semantic_layer_is_told_by_what_matters_in_it() {
        let model = json!({
            "entities": [{"name": "order", "type": "primary", "expr": "order_id", "role": null}],
            "dimensions": [{"name": "at", "type": "time", "type_params": {"time_granularity": "day"}}],
            "measures": [], "defaults": {"agg_time_dimension": "at"},
        });
        assert_eq!(
            text(&of_other("semantic_model", &model)),
            "Entities: Name | Type | Expression / order | primary | order_id\n\
             Dimensions: Name | Type | Grain / at | time | day\n\
             Defaults: agg time dimension | at"
        );
        let metric = json!({
            "label": "Share", "type": "ratio",
            "filter": {"where_filters": [{"where_sql_template": "{{ Dimension('order__paid') }}"}]},
            "type_params": {
                "numerator": {"name": "paid", "filter": null, "offset_window": null},
                "denominator": {"name": "all", "filter": {"where_filters": [{"where_sql_template": "x > 1"}]}},
                "input_measures": [], "is_private": false, "window": {"count": 7, "granularity": "day"},
            },
        });
        assert_eq!(
            text(&of_other("metric", &metric)),
            "Definition: label | Share / type | ratio / filter | {{ Dimension('order__paid') }} / numerator | paid / \
             denominator | all where x > 1 / window | count 7, granularity day"
        );
        assert!(of_other("group", &json!({})).is_empty());
    }
}
