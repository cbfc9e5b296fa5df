//! A PostgreSQL server whose data lie on a small disk of their own, a tmpfs that no other process sees. When it falls
//! over a full disk it is started again, as a service would be.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::json;
use server::adapter::Connection;

use crate::server::{PASSWORD, config, free_port, programs, run, try_connector};

/// Bytes of the disk, in mount's words.
const SIZE: &str = "size=96m,mode=0777";

/// Runs the other script among mounts of its own, and takes the disk's place away in the end.
const AROUND: &str = r#"
folder=$(mktemp -d /tmp/refract-small-disk.XXXXXX)
chmod 755 "$folder"
script=$1; options=$2; shift 2
unshare --mount $options sh -c "$script" small-disk-for-tests "$folder" "$@"
rmdir "$folder"
"#;

/// Makes the disk, becomes PostgreSQL's user, and runs the server until the input ends.
const SCRIPT: &str = r#"
set -eu
folder=$1 bin=$2 port=$3 password=$4 size=$5
mount -t tmpfs -o "$size" tmpfs "$folder"
if [ "$6" = root ]; then
    become="setpriv --reuid=postgres --regid=postgres --init-groups"
else
    become="unshare --user --map-user=$6 --map-group=$7"
fi
exec $become sh -euc '
    folder=$1 bin=$2 port=$3 password=$4
    umask 077
    cd "$folder"
    echo "$password" > password
    "$bin/initdb" -D data -U owner -A scram-sha-256 --pwfile=password --no-sync -E UTF8 --locale=C \
        --wal-segsize=1 > initdb.log
    while true; do
        "$bin/postgres" -D data -c listen_addresses=127.0.0.1 -p "$port" -k "$folder" -c fsync=off -c timezone=UTC \
            -c min_wal_size=2MB -c max_wal_size=4MB -c shared_buffers=16MB -c autovacuum=off > /dev/null 2>&1 || true
        sleep 0.1
    done &
    again=$!
    until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do sleep 0.1; done
    echo ready
    cat > /dev/null
    kill "$again"
    kill -QUIT "$(head -n 1 data/postmaster.pid)"
' server "$folder" "$bin" "$port" "$password"
"#;

struct Server {
    port: u16,
    /// Open for as long as this process lives, which keeps the server running.
    _input: ChildStdin,
    _script: Child,
}

/// The port of the server.
pub(crate) fn port() -> u16 {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(start).port
}

fn start() -> Server {
    let id = |of: &str| {
        let told = Command::new("id").arg(of).output().unwrap().stdout;
        String::from_utf8(told).unwrap().trim().to_owned()
    };
    let (user, group) = (id("-u"), id("-g"));
    let is_root = user == "0";
    let port = free_port();
    let options = if is_root { "" } else { "--map-root-user" };
    let mut script = Command::new("sh")
        .args(["-c", AROUND, "small-disk-for-tests", SCRIPT, options])
        .arg(programs())
        .args([&port.to_string(), PASSWORD, SIZE])
        .args(if is_root {
            ["root".to_owned(), String::new()]
        } else {
            [user, group]
        })
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh is there");
    let mut told = String::new();
    BufReader::new(script.stdout.take().unwrap())
        .read_line(&mut told)
        .unwrap();
    assert_eq!(
        told, "ready\n",
        "no server on a disk of its own, for which this needs to mount a tmpfs as root or in a user namespace"
    );
    Server {
        port,
        _input: script.stdin.take().unwrap(),
        _script: script,
    }
}

/// Leaves so many KiB free. What the server itself no longer needs goes away before.
pub(crate) fn fill(leave: u64) {
    run(&owner(), "checkpoint");
    on_server(&format!(
        "free=$(df -k --output=avail . | tail -n 1); head -c $(( (free - {leave}) * 1024 )) /dev/zero > filler || true"
    ));
}

/// Makes room again.
pub(crate) fn free() {
    on_server("rm -f filler");
}

/// Runs a shell command in the server's data folder.
fn on_server(command: &str) {
    let command = command.replace('\'', "''");
    run(&owner(), &format!("copy (select 1) to program '{command}'"));
}

/// A connection, as soon as the server answers.
fn owner() -> Connection {
    let target = config(json!({"port": port(), "retries": 0}));
    let begun = Instant::now();
    loop {
        let connected = try_connector(target.clone()).and_then(|connector| connector.connect());
        match connected {
            Ok(connection) => return connection,
            Err(error) => assert!(begun.elapsed() < Duration::from_mins(1), "{error}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
