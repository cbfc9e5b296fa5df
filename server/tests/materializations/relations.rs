//! Views and tables, and one in place of the other.

use serde_json::json;

use crate::support::{Place, Shop, on_each};

const SWITCHING: &str = "
{{ config(materialized=['table', 'view', 'incremental', 'view', 'table'][var('step') - 1], indexes=[{'columns': ['id']}] if var('step') == 1 else []) }}
select {{ var('step') }} as id";

#[test]
fn a_relation_may_change_its_kind() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                ("models/changing.sql", SWITCHING),
                ("models/reader.sql", "select id from {{ ref('changing') }}"),
            ],
        );
        for (step, kind) in [
            (1, "BASE TABLE"),
            (2, "VIEW"),
            (3, "BASE TABLE"),
            (4, "VIEW"),
            (5, "BASE TABLE"),
        ] {
            shop.build(step);
            assert_eq!(
                shop.relations(),
                [format!("changing|{kind}"), "reader|VIEW".to_owned()],
                "step {step}"
            );
            assert_eq!(shop.rows("from reader"), [step.to_string()]);
        }
    });
}

#[test]
fn a_table_that_fails_leaves_the_old_one() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[(
                "models/orders.sql",
                "{{ config(materialized='table') }} select {{ '1' if var('step') == 1 else \"error('broken')\" }} as id",
            )],
        );
        shop.build(1);
        assert!(shop.fails(2).contains("broken"));
        assert_eq!(shop.rows("from orders"), ["1"]);
        assert_eq!(shop.relations(), ["orders|BASE TABLE"]);
    });
}

#[test]
fn a_post_hook_that_fails_leaves_the_old_table() {
    on_each(|place| {
        let shop = Shop::at(place, &[(
        "models/orders.sql",
        "{{ config(materialized='table', post_hook='select error(\\'refused\\')' if var('step') == 2 else []) }}
         select {{ var('step') }} as id",
    )]);
        shop.build(1);
        assert!(shop.fails(2).contains("refused"));
        assert_eq!(shop.rows("from orders"), ["1"]);
        assert_eq!(shop.relations(), ["orders|BASE TABLE"]);
    });
}

/// `table|unique|columns` of every index.
fn indexes(shop: &Shop) -> Vec<String> {
    if shop.schema() == "main" {
        return shop.rows(
            "select table_name, is_unique, trim(expressions, '[]') from duckdb_indexes() order by all",
        );
    }
    shop.rows(&format!(
        "select t.relname, i.indisunique::text, string_agg(a.attname, ', ' order by a.attnum) from pg_index as i \
         join pg_class as t on t.oid = i.indrelid join pg_attribute as a on a.attrelid = i.indexrelid \
         where t.relnamespace = '{}'::regnamespace group by i.indexrelid, t.relname, i.indisunique order by 1, 2",
        shop.schema()
    ))
}

#[test]
fn indexes_follow_the_table() {
    on_each(|place| {
        let shop = Shop::at(place, &[(
        "models/orders.sql",
        "{{ config(materialized='table', indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['id', 'region']}]) }}
         select 1 as id, 2 as region",
    )]);
        for step in [1, 2] {
            shop.build(step);
            assert_eq!(
                indexes(&shop),
                ["orders|false|id, region", "orders|true|id"]
            );
        }
    });
}

/// The names of both were the same, and the second was refused.
#[test]
fn a_table_may_have_the_same_index_twice() {
    let shop = Shop::new(&[(
        "models/orders.sql",
        "{{ config(materialized='table', indexes=[{'columns': ['id']}, {'columns': ['id']}]) }} select 1 as id",
    )]);
    shop.build(1);
    shop.build(2);
    assert_eq!(indexes(&shop), ["orders|false|id"; 2]);
}

/// A unique index refused the rows that had just been deleted.
#[test]
fn a_seed_with_a_unique_index_is_loaded_again() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                ("seeds/countries.csv", "id\n1\n2\n"),
                (
                    "seeds/countries.yml",
                    "seeds: [{name: countries, config: {indexes: [{columns: [id], unique: true}]}}]",
                ),
            ],
        );
        shop.build(1);
        shop.build(2);
        assert_eq!(shop.rows("from countries order by all"), ["1", "2"]);
        assert_eq!(indexes(&shop), ["countries|true|id"]);
    });
}

#[test]
fn ephemeral_models_are_part_of_their_readers() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                (
                    "models/first.sql",
                    "{{ config(materialized='ephemeral') }} select 1 as id",
                ),
                (
                    "models/second.sql",
                    "{{ config(materialized='ephemeral') }} select id + 1 as id from {{ ref('first') }}",
                ),
                (
                    "models/reader.sql",
                    "with own as (select id from {{ ref('second') }}) select id from own union all select id from {{ ref('first') }}",
                ),
            ],
        );
        shop.build(1);
        assert_eq!(shop.relations(), ["reader|VIEW"]);
        assert_eq!(shop.rows("from reader order by id"), ["1", "2"]);
        let compiled = shop.read("target/compiled/shop/models/reader.sql");
        insta::allow_duplicates! {
        insta::assert_snapshot!(compiled, @r"
    with  __dbt__cte__first as (
     select 1 as id
    ),  __dbt__cte__second as (
     select id + 1 as id from __dbt__cte__first
    ), own as (select id from __dbt__cte__second) select id from own union all select id from __dbt__cte__first
    ");
        }
    });
}

#[test]
fn descriptions_become_comments() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                (
                    "models/orders.sql",
                    "{{ config(materialized='table') }} select 1 as id, 2 as day",
                ),
                ("models/late.sql", "select id from {{ ref('orders') }}"),
                (
                    "models/schema.yml",
                    "
models:
  - name: orders
    description: what the shop's customers bought
    config: {persist_docs: {relation: true, columns: true}}
    columns: [{name: ID, description: the order's number}, {name: gone, description: nobody has it}]
  - name: late
    description: a view
    config: {persist_docs: {relation: true, columns: true}}
    columns: [{name: id, description: the same number}]
",
                ),
            ],
        );
        shop.build(1);
        let comments = match place {
        Place::DuckDb => "
        select table_name as name, comment from duckdb_tables() where comment is not null
        union all select view_name, comment from duckdb_views() where comment is not null
        union all select table_name || '.' || column_name, comment from duckdb_columns() where comment is not null
        order by all".to_owned(),
        Place::Postgres => format!(
            "select concat_ws('.', c.relname, a.attname), d.description from pg_description as d \
             join pg_class as c on c.oid = d.objoid left join pg_attribute as a on a.attrelid = c.oid and a.attnum = d.objsubid and a.attnum > 0 \
             where c.relnamespace = '{}'::regnamespace order by all", shop.schema()),
    };
        assert_eq!(
            shop.rows(&comments),
            [
                "late|a view",
                "late.id|the same number",
                "orders|what the shop's customers bought",
                "orders.id|the order's number"
            ]
        );
    });
}

#[test]
fn a_project_overrides_any_built_in_macro() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                (
                    "models/orders.sql",
                    "{{ config(materialized='table') }} select 1 as id",
                ),
                (
                    "models/late.sql",
                    "{{ config(materialized='frozen') }} select 2 as id",
                ),
                (
                    "macros/own.sql",
                    "
{% macro postgres__create_table_as(temporary, relation, sql) %}
  {{ duckdb__create_table_as(temporary, relation, sql) }}
{% endmacro %}
{% macro duckdb__create_table_as(temporary, relation, sql) %}
  create table {{ relation }} as select *, 'ours' as made_by from ({{ sql }}) as own
{% endmacro %}
{% materialization frozen, default %}
  {%- set relation = this.incorporate(type='table') -%}
  {% call statement('main') %}{{ create_table_as(false, relation, sql) }}{% endcall %}
  {% do adapter.commit() %}
  {{ return({'relations': [relation]}) }}
{% endmaterialization %}",
                ),
            ],
        );
        shop.build(1);
        assert_eq!(shop.rows("from orders"), ["1|ours"]);
        assert_eq!(shop.rows("from late"), ["2|ours"]);
    });
}

#[test]
fn the_catalog_counts_rows_and_bytes() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                ("seeds/raw.csv", "id\n1\n2\n3\n"),
                ("models/looked_at.sql", "select id from {{ ref('raw') }}"),
                (
                    "models/large.sql",
                    "{{ config(materialized='table', alias='it\\'s large') }}
                     select n, cast(n * 997 % 1000003 as varchar) as name from generate_series(1, 300000) as s(n)",
                ),
            ],
        );
        shop.build(1);
        let catalog = shop.catalog();
        assert_eq!(catalog.errors, None);
        let stat = |id: &str, stat: &str| Some(catalog.nodes[id].stats.get(stat)?["value"].clone());
        let table = "seed.shop.raw";
        assert_eq!(stat(table, "num_rows"), Some(json!(3)), "{place:?}");
        assert_eq!(stat(table, "has_stats"), Some(json!(true)));
        assert!(stat(table, "bytes").is_some_and(|bytes| bytes.as_i64() > Some(0)));
        let bytes = stat("model.shop.large", "bytes").and_then(|bytes| bytes.as_i64());
        assert!(bytes > Some(1_000_000), "{place:?}: {bytes:?}");
        let view = "model.shop.looked_at";
        assert_eq!(stat(view, "num_rows"), None);
        assert_eq!(stat(view, "has_stats"), Some(json!(false)));
    });
}

#[test]
fn names_and_texts_that_are_sql_harm_nobody() {
    on_each(|place| {
        let model = |kind: &str| {
            format!(
                r#"{{{{ config(materialized='{kind}', alias='{kind}"; drop table victim; --', unique_key='id', persist_docs={{'relation': true, 'columns': true}}) }}}}
                   select 1 as id, {{{{ var('step') }}}} as "it's ""; drop table victim; --" from {{{{ ref('victim') }}}}"#
            )
        };
        let properties = r#"
models:
- name: table
  description: "'; drop table victim; --"
  columns:
  - {name: id, description: "'; drop table victim; --"}
  - {name: "it's \"; drop table victim; --", quote: true, data_tests: [not_null, {accepted_values: {values: [1, 2], quote: false}}]}
"#;
        let files = [
            ("seeds/victim.csv", "id\n1\n".to_owned()),
            (
                "seeds/sly.csv",
                "\"it's \"\"; drop table victim; --\"\n'); drop table victim; --\n".to_owned(),
            ),
            ("models/table.sql", model("table")),
            ("models/view.sql", model("view")),
            ("models/incremental.sql", model("incremental")),
            ("models/schema.yml", properties.to_owned()),
        ];
        let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
        let shop = Shop::at(place, &files);
        for step in [1, 2] {
            shop.build(step);
            for kind in ["incremental", "table", "view"] {
                let name = format!(
                    r#"from {}."{kind}""; drop table victim; --""#,
                    shop.schema()
                );
                assert_eq!(shop.rows(&name), [format!("1|{step}")]);
            }
            assert_eq!(shop.rows("from victim"), ["1"]);
            assert_eq!(shop.rows("from sly"), ["'); drop table victim; --"]);
        }
        assert_eq!(shop.catalog().nodes.len(), 5);
        let relations = [
            r#"incremental"; drop table victim; --|BASE TABLE"#,
            "sly|BASE TABLE",
            r#"table"; drop table victim; --|BASE TABLE"#,
            "victim|BASE TABLE",
            r#"view"; drop table victim; --|VIEW"#,
        ];
        assert_eq!(shop.relations(), relations);
    });
}
