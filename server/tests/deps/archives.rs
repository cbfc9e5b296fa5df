//! Archives by their address, and archives that mean harm.

use std::fs;

use crate::hub::{Hub, archive};
use crate::support::{Project, check};

fn wants(hub: &Hub, name: &str) -> Project {
    Project::new(&format!(
        "packages:\n  - tarball: {}\n    name: {name}\n",
        hub.url("/it.tar.gz")
    ))
}

#[test]
fn a_tarball_is_installed_under_its_name_with_what_it_needs() {
    let hub = Hub::new();
    hub.release("a/one", "1.0.0");
    hub.page(
        "/it.tar.gz",
        200,
        archive(&[
            ("top/dbt_project.yml", "name: other_name\nversion: '5'\n"),
            (
                "top/packages.yml",
                "packages:\n  - package: a/one\n    version: 1.0.0\n",
            ),
        ]),
    );
    let project = wants(&hub, "mine");
    project.run(&hub, &["deps"]).succeeds();
    assert_eq!(project.installed(), ["mine 5", "one 1.0.0"]);
    assert!(
        project
            .text("package-lock.yml")
            .contains("name: mine\n    tarball: http://")
    );
    hub.page("/it.tar.gz", 503, "");
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says("using what the cache holds");
    hub.page("/it.tar.gz", 404, "");
    project.run(&hub, &["deps"]).fails().says("status 404");
    assert_eq!(project.installed(), ["mine 5", "one 1.0.0"]);
}

#[test]
fn nothing_is_written_outside() {
    for path in ["../../evil", "top/../../evil", "/tmp/refract-deps-evil"] {
        let hub = Hub::new();
        hub.page(
            "/it.tar.gz",
            200,
            archive(&[
                ("top/dbt_project.yml", "name: it\nversion: '1'\n"),
                (path, "evil"),
            ]),
        );
        let project = wants(&hub, "it");
        project.file(
            "dbt_packages/old/dbt_project.yml",
            "name: old\nversion: '1'\n",
        );
        let run = project
            .run(&hub, &["deps"])
            .fails()
            .says("leads outside the package's folder");
        if path.starts_with("..") {
            check("evil-archive", &run);
        }
        assert_eq!(project.installed(), ["old 1"], "{path}");
        assert!(!project.path("evil").exists() && !project.path("dbt_packages/evil").exists());
        assert!(!fs::exists("/tmp/refract-deps-evil").expect("known"));
    }
}

#[test]
fn names_cannot_lead_outside() {
    let hub = Hub::new();
    hub.page(
        "/it.tar.gz",
        200,
        archive(&[("top/dbt_project.yml", "name: ../../evil\nversion: '1'\n")]),
    );
    wants(&hub, "../evil")
        .run(&hub, &["deps"])
        .fails()
        .says("a tarball needs a 'name'");
    wants(&hub, "it")
        .run(&hub, &["deps"])
        .fails()
        .says("which is no name for a folder");
    hub.release_with("a/one", "1.0.0", &serde_json::json!({ "name": "../evil" }));
    let project = Project::new("packages:\n  - package: a/one\n    version: 1.0.0\n");
    project.run(&hub, &["deps"]).fails().says("no usable name");
}

#[test]
fn half_a_package_is_never_seen() {
    let hub = Hub::new();
    hub.release("a/one", "1.0.0");
    hub.release("a/two", "1.0.0");
    let both = "packages:\n  - package: a/one\n    version: \">=1.0.0\"\n  - package: a/two\n    version: \">=1.0.0\"\n";
    let project = Project::new(both);
    project.run(&hub, &["deps"]).succeeds();
    hub.release("a/one", "2.0.0");
    hub.release("a/two", "2.0.0");
    hub.page("/archives/two/2.0.0.tar.gz", 200, "no archive");
    project.run(&hub, &["deps", "--upgrade"]).fails();
    assert_eq!(
        project.installed(),
        ["one 1.0.0", "two 1.0.0"],
        "both are as they were"
    );
}

#[test]
fn an_archive_without_a_project_is_refused() {
    let hub = Hub::new();
    hub.page("/it.tar.gz", 200, archive(&[("top/readme.md", "hello")]));
    wants(&hub, "it")
        .run(&hub, &["deps"])
        .fails()
        .says("is no dbt project");
}
