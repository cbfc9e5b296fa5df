//! The statements of each materialization, in order, with the transaction around them.

use crate::support::{Answers, Shop};

const EMPTY: Answers = &[];
const DUCKDB_TABLE: Answers = &[
    (
        "'table' as type",
        &[LISTING, &["dev", "orders", "main", "table"]],
    ),
    (
        "duckdb_columns()",
        &[
            &["column_name", "data_type", "size", "precision", "scale"],
            &["id", "INTEGER", "", "", ""],
            &["name", "VARCHAR", "", "", ""],
        ],
    ),
];
const POSTGRES_VIEW: Answers = &[
    (
        "c.relkind in ('r', 'p', 'f', 'v', 'm')",
        &[LISTING, &["dev", "orders", "main", "view"]],
    ),
    ("the foreign key", &[&["what", "create_sql", "there"]]),
    (
        "with recursive reads",
        &[
            &["name", "create_sql", "finish_sql"],
            &[
                "main.reader",
                "create view main.reader as select 1",
                "alter view main.reader owner to me",
            ],
        ],
    ),
    ("to_regclass('main.reader')", &[&["there"], &["yes"]]),
];
const LISTING: &[&str] = &["database", "name", "schema", "type"];

const MODEL: &str = "select 1 as id, 'a' as name";

#[track_caller]
fn statements(adapter: &str, answers: Answers, config: &str) -> String {
    let model = format!("{{{{ config({config}) }}}}{MODEL}");
    Shop::new(adapter, answers, &[("models/orders.sql", &model)]).statements("model.shop.orders")
}

#[test]
fn duckdb_view() {
    insta::assert_snapshot!(statements("duckdb", EMPTY, "materialized='view'"), @r#"
      create or replace view "dev"."main"."orders" as (
      select 1 as id, 'a' as name
      );
    ---
    COMMIT
    "#);
}

#[test]
fn duckdb_view_in_place_of_a_table() {
    insta::assert_snapshot!(statements("duckdb", DUCKDB_TABLE, "materialized='view'"), @r#"
    BEGIN
    ---
      drop table if exists "dev"."main"."orders" cascade;
      create or replace view "dev"."main"."orders" as (
      select 1 as id, 'a' as name
      );
    ---
    COMMIT
    "#);
}

#[test]
fn duckdb_table_in_place_of_a_table() {
    let config = "materialized='table', indexes=[{'columns': ['id']}], pre_hook='select 1', post_hook=[{'sql': 'vacuum', 'transaction': false}]";
    insta::assert_snapshot!(statements("duckdb", DUCKDB_TABLE, config), @r#"
    BEGIN
    ---
            select 1
    ---
      create table "dev"."main"."orders__dbt_tmp_0a1b2c3d" as (
      select 1 as id, 'a' as name
      );
    ---
    drop table if exists "dev"."main"."orders" cascade
    ---
    alter table "dev"."main"."orders__dbt_tmp_0a1b2c3d" rename to "orders"
    ---
        create index "68ce31c96c15eaf273bb7e2e15ddb114"
      on "dev"."main"."orders" (id)
    ---
    COMMIT
    ---
    COMMIT
    ---
            vacuum
    "#);
}

#[test]
fn duckdb_incremental_first_run() {
    insta::assert_snapshot!(statements("duckdb", EMPTY, "materialized='incremental', unique_key='id'"), @r#"
      create table "dev"."main"."orders" as (
      select 1 as id, 'a' as name
      );
    ---
    COMMIT
    "#);
}

#[test]
fn duckdb_incremental_merge() {
    let config = "materialized='incremental', unique_key='id', incremental_strategy='merge'";
    insta::assert_snapshot!(statements("duckdb", DUCKDB_TABLE, config), @r#"
    BEGIN
    ---
      create temporary table "temp"."main"."orders__dbt_tmp_0a1b2c3d" as (
      select 1 as id, 'a' as name
      );
    ---
      merge into "dev"."main"."orders" as DBT_INTERNAL_DEST
      using "temp"."main"."orders__dbt_tmp_0a1b2c3d" as DBT_INTERNAL_SOURCE
      on DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id
      when matched then update set
        "id" = DBT_INTERNAL_SOURCE."id",
        "name" = DBT_INTERNAL_SOURCE."name"
      when not matched then insert ("id", "name") values (DBT_INTERNAL_SOURCE."id", DBT_INTERNAL_SOURCE."name")
    ---
    drop table if exists "temp"."main"."orders__dbt_tmp_0a1b2c3d" cascade
    ---
    COMMIT
    "#);
}

#[test]
fn duckdb_incremental_insert_overwrite() {
    let config =
        "materialized='incremental', incremental_strategy='insert_overwrite', partition_by='id'";
    insta::assert_snapshot!(statements("duckdb", DUCKDB_TABLE, config), @r#"
    BEGIN
    ---
      create temporary table "temp"."main"."orders__dbt_tmp_0a1b2c3d" as (
      select 1 as id, 'a' as name
      );
    ---
      delete from "dev"."main"."orders" as DBT_INTERNAL_DEST
      where exists (
        select 1
        from (
          select distinct
            new_rows.id as partition_1
          from "temp"."main"."orders__dbt_tmp_0a1b2c3d" as new_rows
        ) as DBT_INTERNAL_SOURCE
        where
          DBT_INTERNAL_SOURCE.partition_1 is not distinct from DBT_INTERNAL_DEST.id
      );
      insert into "dev"."main"."orders" ("id", "name")
      select "id", "name"
      from "temp"."main"."orders__dbt_tmp_0a1b2c3d"
    ---
    drop table if exists "temp"."main"."orders__dbt_tmp_0a1b2c3d" cascade
    ---
    COMMIT
    "#);
}

#[test]
fn postgres_table_in_place_of_a_view() {
    insta::assert_snapshot!(statements("postgres", POSTGRES_VIEW, "materialized='table'"), @r#"
    BEGIN
    ---
      create table "dev"."main"."orders__dbt_tmp_0a1b2c3d" as (
      select 1 as id, 'a' as name
      );
    ---
        select pg_catalog.pg_advisory_xact_lock(1919247969, key)
        from unnest(array[pg_catalog.hashtext('main.reader')]) as locks(key)
    ---
    drop view if exists "dev"."main"."orders" cascade
    ---
    alter table "dev"."main"."orders__dbt_tmp_0a1b2c3d" rename to "orders"
    ---
          do $restore$
          begin
            execute $create$create view main.reader as select 1$create$;
            begin
              execute $finish$alter view main.reader owner to me$finish$;
            exception when others then
              null;
            end;
          exception
            when syntax_error_or_access_rule_violation or feature_not_supported or data_exception
              or integrity_constraint_violation then
              null;
          end
          $restore$
    ---
    COMMIT
    "#);
}

#[test]
fn postgres_materialized_view() {
    let config = "materialized='materialized_view', indexes=[{'columns': ['id'], 'unique': true}]";
    insta::assert_snapshot!(statements("postgres", EMPTY, config), @r#"
    BEGIN
    ---
      create materialized view "dev"."main"."orders" as (
      select 1 as id, 'a' as name
      );
      create unique index if not exists "887d97ebbe6fd2c2212132bc7a37febc"
      on "dev"."main"."orders" (id);
    ---
    COMMIT
    "#);
}

#[test]
fn a_materialization_that_nobody_defines_is_named() {
    let shop = Shop::new(
        "duckdb",
        EMPTY,
        &[(
            "models/orders.sql",
            "{{ config(materialized='cube') }}select 1",
        )],
    );
    let error = shop.materialize("model.shop.orders").unwrap_err();
    assert_eq!(
        error.message,
        "there is no materialization 'cube' for duckdb"
    );
}

/// dbt-duckdb has a table and an incremental of its own, which count before a project's `default`; dbt-postgres has none.
#[test]
fn a_projects_default_counts_where_the_adapter_has_none_of_its_own() {
    let own = "{% materialization table, default %}\
        {% call statement('main') %}select 'own'{% endcall %}{{ return({'relations': [this]}) }}\
        {% endmaterialization %}";
    let files = &[
        (
            "models/orders.sql",
            "{{ config(materialized='table') }}select 1 as id",
        ),
        ("macros/own.sql", own),
    ];
    let said = |warehouse| Shop::new(warehouse, EMPTY, files).statements("model.shop.orders");
    assert!(said("postgres").contains("'own'"));
    assert!(!said("duckdb").contains("'own'"));
}
