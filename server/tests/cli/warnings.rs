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
                "{{ exceptions.warn('careful') }} select 1 as id",
            );
        project.refract(&["build"]).succeeds();
        let run = project.refract(&["build", "--warn-error"]).exits(1);
        assert!(run.stdout().contains("FAIL 1 odd"), "{}", run.stdout());
        assert!(run.stdout().contains("careful"), "{}", run.stdout());
        let only = "{error: [LogTestResult]}";
        project
            .refract(&["test", "--warn-error-options", only])
            .exits(1);
        project
            .refract(&["run", "--warn-error-options", only])
            .succeeds();
    });
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
