//! Enforced contracts: checked before anything is built, with constraints in the table.

use crate::support::{Place, Shop, on_each};

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
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                ("models/orders.sql", "select 'a'::varchar as name, 1 as id"),
                ("models/schema.yml", SCHEMA),
            ],
        );
        shop.build(1);
        shop.build(2);
        assert_eq!(shop.columns("orders"), ["id|INTEGER", "name|VARCHAR"]);
        let constraints = match place {
        Place::DuckDb => "select constraint_type from duckdb_constraints() where table_name = 'orders' order by all".to_owned(),
        // PostgreSQL lists a NOT NULL as a check of its own.
        Place::Postgres => format!(
            "select case when constraint_name like '%not_null' then 'NOT NULL' else constraint_type end \
             from information_schema.table_constraints \
             where table_schema = '{}' and table_name = 'orders' order by 1",
            shop.schema()
        ),
    };
        assert_eq!(
            shop.rows(&constraints),
            ["CHECK", "NOT NULL", "PRIMARY KEY"]
        );
    });
}

#[test]
fn a_query_that_breaks_it_is_refused() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                (
                    "models/orders.sql",
                    "select 'a'::varchar as name, 1::bigint as id, 2 as more",
                ),
                ("models/schema.yml", SCHEMA),
            ],
        );
        let message = shop.fails(1);
        let table = "
  | column_name | definition_type | contract_type | mismatch_reason     |
  | ----------- | --------------- | ------------- | ------------------- |
  | id          | BIG             | INTEGER       | data type mismatch  |
  | more        | INTEGER         |               | missing in contract |";
        // PostgreSQL's types are called as dbt's driver calls them.
        let big = match place {
            Place::DuckDb => "BIGINT     ",
            Place::Postgres => "LONGINTEGER",
        };
        let table = table.replace("BIG        ", big);
        assert!(message.contains(&table), "{message}");
        assert!(shop.relations().is_empty());
    });
}

/// `table column referenced` of every foreign key.
fn keys(shop: &Shop) -> Vec<String> {
    if shop.schema() == "main" {
        return shop.rows(
            "select concat_ws(' ', table_name, constraint_column_names[1], referenced_table) from duckdb_constraints() \
             where constraint_type = 'FOREIGN KEY' order by all",
        );
    }
    shop.rows(&format!(
        "select concat_ws(' ', t.relname, a.attname, r.relname) from pg_constraint as k \
         join pg_class as t on t.oid = k.conrelid join pg_class as r on r.oid = k.confrelid \
         join pg_attribute as a on a.attrelid = t.oid and a.attnum = k.conkey[1] \
         where k.contype = 'f' and k.connamespace = '{}'::regnamespace order by all",
        shop.schema()
    ))
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
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                ("models/customers.sql", "select 1 as id"),
                ("models/orders.sql", "select 1 as customer, 1 as other"),
                ("models/schema.yml", KEYS),
            ],
        );
        shop.build(1);
        assert_eq!(
            keys(&shop),
            ["orders customer customers", "orders other customers"]
        );
        let manifest = shop.read("target/manifest.json");
        let customers = format!(r#"\".\"{}\".\"customers\"""#, shop.schema());
        let (_, keys) = manifest.split_once(r#""to":"#).unwrap();
        assert!(keys.contains(&customers), "{keys}");
    });
}

const SOURCES: &str = "
sources:
  - name: raw
    schema: \"{{ target.schema }}\"
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
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                ("models/people.sql", "select 1 as id"),
                (
                    "models/visits.sql",
                    "-- depends_on: {{ ref('people') }}\nselect 1 as person",
                ),
                ("models/schema.yml", SOURCES),
            ],
        );
        shop.build(1);
        assert_eq!(keys(&shop), ["visits person people"]);
    });
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
    config: {contract: {enforced: true}, materialized: incremental, on_schema_change: append_new_columns}
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
fn chain(place: Place) -> Shop {
    Shop::at(
        place,
        &[
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
             {% if var('step') == 3 %} where cast('boom' || id as integer) > 0 {% endif %}",
            ),
            ("models/schema.yml", CHAIN),
        ],
    )
}

#[test]
fn tables_bound_by_foreign_keys_are_built_anew_and_keep_their_rows() {
    on_each(|place| {
        let shop = chain(place);
        shop.build(1);
        shop.build(2);
        assert_eq!(shop.rows("select step from customers"), ["2"]);
        assert_eq!(shop.rows("select id from orders order by id"), ["1", "2"]);
        assert_eq!(
            shop.rows("select order_id from lines order by all"),
            ["1", "2"]
        );
        let all = [
            "lines order_id orders",
            "orders customer customers",
            "orders shop shops",
        ];
        assert_eq!(keys(&shop), all);
        let indexes = match place {
            Place::DuckDb => {
                "select count(*) from duckdb_indexes() where table_name = 'orders'".to_owned()
            }
            Place::Postgres => format!(
                "select count(*) from pg_indexes where schemaname = '{}' and tablename = 'orders' and indexname not like '%pkey'",
                shop.schema()
            ),
        };
        assert_eq!(shop.rows(&indexes), ["1"]);

        // The last table fails: those before are new, it is the old one, and no key is lost.
        assert!(shop.fails(3).contains("boom"));
        assert_eq!(shop.rows("select step from customers"), ["3"]);
        assert_eq!(
            shop.rows("select order_id from lines order by all"),
            ["1", "2"]
        );
        assert_eq!(keys(&shop), all);

        // Rows that point at a customer who is gone. DuckDB drops no table that a key points at: the build says so, and the
        // customers stay. On PostgreSQL dbt drops the key, and so does Refract where it cannot be made again.
        if place == Place::DuckDb {
            let message = shop.fails(4);
            assert!(
                message.contains("Violates foreign key constraint"),
                "{message}"
            );
            assert_eq!(shop.rows("select step from customers"), ["3"]);
            assert_eq!(keys(&shop), all);
        } else {
            shop.build(4);
            assert_eq!(shop.rows("select step from customers"), ["4"]);
            assert_eq!(keys(&shop), ["lines order_id orders", "orders shop shops"]);
        }

        // Nothing was renamed into place, which DuckDB would remember: each can be dropped.
        for name in ["lines", "orders", "shops", "customers"] {
            shop.execute(&format!("drop table {name}"));
        }
    });
}
