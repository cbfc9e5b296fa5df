//! The disk is full. For DuckDB no file may grow beyond a limit, which the kernel holds against a process of its own:
//! that goes for the warehouse's files and for the artifacts alike. PostgreSQL's own disk has no room left.

use std::path::Path;
use std::process::Command;

use server::execute::retry::Previous;

use crate::fault::Fault;
use crate::project;
use crate::small_disk;
use crate::warehouse::{Base, Kind};

/// Makes `victim` build the project of a folder.
const FOLDER: &str = "FULL_DISK_FOLDER";

/// Files are limited in blocks of so many bytes.
const BLOCK: u64 = 512;

/// Builds on a full disk; no test, unless `a_build_on_duckdb_may_fill_the_disk` starts it.
#[test]
fn victim() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let ended = project::build(Path::new(&folder), 2, &Fault::never());
    let outcome = ended.unwrap_or_else(|error| panic!("{error}"));
    for result in &outcome.results.results {
        let failed = result.status.is_failure();
        assert!(!failed, "{}: {:?}", result.unique_id, result.message);
    }
}

#[test]
fn a_build_on_duckdb_may_fill_the_disk() {
    let base = Base::new(Kind::DuckDb, "disk");
    let mut failed = 0;
    let mut blocks = 1;
    loop {
        let name = format!("blocks_{blocks}");
        let shop = base.copy(&name);
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" --exact disk::victim --nocapture"
        );
        let built = Command::new("sh")
            .args(["-c", &script])
            .arg(std::env::current_exe().unwrap())
            .env(FOLDER, &shop.folder)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&built.stderr);
        let what = format!("no file beyond {} bytes", blocks * BLOCK);
        assert!(built.status.code().is_some(), "{what}: {told}");
        if !built.status.success() {
            failed += 1;
            assert!(told.contains("too large"), "{what}: {told}");
        }

        let states = shop.states();
        base.assert_old_or_new(&states, &what);
        let previous = Previous::read(&shop.folder.join("target")).unwrap();
        if built.status.success() {
            assert!(previous.unfinished.is_empty(), "{what}");
        }
        shop.build_well(2);
        assert_eq!(shop.states(), base.new, "{what}, then built");
        base.remove(&name, shop);
        if built.status.success() {
            break;
        }
        blocks += blocks.div_ceil(4);
    }
    assert!(failed >= 10, "only {failed} builds met the limit");
}

#[test]
fn the_disk_of_postgres_may_be_full() {
    let base = Base::new(Kind::PostgresOnSmallDisk, "small");
    let mut failed = 0;
    for free in (0..12).map(|step| step * 16) {
        let name = format!("kib_{free}");
        let shop = base.copy(&name);
        small_disk::fill(free);
        let ended = shop.build(2, &Fault::never());
        small_disk::free();

        let what = format!("{free} KiB free");
        let states = shop.states();
        base.assert_old_or_new(&states, &what);
        let messages: Vec<String> = match &ended {
            Ok(outcome) => outcome
                .results
                .results
                .iter()
                .filter(|result| result.status.is_failure())
                .map(|result| result.message.clone().unwrap_or_default())
                .collect(),
            Err(error) => vec![error.to_string()],
        };
        for message in &messages {
            // A server that cannot write its log ends all sessions.
            let known = [
                "No space left on device",
                "Check free disk space",
                "connection was lost",
                "cannot connect",
            ];
            assert!(
                known.iter().any(|words| message.contains(words)),
                "{what}: {message}"
            );
        }
        shop.build_well(2);
        assert_eq!(shop.states(), base.new, "{what}, then built");
        base.remove(&name, shop);
        failed += usize::from(!messages.is_empty());
    }
    assert!(failed >= 5, "only {failed} builds met the full disk");
}
