//! How incremental models change a table that is there.

use crate::support::{Place, Shop, on_each};

const ROWS: &str = "
{% if var('step') == 1 %}
select * from (values (1, 'a', 10, date '2024-01-01'), (2, 'b', 20, date '2024-01-02'), (3, 'c', 30, date '2024-02-02')) t(id, name, amount, day)
{% else %}
select * from (values (2, 'B', 21, date '2024-01-02'), (4, 'D', 40, date '2024-02-05')) t(id, name, amount, day)
{% if not is_incremental() %} where false {% endif %}
{% endif %}";

#[track_caller]
fn check(place: Place, config: &str, expected: &[&str]) {
    let model = format!("{{{{ config(materialized='incremental', {config}) }}}}{ROWS}");
    let shop = Shop::at(place, &[("models/orders.sql", &model)]);
    let rows = "select id, name, amount, day from orders order by all";
    shop.build(1);
    assert_eq!(
        shop.rows(rows),
        [
            "1|a|10|2024-01-01",
            "2|b|20|2024-01-02",
            "3|c|30|2024-02-02"
        ],
        "first run"
    );
    shop.build(2);
    assert_eq!(shop.rows(rows), expected, "second run");
    assert_eq!(shop.relations(), ["orders|BASE TABLE"]);
    shop.refresh(2);
    assert!(shop.rows(rows).is_empty(), "full refresh");
}

const OLD: [&str; 3] = [
    "1|a|10|2024-01-01",
    "2|b|20|2024-01-02",
    "3|c|30|2024-02-02",
];
const NEW: [&str; 2] = ["2|B|21|2024-01-02", "4|D|40|2024-02-05"];

#[test]
fn append_adds_all_rows() {
    on_each(|place| {
        check(
            place,
            "incremental_strategy='append'",
            &[OLD[0], NEW[0], OLD[1], OLD[2], NEW[1]],
        );
        check(
            place,
            "on_schema_change='append_new_columns'",
            &[OLD[0], NEW[0], OLD[1], OLD[2], NEW[1]],
        );
    });
}

#[test]
fn delete_insert_replaces_rows_of_the_same_key() {
    on_each(|place| {
        let expected = [OLD[0], NEW[0], OLD[2], NEW[1]];
        check(place, "unique_key='id'", &expected);
        check(
            place,
            "incremental_strategy='delete+insert', unique_key='id'",
            &expected,
        );
        check(
            place,
            "incremental_strategy='delete+insert', unique_key=['id', 'day']",
            &expected,
        );
    });
}

#[test]
fn delete_insert_heeds_predicates() {
    on_each(|place| {
        check(
            place,
            "incremental_strategy='delete+insert', unique_key=['id'], incremental_predicates=['day > date \\'2024-02-01\\'']",
            &[OLD[0], NEW[0], OLD[1], OLD[2], NEW[1]],
        );
    });
}

#[test]
fn merge_updates_and_inserts() {
    on_each(|place| {
        let expected = [OLD[0], NEW[0], OLD[2], NEW[1]];
        check(
            place,
            "incremental_strategy='merge', unique_key='id'",
            &expected,
        );
        check(
            place,
            "incremental_strategy='merge', unique_key=['id', 'day']",
            &expected,
        );
        check(
            place,
            "incremental_strategy='merge'",
            &[OLD[0], NEW[0], OLD[1], OLD[2], NEW[1]],
        );
    });
}

#[test]
fn merge_writes_the_columns_it_is_told_to() {
    on_each(|place| {
        let only_amount = [OLD[0], "2|b|21|2024-01-02", OLD[2], NEW[1]];
        check(
            place,
            "incremental_strategy='merge', unique_key='id', merge_update_columns=['amount']",
            &only_amount,
        );
        check(
            place,
            "incremental_strategy='merge', unique_key='id', merge_exclude_columns=['NAME']",
            &only_amount,
        );
    });
}

#[test]
fn merge_heeds_predicates_and_conditions() {
    on_each(|place| {
        check(
            place,
            "incremental_strategy='merge', unique_key='id', incremental_predicates=['DBT_INTERNAL_DEST.id > 0']",
            &[OLD[0], NEW[0], OLD[2], NEW[1]],
        );
        check(
            place,
            "incremental_strategy='merge', unique_key='id', merge_update_condition='DBT_INTERNAL_SOURCE.amount > 100'",
            &[OLD[0], OLD[1], OLD[2], NEW[1]],
        );
        check(
            place,
            "incremental_strategy='merge', unique_key='id', merge_insert_condition='DBT_INTERNAL_SOURCE.id > 100', merge_update_set_expressions={'amount': 'DBT_INTERNAL_DEST.amount + DBT_INTERNAL_SOURCE.amount'}",
            &[OLD[0], "2|B|41|2024-01-02", OLD[2]],
        );
    });
}

#[test]
fn merge_clauses_say_what_becomes_of_each_row() {
    let merge = |clauses: &str| {
        format!("incremental_strategy='merge', unique_key='id', merge_clauses={{{clauses}}}")
    };
    for action in [
        "{'action': 'update', 'mode': 'by_name'}",
        "{'action': 'update', 'mode': 'by_position'}",
        "{'action': 'update', 'mode': 'star'}",
    ] {
        check(
            Place::DuckDb,
            &merge(&format!("'when_matched': [{action}]")),
            &[OLD[0], NEW[0], OLD[2], NEW[1]],
        );
    }
    check(Place::DuckDb,
        &merge(
            "'when_matched': [{'action': 'update', 'mode': 'explicit', 'update': {'include': ['amount'], 'set_expressions': {'name': \"'seen'\"}}}],
             'when_not_matched': [{'action': 'do_nothing'}]",
        ),
        &[OLD[0], "2|seen|21|2024-01-02", OLD[2]],
    );
    check(Place::DuckDb,
        &merge(
            "'when_matched': [{'action': 'delete', 'condition': ['DBT_INTERNAL_SOURCE.amount > 0', 'true']}],
             'when_not_matched': [
               {'action': 'insert', 'mode': 'explicit', 'insert': {'columns': ['id'], 'values': ['DBT_INTERNAL_SOURCE.id + 100']}, 'by': 'target'},
               {'action': 'update', 'by': 'source', 'condition': 'DBT_INTERNAL_DEST.id = 3', 'set_expressions': {'name': \"'gone'\"}}]",
        ),
        &[OLD[0], "3|gone|30|2024-02-02", "104|-|-|-"],
    );
}

#[test]
fn merge_joins_by_the_columns_it_is_told_to() {
    let expected = [OLD[0], NEW[0], OLD[2], NEW[1]];
    for predicates in ["[]", "['DBT_INTERNAL_DEST.id > 0']"] {
        check(
            Place::DuckDb,
            &format!(
                "incremental_strategy='merge', merge_on_using_columns=['id', 'day'], incremental_predicates={predicates}"
            ),
            &expected,
        );
    }
}

#[test]
fn insert_overwrite_replaces_the_partitions_that_come_anew() {
    on_each(|place| {
        check(
            place,
            "incremental_strategy='insert_overwrite', partition_by='day'",
            &[OLD[0], NEW[0], OLD[2], NEW[1]],
        );
        check(
            place,
            "incremental_strategy='insert_overwrite', partition_by=['day', 'name']",
            &[OLD[0], NEW[0], OLD[1], OLD[2], NEW[1]],
        );
        check(
            place,
            "incremental_strategy='insert_overwrite', partition_by={'field': 'day', 'data_type': 'date', 'granularity': 'month'}",
            &NEW,
        );
    });
}

#[test]
fn insert_overwrite_takes_null_for_a_partition() {
    on_each(|place| {
        let shop = Shop::at(place, &[(
        "models/orders.sql",
        "{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by='day') }}
         select {{ var('step') }} as id, null::date as day",
    )]);
        shop.build(1);
        shop.build(2);
        assert_eq!(shop.rows("from orders"), ["2|-"]);
    });
}

#[test]
fn insert_overwrite_needs_partitions() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[(
                "models/orders.sql",
                "{{ config(materialized='incremental', incremental_strategy='insert_overwrite') }} select 1 as id",
            )],
        );
        shop.build(1);
        assert!(
            shop.fails(2)
                .contains("insert_overwrite needs partition_by")
        );
    });
}

#[test]
fn a_model_may_refuse_full_refreshes() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[(
                "models/orders.sql",
                "{{ config(materialized='incremental', full_refresh=false) }} select {{ var('step') }} as id",
            )],
        );
        shop.build(1);
        shop.refresh(2);
        assert_eq!(shop.rows("from orders order by id"), ["1", "2"]);
    });
}

#[test]
fn a_run_that_fails_changes_nothing() {
    on_each(|place| {
        let shop = Shop::at(place, &[(
        "models/orders.sql",
        "{{ config(materialized='incremental', unique_key='id', post_hook='select error(\\'refused\\')' if var('step') == 2 else []) }}
         select 1 as id, {{ var('step') }} as step",
    )]);
        shop.build(1);
        assert!(shop.fails(2).contains("refused"));
        assert_eq!(shop.rows("from orders"), ["1|1"]);
        shop.build(3);
        assert_eq!(shop.rows("from orders"), ["1|3"]);
    });
}

#[test]
fn projects_add_strategies() {
    on_each(|place| {
        let shop = Shop::at(place, &[
        (
            "models/orders.sql",
            "{{ config(materialized='incremental', incremental_strategy='twice') }} select {{ var('step') }} as id",
        ),
        (
            "macros/twice.sql",
            "{% macro get_incremental_twice_sql(arg_dict) %}
               insert into {{ arg_dict['target_relation'] }} select * from {{ arg_dict['temp_relation'] }};
               insert into {{ arg_dict['target_relation'] }} select * from {{ arg_dict['temp_relation'] }}
             {% endmacro %}",
        ),
    ]);
        shop.build(1);
        shop.build(2);
        assert_eq!(shop.rows("from orders order by id"), ["1", "2", "2"]);
    });
}

#[test]
fn unknown_strategies_are_named() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[(
                "models/orders.sql",
                "{{ config(materialized='incremental', incremental_strategy='upsert') }} select 1 as id",
            )],
        );
        assert!(shop.fails(1).contains("upsert"));
    });
}
