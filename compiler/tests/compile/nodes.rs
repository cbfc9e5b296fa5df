//! Compiled code, ephemeral models and tests among it.

use crate::support::Shop;

#[test]
fn ephemeral_models_come_first_each_once() {
    let shop = Shop::new(
        "duckdb",
        &[],
        &[
            (
                "models/first.sql",
                "{{ config(materialized='ephemeral') }}select 1 as id",
            ),
            (
                "models/second.sql",
                "{{ config(materialized='ephemeral', alias='other') }}select * from {{ ref('first') }}",
            ),
            (
                "models/both.sql",
                "-- why\nwith own as (select * from {{ ref('second') }})\nselect * from own, {{ ref('first') }}",
            ),
        ],
    );
    let compiled = shop.compile("model.shop.both").unwrap();
    insta::assert_snapshot!(compiled.sql, @r"
    -- why
    with  __dbt__cte__first as (
    select 1 as id
    ),  __dbt__cte__other as (
    select * from __dbt__cte__first
    ), own as (select * from __dbt__cte__other)
    select * from own, __dbt__cte__first
    ");
    let ids: Vec<&str> = compiled
        .extra_ctes
        .iter()
        .map(|cte| cte.id.as_str())
        .collect();
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
    let sql: Vec<String> = tests
        .iter()
        .map(|test| {
            let id = shop.full_id(test);
            shop.compile(&id).unwrap().sql.trim().to_owned()
        })
        .collect();
    insta::assert_snapshot!(sql.join("\n---\n"), @r#"
    select
      id as unique_field,
      count(*) as n_records
    from "dev"."main"."orders"
    where id is not null
    group by id
    having count(*) > 1
    ---
    select id
    from (select * from "dev"."main"."orders" where id > 1) dbt_subquery
    where id is null
    ---
    with found_values as (
      select
        id as value_field,
        count(*) as n_records
      from "dev"."main"."orders"
      group by id
    )
    select *
    from found_values
    where value_field not in (
      'a',
      'b'
    )
    ---
    with child as (
      select id as from_field
      from "dev"."main"."orders"
      where id is not null
    ),

    parent as (
      select id as to_field
      from "dev"."main"."orders"
    )

    select from_field
    from child
    left join parent on child.from_field = parent.to_field
    where parent.to_field is null
    "#);
}

#[test]
fn what_is_wrong_is_placed_in_the_file() {
    let shop = Shop::new(
        "duckdb",
        &[],
        &[(
            "models/orders.sql",
            "select 1\n{% if execute %}{{ exceptions.raise_compiler_error('no') }}{% endif %}",
        )],
    );
    let error = shop.compile("model.shop.orders").unwrap_err();
    let span = error.span.clone().expect("a place");
    assert_eq!(
        (span.file.as_str(), span.line),
        ("models/orders.sql", 2),
        "{error}"
    );
}
