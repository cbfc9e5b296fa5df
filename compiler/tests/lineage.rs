//! Lineage of single statements, case by case against expectations written by hand.

#[path = "lineage/cases.rs"]
mod cases;

use compiler::lineage::{Dialect, analyze};

/// Compares every case of a file with what the analysis says.
fn check(text: &str, dialect: Dialect, at_least: usize) {
    let cases = cases::parse(text);
    assert!(
        cases.cases.len() >= at_least,
        "only {} cases",
        cases.cases.len()
    );
    let mut wrong = Vec::new();
    for case in &cases.cases {
        let found = cases::lines(&analyze(&case.sql, dialect, &cases));
        if found != case.expected {
            wrong.push(format!(
                "{}\n  expected:\n    {}\n  found:\n    {}",
                case.sql,
                case.expected.join("\n    "),
                found.join("\n    ")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases\n\n{}",
        wrong.len(),
        cases.cases.len(),
        wrong.join("\n\n")
    );
}

#[test]
fn duckdb() {
    check(include_str!("lineage/duckdb.txt"), Dialect::DuckDb, 120);
}

#[test]
fn postgres() {
    check(include_str!("lineage/postgres.txt"), Dialect::Postgres, 35);
}

#[test]
fn spark() {
    check(include_str!("lineage/spark.txt"), Dialect::Spark, 20);
}
