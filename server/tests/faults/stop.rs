//! Stopping a run whose warehouse does not answer.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::beside::{Place, ended};
use crate::project::texts;
use crate::server::{connect, rows, run};

fn signal(name: &str, process: &str) {
    let sent = Command::new("kill").args(["-s", name, process]).status();
    assert!(sent.unwrap().success());
}

/// Sends SIGINT and waits for the end.
fn interrupt(child: Child) -> (Duration, String) {
    let begun = Instant::now();
    signal("INT", &child.id().to_string());
    let told = ended(child, 2);
    (begun.elapsed(), told)
}

#[test]
fn a_server_that_does_not_answer_keeps_no_run() {
    let place = Place::new("stopped");
    let hold = connect(json!({"dbname": "stopped"}));
    run(&hold, "select pg_advisory_lock(1)");
    let build = place.start_and_hold(
        &["build", "--select", "south", "west+", "--threads", "1"],
        1,
    );
    let waiting = "select pid::text from pg_locks where locktype = 'advisory' and not granted";
    let backend = texts(&rows(&hold, waiting)).remove(0);
    signal("STOP", &backend);
    let (took, told) = interrupt(build);
    signal("CONT", &backend);
    assert!(took < Duration::from_secs(2), "{took:?}: {told}");
    assert!(told.contains("Stopped: interrupted"), "{told}");
    assert!(told.contains("a server may still be at it"), "{told}");
    assert_eq!(place.results(), ["model.shop.south success"]);

    run(&hold, "select pg_advisory_unlock(1)");
    ended(place.start(&["retry"]), 0);
    assert_eq!(place.results().len(), 4);
}
