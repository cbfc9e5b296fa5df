//! Feature contracts from artifacts to states and to Open Data Contract Standard 3.
//!
//! `contracts/features.odcs.yaml` was checked against the published schema with `contracts/check.py`.

use compiler::artifacts::catalog::Catalog;
use compiler::artifacts::manifest::Manifest;
use compiler::artifacts::results::{RunResults, SourcesResults};
use compiler::contract::{self, ContractView, Facts, PromiseKind, PromiseState};
use serde_json::{Value, json};

/// A model `features` over one source, with the given contract.
fn project(contract: &Value) -> Manifest {
    let test = |name: &str, column: &str, more: Value| {
        let mut arguments = json!({ "column_name": column, "model": "{{ ref('features') }}" });
        for (key, value) in more.as_object().expect("arguments") {
            arguments[key] = value.clone();
        }
        json!({
            "unique_id": format!("test.shop.{name}_{column}.1"),
            "name": format!("{name}_{column}"),
            "resource_type": "test",
            "column_name": column,
            "attached_node": "model.shop.features",
            "test_metadata": { "name": name, "kwargs": arguments, "namespace": null },
            "depends_on": { "nodes": ["model.shop.features"] },
        })
    };
    let column = |name: &str, data_type: Option<&str>, description: &str| json!({ "name": name, "description": description, "data_type": data_type });
    let rate_range = json!({ "min_value": 0, "max_value": 1 });
    let mut nodes = json!({
        "model.shop.features": {
            "unique_id": "model.shop.features",
            "name": "features",
            "resource_type": "model",
            "description": "Features of a customer.",
            "relation_name": "\"db\".\"ml\".\"features\"",
            "config": { "meta": { "feature_contract": contract } },
            "columns": {
                "customer_id": column("customer_id", Some("bigint"), "Who: \"the customer\"."),
                "rate": column("rate", Some("double"), "Line one.\n\n- line two\n"),
                "seen_on": column("seen_on", None, ""),
                "code": column("code", None, "Looks like 007."),
            },
            "depends_on": { "nodes": ["source.shop.raw.orders"] },
        },
    });
    for test in [
        test("unique", "customer_id", json!({})),
        test("not_null", "customer_id", json!({})),
        test("accepted_range", "rate", rate_range),
        test("accepted_values", "code", json!({ "values": ["007"] })),
    ] {
        nodes[test["unique_id"].as_str().expect("an id")] = test.clone();
    }
    let source = json!({
        "unique_id": "source.shop.raw.orders",
        "source_name": "raw",
        "name": "orders",
        "freshness": { "error_after": { "count": 1, "period": "day" } },
    });
    let manifest = json!({ "nodes": nodes, "sources": { "source.shop.raw.orders": source } });
    serde_json::from_value(manifest).expect("a manifest")
}

fn full_contract() -> Value {
    json!({
        "owner": "ml@shop.example",
        "version": "1.10",
        "grain": "customer_id",
        "freshness": { "column": "seen_on", "max_age": "24 hours" },
        "consumers": [
            { "name": "churn", "team": "Retention", "contact": "churn@shop.example", "columns": ["rate"] },
            "ranking",
        ],
        "columns": {
            "customer_id": { "null_meaning": "never" },
            "rate": { "window": "30 days", "unit": "share", "null_meaning": "no order", "range": [0, 1] },
            "seen_on": { "range": { "min": "2020-01-01" }, "description": "Day of the last visit." },
            "code": { "range": { "max": 9 } },
        },
    })
}

fn catalog() -> Catalog {
    let column = |name: &str, data_type: &str, index: i64| json!({ "name": name, "type": data_type, "index": index });
    let columns = json!({
        "CUSTOMER_ID": column("CUSTOMER_ID", "BIGINT", 1),
        "rate": column("rate", "DOUBLE", 2),
        "seen_on": column("seen_on", "DATE", 3),
        "code": column("code", "VARCHAR", 4),
        "extra": column("extra", "BOOLEAN", 5),
    });
    let table = json!({ "metadata": { "type": "BASE TABLE", "schema": "ml", "name": "features" }, "columns": columns });
    serde_json::from_value(json!({ "metadata": {}, "nodes": { "model.shop.features": table } }))
        .expect("a catalog")
}

fn run(results: &[(&str, &str, i64)]) -> RunResults {
    let result = |(id, status, failures): &(&str, &str, i64)| {
        json!({
            "unique_id": id,
            "status": status,
            "failures": failures,
            "message": "Binder Error: no such column",
            "timing": [{ "name": "execute", "completed_at": "2026-11-22T10:00:01.250000Z" }],
        })
    };
    let results: Vec<Value> = results.iter().map(result).collect();
    serde_json::from_value(json!({ "metadata": {}, "results": results })).expect("run results")
}

fn freshness(age: f64) -> SourcesResults {
    let result = json!({
        "unique_id": "source.shop.raw.orders",
        "status": "pass",
        "max_loaded_at_time_ago_in_s": age,
        "snapshotted_at": "2026-11-22T09:00:00Z",
    });
    serde_json::from_value(json!({ "metadata": {}, "results": [result] })).expect("freshness")
}

const GOOD: [(&str, &str, i64); 5] = [
    ("model.shop.features", "success", 0),
    ("test.shop.unique_customer_id.1", "pass", 0),
    ("test.shop.not_null_customer_id.1", "pass", 0),
    ("test.shop.accepted_range_rate.1", "pass", 0),
    ("test.shop.accepted_values_code.1", "pass", 0),
];

fn with_status(
    id: &str,
    status: &'static str,
    failures: i64,
) -> Vec<(&'static str, &'static str, i64)> {
    GOOD.iter()
        .map(|result| {
            if result.0 == id {
                (result.0, status, failures)
            } else {
                *result
            }
        })
        .collect()
}

/// The one place that judges a contract.
fn check(contract: &Value, results: &[(&str, &str, i64)], age: f64) -> ContractView {
    let (manifest, catalog, run, sources) =
        (project(contract), catalog(), run(results), freshness(age));
    let facts = Facts::new(&manifest, Some(&catalog), Some(&run), Some(&sources));
    contract::view(&facts, "model.shop.features").expect("a contract")
}

fn states(view: &ContractView) -> Vec<String> {
    let line = |promise: &contract::Promise| {
        let evidence: Vec<&str> = promise
            .evidence
            .iter()
            .map(|evidence| evidence.text.as_str())
            .collect();
        let column = promise.column.as_deref().unwrap_or("-");
        format!(
            "{} {column}: {} ({})",
            promise.state.as_str(),
            promise.statement,
            evidence.join("; ")
        )
    };
    view.promises.iter().map(line).collect()
}

fn state_of(view: &ContractView, kind: PromiseKind, column: Option<&str>) -> PromiseState {
    let found = view
        .promises
        .iter()
        .find(|promise| promise.kind == kind && promise.column.as_deref() == column);
    found
        .unwrap_or_else(|| panic!("no promise {kind:?} of {column:?}"))
        .state
}

#[test]
fn every_promise_has_a_state_and_its_evidence() {
    let view = check(&full_contract(), &GOOD, 60.0 * 90.0);
    assert_eq!(
        states(&view),
        [
            "kept -: the last build succeeded (built)",
            "kept -: one row for each customer_id (unique passed; not_null passed)",
            "kept -: rows are not older than 24 hours by seen_on (raw.orders was 90 minutes old when it was checked)",
            "kept customer_id: the column is there (the warehouse has it)",
            "kept customer_id: its type is bigint (the warehouse has BIGINT)",
            "kept customer_id: it says what it means (it has a description)",
            "kept customer_id: never NULL (not_null passed)",
            "kept rate: the column is there (the warehouse has it)",
            "kept rate: its type is double (the warehouse has DOUBLE)",
            "kept rate: it says what it means (it has a description)",
            "kept rate: between 0 and 1 (accepted_range passed)",
            "kept seen_on: the column is there (the warehouse has it)",
            "kept seen_on: it says what it means (it has a description)",
            "unknown seen_on: at least 2020-01-01 (no test checks it)",
            "kept code: the column is there (the warehouse has it)",
            "kept code: it says what it means (it has a description)",
            "kept code: at most 9 (accepted_values passed)",
        ]
    );
    assert_eq!(view.state, PromiseState::Unknown);
    assert_eq!(view.counts(), (16, 1, 0));
    assert_eq!(view.checked_at.as_deref(), Some("2026-11-22T10:00:01Z"));
    assert_eq!(view.problems, Vec::<String>::new());
    let names: Vec<&str> = view
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["customer_id", "rate", "seen_on", "code", "extra"]);
    assert_eq!(view.columns[1].consumers, ["churn", "ranking"]);
    assert_eq!(view.columns[0].consumers, ["ranking"]);
}

#[test]
fn a_failing_test_breaks_its_promise_alone() {
    let view = check(
        &full_contract(),
        &with_status("test.shop.accepted_range_rate.1", "fail", 3),
        60.0,
    );
    assert_eq!(
        state_of(&view, PromiseKind::Range, Some("rate")),
        PromiseState::Broken
    );
    assert_eq!(view.counts().2, 1);
    assert_eq!(view.state, PromiseState::Broken);
    let warned = check(
        &full_contract(),
        &with_status("test.shop.accepted_range_rate.1", "warn", 3),
        60.0,
    );
    assert_eq!(
        state_of(&warned, PromiseKind::Range, Some("rate")),
        PromiseState::Broken
    );
}

#[test]
fn what_did_not_run_is_not_known() {
    let view = check(&full_contract(), &GOOD[..1], 60.0);
    assert_eq!(
        state_of(&view, PromiseKind::Grain, None),
        PromiseState::Unknown
    );
    assert_eq!(
        state_of(&view, PromiseKind::Null, Some("customer_id")),
        PromiseState::Unknown
    );
    let errored = check(
        &full_contract(),
        &with_status("test.shop.unique_customer_id.1", "error", 0),
        60.0,
    );
    assert_eq!(
        state_of(&errored, PromiseKind::Grain, None),
        PromiseState::Unknown
    );
}

#[test]
fn a_failed_or_skipped_build_is_broken() {
    for status in ["error", "skipped"] {
        let view = check(
            &full_contract(),
            &with_status("model.shop.features", status, 0),
            60.0,
        );
        assert_eq!(
            state_of(&view, PromiseKind::Built, None),
            PromiseState::Broken,
            "{status}"
        );
    }
}

#[test]
fn old_sources_break_freshness() {
    let view = check(&full_contract(), &GOOD, 100_000.0);
    assert_eq!(
        state_of(&view, PromiseKind::Freshness, None),
        PromiseState::Broken
    );
}

#[test]
fn a_wider_test_does_not_prove_a_narrow_range() {
    let mut contract = full_contract();
    contract["columns"]["rate"]["range"] = json!({ "min": 0, "max": 0.5 });
    let view = check(&contract, &GOOD, 60.0);
    assert_eq!(
        state_of(&view, PromiseKind::Range, Some("rate")),
        PromiseState::Unknown
    );
}

#[test]
fn a_column_that_the_warehouse_lost_is_broken() {
    let mut contract = full_contract();
    contract["columns"]["product_category_id"] = json!({ "description": "Gone." });
    let view = check(&contract, &GOOD, 60.0);
    assert_eq!(
        state_of(&view, PromiseKind::Present, Some("product_category_id")),
        PromiseState::Broken
    );
}

#[test]
fn a_column_may_speak_for_itself() {
    let mut manifest =
        project(&json!({ "version": 1, "columns": { "rate": { "unit": "share" } } }));
    let node = manifest
        .nodes
        .get_mut("model.shop.features")
        .expect("the model");
    let rate = node.columns.get_mut("rate").expect("the column");
    rate.config.insert(
        "meta".into(),
        json!({ "feature": { "unit": "percent", "window": "7 days" } }),
    );
    let seen = node.columns.get_mut("seen_on").expect("the column");
    seen.meta.insert(
        "feature".into(),
        json!({ "null_meaning": "never seen before" }),
    );
    let facts = Facts::new(&manifest, None, None, None);
    let view = contract::view(&facts, "model.shop.features").expect("a contract");
    let rate = view
        .columns
        .iter()
        .find(|column| column.name == "rate")
        .expect("the column");
    assert_eq!(
        (rate.unit.as_deref(), rate.window.as_deref()),
        (Some("share"), Some("7 days"))
    );
    let seen = view
        .columns
        .iter()
        .find(|column| column.name == "seen_on")
        .expect("the column");
    assert_eq!(seen.null_meaning.as_deref(), Some("never seen before"));
    assert_eq!(view.version.as_deref(), Some("1"));
    assert_eq!(
        state_of(&view, PromiseKind::Present, Some("rate")),
        PromiseState::Unknown
    );
}

#[test]
fn mistakes_in_a_contract_are_told() {
    let contract = json!({
        "ownr": "typo",
        "freshness": "soon",
        "grain": ["customer"],
        "consumers": [{ "team": "nameless" }],
        "columns": { "rate": { "range": "wide", "windw": "30 days" } },
    });
    let view = check(&contract, &GOOD, 60.0);
    assert_eq!(
        view.problems,
        [
            "unknown key ownr",
            "freshness \"soon\" is no length of time; write it like 24 hours",
            "a consumer has no name",
            "the range of rate has neither min nor max",
            "unknown key windw in the column rate",
            "the column customer is neither documented nor in the contract",
        ]
    );
}

#[test]
fn the_export_is_the_checked_document() {
    let view = check(&full_contract(), &GOOD, 60.0);
    let yaml = contract::odcs_yaml(&view);
    assert_eq!(
        yaml,
        include_str!("contracts/features.odcs.yaml"),
        "written:\n{yaml}"
    );
    let recorded: Value = serde_json::from_str(include_str!("contracts/features.odcs.json"))
        .expect("the recorded document");
    assert_eq!(contract::odcs(&view), recorded);
}
