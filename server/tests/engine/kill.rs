//! `kill -9` in the middle of a build, with the real binary: old or new relations, a journal to go on from.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command as Process, Stdio};

use crate::support::Fixture;
use server::adapter::ConnectError;
use server::execute::retry::Previous;
use server::execute::{Command, RunOptions};

const SLOW: &str = "{{ config(materialized='table') }} -- depends_on: {{ ref('a_first') }}\n\
    select count(*) as n from range({{ var('rows', 10) }}) a, range({{ var('rows', 10) }}) b where a.range % 7 = b.range % 11";

/// Starts `refract build` and comes back when the model `slow` has begun.
fn build_until_slow(fixture: &Fixture) -> Child {
    let mut child = Process::new(env!("CARGO_BIN_EXE_refract"))
        .args([
            "build",
            "--no-use-colors",
            "--vars",
            "{rows: 10000000, version: 2}",
        ])
        .current_dir(fixture.path())
        .env("DBT_PROFILES_DIR", fixture.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut seen = Vec::new();
    for line in BufReader::new(child.stdout.as_mut().unwrap()).lines() {
        seen.push(line.unwrap());
        if seen
            .last()
            .is_some_and(|line| line.contains("START") && line.contains("slow"))
        {
            return child;
        }
    }
    child.wait().unwrap();
    panic!("the build ended before it came to the slow model: {seen:#?}");
}

#[test]
fn a_killed_build_leaves_old_or_new_relations_and_the_next_one_succeeds() {
    let fixture = Fixture::new(&[
        (
            "models/a_first.sql",
            "{{ config(materialized='table') }} select {{ var('version', 1) }} as version",
        ),
        ("models/slow.sql", SLOW),
        (
            "models/z_last.sql",
            "{{ config(materialized='table') }} select n, {{ var('version', 1) }} as version from {{ ref('slow') }}",
        ),
    ]);
    let ran = fixture.run(Command::Build, RunOptions::default());
    assert!(ran.outcome.success(), "{:#?}", ran.outcome.results.results);
    let before = fixture.value("select n from slow");

    let mut child = build_until_slow(&fixture);
    match fixture.connect() {
        Err(ConnectError::Locked { holder, .. }) => {
            assert!(holder.contains(&child.id().to_string()), "{holder}");
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the file is held by nobody"),
    }
    child.kill().unwrap();
    child.wait().unwrap();

    assert_eq!(fixture.value("select version from a_first"), "2");
    assert_eq!(fixture.value("select n from slow"), before);
    assert_eq!(fixture.value("select version from z_last"), "1");
    let previous = Previous::read(&fixture.path().join("target")).unwrap();
    assert!(previous.killed);
    assert_eq!(previous.command, Command::Build);
    assert_eq!(
        previous.unfinished,
        ["model.shop.slow", "model.shop.z_last"]
            .map(str::to_owned)
            .into()
    );
    assert_eq!(
        previous.args["vars"],
        serde_json::json!({"rows": 10_000_000, "version": 2})
    );

    let ran = fixture.run(Command::Build, RunOptions::default());
    assert!(ran.outcome.success(), "{:#?}", ran.outcome.results.results);
    assert_eq!(fixture.relations(), ["a_first", "slow", "z_last"]);
}
