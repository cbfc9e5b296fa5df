//! Materializations on PostgreSQL: what differs from DuckDB, above all what becomes of views when a relation is rebuilt.

use crate::support::Shop;
use server::execute::Command;

#[test]
fn unit_tests_take_their_types_from_the_warehouse() {
    let shop = Shop::in_schema(
        "unit",
        &[
            (
                "models/base.sql",
                "select 1 as id, 'a'::varchar(3) as name, 1.5::numeric(10,2) as price, date '2024-01-01' as day",
            ),
            (
                "models/reader.sql",
                "select id, upper(name) as name, price * 2 as price, day from {{ ref('base') }}",
            ),
            (
                "models/unit.yml",
                "
unit_tests:
  - name: doubles
    model: reader
    given:
      - input: ref('base')
        rows: [{id: 7, name: longer, price: 2}, {id: 8}]
    expect:
      rows: [{id: 8, name: null, price: null}, {id: 7, name: LONGER, price: 4.0}]
",
            ),
        ],
    );
    shop.build(1);
    let left =
        "select count(*)::text from information_schema.tables where table_name like 'doubles%'";
    assert_eq!(shop.rows(left), ["0"]);
}

#[test]
fn tables_that_one_view_reads_are_replaced_at_once_without_waiting_in_a_circle() {
    let names = ["one", "two", "three", "four"];
    let paths = names.map(|name| format!("models/{name}.sql"));
    let table =
        "{{ config(materialized='table') }} select {{ var('step') }} as step from pg_sleep(0.05)";
    let mut files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), table)).collect();
    let all = names.map(|name| format!("select step from {{{{ ref('{name}') }}}}"));
    let all = all.join(" union all ");
    files.push(("models/reader.sql", all.as_str()));
    files.push((
        "models/beyond.sql",
        "select sum(step)::text as steps from {{ ref('reader') }}",
    ));
    let shop = Shop::in_schema("at_once", &files);
    shop.build(1);
    for step in 2..8 {
        // The views are not built themselves: they live on what they read.
        shop.build_only(step, &names);
        let sum = (4 * step).to_string();
        assert_eq!(shop.rows("select steps from at_once.beyond"), [sum]);
    }
}

const BASE: &str = "{{ config(materialized='view' if var('step') == 3 else 'table') }}
select 1 as id, 'a' as name {{ ', 5 as extra' if var('step') != 4 }}";

#[test]
fn views_outlive_the_relations_they_read() {
    let shop = Shop::in_schema(
        "outlive",
        &[
            ("models/base.sql", BASE),
            (
                "models/reader.sql",
                "{{ config(grants={'select': ['reader']}, persist_docs={'relation': true}) }} select id, name from {{ ref('base') }}",
            ),
            ("models/beyond.sql", "select * from {{ ref('reader') }}"),
            (
                "models/kept.sql",
                "{{ config(materialized='materialized_view', indexes=[{'columns': ['id']}]) }} select id from {{ ref('beyond') }}",
            ),
            ("models/picky.sql", "select extra from {{ ref('base') }}"),
            (
                "models/schema.yml",
                "models: [{name: reader, description: it's read}]",
            ),
        ],
    );
    let relations = "
        select c.relname || ' ' || c.relkind::text
          || coalesce(' ' || obj_description(c.oid, 'pg_class'), '')
          || coalesce(' ' || (select string_agg(grantee, ',') from information_schema.role_table_grants g
                where g.table_schema = 'outlive' and g.table_name = c.relname and grantee = 'reader'), '')
          || (select repeat(' index', count(*)::int) from pg_index i where i.indrelid = c.oid)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'outlive' and c.relkind in ('r', 'v', 'm') order by 1";
    shop.build(1);
    let readers = [
        "beyond v",
        "kept m index",
        "picky v",
        "reader v it's read reader",
    ];
    let with = |base: &str, readers: &[&str]| {
        let mut all: Vec<String> = readers
            .iter()
            .chain([&base])
            .map(|one| (*one).to_owned())
            .collect();
        all.sort();
        all
    };
    assert_eq!(shop.rows(relations), with("base r", &readers));
    for (step, base) in [(2, "base r"), (3, "base v"), (1, "base r")] {
        shop.build_only(step, &["base"]);
        assert_eq!(shop.rows(relations), with(base, &readers), "step {step}");
    }
    shop.build_only(4, &["base"]);
    assert_eq!(
        shop.rows(relations),
        with("base r", &[readers[0], readers[1], readers[3]])
    );
}

#[test]
fn materialized_views_are_refreshed_and_their_indexes_follow_the_config() {
    let shop = Shop::in_schema(
        "refreshed",
        &[
            ("models/base.sql", "{{ config(materialized='incremental') }} select {{ var('step') }} as id"),
            (
                "models/kept.sql",
                "{{ config(materialized='materialized_view', indexes=[{'columns': ['id'], 'unique': var('step') != 2}]) }}
                 select id from {{ ref('base') }}",
            ),
        ],
    );
    let indexes = "select case when indexdef like '%UNIQUE%' then 'unique' else 'plain' end from pg_indexes where schemaname = 'refreshed'";
    for (step, expected, index) in [
        (1, "1", "unique"),
        (2, "1 2", "plain"),
        (3, "1 2 3", "unique"),
    ] {
        shop.build(step);
        assert_eq!(
            shop.rows("select string_agg(id::text, ' ' order by id) from kept"),
            [expected]
        );
        assert_eq!(shop.rows(indexes), [index]);
    }
}

#[test]
fn grants_are_what_the_config_says() {
    let shop = Shop::in_schema(
        "granted",
        &[(
            "models/base.sql",
            "{{ config(materialized='incremental', grants={'select': ['reader', 'plain'] if var('step') == 1 else ['plain'], 'insert': 'reader'}) }} select 1 as id",
        )],
    );
    let grants =
        "select grantee || ' ' || lower(privilege_type) from information_schema.role_table_grants
        where table_schema = 'granted' and grantee <> 'owner' order by 1";
    shop.build(1);
    assert_eq!(
        shop.rows(grants),
        ["plain select", "reader insert", "reader select"]
    );
    shop.build(2);
    assert_eq!(shop.rows(grants), ["plain select", "reader insert"]);
}

#[test]
fn long_names_have_room_for_what_is_built_beside_them() {
    let name = format!("a_{}", "long".repeat(15));
    let file = format!("models/{name}.sql");
    let shop = Shop::in_schema(
        "long_names",
        &[(
            &file,
            "{{ config(materialized='table') }} select {{ var('step') }} as id",
        )],
    );
    shop.build(1);
    shop.build(2);
    assert_eq!(shop.rows(&format!("select id::text from {name}")), ["2"]);
    assert_eq!(
        shop.rows("select count(*)::text from pg_tables where schemaname = 'long_names'"),
        ["1"]
    );
}

#[test]
fn statements_carry_the_query_comment() {
    let shop = Shop::in_schema(
        "comments",
        &[(
            "models/orders.sql",
            "{{ config(pre_hook='create table {{ this.schema }}.log as select current_query() as query') }} select 1 as id",
        )],
    );
    shop.build(1);
    assert_eq!(
        shop.rows("select split_part(query, '*/', 1) from log"),
        [
            "/* {\"app\": \"dbt\", \"dbt_version\": \"1.12.6\", \"profile_name\": \"shop\", \"target_name\": \"dev\", \"node_id\": \"model.shop.orders\"} "
        ]
    );
}

#[test]
fn batches_replace_rows_by_their_key() {
    let shop = Shop::in_schema(
        "batches",
        &[
            (
                "models/events.sql",
                "{{ config(materialized='table', event_time='happened') }}
                 select * from (values (1, timestamp '2024-02-03'), (2, timestamp '2025-04-05')) t(id, happened)",
            ),
            (
                "models/yearly.sql",
                "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened',
                           unique_key='id', batch_size='year', begin='2024-01-01', lookback=20) }}
                 select id, happened, {{ var('step') }} as step from {{ ref('events') }}",
            ),
        ],
    );
    let found = "select string_agg(id || ' ' || step, ', ' order by id) from yearly";
    shop.build(1);
    assert_eq!(shop.rows(found), ["1 1, 2 1"]);
    shop.build(2);
    assert_eq!(shop.rows(found), ["1 2, 2 2"]);
}

#[test]
fn names_that_postgres_would_cut_off_are_refused() {
    let just = "j".repeat(63);
    let long = "l".repeat(64);
    let files = [
        (
            format!("models/{just}.sql"),
            "{{ config(materialized='table') }} select 1 as id".to_owned(),
        ),
        (format!("models/{long}.sql"), "select 1 as id".to_owned()),
        (
            "models/wide.sql".to_owned(),
            format!(
                "{{{{ config(alias='{}') }}}} select 1 as id",
                "ü".repeat(40)
            ),
        ),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let shop = Shop::in_schema("names", &files);
    let mut told: Vec<String> = shop
        .command(Command::Build, 1, false)
        .results
        .results
        .iter()
        .filter_map(|result| {
            result
                .message
                .clone()
                .filter(|_| result.status.is_failure())
        })
        .map(|message| {
            message
                .lines()
                .nth(1)
                .unwrap_or_default()
                .trim()
                .replace(&long, "LONG")
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "Relation name 'LONG' is longer than 63 characters".to_owned(),
            format!("Relation name '{}' is longer than 63 bytes", "ü".repeat(40)),
        ]
    );
    let sql =
        "select table_name::text from information_schema.tables where table_schema like 'names%'";
    assert_eq!(shop.rows(sql), [just]);
}

/// dbt compares what its driver calls the types, and to that one `text` and `varchar(10)` are the same.
#[test]
fn a_contract_takes_text_for_varchar() {
    let shop = Shop::in_schema(
        "contract_types",
        &[
            (
                "models/people.sql",
                "{{ config(materialized='table') }} select 'ann'::text as name, 1::numeric(4, 1) as score",
            ),
            (
                "models/people.yml",
                "models: [{name: people, config: {contract: {enforced: true}}, columns: [{name: name, data_type: varchar(10)}, {name: score, data_type: numeric}]}]",
            ),
        ],
    );
    shop.build(1);
}

#[test]
fn tables_are_unlogged_where_the_config_says_so() {
    let model =
        "{{ config(materialized='incremental', unlogged=true) }} select {{ var('step') }} as id";
    let shop = Shop::in_schema("unlogged", &[("models/scratch.sql", model)]);
    for step in 1..=2 {
        shop.build(step);
        let kind =
            "select relpersistence::text from pg_class where oid = 'unlogged.scratch'::regclass";
        assert_eq!(shop.rows(kind), ["u"]);
    }
    assert_eq!(
        shop.rows("select id from unlogged.scratch order by id"),
        ["1", "2"]
    );
}

/// dbt fails to truncate the seed, unless the key is lost already.
#[test]
fn a_seed_that_a_key_points_at_is_loaded_again() {
    let shop = Shop::in_schema(
        "pointed_at",
        &[
            ("seeds/countries.csv", "id,name\n1,a\n"),
            (
                "seeds/countries.yml",
                "seeds: [{name: countries, config: {indexes: [{columns: [id], unique: true}]}}]",
            ),
            (
                "models/visits.sql",
                "-- depends_on: {{ ref('countries') }}\n{{ config(materialized='incremental', on_schema_change='append_new_columns') }} select 1 as country",
            ),
            (
                "models/visits.yml",
                "models: [{name: visits, config: {contract: {enforced: true}}, columns: [{name: country, data_type: integer, \
                 constraints: [{type: foreign_key, to: \"ref('countries')\", to_columns: [id]}]}]}]",
            ),
        ],
    );
    let keys = "select confrelid::regclass::text from pg_constraint where contype = 'f' and conrelid = 'visits'::regclass";
    shop.build(1);
    shop.write("seeds/countries.csv", "id,name\n1,b\n2,c\n");
    shop.build(1);
    shop.refresh(1);
    shop.write("seeds/countries.csv", "id,name\n2,c\n");
    assert_eq!(
        shop.rows("select name from countries order by id"),
        ["b", "c"]
    );
    assert_eq!(shop.rows(keys), ["countries"]);
    // What no longer fits is no reason to keep the old rows.
    shop.build_only(1, &["countries"]);
    assert_eq!(shop.rows("select name from countries"), ["c"]);
    assert_eq!(shop.rows(keys), [""; 0]);
}
