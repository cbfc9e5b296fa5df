//! Changes that break an enforced contract, where `--state` compares: each expectation is dbt 1.12's.

use crate::support::Project;

const SOUND: &str = "
models:
- name: people
  config: {materialized: table, contract: {enforced: true}}
  columns:
  - {name: id, data_type: varchar(3), constraints: [{type: not_null}]}
  - {name: age, data_type: integer}
- name: old
  config: {contract: {enforced: true}}
  columns: [{name: id, data_type: integer}]
- name: gone
  deprecation_date: 2020-01-01
  config: {contract: {enforced: true}}
  columns: [{name: id, data_type: integer}]
- name: versioned
  config: {contract: {enforced: true}}
  columns: [{name: id, data_type: integer}]
  versions: [{v: 1}]
";

fn project() -> Project {
    let project = Project::new()
        .file("models/people.sql", "select 'a' as id, 1 as age")
        .file("models/old.sql", "select 1 as id")
        .file("models/gone.sql", "select 1 as id")
        .file("models/versioned_v1.sql", "select 1 as id")
        .file("models/m.yml", SOUND);
    project
        .refract(&["parse", "--target-path", "state"])
        .succeeds();
    project
}

/// What `ls` tells of a state once the first `from` in the properties is `to`.
fn told(state: &str, from: &str, to: &str, code: i32) -> String {
    assert!(SOUND.contains(from), "{from}");
    let project = project().file("models/m.yml", &SOUND.replacen(from, to, 1));
    let line = ["ls", "--select", state, "--state", "state"];
    project.refract(&line).exits(code).whole()
}

#[test]
fn what_breaks_a_contract_is_warned_of() {
    for (from, to, expected) in [
        ("varchar(3)", "VARCHAR(20)", None),
        (
            "- {name: age",
            "- {name: more, data_type: integer}\n  - {name: age",
            None,
        ),
        (
            "data_type: integer",
            "data_type: bigint",
            Some("types were changed: age (integer to bigint)"),
        ),
        (
            "name: age",
            "name: years",
            Some("columns were removed: age"),
        ),
        (
            "enforced: true",
            "enforced: false",
            Some("it is no longer enforced"),
        ),
        (
            ", constraints: [{type: not_null}]",
            "",
            Some("constraints were removed: not_null of id"),
        ),
        (
            "materialized: table",
            "materialized: view",
            Some("the materialization that held its constraints was changed: table to view"),
        ),
        (
            "- name: old\n  config: {",
            "- name: old\n  config: {enabled: false, ",
            Some("contract of model.shop.old: it was disabled"),
        ),
        // Whatever becomes of what is past its deprecation date.
        (
            "2020-01-01\n  config: {",
            "2020-01-01\n  config: {enabled: false, ",
            None,
        ),
    ] {
        let told = told("state:modified", from, to, 0);
        match expected {
            Some(expected) => assert!(told.contains(expected), "{from} → {to}: {told}"),
            None => assert!(!told.contains("breaking"), "{from} → {to}: {told}"),
        }
    }
    let from = "name: age";
    assert!(told("state:modified.contract", from, "name: years", 0).contains("breaking"));
    assert!(!told("state:modified.body", from, "name: years", 0).contains("breaking"));
}

#[test]
fn a_version_that_breaks_its_contract_is_an_error() {
    let (from, to) = (
        "columns: [{name: id, data_type: integer}]\n  versions",
        "columns: [{name: id, data_type: bigint}]\n  versions",
    );
    let told = told("state:modified+", from, to, 2);
    assert!(
        told.contains("contract of model.shop.versioned.v1: types were changed"),
        "{told}"
    );
}
