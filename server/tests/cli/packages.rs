//! What public packages do that a project seldom does: each of these once failed on one of them.

use crate::support::{Place, Project, check, on_each};

/// A shop with the package `tools` in `dbt_packages`.
fn with_package(place: Place, macros: &str) -> Project {
    Project::at(place)
        .file(
            "dbt_packages/tools/dbt_project.yml",
            "name: tools\nversion: 2.3.4\n",
        )
        .file("dbt_packages/tools/macros/tools.sql", macros)
        .file("seeds/countries.csv", "code,name\nDE,Germany\nFR,France\n")
}

fn shown(project: &Project, sql: &str) -> String {
    let run = project.refract(&["compile", "--quiet", "--inline", sql]);
    run.succeeds().stdout().trim().to_owned()
}

#[test]
fn relations_are_mappings_and_tell_their_class() {
    on_each(|place| {
        let project = with_package(place,
        "{% macro is_relation(value) %}{{ value is mapping and value.get('metadata', {}).get('type', '').endswith('Relation') }}{% endmacro %}\n",
    )
    .file("models/own.sql", "select {{ tools.is_relation(this) }} as own, {{ tools.is_relation(ref('countries')) }} as other, {{ tools.is_relation('x') }} as text\n");
        project.refract(&["build"]).succeeds();
        let sql =
            "{{ tools.is_relation(ref('countries')) }} {{ api.Column('a', 'int') is mapping }}";
        assert_eq!(shown(&project, sql), "True False");
    });
}

#[test]
fn a_table_is_its_rows() {
    on_each(|place| {
        let project = with_package(place, "");
        project.refract(&["seed"]).succeeds();
        let sql = "{% set found = run_query('select * from ' ~ ref('countries') ~ ' order by 1') %}\
        {% for row in found %}{{ row[0] }}={{ row['name'] }} {% endfor %}{{ found | length }} {{ found[1][0] }}";
        assert_eq!(shown(&project, sql), "DE=Germany FR=France 2 FR");
    });
}

#[test]
fn text_columns_have_a_length_and_decimals_their_whole_type() {
    let project = Project::new().file(
        "models/typed.sql",
        "select 'a' as word, 1.5::decimal(10, 2) as price, 1 as amount\n",
    );
    project.refract(&["run"]).succeeds();
    let sql = "{% for column in adapter.get_columns_in_relation(ref('typed')) %}\
        {{ column.data_type }} {{ column.is_string() }} {{ column.is_number() }}; {% endfor %}";
    // As dbt-duckdb has it, which knows a decimal by its name only.
    assert_eq!(
        shown(&project, sql),
        "character varying(256) True False; DECIMAL(10,2) False False; INTEGER False True;"
    );
}

#[test]
fn hooks_of_a_package_find_its_macros() {
    on_each(|place| {
        let project = with_package(
            place,
            "{% macro note(relation) %}insert into {{ relation }} values (2){% endmacro %}\n",
        )
        .file(
            "dbt_packages/tools/models/noted.sql",
            "{{ config(materialized='table', post_hook=\"{{ note(this) }}\") }} select 1 as id\n",
        );
        project.refract(&["run"]).succeeds();
        let sql = "{{ run_query('select count(*) from ' ~ ref('noted')).rows[0][0] }}";
        assert_eq!(shown(&project, sql), "2");
    });
}

#[test]
fn packages_can_ask_for_their_version() {
    let project = with_package(Place::DuckDb, "");
    let sql = "{{ builtins.ref.config.dependencies['tools'].version }} {{ builtins.ref.config.project_name }}";
    assert_eq!(shown(&project, sql), "2.3.4 shop");
}

#[test]
fn a_test_of_a_model_that_is_not_there_is_not_run() {
    let project = with_package(Place::DuckDb, "").file(
        "models/models.yml",
        "models:\n  - name: gone\n    columns:\n      - name: id\n        data_tests: [unique]\n",
    );
    let run = project.refract(&["build"]).succeeds();
    assert!(run.stdout().contains("TOTAL=1"), "{}", run.stdout());
}

#[test]
fn filters_of_a_models_metrics_are_not_rendered() {
    let project = with_package(Place::DuckDb, "").file(
        "models/models.yml",
        "models:\n  - name: orders\n    metrics:\n      - name: paid\n        filter: \"{{ Dimension('order__paid') }}\"\n",
    )
    .file("models/orders.sql", "select 1 as id\n");
    project.refract(&["parse"]).succeeds();
}

#[test]
fn another_dbt_is_wanted() {
    let project = with_package(Place::DuckDb, "").file(
        "dbt_packages/tools/dbt_project.yml",
        "name: tools\nrequire-dbt-version: ['>=2.0.0', '<3.0.0']\n",
    );
    check("version-check", &project.refract(&["parse"]));
    project.refract(&["parse", "--no-version-check"]).succeeds();
    project
        .refract_with(&["parse"], &[("DBT_VERSION_CHECK", "false")])
        .succeeds();
}

#[test]
fn empty_reads_no_rows() {
    on_each(|place| {
        let project = Project::shop_at(place);
        project.refract(&["build", "--empty"]).succeeds();
        let compiled = std::fs::read_to_string(
            project.path("target/compiled/shop/models/staging/stg_orders.sql"),
        )
        .expect("compiled");
        let compiled = compiled.replace(project.database(), "shop");
        let expected = r#"select order_id, amount from (select * from "shop"."main"."raw_orders" where false limit 0)"#;
        assert!(compiled.starts_with(expected), "{compiled}");
        for relation in ["raw_orders", "stg_orders"] {
            let sql = format!("{{{{ run_query('select count(*) from {relation}').rows[0][0] }}}}");
            assert_eq!(shown(&project, &sql), "0", "{relation}");
        }
    });
}

#[test]
fn a_unit_test_puts_a_constant_for_a_packages_macro() {
    let project = with_package(Place::DuckDb, "{% macro rate() %}{{ run_query('select * from nowhere') }}{% endmacro %}\n")
        .file("models/rated.sql", "select {{ tools.rate() }} as rate\n")
        .file(
            "models/rated.yml",
            "unit_tests:\n  - name: rates\n    model: rated\n    given: []\n    overrides: {macros: {tools.rate: 3}}\n    expect: {rows: [{rate: 3}]}\n",
        );
    project
        .refract(&["compile", "--select", "rates"])
        .succeeds();
}
