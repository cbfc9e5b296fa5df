//! Unit tests: read, their rows brought into one form, linked to the model that they test.
//!
//! Behaviour: <https://docs.getdbt.com/reference/resource-properties/unit-tests>.

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::assemble::Loader;
use super::columns;
use super::config::Shape;
use super::nodes::hex;
use super::properties::Entry;
use super::references::RefTarget;
use super::semantic::filled;
use crate::artifacts::manifest::{Node, ResourceType};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::parse::python::{repr, str_of};
use crate::parse::statics::{Reference, reference};

/// A unit test as its file has it, before its model is known.
#[derive(Debug)]
pub(super) struct UnitTestDraft {
    package: usize,
    place: Span,
    test: Map<String, Json>,
}

/// Unit tests as the manifest has them, by unique id.
#[derive(Debug, Default)]
pub(super) struct LinkedUnitTests {
    pub enabled: IndexMap<String, Json>,
    pub disabled: Vec<(String, Json)>,
}

impl UnitTestDraft {
    fn text(&self, key: &str) -> &str {
        self.test
            .get(key)
            .and_then(Json::as_str)
            .unwrap_or_default()
    }

    fn refuse(&self, code: &'static str, message: String) -> Diagnostic {
        Diagnostic::error(code, message).at(self.place.clone())
    }
}

impl Loader {
    /// An entry of `unit_tests`.
    pub(super) fn add_unit_test(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let given = Json::Object(entry.node.to_json());
        let package = self.packages[entry.package].file.name.clone();
        let refuse = |message: String| {
            Diagnostic::error("unit-test-invalid", message).at(entry.place(entry.at))
        };
        // The entry's shape was checked: it has a model.
        let model = given
            .get("model")
            .and_then(Json::as_str)
            .unwrap_or_default();
        let mut fixture = |value: &Json, role: &str| match self.fixture(entry, value, role) {
            Ok(fixture) => fixture,
            Err(message) => {
                diagnostics.push(refuse(message));
                Json::Null
            }
        };
        let inputs = given.get("given").and_then(Json::as_array);
        let inputs: Vec<Json> = inputs
            .into_iter()
            .flatten()
            .map(|input| fixture(input, "given"))
            .collect();
        let expect = if let Some(expect @ Json::Object(_)) = given.get("expect") {
            fixture(expect, "expect")
        } else {
            let message = format!("the unit test '{}' has no `expect`", entry.name);
            diagnostics.push(refuse(message).hint("write `expect: {rows: […]}`"));
            return;
        };
        let optional = |key: &str, defaults: Json| match given.get(key) {
            Some(value @ Json::Object(_)) => filled(value, defaults),
            _ => Json::Null,
        };
        let overrides = optional(
            "overrides",
            json!({"macros": {}, "vars": {}, "env_vars": {}}),
        );
        let versions = optional("versions", json!({"include": null, "exclude": null}));
        let checksum = checksum(model, &versions, &inputs, &expect, &overrides);

        let mut fqn = self.fqn(entry.package, entry.file.folders(), &entry.name);
        fqn.insert(fqn.len() - 1, model.to_owned());
        let config = self
            .cascade(entry.package, Shape::UnitTest, &fqn)
            .rendered(&columns::map_of(entry.node.get("config")), &Map::new());
        let description = given.get("description").cloned();
        let test = json!({
            "model": model,
            "given": inputs,
            "expect": expect,
            "name": entry.name,
            "resource_type": "unit_test",
            "package_name": package,
            "path": entry.file.path,
            "original_file_path": entry.file.original_path,
            "unique_id": format!("unit_test.{package}.{model}.{}", entry.name),
            "fqn": fqn,
            "description": description.unwrap_or_else(|| "".into()),
            "overrides": overrides,
            "depends_on": {"macros": [], "nodes": []},
            "config": config,
            "checksum": checksum,
            "schema": null,
            "created_at": self.created_at,
            "versions": versions,
            "version": null,
        });
        if let Json::Object(test) = test {
            self.unit_tests.push(UnitTestDraft {
                package: entry.package,
                place: entry.place(entry.at),
                test,
            });
        }
    }

    /// One input or the expected output, its rows as a list of mappings, or as SQL.
    fn fixture(&self, entry: &Entry, value: &Json, role: &str) -> Result<Json, String> {
        let name = &entry.name;
        let format = value.get("format").and_then(Json::as_str).unwrap_or("dict");
        let file = value.get("fixture").and_then(Json::as_str);
        let rows = value.get("rows").filter(|rows| !rows.is_null());
        let text = || match (file, rows) {
            (Some(file), _) => self.fixture_file(entry.package, file, format),
            (None, Some(Json::String(text))) => Ok(text.clone()),
            _ => Err(format!(
                "`{role}` of the unit test '{name}' needs its rows as text, or a `fixture`, for the format {format}"
            )),
        };
        let rows = match format {
            "dict" => match rows {
                Some(Json::Array(rows)) => Json::Array(complete_row_first(rows.clone())),
                None if file.is_none() && value.get("input").is_some() => {
                    Json::Array(complete_row_first(self.seed_rows(entry, value)?))
                }
                _ => {
                    return Err(format!(
                        "`rows` under `{role}` of the unit test '{name}' must be a list of mappings for the format dict"
                    ));
                }
            },
            "csv" => {
                let mut rows = csv_rows(&text()?).map_err(|error| {
                    format!("`{role}` of the unit test '{name}' is no CSV: {error}")
                })?;
                for cell in rows
                    .iter_mut()
                    .filter_map(Json::as_object_mut)
                    .flat_map(Map::values_mut)
                {
                    if cell == "" {
                        *cell = Json::Null;
                    }
                }
                Json::Array(complete_row_first(rows))
            }
            _sql => Json::String(text()?),
        };
        let mut fixture = Map::new();
        if let Some(input) = value.get("input") {
            fixture.insert("input".into(), input.clone());
        }
        fixture.insert("rows".into(), rows);
        fixture.insert("format".into(), format.into());
        fixture.insert("fixture".into(), file.into());
        Ok(Json::Object(fixture))
    }

    /// The text of `tests/fixtures/**/NAME.csv` or `.sql`, without white space around SQL.
    fn fixture_file(&self, package: usize, name: &str, format: &str) -> Result<String, String> {
        let extension = format!(".{format}");
        let files = &self.packages[package].files.fixtures;
        let file = files
            .iter()
            .find(|file| file.stem() == name && file.path.to_lowercase().ends_with(&extension));
        let file = file.ok_or_else(|| {
            format!("the fixture '{name}' is not there: no {name}.{format} in a folder `fixtures` of the tests")
        })?;
        let text = self
            .world
            .read(&file.world_path)
            .map_err(|error| error.to_string())?;
        Ok(text.trim().to_owned())
    }

    /// An input without rows is a seed, whose file has them.
    fn seed_rows(&self, entry: &Entry, value: &Json) -> Result<Vec<Json>, String> {
        let input = value.get("input").map(str_of).unwrap_or_default();
        let package = &self.packages[entry.package].file.name;
        let seed = match reference(&input) {
            Some(Reference::Ref(wanted)) => self.find_ref(package, &wanted).node(),
            _ => None,
        };
        let draft = seed
            .and_then(|id| self.nodes.get(&id))
            .filter(|draft| draft.node.resource_type == ResourceType::Seed);
        let Some(draft) = draft else {
            return Err(format!(
                "the input {input} of the unit test '{}' has no rows and is no seed",
                entry.name
            ));
        };
        let text = self
            .world
            .read(&draft.file)
            .map_err(|error| error.to_string())?;
        csv_rows(&text).map_err(|error| format!("{}: {error}", draft.file))
    }

    /// Finds each unit test's model. One of a versioned model becomes one for each version that it is for.
    pub(super) fn link_unit_tests(&mut self, diagnostics: &mut Diagnostics) -> LinkedUnitTests {
        let mut linked = LinkedUnitTests::default();
        for draft in std::mem::take(&mut self.unit_tests) {
            let unique_id = draft.text("unique_id").to_owned();
            if draft.test["config"]["enabled"] == false {
                linked.disabled.push((unique_id, Json::Object(draft.test)));
                continue;
            }
            match self.tested(&draft) {
                Ok(models) => {
                    for (unique_id, test) in models {
                        if linked.enabled.contains_key(&unique_id) {
                            let message = format!(
                                "there are two unit tests called '{}' for the model '{}'",
                                draft.text("name"),
                                draft.text("model")
                            );
                            let error = draft.refuse("unit-test-duplicate", message);
                            diagnostics.push(error.hint("rename or remove one of them"));
                            continue;
                        }
                        linked.enabled.insert(unique_id, Json::Object(test));
                    }
                }
                Err(Untestable::Disabled) => {
                    let mut test = draft.test;
                    test["config"]["enabled"] = false.into();
                    linked.disabled.push((unique_id, Json::Object(test)));
                }
                Err(Untestable::Wrong(error)) => diagnostics.push(*error),
            }
        }
        linked
    }

    /// The test for each model that it is about, by unique id.
    fn tested(&self, draft: &UnitTestDraft) -> Result<Vec<Linked>, Untestable> {
        let mut words = draft.text("model").split_whitespace();
        let name = words.next().unwrap_or_default();
        let wanted = crate::artifacts::manifest::Ref {
            name: name.to_owned(),
            package: Some(self.packages[draft.package].file.name.clone()),
            version: words.next().map(Json::from),
        };
        let package = draft.text("package_name");
        let id = match self.find_ref(package, &wanted) {
            RefTarget::Node(id) => id,
            RefTarget::Disabled(_) => return Err(Untestable::Disabled),
            RefTarget::Missing => {
                let owner = format!("the unit test '{}'", draft.text("name"));
                let missing = self.missing_ref(&wanted, &owner).at(draft.place.clone());
                return Err(Untestable::Wrong(Box::new(missing)));
            }
        };
        let Some(model) = self.nodes.get(&id).map(|draft| &draft.node) else {
            return Err(Untestable::Disabled);
        };
        if model.resource_type != ResourceType::Model {
            let message = format!(
                "'{name}' is a {}: only models have unit tests",
                model.resource_type
            );
            return Err(draft.refuse("unit-test-model", message).into());
        }
        check_incremental(draft, model)?;
        let versions = &draft.test["versions"];
        let list = |key: &str| {
            versions[key]
                .as_array()
                .map(|list| list.iter().map(str_of).collect::<Vec<_>>())
        };
        let (include, exclude) = (list("include"), list("exclude"));
        let link = |model: &Node, unique_id: String| {
            let mut test = draft.test.clone();
            test["depends_on"]["nodes"] = json!([model.unique_id]);
            test.insert("schema".into(), model.schema.clone().into());
            test.insert("version".into(), json!(model.version));
            test.insert("unique_id".into(), unique_id.clone().into());
            (unique_id, test)
        };
        if model.version.is_none() {
            if include.is_some() || exclude.is_some() {
                let message = format!(
                    "the unit test '{}' picks versions, and the model '{name}' has none",
                    draft.text("name")
                );
                let error = draft.refuse("unit-test-versions", message);
                return Err(error.hint("remove `versions`").into());
            }
            return Ok(vec![link(model, draft.text("unique_id").to_owned())]);
        }
        let all = self.nodes.values().map(|draft| &draft.node).filter(|node| {
            node.resource_type == ResourceType::Model
                && node.name == model.name
                && node.package_name == model.package_name
        });
        let wanted = |version: &str| match (&exclude, &include) {
            (Some(exclude), _) => !exclude.iter().any(|known| known == version),
            (None, Some(include)) => include.iter().any(|known| known == version),
            (None, None) => true,
        };
        let tests: Vec<_> = all
            .filter_map(|node| {
                let version = node.version.as_ref().map(str_of)?;
                let unique_id = format!("{}_v{version}", draft.text("unique_id"));
                wanted(&version).then(|| link(node, unique_id))
            })
            .collect();
        if tests.is_empty() {
            let message = format!(
                "the unit test '{}' is for no version that '{name}' has",
                draft.text("name")
            );
            return Err(draft.refuse("unit-test-versions", message).into());
        }
        Ok(tests)
    }
}

/// A model that asks `is_incremental()` needs the answer, and its own rows where that is yes.
fn check_incremental(draft: &UnitTestDraft, model: &Node) -> Result<(), Diagnostic> {
    let asks = model
        .depends_on
        .macros
        .iter()
        .any(|id| id == "macro.dbt.is_incremental");
    if !asks {
        return Ok(());
    }
    let (test, model) = (draft.text("name"), &model.name);
    let Some(answer) = draft.test["overrides"]["macros"]["is_incremental"].as_bool() else {
        let message =
            format!("the unit test '{test}' does not say what is_incremental() is in '{model}'");
        let hint = "write `overrides: {macros: {is_incremental: true}}`, or false";
        return Err(draft.refuse("unit-test-incremental", message).hint(hint));
    };
    let has_this = draft.test["given"]
        .as_array()
        .is_some_and(|inputs| inputs.iter().any(|input| input["input"] == "this"));
    if answer && !has_this {
        let message =
            format!("the unit test '{test}' gives no rows for the model '{model}' itself");
        let hint = "add an input: `- input: this`";
        return Err(draft.refuse("unit-test-incremental", message).hint(hint));
    }
    Ok(())
}

/// A unit test with its unique id.
type Linked = (String, Map<String, Json>);

/// Why a unit test has no model to test.
enum Untestable {
    /// The model is disabled, and so is its test.
    Disabled,
    /// Something is wrong with the test.
    Wrong(Box<Diagnostic>),
}

impl From<Diagnostic> for Untestable {
    fn from(error: Diagnostic) -> Self {
        Self::Wrong(Box::new(error))
    }
}

/// The rows with the first one that has no nulls in front, so that types are known from it.
fn complete_row_first(mut rows: Vec<Json>) -> Vec<Json> {
    let complete = |row: &Json| {
        row.as_object()
            .is_some_and(|row| row.values().all(|value| !value.is_null()))
    };
    if let Some(at) = rows.iter().position(complete) {
        rows.swap(0, at);
    }
    rows
}

/// CSV with a header as a list of mappings from column to text.
fn csv_rows(text: &str) -> Result<Vec<Json>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    reader
        .records()
        .map(|record| {
            let record = record?;
            let cells = header
                .iter()
                .enumerate()
                .map(|(at, name)| (name.to_owned(), record.get(at).into()));
            Ok(Json::Object(cells.collect()))
        })
        .collect()
}

/// The digest of everything about a unit test but its description.
fn checksum(
    model: &str,
    versions: &Json,
    given: &[Json],
    expect: &Json,
    overrides: &Json,
) -> String {
    let format = |value: &Json| {
        let word = str_of(&value["format"]);
        let name = match word.as_str() {
            "csv" => "CSV",
            "sql" => "SQL",
            _ => "Dict",
        };
        format!("<UnitTestFormat.{name}: '{word}'>")
    };
    let inputs: Vec<String> = given
        .iter()
        .map(|input| {
            format!(
                "UnitTestInputFixture(input={}, rows={}, format={}, fixture={})",
                repr(&input["input"]),
                repr(&input["rows"]),
                format(input),
                repr(&input["fixture"])
            )
        })
        .collect();
    let expect = format!(
        "UnitTestOutputFixture(rows={}, format={}, fixture={})",
        repr(&expect["rows"]),
        format(expect),
        repr(&expect["fixture"])
    );
    let overrides = if overrides.is_null() {
        "None".to_owned()
    } else {
        format!(
            "UnitTestOverrides(macros={}, vars={}, env_vars={})",
            repr(&overrides["macros"]),
            repr(&overrides["vars"]),
            repr(&overrides["env_vars"])
        )
    };
    let versions = if versions.is_null() {
        "None".to_owned()
    } else {
        format!(
            "UnitTestNodeVersions(include={}, exclude={})",
            repr(&versions["include"]),
            repr(&versions["exclude"])
        )
    };
    let mut data = format!(
        "{model}-{versions}-[{}]-{expect}-{overrides}",
        inputs.join(", ")
    );
    for input in given.iter().filter(|input| !input["fixture"].is_null()) {
        data.push('-');
        data.push_str(&repr(&input["rows"]));
    }
    hex(&Sha256::digest(data.as_bytes()))
}
