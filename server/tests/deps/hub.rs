//! A hub on a free port of this machine.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};
use tar::{Builder, Header};

/// In the place of a status: nothing is ever answered.
pub(crate) const STALLS_AT_ONCE: u16 = 0;
/// In the place of a status: the end of the body never comes.
pub(crate) const STALLS_HALF_WAY: u16 = 1;

#[derive(Default)]
struct State {
    /// What each path answers: in turn, the last one for good.
    pages: BTreeMap<String, VecDeque<(u16, Vec<u8>)>>,
    /// Packages by name, as the hub describes them.
    packages: BTreeMap<String, Map<String, Value>>,
    /// Requests: path and `authorization` header.
    asked: Vec<(String, Option<String>)>,
    over: bool,
}

/// The hub; it ends when dropped.
pub(crate) struct Hub {
    address: String,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

impl Hub {
    /// An empty hub.
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.lock().expect("no panic").over {
                    break;
                }
                // A client that hangs up is no failure of the hub.
                let _ = stream.and_then(|stream| answer(stream, &shared));
            }
        });
        let hub = Self {
            address,
            state,
            thread: Some(thread),
        };
        hub.describe();
        hub
    }

    /// `http://127.0.0.1:PORT`, with a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> &str {
        &self.address
    }

    /// Publishes a version that needs nothing.
    pub(crate) fn release(&self, package: &str, version: &str) -> &Self {
        self.release_with(package, version, &json!({}))
    }

    /// Publishes a version; `more` goes over its description.
    pub(crate) fn release_with(&self, package: &str, version: &str, more: &Value) -> &Self {
        let name = package.rsplit('/').next().expect("a name");
        let path = format!("/archives/{name}/{version}.tar.gz");
        let folder = format!("{name}-{version}");
        self.page(
            &path,
            200,
            archive(&[
                (
                    &format!("{folder}/dbt_project.yml"),
                    &format!("name: {name}\nversion: '{version}'\n"),
                ),
                (
                    &format!("{folder}/macros/which.sql"),
                    &format!("{{% macro which() %}}{version}{{% endmacro %}}\n"),
                ),
            ]),
        );
        let mut release = json!({
            "name": name, "version": version, "packages": [], "downloads": { "tarball": self.url(&path) },
        });
        for (key, value) in more.as_object().expect("a mapping") {
            release[key] = value.clone();
        }
        let mut state = self.state.lock().expect("no panic");
        let entry = state.packages.entry(package.to_owned()).or_insert_with(|| {
            let parts: Vec<&str> = package.split('/').collect();
            json!({ "name": parts[1], "namespace": parts[0], "versions": {} })
                .as_object()
                .expect("a mapping")
                .clone()
        });
        entry["versions"][version] = release;
        drop(state);
        self.describe();
        self
    }

    /// Adds keys to a package's description, such as its new name.
    pub(crate) fn describe_with(&self, package: &str, key: &str, value: &str) {
        let mut state = self.state.lock().expect("no panic");
        state
            .packages
            .get_mut(package)
            .expect("a package")
            .insert(key.to_owned(), json!(value));
        drop(state);
        self.describe();
    }

    fn describe(&self) {
        let packages = self.state.lock().expect("no panic").packages.clone();
        let names: Vec<&String> = packages.keys().collect();
        self.page(
            "/api/v1/index.json",
            200,
            json!(names).to_string().into_bytes(),
        );
        for (name, description) in &packages {
            self.page(
                &format!("/api/v1/{name}.json"),
                200,
                json!(description).to_string().into_bytes(),
            );
        }
    }

    /// What a path answers from now on.
    pub(crate) fn page(&self, path: &str, status: u16, body: impl Into<Vec<u8>>) {
        self.pages(path, vec![(status, body.into())]);
    }

    /// What a path answers in turn.
    pub(crate) fn pages(&self, path: &str, answers: Vec<(u16, Vec<u8>)>) {
        self.state
            .lock()
            .expect("no panic")
            .pages
            .insert(path.to_owned(), answers.into());
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked_with_login()
            .into_iter()
            .map(|(path, _)| path)
            .collect()
    }

    /// The same, with each request's login.
    pub(crate) fn asked_with_login(&self) -> Vec<(String, Option<String>)> {
        std::mem::take(&mut self.state.lock().expect("no panic").asked)
    }

    /// Nobody answers any more.
    pub(crate) fn stop(&mut self) {
        self.state.lock().expect("no panic").over = true;
        // Wakes the thread, which then ends and closes the port.
        let _ = TcpStream::connect(&self.address);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("no panic");
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.stop();
    }
}

fn answer(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut login = None;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? <= 2 {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("authorization")
            {
                login = Some(value.trim().to_owned());
            }
        }
        let mut words = line.split(' ');
        let (method, target) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        if method == "CONNECT" {
            // As a proxy: what follows in the tunnel is answered here as well.
            state
                .lock()
                .expect("no panic")
                .asked
                .push((format!("CONNECT {target}"), login));
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            continue;
        }
        // A proxy is asked for whole addresses.
        let path = match target.split_once("://") {
            Some((_, rest)) => &rest[rest.find('/').unwrap_or(rest.len())..],
            None => target,
        };
        let (status, body) = {
            let mut state = state.lock().expect("no panic");
            state.asked.push((target.to_owned(), login));
            match state.pages.get_mut(path) {
                Some(answers) if answers.len() > 1 => answers.pop_front().expect("more than one"),
                Some(answers) => answers.front().cloned().expect("one"),
                None => (404, b"not here".to_vec()),
            }
        };
        if status != STALLS_AT_ONCE {
            let (code, missing) = if status == STALLS_HALF_WAY {
                (200, 10)
            } else {
                (status, 0)
            };
            let head = format!(
                "HTTP/1.1 {code} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len() + missing
            );
            stream.write_all(head.as_bytes())?;
            stream.write_all(&body)?;
        }
        if [STALLS_AT_ONCE, STALLS_HALF_WAY].contains(&status) {
            // Until the other side has lost its patience.
            let _ = reader.read(&mut [0; 64]);
            return Ok(());
        }
        stream.shutdown(std::net::Shutdown::Write)?;
        // Until the other side is done, so that nothing of the answer is lost.
        let _ = reader.read(&mut [0; 64]);
        return Ok(());
    }
}

/// A `tar.gz` of these files.
pub(crate) fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in files {
        let mut header = Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(text.len() as u64);
        // Evil paths have to be written by hand: the library would not.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        builder.append(&header, text.as_bytes()).expect("added");
    }
    builder
        .into_inner()
        .and_then(GzEncoder::finish)
        .expect("ends")
}
