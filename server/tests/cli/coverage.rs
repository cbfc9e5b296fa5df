//! `refract docs coverage`: shares, gaps, limits.

use serde_json::Value;

use crate::support::{Project, check};

/// `stg_orders.order_id` is tested; `later` copies it, and computes another column.
fn project() -> Project {
    let project = Project::shop()
        .file(
            "models/later.sql",
            "select order_id, amount * 2 as twice from {{ ref('stg_orders') }}\n",
        )
        .file(
            "models/later.yml",
            "models:\n  - name: later\n    description: What comes after.\n    config: {meta: {owner: Ann}}\n    columns: [{name: order_id, description: The key.}, {name: twice}]\n",
        );
    project.refract(&["build", "-q"]).succeeds();
    project
}

#[test]
fn forms() {
    let project = project();
    let coverage =
        |arguments: &[&str]| project.refract(&[&["-q", "docs", "coverage"], arguments].concat());
    check("coverage-text", &coverage(&[]));
    check(
        "coverage-too-low",
        &coverage(&[
            "--select",
            "later",
            "--fail-under",
            "proven=50,keys=1,described=50.5",
        ]),
    );
    check(
        "coverage-bad-limit",
        &coverage(&["--fail-under", "keys=101"]),
    );
    check(
        "coverage-nothing",
        &coverage(&["--select", "resource_type:seed"]),
    );
    assert_eq!(coverage(&["--fail-under", "proven=20"]).code(), 0);
}

#[test]
fn tools_get_the_same() {
    let project = project();
    let read = |format: &str| -> Value {
        let run = project.refract(&["-q", "docs", "coverage", "--output", format]);
        serde_json::from_str(&run.succeeds().stdout()).expect("JSON")
    };
    let json = read("json");
    assert_eq!(json["total"]["tested_share"]["count"], 1);
    assert_eq!(json["total"]["proven_share"]["count"], 2);
    let gaps = json["gaps"].as_array().expect("gaps");
    let sarif = read("sarif");
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), gaps.len());
    let rules: Vec<&Value> = run["tool"]["driver"]["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .map(|rule| &rule["id"])
        .collect();
    for result in results {
        assert!(rules.contains(&&result["ruleId"]), "{result}");
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert!(project.path(place.as_str().expect("a path")).is_file());
    }
}
