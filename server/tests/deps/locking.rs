//! `package-lock.yml`: used, made anew, taken over from dbt.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use server::execute::CancelToken;
use server::store::{Claim, RunLock};

use crate::hub::Hub;
use crate::support::Project;

const RANGE: &str = "packages:\n  - package: a/one\n    version: [\">=1.0.0\", \"<2.0.0\"]\n";

fn hub() -> Hub {
    let hub = Hub::new();
    hub.release("a/one", "1.0.0");
    hub
}

#[test]
fn the_lock_holds_until_upgrade() {
    let hub = hub();
    let project = Project::new(RANGE);
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says("Updating lock file")
        .says("Up to date!");
    let lock = project.text("package-lock.yml");
    hub.release("a/one", "1.1.0");
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says_no("Updating lock file")
        .says("Installed from version 1.0.0")
        .says("Updated version available: 1.1.0");
    assert_eq!(project.text("package-lock.yml"), lock);
    project
        .run(&hub, &["deps", "--upgrade"])
        .succeeds()
        .says("Installed from version 1.1.0");
    assert_eq!(project.installed(), ["one 1.1.0"]);
    assert_ne!(project.text("package-lock.yml"), lock);
}

#[test]
fn a_changed_file_makes_the_lock_anew() {
    let hub = hub();
    hub.release("a/two", "1.0.0");
    let project = Project::new(RANGE);
    project.run(&hub, &["deps"]).succeeds();
    project.file(
        "packages.yml",
        &format!("{RANGE}  - package: a/two\n    version: 1.0.0\n"),
    );
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says("Updating lock file");
    assert_eq!(project.installed(), ["one 1.0.0", "two 1.0.0"]);
    // A package that is no longer wanted goes.
    project.file("packages.yml", RANGE);
    project.run(&hub, &["deps"]).succeeds();
    assert_eq!(project.installed(), ["one 1.0.0"]);
    project.file("packages.yml", "packages: []\n");
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says("No packages were found");
    assert!(project.installed().is_empty());
    assert!(!project.path("package-lock.yml").exists());
}

#[test]
fn lock_alone_installs_nothing() {
    let hub = hub();
    let project = Project::new(RANGE);
    project.run(&hub, &["deps", "--lock"]).succeeds();
    assert!(project.path("package-lock.yml").exists());
    assert!(!project.path("dbt_packages").exists());
}

/// The files were written by dbt 1.12.6 for this packages.yml; with another hash the lock would be made anew.
#[test]
fn a_lock_of_dbt_is_taken_as_it_is() {
    let hub = hub();
    hub.release("a/one", "1.0.1");
    hub.release("a/two", "2.0.0");
    let project = Project::new(include_str!("recorded/packages.yml"));
    project.file(
        "package-lock.yml",
        include_str!("recorded/package-lock.yml"),
    );
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says_no("Updating lock file");
    assert_eq!(project.installed(), ["one 1.0.0", "two 2.0.0"]);
    // And Refract writes it as dbt does.
    hub.release("a/one", "1.0.0");
    std::fs::remove_file(project.path("package-lock.yml")).expect("removed");
    project.file(
        "packages.yml",
        &include_str!("recorded/packages.yml").replace("<2.0.0", "<1.0.1"),
    );
    project.run(&hub, &["deps", "--lock"]).succeeds();
    let without_hash = |text: &str| text.split("sha1_hash").next().expect("a part").to_owned();
    assert_eq!(
        without_hash(&project.text("package-lock.yml")),
        without_hash(include_str!("recorded/package-lock.yml"))
    );
}

#[test]
fn a_broken_lock_has_a_way_out() {
    let hub = hub();
    let project = Project::new(RANGE);
    project.run(&hub, &["deps"]).succeeds();
    let lock = project.text("package-lock.yml");
    project.file("package-lock.yml", &lock.replace("1.0.0", "9.9.9"));
    project
        .run(&hub, &["deps"])
        .fails()
        .says("refract deps --upgrade");
    assert_eq!(
        project.installed(),
        ["one 1.0.0"],
        "what was installed stays"
    );
    project.file("package-lock.yml", "packages: [\n");
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says("Updating lock file");
}

#[test]
fn packages_in_dependencies_yml_are_locked_too() {
    let hub = hub();
    let project = Project::new("");
    project.file(
        "dependencies.yml",
        &format!("projects:\n  - name: upstream\n{RANGE}"),
    );
    project.run(&hub, &["deps"]).succeeds();
    assert_eq!(project.installed(), ["one 1.0.0"]);
    project.file("packages.yml", RANGE);
    project
        .run(&hub, &["deps"])
        .fails()
        .says("keep one of the two lists");
}

#[test]
fn local_packages_are_linked_with_what_they_need() {
    let hub = hub();
    let project = Project::new("packages:\n  - local: shared\n");
    project
        .file(
            "shared/dbt_project.yml",
            "name: shared_macros\nversion: '1'\n",
        )
        .file(
            "shared/packages.yml",
            "packages:\n  - local: ../deeper\n  - package: a/one\n    version: 1.0.0\n",
        )
        .file("deeper/dbt_project.yml", "name: deeper\nversion: '2'\n");
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says("Installed from <local @ shared>");
    assert_eq!(
        project.installed(),
        ["deeper 2", "one 1.0.0", "shared_macros 1"]
    );
    assert!(project.path("dbt_packages/shared_macros").is_symlink());
}

/// dbt takes the path from the root project, wherever it is named.
#[test]
fn what_local_packages_name_from_the_root_is_found_again_when_the_project_is_read() {
    let hub = hub();
    let project = Project::new("packages:\n  - local: shared\n");
    project
        .file(
            "shared/dbt_project.yml",
            "name: shared_macros\nversion: '1'\n",
        )
        .file("shared/packages.yml", "packages:\n  - local: deeper\n")
        .file("deeper/dbt_project.yml", "name: deeper\nversion: '2'\n")
        .file(
            "deeper/macros/two.sql",
            "{% macro two() %}2{% endmacro %}\n",
        )
        .file("models/m.sql", "select {{ deeper.two() }} as two\n")
        .file(
            "profiles.yml",
            "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n",
        );
    project.run(&hub, &["deps"]).succeeds();
    assert!(
        project
            .text("package-lock.yml")
            .contains("- local: deeper\n")
    );
    project.run(&hub, &["compile"]).succeeds();
    assert!(
        project
            .text("target/compiled/shop/models/m.sql")
            .contains("select 2 as two")
    );
}

#[test]
fn the_packages_folder_may_be_named_by_a_variable() {
    let hub = hub();
    let project = Project::new(RANGE);
    project.file(
        "dbt_project.yml",
        "name: shop\npackages-install-path: \"{{ env_var('PLACE') }}/packages\"\n",
    );
    project
        .run_with(&hub, &["deps"], &[("PLACE", "elsewhere")])
        .succeeds();
    assert!(
        project
            .path("elsewhere/packages/one/dbt_project.yml")
            .is_file()
    );
    project.run(&hub, &["deps"]).fails().says("PLACE");
}

#[test]
fn packages_are_not_changed_under_a_run() {
    let hub = hub();
    let project = Project::new(RANGE);
    let held = RunLock::acquire(
        &project.path(""),
        "refract build",
        &Claim::reading_all(),
        None,
        &CancelToken::new(),
        |_| (),
    )
    .expect("nobody holds it");
    let mut child = project
        .command(&hub, &["deps"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    while !line.contains("waiting for refract build") {
        line.clear();
        assert!(
            output.read_line(&mut line).expect("text") > 0,
            "it did not wait"
        );
    }
    assert!(!project.path("dbt_packages/one").exists());
    drop(held);
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("text");
    assert!(child.wait().expect("ends").success(), "{rest}");
    assert_eq!(project.installed(), ["one 1.0.0"]);
}

#[test]
fn the_project_itself_is_never_the_packages_folder() {
    let hub = hub();
    let project = Project::new(RANGE);
    project
        .file("dbt_project.yml", "name: shop\npackages-install-path: .\n")
        .file("models/mine.sql", "select 1");
    project
        .run(&hub, &["deps"])
        .fails()
        .says("packages cannot be installed into");
    assert_eq!(project.text("models/mine.sql"), "select 1");
}
