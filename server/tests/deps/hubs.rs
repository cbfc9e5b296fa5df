//! Versions from the hub: ranges, what packages need themselves, conflicts, prereleases, new names.

use serde_json::json;

use crate::hub::Hub;
use crate::support::{Project, check};

const UTILS: &str = "packages:\n  - package: dbt-labs/dbt_utils\n    version: ";

/// A hub with one package in several versions.
fn hub() -> Hub {
    let hub = Hub::new();
    for version in ["1.0.0", "1.1.0", "1.3.3", "2.0.0", "2.1.0-rc.1"] {
        hub.release("dbt-labs/dbt_utils", version);
    }
    hub
}

/// What `version:` in packages.yml installs.
fn installs(hub: &Hub, version: &str, expected: &str) {
    let project = Project::new(&format!("{UTILS}{version}\n"));
    project.run(hub, &["deps"]).succeeds();
    assert_eq!(
        project.installed(),
        [format!("dbt_utils {expected}")],
        "{version}"
    );
}

#[test]
fn a_package_is_installed_and_locked() {
    let hub = hub();
    let project = Project::new(&format!("{UTILS}[\">=1.0.0\", \"<2.0.0\"]\n"));
    check("hub", &project.run(&hub, &["deps"]));
    assert_eq!(project.installed(), ["dbt_utils 1.3.3"]);
    assert!(
        project
            .path("dbt_packages/dbt_utils/macros/which.sql")
            .is_file()
    );
    insta::assert_snapshot!("lock", project.text("package-lock.yml"));
}

#[test]
fn ranges_and_prereleases() {
    let hub = hub();
    installs(&hub, "1.0.0", "1.0.0");
    installs(&hub, "\"=1.1.0\"", "1.1.0");
    installs(&hub, "\">=1.0.0\"", "2.0.0");
    installs(&hub, "[\">1.0.0\", \"<=1.3.0\"]", "1.1.0");
    installs(
        &hub,
        "\">=1.0.0\"\n    install_prerelease: true",
        "2.1.0-rc.1",
    );
    installs(&hub, "2.1.0-rc.1", "2.1.0-rc.1");
}

#[test]
fn a_prerelease_is_locked_as_dbt_locks_it() {
    let hub = hub();
    let project = Project::new(&format!(
        "{UTILS}\">=1.0.0\"\n    install_prerelease: true\n"
    ));
    project.run(&hub, &["deps", "--lock"]).succeeds();
    assert_eq!(
        project.text("package-lock.yml"),
        include_str!("recorded/prerelease-lock.yml")
    );
}

#[test]
fn what_packages_need_narrows_the_choice() {
    let hub = hub();
    let needs = |version: &str| json!({ "packages": [{ "package": "dbt-labs/dbt_utils", "version": [version] }] });
    hub.release_with(
        "a/middle",
        "1.0.0",
        &json!({ "packages": [{ "package": "a/bottom", "version": "1.0.0" }] }),
    );
    hub.release_with("a/bottom", "1.0.0", &needs("<1.3.0"));
    let project = Project::new(&format!(
        "{UTILS}\">=1.0.0\"\n  - package: a/middle\n    version: 1.0.0\n"
    ));
    project.run(&hub, &["deps"]).succeeds();
    assert_eq!(
        project.installed(),
        ["bottom 1.0.0", "dbt_utils 1.1.0", "middle 1.0.0"]
    );
    // Written by dbt 1.12.6 for the same hub.
    assert_eq!(
        project.text("package-lock.yml"),
        include_str!("recorded/narrowed-lock.yml")
    );
}

#[test]
fn packages_that_need_each_other_come_to_an_end() {
    let hub = Hub::new();
    for (one, other) in [("a/left", "a/right"), ("a/right", "a/left")] {
        hub.release_with(
            one,
            "1.0.0",
            &json!({ "packages": [{ "package": other, "version": ">=1.0.0" }] }),
        );
    }
    let project = Project::new("packages:\n  - package: a/left\n    version: 1.0.0\n");
    project.run(&hub, &["deps"]).succeeds();
    assert_eq!(project.installed(), ["left 1.0.0", "right 1.0.0"]);
}

#[test]
fn a_conflict_names_all_who_take_part() {
    let hub = hub();
    hub.release_with(
        "a/other",
        "1.0.0",
        &json!({ "packages": [{ "package": "dbt-labs/dbt_utils", "version": [">=2.0.0"] }] }),
    );
    let project = Project::new(&format!(
        "{UTILS}[\">=1.0.0\", \"<2.0.0\"]\n  - package: a/other\n    version: 1.0.0\n"
    ));
    check("conflict", &project.run(&hub, &["deps"]));
    assert!(!project.path("package-lock.yml").exists());
    assert!(!project.path("dbt_packages").exists());
}

#[test]
fn versions_that_do_not_exist() {
    let hub = hub();
    let project = Project::new(&format!("{UTILS}\">=3.0.0\"\n"));
    check("no-version", &project.run(&hub, &["deps"]));
    project.file(
        "packages.yml",
        "packages:\n  - package: dbt-labs/dbt_utls\n    version: 1.0.0\n",
    );
    check("no-package", &project.run(&hub, &["deps"]));
}

#[test]
fn releases_for_another_dbt_are_left_out_unless_asked_for() {
    let hub = hub();
    hub.release_with(
        "dbt-labs/dbt_utils",
        "3.0.0",
        &json!({ "require_dbt_version": [">=2.0.0", "<3.0.0"] }),
    );
    installs(&hub, "\">=1.0.0\"", "2.0.0");
    let project = Project::new(&format!("{UTILS}\">=1.0.0\"\n"));
    project
        .run(&hub, &["deps", "--no-version-check"])
        .succeeds();
    assert_eq!(project.installed(), ["dbt_utils 3.0.0"]);
}

#[test]
fn a_new_name_is_told() {
    let hub = hub();
    hub.describe_with("dbt-labs/dbt_utils", "redirectname", "utils");
    hub.describe_with("dbt-labs/dbt_utils", "redirectnamespace", "new-home");
    let project = Project::new(&format!("{UTILS}1.0.0\n"));
    let run = project.run(&hub, &["deps"]).succeeds();
    assert_eq!(
        run.text()
            .matches("dbt-labs/dbt_utils is now called new-home/utils")
            .count(),
        1,
        "{}",
        run.text()
    );
    project
        .run(&hub, &["deps", "--upgrade", "--warn-error"])
        .fails();
}

#[test]
fn two_packages_of_one_name_are_refused() {
    let hub = hub();
    hub.release("b/dbt_utils", "1.0.0");
    let project = Project::new(&format!(
        "{UTILS}1.0.0\n  - package: b/dbt_utils\n    version: 1.0.0\n"
    ));
    check("same-name", &project.run(&hub, &["deps"]));
    hub.release("b/shop", "1.0.0");
    project.file(
        "packages.yml",
        "packages:\n  - package: b/shop\n    version: 1.0.0\n",
    );
    project
        .run(&hub, &["deps"])
        .fails()
        .says("has the name of this project");
}

#[test]
fn mistakes_in_the_file_come_all_at_once() {
    let project = Project::new(
        "packages:\n  - package: dbt_utils\n    version: 1.0.0\n  - package: a/b\n    version: \">=1.0.0,<2.0.0\"\n  - git: -x\n\
         \x20 - git: https://h.org/a.git\n    revision: --upload-pack=evil\n  - package: a/c\n  - tarball: http://h.org/a.tgz\n  - nothing: at all\n\
         \x20 - git: https://h.org/b.git\n    subdirectory: ../../x\n",
    );
    check("mistakes", &project.run(&Hub::new(), &["deps"]));
}

#[test]
fn an_old_version_may_be_described_poorly() {
    let hub = hub();
    hub.page(
        "/api/v1/dbt-labs/dbt_utils.json",
        200,
        json!({ "name": "dbt_utils", "versions": {
            "0.0.1": { "name": "dbt_utils" },
            "1.0.0": { "name": "dbt_utils", "packages": [], "downloads": { "tarball": hub.url("/archives/dbt_utils/1.0.0.tar.gz") } },
        }})
        .to_string(),
    );
    installs(&hub, "\">=0.0.1\"", "1.0.0");
    let project = Project::new(&format!("{UTILS}0.0.1\n"));
    project
        .run(&hub, &["deps"])
        .fails()
        .says("no archive for version 0.0.1");
}

#[test]
fn updates_are_told() {
    let hub = hub();
    let project = Project::new(&format!("{UTILS}[\">=1.0.0\", \"<2.0.0\"]\n"));
    let run = project.run(&hub, &["deps", "--quiet"]).succeeds();
    assert_eq!(run.text(), "");
    project
        .run(&hub, &["deps", "--log-format", "json"])
        .succeeds()
        .says("\"name\":\"DepsUpdateAvailable\"");
}
