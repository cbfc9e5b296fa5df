//! The statements of each materialization, in order, with the transaction around them.

use crate::support::{Answers, Shop};

const EMPTY: Answers = &[];
const DUCKDB_TABLE: Answers = &[
    ("from relations\nwhere lower(schema_name)", &[&["dev", "orders", "main", "table"]]),
    ("    from relations\n", &[&["dev", "orders", "main", "table"]]),
    ("duckdb_columns()", &[&["id", "INTEGER", "", "", ""], &["name", "VARCHAR", "", "", ""]]),
];
const POSTGRES_VIEW: Answers = &[
    ("c.relkind in ('r', 'p', 'f', 'v', 'm')", &[&["dev", "orders", "main", "view"]]),
    ("with recursive reads", &[&["main.reader", "create view main.reader as select 1", "alter view main.reader owner to me"]]),
    ("to_regclass('main.reader')", &[&["yes"]]),
];

const MODEL: &str = "select 1 as id, 'a' as name";

#[track_caller]
fn statements(adapter: &str, answers: Answers, config: &str) -> String {
    let model = format!("{{{{ config({config}) }}}}{MODEL}");
    Shop::new(adapter, answers, &[("models/orders.sql", &model)]).statements("model.shop.orders")
}

#[test]
fn duckdb_view() {
    insta::assert_snapshot!(statements("duckdb", EMPTY, "materialized='view'"), @"");
}

#[test]
fn duckdb_view_in_place_of_a_table() {
    insta::assert_snapshot!(statements("duckdb", DUCKDB_TABLE, "materialized='view'"), @"");
}

#[test]
fn duckdb_table_in_place_of_a_table() {
    let config = "materialized='table', indexes=[{'columns': ['id']}], pre_hook='select 1', post_hook=[{'sql': 'vacuum', 'transaction': false}]";
    insta::assert_snapshot!(statements("duckdb", DUCKDB_TABLE, config), @"");
}

#[test]
fn duckdb_incremental_first_run() {
    insta::assert_snapshot!(statements("duckdb", EMPTY, "materialized='incremental', unique_key='id'"), @"");
}

#[test]
fn duckdb_incremental_merge() {
    let config = "materialized='incremental', unique_key='id', incremental_strategy='merge'";
    insta::assert_snapshot!(statements("duckdb", DUCKDB_TABLE, config), @"");
}

#[test]
fn duckdb_incremental_insert_overwrite() {
    let config = "materialized='incremental', incremental_strategy='insert_overwrite', partition_by='id'";
    insta::assert_snapshot!(statements("duckdb", DUCKDB_TABLE, config), @"");
}

#[test]
fn postgres_table_in_place_of_a_view() {
    insta::assert_snapshot!(statements("postgres", POSTGRES_VIEW, "materialized='table'"), @"");
}

#[test]
fn postgres_materialized_view() {
    let config = "materialized='materialized_view', indexes=[{'columns': ['id'], 'unique': true}]";
    insta::assert_snapshot!(statements("postgres", EMPTY, config), @"");
}

#[test]
fn a_materialization_that_nobody_defines_is_named() {
    let shop = Shop::new("duckdb", EMPTY, &[("models/orders.sql", "{{ config(materialized='cube') }}select 1")]);
    let error = shop.materialize("model.shop.orders").unwrap_err();
    assert_eq!(error.message, "there is no materialization 'cube' for duckdb");
}
