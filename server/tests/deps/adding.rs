//! `--add-package`.

use crate::hub::Hub;
use crate::support::{Project, Repository};

#[test]
fn a_package_is_added_and_installed() {
    let hub = Hub::new();
    hub.release("a/one", "1.0.0").release("a/one", "1.1.0");
    let project = Project::new("# ours\npackages: []\n");
    project
        .run(&hub, &["deps", "--add-package", "a/one@1.0.0"])
        .succeeds()
        .says("Added a/one@1.0.0 to");
    assert_eq!(
        project.text("packages.yml"),
        "# ours\npackages:\n  - package: a/one\n    version: 1.0.0\n"
    );
    assert_eq!(project.installed(), ["one 1.0.0"]);
    project
        .run(&hub, &["deps", "--add-package", "a/one@>=1.0.0,<2.0.0"])
        .succeeds()
        .says("Taking out the entry that it replaces");
    assert_eq!(project.installed(), ["one 1.1.0"]);
    assert_eq!(
        project.text("packages.yml"),
        "# ours\npackages:\n  - package: a/one\n    version:\n      - '>=1.0.0'\n      - <2.0.0\n"
    );
}

#[test]
fn from_git_and_from_a_folder() {
    let hub = Hub::new();
    let project = Project::new("packages: []\n");
    let repository = Repository::new(project.beside("repository"), "from_git");
    repository.git(&["tag", "v1"]);
    let name = format!("{}@v1", repository.url());
    project
        .run(&hub, &["deps", "--add-package", &name, "--source", "git"])
        .succeeds();
    project.file(
        "shared/dbt_project.yml",
        "name: shared_macros\nversion: '1'\n",
    );
    project
        .run(
            &hub,
            &[
                "deps",
                "--add-package",
                "shared",
                "--source",
                "local",
                "--lock",
            ],
        )
        .succeeds();
    assert_eq!(project.installed(), ["from_git 1.0.0"]);
    let text = project.text("packages.yml");
    assert!(
        text.contains("revision: v1\n") && text.ends_with("  - local: shared\n"),
        "{text}"
    );
}

#[test]
fn where_the_packages_stand_already_and_where_nothing_stands() {
    let hub = Hub::new();
    hub.release("a/one", "1.0.0");
    let project = Project::new("");
    std::fs::remove_file(project.path("packages.yml")).expect("removed");
    project
        .run(&hub, &["deps", "--add-package", "a/one@1.0.0", "--lock"])
        .succeeds();
    assert_eq!(
        project.text("packages.yml"),
        "packages:\n  - package: a/one\n    version: 1.0.0\n"
    );
    std::fs::remove_file(project.path("packages.yml")).expect("removed");
    project.file("dependencies.yml", "packages:\n  - local: shared\n");
    project.file("shared/dbt_project.yml", "name: shared_macros\n");
    project
        .run(&hub, &["deps", "--add-package", "a/one@1.0.0"])
        .succeeds();
    assert!(project.text("dependencies.yml").contains("package: a/one"));
    assert!(!project.path("packages.yml").exists());
}

#[test]
fn what_makes_no_sense_changes_nothing() {
    let hub = Hub::new();
    let project = Project::new("packages: []\n");
    for (name, said) in [
        ("a/one", "says no version"),
        ("one@1.0.0", "is no name on the hub"),
        ("a/one@newest", "is no version of package a/one"),
    ] {
        project
            .run(&hub, &["deps", "--add-package", name])
            .fails()
            .says(said);
        assert_eq!(project.text("packages.yml"), "packages: []\n");
    }
}
