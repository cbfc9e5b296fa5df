//! Warnings: which are errors, which are not shown, which are counted, and under which names.

use super::support::{Place, Project, on_each};

const TESTS: &str = "models:\n  - name: totals\n    data_tests:\n      - relationships: {to: ref('totals'), field: id, \
                     column_name: id}\n      - relationships: {name: again, to: ref('totals'), field: id, column_name: id}\n";

/// The names of warnings and errors in JSON lines, each once.
fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = text
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|line| {
            ["warn", "error"].contains(&line["info"]["level"].as_str().unwrap_or_default())
        })
        .filter_map(|line| Some(line["info"]["name"].as_str()?.to_owned()))
        .collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn a_deprecation_is_told_once_and_counted() {
    let project = Project::shop().file("models/t.yml", TESTS);
    let run = project.refract(&["parse"]).succeeds();
    let told = run.stdout().matches("warning[test-arguments]").count();
    assert_eq!(told, 1, "{}", run.stdout());
    let sum = "MissingArgumentsPropertyInGenericTestDeprecation: 2 places";
    assert!(run.stdout().contains(sum), "{}", run.stdout());
    let run = project
        .refract(&["parse", "--show-all-deprecations"])
        .succeeds();
    let told = run.stdout().matches("warning[test-arguments]").count();
    assert_eq!(told, 2, "{}", run.stdout());
    let run = project
        .refract(&["parse", "--log-format", "json"])
        .succeeds();
    assert_eq!(
        names(&run.stdout()),
        [
            "DeprecationsSummary",
            "MissingArgumentsPropertyInGenericTestDeprecation"
        ]
    );
    let options = "{silence: [Deprecations]}";
    let run = project
        .refract(&["parse", "--warn-error-options", options])
        .succeeds();
    assert!(!run.stdout().contains("warning"), "{}", run.stdout());
    let options = "{error: [Deprecations]}";
    project
        .refract(&["parse", "--warn-error-options", options])
        .exits(2);
}

#[test]
fn an_unknown_warning_is_refused() {
    let project = Project::shop();
    let run = project
        .refract(&["parse", "--warn-error-options", "{error: [UnusedTable]}"])
        .exits(2);
    assert!(
        run.stderr().contains("did you mean 'UnusedTables'?"),
        "{}",
        run.stderr()
    );
}

#[test]
fn old_options_are_told() {
    let project = Project::shop();
    let run = project
        .refract(&["ls", "-m", "totals", "--log-format", "json"])
        .succeeds();
    let all = format!("{}{}", run.stdout(), run.stderr());
    assert_eq!(
        names(&all),
        ["DeprecationsSummary", "ModelParamUsageDeprecation"]
    );
}

#[test]
fn select_does_not_count_beside_a_selector() {
    let selectors = "selectors: [{name: one, definition: totals}]\n";
    let project = Project::shop().file("selectors.yml", selectors);
    let run = project
        .refract(&["ls", "--selector", "one", "-s", "raw_orders"])
        .succeeds();
    assert_eq!(run.stdout().trim(), "shop.totals");
    assert!(
        run.stderr().contains("do not count beside --selector"),
        "{}",
        run.stderr()
    );
}

#[test]
fn warnings_of_tests_and_macros_are_failures_where_they_are_errors() {
    on_each(|place: Place| {
        let project = Project::shop_at(place)
            .file(
                "tests/odd.sql",
                "{{ config(severity='warn') }} select 1 as id",
            )
            .file(
                "models/careful.sql",
                "{{ exceptions.warn('mind this') }} select 1 as id",
            );
        let run = project.refract(&["build"]).succeeds();
        let told = run.stdout().matches("mind this").count();
        assert_eq!(told, 2, "while parsing and while running: {}", run.stdout());
        for command in ["parse", "build"] {
            let run = project.refract(&[command, "--warn-error"]).exits(2);
            assert!(run.stderr().contains("mind this"), "{}", run.stderr());
        }
        let project = project.file(
            "models/careful.sql",
            "{% if execute %}{{ exceptions.warn('mind this') }}{% endif %} select 1 as id",
        );
        let run = project.refract(&["build", "--warn-error"]).exits(1);
        assert!(run.stdout().contains("FAIL 1 odd"), "{}", run.stdout());
        assert!(run.stdout().contains("mind this"), "{}", run.stdout());
        let only = "{error: [LogTestResult]}";
        project
            .refract(&["test", "--warn-error-options", only])
            .exits(1);
        project
            .refract(&["run", "--warn-error-options", only])
            .succeeds();
    });
}

/// Names of warnings and errors of a command in JSON lines, as it ended well.
#[track_caller]
fn names_of(project: &Project, arguments: &[&str]) -> Vec<String> {
    let run = project
        .refract(&[arguments, &["--log-format", "json"]].concat())
        .succeeds();
    names(&run.stdout())
}

#[test]
fn what_templates_do_is_warned_of() {
    let cases: [(&str, &[&str]); 4] = [
        (
            "select {{ modules.itertools.chain([1], [2]) | list | length }} as n",
            &["DeprecationsSummary", "ModulesItertoolsUsageDeprecation"],
        ),
        (
            "{{ config(meta={'own': 3}) }} select {{ config.get('own', 1) }} as n",
            &["GetMetaKeyWarning"],
        ),
        (
            "select {{ 1 if adapter.already_exists('main', 'm') else 2 }} as n",
            &["AdapterDeprecationWarning"],
        ),
        (
            "{% if execute %}{% do adapter.get_columns_in_table('main', 'm') %}{% endif %} select 1 as n",
            &["AdapterDeprecationWarning"],
        ),
    ];
    for (model, expected) in cases {
        let project = Project::new().file("models/m.sql", model);
        assert_eq!(names_of(&project, &["run"]), expected, "{model}");
        let only = format!("{{error: [{}]}}", expected[expected.len() - 1]);
        let run = project.refract(&["run", "--warn-error-options", &only]);
        assert_ne!(run.code(), 0, "{model}");
        let none = format!("{{silence: [{}]}}", expected[expected.len() - 1]);
        let silent = names_of(&project, &["run", "--warn-error-options", &none]);
        assert_eq!(silent, Vec::<String>::new(), "{model}");
    }
}

#[test]
fn a_snapshot_whose_times_are_of_another_type_is_warned_of() {
    let yaml = "snapshots:\n  - name: s\n    relation: ref('m')\n    config: {strategy: timestamp, unique_key: id, \
                updated_at: changed}\n";
    on_each(|place: Place| {
        let project = Project::at(place)
            .file(
                "models/m.sql",
                "select 1 as id, cast('2024-01-01' as date) as changed",
            )
            .file("snapshots/s.yml", yaml);
        project.refract(&["run"]).succeeds();
        for _ in 0..2 {
            assert_eq!(
                names_of(&project, &["snapshot"]),
                ["SnapshotTimestampWarning"]
            );
        }
        let project = project.file(
            "models/m.sql",
            "select 1 as id, cast('2024-01-01' as timestamp) as changed",
        );
        project.refract(&["run"]).succeeds();
        project.sql("drop table main.s");
        assert_eq!(names_of(&project, &["snapshot"]), Vec::<String>::new());
    });
}

#[test]
fn packages_that_meddle_are_warned_of() {
    let view = "{% materialization view, default %}{% call statement('main') %}select 1{% endcall %}\
                {{ return({'relations': []}) }}{% endmaterialization %}";
    let flags = "flags: {require_explicit_package_overrides_for_builtin_materializations: false}\n";
    let project = Project::new()
        .file("models/m.sql", "select 1 as id")
        .file(
            "dbt_project.yml",
            &format!("name: shop\nprofile: shop\n{flags}"),
        )
        .file("dbt_packages/sub/dbt_project.yml", "name: sub\n")
        .file(
            "dbt_packages/sub/models/x.sql",
            "select * from {{ ref('m') }}",
        )
        .file("dbt_packages/sub/macros/view.sql", view);
    assert_eq!(
        names_of(&project, &["parse"]),
        ["PackageNodeDependsOnRootProjectNode"]
    );
    assert_eq!(
        names_of(&project, &["run"]),
        [
            "DeprecationsSummary",
            "PackageMaterializationOverrideDeprecation",
            "PackageNodeDependsOnRootProjectNode"
        ]
    );
    let first = "flags: {require_ref_searches_node_package_before_root: true}\n";
    let project = project.file(
        "dbt_project.yml",
        &format!("name: shop\nprofile: shop\n{first}"),
    );
    assert_eq!(names_of(&project, &["run"]), Vec::<String>::new());
}

#[test]
fn a_microbatch_strategy_of_ones_own_is_warned_of_where_dbt_calls_it_once() {
    let model = "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', \
                 begin='2026-01-01', batch_size='day') }} select * from {{ ref('given') }}";
    let project = Project::new()
        .file(
            "models/given.sql",
            "{{ config(event_time='at') }} select 1 as id, now() as at",
        )
        .file("models/m.sql", model)
        .file(
            "macros/own.sql",
            "{% macro get_incremental_microbatch_sql(arg_dict) %}select 1{% endmacro %}",
        );
    assert_eq!(names_of(&project, &["parse"]), Vec::<String>::new());
    let flags = "flags: {require_batched_execution_for_custom_microbatch_strategy: false}\n";
    let project = project.file(
        "dbt_project.yml",
        &format!("name: shop\nprofile: shop\n{flags}"),
    );
    assert_eq!(
        names_of(&project, &["parse"]),
        [
            "DeprecationsSummary",
            "MicrobatchMacroOutsideOfBatchesDeprecation",
            "ProjectFlagNotBuilt"
        ]
    );
}

#[test]
fn sources_without_limits_have_no_freshness() {
    let sources = "sources:\n  - name: raw\n    schema: main\n    tables: [{name: t, loaded_at_field: now()}]\n";
    let project = Project::new().file("models/s.yml", sources);
    assert_eq!(
        names_of(&project, &["source", "freshness"]),
        ["NothingToDo"]
    );
    let written = std::fs::read_to_string(project.path("target/sources.json")).expect("written");
    assert!(written.contains("\"results\":[]"), "{written}");
}

#[test]
fn flags_in_profiles_yml_count_where_the_project_has_none() {
    let project = Project::new().file(
        "models/m.sql",
        "{{ exceptions.warn('careful') }} select 1 as id",
    );
    let profiles = std::fs::read_to_string(project.path("profiles.yml")).expect("there");
    let project = project.file(
        "profiles.yml",
        &format!("config: {{warn_error: true}}\n{profiles}"),
    );
    project.refract(&["parse"]).exits(2);
    let project = project.file(
        "profiles.yml",
        &format!("config: {{partial_parse: true}}\n{profiles}"),
    );
    assert_eq!(
        names_of(&project, &["parse"]),
        [
            "DeprecationsSummary",
            "JinjaLogWarning",
            "ProjectFlagsMovedDeprecation"
        ]
    );
    let flag = "require_generic_test_arguments_property: false";
    let project = Project::shop().file(
        "models/t.yml",
        "models: [{name: totals, data_tests: [{accepted_values: {arguments: {values: [1]}}}]}]",
    );
    let profiles = std::fs::read_to_string(project.path("profiles.yml")).expect("there");
    let project = project.file("profiles.yml", &format!("config: {{{flag}}}\n{profiles}"));
    project.refract(&["parse"]).exits(2);
}

#[test]
fn a_failure_has_an_event_for_its_node_and_one_for_its_message() {
    let project = Project::new()
        .file("tests/f.sql", "select 1 as id")
        .file(
            "tests/w.sql",
            "{{ config(severity='warn') }} select 1 as id",
        )
        .file("models/e.sql", "select nowhere");
    let run = project.refract(&["build", "--log-format", "json"]).exits(1);
    let of_results: Vec<String> = run
        .stdout()
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|line| {
            line["info"]["name"]
                .as_str()
                .is_some_and(|name| name.starts_with("RunResult"))
        })
        .map(|line| {
            let part = |key: &str| line["info"][key].as_str().unwrap_or_default().to_owned();
            format!(
                "{} {} {}",
                part("name"),
                part("code"),
                line["data"]["node_name"]
            )
        })
        .collect();
    assert_eq!(
        of_results,
        [
            "RunResultFailure Z022 \"e\"",
            "RunResultError Z024 \"e\"",
            "RunResultFailure Z022 \"f\"",
            "RunResultError Z024 \"f\"",
            "RunResultWarning Z021 \"w\"",
            "RunResultWarningMessage Z046 \"w\""
        ]
    );
}

#[test]
fn an_unknown_test_stops_itself_alone() {
    let yaml = "models:\n  - name: totals\n    data_tests: [nope]\n";
    let project = Project::shop().file("models/t.yml", yaml);
    let run = project.refract(&["build"]).exits(1);
    assert!(
        run.stdout().contains("there is no generic test 'nope'"),
        "{}",
        run.stdout()
    );
    assert!(run.stdout().contains("ERROR=1"), "{}", run.stdout());
    project.refract(&["run"]).succeeds();
}
