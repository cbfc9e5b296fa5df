//! `refract docs diff`: what changed since other artifacts.

use crate::support::{Project, check};

/// A built project and its artifacts in `before`, then changed in every way.
fn project() -> Project {
    let properties = |kind: &str| {
        format!(
            "exposures:\n  - name: board\n    type: dashboard\n    owner: {{name: Ann}}\n    depends_on: [\"ref('later')\"]\nsources:\n  - name: raw\n    tables: [{{name: events, columns: [{{name: kind, data_type: {kind}}}]}}]\n"
        )
    };
    let project = Project::shop()
        .file(
            "macros/cents.sql",
            "{% macro cents(x) %}{{ x }}{% endmacro %}",
        )
        .file("models/gone.sql", "select 1 as one")
        .file("models/later.sql", "select * from {{ ref('totals') }}")
        .file(
            "models/priced.sql",
            "select {{ cents('amount') }} as price from {{ ref('stg_orders') }}",
        )
        .file("models/properties.yml", &properties("text"));
    project.refract(&["build", "-q"]).succeeds();
    project.refract(&["docs", "generate", "-q"]).succeeds();
    std::fs::rename(project.path("target"), project.path("before")).expect("moved");
    std::fs::remove_file(project.path("models/gone.sql")).expect("removed");
    let project = project
        .file("macros/cents.sql", "{% macro cents(x) %}{{ x }} / 100.0{% endmacro %}")
        .file("models/new.sql", "select * from {{ ref('stg_orders') }}")
        .file(
            "models/totals.sql",
            "{{ config(materialized='table', tags=['x'], alias='sums') }}\nselect sum(amount) as total_amount, count(*) as orders from {{ ref('stg_orders') }}\n",
        )
        .file("models/properties.yml", &properties("integer"));
    project.refract(&["build", "-q"]);
    project.refract(&["docs", "generate", "-q"]).succeeds();
    project
}

#[test]
fn forms() {
    let project = project();
    let diff = |arguments: &[&str]| {
        let command = ["-q", "docs", "diff", "--state", "before"];
        project.refract(&[&command[..], arguments].concat())
    };
    check("diff-text", &diff(&[]));
    check("diff-markdown", &diff(&["--output", "markdown"]));
    check("diff-json", &diff(&["--output", "json"]));
    let same = project.refract(&["-q", "docs", "diff", "--state", "target"]);
    assert_eq!(same.stdout(), "Nothing changed.\n");
}

#[test]
fn a_state_that_is_not_there_is_named() {
    let project = Project::shop();
    check("diff-no-state", &project.refract(&["-q", "docs", "diff"]));
    check(
        "diff-missing-state",
        &project.refract(&["-q", "docs", "diff", "--state", "nowhere"]),
    );
}
