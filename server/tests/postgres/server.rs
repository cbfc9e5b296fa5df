//! A PostgreSQL server of the tests' own, from Debian's package, with a schema for each test.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use compiler::adapter::{Cell, Table};
use serde_json::{Map, Value, json};
use server::adapter::{ConnectError, Connection, Connector, Patience, Target, open};
use server::execute::CancelToken;

pub(crate) const PASSWORD: &str = "correct horse";

/// Starts the server, tells its folder, and waits for its input to end: that happens when the tests are over,
/// however they end. Then it stops the server by its process id and removes the folder.
const SCRIPT: &str = r#"
set -eu
bin=$1 port=$2 password=$3
umask 077
folder=$(mktemp -d /tmp/refract-postgres.XXXXXX)
cd "$folder"
trap 'cd /; rm -rf "$folder"' EXIT
echo "$password" > password
"$bin/initdb" -D data -U owner -A scram-sha-256 --pwfile=password --no-sync -E UTF8 --locale=C > initdb.log
curve="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
openssl req -x509 $curve -keyout ca.key -out ca.crt -subj /CN=authority -days 2 2> openssl.log
openssl req -new $curve -keyout data/server.key -out server.csr -subj /CN=localhost 2>> openssl.log
echo "subjectAltName=DNS:localhost" > names
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile names -out data/server.crt -days 2 2>> openssl.log
cat > data/pg_hba.conf <<HBA
local all all scram-sha-256
hostnossl all secure 127.0.0.1/32 reject
hostssl all plain 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
HBA
"$bin/pg_ctl" start -w -s -D data -l server.log \
  -o "-c listen_addresses=127.0.0.1 -p $port -k $folder -c ssl=on -c fsync=off -c timezone=UTC" > start.log
pid=$(head -n 1 data/postmaster.pid)
echo "$folder"
cat > /dev/null
kill -QUIT "$pid"
while kill -0 "$pid" 2> /dev/null; do sleep 0.1; done
"#;

struct Server {
    port: u16,
    folder: PathBuf,
    /// Open for as long as this process lives, which keeps the server running.
    _input: ChildStdin,
    _script: Child,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let port = free_port();
        let mut script = script()
            .args(["-c", SCRIPT, "postgres-for-tests"])
            .arg(programs())
            .args([&port.to_string(), PASSWORD])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh and setpriv are there on Debian");
        let mut folder = String::new();
        BufReader::new(script.stdout.take().unwrap())
            .read_line(&mut folder)
            .unwrap();
        assert!(
            !folder.is_empty(),
            "PostgreSQL did not start; what it says stands above"
        );
        let server = Server {
            port,
            folder: PathBuf::from(folder.trim()),
            _input: script.stdin.take().unwrap(),
            _script: script,
        };
        let owner = connector(server.config("owner", "localhost"))
            .connect()
            .unwrap();
        for role in ["secure", "plain", "reader"] {
            run(
                &owner,
                &format!("create role {role} login superuser password '{PASSWORD}'"),
            );
        }
        server
    })
}

/// A shell; PostgreSQL refuses to run as root, so that root becomes the user of Debian's package.
fn script() -> Command {
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    if id != b"0\n" {
        return Command::new("sh");
    }
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid=postgres",
        "--regid=postgres",
        "--init-groups",
        "sh",
    ]);
    command
}

/// The folder of the newest server's programs.
pub(crate) fn programs() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().expect(
        "these tests need a PostgreSQL server: 'make test' installs Debian's package 'postgresql'",
    )
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

impl Server {
    fn config(&self, user: &str, host: &str) -> Value {
        json!({
            "host": host, "port": self.port, "user": user, "password": PASSWORD, "dbname": "postgres",
            "schema": "public", "retries": 0
        })
    }
}

/// A profile's keys for the owner over TCP, with changes.
pub(crate) fn config(changes: Value) -> Value {
    let mut config = server().config("owner", "127.0.0.1");
    let (Value::Object(keys), Value::Object(changes)) = (&mut config, changes) else {
        panic!("not a mapping")
    };
    keys.extend(changes);
    config
}

/// A file in the server's folder.
pub(crate) fn file(name: &str) -> PathBuf {
    server().folder.join(name)
}

pub(crate) fn port() -> u16 {
    server().port
}

pub(crate) fn try_connector(config: Value) -> Result<Arc<dyn Connector>, ConnectError> {
    let config: Map<String, Value> = serde_json::from_value(config).unwrap();
    let target = Target {
        name: "test".into(),
        kind: "postgres".into(),
        config,
        secrets: Vec::new(),
        root: Path::new(".").to_path_buf(),
    };
    let cancel = CancelToken::new();
    let patience = Patience {
        timeout: Duration::ZERO,
        notice: &|_| {},
        cancel: &cancel,
    };
    open(&target, &patience)
}

pub(crate) fn connector(config: Value) -> Arc<dyn Connector> {
    try_connector(config).unwrap()
}

/// Why no connection can be made.
pub(crate) fn refusal(changes: Value) -> String {
    let connected = try_connector(config(changes)).and_then(|connector| connector.connect());
    match connected {
        Ok(_) => panic!("connected"),
        Err(error) => error.to_string(),
    }
}

pub(crate) fn connect(changes: Value) -> Connection {
    connector(config(changes)).connect().unwrap()
}

pub(crate) fn run(connection: &Connection, sql: &str) {
    connection.warehouse.execute(sql, false, None).unwrap();
}

pub(crate) fn rows(connection: &Connection, sql: &str) -> Table {
    connection.warehouse.execute(sql, true, None).unwrap().1
}

/// The first row.
pub(crate) fn values(connection: &Connection, sql: &str) -> Vec<Cell> {
    rows(connection, sql).rows.remove(0)
}

/// A schema that lives as long as its test, with a connection that looks there first.
pub(crate) struct Schema {
    pub(crate) name: String,
    pub(crate) connection: Connection,
}

impl Schema {
    pub(crate) fn new(name: &str) -> Self {
        let connection = connect(json!({"search_path": name}));
        run(&connection, &format!("create schema {name}"));
        Self {
            name: name.to_owned(),
            connection,
        }
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let sql = format!("drop schema if exists {} cascade", self.name);
        let dropped = connect(json!({})).warehouse.execute(&sql, false, None);
        assert!(dropped.is_ok() || std::thread::panicking(), "{dropped:?}");
    }
}
