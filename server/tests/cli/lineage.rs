//! `refract docs lineage` in all its forms.

use crate::support::{Project, check};

fn project() -> Project {
    Project::shop()
        .file("models/sources.yml", "sources:\n  - name: raw\n    tables: [{name: events, columns: [{name: kind}]}]\nexposures:\n  - name: board\n    type: dashboard\n    owner: {name: Ann, email: ann@example.com}\n    depends_on: [\"ref('totals')\"]\n")
        .file("models/later.sql", "select * from {{ ref('totals') }} where total > 1\n")
}

#[test]
fn forms() {
    let project = project();
    project.refract(&["compile", "-q"]).succeeds();
    let lineage =
        |arguments: &[&str]| project.refract(&[&["-q", "docs", "lineage"], arguments].concat());
    check("lineage-node", &lineage(&["totals"]));
    check("lineage-column", &lineage(&["totals.total"]));
    check(
        "lineage-downstream",
        &lineage(&["raw_orders.amount", "--downstream"]),
    );
    check(
        "lineage-markdown",
        &lineage(&["stg_orders.amount", "--output", "markdown"]),
    );
    check(
        "lineage-json",
        &lineage(&["stg_orders.amount", "--output", "json"]),
    );
}

#[test]
fn what_is_not_known_is_said() {
    let project = project();
    let lineage = |name: &str| project.refract(&["-q", "docs", "lineage", name]);
    check("lineage-not-compiled", &lineage("totals"));
    check("lineage-unknown-column", &lineage("totals.total"));
    check("lineage-unknown-node", &lineage("nothing"));
}
