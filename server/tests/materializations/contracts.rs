//! Enforced contracts: checked before anything is built, with constraints in the table.

use crate::support::Shop;

const SCHEMA: &str = "
models:
  - name: orders
    config: {contract: {enforced: true}, materialized: table}
    constraints: [{type: check, expression: 'id > 0', name: positive}]
    columns:
      - {name: id, data_type: integer, constraints: [{type: not_null}, {type: primary_key}]}
      - {name: name, data_type: varchar}
";

#[test]
fn columns_and_constraints_are_the_contract_s() {
    let shop = Shop::new(&[
        ("models/orders.sql", "select 'a'::varchar as name, 1 as id"),
        ("models/schema.yml", SCHEMA),
    ]);
    shop.build(1);
    shop.build(2);
    assert_eq!(shop.columns("orders"), ["id|INTEGER", "name|VARCHAR"]);
    let constraints =
        "select constraint_type from duckdb_constraints() where table_name = 'orders' order by all";
    assert_eq!(shop.rows(constraints), ["CHECK", "NOT NULL", "PRIMARY KEY"]);
}

#[test]
fn a_query_that_breaks_it_is_refused() {
    let shop = Shop::new(&[
        (
            "models/orders.sql",
            "select 'a'::varchar as name, 1::bigint as id, 2 as more",
        ),
        ("models/schema.yml", SCHEMA),
    ]);
    let message = shop.fails(1);
    let table = "
  | column_name | definition_type | contract_type | mismatch_reason     |
  | ----------- | --------------- | ------------- | ------------------- |
  | id          | BIGINT          | INTEGER       | data type mismatch  |
  | more        | INTEGER         |               | missing in contract |";
    assert!(message.contains(table), "{message}");
    assert!(shop.relations().is_empty());
}

const KEYS: &str = "
models:
  - name: customers
    config: {contract: {enforced: true}, materialized: table}
    columns:
      - {name: id, data_type: integer, constraints: [{type: primary_key}]}
  - name: orders
    config: {contract: {enforced: true}, materialized: table}
    constraints:
      - {type: foreign_key, columns: [other], to: \"ref('customers')\", to_columns: [id]}
    columns:
      - name: customer
        data_type: integer
        constraints: [{type: foreign_key, to: \"ref('customers')\", to_columns: [id]}]
      - {name: other, data_type: integer}
";

#[test]
fn foreign_keys_point_at_what_their_ref_means() {
    let shop = Shop::new(&[
        ("models/customers.sql", "select 1 as id"),
        ("models/orders.sql", "select 1 as customer, 1 as other"),
        ("models/schema.yml", KEYS),
    ]);
    shop.build(1);
    let keys = "select referenced_table || ' ' || constraint_column_names[1] from duckdb_constraints() \
                where constraint_type = 'FOREIGN KEY' and table_name = 'orders' order by all";
    assert_eq!(shop.rows(keys), ["customers customer", "customers other"]);
    let manifest = shop.read("target/manifest.json");
    assert!(
        manifest.contains(r#""to":"\"dev\".\"main\".\"customers\"""#)
            || manifest.contains(r#""to": "\"dev\".\"main\".\"customers\"""#)
    );
}

const SOURCES: &str = "
sources:
  - name: raw
    schema: main
    tables: [{name: people}]
models:
  - name: people
    config: {contract: {enforced: true}, materialized: table}
    columns: [{name: id, data_type: integer, constraints: [{type: primary_key}]}]
  - name: visits
    config: {contract: {enforced: true}, materialized: table}
    columns:
      - name: person
        data_type: integer
        constraints: [{type: foreign_key, to: \"source('raw', 'people')\", to_columns: [id]}]
unit_tests:
  - name: one_visit
    model: visits
    given: []
    expect: {rows: [{person: 1}]}
";

#[test]
fn foreign_keys_may_point_at_sources_and_leave_unit_tests_alone() {
    let shop = Shop::new(&[
        ("models/people.sql", "select 1 as id"),
        (
            "models/visits.sql",
            "-- depends_on: {{ ref('people') }}\nselect 1 as person",
        ),
        ("models/schema.yml", SOURCES),
    ]);
    shop.build(1);
    let keys = "select referenced_table from duckdb_constraints() \
                where constraint_type = 'FOREIGN KEY' and table_name = 'visits'";
    assert_eq!(shop.rows(keys), ["people"]);
}
