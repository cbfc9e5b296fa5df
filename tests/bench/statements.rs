//! What a run cannot do without: the compiled statements of a manifest, sent straight through the DuckDB library by a
//! few threads, each when those that it reads are there. `run.py` compares a run with it.
//!
//! usage: statements MANIFEST DATABASE THREADS

use std::collections::HashMap;
use std::sync::{Condvar, Mutex};

use duckdb::Connection;
use serde_json::Value;

/// Which nodes wait for how many others, and who waits for them.
struct Queue {
    ready: Vec<usize>,
    waits: Vec<usize>,
    left: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [manifest, database, threads] = arguments.as_slice() else {
        panic!("usage: statements MANIFEST DATABASE THREADS");
    };
    let manifest: Value = serde_json::from_slice(&std::fs::read(manifest).unwrap()).unwrap();
    let nodes: Vec<&Value> = manifest["nodes"]
        .as_object()
        .unwrap()
        .values()
        .filter(|node| node["resource_type"] == "model")
        .collect();
    let places: HashMap<&str, usize> = nodes
        .iter()
        .enumerate()
        .map(|(place, node)| (node["unique_id"].as_str().unwrap(), place))
        .collect();
    let mut readers = vec![Vec::new(); nodes.len()];
    let mut waits = vec![0; nodes.len()];
    for (place, node) in nodes.iter().enumerate() {
        for parent in node["depends_on"]["nodes"].as_array().unwrap() {
            if let Some(parent) = places.get(parent.as_str().unwrap()) {
                readers[*parent].push(place);
                waits[place] += 1;
            }
        }
    }
    let ready = (0..nodes.len()).filter(|it| waits[*it] == 0).collect();
    let left = nodes.len();
    let queue = Mutex::new(Queue { ready, waits, left });
    let changed = Condvar::new();
    let connection = Connection::open(database).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..threads.parse().unwrap() {
            let connection = connection.try_clone().unwrap();
            let (queue, changed, nodes, readers) = (&queue, &changed, &nodes, &readers);
            scope.spawn(move || {
                while let Some(place) = next(queue, changed) {
                    if let Some(sql) = statement(nodes[place]) {
                        connection.execute_batch(&sql).unwrap();
                    }
                    let mut queue = queue.lock().unwrap();
                    queue.left -= 1;
                    for reader in &readers[place] {
                        queue.waits[*reader] -= 1;
                        if queue.waits[*reader] == 0 {
                            queue.ready.push(*reader);
                        }
                    }
                    changed.notify_all();
                }
            });
        }
    });
    connection.close().unwrap();
    println!("{} nodes", nodes.len());
}

fn next(queue: &Mutex<Queue>, changed: &Condvar) -> Option<usize> {
    let queue = queue.lock().unwrap();
    let mut queue = changed
        .wait_while(queue, |queue| queue.ready.is_empty() && queue.left > 0)
        .unwrap();
    queue.ready.pop()
}

/// `None` for what makes no relation.
fn statement(node: &Value) -> Option<String> {
    let kind = match node["config"]["materialized"].as_str()? {
        "ephemeral" => return None,
        "view" => "view",
        _ => "table",
    };
    let relation = node["relation_name"].as_str()?;
    let sql = node["compiled_code"].as_str()?;
    Some(format!(
        "create or replace {kind} {relation} as (\n{sql}\n)"
    ))
}
