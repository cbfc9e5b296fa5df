//! What a project's mistakes are answered with: all at once, with file, line, column and a way out.
#![cfg(feature = "language")]

mod support;

use std::sync::Arc;

use compiler::diag::{Diagnostics, Severity};
use compiler::resolve::{LoadOptions, Loaded, load};
use support::Memory;

fn loaded(files: &[(&str, &str)]) -> Loaded {
    load(Arc::new(Memory::project(files)), LoadOptions::default())
}

fn lines(diagnostics: &Diagnostics) -> Vec<String> {
    let line = |d: &compiler::diag::Diagnostic| {
        let word = if d.severity == Severity::Error {
            "error"
        } else {
            "warning"
        };
        let hint = d
            .hint
            .as_deref()
            .map(|hint| format!(" → {hint}"))
            .unwrap_or_default();
        format!("{word}[{}] {d}{hint}", d.code)
    };
    diagnostics.0.iter().map(line).collect()
}

fn check(files: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(lines(&loaded(files).diagnostics), expected);
}

#[test]
fn a_sound_project_has_nothing_to_say() {
    let yaml = "models:\n  - name: a\n    columns: [{name: id, data_tests: [unique, not_null]}]\n";
    check(
        &[
            ("models/a.sql", "select 1 as id"),
            ("models/b.sql", "select * from {{ ref('a') }}"),
            ("models/a.yml", yaml),
        ],
        &[],
    );
}

#[test]
fn a_hook_under_both_of_its_names_is_refused() {
    check(
        &[(
            "models/a.sql",
            "{{ config({'pre_hook': 'select 1', 'pre-hook': 'select 2'}) }} select 1 as id",
        )],
        &[
            "error[config-arguments] config() is given 'pre_hook' and 'pre-hook', which are the same (models/a.sql:1:4)",
        ],
    );
}

#[test]
fn all_errors_come_in_one_go() {
    check(
        &[
            (
                "models/orders.sql",
                "select *\nfrom {{ ref('custmers') }}\njoin {{ source('raw', 'itmes') }}",
            ),
            ("models/customers.sql", "select 1"),
            ("models/other/customers.sql", "select 2"),
            ("models/broken.yml", "models:\n\t- name: x\n"),
            (
                "models/sources.yml",
                "sources:\n  - name: raw\n    tables: [{name: items}]\n",
            ),
            (
                "models/docs.yml",
                "models:\n  - name: orders\n    description: \"{{ doc('ordres') }}\"\n    columns:\n      - name: id\n        data_tests: [uniqe]\n",
            ),
            ("models/docs.md", "{% docs orders %}x{% enddocs %}\n"),
        ],
        &[
            "error[yaml-syntax] a tab is used for indentation (models/broken.yml:2:1) → YAML is indented with spaces; replace the tab",
            "error[doc-not-found] model.shop.orders is described by doc('ordres'), and there is no such docs block (models/docs.yml:2:5) → did you mean 'orders'?",
            "error[ref-not-found] model.shop.orders refers to 'custmers', which is not in the project (models/orders.sql:2:13) → did you mean 'customers'?",
            "error[source-not-found] model.shop.orders reads source 'raw.itmes', which is not defined (models/orders.sql:3:23) → did you mean 'items'?",
            "error[duplicate-name] there are two models called 'customers' (models/other/customers.sql) → names are unique whatever the folder; rename one of the files",
            "warning[test-not-found] there is no generic test 'uniqe' (models/docs.yml:6:22) → did you mean 'unique'?",
        ],
    );
}

#[test]
fn brackets_that_are_not_closed_are_found() {
    check(
        &[
            ("models/a.sql", "select 1"),
            (
                "models/a.yml",
                "models:\n  - name: a # [\n    description: 'a [ b'\n    columns: [{name: id, data_tests: [unique, not_null}]\n  - name: b\n",
            ),
        ],
        &["error[yaml-syntax] '[' is not closed (models/a.yml:4:38) → add the missing ']'"],
    );
}

#[test]
fn disabled_targets_are_named() {
    check(
        &[
            ("models/a.sql", "{{ config(enabled=False) }} select 1"),
            ("models/b.sql", "select * from {{ ref('a') }}"),
            (
                "models/a.yml",
                "models:\n  - name: a\n    columns: [{name: id, data_tests: [unique]}]\n",
            ),
        ],
        &[
            "error[ref-disabled] model.shop.b refers to 'a', which is disabled (models/b.sql:1:22) → enable model.shop.a, or remove the reference",
        ],
    );
}

#[test]
fn wrong_types_and_words_are_told() {
    check(
        &[
            (
                "models/a.sql",
                "{{ config(enabled='yes', tags={'a': 'b'}) }} select 1",
            ),
            ("models/b.sql", "{{ config(access='open') }} select 1"),
        ],
        &[
            "error[config-type] config 'enabled' of model.shop.a takes true or false, found \"yes\" (models/a.sql) → look at the config() call, the property file and dbt_project.yml",
            "error[config-type] config 'tags' of model.shop.a takes text or a list of texts, found [{\"a\":\"b\"}] (models/a.sql) → look at the config() call, the property file and dbt_project.yml",
            "error[config-value] 'open' is no value of 'access' (model.shop.b) (models/b.sql) → it takes private, protected or public",
        ],
    );
}

#[test]
fn unknown_keys_warn() {
    check(
        &[
            (
                "dbt_project.yml",
                "name: shop\nprofile: shop\nmodel-path: [models]\n",
            ),
            ("models/a.sql", "select 1"),
            (
                "models/a.yml",
                "model:\n  - name: a\nmodels:\n  - name: a\n    descripton: x\n    colour: red\n  - name: missing\n",
            ),
        ],
        &[
            "warning[project-unknown-key] 'model-path' is not a setting of dbt_project.yml (dbt_project.yml:3:1) → did you mean 'model-paths'?",
            "warning[properties-unknown-key] 'model' is not known in a property file (models/a.yml:1:1) → did you mean 'models'?",
            "warning[properties-unknown-key] 'descripton' is not a property of 'models' (models/a.yml:5:5) → did you mean 'description'?",
            "warning[properties-unknown-key] 'colour' is not a property of 'models' (models/a.yml:6:5) → put it under `config:`, or under `config: {meta: {colour: …}}` where it is your own",
            "warning[properties-without-node] there is no model 'missing' for these properties (models/a.yml:7:11) → remove the entry, or check the name and the file's folder",
        ],
    );
}

#[test]
fn a_test_with_wrong_indentation_is_explained() {
    let yaml = "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests:\n          - accepted_values:\n            values: [1]\n          - not_null:\n";
    check(
        &[("models/a.sql", "select 1"), ("models/a.yml", yaml)],
        &[
            "error[test-shape] a test has more than one name (models/a.yml:6:13) → indent the arguments below the test's name: they stand beside it now",
            "error[test-definition] test 'not_null' has a colon but no arguments (models/a.yml:8:13) → write `- not_null` without the colon, or indent its arguments below it",
        ],
    );
}

#[test]
fn a_missing_profile_lists_what_there_is() {
    check(
        &[("dbt_project.yml", "name: shop\nprofile: shpo\n")],
        &[
            "error[profile-not-found] there is no profile 'shpo' in profiles.yml (dbt_project.yml:2:10) → did you mean 'shop'? profiles.yml has: shop",
        ],
    );
}

#[test]
fn a_missing_target_lists_what_there_is() {
    let options = LoadOptions {
        target: Some("prod".into()),
        ..LoadOptions::default()
    };
    let loaded = load(Arc::new(Memory::project(&[])), options);
    assert_eq!(
        lines(&loaded.diagnostics),
        [
            "error[target-not-found] profile 'shop' has no target 'prod' (profiles.yml:1:1) → its targets are: dev"
        ]
    );
    assert!(loaded.project.is_none());
}

#[test]
fn broken_jinja_has_its_line() {
    let found = lines(&loaded(&[("models/a.sql", "select 1,\n  {{ ref('b' }}\n")]).diagnostics);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("models/a.sql:2"), "{found:?}");
}

#[test]
fn configurations_that_apply_to_nothing_are_told() {
    check(
        &[
            (
                "dbt_project.yml",
                "
name: shop
profile: shop
models:
  +tags: []
  shop:
    staging: {+materialized: view}
    stagin: {+materialized: view, deep: {+tags: []}}
    meta: {owner: me}
    +docs: {show: true}
    idle: {+enabled: false}
# What is switched off counts for every section.
seeds: {+quote_columns: true}
analyses: {nowhere: {+enabled: true}}
",
            ),
            ("models/staging/a.sql", "select 1"),
            ("models/idle/b.sql", "select 1"),
        ],
        &[
            "warning[unused-resource-config-path] the configuration models.shop.stagin applies to no resource (dbt_project.yml:8:5) → a path is the name of a project or package and then of folders: check its spelling, or remove it",
            "warning[unused-resource-config-path] the configuration models.shop.stagin.deep applies to no resource (dbt_project.yml:8:35) → a path is the name of a project or package and then of folders: check its spelling, or remove it",
            "warning[unused-resource-config-path] the configuration models.shop.meta applies to no resource (dbt_project.yml:9:5) → a config that is a mapping takes a plus: `+meta:`",
        ],
    );
}

#[test]
fn deprecated_models_and_their_readers_are_told() {
    check(
        &[
            ("models/old_v1.sql", "select 1"),
            ("models/old_v2.sql", "select 2"),
            ("models/soon.sql", "select * from {{ ref('old', v=1) }}"),
            ("models/reader.sql", "select * from {{ ref('soon') }}"),
            (
                "models/a.yml",
                "
models:
- {name: old, versions: [{v: 1, deprecation_date: 2020-01-01}, {v: 2}]}
- {name: soon, deprecation_date: 2999-12-31}
",
            ),
        ],
        &[
            "warning[deprecated-model] old.v1 has passed its deprecation date of 2020-01-01 (models/old_v1.sql) → switch it off, or remove it",
            "warning[upcoming-reference-deprecation] reader reads soon, which is to be deprecated on 2999-12-31 (models/reader.sql) → read something else before it is gone",
            "warning[deprecated-reference] soon reads old.v1, which was deprecated on 2020-01-01 (models/soon.sql) → there is a newer version: ref('shop', 'old', v=2)",
        ],
    );
}

#[test]
fn undefined_values_in_yaml_have_their_column() {
    check(
        &[
            ("models/a.sql", "select 1"),
            (
                "models/a.yml",
                "models:\n- name: a\n  meta: {b: \"{{ target.project.name }}\", c: \"{{- nope(1) }}\"}\n",
            ),
        ],
        &[
            "error[jinja-undefined] 'target.project' is undefined, so 'target.project.name' cannot be had (models/a.yml:3:17) → check the spelling, or say `| default(…)` where it may be missing",
            "error[jinja-undefined] 'nope' is undefined (models/a.yml:3:50) → check the spelling; if it belongs to a package, run `refract deps` to install it",
        ],
    );
}

#[test]
fn missing_macros_are_named() {
    let code = "{% set local = 1 %}\nselect {{ cents_to_dolars('a') }}, {{ dbt_utils.star(this) }}, {{ range(3) }}";
    check(
        &[
            ("models/a.sql", code),
            (
                "macros/m.sql",
                "{% macro cents_to_dollars(a) %}{% endmacro %}",
            ),
        ],
        &[
            "warning[macro-not-found] there is no macro 'cents_to_dolars' (models/a.sql:2:11) → did you mean 'cents_to_dollars'?",
            "warning[macro-not-found] there is no macro 'dbt_utils.star' (models/a.sql:2:39) → package 'dbt_utils' is not installed; run `refract deps`",
        ],
    );
}

#[test]
fn a_dispatch_without_a_macro_is_refused_where_nothing_calls_it() {
    let macros = "{% macro warehouses() %}\n  {{ return(adapter.dispatch('warehouses', 'shop')()) }}\n{% endmacro %}\n{% macro snowflake__warehouses() %}{% endmacro %}\n{% macro sound() %}{{ adapter.dispatch('sound')() }}{% endmacro %}\n{% macro default__sound() %}{% endmacro %}";
    check(
        &[("macros/m.sql", macros)],
        &[
            "error[dispatch] no macro 'warehouses' to dispatch to in 'shop' (macros/m.sql:2) → write a macro `duckdb__warehouses` or `default__warehouses`; of a package for other warehouses, in the project",
        ],
    );
    let called = [
        ("macros/m.sql", macros),
        ("models/a.sql", "{{ warehouses() }}"),
    ];
    assert_eq!(loaded(&called).diagnostics.0.len(), 1, "told once");
}

#[test]
fn secrets_stay_out_of_what_is_shown() {
    let profiles = "shop:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n      host: \"{{ env_var('DB_HOST', 'localhost') }}\"\n      user: u\n      password: \"{{ env_var('DBT_ENV_SECRET_PASS') }}\"\n      sslcert: \"x{{ env_var('DBT_ENV_SECRET_PASS') }}y\"\n      dbname: d\n      schema: s\n";
    let world =
        Memory::project(&[("profiles.yml", profiles)]).with_env("DBT_ENV_SECRET_PASS", "hunter2");
    let loaded = load(Arc::new(world), LoadOptions::default());
    assert_eq!(lines(&loaded.diagnostics), Vec::<String>::new());
    let project = loaded.project.expect("a project");
    let shown = format!("{:?} {:?}", project.profile, project.scope.target);
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(project.profile.config["password"].exposed(), "hunter2");
    assert_eq!(project.profile.config["sslcert"].exposed(), "xhunter2y");
    assert_eq!(project.profile.text("host"), Some("localhost"));
}

#[test]
fn a_missing_secret_is_called_by_its_own_name() {
    let profiles = "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: x, token: \"{{ env_var('DBT_ENV_SECRET_T') }}\"}\n";
    let found = lines(&loaded(&[("profiles.yml", profiles)]).diagnostics);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("DBT_ENV_SECRET_T") && found[0].contains("profiles.yml:4"),
        "{found:?}"
    );
}
