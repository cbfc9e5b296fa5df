//! Help pages and mistakes in the options themselves.

use crate::support::{Project, check};

#[test]
fn first_page() {
    check("help", &Project::empty_folder().refract(&["--help"]));
}

#[test]
fn pages_of_commands() {
    let here = Project::empty_folder();
    for command in [
        "build",
        "ls",
        "show",
        "source freshness",
        "run-operation",
        "serve",
        "init",
    ] {
        let mut words: Vec<&str> = command.split(' ').collect();
        words.push("--help");
        check(
            &format!("help-{}", command.replace(' ', "-")),
            &here.refract(&words),
        );
    }
}

#[test]
fn short_page_leaves_out_what_is_rare() {
    check(
        "help-run-short",
        &Project::empty_folder().refract(&["run", "-h"]),
    );
}

#[test]
fn unknown_flag_gets_a_suggestion() {
    check(
        "unknown-flag",
        &Project::new().refract(&["run", "--selct", "orders"]),
    );
}

#[test]
fn unknown_command_gets_a_suggestion() {
    check("unknown-command", &Project::new().refract(&["biuld"]));
}

#[test]
fn unknown_resource_type_lists_those_there_are() {
    check(
        "unknown-resource-type",
        &Project::new().refract(&["ls", "--resource-type", "modle"]),
    );
}

#[test]
fn vars_must_be_a_mapping() {
    check(
        "vars-no-mapping",
        &Project::new().refract(&["run", "--vars", "days"]),
    );
    check(
        "vars-broken",
        &Project::new().refract(&["run", "--vars", "{days: [1"]),
    );
}

#[test]
fn environment_must_make_sense() {
    check(
        "environment",
        &Project::new().refract_with(&["run"], &[("DBT_FAIL_FAST", "perhaps")]),
    );
}

#[test]
fn global_options_go_before_or_after_the_command() {
    let shop = Project::shop();
    let before = shop
        .refract(&["--quiet", "--target", "dev", "ls", "--output", "name"])
        .succeeds();
    let after = shop
        .refract(&["ls", "--output", "name", "-q", "-t", "dev"])
        .succeeds();
    assert_eq!(before.stdout(), after.stdout());
}

#[test]
fn options_of_dbt_without_effect_are_accepted() {
    let line = [
        "--no-partial-parse",
        "--no-send-anonymous-usage-stats",
        "--cache-selected-only",
        "ls",
        "--no-version-check",
        "--static-parser",
        "--no-populate-cache",
    ];
    Project::shop().refract(&line).succeeds();
}

#[test]
fn completion_knows_every_command() {
    let folder = Project::empty_folder();
    for shell in ["bash", "zsh", "fish"] {
        let script = folder.refract(&["completion", shell]).succeeds().stdout();
        for word in [
            "run-operation",
            "coverage",
            "freshness",
            "full-refresh",
            "fail-under",
        ] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let script = folder.path("refract.bash");
    std::fs::write(&script, folder.refract(&["completion", "bash"]).stdout()).expect("written");
    // Bash itself answers what it would offer after `refract docs c`.
    let asked = "source refract.bash; COMP_WORDS=(refract docs c); COMP_CWORD=2; _refract refract c docs; echo ${COMPREPLY[@]}";
    let answer = std::process::Command::new("bash")
        .args(["-c", asked])
        .current_dir(script.parent().expect("the folder"))
        .output()
        .expect("bash runs");
    assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), "coverage");
}
