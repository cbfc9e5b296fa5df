//! The catalog's server over HTTP, with the real binary: reading, runs from the page, stopping, and who may ask.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Rows that take a minute to count, so that a run is surely still going on when it is stopped.
const SLOW: &str = "{{ config(materialized='table') }}\n\
    select count(*) as n from range({{ var('rows', 10) }}) a, range({{ var('rows', 10) }}) b where a.range % 7 = b.range % 11\n";

/// A built project with a server in front of it, stopped when dropped.
struct Served {
    folder: TempDir,
    child: Child,
    /// Kept, since a program whose output nobody reads is ended.
    _output: BufReader<ChildStdout>,
    host: String,
    token: String,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

fn refract(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refract"));
    command
        .args(arguments)
        .current_dir(folder.path())
        .env("HOME", folder.path());
    command
}

fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    file(
        "dbt_project.yml",
        "name: shop\nversion: '1.0'\nprofile: shop\n",
    );
    file(
        "profiles.yml",
        "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, threads: 2}\n",
    );
    file("models/orders.sql", "select 1 as order_id, 10 as amount\n");
    file("models/slow.sql", SLOW);
    file(
        "models/models.yml",
        "models:\n  - name: orders\n    config:\n      meta:\n        feature_contract: {owner: a team, version: 1.0.0, grain: [order_id]}\n\
         \x20   columns:\n      - name: order_id\n        data_tests: [unique, not_null]\n",
    );
    let built = refract(&folder, &["build"]).output().unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stdout)
    );
    folder
}

impl Served {
    fn new(extra: &[&str]) -> Self {
        Self::over(project(), extra)
    }

    fn over(folder: TempDir, extra: &[&str]) -> Self {
        let mut child = refract(&folder, &["serve", "--port", "0"])
            .args(extra)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let host = loop {
            let mut line = String::new();
            assert!(
                output.read_line(&mut line).unwrap() > 0,
                "the server ended before it told its address"
            );
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.split(' ').next().unwrap().to_owned();
            }
        };
        let mut served = Self {
            folder,
            child,
            _output: output,
            host,
            token: String::new(),
        };
        let session = served.get("/api/v1/session").json();
        session["token"]
            .as_str()
            .unwrap()
            .clone_into(&mut served.token);
        served
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let host = headers
            .iter()
            .find(|(name, _)| *name == "host")
            .map_or(self.host.as_str(), |(_, value)| value);
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        write!(
            request,
            "content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let chunked = head.to_lowercase().contains("transfer-encoding: chunked");
        Answer {
            status,
            head: head.to_lowercase(),
            body: if chunked {
                unchunk(body)
            } else {
                body.to_owned()
            },
        }
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    fn change(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(
            method,
            path,
            &[("x-refract-token", &self.token)],
            &body.to_string(),
        )
    }

    /// Reads a run's events until `last` is true of one; each is its name and data.
    fn events_until(&self, run: &str, last: impl Fn(&str, &Value) -> bool) -> Vec<(String, Value)> {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        // An id from before the first event brings everything that was kept.
        let request = format!(
            "GET /api/v1/events?run={run} HTTP/1.1\r\nhost: {}\r\nlast-event-id: 0\r\n\r\n",
            self.host
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut events = Vec::new();
        let mut name = String::new();
        for line in BufReader::new(stream).lines() {
            let line = line.unwrap();
            if let Some(event) = line.strip_prefix("event: ") {
                event.clone_into(&mut name);
            } else if let Some(data) = line.strip_prefix("data: ") {
                let data: Value = serde_json::from_str(data).unwrap();
                let done = last(&name, &data);
                events.push((name.clone(), data));
                if done {
                    return events;
                }
            }
        }
        panic!("the stream ended before what was waited for: {events:#?}");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unchunk(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        text.push_str(&rest[..size]);
        body = &rest[size + 2..];
    }
    text
}

fn is_over(name: &str, data: &Value) -> bool {
    name == "run" && !["queued", "running"].contains(&data["state"].as_str().unwrap())
}

#[test]
fn a_run_from_the_page_is_streamed_kept_and_found_again_after_a_restart() {
    let mut served = Served::new(&[]);
    let started = served.change(
        "POST",
        "/api/v1/runs",
        &json!({ "command": "build", "select": "orders" }),
    );
    assert_eq!(started.status, 202, "{}", started.body);
    let id = started.json()["id"].as_str().unwrap().to_owned();
    let events = served.events_until(&id, is_over);
    let states: Vec<&str> = events
        .iter()
        .filter(|(name, _)| name == "run")
        .map(|(_, data)| data["state"].as_str().unwrap())
        .collect();
    assert_eq!(states.first(), Some(&"queued"));
    assert_eq!(states.last(), Some(&"success"));
    let of_model: Vec<&str> = events
        .iter()
        .filter(|(name, data)| name == "node" && data["unique_id"] == "model.shop.orders")
        .map(|(_, data)| data["status"].as_str().unwrap())
        .collect();
    assert_eq!(of_model, ["running", "success"]);

    served.child.kill().unwrap();
    served.child.wait().unwrap();
    let folder = std::mem::replace(&mut served.folder, tempfile::tempdir().unwrap());
    let again = Served::over(folder, &[]);
    let run = again.get(&format!("/api/v1/runs/{id}")).json();
    assert_eq!(run["state"], "success");
    assert_eq!(
        run["counts"],
        json!({ "success": 3, "error": 0, "warn": 0, "skipped": 0, "total": 3 })
    );
    let triggers: Vec<Value> = again
        .get("/api/v1/runs")
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["trigger"].clone())
        .collect();
    assert_eq!(
        triggers,
        ["page", "cli"],
        "runs of the command line are in the history as well"
    );
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
fn changes_need_the_token_and_foreign_pages_get_nothing() {
    let served = Served::new(&[]);
    let body = json!({ "command": "build" }).to_string();
    let code = |answer: &Answer| answer.json()["error"]["code"].as_str().unwrap().to_owned();
    let without = served.send("POST", "/api/v1/runs", &[], &body);
    assert_eq!((without.status, code(&without).as_str()), (403, "token"));
    let token = ("x-refract-token", served.token.as_str());
    let foreign = served.send(
        "POST",
        "/api/v1/runs",
        &[token, ("origin", "http://evil.example")],
        &body,
    );
    assert_eq!(
        (foreign.status, code(&foreign).as_str()),
        (403, "foreign-origin")
    );
    let rebound = served.send("GET", "/api/v1/index", &[("host", "evil.example")], "");
    assert_eq!(
        (rebound.status, code(&rebound).as_str()),
        (403, "foreign-host")
    );
    assert_eq!(
        served.get("/api/v1/runs").json().as_array().unwrap().len(),
        1,
        "only the first build ran"
    );
    assert!(
        served
            .get("/")
            .head
            .contains("content-security-policy: default-src 'self'")
    );
}

#[test]
fn what_makes_no_sense_is_refused_in_words() {
    let served = Served::new(&[]);
    let command = served.change("POST", "/api/v1/runs", &json!({ "command": "drop" }));
    assert_eq!(command.status, 422);
    assert_eq!(
        command.json()["error"]["message"],
        "unknown command 'drop': use build, run, test, freshness"
    );
    assert_eq!(served.get("/api/v1/nodes/model.shop.nothing").status, 404);
    assert_eq!(served.get("/api/v1/runs/nothing").status, 404);
    assert_eq!(served.get("/api/v1/nothing").status, 404);
    let id = served
        .change(
            "POST",
            "/api/v1/runs",
            &json!({ "command": "run", "select": "nothing:x" }),
        )
        .json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let (_, last) = served.events_until(&id, is_over).pop().unwrap();
    assert_eq!(last["state"], "error");
    assert!(
        last["message"].as_str().unwrap().contains("nothing"),
        "{last}"
    );
}

#[test]
fn a_contract_is_judged_and_downloads_as_odcs() {
    let served = Served::new(&[]);
    let contract = served.get("/api/v1/contracts/model.shop.orders").json();
    assert_eq!(contract["owner"], "a team");
    assert!(
        contract["promises"]
            .as_array()
            .unwrap()
            .iter()
            .any(|promise| promise["state"] == "kept"),
        "{contract}"
    );
    let yaml = served.get("/api/v1/contracts/model.shop.orders/odcs.yaml");
    assert!(
        yaml.head
            .contains("attachment; filename=\"orders.odcs.yaml\""),
        "{}",
        yaml.head
    );
    assert!(yaml.body.starts_with("apiVersion: v3."), "{}", yaml.body);
    assert_eq!(served.get("/api/v1/contracts/model.shop.slow").status, 404);
}
