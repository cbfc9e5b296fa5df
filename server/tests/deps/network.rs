//! A network that fails: the cache stands in, and nothing is lost.

use std::fs;

use crate::hub::{Hub, STALLS_AT_ONCE, STALLS_HALF_WAY, archive};
use crate::support::{Project, Repository, check};

const ONE: &str = "packages:\n  - package: a/one\n    version: \">=1.0.0\"\n";

fn hub() -> Hub {
    let hub = Hub::new();
    hub.release("a/one", "1.0.0");
    hub
}

#[test]
fn without_the_hub_the_cache_is_used() {
    let mut hub = hub();
    let project = Project::new(ONE);
    project.run(&hub, &["deps"]).succeeds().says_no("cache");
    hub.asked();
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says("Installed from version 1.0.0 (from the cache)");
    assert!(
        !hub.asked().iter().any(|path| path.contains("/archives/")),
        "the archive was fetched twice"
    );
    hub.stop();
    fs::remove_dir_all(project.path("dbt_packages")).expect("removed");
    fs::remove_file(project.path("package-lock.yml")).expect("removed");
    check("offline", &project.run(&hub, &["deps"]));
    assert_eq!(project.installed(), ["one 1.0.0"]);
}

#[test]
fn a_dead_hub_without_a_cache_is_an_error() {
    let mut hub = hub();
    hub.stop();
    let project = Project::new(ONE);
    project.file(
        "dbt_packages/mine/dbt_project.yml",
        "name: mine\nversion: '1'\n",
    );
    check("dead-hub", &project.run(&hub, &["deps"]));
    assert_eq!(project.installed(), ["mine 1"], "what was there stays");
}

#[test]
fn a_damaged_cache_is_noticed() {
    let hub = hub();
    let project = Project::new(ONE);
    project.run(&hub, &["deps"]).succeeds();
    let archives = project.beside("cache/refract/packages/archives");
    let damaged = fs::read_dir(&archives)
        .expect("a cache")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.extension().is_some_and(|end| end == "tar"))
        .expect("an archive");
    fs::write(&damaged, "something else").expect("written");
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says("is damaged; fetching it again")
        .says_no("another one than before");
    assert_eq!(project.installed(), ["one 1.0.0"]);
    // When what comes is something else as well, that is told.
    fs::write(&damaged, "something else").expect("written");
    hub.page(
        "/archives/one/1.0.0.tar.gz",
        200,
        archive(&[("x/dbt_project.yml", "name: one\nversion: '0'\n")]),
    );
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says("is another one than before");
}

#[test]
fn a_passing_failure_is_tried_again() {
    let hub = hub();
    let good = archive(&[("x/dbt_project.yml", "name: one\nversion: '1.0.0'\n")]);
    hub.pages(
        "/api/v1/index.json",
        vec![(503, b"busy".to_vec()), (200, b"[\"a/one\"]".to_vec())],
    );
    let half = good[..good.len() / 2].to_vec();
    hub.pages("/archives/one/1.0.0.tar.gz", vec![(200, half), (200, good)]);
    let project = Project::new(ONE);
    let run = project
        .run_with(&hub, &["deps"], &[("REFRACT_DEPS_RETRIES", "1")])
        .succeeds();
    run.says("status 503; trying again")
        .says("no whole tar.gz archive");
    assert_eq!(project.installed(), ["one 1.0.0"]);
}

#[test]
fn answers_that_make_no_sense_are_named() {
    for (body, said) in [
        ("<html>", "broken JSON"),
        ("{}", "an answer without 'name'"),
        (
            "{\"name\": \"one\", \"versions\": []}",
            "no mapping of versions",
        ),
        (
            "{\"name\": \"one\", \"versions\": {\"1.0.0\": {\"name\": \"one\"}}}",
            "an answer without 'packages'",
        ),
    ] {
        let hub = hub();
        hub.page("/api/v1/a/one.json", 200, body);
        Project::new(ONE).run(&hub, &["deps"]).fails().says(said);
    }
    let hub = hub();
    hub.page("/api/v1/index.json", 200, "null");
    Project::new(ONE)
        .run(&hub, &["deps"])
        .fails()
        .says("no list of packages");
    hub.page("/api/v1/index.json", 404, "");
    Project::new(ONE)
        .run(&hub, &["deps"])
        .fails()
        .says("status 404");
}

#[test]
fn a_server_that_stalls_is_given_up() {
    let hub = hub();
    for how in [STALLS_AT_ONCE, STALLS_HALF_WAY] {
        hub.page("/archives/one/1.0.0.tar.gz", how, "part");
        let run = Project::new(ONE).run_with(&hub, &["deps"], &[("DBT_HTTP_TIMEOUT", "0.2")]);
        run.fails().says("it took too long");
    }
}

#[test]
fn a_proxy_is_asked() {
    let hub = hub();
    let project = Project::new(ONE);
    let through = [
        ("DBT_PACKAGE_HUB_URL", "http://hub.invalid/"),
        ("HTTP_PROXY", &hub.url("/")),
    ];
    project.run_with(&hub, &["deps"], &through).succeeds();
    assert!(
        hub.asked().iter().any(|line| line.contains("hub.invalid")),
        "the hub was not asked through the proxy"
    );
    let spared = [through[0], through[1], ("NO_PROXY", "hub.invalid")];
    Project::new(ONE)
        .run_with(&hub, &["deps"], &spared)
        .fails()
        .says("cannot be reached");
}

#[test]
fn without_its_repository_a_git_package_comes_from_the_cache() {
    let hub = Hub::new();
    let project = Project::new("");
    let repository = Repository::new(project.beside("repository"), "from_git");
    project.file(
        "packages.yml",
        &format!(
            "packages:\n  - git: {}\n    revision: main\n    warn-unpinned: false\n",
            repository.url()
        ),
    );
    project.run(&hub, &["deps"]).succeeds();
    fs::rename(repository.folder(), project.beside("elsewhere")).expect("moved");
    project
        .run(&hub, &["deps"])
        .succeeds()
        .says("(from the cache)")
        .says_no("cannot reach");
    project
        .run(&hub, &["deps", "--upgrade"])
        .succeeds()
        .says("using what the cache holds");
    assert_eq!(project.installed(), ["from_git 1.0.0"]);
    fs::remove_dir_all(project.beside("cache")).expect("removed");
    project.run(&hub, &["deps"]).fails().says("cannot reach");
    assert_eq!(project.installed(), ["from_git 1.0.0"]);
}
