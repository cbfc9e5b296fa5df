//! Runs from the page: what they select, tell, write and leave in the history.

use serde_json::{Value, json};

use super::support::{Served, is_over, project, write};

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
fn a_run_selects_as_the_command_line_does() {
    let folder = project();
    write(
        &folder,
        "selectors.yml",
        "selectors:\n\
         - {name: nightly, default: true, definition: {method: fqn, value: orders}}\n\
         - {name: slowly, definition: 'slow'}\n",
    );
    write(
        &folder,
        "models/more.sql",
        "select * from {{ ref('orders') }} join {{ ref('slow') }} on true\n",
    );
    write(
        &folder,
        "models/more.yml",
        "models: [{name: more, data_tests: [{one_row: {other: ref('slow')}}]}]\n",
    );
    write(
        &folder,
        "macros/one_row.sql",
        "{% test one_row(model, other) %}select 1 from {{ model }}, {{ other }} having count(*) <> 1{% endtest %}",
    );
    let served = Served::over(folder, &["--indirect-selection", "cautious"]);
    let ran = |request: Value| {
        let run = served.run(&request);
        assert_eq!(run["state"], "success", "{run}");
        served.statuses(run["id"].as_str().unwrap())
    };
    let of_orders = [
        "model.shop.orders success",
        "test.shop.not_null_orders_order_id.cf6c17daed pass",
        "test.shop.unique_orders_order_id.fed79b3a6e pass",
    ];
    assert_eq!(
        ran(json!({ "command": "build" })),
        of_orders,
        "the default selector"
    );
    let slow = ["model.shop.slow success"];
    assert_eq!(
        ran(json!({ "command": "build", "selector": "slowly" })),
        slow
    );
    assert_eq!(
        ran(json!({ "command": "run", "select": "selector:slowly" })),
        slow
    );
    assert_eq!(
        ran(json!({ "command": "build", "select": "more" })),
        ["model.shop.more success"],
        "the test has a parent that is not selected"
    );
    assert_eq!(
        ran(json!({ "command": "run", "exclude": "slow more" })),
        ["model.shop.orders success"],
        "with an exclude the default selector does not hold"
    );
    let both = json!({ "command": "run", "selector": "slowly", "select": "orders" });
    let refused = served.change("POST", "/api/v1/runs", &both);
    assert_eq!(refused.json()["error"]["code"], "selector");
    let unknown = served.run(&json!({ "command": "run", "selector": "weekly" }));
    assert_eq!(unknown["state"], "error");
    assert!(
        unknown["message"]
            .as_str()
            .unwrap()
            .contains("nightly, slowly"),
        "{unknown}"
    );
}

#[test]
fn state_selectors_compare_with_the_folder_that_the_server_was_given() {
    let folder = project();
    std::fs::rename(folder.path().join("target"), folder.path().join("before")).unwrap();
    write(
        &folder,
        "models/orders.sql",
        "select 1 as order_id, 11 as amount\n",
    );
    let served = Served::over(folder, &["--state", "before"]);
    let run = served.run(&json!({ "command": "run", "select": "state:modified" }));
    assert_eq!(
        served.statuses(run["id"].as_str().unwrap()),
        ["model.shop.orders success"]
    );
    let served = Served::new(&[]);
    let run = served.run(&json!({ "command": "run", "select": "state:modified" }));
    assert!(
        run["message"].as_str().unwrap().contains("--state"),
        "{run}"
    );
}

#[test]
fn the_artifacts_of_a_run_from_the_page_are_those_of_the_command_line() {
    let served = Served::new(&[]);
    let without_times = |mut manifest: Value| {
        manifest["metadata"] = Value::Null;
        for node in manifest["nodes"].as_object_mut().unwrap().values_mut() {
            node["created_at"] = Value::Null;
        }
        for key in ["macros", "docs"] {
            manifest[key] = Value::Null;
        }
        manifest
    };
    let by_hand = without_times(served.artifact("manifest.json"));
    assert!(by_hand["nodes"]["model.shop.orders"]["compiled_code"].is_string());
    let run = served.run(&json!({ "command": "build" }));
    assert_eq!(run["state"], "success", "{run}");
    let from_page = without_times(served.artifact("manifest.json"));
    similar(&from_page, &by_hand);
    let args = &served.artifact("run_results.json")["args"];
    assert_eq!(args["which"], "build");
    assert_eq!(args["invocation_command"], "refract build");
}

#[test]
fn sql_that_an_earlier_run_compiled_is_shown_until_its_file_changes() {
    let served = Served::new(&[]);
    let compiled = |node: &str| {
        let node = served.get(&format!("/api/v1/nodes/{node}")).json();
        node["compiled_code"].clone()
    };
    let before = compiled("model.shop.slow");
    assert!(before.is_string());
    served.run(&json!({ "command": "run", "select": "orders" }));
    let manifest = served.artifact("manifest.json");
    assert_eq!(
        manifest["nodes"]["model.shop.slow"]["compiled_code"],
        Value::Null
    );
    assert_eq!(compiled("model.shop.slow"), before);
    write(&served.folder, "models/slow.sql", "select 2 as n\n");
    assert_eq!(compiled("model.shop.slow"), Value::Null);
}

#[track_caller]
fn similar(left: &Value, right: &Value) {
    assert!(left == right, "{left:#}\n\nis not\n\n{right:#}");
}

#[test]
fn a_node_tells_its_past_runs_and_a_skip_hides_what_an_older_run_found() {
    let served = Served::new(&[]);
    let first = served.run(&json!({ "command": "build", "select": "orders" }));
    write(
        &served.folder,
        "models/orders.sql",
        "select 1 as order_id, error('late') as amount\n",
    );
    write(
        &served.folder,
        "models/orders_too.sql",
        "select * from {{ ref('orders') }}\n",
    );
    write(
        &served.folder,
        "models/models.yml",
        "models:\n  - name: orders\n    config: {materialized: table}\n    columns: [{name: order_id, data_tests: [unique, not_null]}]\n",
    );
    let failed = served.run(&json!({ "command": "build", "select": "orders+" }));
    assert_eq!(failed["state"], "error", "{failed}");
    let test = "test.shop.unique_orders_order_id.fed79b3a6e";
    let past = served.get(&format!("/api/v1/nodes/{test}/runs")).json();
    let told: Vec<(&str, &str, &str)> = past
        .as_array()
        .unwrap()
        .iter()
        .map(|past| {
            let word = |key: &str| past[key].as_str().unwrap();
            (word("run"), word("trigger"), word("status"))
        })
        .collect();
    assert_eq!(told[0], (failed["id"].as_str().unwrap(), "page", "skipped"));
    assert_eq!(told[1], (first["id"].as_str().unwrap(), "page", "pass"));
    assert_eq!((told[2].1, told[2].2, told.len()), ("cli", "pass", 3));
    assert_eq!(
        served
            .get(&format!("/api/v1/nodes/{test}/runs?limit=1"))
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let node = served.get("/api/v1/nodes/model.shop.orders").json();
    let states: Vec<&Value> = node["columns"][0]["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| &test["last"]["status"])
        .collect();
    assert_eq!(states, ["skipped", "skipped"], "not the pass of before");
}
