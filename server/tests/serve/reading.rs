//! Reading, and who may ask.

use serde_json::json;

use super::support::{Answer, Served, is_over};

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

#[test]
fn what_older_versions_of_dbt_wrote_is_shown_and_nothing_can_be_run() {
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/../compiler/tests/dbt_targets");
    for version in ["v10", "v11", "v12"] {
        let served = Served::artifacts(&format!("{recorded}/{version}"));
        let session = served.get("/api/v1/session").json();
        assert_eq!(
            (&session["can_run"], &session["project"]),
            (&json!(false), &json!("garden"))
        );
        let index = served.get("/api/v1/index");
        assert_eq!(index.status, 200, "{version}: {}", index.body);
        let node = served.get("/api/v1/nodes/model.garden.fct_plants").json();
        assert_eq!(node["last"]["status"], "success", "{version}: {node}");
        assert_eq!(node["columns"][0]["tests"][0]["last"]["status"], "pass");
        let source = served
            .get("/api/v1/nodes/source.garden.barn.waterings")
            .json();
        assert_eq!(source["source"]["freshness"]["status"], "pass", "{source}");
        let past = served.get("/api/v1/nodes/model.garden.fct_plants/runs");
        assert_eq!(past.json(), json!([]));
        let run = served.change("POST", "/api/v1/runs", &json!({ "command": "build" }));
        assert_eq!(
            (run.status, &run.json()["error"]["code"]),
            (409, &json!("read-only"))
        );
    }
}

#[test]
fn columns_come_with_what_they_are_made_of() {
    let served = Served::new(&[]);
    let lineage = served.get("/api/v1/column-lineage").json();
    let nodes = lineage["nodes"].as_array().unwrap();
    let orders = nodes
        .iter()
        .find(|node| node["id"] == "model.shop.orders")
        .unwrap();
    assert_eq!(orders["k"], "read");
    assert_eq!(orders["c"], json!([{ "n": "order_id" }, { "n": "amount" }]));
}
