//! dbt's behavior flags: what a project is read as with and without each.
#![cfg(feature = "language")]

mod support;

use std::sync::Arc;

use compiler::diag::Severity;
use compiler::resolve::{LoadOptions, Loaded, load};
use support::Memory;

/// A project with `flags:` as given.
fn loaded(flags: &str, files: &[(&str, &str)]) -> Loaded {
    let project = format!("name: shop\nprofile: shop\nflags: {{{flags}}}\n");
    let mut all = vec![("dbt_project.yml", project.as_str())];
    all.extend(files);
    load(Arc::new(Memory::project(&all)), LoadOptions::default())
}

/// Severity and code of all that is told.
fn told(loaded: &Loaded) -> Vec<(Severity, &'static str)> {
    let all = loaded.diagnostics.0.iter();
    all.map(|one| (one.severity, one.code)).collect()
}

fn check(flags: &str, files: &[(&str, &str)], expected: &[(Severity, &'static str)]) {
    assert_eq!(told(&loaded(flags, files)), expected, "{flags}");
}

#[test]
fn names_have_no_spaces() {
    let code = "name-with-spaces";
    let model = [("models/my model.sql", "select 1 as id")];
    check("", &model, &[(Severity::Error, code)]);
    let off = "require_resource_names_without_spaces: false";
    check(off, &model, &[(Severity::Warning, code)]);
    let yaml = "sources: [{name: my source, tables: [{name: a}, {name: b}]}]\n";
    let source = [("models/s.yml", yaml)];
    check("", &source, &[(Severity::Warning, code)]);
    let on = "require_source_and_semantic_model_names_without_spaces: true";
    check(on, &source, &[(Severity::Error, code)]);
}

#[test]
fn a_seed_and_a_model_of_one_name_are_told_of() {
    let code = "duplicate-name";
    let both = [
        ("models/a.sql", "{{ config(alias='b') }} select 1 as id"),
        ("seeds/a.csv", "id\n1\n"),
    ];
    check("", &both, &[(Severity::Warning, code)]);
    let on = "require_unique_project_resource_names: true";
    check(on, &both, &[(Severity::Error, code)]);
}

#[test]
fn a_package_finds_its_own_model_first_where_the_project_says_so() {
    let files = [
        ("models/base.sql", "select 1 as id"),
        ("dbt_packages/other/dbt_project.yml", "name: other\n"),
        (
            "dbt_packages/other/models/base.sql",
            "{{ config(alias='other_base') }} select 2 as id",
        ),
        (
            "dbt_packages/other/models/reader.sql",
            "select * from {{ ref('base') }}",
        ),
    ];
    let read = |flags: &str| {
        let project = loaded(flags, &files).project.unwrap();
        let reader = &project.manifest.nodes["model.other.reader"];
        reader.depends_on.nodes.clone()
    };
    assert_eq!(read(""), ["model.shop.base"]);
    let on = "require_ref_searches_node_package_before_root: true";
    assert_eq!(read(on), ["model.other.base"]);
    let warning = [(Severity::Warning, "package-reads-project")];
    check("", &files, &warning);
    check(on, &files, &[]);
    let named = (
        "dbt_packages/other/models/reader.sql",
        "select * from {{ ref('shop', 'base') }}",
    );
    check("", &[&files[..3], &[named]].concat(), &[]);
}

#[test]
fn a_hook_at_the_end_of_the_project_file_ends_without_a_line_break() {
    let project =
        "name: shop\nprofile: shop\non-run-end:\n  - |\n    select 1\n  - |\n    select 2\n\n";
    let files = [("dbt_project.yml", project)];
    let loaded = load(Arc::new(Memory::project(&files)), LoadOptions::default());
    let hooks = loaded.project.unwrap().manifest.nodes;
    let code = |at: u8| {
        hooks[&format!("operation.shop.shop-on-run-end-{at}")]
            .raw_code
            .clone()
    };
    assert_eq!([code(0), code(1)], ["select 1\n", "select 2"]);
}

#[test]
fn files_marked_as_jinja_are_read_where_the_project_says_so() {
    let files = [
        ("models/a.sql", "select 1 as id"),
        (
            "models/b.sql.jinja",
            "select * from {{ ref('a') }} -- {{ doc_of() }}",
        ),
        (
            "macros/doc_of.sql.j2",
            "{% macro doc_of() %}it{% endmacro %}",
        ),
        ("models/d.md.jinja2", "{% docs d %}text{% enddocs %}"),
    ];
    let names = |flags: &str| {
        let loaded = loaded(flags, &files);
        let project = loaded.project.unwrap();
        assert!(!loaded.diagnostics.has_errors(), "{}", loaded.diagnostics);
        let docs = project
            .manifest
            .docs
            .keys()
            .filter(|id| id.contains(".shop."));
        let nodes = project.manifest.nodes.keys();
        nodes.chain(docs).cloned().collect::<Vec<_>>()
    };
    assert_eq!(names(""), ["model.shop.a"]);
    let on = "allow_jinja_file_extensions: true";
    assert_eq!(names(on), ["model.shop.a", "model.shop.b", "doc.shop.d"]);
}

#[test]
fn analyses_stand_under_their_own_folders_where_the_project_says_so() {
    let files = [("analyses/deep/a.sql", "select 1 as id")];
    let fqn = |flags: &str| {
        let project = loaded(flags, &files).project.unwrap();
        project.manifest.nodes["analysis.shop.a"].fqn.clone()
    };
    assert_eq!(fqn(""), ["shop", "analysis", "deep", "a"]);
    let on = "require_corrected_analysis_fqns: true";
    assert_eq!(fqn(on), ["shop", "deep", "a"]);
}

#[test]
fn documented_arguments_are_held_against_the_macro() {
    let files = [
        (
            "macros/m.sql",
            "{% macro m(first, second=1) %}{% endmacro %}",
        ),
        (
            "macros/m.yml",
            "macros: [{name: m, arguments: [{name: second, type: text}]}]\n",
        ),
    ];
    let warning = (Severity::Warning, "macro-arguments");
    check("", &files, &[warning, warning, warning]);
    let off = "validate_macro_args: false";
    check(off, &files, &[]);
    let arguments = |flags: &str, files: &[(&str, &str)]| {
        let project = loaded(flags, files).project.unwrap();
        project.manifest.macros["macro.shop.m"].arguments.len()
    };
    assert_eq!(arguments("", &files[..1]), 2);
    assert_eq!(arguments(off, &files[..1]), 0);
    assert_eq!(arguments(off, &files), 1);
}

#[test]
fn a_schema_that_is_left_open_is_an_error_where_the_project_says_so() {
    let files = [
        ("models/a.sql", "select 1 as id"),
        (
            "macros/g.sql",
            "{% macro generate_schema_name(custom, node) %}{{ return(none) }}{% endmacro %}",
        ),
    ];
    check("", &files, &[(Severity::Warning, "schema-name-none")]);
    let on = "require_valid_schema_from_generate_schema_name: true";
    check(on, &files, &[(Severity::Error, "no-schema")]);
}

#[test]
fn arguments_of_a_test_are_one_argument_where_the_project_says_so() {
    let files = [
        ("models/a.sql", "select 1 as id"),
        (
            "models/a.yml",
            "models: [{name: a, data_tests: [{cover: {arguments: {least: 1}}}]}]",
        ),
        (
            "macros/cover.sql",
            "{% test cover(model, arguments) %}select * from {{ model }} where id < {{ arguments.least }}{% endtest %}",
        ),
    ];
    check("", &files, &[(Severity::Error, "jinja")]);
    let off = "require_generic_test_arguments_property: false";
    check(off, &files, &[(Severity::Warning, "test-arguments-flag")]);
}

/// A semantic model of the model `a`.
const ORDERS: &str = "
semantic_models:
- name: orders
  model: ref('a')
  defaults: {agg_time_dimension: at}
  entities: [{name: order_key, type: primary, expr: id}]
  dimensions: [{name: at, type: time, type_params: {time_granularity: day}}]
  measures: [{name: total, agg: sum, expr: id}]";

#[test]
fn windows_of_metrics_are_nested() {
    let files = [
        ("models/a.sql", "select 1 as id"),
        (
            "models/a.yml",
            &format!(
                "{ORDERS}
metrics: [{{name: weekly, label: Weekly, type: cumulative, type_params: {{measure: total, window: 7 days}}}}]
models:
- {{name: a, time_spine: {{standard_granularity_column: at}}, columns: [{{name: at, granularity: day}}]}}
"
            ),
        ),
    ];
    check("", &files, &[(Severity::Error, "semantic-layer")]);
    // osi_document.json has neither its window nor the private metric that its measure becomes.
    check(
        "require_nested_cumulative_type_params: false",
        &files,
        &[
            (Severity::Warning, "osi-loss"),
            (Severity::Warning, "cumulative-parameters"),
            (Severity::Warning, "osi-loss"),
        ],
    );
}

#[test]
fn a_time_spine_by_name_alone_is_told_where_the_project_says_so() {
    let files = [
        ("models/a.sql", "select 1 as id"),
        ("models/metricflow_time_spine.sql", "select 1 as date_day"),
        (
            "models/a.yml",
            &format!(
                "{ORDERS}
metrics: [{{name: revenue, label: Revenue, type: simple, type_params: {{measure: total}}}}]
"
            ),
        ),
    ];
    let is_told = |flags: &str| {
        told(&loaded(flags, &files)).contains(&(Severity::Warning, "time-spine-without-yaml"))
    };
    assert!(!is_told(""));
    assert!(is_told(
        "require_yaml_configuration_for_mf_time_spines: false"
    ));
}

#[test]
fn what_a_flag_cannot_change_and_what_is_none_is_told() {
    let warning = |code| [(Severity::Warning, code)];
    let not_built = "use_v2_parser: true";
    check(not_built, &[], &warning("project-flag-not-built"));
    check("use_v2_parser: false", &[], &[]);
    check("partial_parse: false, printer_width: 90", &[], &[]);
    check("partial_pars: false", &[], &warning("project-unknown-flag"));
    check(
        "validate_macro_args: often",
        &[],
        &[(Severity::Error, "wrong-type")],
    );
}
