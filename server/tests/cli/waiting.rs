//! Commands that wait for a run that is going on.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use server::execute::CancelToken;
use server::store::{Claim, RunLock};

use crate::support::{Project, Run};

/// What a command says while the test holds the turn; process ids are replaced.
fn beside_a_run(project: &Project, arguments: &[&str]) -> (i32, String) {
    let held = RunLock::acquire(
        &project.path(""),
        "refract build",
        &Claim::everything(),
        None,
        &CancelToken::new(),
        |_| (),
    )
    .expect("nobody holds it");
    let run: Run = project.refract(arguments);
    drop(held);
    let own = format!("process {}", std::process::id());
    let said = run.stdout() + &run.stderr();
    (run.code(), said.replace(&own, "process N"))
}

#[test]
fn the_wait_for_another_run_is_bounded_and_told() {
    let project = Project::shop();
    for command in [
        &["build", "--lock-timeout", "0.05"][..],
        &["show", "--inline", "select 1", "--lock-timeout", "0.05"],
    ] {
        let (code, said) = beside_a_run(&project, command);
        assert_eq!(code, 2, "{said}");
        for words in [
            "Waiting up to 0.05 s for refract build (process N) to end (--lock-timeout)",
            "refract build (process N) is still going on; waited 0.05 s for its end (--lock-timeout)",
            "wait longer with --lock-timeout SECONDS",
        ] {
            assert!(said.contains(words), "{words}\n\n{said}");
        }
    }
    project.refract(&["build"]).succeeds();
}

#[test]
fn a_warehouse_that_is_no_file_is_read_beside_a_run() {
    let project = Project::shop().file(
        "profiles.yml",
        "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb}\n",
    );
    let query = ["show", "--inline", "select 41 + 1 as answer"];
    let (code, said) = beside_a_run(&project, &query);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("42") && !said.contains("Waiting"), "{said}");
}

#[test]
fn the_wait_for_a_held_file_is_bounded_and_told() {
    let slow = "{{ config(materialized='table') }} select count(*) as n from range(10000000) a, range(10000000) b \
                where a.range % 7 = b.range % 11";
    let holding = Project::new().file("models/slow.sql", slow);
    let mut holder = Command::new(env!("CARGO_BIN_EXE_refract"))
        .arg("run")
        .current_dir(holding.path(""))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let lines = BufReader::new(holder.stdout.take().expect("piped")).lines();
    let begun = lines
        .map_while(Result::ok)
        .any(|line| line.contains("START"));
    let file = holding.path("shop.duckdb");
    let outputs = [
        format!("{{type: duckdb, path: {}}}", file.display()),
        format!(
            "{{type: duckdb, attach: [{{path: {}, alias: other}}]}}",
            file.display()
        ),
    ];
    let said = outputs.map(|output| {
        let profile = format!("shop: {{outputs: {{default: {output}}}}}");
        let project = Project::shop().file("profiles.yml", &profile);
        project.refract(&["build", "--lock-timeout", "0.3"])
    });
    holder.kill().expect("killed");
    holder.wait().expect("ended");
    assert!(begun, "it did not begin");
    for run in said {
        assert_eq!(run.code(), 2, "{}", run.whole());
        let process = format!("process {} (", holder.id());
        for words in [
            &process,
            "shop.duckdb; waiting up to 0.3 s (--lock-timeout)",
            "holds it; waited 0.3 s (--lock-timeout)",
        ] {
            assert!(run.whole().contains(words), "{words}: {}", run.whole());
        }
    }
}
