//! Packages from git: tags, branches, commits, folders in a repository.

use crate::hub::Hub;
use crate::support::{Project, Repository, check};

/// A project beside a repository with versions 1.0.0 (tag v1), 1.1.0 (branch main), 2.0.0 (branch next).
fn setting() -> (Project, Repository, Hub) {
    let project = Project::new("");
    let repository = Repository::new(project.beside("repository"), "from_git");
    repository.git(&["tag", "--annotate", "v1", "--message", "the first"]);
    repository.commit("from_git", "1.1.0");
    repository.git(&["switch", "--quiet", "--create", "next"]);
    repository.commit("from_git", "2.0.0");
    repository.git(&["switch", "--quiet", "main"]);
    (project, repository, Hub::new())
}

fn wants(project: &Project, repository: &Repository, more: &str) {
    project.file(
        "packages.yml",
        &format!("packages:\n  - git: {}\n{more}", repository.url()),
    );
}

#[test]
fn tags_branches_and_commits() {
    let (project, repository, hub) = setting();
    let first = repository.git(&["rev-parse", "v1^{commit}"]);
    for (revision, version) in [
        ("v1", "1.0.0"),
        ("main", "1.1.0"),
        ("next", "2.0.0"),
        (first.as_str(), "1.0.0"),
        (&first[..9], "1.0.0"),
    ] {
        wants(
            &project,
            &repository,
            &format!("    revision: \"{revision}\"\n    warn-unpinned: false\n"),
        );
        project.run(&hub, &["deps"]).succeeds().says_no("WARNING");
        assert_eq!(
            project.installed(),
            [format!("from_git {version}")],
            "{revision}"
        );
        assert!(!project.path("dbt_packages/from_git/.git").exists());
    }
    assert!(
        project
            .text("package-lock.yml")
            .contains(&format!("revision: {first}\n"))
    );
}

#[test]
fn a_tag_goes_before_a_branch_of_the_same_name() {
    let (project, repository, hub) = setting();
    repository.git(&["branch", "v1", "next"]);
    wants(&project, &repository, "    revision: v1\n");
    project.run(&hub, &["deps"]).succeeds();
    assert_eq!(project.installed(), ["from_git 1.0.0"]);
}

#[test]
fn what_moves_is_told_and_the_lock_holds_it() {
    let (project, repository, hub) = setting();
    wants(&project, &repository, "");
    check("unpinned", &project.run(&hub, &["deps"]));
    repository.commit("from_git", "1.2.0");
    project.run(&hub, &["deps"]).succeeds().says_no("WARNING");
    assert_eq!(project.installed(), ["from_git 1.1.0"]);
    project.run(&hub, &["deps", "--upgrade"]).succeeds();
    assert_eq!(project.installed(), ["from_git 1.2.0"]);
}

#[test]
fn a_folder_of_a_repository() {
    let (project, repository, hub) = setting();
    repository.file(
        "packages/inner/dbt_project.yml",
        "name: inner\nversion: '7'\n",
    );
    wants(
        &project,
        &repository,
        "    revision: main\n    subdirectory: packages/inner\n    warn-unpinned: false\n",
    );
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says("and subdirectory packages/inner");
    assert_eq!(project.installed(), ["inner 7"]);
    wants(
        &project,
        &repository,
        "    revision: main\n    subdirectory: packages/none\n",
    );
    project
        .run(&hub, &["deps"])
        .fails()
        .says("has no folder 'packages/none'");
    assert_eq!(project.installed(), ["inner 7"]);
}

#[test]
fn what_is_not_there_is_named() {
    let (project, repository, hub) = setting();
    wants(&project, &repository, "    revision: v9\n");
    check("no-revision", &project.run(&hub, &["deps"]));
    let none = "0123456789012345678901234567890123456789";
    wants(&project, &repository, &format!("    revision: {none}\n"));
    project
        .run(&hub, &["deps"])
        .fails()
        .says("has no branch, tag or commit");
}

#[test]
fn one_repository_at_two_revisions_is_a_conflict() {
    let (project, repository, hub) = setting();
    let url = repository.url();
    project.file(
        "packages.yml",
        &format!(
            "packages:\n  - git: {url}\n    revision: v1\n  - git: {url}.git\n    revision: next\n"
        ),
    );
    project
        .run(&hub, &["deps"])
        .fails()
        .says("different revisions: v1 (packages.yml), next (packages.yml)");
}

#[cfg(unix)]
#[test]
fn links_that_lead_outside_are_left_out() {
    let (project, repository, hub) = setting();
    std::os::unix::fs::symlink("/etc/passwd", repository.folder().join("outside")).expect("linked");
    std::os::unix::fs::symlink("dbt_project.yml", repository.folder().join("inside"))
        .expect("linked");
    repository.commit_all();
    wants(
        &project,
        &repository,
        "    revision: main\n    warn-unpinned: false\n",
    );
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says("outside -> /etc/passwd");
    assert!(!project.path("dbt_packages/from_git/outside").is_symlink());
    assert!(project.path("dbt_packages/from_git/inside").is_symlink());
}

#[test]
fn a_hook_runs_it_without_harm() {
    let (project, repository, hub) = setting();
    wants(&project, &repository, "    revision: v1\n");
    let folder = repository
        .folder()
        .join(".git")
        .to_string_lossy()
        .into_owned();
    let before = repository.git(&["rev-parse", "HEAD"]);
    project
        .run_with(
            &hub,
            &["deps"],
            &[("GIT_DIR", &folder), ("GIT_INDEX_FILE", "index")],
        )
        .succeeds();
    assert_eq!(project.installed(), ["from_git 1.0.0"]);
    assert_eq!(repository.git(&["rev-parse", "HEAD"]), before);
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
}
