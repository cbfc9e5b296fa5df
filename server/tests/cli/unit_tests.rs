//! Unit tests of models, on the project whose manifest `compiler/tests/parity` compares with dbt's.

use std::path::Path;

use serde_json::Value;

use crate::support::{Place, Project, Run, check, on_each};

/// The parity project on a warehouse that has its source.
fn project(place: Place) -> Project {
    let parity = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler/tests/parity");
    let project = Project::at(place).copy(&parity.join("projects/unit_tests"));
    let profiles = project.profiles("parity", &[("dev", "main")]);
    let project = project.file("profiles.yml", &profiles);
    project.sql(
        "create table main.orders as select 1 as order_id, 1 as person_id, \
         10.5::decimal(10,2) as amount, timestamp '2024-01-01' as at",
    );
    project
}

/// `name status` of each result in `run_results.json`, sorted.
fn statuses(project: &Project) -> Vec<String> {
    let text = std::fs::read_to_string(project.path("target/run_results.json")).expect("results");
    let results: Value = serde_json::from_str(&text).expect("JSON");
    let results = results["results"].as_array().expect("a list");
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines: Vec<String> = results
        .iter()
        .map(|result| {
            let id = word(&result["unique_id"]);
            let name = id.splitn(3, '.').nth(2).unwrap_or_default();
            format!("{name} {}", word(&result["status"]))
        })
        .collect();
    lines.sort();
    lines
}

fn unit_tests(project: &Project, select: &str) -> Run {
    project.refract(&["test", "--select", select])
}

#[test]
fn they_end_as_under_dbt() {
    on_each(|place| {
        let project = project(place);
        project.refract(&["seed"]).succeeds();
        project.refract(&["run"]).succeeds();
        let run = unit_tests(&project, "test_type:unit");
        assert_eq!(run.code(), 1, "{}", run.whole());
        assert_eq!(
            statuses(&project),
            [
                "facts.facts_from_files error",
                "facts.facts_overridden pass",
                "facts.facts_wrong fail",
                "inc.inc_full pass",
                "inc.inc_later pass",
                "seedreader.seed_itself pass",
                "seedreader.wrong_column error",
                "seedreader.wrong_expected_column error",
                "stg_people.names_are_loud pass",
                "stg_people.quiet_by_override pass",
                "v.all_versions_v1 pass",
                "v.all_versions_v2 pass",
                "v.nothing_in_nothing_out_v2 pass",
            ],
            "{}",
            run.whole()
        );
    });
}

#[test]
fn a_failure_shows_the_rows_that_differ() {
    on_each(|place| {
        let project = project(place);
        project.refract(&["seed"]).succeeds();
        project.refract(&["run"]).succeeds();
        check(
            &project.own("unit-tests"),
            &unit_tests(
                &project,
                "facts_wrong wrong_column wrong_expected_column inc_later",
            ),
        );
    });
}

#[test]
fn build_runs_them_before_their_model() {
    on_each(|place| {
        let project = project(place);
        check(
            &project.own("unit-tests-build"),
            &project.refract(&[
                "build",
                "--exclude",
                "wrong_column",
                "wrong_expected_column",
            ]),
        );
    });
}

#[test]
fn mistakes_in_them_are_told_with_their_place() {
    let project = project(Place::DuckDb).file(
        "models/wrong.yml",
        "unit_tests:
  - {name: no_model, given: [], expect: {rows: []}}
  - {name: unknown_model, model: fact, given: [], expect: {rows: []}}
  - {name: no_rows, model: v, given: [{input: ref('stg_people')}], expect: {rows: []}}
  - {name: no_fixture, model: facts, given: [{input: ref('eph'), format: csv, fixture: ordrs}], expect: {rows: []}}
  - {name: no_answer, model: inc, given: [], expect: {rows: []}}
  - {name: no_this, model: inc, overrides: {macros: {is_incremental: true}}, given: [], expect: {rows: []}}
  - {name: no_versions, model: facts, versions: {include: [1]}, given: [], expect: {rows: []}}
  - {name: odd_format, model: facts, given: [], expect: {format: xml, rows: []}}
",
    );
    check("unit-tests-mistakes", &project.refract(&["parse"]));
}
