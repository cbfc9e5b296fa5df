//! Functions of the project: on PostgreSQL functions, on DuckDB macros.

use compiler::artifacts::results::Status;
use serde_json::json;
use server::execute::Command;

use crate::support::{Place, Shop, on_each};

const PROPERTIES: &str = "
functions:
  - name: plus
    description: adds
    config: {volatility: deterministic, persist_docs: {relation: true}}
    arguments:
      - {name: a, data_type: integer}
      - {name: b, data_type: integer, default_value: 1}
    returns: {data_type: bigint}
  - name: twice
    config: {alias: doubled}
    arguments: [{name: a, data_type: integer}]
    returns: {data_type: bigint}
";

#[test]
fn models_call_functions_that_were_built_before_them() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                ("functions/all.yml", PROPERTIES),
                ("functions/plus.sql", "select a + b * {{ var('step') }} -- the sum"),
                (
                    "functions/math/twice.sql",
                    "select {{ function('plus') }}(a, a)",
                ),
                ("models/numbers.sql", "select 1 as n union all select 5"),
                (
                    "models/sums.sql",
                    "{{ config(materialized='table') }}
                     select {{ function('plus') }}(n) as one, {{ function('shop', 'twice') }}(n) as two
                     from {{ ref('numbers') }}",
                ),
            ],
        );
        shop.build(1);
        assert_eq!(shop.rows("from sums order by all"), ["2|2", "6|10"]);
        // A second time they are replaced, and what calls them sees the new ones.
        shop.build(2);
        assert_eq!(shop.rows("from sums order by all"), ["3|3", "7|15"]);
        let schema = shop.schema();
        let comment = match place {
            Place::DuckDb => {
                "select comment from duckdb_functions() where function_name = 'plus'".to_owned()
            }
            Place::Postgres => format!(
                "select obj_description(oid) from pg_proc where proname = 'plus'
                 and pronamespace = '{schema}'::regnamespace"
            ),
        };
        assert_eq!(shop.rows(&comment), ["adds"]);
    });
}

#[test]
fn a_function_may_give_rows() {
    on_each(|place| {
        let returns = match place {
            Place::DuckDb => "any",
            Place::Postgres => "setof integer",
        };
        let properties = format!(
            "functions: [{{name: upto, config: {{type: table}}, arguments: [{{name: n, data_type: integer}}], \
             returns: {{data_type: {returns}}}}}]"
        );
        let shop = Shop::at(
            place,
            &[
                ("functions/f.yml", properties.as_str()),
                (
                    "functions/upto.sql",
                    "select * from generate_series(1, n) as t(i);",
                ),
                (
                    "models/three.sql",
                    "select i from {{ function('upto') }}(3) as t(i)",
                ),
            ],
        );
        shop.build(1);
        assert_eq!(shop.rows("from three order by all"), ["1", "2", "3"]);
    });
}

#[test]
fn an_aggregate_is_an_expression_on_duckdb_and_refused_on_postgresql() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                (
                    "functions/f.yml",
                    "functions: [{name: squares, config: {type: aggregate}, arguments: [{name: n, data_type: integer}],
                     returns: {data_type: bigint}}]",
                ),
                ("functions/squares.sql", "sum(n * n)"),
            ],
        );
        if place == Place::Postgres {
            let message = shop.fails(1);
            assert!(message.contains("makes none from a SQL body"), "{message}");
            return;
        }
        shop.write(
            "models/all.sql",
            "select {{ function('squares') }}(n) as s from (values (1), (2), (3)) as t(n)",
        );
        shop.build(1);
        assert_eq!(shop.rows("from \"all\""), ["14"]);
    });
}

#[test]
fn overloads_are_built_with_their_function() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                (
                    "functions/f.yml",
                    "
functions:
  - name: total
    arguments: [{name: a, data_type: integer}]
    returns: {data_type: integer}
    overloads:
      - defined_in: total_of_two
        arguments: [{name: a, data_type: integer}, {name: b, data_type: integer}]
      - defined_in: total_of_three
        arguments: [{name: a, data_type: integer}, {name: b, data_type: integer}, {name: c, data_type: integer}]
        returns: {data_type: bigint}
",
                ),
                ("functions/total.sql", "select a"),
                ("functions/total_of_two.sql", "select a + b"),
                (
                    "functions/total_of_three.sql",
                    "{% if var('step') == 1 %} select a + b + c {% else %} select nothing {% endif %}",
                ),
                (
                    "models/totals.sql",
                    "{% set total = function('total') %}
                     select {{ total }}(1) as one, {{ total }}(1, 2) as two, {{ total }}(1, 2, 3) as three",
                ),
            ],
        );
        shop.build(1);
        assert_eq!(shop.rows("from totals"), ["1|3|6"]);
        if place == Place::DuckDb {
            return; // it makes all signatures in one statement
        }
        let outcome = shop.command(Command::Build, 2, false);
        let total = &outcome.results.results[0];
        assert_eq!(total.status, Status::PartialSuccess);
        let results = json!({"successful": ["total_of_two"], "failed": ["total_of_three"]});
        assert_eq!(total.overload_results, Some(results));
        let message = total.message.as_deref().unwrap_or_default();
        assert!(message.contains("overload total_of_three"), "{message}");
        assert!(message.contains("nothing"), "{message}");
    });
}

#[test]
fn run_leaves_functions_alone() {
    let shop = Shop::new(&[
        (
            "functions/f.yml",
            "functions: [{name: one, returns: {data_type: integer}}]",
        ),
        ("functions/one.sql", "select 1"),
        ("functions/two.py", "def main(): return 2"),
    ]);
    let outcome = shop.command(Command::Run, 1, false);
    assert!(outcome.results.results.is_empty());
    let message = shop.fails(1);
    assert!(
        message.contains("'two' is written in python, and only SQL can be run"),
        "{message}"
    );
    assert_eq!(shop.rows("select main.one()"), ["1"]);
}
