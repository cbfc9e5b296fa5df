//! Mistakes in projects and profiles: each gets a code, a place, and a way out.

use std::fs;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use crate::support::{Project, check, on_each};

#[test]
fn missing_ref() {
    let project = Project::shop().file("models/report.sql", "select *\nfrom {{ ref('totls') }}\n");
    check("missing-ref", &project.refract(&["build"]));
}

#[test]
fn missing_source() {
    let project = Project::shop().file(
        "models/report.sql",
        "select * from {{ source('raw', 'orders') }}\n",
    );
    check("missing-source", &project.refract(&["build"]));
}

#[test]
fn broken_jinja() {
    let project = Project::shop().file(
        "models/report.sql",
        "select 1 as one\n{% if true %}\n, 2 as two\n",
    );
    check("broken-jinja", &project.refract(&["build"]));
}

#[test]
fn unknown_macro() {
    let project = Project::shop().file(
        "models/report.sql",
        "select {{ cents_to_dollars('amount') }} as amount\n",
    );
    check("unknown-macro", &project.refract(&["build"]));
}

#[test]
fn broken_yaml() {
    let project = Project::shop().file(
        "models/report.yml",
        "models:\n  - name: totals\n   description: x\n",
    );
    check("broken-yaml", &project.refract(&["build"]));
}

#[test]
fn all_mistakes_come_at_once() {
    let project = Project::shop()
        .file("models/a.sql", "select * from {{ ref('nowhere') }}\n")
        .file("models/b.sql", "select {{ 1 + }}\n")
        .file("models/c.yml", "models: [\n");
    check("several-mistakes", &project.refract(&["parse"]));
}

#[test]
fn cycle() {
    let project = Project::new()
        .file("models/a.sql", "select * from {{ ref('c') }}\n")
        .file("models/b.sql", "select * from {{ ref('a') }}\n")
        .file("models/c.sql", "select * from {{ ref('b') }}\n");
    check("cycle", &project.refract(&["build"]));
    check("cycle-parse", &project.refract(&["parse"]));
}

#[test]
fn no_project() {
    check("no-project", &Project::empty_folder().refract(&["build"]));
    check(
        "no-project-dir",
        &Project::empty_folder().refract(&["build", "--project-dir", "nowhere"]),
    );
}

#[test]
fn no_profiles_file() {
    let project = Project::shop();
    fs::remove_file(project.path("profiles.yml")).expect("removed");
    check("no-profiles", &project.refract(&["build"]));
}

#[test]
fn wrong_profile() {
    let project = Project::shop();
    check(
        "wrong-profile",
        &project.refract(&["build", "--profile", "shp"]),
    );
    check(
        "wrong-target",
        &project.refract(&["build", "--target", "prod"]),
    );
}

#[test]
fn missing_database_folder() {
    let project = Project::shop().file(
        "profiles.yml",
        "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: nowhere/shop.duckdb, threads: 1}\n",
    );
    check("missing-database-folder", &project.refract(&["build"]));
}

#[test]
fn database_file_that_is_none() {
    let project = Project::shop().file("shop.duckdb", "this is no database");
    check("no-database", &project.refract(&["build"]));
}

#[test]
fn unknown_selector() {
    check(
        "unknown-selector",
        &Project::shop().refract(&["run", "--select", "ordrs"]),
    );
    check(
        "unknown-selector-ls",
        &Project::shop().refract(&["ls", "--select", "ordrs"]),
    );
    check(
        "unknown-selector-error",
        &Project::shop().refract(&["--warn-error", "run", "--select", "ordrs"]),
    );
    check(
        "unknown-yaml-selector",
        &Project::shop().refract(&["run", "--selector", "nightly"]),
    );
}

#[test]
fn missing_state() {
    let line = ["ls", "--select", "state:modified", "--state", "nowhere"];
    check("missing-state", &Project::shop().refract(&line));
}

#[test]
fn unknown_operation() {
    check(
        "unknown-operation",
        &Project::shop().refract(&["run-operation", "lod_data"]),
    );
}

#[test]
fn a_pipe_is_no_model() {
    let project = Project::shop();
    let made = std::process::Command::new("mkfifo")
        .arg(project.path("models/pipe.sql"))
        .status();
    assert!(made.expect("mkfifo is there").success());
    check("pipe", &project.refract(&["build"]));
}

#[test]
fn a_file_where_a_folder_should_be() {
    let project = Project::shop().file("target", "");
    let run = project.refract(&["build"]);
    assert_eq!(run.code(), 2, "{}", run.whole());
    for words in ["target", "Not a directory", "--target-path"] {
        assert!(run.stderr().contains(words), "{words}: {}", run.whole());
    }
    let project = Project::shop().file(".refract", "");
    let run = project.refract(&["build"]);
    assert_eq!(run.code(), 2, "{}", run.whole());
    assert!(
        run.stderr().contains("a folder that can be written to"),
        "{}",
        run.whole()
    );
}

#[test]
fn a_project_that_is_read_without_end_can_be_stopped() {
    let endless =
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}select 1";
    let project = Project::shop().file("models/endless.sql", endless);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_refract"))
        .arg("build")
        .current_dir(project.path(""))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    output.read_line(&mut line).expect("text");
    assert!(line.contains("Running with"), "{line}");
    let id = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-s", "INT", &id])
        .status();
    assert!(sent.expect("kill is there").success());
    let begun = Instant::now();
    assert_eq!(child.wait().expect("ends").code(), Some(2));
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_nul_character_is_told_with_its_line() {
    on_each(|place| {
        let project = Project::at(place).file("models/odd.sql", "select 1 as id,\n  'a\0b' as x");
        let run = project.refract(&["build"]);
        assert_eq!(run.code(), 1, "{}", run.whole());
        let words = "of the statement: 'a";
        assert!(run.stdout().contains(words), "{}", run.whole());
    });
}

/// dbt ends with 2 where a hook's Jinja fails, and with 1 where its SQL does.
#[test]
fn a_hook_that_cannot_be_rendered_stops_the_command() {
    on_each(|place| {
        for (phase, built) in [("on-run-start", false), ("on-run-end", true)] {
            let project = Project::shop_at(place).file(
            "dbt_project.yml",
            &format!(
                "name: shop\nversion: '1.0'\nprofile: shop\n{phase}: \"{{% if execute %}}{{{{ exceptions.raise_compiler_error('not today') }}}}{{% endif %}}\"\n"
            ),
        );
            let run = project.refract(&["build"]).exits(2);
            let whole = run.whole();
            assert!(whole.contains("not today"), "{whole}");
            assert_eq!(whole.contains("OK created"), built, "{whole}");
        }
    });
}

#[test]
fn a_query_comment_that_ends_early_stops_the_command() {
    let project = Project::shop().file(
        "dbt_project.yml",
        "name: shop\nversion: '1.0'\nprofile: shop\nquery-comment: 'a */ b'\n",
    );
    let run = project.refract(&["run"]).exits(2);
    assert!(
        run.whole().contains("'*/' ends a comment"),
        "{}",
        run.whole()
    );
}

#[test]
fn a_hook_of_a_seed_refers_to_nothing() {
    let project = Project::shop()
        .file("seeds/countries.csv", "id\n1\n")
        .file(
            "seeds/countries.yml",
            "seeds:\n- {name: countries, config: {post_hook: \"select * from {{ ref('nothing') }}\"}}\n",
        );
    let run = project.refract(&["parse"]).exits(2);
    assert!(
        run.whole().contains("Seeds cannot depend on other nodes"),
        "{}",
        run.whole()
    );
}

/// The project's own `profiles.yml` was taken where the folder that was named has none.
#[test]
fn profiles_are_looked_for_only_in_the_folder_that_was_named() {
    let run = Project::shop()
        .refract(&["parse", "--profiles-dir", "elsewhere"])
        .exits(2);
    assert!(
        run.whole().contains("there is no profiles.yml"),
        "{}",
        run.whole()
    );
}

/// The result of a model that nobody builds is no result; what is wrong with it was told nowhere.
#[test]
fn the_error_of_an_ephemeral_model_is_told() {
    on_each(|place| {
        let project = Project::shop_at(place)
        .file(
            "models/part.sql",
            "{{ config(materialized='ephemeral') }} {% if execute %}{{ nothing_of_that_name() }}{% endif %} select 1 as id",
        )
        .file("models/whole.sql", "select * from {{ ref('part') }}");
        let run = project.refract(&["run", "-s", "whole"]).exits(1);
        assert!(
            run.whole().contains("Completed with 1 error"),
            "{}",
            run.whole()
        );
        assert!(
            run.whole().contains("nothing_of_that_name"),
            "{}",
            run.whole()
        );
    });
}
