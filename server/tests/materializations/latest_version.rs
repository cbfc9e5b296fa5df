//! The view at a model's latest version.

use server::execute::Command;

use crate::support::{Place, Shop, on_each};

const TWO_VERSIONS: &str = "
models:
  - name: customers
    latest_version: 2
    description: those who buy
    config:
      materialized: table
      latest_version_pointer: true
      persist_docs: {relation: true}
      post_hook: \"insert into {{ this.schema }}.told values ('{{ this.identifier }}')\"
    versions: [{v: 1}, {v: 2}]
";

/// The table that hooks write to is made before the models, which are built side by side.
const PROJECT: &str = "
name: shop
version: '1.0'
profile: shop
vars: {step: 1}
on-run-start: create table if not exists {{ target.schema }}.told(name varchar(99))
";

fn shop(place: Place, properties: &str) -> Shop {
    Shop::at(
        place,
        &[
            ("dbt_project.yml", PROJECT),
            ("models/m.yml", properties),
            ("models/customers_v1.sql", "select 1 as id"),
            (
                "models/customers_v2.sql",
                "select 2 as id, {{ var('step') }} as step",
            ),
        ],
    )
}

#[test]
fn a_view_of_the_latest_version_has_the_models_name() {
    on_each(|place| {
        let shop = shop(place, TWO_VERSIONS);
        for step in [1, 2] {
            shop.build(step);
            assert_eq!(
                shop.relations(),
                [
                    "customers|VIEW",
                    "customers_v1|BASE TABLE",
                    "customers_v2|BASE TABLE",
                    "told|BASE TABLE"
                ]
            );
            assert_eq!(shop.rows("from customers"), [format!("2|{step}")]);
        }
        // The model's hooks ran for the versions alone.
        assert_eq!(
            shop.rows("select distinct name from told order by all"),
            ["customers_v1", "customers_v2"]
        );
    });
}

#[test]
fn what_stands_under_the_name_gives_way() {
    on_each(|place| {
        let shop = shop(place, "");
        shop.write(
            "models/customers.sql",
            "{{ config(materialized='table') }} select 0 as old",
        );
        shop.build(1);
        shop.write(
            "models/customers.sql",
            "{{ config(enabled=false) }} select 0 as old",
        );
        shop.write("models/m.yml", TWO_VERSIONS);
        shop.build(1);
        assert_eq!(shop.rows("from customers"), ["2|1"]);
        assert!(shop.relations().contains(&"customers|VIEW".to_owned()));
    });
}

#[test]
fn the_projects_flag_and_macro_decide_where_the_model_does_not() {
    let plain = "models: [{name: customers, latest_version: 2, versions: [{v: 1}, {v: 2}]}]";
    let shop = shop(Place::DuckDb, plain);
    shop.build(1);
    assert_eq!(
        shop.relations(),
        ["customers_v1|VIEW", "customers_v2|VIEW", "told|BASE TABLE"]
    );
    shop.write(
        "dbt_project.yml",
        "{name: shop, version: '1.0', profile: shop, vars: {step: 1}, \
         flags: {latest_version_pointer_enabled_by_default: true}}",
    );
    shop.write(
        "macros/names.sql",
        "{% macro generate_latest_version_pointer_alias(custom_alias_name=none, node=none) %}
           {{ (custom_alias_name or node.name) ~ '_latest' }}
         {% endmacro %}",
    );
    shop.build(1);
    assert!(
        shop.relations()
            .contains(&"customers_latest|VIEW".to_owned())
    );
    shop.write(
        "models/m.yml",
        "models: [{name: customers, latest_version: 2, config: {latest_version_pointer: {alias: buyers}}, \
         versions: [{v: 1}, {v: 2}]}]",
    );
    shop.build(1);
    assert!(shop.relations().contains(&"buyers_latest|VIEW".to_owned()));
}

#[test]
fn a_pointer_may_not_be_what_it_points_at() {
    let shop = shop(
        Place::DuckDb,
        "models: [{name: customers, latest_version: 2, config: {latest_version_pointer: true}, \
         versions: [{v: 1}, {v: 2, config: {alias: customers}}]}]",
    );
    let message = shop.fails(1);
    assert!(
        message.contains("the latest version of 'customers' is already called 'customers'"),
        "{message}"
    );
}

#[test]
fn a_model_in_batches_has_its_pointer_once_all_are_built() {
    let shop = shop(Place::DuckDb, "");
    shop.write(
        "models/m.yml",
        "models: [{name: customers, latest_version: 2, config: {latest_version_pointer: true}, \
         versions: [{v: 1}, {v: 2, config: {materialized: incremental, incremental_strategy: microbatch, \
         event_time: happened, batch_size: year, begin: '2024-01-01'}}]}]",
    );
    shop.write(
        "models/customers_v2.sql",
        "select current_date - 1 as happened",
    );
    let outcome = shop.command(Command::Build, 1, false);
    let failed = outcome
        .results
        .results
        .iter()
        .filter(|one| one.status.is_failure());
    assert_eq!(failed.count(), 0);
    assert!(shop.relations().contains(&"customers|VIEW".to_owned()));
}
