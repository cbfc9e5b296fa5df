//! Selections against dbt's own answers, over the manifest and over the catalog index alike.
//!
//! `selectors/record.py` made the cases by asking dbt; it needs dbt and is not part of the tests.

use std::collections::BTreeSet;

use compiler::artifacts::manifest::{Manifest, ResourceType};
use compiler::graph::select::{Evidence, Indirect, Request, SelectorDefinitions, kinds_of, select};
use compiler::graph::{Selectable, StateChanges};
use compiler::index::{self, CatalogIndex};
use serde_json::Value;

fn manifest() -> Manifest {
    serde_json::from_str(include_str!("selectors/manifest.json")).expect("the recorded manifest")
}

fn before() -> Manifest {
    serde_json::from_str(include_str!("selectors/before.json"))
        .expect("the recorded earlier manifest")
}

fn recorded() -> Value {
    serde_json::from_str(include_str!("selectors/cases.json")).expect("the recorded cases")
}

/// The one place that evaluates a recorded case.
fn evaluate(
    project: &dyn Selectable,
    case: &Value,
    definitions: &SelectorDefinitions,
) -> Result<Vec<String>, String> {
    let text = |key: &str| case.get(key).and_then(Value::as_str);
    let words = |key: &str| {
        text(key)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .into_iter()
            .collect()
    };
    let (chosen, exclude): (Vec<String>, Vec<String>) = (words("select"), words("exclude"));
    let mut kinds = kinds_of("ls").to_vec();
    if case.get("all") == Some(&Value::Bool(true)) {
        kinds.push(ResourceType::Analysis);
    }
    let now = manifest();
    let state = StateChanges::between(&now, &before());
    let mut request = Request::words(&chosen, &exclude, definitions, &kinds);
    request.selector = text("selector");
    request.indirect = text("indirect")
        .and_then(Indirect::from_word)
        .unwrap_or_default();
    request.keep_empty = true;
    request.evidence.state = Some(&state);
    let universe = project.universe();
    let selected = select(&universe, &request).map_err(|error| error.to_string())?;
    let ids: BTreeSet<String> = selected.ids(&universe).map(str::to_owned).collect();
    assert_eq!(
        ids.is_empty() && request.selector.is_none() && exclude.is_empty(),
        !selected.warnings.is_empty() && exclude.is_empty() && !chosen[0].contains(' '),
        "warnings of {case}: {:?}",
        selected.warnings
    );
    Ok(ids.into_iter().collect())
}

fn differences(project: &dyn Selectable) -> Vec<String> {
    let recorded = recorded();
    let selectors = recorded["selectors"].as_array().expect("a list");
    let mut wrong = Vec::new();
    for case in recorded["cases"].as_array().expect("a list") {
        let indirect = case
            .get("indirect")
            .and_then(Value::as_str)
            .and_then(Indirect::from_word)
            .unwrap_or_default();
        let definitions =
            SelectorDefinitions::read(selectors, indirect).expect("the recorded selectors");
        let expected: Option<Vec<String>> = case
            .get("ids")
            .map(|ids| serde_json::from_value(ids.clone()).expect("a list of ids"));
        let found = evaluate(project, case, &definitions);
        if found.as_ref().ok() != expected.as_ref() {
            let mut asked = case.clone();
            asked.as_object_mut().expect("a case").remove("ids");
            wrong.push(format!("{asked}\n  dbt:  {expected:?}\n  here: {found:?}"));
        }
    }
    wrong
}

#[test]
fn the_manifest_answers_as_dbt_does() {
    let wrong = differences(&manifest());
    assert!(
        wrong.is_empty(),
        "{} differences\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_index_answers_as_dbt_does_after_its_journey() {
    let built = index::build(&manifest(), None, None, None);
    let json = serde_json::to_string(&built).expect("an index is JSON");
    let arrived: CatalogIndex = serde_json::from_str(&json).expect("it reads its own JSON");
    assert_eq!(built, arrived);
    let wrong = differences(&arrived);
    assert!(
        wrong.is_empty(),
        "{} differences\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Selects by words alone; the warnings' and errors' words come back with the names.
fn words(
    evidence: Evidence<'_>,
    chosen: &[&str],
) -> Result<(Vec<String>, Vec<String>), (String, String)> {
    let manifest = manifest();
    let universe = manifest.universe();
    let definitions = SelectorDefinitions::default();
    let chosen: Vec<String> = chosen.iter().map(|word| (*word).to_owned()).collect();
    let mut asked = Request::words(&chosen, &[], &definitions, kinds_of("run"));
    asked.evidence = evidence;
    match select(&universe, &asked) {
        Ok(selected) => {
            let names = selected
                .ids(&universe)
                .map(|id| id.trim_start_matches("model.shop.").to_owned());
            let names = names.collect();
            Ok((
                names,
                selected
                    .warnings
                    .into_iter()
                    .map(|warning| warning.message)
                    .collect(),
            ))
        }
        Err(error) => Err((error.message, error.hint.unwrap_or_default())),
    }
}

#[test]
fn what_matches_nothing_is_named() {
    let (names, warnings) = words(
        Evidence::default(),
        &["stg_orders stg_ordrs", "tag:nothing,stg_orders"],
    )
    .expect("a selection");
    assert_eq!(names, ["stg_orders"]);
    assert_eq!(
        warnings,
        [
            "the selection criterion 'stg_ordrs' does not match any enabled nodes",
            "the selection criterion 'tag:nothing,stg_orders' does not match any enabled nodes",
        ]
    );
}

#[test]
fn mistakes_say_what_there_is() {
    let told = |chosen: &str| words(Evidence::default(), &[chosen]).expect_err("a mistake");
    let (message, hint) = told("tga:nightly");
    assert_eq!(message, "unknown selector method tga in tga:nightly");
    assert!(
        hint.starts_with("the methods are fqn, tag, group"),
        "{hint}"
    );
    assert_eq!(
        told("@orders+").0,
        "the selector @orders+ has both @ in front and + behind"
    );
    assert_eq!(told("resource_type:modle").0, "modle is no resource type");
    assert_eq!(told("test_type:other").0, "other is no type of test");
    assert_eq!(told("version:newest").0, "newest is no kind of version");
    assert_eq!(told("source:a.b.c.d").0, "a.b.c.d names no source");
    assert_eq!(
        told("state:modified").0,
        "the selector method state needs an earlier manifest"
    );
    assert_eq!(
        told("result:error").0,
        "the selector method result needs an earlier run_results.json"
    );
    assert_eq!(told("selector:any").0, "there is no selector called any");
}

#[test]
fn results_of_an_earlier_run_select() {
    let results = serde_json::json!({ "metadata": {}, "results": [
        { "unique_id": "model.shop.stg_orders", "status": "error" },
        { "unique_id": "model.shop.fct_orders", "status": "skipped" },
        { "unique_id": "model.shop.stg_events", "status": "success" },
    ]});
    let results = serde_json::from_value(results).expect("run results");
    let (names, _) = words(
        Evidence {
            results: Some(&results),
            ..Evidence::default()
        },
        &["result:error", "result:skipped"],
    )
    .expect("names");
    assert_eq!(
        names,
        ["stg_orders", "fct_orders"]
            .into_iter()
            .rev()
            .collect::<Vec<_>>()
    );
}

#[test]
fn sources_with_newer_data_select() {
    let checked = |orders: &str| {
        let result = |table: &str, at: &str| serde_json::json!({ "unique_id": format!("source.shop.raw.{table}"), "status": "pass", "max_loaded_at": at });
        let results = [
            result("orders", orders),
            result("customers", "2026-11-20T00:00:00+00:00"),
        ];
        serde_json::from_value(serde_json::json!({ "metadata": {}, "results": results }))
            .expect("freshness")
    };
    let (before, now) = (
        checked("2026-11-20T00:00:00+00:00"),
        checked("2026-11-21T00:00:00+00:00"),
    );
    let evidence = Evidence {
        sources: Some(&now),
        sources_before: Some(&before),
        ..Evidence::default()
    };
    let (names, _) = words(evidence, &["source_status:fresher+1"]).expect("names");
    assert_eq!(names, ["stg_orders"]);
}

#[test]
fn selectors_that_name_each_other_are_an_error() {
    let selectors = [
        serde_json::json!({ "name": "a", "definition": { "method": "selector", "value": "b" } }),
        serde_json::json!({ "name": "b", "definition": "selector:a" }),
    ];
    let definitions = SelectorDefinitions::read(&selectors, Indirect::Eager).expect("definitions");
    let manifest = manifest();
    let universe = manifest.universe();
    let mut request = Request::words(&[], &[], &definitions, kinds_of("ls"));
    request.selector = Some("a");
    let error = select(&universe, &request).expect_err("a circle");
    assert_eq!(
        error.message,
        "selectors name each other in a circle: a → b → a"
    );
}

#[test]
fn definitions_with_mistakes_are_an_error() {
    let told = |definition: Value| {
        let selectors = [serde_json::json!({ "name": "mine", "definition": definition })];
        SelectorDefinitions::read(&selectors, Indirect::Eager)
            .expect_err("a mistake")
            .message
    };
    assert_eq!(
        told(serde_json::json!({ "union": [], "exclude": [] })),
        "the selector mine has keys beside its union or intersection"
    );
    assert_eq!(
        told(serde_json::json!({ "method": "tag", "values": "x" })),
        "the selector mine has a criterion with the keys method, values, expected one key, or method and value"
    );
    assert_eq!(
        told(serde_json::json!({ "method": "tag", "value": "x", "indirect_selection": "keen" })),
        "keen is no indirect_selection; the words are eager, cautious, buildable and empty"
    );
}

#[test]
fn the_default_selector_holds_where_nothing_is_selected() {
    let selectors =
        [serde_json::json!({ "name": "mine", "default": true, "definition": "tag:staging" })];
    let definitions = SelectorDefinitions::read(&selectors, Indirect::Eager).expect("definitions");
    let manifest = manifest();
    let universe = manifest.universe();
    let by_default = select(
        &universe,
        &Request::words(&[], &[], &definitions, kinds_of("run")),
    )
    .expect("a selection");
    assert_eq!(by_default.positions.len(), 4);
    let chosen = ["fct_orders".to_owned()];
    let by_words = select(
        &universe,
        &Request::words(&chosen, &[], &definitions, kinds_of("run")),
    )
    .expect("a selection");
    assert_eq!(
        by_words.ids(&universe).collect::<Vec<_>>(),
        ["model.shop.fct_orders"]
    );
}
