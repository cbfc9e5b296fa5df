//! A built project with the real server in front of it, and a small HTTP client.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Rows that take a minute to count, so that a run is surely still going on when it is stopped.
const SLOW: &str = "{{ config(materialized='table') }}\n\
    select count(*) as n from range({{ var('rows', 10) }}) a, range({{ var('rows', 10) }}) b where a.range % 7 = b.range % 11\n";

/// A built project with a server in front of it, stopped when dropped.
pub(crate) struct Served {
    pub(crate) folder: TempDir,
    pub(crate) child: Child,
    /// Kept, since a program whose output nobody reads is ended.
    _output: BufReader<ChildStdout>,
    pub(crate) host: String,
    pub(crate) token: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// A secret that every process of this suite has in its environment.
pub(crate) const CANARY: &str = "s3cr3t-canary-value";

pub(crate) fn refract(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refract"));
    command
        .args(arguments)
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("DBT_ENV_SECRET_KEY", CANARY)
        .env("COPY", CANARY);
    command
}

/// Writes a file of a project.
pub(crate) fn write(folder: &TempDir, path: &str, text: &str) {
    let path = folder.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A built project of two models with tests.
pub(crate) fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = |path: &str, text: &str| write(&folder, path, text);
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
    pub(crate) fn new(extra: &[&str]) -> Self {
        Self::over(project(), extra)
    }

    pub(crate) fn over(folder: TempDir, extra: &[&str]) -> Self {
        Self::listening(folder, &["serve"], extra)
    }

    /// A server that shows a folder of artifacts, without a project.
    pub(crate) fn artifacts(target: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::listening(folder, &["docs", "serve"], &["--artifacts", target])
    }

    fn listening(folder: TempDir, command: &[&str], extra: &[&str]) -> Self {
        let mut child = refract(&folder, command)
            .args(["--port", "0"])
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

    /// Starts a run; its id.
    pub(crate) fn start(&self, request: &Value) -> String {
        let started = self.change("POST", "/api/v1/runs", request);
        assert_eq!(started.status, 202, "{}", started.body);
        started.json()["id"].as_str().unwrap().to_owned()
    }

    /// Starts a run and waits for its end: the run as the last event told it.
    pub(crate) fn run(&self, request: &Value) -> Value {
        let id = self.start(request);
        self.events_until(&id, is_over).pop().unwrap().1
    }

    /// Unique ids and statuses of a run's nodes.
    pub(crate) fn statuses(&self, run: &str) -> Vec<String> {
        let run = self.get(&format!("/api/v1/runs/{run}")).json();
        let mut nodes: Vec<String> = run["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| {
                format!(
                    "{} {}",
                    node["unique_id"].as_str().unwrap(),
                    node["status"].as_str().unwrap()
                )
            })
            .collect();
        nodes.sort();
        nodes
    }

    /// An artifact in `target/`.
    pub(crate) fn artifact(&self, name: &str) -> Value {
        let text = fs::read_to_string(self.folder.path().join("target").join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
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

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    pub(crate) fn change(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(
            method,
            path,
            &[("x-refract-token", &self.token)],
            &body.to_string(),
        )
    }

    /// Reads a run's events until `last` is true of one; each is its name and data.
    pub(crate) fn events_until(
        &self,
        run: &str,
        last: impl Fn(&str, &Value) -> bool,
    ) -> Vec<(String, Value)> {
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

pub(crate) fn is_over(name: &str, data: &Value) -> bool {
    name == "run" && !["queued", "running"].contains(&data["state"].as_str().unwrap())
}
