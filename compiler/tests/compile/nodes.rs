//! Compiled code, ephemeral models and tests among it.

use crate::support::Shop;

#[test]
fn ephemeral_models_come_first_each_once() {
    let shop = Shop::new(
        "duckdb",
        &[],
        &[
            ("models/first.sql", "{{ config(materialized='ephemeral') }}select 1 as id"),
            ("models/second.sql", "{{ config(materialized='ephemeral', alias='other') }}select * from {{ ref('first') }}"),
            ("models/both.sql", "-- why\nwith own as (select * from {{ ref('second') }})\nselect * from own, {{ ref('first') }}"),
        ],
    );
    let compiled = shop.compile("model.shop.both").unwrap();
    insta::assert_snapshot!(compiled.sql, @"");
    let ids: Vec<&str> = compiled.extra_ctes.iter().map(|cte| cte.id.as_str()).collect();
    assert_eq!(ids, ["model.shop.first", "model.shop.second"]);
}

#[test]
fn generic_tests_become_queries() {
    let shop = Shop::new(
        "duckdb",
        &[],
        &[
            ("models/orders.sql", "select 1 as id"),
            (
                "models/schema.yml",
                "models: [{name: orders, columns: [{name: id, data_tests: [unique, not_null: {config: {where: 'id > 1'}}, accepted_values: {arguments: {values: [a, b]}}, relationships: {arguments: {to: ref('orders'), field: id}}]}]}]",
            ),
        ],
    );
    let tests = [
        "test.shop.unique_orders_id",
        "test.shop.not_null_orders_id",
        "test.shop.accepted_values_orders_id__a__b",
        "test.shop.relationships_orders_id__id__ref_orders_",
    ];
    let sql: Vec<String> = tests.iter().map(|test| {
        let id = shop.full_id(test);
        shop.compile(&id).unwrap().sql.trim().to_owned()
    }).collect();
    insta::assert_snapshot!(sql.join("\n---\n"), @"");
}

#[test]
fn what_is_wrong_is_placed_in_the_file() {
    let shop = Shop::new(
        "duckdb",
        &[],
        &[("models/orders.sql", "select 1\n{% if execute %}{{ exceptions.raise_compiler_error('no') }}{% endif %}")],
    );
    let error = shop.compile("model.shop.orders").unwrap_err();
    let span = error.span.clone().expect("a place");
    assert_eq!((span.file.as_str(), span.line), ("models/orders.sql", 2), "{error}");
}
