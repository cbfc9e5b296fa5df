//! init, clean, deps, debug: the project as a folder.

use std::fs;

use crate::support::{Project, check};

#[test]
fn init_makes_a_project_that_builds() {
    let here = Project::empty_folder();
    check("init", &here.refract(&["init", "features"]));
    here.refract(&[
        "build",
        "--project-dir",
        "features",
        "--profiles-dir",
        "features",
    ])
    .succeeds();
    check("init-again", &here.refract(&["init", "features"]));
    check("init-bad-name", &here.refract(&["init", "My-Features"]));
}

#[test]
fn clean_deletes_what_is_listed_and_nothing_else() {
    let project = Project::shop()
        .file("target/manifest.json", "{}")
        .file("keep/me.txt", "x");
    check("clean", &project.refract(&["clean"]));
    assert!(!project.path("target").exists());
    assert!(project.path("models/totals.sql").exists());
}

#[test]
fn clean_refuses_what_is_not_its_to_delete() {
    let project = Project::shop().file("target/manifest.json", "{}").file(
        "dbt_project.yml",
        "name: shop\nprofile: shop\nclean-targets: [target, models, ../other]\n",
    );
    check("clean-refused", &project.refract(&["clean"]));
    assert!(
        project.path("target/manifest.json").exists(),
        "nothing is deleted where anything is refused"
    );
}

#[test]
fn deps_links_local_packages() {
    let project = Project::shop()
        .file("packages.yml", "packages:\n  - local: shared\n")
        .file(
            "shared/dbt_project.yml",
            "name: shared_macros\nversion: '1.0'\n",
        )
        .file(
            "shared/macros/one.sql",
            "{% macro one() %}1{% endmacro %}\n",
        )
        .file(
            "models/uses_it.sql",
            "select {{ shared_macros.one() }} as one\n",
        );
    check("deps", &project.refract(&["deps"]));
    assert!(
        project
            .path("dbt_packages/shared_macros/dbt_project.yml")
            .exists()
    );
    project.refract(&["run", "--select", "uses_it"]).succeeds();
}

#[test]
fn debug() {
    check(
        "debug-connection",
        &Project::shop().refract(&["debug", "--connection"]),
    );
    check(
        "debug-wrong-profile",
        &Project::shop().refract(&["debug", "--connection", "--profile", "nope"]),
    );
    check(
        "debug-config-dir",
        &Project::shop().refract(&["debug", "--config-dir"]),
    );
}

#[test]
fn parse_writes_the_manifest() {
    let project = Project::shop();
    check("parse", &project.refract(&["parse"]));
    let text = fs::read_to_string(project.path("target/manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(manifest["metadata"]["project_name"], "shop");
}
