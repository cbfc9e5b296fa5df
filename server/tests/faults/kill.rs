//! `kill -9` in front of and behind each statement. The build to be killed runs in a process of its own: this test
//! program again, told by its environment to be the victim.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use server::execute::retry::Previous;
use signal_hook::consts::SIGKILL;

use crate::fault::Fault;
use crate::project;
use crate::warehouse::{Base, Kind};

/// At least this many moments belong to a build.
const ENOUGH: usize = 200;

/// Variables that make `victim` build a project and die.
const FOLDER: &str = "FAULT_FOLDER";
const MOMENT: &str = "FAULT_MOMENT";

/// No test, unless `killed_everywhere` starts it.
#[test]
fn victim() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let moment = std::env::var(MOMENT).unwrap().parse().unwrap();
    let fault = Fault::new(moment, |_| signal_hook::low_level::raise(SIGKILL).unwrap());
    let ended = project::build(Path::new(&folder), 2, &fault);
    panic!("moment {moment} never came: {ended:?}");
}

#[test]
fn a_build_on_duckdb_may_be_killed_at_any_statement() {
    killed_everywhere(&Base::new(Kind::DuckDb, "kills"));
}

#[test]
fn a_build_on_postgres_may_be_killed_at_any_statement() {
    killed_everywhere(&Base::new(Kind::Postgres, "kills"));
}

fn killed_everywhere(base: &Base) {
    let counted = Fault::never();
    let shop = base.copy("counted");
    shop.build(2, &counted).unwrap();
    let moments = counted.seen();
    assert!(moments >= ENOUGH, "only {moments} moments");
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let moment = next.fetch_add(1, Ordering::SeqCst);
                    if moment >= moments {
                        return;
                    }
                    let killed = std::panic::catch_unwind(|| killed_at(base, moment));
                    if killed.is_err() {
                        failures.lock().unwrap().push(moment);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "of {moments} moments: {failures:?}");
}

fn killed_at(base: &Base, moment: usize) {
    let name = format!("at_{moment}");
    let shop = base.copy(&name);
    let killed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::victim", "--nocapture"])
        .env(FOLDER, &shop.folder)
        .env(MOMENT, moment.to_string())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&killed.stderr);
    assert!(killed.status.code().is_none(), "moment {moment}: {told}");
    base.settle(&name);

    let what = format!("killed at moment {moment}");
    let states = shop.states();
    base.assert_old_or_new(&states, &what);
    let previous = Previous::read(&shop.folder.join("target")).unwrap();
    if previous.killed {
        for (name, state) in &states {
            let ended = [
                format!("model.shop.{name}"),
                format!("seed.shop.{name}"),
                format!("snapshot.shop.{name}"),
            ]
            .iter()
            .all(|id| !previous.unfinished.contains(id));
            if ended && !name.contains("__dbt_") {
                assert_eq!(state, &base.new[name], "{what}: {name} is said to be done");
            }
        }
    } else {
        // Nothing had begun: what stands there is the build before.
        assert_eq!(states, base.old, "{what}");
    }
    shop.build_well(2);
    assert_eq!(shop.states(), base.new, "{what}, then built");
    base.remove(&name, shop);
}
