//! `refract ls` in all its forms.

use crate::support::{Project, check};

fn project() -> Project {
    Project::shop()
        .file("models/sources.yml", "sources:\n  - name: raw\n    tables: [{name: events}]\nexposures:\n  - name: board\n    type: dashboard\n    owner: {name: Ann, email: ann@example.com}\n    depends_on: [\"ref('totals')\"]\n")
        .file("analyses/look.sql", "select * from {{ ref('totals') }}\n")
        .file("snapshots/orders_history.yml", "snapshots:\n  - name: orders_history\n    relation: ref('stg_orders')\n    config: {unique_key: order_id, strategy: check, check_cols: all}\n")
}

#[test]
fn forms() {
    let project = project();
    check("ls", &project.refract(&["ls"]));
    check(
        "ls-name",
        &project.refract(&["ls", "-q", "--output", "name"]),
    );
    check(
        "ls-path",
        &project.refract(&["ls", "-q", "--output", "path"]),
    );
    check(
        "ls-json-keys",
        &project.refract(&[
            "ls",
            "-q",
            "--output",
            "json",
            "--output-keys",
            "name",
            "config.materialized",
            "depends_on",
        ]),
    );
}

#[test]
fn json_has_dbts_keys() {
    let run = project()
        .refract(&["ls", "-q", "--output", "json", "-s", "totals"])
        .succeeds();
    let object: serde_json::Value = serde_json::from_str(&run.stdout()).expect("JSON");
    let keys: Vec<&str> = object
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    let expected = [
        "name",
        "resource_type",
        "package_name",
        "original_file_path",
        "unique_id",
        "alias",
        "config",
        "tags",
        "depends_on",
        "direct_parents",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn kinds() {
    let project = project();
    let names = |arguments: &[&str]| {
        let line: Vec<&str> = ["ls", "-q", "--output", "name"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        project.refract(&line).succeeds().lines()
    };
    assert_eq!(
        names(&["--resource-type", "model"]),
        ["stg_orders", "totals"]
    );
    assert_eq!(
        names(&["--resource-type", "source", "exposure"]),
        ["board", "raw.events"]
    );
    assert_eq!(names(&["--resource-type", "analysis"]), ["look"]);
    assert_eq!(
        names(&["--exclude-resource-type", "test", "--select", "stg_orders"]),
        ["stg_orders"]
    );
    assert_eq!(
        names(&[
            "--select",
            "+exposure:board",
            "--exclude",
            "resource_type:test"
        ]),
        ["board", "stg_orders", "totals", "raw_orders"]
    );
}
