//! Models that are files, and sources that are. The rows and files are those of dbt-duckdb 1.11 for the same project.

use crate::support::Shop;

const SOURCES: &str = r#"
sources:
  - name: raw
    schema: in
    config: {meta: {external_location: "{schema}/raw_{name}.csv"}}
    tables:
      - name: orders
        columns: [{name: id, data_tests: [not_null, unique]}]
"#;

const ORDERS: &str = "id,day,amount\n1,2024-01-01,10.5\n2,2024-01-01,20\n3,2024-01-02,\n";

/// A shop whose one source is a file, with these models.
fn shop(models: &[(&str, &str)]) -> Shop {
    let shop = Shop::new(&[
        ("in/raw_orders.csv", ORDERS),
        ("models/sources.yml", SOURCES),
    ]);
    for (name, text) in models {
        shop.write(&format!("models/{name}.sql"), text);
    }
    shop
}

#[test]
fn each_format_is_written_and_read_back() {
    let shop = shop(&[
        (
            "parquet",
            "{{ config(materialized='external', location='out.parquet') }} select * from {{ source('raw', 'orders') }}",
        ),
        (
            "csv",
            "{{ config(materialized='external', format='csv', delimiter='|') }} select * from {{ ref('parquet') }}",
        ),
        (
            "json",
            "{{ config(materialized='external', format='json', options={'array': 'true'}) }} select * from {{ ref('csv') }}",
        ),
        (
            "zipped",
            "{{ config(materialized='external', location='{{ target.name }}.csv.gz') }} select * from {{ ref('json') }}",
        ),
    ]);
    shop.build(1);
    shop.build(1);
    for name in ["parquet", "csv", "json", "zipped"] {
        assert_eq!(
            shop.rows(&format!("select id, day, amount from {name} order by id")),
            ["1|2024-01-01|10.5", "2|2024-01-01|20.0", "3|2024-01-02|-"],
            "{name}"
        );
    }
    assert_eq!(
        shop.read("csv.csv"),
        "id|day|amount\n1|2024-01-01|10.5\n2|2024-01-01|20.0\n3|2024-01-02|\n"
    );
    assert!(shop.read("json.json").starts_with("[\n\t{\"id\":1,"));
    assert_eq!(
        shop.relations(),
        ["csv|VIEW", "json|VIEW", "parquet|VIEW", "zipped|VIEW"]
    );
    assert!(shop.files(".").contains(&"dev.csv.gz".to_owned()));
}

#[test]
fn a_folder_of_partitions_is_replaced_whole() {
    let shop = shop(&[(
        "days",
        "{{ config(materialized='external', location='out/days', options={'partition_by': 'day', 'overwrite': true}) }}
         select * from {{ source('raw', 'orders') }} where id >= {{ var('step') }}",
    )]);
    shop.write("out/.keep", "");
    shop.build(1);
    assert_eq!(shop.files("out/days"), ["day=2024-01-01", "day=2024-01-02"]);
    shop.build(3);
    assert_eq!(shop.files("out"), [".keep", "days"]);
    assert_eq!(shop.files("out/days"), ["day=2024-01-02"]);
    assert_eq!(shop.rows("select id, day from days"), ["3|2024-01-02"]);
}

#[test]
fn a_folder_may_be_added_to() {
    let shop = shop(&[(
        "days",
        "{{ config(materialized='external', format='csv', options={'partition_by': 'day', 'overwrite_or_ignore': 1}) }}
         select * from {{ source('raw', 'orders') }} where id >= {{ var('step') }}",
    )]);
    shop.build(1);
    shop.write("days/day=2024-02-01/data_0.csv", "id,amount\n9,1.5\n");
    shop.build(3);
    assert_eq!(
        shop.rows("select id from days order by id"),
        ["1", "2", "3", "9"]
    );
}

#[test]
fn a_model_without_rows_keeps_its_columns() {
    let nothing = "select * from {{ source('raw', 'orders') }} where id > 3";
    let shop = shop(&[
        (
            "parquet",
            &format!("{{{{ config(materialized='external') }}}} {nothing}"),
        ),
        (
            "json",
            &format!("{{{{ config(materialized='external', format='json') }}}} {nothing}"),
        ),
    ]);
    shop.build(1);
    for name in ["parquet", "json"] {
        assert!(shop.rows(&format!("from {name}")).is_empty());
        let columns = shop.rows(&format!("select column_name from (describe {name})"));
        assert_eq!(columns, ["id", "day", "amount"]);
    }
    // Unlike dbt-duckdb's, a Parquet file has no row of nulls: whoever trains on it would read that.
    let file = shop.path("parquet.parquet");
    assert!(shop.rows(&format!("from '{file}'")).is_empty());
}

#[test]
fn a_file_that_fails_leaves_the_old_one() {
    let shop = shop(&[(
        "orders",
        "{{ config(materialized='external') }}
         select {{ var('step') }} as id {% if var('step') == 2 %}, error('broken') as x {% endif %}",
    )]);
    shop.build(1);
    assert!(shop.fails(2).contains("broken"));
    assert_eq!(shop.rows("from orders"), ["1"]);
    let file = shop.path("orders.parquet");
    assert_eq!(shop.rows(&format!("from '{file}'")), ["1"]);
    shop.build(3);
    assert_eq!(shop.rows("from orders"), ["3"]);
    assert!(
        !shop
            .files(".")
            .iter()
            .any(|name| name.starts_with(".refract."))
    );
}

#[test]
fn a_file_holds_the_contract_of_its_model() {
    let shop = shop(&[(
        "orders",
        "{{ config(materialized='external', contract={'enforced': true}) }}
         select {{ 'null' if var('step') == 2 else 1 }}::integer as id",
    )]);
    shop.write(
        "models/orders.yml",
        "models: [{name: orders, columns: [{name: id, data_type: integer, constraints: [{type: not_null}]}]}]",
    );
    shop.build(1);
    assert!(shop.fails(2).contains("NOT NULL"));
    assert_eq!(shop.rows("from orders"), ["1"]);
    assert_eq!(shop.relations(), ["orders|VIEW"]);
}

#[test]
fn an_external_model_takes_the_place_of_a_table() {
    let shop = shop(&[(
        "orders",
        "{{ config(materialized='external' if var('step') == 2 else 'table') }} select {{ var('step') }} as id",
    )]);
    for (step, kind) in [(1, "BASE TABLE"), (2, "VIEW"), (3, "BASE TABLE")] {
        shop.build(step);
        assert_eq!(shop.relations(), [format!("orders|{kind}")]);
        assert_eq!(shop.rows("from orders"), [step.to_string()]);
    }
}

#[test]
fn a_format_that_duckdb_does_not_read_back_is_refused() {
    let shop = shop(&[(
        "orders",
        "{{ config(materialized='external', format='xlsx') }} select 1 as id",
    )]);
    assert!(
        shop.fails(1)
            .contains("Allowed formats are: csv, parquet, json")
    );
}

#[test]
fn a_table_function_reads_its_tables_late() {
    let shop = shop(&[
        (
            "orders",
            "{{ config(materialized='table') }} select * from {{ source('raw', 'orders') }}",
        ),
        (
            "since",
            "{{ config(materialized='table_function', parameters=['first', 'last']) }}
             select * from {{ ref('orders') }} where id between first and last",
        ),
        ("two", "select id from {{ ref('since') }}(2, 3)"),
    ]);
    shop.build(1);
    assert_eq!(shop.rows("from two"), ["2", "3"]);
    shop.execute("alter table orders add column more integer default 7");
    assert_eq!(shop.rows("select id, more from since(1, 1)"), ["1|7"]);
}
