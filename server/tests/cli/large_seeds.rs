//! Seeds too large to be hashed, where `--state` compares: each expectation is dbt 1.12's.

use std::fs;

use crate::support::Project;

/// A seed of more than one MiB, and the state of it.
fn large() -> Project {
    let project = Project::new().file("seeds/large.csv", &rows(1));
    project
        .refract(&["parse", "--target-path", "state"])
        .succeeds();
    project
}

fn rows(first: u32) -> String {
    let rows = (0..70_000).map(|row| format!("{},some text\n", first + row));
    format!("id,name\n{}", rows.collect::<String>())
}

/// What `ls --select state:modified` tells, with the list last.
fn modified(project: &Project, more: &[&str]) -> String {
    let line = ["ls", "--select", "state:modified", "--state", "state"];
    let ran = project.refract(&[&line[..], more].concat()).succeeds();
    ran.stdout() + &ran.stderr()
}

#[test]
fn a_change_that_cannot_be_seen_is_warned_of() {
    let project = large().file("seeds/large.csv", &rows(2));
    let told = modified(&project, &[]);
    let warning = "Found a seed (shop.large) >1MiB in size at the same path, dbt cannot tell if it has changed: assuming they are the same";
    assert!(told.contains(warning), "{told}");
    assert!(!told.contains("shop.large\n"), "{told}");
    let line = ["ls", "--select", "state:new", "--state", "state"];
    let told = project.refract(&line).succeeds();
    assert!(!told.whole().contains("Found a seed"), "{}", told.whole());
    let line = [
        "--warn-error-options",
        "{error: [SeedExceedsLimitSamePath]}",
        "ls",
    ];
    let line = [
        &line[..],
        &["--select", "state:modified", "--state", "state"],
    ]
    .concat();
    project.refract(&line).exits(2);
}

#[test]
fn larger_seeds_are_hashed_where_the_limit_allows_it() {
    let project = Project::new().file("seeds/large.csv", &rows(1));
    let line = [
        "parse",
        "--target-path",
        "state",
        "--maximum-seed-size-mib",
        "0",
    ];
    project.refract(&line).succeeds();
    for (line, variable, is_modified) in [
        (&["--maximum-seed-size-mib", "2"][..], None, false),
        (&[], Some("DBT_ENGINE_MAXIMUM_SEED_SIZE_MIB"), false),
        (&[], None, true),
    ] {
        let variables: Vec<_> = variable.iter().map(|name| (*name, "0")).collect();
        let all = ["ls", "--select", "state:modified", "--state", "state"];
        let ran = project.refract_with(&[&all[..], line].concat(), &variables);
        let told = ran.succeeds().whole();
        assert_eq!(told.contains("shop.large\n"), is_modified, "{told}");
        let grew = "Found a seed (shop.large) >1MiB in size. The previous file was <=1MiB, so it has changed";
        assert_eq!(told.contains(grew), is_modified, "{told}");
    }
}

#[test]
fn a_large_seed_that_moved_has_changed() {
    let project = large();
    fs::create_dir(project.path("seeds/more")).unwrap();
    fs::rename(
        project.path("seeds/large.csv"),
        project.path("seeds/more/large.csv"),
    )
    .unwrap();
    let told = modified(&project, &[]);
    let warning = "Found a seed (shop.large) >1MiB in size. The previous file was in a different location, assuming it has changed";
    assert!(told.contains(warning), "{told}");
    assert!(told.contains("shop.more.large\n"), "{told}");
}
