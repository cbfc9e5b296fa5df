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
    assert!(
        message.contains("more: INTEGER in the query, missing in the contract"),
        "{message}"
    );
    assert!(
        message.contains("id: INTEGER in the contract, BIGINT in the query"),
        "{message}"
    );
    assert!(shop.relations().is_empty());
}
