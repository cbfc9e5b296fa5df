//! A model under another text: what the page's compiler says of it.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use compiler::lineage::Use;
use compiler::resolve::LoadOptions;
use compiler::workbench::{Given, Need, Outcome, Trial, Workbench, attempt, record};
use compiler::world::World;
use support::Memory;

const PROFILES: &str = "
shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: 'shop.duckdb', schema: marts, threads: 2, password: canary}
";

const FILES: &[(&str, &str)] = &[
    (
        "dbt_project.yml",
        "name: shop\nversion: '1.0'\nprofile: shop\nvars: {floor: 10}\nmodels:\n  shop:\n    staging: {+materialized: view, +schema: staging}\n",
    ),
    (
        "macros/money.sql",
        "{% macro cents(column) %}({{ column }} * 100)::bigint{% endmacro %}\n",
    ),
    (
        "models/staging/stg_orders.sql",
        "select id, customer_id, amount from {{ source('raw', 'orders') }}",
    ),
    (
        "models/staging/picked.sql",
        "{{ config(materialized='ephemeral') }}\nselect id, amount from {{ ref('stg_orders') }} where amount > {{ var('floor') }}",
    ),
    (
        "models/orders.sql",
        "select id, {{ cents('amount') }} as amount_cents from {{ ref('stg_orders') }}",
    ),
    (
        "models/daily.sql",
        "{{ config(materialized='incremental') }}\nselect id from {{ ref('stg_orders') }}\n{% if is_incremental() %}where id > (select max(id) from {{ this }}){% endif %}",
    ),
    (
        "models/sources.yml",
        "sources:\n  - name: raw\n    tables:\n      - name: orders\n",
    ),
    (
        "models/orders.yml",
        "models:\n  - name: orders\n    config: {alias: all_orders}\n    columns:\n      - name: id\n        data_tests:\n          - relationships: {arguments: {to: ref('customers'), field: id}}\n  - name: customers\n",
    ),
];

fn world(files: &[(&str, &str)]) -> Arc<dyn World> {
    Arc::new(Memory::project(files))
}

fn bench(files: &[(&str, &str)]) -> Workbench {
    let options = LoadOptions {
        profiles_yaml: Some(("profiles.yml".to_owned(), PROFILES.to_owned())),
        command: "serve".to_owned(),
        ..LoadOptions::default()
    };
    record(world(files), options).unwrap()
}

/// A node as the catalog would have it.
fn given(name: &str) -> Given {
    let model = |name: &str, folder: &str, patch: Option<&str>| {
        let path = format!("models/{folder}{name}.sql");
        let (_, text) = FILES.iter().find(|(known, _)| *known == path).unwrap();
        Given {
            unique_id: format!("model.shop.{name}"),
            name: name.to_owned(),
            kind: "model".to_owned(),
            package: "shop".to_owned(),
            raw_code: (*text).to_owned(),
            patch_path: patch.map(str::to_owned),
            columns: None,
            path,
        }
    };
    let columns = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    match name {
        "stg_orders" => Given {
            columns: columns(&["id", "customer_id", "amount"]),
            ..model(name, "staging/", None)
        },
        "picked" => model(name, "staging/", None),
        "raw.orders" => Given {
            unique_id: "source.shop.raw.orders".to_owned(),
            name: "orders".to_owned(),
            kind: "source".to_owned(),
            package: "shop".to_owned(),
            path: "models/sources.yml".to_owned(),
            ..Given::default()
        },
        "orders" => model(name, "", Some("models/orders.yml")),
        _ => model(name, "", None),
    }
}

/// What a text of `model` gives, with the nodes given besides it.
fn tried(model: &str, text: &str, beside: &[&str]) -> Outcome {
    let names = [&[model], beside].concat();
    let nodes = names.into_iter().map(given);
    let trial = Trial {
        unique_id: format!("model.shop.{model}"),
        text: text.to_owned(),
        nodes: nodes.collect(),
        ..Trial::default()
    };
    attempt(&bench(FILES), &trial)
}

fn need(name: &str) -> Need {
    Need::Ref {
        package: None,
        name: name.to_owned(),
    }
}

#[test]
fn the_workbench_holds_what_models_are_compiled_with_and_no_secret() {
    let bench = bench(FILES);
    let paths: Vec<&str> = bench.files.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "dbt_project.yml",
            "macros/money.sql",
            "models/orders.yml",
            "models/sources.yml"
        ]
    );
    assert_eq!(
        bench.packages,
        BTreeMap::from([("shop".into(), String::new())])
    );
    assert_eq!(bench.target.database, "shop");
    let text = serde_json::to_string(&bench).unwrap();
    assert!(!text.contains("canary"), "{text}");
}

#[test]
fn a_text_is_compiled_with_the_projects_macros_configs_and_names() {
    let text = "select id, {{ cents('amount') }} as cents, customer_id as buyer from {{ ref('stg_orders') }}";
    let outcome = tried("orders", text, &["stg_orders"]);
    assert_eq!(outcome.problems, []);
    assert_eq!(
        outcome.sql.as_deref(),
        Some(
            "select id, (amount * 100)::bigint as cents, customer_id as buyer from \"shop\".\"marts_staging\".\"stg_orders\""
        )
    );
    assert_eq!(
        outcome.relation_name.as_deref(),
        Some("\"shop\".\"marts\".\"all_orders\"")
    );
    assert_eq!(outcome.materialized, "view");
    assert_eq!(outcome.reads, ["model.shop.stg_orders"]);
    let columns: Vec<_> = outcome
        .columns
        .iter()
        .map(|column| {
            let [input] = &column.inputs[..] else {
                panic!("{outcome:#?}")
            };
            (column.name.as_str(), input.column.as_str(), input.usage)
        })
        .collect();
    assert_eq!(
        columns,
        [
            ("id", "id", Use::Copy),
            ("cents", "amount", Use::Transform),
            ("buyer", "customer_id", Use::Copy)
        ]
    );
}

#[test]
fn what_is_read_and_was_not_given_is_asked_for() {
    let text = "select * from {{ ref('picked') }} join {{ source('raw', 'orders') }} using (id)";
    let outcome = tried("orders", text, &[]);
    assert_eq!(
        outcome.needs,
        [
            need("picked"),
            Need::Source {
                source: "raw".into(),
                table: "orders".into()
            }
        ]
    );
    assert_eq!(outcome.sql, None);
    // An ephemeral model brings what it reads itself.
    let outcome = tried("orders", text, &["picked", "raw.orders"]);
    assert_eq!(outcome.needs, [need("stg_orders")]);
    let outcome = tried("orders", text, &["picked", "raw.orders", "stg_orders"]);
    assert_eq!(outcome.needs, []);
    let sql = outcome.sql.unwrap();
    assert!(sql.contains("__dbt__cte__picked as ("), "{sql}");
    assert!(sql.contains("where amount > 10"), "{sql}");
}

#[test]
fn macros_of_a_package_come_along_from_where_they_were_read() {
    let project = "name: money\nversion: '1.0'\n";
    let own = "{% macro half(x) %}{{ x }} / 2{% endmacro %}";
    let mut files = FILES.to_vec();
    files.extend([
        ("packages.yml", "packages: [{local: ../money}]"),
        ("../money/dbt_project.yml", project),
        ("../money/macros/half.sql", own),
        ("dbt_packages/money/dbt_project.yml", project),
        ("dbt_packages/money/macros/half.sql", own),
    ]);
    let trial = Trial {
        unique_id: "model.shop.orders".into(),
        text: "select {{ money.half('4') }} as two".into(),
        nodes: vec![given("orders")],
        ..Trial::default()
    };
    let outcome = attempt(&bench(&files), &trial);
    assert_eq!(
        outcome.sql.as_deref(),
        Some("select 4 / 2 as two"),
        "{outcome:?}"
    );
}

#[test]
fn a_mistake_is_told_with_its_place_and_others_mistakes_are_not() {
    let outcome = tried("orders", "select 1 as id,\n  {{ cents( }} as x", &[]);
    let [problem] = &outcome.problems[..] else {
        panic!("{outcome:?}")
    };
    assert!(problem.is_error);
    assert_eq!((problem.line, &problem.file), (2, &None));
    assert_eq!(outcome.sql, None);
    let outcome = tried("orders", "select {{ dollars('x') }} as x", &[]);
    assert_eq!(outcome.problems.len(), 1, "{outcome:?}");
    assert!(
        outcome.problems[0].message.contains("dollars"),
        "{outcome:?}"
    );
    assert_eq!(outcome.problems[0].line, 1);
}

#[test]
fn sql_that_cannot_be_read_is_a_gap_and_not_an_error() {
    let outcome = tried(
        "orders",
        "select id frm {{ ref('stg_orders') }}",
        &["stg_orders"],
    );
    assert!(outcome.sql.is_some());
    assert!(outcome.gaps[0].contains("(line 1, column "), "{outcome:?}");
}

#[test]
fn an_incremental_model_is_shown_with_and_without_its_table() {
    let mut trial = Trial {
        unique_id: "model.shop.daily".into(),
        text: given("daily").raw_code,
        nodes: vec![given("daily"), given("stg_orders")],
        ..Trial::default()
    };
    let bench = bench(FILES);
    let first = attempt(&bench, &trial).sql.unwrap();
    assert!(!first.contains("where id >"), "{first}");
    trial.exists = true;
    let later = attempt(&bench, &trial).sql.unwrap();
    assert!(
        later.contains("where id > (select max(id) from \"shop\".\"marts\".\"daily\")"),
        "{later}"
    );
}

#[test]
fn variables_that_are_not_set_stand_for_themselves() {
    let text = "select '{{ env_var('REGION') }}' as region, '{{ env_var('ZONE', 'b') }}' as zone";
    let outcome = tried("orders", text, &[]);
    assert_eq!(outcome.unset, ["REGION"]);
    assert_eq!(
        outcome.sql.as_deref(),
        Some("select '<REGION>' as region, 'b' as zone")
    );
}

#[test]
fn a_model_that_asks_the_warehouse_is_told_that_there_is_none() {
    let text = "{% set found = run_query('select 1') %}select 1 as id";
    let outcome = tried("orders", text, &[]);
    assert!(
        outcome.problems[0].message.contains("asks the warehouse"),
        "{outcome:?}"
    );
    assert!(outcome.sql.is_none());
}

#[test]
fn a_disabled_model_is_told() {
    let outcome = tried("orders", "{{ config(enabled=false) }}select 1 as id", &[]);
    assert!(
        outcome.problems[0].message.contains("disabled"),
        "{outcome:?}"
    );
}
