//! Selections against dbt's own answers, over the manifest and over the catalog index alike.
//!
//! `selectors/record.py` made the cases by asking dbt; it needs dbt and is not part of the tests.

use std::collections::BTreeSet;

use compiler::artifacts::manifest::{Manifest, ResourceType};
use compiler::graph::select::{Indirect, Request, SelectorDefinitions, kinds_of, select};
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
