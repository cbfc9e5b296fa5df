//! What `on_schema_change` does when the query's columns are no longer the table's.

use crate::support::{Place, Shop, on_each};

const ROWS: &str = "
{% if var('step') == 1 %} select 1 as id, 'a' as name, 5 as amount
{% else %} select 2 as id, 50000000000 as amount, 'new' as extra {% endif %}";

fn shop(place: Place, config: &str) -> Shop {
    let model = format!("{{{{ config(materialized='incremental', {config}) }}}}{ROWS}");
    let shop = Shop::at(place, &[("models/orders.sql", &model)]);
    shop.build(1);
    shop
}

#[test]
fn ignore_leaves_the_columns_and_fails_where_one_is_missing() {
    on_each(|place| {
        let shop = shop(place, "on_schema_change='ignore'");
        assert!(shop.fails(2).contains("name"));
        assert_eq!(shop.rows("from orders"), ["1|a|5"]);
    });
}

#[test]
fn fail_names_the_differences() {
    on_each(|place| {
        let shop = shop(place, "on_schema_change='fail'");
        let message = shop.fails(2);
        assert!(message.contains("only in the query: extra"), "{message}");
        assert!(message.contains("only in the table: name"), "{message}");
        assert!(message.contains("of another type: amount"), "{message}");
        assert_eq!(shop.rows("from orders"), ["1|a|5"]);
    });
}

#[test]
fn append_new_columns_adds_and_never_removes() {
    on_each(|place| {
        let shop = Shop::at(place, &[(
        "models/orders.sql",
        "{{ config(materialized='incremental', on_schema_change='append_new_columns') }}
         {% if var('step') == 1 %} select 1 as id, 'a' as name {% else %} select 2 as id, 'new' as extra {% endif %}",
    )]);
        shop.build(1);
        shop.build(2);
        assert_eq!(
            shop.columns("orders"),
            ["id|INTEGER", "name|VARCHAR", "extra|VARCHAR"]
        );
        assert_eq!(shop.rows("from orders order by id"), ["1|a|-", "2|-|new"]);
    });
}

#[test]
fn sync_all_columns_makes_them_the_query_s() {
    on_each(|place| {
        for strategy in ["append", "delete+insert", "merge"] {
            let shop = shop(
                place,
                &format!(
                    "incremental_strategy='{strategy}', unique_key='id', on_schema_change='sync_all_columns', indexes=[{{'columns': ['id']}}]"
                ),
            );
            shop.build(2);
            assert_eq!(
                shop.columns("orders"),
                ["id|INTEGER", "amount|BIGINT", "extra|VARCHAR"],
                "{strategy}"
            );
            assert_eq!(
                shop.rows("from orders order by id"),
                ["1|5|-", "2|50000000000|new"],
                "{strategy}"
            );
            let indexes = match place {
                Place::DuckDb => "select count(*) from duckdb_indexes()",
                Place::Postgres => {
                    "select count(*) from pg_indexes where schemaname = current_schema()"
                }
            };
            assert_eq!(shop.rows(indexes), ["1"], "{strategy}");
        }
    });
}

#[test]
fn a_failed_run_takes_its_columns_back() {
    on_each(|place| {
        let shop = Shop::at(place, &[(
        "models/orders.sql",
        "{{ config(materialized='incremental', on_schema_change='sync_all_columns', post_hook='select error(\\'refused\\')' if var('step') == 2 else []) }}
         select 1 as id {{ ', 2 as extra' if var('step') == 2 }}",
    )]);
        shop.build(1);
        assert!(shop.fails(2).contains("refused"));
        assert_eq!(shop.columns("orders"), ["id|INTEGER"]);
    });
}
