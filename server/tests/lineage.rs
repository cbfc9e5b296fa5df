//! The lineage of the cases for DuckDB against what DuckDB itself says of the same SQL: names and types of columns.

#[path = "../../compiler/tests/lineage/cases.rs"]
mod cases;

use std::collections::BTreeMap;

use compiler::lineage::{Dialect, OutputColumn, StatementLineage, Use, analyze};
use duckdb::Connection;

/// Names and types of a table's columns, in order.
fn described(connection: &Connection, table: &str) -> Vec<(String, String)> {
    let mut statement = connection
        .prepare(&format!("describe {table}"))
        .expect("a table can be described");
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("a description has rows");
    rows.collect::<Result<_, _>>().expect("rows are text")
}

/// The relation and column that an output column is a copy of, and of nothing else.
fn copied(lineage: &StatementLineage, column: &OutputColumn) -> Option<(String, String)> {
    match column.inputs.as_slice() {
        [input] if input.usage == Use::Copy && column.gaps.is_empty() => {
            let relation = &lineage.relations[input.from.relation as usize];
            Some((relation.last()?.to_lowercase(), input.from.column.clone()))
        }
        _ => None,
    }
}

fn expects_gap(case: &cases::Case) -> bool {
    case.expected.iter().any(|line| line.starts_with("gap: "))
}

#[test]
fn names_and_types_are_those_of_duckdb() {
    let cases = cases::parse(include_str!("../../compiler/tests/lineage/duckdb.txt"));
    let connection = Connection::open_in_memory().expect("DuckDB opens");
    let mut types: BTreeMap<(String, String), String> = BTreeMap::new();
    for (name, relation) in &cases.relations {
        let columns: Vec<String> = relation
            .columns
            .iter()
            .map(|(column, kind)| format!("{column} {kind}"))
            .collect();
        connection
            .execute_batch(&format!("create table {name} ({})", columns.join(", ")))
            .expect("the cases' relations can be made");
        for (column, kind) in described(&connection, name) {
            types.insert((name.clone(), column), kind);
        }
    }
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in &cases.cases {
        let lineage = analyze(&case.sql, Dialect::DuckDb, &cases);
        let made = connection.execute_batch(&format!(
            "create or replace temp table result as {}",
            case.sql
        ));
        match made {
            // What DuckDB refuses, and files that are not there, say nothing about names.
            Err(error) if !expects_gap(case) && !error.to_string().contains("IO Error") => {
                wrong.push(format!("{}\n  DuckDB refuses: {error}", case.sql));
            }
            Err(_) => {}
            Ok(()) if !lineage.complete => {}
            Ok(()) => {
                compared += 1;
                let real = described(&connection, "result");
                let fits = real.len() == lineage.columns.len()
                    && real
                        .iter()
                        .zip(&lineage.columns)
                        .all(|((name, kind), column)| {
                            let source = copied(&lineage, column);
                            let known = source.and_then(|source| types.get(&source));
                            (!column.named || *name == column.name)
                                && known.is_none_or(|known| known == kind)
                        });
                if !fits {
                    let ours = cases::lines(&lineage).join(" | ");
                    wrong.push(format!("{}\n  DuckDB: {real:?}\n  ours: {ours}", case.sql));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(compared > 100, "only {compared} cases could be compared");
}
