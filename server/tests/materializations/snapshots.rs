//! Snapshots: versions that begin, end and vanish.

use crate::support::{Place, Shop, on_each};

const SOURCE: &str = "{{ config(materialized='table') }}
{% set step = var('step') %}
{% if step == 1 %}
select * from (values (1, 'x', 'a', timestamp '2024-01-01'), (2, 'x', 'b', timestamp '2024-01-01'), (3, 'y', 'c', timestamp '2024-01-01')) t(id, part, name, updated_at)
{% elif step == 2 %}
select * from (values (1, 'x', 'a', timestamp '2024-01-01'), (2, 'x', 'B', timestamp '2024-02-01'), (4, 'y', 'd', timestamp '2024-02-01')) t(id, part, name, updated_at)
{% else %}
select *, 'new' as extra from (values (1, 'x', 'a', timestamp '2024-01-01'), (2, 'x', 'B', timestamp '2024-02-01'), (3, 'y', 'cc', timestamp '2034-03-01')) t(id, part, name, updated_at)
{% endif %}";

/// A time of the run itself is shown as `now`.
fn shown(column: &str) -> String {
    format!(
        "case when abs(extract(epoch from {column}::timestamp - now()::timestamp)) < 172800 then 'now' else {column}::date::varchar end"
    )
}

#[track_caller]
fn check(place: Place, config: &str, more: &str, steps: &[(i64, &[&str])]) -> Shop {
    let schema =
        format!("snapshots: [{{name: history, relation: ref('customers'), config: {{{config}}}}}]");
    let shop = Shop::at(
        place,
        &[
            ("models/customers.sql", SOURCE),
            ("snapshots/history.yml", &schema),
        ],
    );
    let rows = format!(
        "select id, name, {}, {}{more} from history order by all",
        shown("dbt_valid_from"),
        shown("dbt_valid_to")
    );
    for (step, expected) in steps {
        shop.build(*step);
        assert_eq!(shop.rows(&rows), *expected, "step {step}");
    }
    shop
}

#[test]
fn timestamp_follows_updated_at() {
    on_each(|place| {
        let first = ["1|a|2024-01-01|-", "2|b|2024-01-01|-", "3|c|2024-01-01|-"];
        let second = [
            "1|a|2024-01-01|-",
            "2|B|2024-02-01|-",
            "2|b|2024-01-01|2024-02-01",
            "3|c|2024-01-01|-",
            "4|d|2024-02-01|-",
        ];
        for key in ["id", "[id, part]"] {
            let config = format!("strategy: timestamp, unique_key: {key}, updated_at: updated_at");
            let shop = check(
                place,
                &config,
                "",
                &[(1, &first), (2, &second), (2, &second)],
            );
            shop.build(3);
            assert_eq!(
                shop.rows("select id, extra from history where extra is not null"),
                ["3|new"],
                "new columns are added"
            );
        }
    });
}

#[test]
fn check_follows_the_columns() {
    on_each(|place| {
        let first = ["1|a|now|-", "2|b|now|-", "3|c|now|-"];
        let second = [
            "1|a|now|-",
            "2|B|now|-",
            "2|b|now|now",
            "3|c|now|-",
            "4|d|now|-",
        ];
        check(
            place,
            "strategy: check, unique_key: id, check_cols: [name]",
            "",
            &[(1, &first), (2, &second), (2, &second)],
        );
        check(
            place,
            "strategy: check, unique_key: id, check_cols: all",
            "",
            &[(1, &first), (2, &second), (2, &second)],
        );
    });
}

#[test]
fn vanished_rows_are_ended() {
    on_each(|place| {
        let second = [
            "1|a|2024-01-01|-",
            "2|B|2024-02-01|-",
            "2|b|2024-01-01|2024-02-01",
            "3|c|2024-01-01|now",
            "4|d|2024-02-01|-",
        ];
        for config in ["hard_deletes: invalidate", "invalidate_hard_deletes: true"] {
            let config =
                format!("strategy: timestamp, unique_key: id, updated_at: updated_at, {config}");
            let shop = check(
                place,
                &config,
                "",
                &[
                    (
                        1,
                        &["1|a|2024-01-01|-", "2|b|2024-01-01|-", "3|c|2024-01-01|-"],
                    ),
                    (2, &second),
                ],
            );
            shop.build(3);
            assert_eq!(
                shop.rows(
                    "select name, dbt_valid_to is null from history where id = 3 order by all"
                ),
                ["c|false", "cc|true"]
            );
        }
    });
}

#[test]
fn vanished_rows_get_a_record_of_their_own() {
    on_each(|place| {
        vanished_rows_get_a_record(place, "id");
    });
}

#[test]
fn vanished_rows_get_a_record_also_where_the_key_is_an_expression() {
    on_each(|place| {
        vanished_rows_get_a_record(place, "\"id || '-' || id\"");
    });
}

fn vanished_rows_get_a_record(place: Place, unique_key: &str) {
    check(
        place,
        &format!(
            "strategy: timestamp, unique_key: {unique_key}, updated_at: updated_at, hard_deletes: new_record"
        ),
        ", dbt_is_deleted",
        &[
            (
                1,
                &[
                    "1|a|2024-01-01|-|False",
                    "2|b|2024-01-01|-|False",
                    "3|c|2024-01-01|-|False",
                ],
            ),
            (
                2,
                &[
                    "1|a|2024-01-01|-|False",
                    "2|B|2024-02-01|-|False",
                    "2|b|2024-01-01|2024-02-01|False",
                    "3|c|2024-01-01|now|False",
                    "3|c|now|-|True",
                    "4|d|2024-02-01|-|False",
                ],
            ),
            (
                3,
                &[
                    "1|a|2024-01-01|-|False",
                    "2|B|2024-02-01|-|False",
                    "2|b|2024-01-01|2024-02-01|False",
                    "3|c|2024-01-01|now|False",
                    "3|c|now|2034-03-01|True",
                    "3|cc|2034-03-01|-|False",
                    "4|d|2024-02-01|now|False",
                    "4|d|now|-|True",
                ],
            ),
        ],
    );
}

#[test]
fn the_end_of_the_current_version_and_the_names_may_be_chosen() {
    on_each(|place| {
        let schema = "
snapshots:
  - name: history
    relation: ref('customers')
    config:
      strategy: timestamp
      unique_key: id
      updated_at: updated_at
      dbt_valid_to_current: \"timestamp '9999-12-31'\"
      snapshot_meta_column_names: {dbt_valid_from: since, dbt_valid_to: until, dbt_scd_id: version, dbt_updated_at: stamped}";
        let shop = Shop::at(
            place,
            &[
                ("models/customers.sql", SOURCE),
                ("snapshots/history.yml", schema),
            ],
        );
        shop.build(1);
        shop.build(2);
        assert_eq!(
            shop.rows("select id, since::date, until::date from history order by all"),
            [
                "1|2024-01-01|9999-12-31",
                "2|2024-01-01|2024-02-01",
                "2|2024-02-01|9999-12-31",
                "3|2024-01-01|9999-12-31",
                "4|2024-02-01|9999-12-31"
            ]
        );
        assert_eq!(
            shop.rows("select count(distinct version), count(stamped) from history"),
            ["5|5"]
        );
    });
}

#[test]
fn a_table_that_is_no_snapshot_is_refused() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                ("models/customers.sql", SOURCE),
                (
                    "models/history.sql",
                    "{{ config(materialized='table', enabled=var('step') == 1) }} select 1 as id",
                ),
            ],
        );
        shop.build(1);
        shop.write(
        "snapshots/history.yml",
        "snapshots: [{name: history, relation: ref('customers'), config: {enabled: \"{{ var('step') == 2 }}\", strategy: check, unique_key: id, check_cols: all}}]",
    );
        let message = shop.fails(2);
        assert!(
            message.contains("lacks columns that a snapshot has: dbt_scd_id"),
            "{message}"
        );
    });
}
