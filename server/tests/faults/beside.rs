//! Runs of one project on PostgreSQL at the same time: side by side where they do not meet, one after the other where
//! they do. Models wait inside of the server for as long as a test says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use compiler::adapter::Cell;
use serde_json::{Value, json};
use server::adapter::Connection;
use tempfile::TempDir;

use crate::project::write;
use crate::server::{connect, run, values};
use crate::warehouse::{Kind, output};

const FILES: [(&str, &str); 7] = [
    (
        "dbt_project.yml",
        "{name: shop, version: '1.0', profile: shop, \
          on-run-start: ['create table if not exists starts (n integer)', 'insert into starts values (1)']}",
    ),
    (
        "models/west.sql",
        "{{ config(materialized='table') }} select {{ var('version', 1) }} as version \
         from (select pg_advisory_xact_lock_shared(1)) as held",
    ),
    ("models/west_over.sql", "select * from {{ ref('west') }}"),
    (
        "models/west_report.sql",
        "{{ config(materialized='table') }} select * from {{ ref('west_over') }}",
    ),
    (
        "models/east.sql",
        "{{ config(materialized='table') }} select {{ var('version', 1) }} as version \
         from (select pg_advisory_xact_lock_shared(2)) as held",
    ),
    (
        "models/south/south.sql",
        "{{ config(materialized='table', schema='deep') }} select {{ var('version', 1) }} as version",
    ),
    (
        "models/models.yml",
        "models: [{name: west, columns: [{name: version, data_tests: [not_null]}]}]",
    ),
];

/// A project in a database of its own.
pub(crate) struct Place {
    folder: TempDir,
    database: &'static str,
}

impl Place {
    pub(crate) fn new(database: &'static str) -> Self {
        run(&connect(json!({})), &format!("create database {database}"));
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in FILES {
            write(&folder.path().join(path), text);
        }
        let profile = json!({"shop": {"target": "dev", "outputs": {"dev": output(Kind::Postgres, database)}}});
        write(&folder.path().join("profiles.yml"), &profile.to_string());
        Self { folder, database }
    }

    pub(crate) fn connect(&self) -> Connection {
        connect(json!({"dbname": self.database}))
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_refract"))
            .args(arguments)
            .arg("--no-use-colors")
            .current_dir(self.folder.path())
            .env("DBT_PROFILES_DIR", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Starts a run and waits until one of its models stands still inside of the server.
    pub(crate) fn start_and_hold(&self, arguments: &[&str], lock: i64) -> Child {
        let mut child = self.start(arguments);
        let sql = format!(
            "select count(*) from pg_locks where locktype = 'advisory' and not granted and objid = {lock} \
             and database = (select oid from pg_database where datname = current_database())"
        );
        let connection = self.connect();
        let begun = Instant::now();
        while values(&connection, &sql) != [Cell::Int(1)] {
            assert!(begun.elapsed() < Duration::from_mins(1), "it did not begin");
            assert_eq!(child.try_wait().unwrap(), None, "it ended");
            std::thread::sleep(Duration::from_millis(10));
        }
        child
    }

    pub(crate) fn value(&self, sql: &str) -> Cell {
        values(&self.connect(), sql).remove(0)
    }

    pub(crate) fn target(&self, file: &str) -> PathBuf {
        self.folder.path().join("target").join(file)
    }

    /// Unique ids with statuses of the run that wrote its results last.
    pub(crate) fn results(&self) -> Vec<String> {
        let text = fs::read_to_string(self.target("run_results.json")).unwrap();
        let results: Value = serde_json::from_str(&text).unwrap();
        let mut told: Vec<String> = results["results"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|result| {
                !result["unique_id"]
                    .as_str()
                    .unwrap()
                    .starts_with("operation.")
            })
            .map(|result| format!("{} {}", result["unique_id"], result["status"]).replace('"', ""))
            .collect();
        told.sort();
        told
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let sql = format!("drop database {} with (force)", self.database);
        let dropped = connect(json!({})).warehouse.execute(&sql, false, None);
        assert!(dropped.is_ok() || std::thread::panicking(), "{dropped:?}");
    }
}

#[track_caller]
pub(crate) fn ended(child: Child, code: i32) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    let told = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    let told = told.concat();
    assert_eq!(status.code(), Some(code), "{told}");
    told
}

/// Files of runs that have not ended.
fn open_files(folder: &Path) -> usize {
    let runs = fs::read_dir(folder.join(".refract/runs")).unwrap().count();
    let journals = fs::read_dir(folder.join("target")).unwrap().flatten();
    let journals = journals.filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("run_journal-") || name.contains(".tmp")
    });
    runs + journals.count()
}

#[test]
fn runs_go_on_side_by_side_where_they_do_not_meet() {
    let place = Place::new("beside");
    let hold = place.connect();
    run(&hold, "select pg_advisory_lock(1)");
    let west = place.start_and_hold(&["build", "--select", "west"], 1);
    let process = west.id();

    ended(place.start(&["build", "--select", "east", "south"]), 0);
    assert_eq!(
        place.results(),
        ["model.shop.east success", "model.shop.south success"]
    );

    // It reads a view over what the other run builds.
    let report = ["run", "--select", "west_report", "--lock-timeout", "0.05"];
    let told = ended(place.start(&report), 2);
    let holder = format!(
        "refract build --select west (process {process}), which builds beside.public.west,"
    );
    for words in [
        format!("Waiting up to 0.05 s for {holder} to end (--lock-timeout)"),
        format!("{holder} is still going on; waited 0.05 s for its end"),
    ] {
        assert!(told.contains(&words), "{words}\n\n{told}");
    }

    run(&hold, "select pg_advisory_unlock(1)");
    ended(west, 0);
    assert_eq!(
        place.results(),
        [
            "model.shop.west success",
            "test.shop.not_null_west_version.323050a893 pass"
        ]
    );
    assert_eq!(place.value("select count(*) from starts"), Cell::Int(2));
    assert_eq!(open_files(place.folder.path()), 0);
}

#[test]
fn a_killed_run_holds_nobody_up_and_is_what_retry_repeats() {
    let place = Place::new("killed_beside");
    let (first, second) = (place.connect(), place.connect());
    run(&first, "select pg_advisory_lock(1)");
    run(&second, "select pg_advisory_lock(2)");
    let east = place.start_and_hold(&["run", "--select", "east"], 2);
    let mut west = place.start_and_hold(&["run", "--select", "west+", "--vars", "{version: 7}"], 1);
    west.kill().unwrap();
    west.wait().unwrap();
    run(&second, "select pg_advisory_unlock(2)");
    ended(east, 0);
    assert_eq!(place.results(), ["model.shop.east success"]);

    run(&first, "select pg_advisory_unlock(1)");
    let told = ended(place.start(&["retry"]), 0);
    assert!(told.contains("--select west+"), "{told}");
    assert_eq!(
        place.results(),
        ["west", "west_over", "west_report"].map(|name| format!("model.shop.{name} success"))
    );
    assert_eq!(place.value("select version from west_report"), Cell::Int(7));
    assert_eq!(open_files(place.folder.path()), 0);
}

#[test]
fn retry_waits_for_the_run_that_it_is_to_repeat() {
    let place = Place::new("retried_beside");
    let hold = place.connect();
    run(&hold, "select pg_advisory_lock(2)");
    let east = place.start_and_hold(&["run", "--select", "east"], 2);
    let told = ended(place.start(&["retry", "--lock-timeout", "0.05"]), 2);
    assert!(
        told.contains("refract run --select east (process "),
        "{told}"
    );
    run(&hold, "select pg_advisory_unlock(2)");
    ended(east, 0);
    let told = ended(place.start(&["retry"]), 0);
    assert!(told.contains("Nothing to do"), "{told}");
}

#[test]
fn many_at_once_end_well() {
    let place = Place::new("many_beside");
    for time in 0..6 {
        let version = format!("{{version: {time}}}");
        let selections = [
            "west+",
            "east",
            "south",
            "west_report",
            "east south",
            "west+ east south",
        ];
        let runs = selections.map(|selected| {
            let mut arguments = vec!["build", "--vars", &version, "--select"];
            arguments.extend(selected.split(' '));
            place.start(&arguments)
        });
        for run in runs {
            // A report may come before what it reads was built for the first time.
            if time > 0 {
                ended(run, 0);
            } else {
                run.wait_with_output().unwrap();
            }
        }
        if time > 0 {
            for name in ["west_report", "east", "public_deep.south"] {
                let sql = format!("select version from {name}");
                assert_eq!(place.value(&sql), Cell::Int(time), "{name}");
            }
        }
        assert_eq!(open_files(place.folder.path()), 0);
        let manifest = fs::read(place.target("manifest.json")).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        let results = fs::read(place.target("run_results.json")).unwrap();
        let results: Value = serde_json::from_slice(&results).unwrap();
        let id = |artifact: &Value| artifact["metadata"]["invocation_id"].clone();
        assert_eq!(id(&manifest), id(&results), "artifacts of two runs");
    }
    assert_eq!(place.value("select count(*) from starts"), Cell::Int(36));
}
