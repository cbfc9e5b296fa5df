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
    given: [{input: ref('people'), rows: [{id: 1}]}]
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

const CHAIN: &str = "
models:
  - name: customers
    config: {contract: {enforced: true}, materialized: table}
    columns:
      - {name: id, data_type: integer, constraints: [{type: primary_key}]}
      - {name: step, data_type: integer}
  - name: shops
    config: {contract: {enforced: true}, materialized: table}
    columns:
      - {name: id, data_type: integer, constraints: [{type: unique}]}
  - name: orders
    config: {contract: {enforced: true}, materialized: incremental}
    columns:
      - {name: id, data_type: integer, constraints: [{type: primary_key}]}
      - name: customer
        data_type: integer
        constraints: [{type: foreign_key, to: \"ref('customers')\", to_columns: [id]}]
      - name: shop
        data_type: integer
        constraints: [{type: foreign_key, to: \"ref('shops')\", to_columns: [id]}]
  - name: lines
    config: {contract: {enforced: true}, materialized: table}
    columns:
      - name: order_id
        data_type: integer
        constraints: [{type: foreign_key, to: \"ref('orders')\", to_columns: [id]}]
";

/// Two parents of one incremental table, and a table that points at that one.
fn chain() -> Shop {
    Shop::new(&[
        (
            "models/customers.sql",
            "select {{ 1 if var('step') < 4 else 5 }} as id, {{ var('step') }} as step",
        ),
        ("models/shops.sql", "select 1 as id"),
        (
            "models/orders.sql",
            "-- depends_on: {{ ref('customers') }} {{ ref('shops') }}\n\
             {{ config(indexes=[{'columns': ['customer']}]) }} select {{ var('step') }} as id, 1 as customer, 1 as shop",
        ),
        (
            "models/lines.sql",
            "select id as order_id from {{ ref('orders') }} \
             {% if var('step') == 3 %} where error('boom') {% endif %}",
        ),
        ("models/schema.yml", CHAIN),
    ])
}

#[test]
fn tables_bound_by_foreign_keys_are_built_anew_and_keep_their_rows() {
    let shop = chain();
    shop.build(1);
    shop.build(2);
    assert_eq!(shop.rows("select step from customers"), ["2"]);
    assert_eq!(shop.rows("select id from orders order by id"), ["1", "2"]);
    assert_eq!(
        shop.rows("select order_id from lines order by all"),
        ["1", "2"]
    );
    let keys = "select table_name || ' ' || referenced_table from duckdb_constraints() \
                where constraint_type = 'FOREIGN KEY' order by all";
    let all = ["lines orders", "orders customers", "orders shops"];
    assert_eq!(shop.rows(keys), all);
    assert_eq!(
        shop.rows("select count(*) from duckdb_indexes() where table_name = 'orders'"),
        ["1"]
    );

    // The last table fails: those before are new, it is the old one, and no key is lost.
    assert!(shop.fails(3).contains("boom"));
    assert_eq!(shop.rows("select step from customers"), ["3"]);
    assert_eq!(
        shop.rows("select order_id from lines order by all"),
        ["1", "2"]
    );
    assert_eq!(shop.rows(keys), all);

    // Rows that point at a customer who is gone: the build says so, and the customers stay.
    assert!(shop.fails(4).contains("Violates foreign key constraint"));
    assert_eq!(shop.rows("select step from customers"), ["3"]);
    assert_eq!(shop.rows(keys), all);

    // Nothing was renamed into place, which DuckDB would remember: each can be dropped.
    for name in ["lines", "orders", "shops", "customers"] {
        shop.execute(&format!("drop table {name}"));
    }
}
