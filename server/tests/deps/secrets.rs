//! Secrets in addresses are used, and seen nowhere.

use std::fs;
use std::path::Path;

use crate::hub::{Hub, archive};
use crate::support::{Project, Repository};

const SECRET: &str = "sup3r-s3cret-t0ken";

/// No file below the folder holds the secret, nor has it in its name.
fn assert_nowhere(folder: &Path) {
    for entry in fs::read_dir(folder).expect("read") {
        let path = entry.expect("an entry").path();
        assert!(
            !path.to_string_lossy().contains(SECRET),
            "{}",
            path.display()
        );
        if path.symlink_metadata().expect("there").is_dir() {
            assert_nowhere(&path);
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            let found = bytes
                .windows(SECRET.len())
                .any(|window| window == SECRET.as_bytes());
            assert!(!found, "the secret is in {}", path.display());
        }
    }
}

#[test]
fn a_secret_in_an_address_is_used_and_not_shown() {
    let hub = Hub::new();
    hub.page(
        "/it.tar.gz",
        200,
        archive(&[("top/dbt_project.yml", "name: it\nversion: '1'\n")]),
    );
    let written = format!(
        "http://me:{{{{ env_var('DBT_ENV_SECRET_TOKEN') }}}}@{}/it.tar.gz",
        hub.host()
    );
    let project = Project::new(&format!(
        "packages:\n  - tarball: \"{written}\"\n    name: it\n"
    ));
    let variables = [("DBT_ENV_SECRET_TOKEN", SECRET)];
    project
        .run_with(&hub, &["deps", "--debug"], &variables)
        .succeeds()
        .says_no(SECRET);
    let asked = hub.asked_with_login();
    // me:sup3r-s3cret-t0ken
    assert_eq!(
        asked[0],
        (
            "/it.tar.gz".to_owned(),
            Some("Basic bWU6c3VwM3ItczNjcmV0LXQwa2Vu".to_owned())
        )
    );
    assert!(
        project
            .text("package-lock.yml")
            .contains("env_var('DBT_ENV_SECRET_TOKEN')")
    );
    assert_nowhere(&project.beside(""));
    // The lock alone leads there again.
    fs::remove_dir_all(project.beside("cache")).expect("removed");
    project
        .run_with(&hub, &["deps"], &variables)
        .succeeds()
        .says_no("Updating lock file");
    hub.page("/it.tar.gz", 403, "");
    project
        .run_with(&hub, &["deps", "--debug"], &variables)
        .fails()
        .says_no(SECRET)
        .says("*****@");
    project
        .run(&hub, &["deps"])
        .fails()
        .says("DBT_ENV_SECRET_TOKEN");
}

#[test]
fn a_secret_written_out_is_masked_in_the_lock() {
    let hub = Hub::new();
    hub.page(
        "/it.tar.gz",
        200,
        archive(&[("top/dbt_project.yml", "name: it\nversion: '1'\n")]),
    );
    let project = Project::new(&format!(
        "packages:\n  - tarball: http://me:{SECRET}@{}/it.tar.gz\n    name: it\n",
        hub.host()
    ));
    project
        .run_with(
            &hub,
            &["deps", "--lock"],
            &[("DBT_ENV_SECRET_TOKEN", SECRET)],
        )
        .succeeds()
        .says("the lock file gets a masked address")
        .says_no(SECRET);
    assert!(!project.text("package-lock.yml").contains(SECRET));
}

#[test]
fn git_gives_no_secret_away() {
    let hub = Hub::new();
    let project = Project::new("");
    let repository = Repository::new(project.beside(&format!("{SECRET}/repository")), "it");
    let url = repository
        .url()
        .replace(SECRET, "{{ env_var('DBT_ENV_SECRET_PART') }}");
    let wants = |revision: &str| {
        project.file(
            "packages.yml",
            &format!("packages:\n  - git: \"{url}\"\n    revision: {revision}\n"),
        );
    };
    let variables = [("DBT_ENV_SECRET_PART", SECRET)];
    wants("main");
    project
        .run_with(&hub, &["deps", "--debug"], &variables)
        .succeeds()
        .says_no(SECRET);
    assert_eq!(project.installed(), ["it 1.0.0"]);
    wants("none");
    project
        .run_with(&hub, &["deps", "--debug"], &variables)
        .fails()
        .says_no(SECRET);
    // Nothing listens there; git names the address in what it says.
    project.file(
        "packages.yml",
        "packages:\n  - git: http://me:pass-w0rd@127.0.0.1:9/a.git\n",
    );
    project
        .run(&hub, &["deps"])
        .fails()
        .says_no("pass-w0rd")
        .says("*****@127.0.0.1");
    fs::remove_dir_all(project.beside(SECRET)).expect("removed");
    assert_nowhere(&project.beside("project/dbt_packages"));
    assert_nowhere(&project.beside("project/logs"));
    assert_nowhere(&project.beside("cache"));
}
