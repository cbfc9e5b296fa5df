//! Stopping a run, and the server while one is going on.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support::{Served, is_over, project, refract, write};

/// A project whose model `slow` runs for long, between one that is quick and one that comes after it.
fn slow() -> Served {
    let folder = project();
    write(
        &folder,
        "models/after.sql",
        "select * from {{ ref('slow') }}\n",
    );
    Served::over(folder, &["--vars", "{rows: 10000000}", "--threads", "1"])
}

/// Starts a run of `orders`, `slow` and `after`, and waits until `slow` is at work.
fn start(served: &Served) -> String {
    let id = served.start(&json!({ "command": "run" }));
    served.events_until(&id, |name, data| {
        name == "node" && data["unique_id"] == "model.shop.slow" && data["status"] == "running"
    });
    id
}

#[test]
fn a_run_can_be_stopped_while_its_query_runs() {
    let served = Served::new(&["--vars", "{rows: 10000000}"]);
    let id = served
        .change(
            "POST",
            "/api/v1/runs",
            &json!({ "command": "run", "select": "slow" }),
        )
        .json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    served.events_until(&id, |name, data| {
        name == "node" && data["status"] == "running"
    });
    let stopped = served.change("DELETE", &format!("/api/v1/runs/{id}"), &Value::Null);
    assert_eq!(stopped.status, 202, "{}", stopped.body);
    let (_, last) = served.events_until(&id, is_over).pop().unwrap();
    assert_eq!(last["state"], "cancelled");
    // The warehouse is free again and the old table is still there.
    let again = served
        .change("POST", "/api/v1/runs", &json!({ "command": "test" }))
        .json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let (_, last) = served.events_until(&again, is_over).pop().unwrap();
    assert_eq!(last["state"], "success");
}

#[test]
fn what_a_stop_interrupts_did_not_fail() {
    let served = slow();
    let id = start(&served);
    served.change("DELETE", &format!("/api/v1/runs/{id}"), &Value::Null);
    let events = served.events_until(&id, is_over);
    let (_, last) = events.last().unwrap();
    assert_eq!(last["state"], "cancelled");
    assert_eq!(last["message"], "stopped from the page");
    assert_eq!(
        last["counts"],
        json!({ "success": 1, "error": 0, "warn": 0, "skipped": 0, "total": 3 })
    );
    assert_eq!(
        served.statuses(&id),
        ["model.shop.orders success", "model.shop.slow cancelled"]
    );
    // The result of the build before still stands: nothing was made in its place.
    let node = served.get("/api/v1/nodes/model.shop.slow").json();
    assert_eq!(node["last"]["status"], "success", "{node}");
    let results = served.artifact("run_results.json");
    let ended: Vec<&Value> = results["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["unique_id"])
        .collect();
    assert_eq!(
        ended,
        ["model.shop.orders"],
        "as dbt has it, only what ended has a result"
    );
    let retried = refract(&served.folder, &["retry", "--vars", "{rows: 10}"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&retried.stdout);
    assert!(told.contains("Done. PASS=2 "), "{told}");
}

#[test]
fn the_server_ends_at_once_with_its_run_and_its_listeners() {
    for signal in ["INT", "TERM"] {
        let mut served = slow();
        let id = start(&served);
        let mut stream = TcpStream::connect(&served.host).unwrap();
        let host = &served.host;
        write!(
            stream,
            "GET /api/v1/events HTTP/1.1\r\nhost: {host}\r\nlast-event-id: 0\r\n\r\n"
        )
        .unwrap();
        let mut listener = BufReader::new(stream);
        let mut line = String::new();
        while !line.starts_with("data: ") {
            line.clear();
            assert!(listener.read_line(&mut line).unwrap() > 0);
        }
        let begun = Instant::now();
        let pid = served.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args([&format!("-{signal}"), &pid])
            .status();
        assert!(sent.unwrap().success());
        assert!(served.child.wait().unwrap().success());
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{signal}: {:?}",
            begun.elapsed()
        );
        // The stream is closed, or was cut off with the process.
        let _ = listener.read_to_end(&mut Vec::new());
        let results = served.artifact("run_results.json");
        assert_eq!(
            results["metadata"]["invocation_id"],
            json!(id),
            "the results are written"
        );
        let again = Served::over(
            std::mem::replace(&mut served.folder, tempfile::tempdir().unwrap()),
            &[],
        );
        let run = again.get(&format!("/api/v1/runs/{id}")).json();
        assert_eq!(
            (&run["state"], &run["message"]),
            (&json!("cancelled"), &json!("the server stopped"))
        );
        assert_eq!(again.run(&json!({ "command": "run" }))["state"], "success");
    }
}
