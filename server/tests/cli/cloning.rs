//! `clone`: what dbt 1.12 makes, leaves and says, on a warehouse that makes views of what it cannot copy.

use std::fs;

use crate::support::{Place, Project, check, on_each};

/// The shop, built in `prod`, whose artifacts stand in `state`; hooks tell when they run.
fn deployed(place: Place) -> Project {
    let project = Project::shop_at(place)
        .with_two_targets()
        .file(
            "dbt_project.yml",
            "name: shop\nversion: '1.0'\nprofile: shop\non-run-start: \"{{ log('hook', info=true) }}\"\n",
        )
        .file(
            "models/inline.sql",
            "{{ config(materialized='ephemeral') }}\nselect 1 as one\n",
        );
    let line = ["build", "--target", "prod", "--target-path", "state"];
    project.refract(&line).succeeds();
    project
}

const CLONE: [&str; 3] = ["clone", "--state", "state"];

/// Names and kinds of the relations of `dev`.
fn relations(project: &Project) -> String {
    let sql = "select string_agg(table_name || ' ' || table_type, ', ' order by table_name) as found \
               from information_schema.tables where table_schema = 'dev'";
    let line = ["show", "--inline", sql, "--output", "json", "--quiet"];
    project.refract(&line).succeeds().stdout()
}

#[test]
fn what_is_not_here_becomes_a_view_of_the_original() {
    on_each(|place| {
        let project = deployed(place);
        check("clone", &project.refract(&CLONE));
        let found = relations(&project);
        assert!(
            found.contains("raw_orders VIEW, stg_orders VIEW, totals VIEW"),
            "{found}"
        );
        let sql = "select total from {{ ref('totals') }}";
        let show = ["show", "--inline", sql, "--output", "json", "--quiet"];
        let shown = project.refract(&show).succeeds();
        assert!(shown.stdout().contains("60"), "{}", shown.stdout());
    });
}

#[test]
fn what_is_here_stays_but_for_a_full_refresh() {
    on_each(|place| {
        let project = deployed(place);
        project.refract(&["build"]).succeeds();
        check("clone-again", &project.refract(&CLONE));
        assert!(relations(&project).contains("totals BASE TABLE"));
        let models = ["--full-refresh", "--resource-type", "model"];
        project.refract(&[&CLONE[..], &models].concat()).succeeds();
        let found = relations(&project);
        assert!(
            found.contains("raw_orders BASE TABLE, stg_orders VIEW, totals VIEW"),
            "{found}"
        );
    });
}

#[test]
fn a_relation_is_never_cloned_over_itself() {
    on_each(|place| {
        let project = deployed(place);
        let over = ["--target", "prod", "--full-refresh"];
        let run = project.refract(&[&CLONE[..], &over].concat()).succeeds();
        assert!(
            run.stdout().contains("skipping clone for relation"),
            "{}",
            run.stdout()
        );
        let sql = "select total from {{ ref('totals') }}";
        let show = ["show", "--inline", sql, "--target", "prod", "--quiet"];
        let shown = project.refract(&show).succeeds();
        assert!(shown.stdout().contains("60"), "{}", shown.stdout());
    });
}

#[test]
fn nor_where_the_state_spells_its_name_otherwise() {
    on_each(|place| {
        let project = deployed(place);
        let state = project.path("state/manifest.json");
        let manifest = fs::read_to_string(&state).expect("a manifest");
        let spelt = manifest.replace(r#""alias":"totals""#, r#""alias":"TOTALS""#);
        assert_ne!(manifest, spelt);
        fs::write(&state, spelt).expect("written");
        let over = ["--target", "prod", "--full-refresh"];
        let run = project.refract(&[&CLONE[..], &over].concat()).succeeds();
        let skipped = run.stdout().matches("skipping clone for relation").count();
        assert_eq!(skipped, 3, "{}", run.stdout());
    });
}

#[test]
fn what_the_other_environment_lost_fails_alone() {
    on_each(|place| {
        let project = deployed(place);
        let project = project.file(
            "macros/lose.sql",
            "{% macro lose() %}{% do run_query('drop table prod.totals') %}{% endmacro %}\n",
        );
        project.refract(&["run-operation", "lose"]).succeeds();
        let run = project.refract(&CLONE);
        assert_eq!(run.code(), 1, "{}", run.stdout());
        assert!(
            run.stdout().contains("PASS=2 WARN=0 ERROR=1"),
            "{}",
            run.stdout()
        );
        let again = project.refract(&["retry"]);
        assert_eq!(again.code(), 1, "{}", again.stdout());
        assert!(
            again.stdout().contains("ERROR=1 SKIP=0 NO-OP=0"),
            "{}",
            again.stdout()
        );
    });
}

#[test]
fn cloning_wants_a_state_of_its_own() {
    on_each(|place| {
        let project = Project::shop_at(place);
        check("clone-without-state", &project.refract(&["clone"]));
        project.refract(&["build"]).succeeds();
        let own = project.refract(&["clone", "--state", "target"]);
        assert!(
            own.stdout()
                .contains("The state and target directories are the same: 'target'"),
            "{}",
            own.stdout()
        );
    });
}
