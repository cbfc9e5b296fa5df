//! `--defer`: the order of places is dbt's; each expectation was seen under dbt 1.12 too.

use std::fs;

use crate::support::{Place, Project, check, on_each};

/// The shop, built in `prod`; its artifacts stand in `state`.
fn deployed(place: Place) -> Project {
    let project = Project::shop_at(place).with_two_targets();
    let line = ["build", "--target", "prod", "--target-path", "state"];
    project.refract(&line).succeeds();
    project
}

/// The relation that `totals` reads.
fn read_from(project: &Project, more: &[&str]) -> String {
    let line: Vec<&str> = ["compile", "--select", "totals"]
        .iter()
        .chain(more)
        .copied()
        .collect();
    project.refract(&line).succeeds();
    let sql = fs::read_to_string(project.path("target/compiled/shop/models/totals.sql")).unwrap();
    let (_, relation) = sql.trim().split_once(" from ").unwrap();
    let relation = relation.replace('"', "");
    relation.replace(project.database(), "shop")
}

#[test]
fn what_is_not_built_is_read_from_the_state() {
    on_each(|place| {
        let project = deployed(place);
        let defer = ["--defer", "--state", "state"];
        assert_eq!(read_from(&project, &[]), "shop.dev.stg_orders");
        assert_eq!(read_from(&project, &defer), "shop.prod.stg_orders");
        assert_eq!(
            read_from(&project, &["--defer", "--defer-state", "state"]),
            "shop.prod.stg_orders"
        );
        let run = ["run", "--select", "totals", "--defer", "--state", "state"];
        project.refract(&run).succeeds();
        let sql = "select total from {{ ref('totals') }} join {{ ref('stg_orders') }} on true";
        let show = ["show", "--inline", sql, "--output", "json", "--quiet"];
        let shown = project.refract(&[&show[..], &defer].concat()).succeeds();
        assert!(shown.stdout().contains("60"), "{}", shown.stdout());
    });
}

#[test]
fn what_is_built_is_read_here_unless_the_state_is_favored() {
    on_each(|place| {
        let project = deployed(place);
        project
            .refract(&["build", "--exclude", "totals"])
            .succeeds();
        let defer = ["--defer", "--state", "state"];
        assert_eq!(read_from(&project, &defer), "shop.dev.stg_orders");
        let favored = [&defer[..], &["--favor-state"]].concat();
        assert_eq!(read_from(&project, &favored), "shop.prod.stg_orders");
        // What is selected belongs here.
        let both = [&favored[..], &["--select", "stg_orders"]].concat();
        assert_eq!(read_from(&project, &both), "shop.dev.stg_orders");
    });
}

#[test]
fn deferring_wants_a_state() {
    let project = Project::shop();
    check("defer-without-state", &project.refract(&["run", "--defer"]));
    let gone = project.refract(&["run", "--defer", "--state", "gone"]);
    assert_eq!(gone.code(), 2);
    assert!(
        gone.stderr().contains("gone does not exist"),
        "{}",
        gone.stderr()
    );
}
