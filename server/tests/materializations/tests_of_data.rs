//! Data tests: what they count, where they keep it, when it is a failure.

use compiler::artifacts::results::Status;
use server::execute::Command;

use crate::support::{Place, Shop, on_each};

const MODEL: &str = "{{ config(materialized='table') }}
select * from (values (1, 'a'), (2, 'b'), (2, 'c'), (null, 'd')) t(id, name)";

#[track_caller]
fn check(place: Place, test: &str, status: Status, failures: i64) -> Shop {
    let schema =
        format!("models: [{{name: orders, columns: [{{name: id, data_tests: [{test}]}}]}}]");
    let shop = Shop::at(
        place,
        &[
            ("models/orders.sql", MODEL),
            ("models/first.sql", "select 1 as id"),
            ("models/schema.yml", &schema),
        ],
    );
    shop.command(Command::Run, 1, false);
    let outcome = shop.command(Command::Test, 1, false);
    let [result] = outcome.results.results.as_slice() else {
        panic!("one test runs")
    };
    assert_eq!(
        (result.status, result.failures),
        (status, Some(failures)),
        "{:?}",
        result.message
    );
    shop
}

#[test]
fn the_four_tests_count_what_is_wrong() {
    on_each(|place| {
        check(place, "unique", Status::Fail, 1);
        check(place, "not_null", Status::Fail, 1);
        check(
            place,
            "{accepted_values: {arguments: {values: [1], quote: false}}}",
            Status::Fail,
            1,
        );
        check(
            place,
            "{accepted_values: {arguments: {values: [1, 2]}}}",
            Status::Pass,
            0,
        );
        check(
            place,
            "{relationships: {arguments: {to: ref('orders'), field: id}}}",
            Status::Pass,
            0,
        );
        check(
            place,
            "{relationships: {arguments: {to: ref('first'), field: id}}}",
            Status::Fail,
            2,
        );
        check(
            place,
            "{relationships: {arguments: {to: ref('first'), field: id}, config: {where: 'id < 2'}}}",
            Status::Pass,
            0,
        );
    });
}

#[test]
fn thresholds_decide() {
    on_each(|place| {
        check(
            place,
            "{unique: {config: {severity: warn}}}",
            Status::Warn,
            1,
        );
        check(
            place,
            "{unique: {config: {error_if: '>5', warn_if: '>5'}}}",
            Status::Pass,
            0,
        );
        check(
            place,
            "{unique: {config: {error_if: '>5', warn_if: '>0'}}}",
            Status::Warn,
            1,
        );
        check(
            place,
            "{unique: {config: {fail_calc: 'sum(n_records)'}}}",
            Status::Fail,
            2,
        );
        check(
            place,
            "{not_null: {config: {where: \"name = 'a'\"}}}",
            Status::Pass,
            0,
        );
        check(
            place,
            "{accepted_values: {arguments: {values: [7], quote: false}, config: {limit: 1}}}",
            Status::Fail,
            1,
        );
    });
}

#[test]
fn failures_are_stored_when_asked() {
    on_each(|place| {
        let stored = |shop: &Shop| {
            shop.rows(&format!(
                "select table_type from information_schema.tables where table_schema = '{}_dbt_test__audit'",
                shop.schema()
            ))
        };
        let kept = |shop: &Shop, table: &str| {
            shop.rows(&format!("from {}_dbt_test__audit.{table}", shop.schema()))
        };
        let shop = check(
            place,
            "{unique: {config: {store_failures: true}}}",
            Status::Fail,
            1,
        );
        assert_eq!(stored(&shop), ["BASE TABLE"]);
        assert_eq!(kept(&shop, "unique_orders_id"), ["2|2"]);
        let shop = check(
            place,
            "{not_null: {config: {store_failures_as: view}}}",
            Status::Fail,
            1,
        );
        assert_eq!(stored(&shop), ["VIEW"]);
        assert_eq!(kept(&shop, "not_null_orders_id"), ["-|d"]);
        let shop = check(
            place,
            "{unique: {config: {store_failures_as: ephemeral}}}",
            Status::Fail,
            1,
        );
        assert!(stored(&shop).is_empty());
    });
}

#[test]
fn singular_tests_fail_by_their_rows() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                ("models/orders.sql", MODEL),
                (
                    "tests/no_doubles.sql",
                    "select id from {{ ref('orders') }} where id = 2",
                ),
            ],
        );
        shop.command(Command::Run, 1, false);
        let outcome = shop.command(Command::Test, 1, false);
        assert_eq!(outcome.results.results[0].failures, Some(2));
        assert_eq!(outcome.results.results[0].status, Status::Fail);
    });
}
