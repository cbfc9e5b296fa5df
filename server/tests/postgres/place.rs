//! The warehouses that a test runs on, from one definition.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::postgres::{Schema, config};

const PROFILES: &str = "
shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: dev.duckdb, threads: 2}
";

/// Where a project is built.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Place {
    DuckDb,
    Postgres,
}

/// Runs a test on each warehouse, side by side. The thread that fails bears the warehouse's name.
pub(crate) fn on_each(test: impl Fn(Place) + Sync) {
    std::thread::scope(|scope| {
        for place in [Place::DuckDb, Place::Postgres] {
            let test = &test;
            std::thread::Builder::new()
                .name(format!("{place:?}"))
                .spawn_scoped(scope, move || test(place))
                .unwrap();
        }
    });
}

/// A `profiles.yml` for the project `shop`, and its schema on PostgreSQL: one of its own that goes with the value.
/// `more` are further keys of the output there; where they name a schema, it is called so.
pub(crate) fn home(place: Place, more: Value) -> (String, Option<Schema>) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    if place == Place::DuckDb {
        return (PROFILES.to_owned(), None);
    }
    let mut output = config(json!({"type": "postgres", "threads": 2}));
    output["schema"] = format!("shop_{}", COUNT.fetch_add(1, Ordering::Relaxed)).into();
    let (Value::Object(keys), Value::Object(more)) = (&mut output, more) else {
        panic!("not a mapping")
    };
    keys.extend(more);
    let name = output["schema"].as_str().unwrap().to_owned();
    if output["search_path"] == json!(true) {
        output["search_path"] = name.as_str().into();
    }
    let profiles = json!({"shop": {"target": "dev", "outputs": {"dev": output}}});
    (profiles.to_string(), Some(Schema::new(&name)))
}
