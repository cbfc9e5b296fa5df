//! Two `refract build` of one project at once.

use std::process::{Child, Command, Stdio};

use crate::project::Shop;
use crate::warehouse::{Base, Kind};

/// How many times over.
const TIMES: usize = 20;

#[test]
fn two_builds_at_once_on_duckdb_end_well() {
    twice(&Base::new(Kind::DuckDb, "pairs"));
}

#[test]
fn two_builds_at_once_on_postgres_end_well() {
    twice(&Base::new(Kind::Postgres, "pairs"));
}

fn twice(base: &Base) {
    for time in 0..TIMES {
        let name = format!("time_{time}");
        let shop = base.copy(&name);
        let builds = [start(&shop), start(&shop)];
        for build in builds {
            let ended = build.wait_with_output().unwrap();
            let told = String::from_utf8_lossy(&ended.stdout);
            assert!(ended.status.success(), "time {time}: {told}");
        }
        assert_eq!(shop.states(), base.new, "time {time}");
        base.remove(&name, shop);
    }
}

fn start(shop: &Shop) -> Child {
    Command::new(env!("CARGO_BIN_EXE_refract"))
        .args(["build", "--vars", "{version: 2}", "--no-use-colors"])
        .current_dir(&shop.folder)
        .env("DBT_PROFILES_DIR", &shop.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}
