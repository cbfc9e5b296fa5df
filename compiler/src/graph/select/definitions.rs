//! YAML selectors (`selectors.yml`), from the JSON form of their definitions.
//!
//! The page <https://docs.getdbt.com/reference/node-selection/yaml-selectors> describes the grammar.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::criterion::{Criterion, Indirect, default_method, split_method};
use super::spec::{Group, Spec};
use crate::diag::{Diagnostic, Span};

/// Named selectors of a project.
#[derive(Debug, Clone, Default)]
pub struct SelectorDefinitions {
    specs: BTreeMap<String, Spec>,
    default: Option<String>,
}

impl SelectorDefinitions {
    /// Reads a whole `selectors.yml`; `indirect` holds where a criterion does not say otherwise.
    pub fn of_file(file: &Value, indirect: Indirect) -> Result<Self, Diagnostic> {
        let place = Span::file("selectors.yml");
        let read = match file.get("selectors") {
            Some(Value::Array(list)) => Self::read(list, indirect),
            None if is_empty(file) => Self::read(&[], indirect),
            other => Err(Diagnostic::error(
                "selector-definition",
                format!(
                    "selectors.yml takes a list under `selectors:`, found {}",
                    other.unwrap_or(file)
                ),
            )
            .hint("start each selector with `- name: …`")),
        };
        read.map_err(|error| error.at(place))
    }

    /// Reads the list under `selectors:`; `indirect` holds where a criterion does not say otherwise.
    pub fn read(selectors: &[Value], indirect: Indirect) -> Result<Self, Diagnostic> {
        let mut answer = Self::default();
        for selector in selectors {
            let Some(name) = selector.get("name").and_then(Value::as_str) else {
                return Err(bad("a selector in selectors.yml has no name"));
            };
            let Some(definition) = selector.get("definition") else {
                return Err(bad(format!("the selector {name} has no definition")));
            };
            if !matches!(selector.get("description"), None | Some(Value::String(_))) {
                return Err(bad(format!(
                    "the selector {name} has a description that is no text"
                )));
            }
            if !is_truth(selector.get("default")) {
                return Err(bad(format!(
                    "the selector {name} has a default that is not true or false"
                )));
            }
            if is_true(selector.get("default"))
                && let Some(other) = answer.default.replace(name.to_owned())
            {
                return Err(bad(format!(
                    "both selectors {other} and {name} are the default"
                )));
            }
            let known = ["name", "definition", "description", "default"];
            let keys = selector.as_object().into_iter().flat_map(Map::keys);
            if let Some(other) = keys.into_iter().find(|key| !known.contains(&key.as_str())) {
                return Err(bad(format!("the selector {name} has no key '{other}'")));
            }
            let spec = Reader { name, indirect }.root(definition)?;
            // Of two with one name dbt takes the later.
            answer.specs.insert(name.to_owned(), spec);
        }
        Ok(answer)
    }

    /// The selectors' names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.specs.keys().map(String::as_str)
    }

    /// The selector that holds where the command line selects nothing.
    pub fn default_name(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// Leaves no selector to hold where nothing is selected.
    pub fn forget_default(&mut self) {
        self.default = None;
    }

    pub(super) fn get(&self, name: &str) -> Option<&Spec> {
        self.specs.get(name)
    }
}

/// A definition with its short forms written out, as dbt's manifest has it.
pub fn written_out(definition: &Value) -> Value {
    let each = |parts: &Value| match parts {
        Value::Array(parts) => Value::Array(parts.iter().map(written_out).collect()),
        other => other.clone(),
    };
    match definition {
        Value::String(raw) => Criterion::parse(raw, Indirect::Eager)
            .map_or_else(|_| definition.clone(), |criterion| criterion.written_out()),
        Value::Object(map) => match map.iter().next().filter(|_| map.len() == 1) {
            Some((method, value))
                if !matches!(method.as_str(), "union" | "intersection" | "exclude") =>
            {
                serde_json::json!({ "method": method, "value": value })
            }
            // An exclude beside a method stays as it is written.
            _ if map.contains_key("method") => definition.clone(),
            _ => {
                let parts = map.iter().map(|(key, value)| {
                    let value = match key.as_str() {
                        "union" | "intersection" | "exclude" => each(value),
                        _ => value.clone(),
                    };
                    (key.clone(), value)
                });
                Value::Object(parts.collect())
            }
        },
        other => other.clone(),
    }
}

/// Whether there is nothing in a file, or no file.
fn is_empty(file: &Value) -> bool {
    file.is_null() || file.as_object().is_some_and(Map::is_empty)
}

/// Whether it is true or false, if it is there at all.
fn is_truth(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Bool(_)) => true,
        Some(Value::String(text)) => ["true", "false"].contains(&text.to_lowercase().as_str()),
        _ => false,
    }
}

fn is_true(value: Option<&Value>) -> bool {
    // A Jinja expression leaves text here.
    match value {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

fn bad(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("selector-definition", message)
        .hint("see https://docs.getdbt.com/reference/node-selection/yaml-selectors")
}

struct Reader<'a> {
    name: &'a str,
    indirect: Indirect,
}

impl Reader<'_> {
    fn root(&self, definition: &Value) -> Result<Spec, Diagnostic> {
        let set = definition
            .as_object()
            .filter(|map| map.contains_key("union") || map.contains_key("intersection"));
        if set.is_some_and(|map| map.len() > 1) {
            let message = format!(
                "the selector {} has keys beside its union or intersection",
                self.name
            );
            return Err(bad(message));
        }
        self.spec(definition)
    }

    fn spec(&self, definition: &Value) -> Result<Spec, Diagnostic> {
        match definition {
            Value::String(raw) => Criterion::parse(raw, self.indirect).map(Spec::One),
            Value::Object(map) => {
                if let Some(parts) = map.get("union") {
                    self.set(parts, Spec::Union)
                } else if let Some(parts) = map.get("intersection") {
                    self.set(parts, Spec::Intersection)
                } else {
                    self.criterion(map)
                }
            }
            other => Err(bad(format!(
                "the selector {} has {other} where a criterion is expected",
                self.name
            ))),
        }
    }

    /// The parts of a union or intersection; one of them may be an `exclude`.
    fn set(&self, parts: &Value, put: fn(Group) -> Spec) -> Result<Spec, Diagnostic> {
        let Some(parts) = parts.as_array() else {
            return Err(bad(format!(
                "the selector {} has a union or intersection that is no list",
                self.name
            )));
        };
        let (mut included, mut excluded) = (Vec::new(), None);
        for part in parts {
            match part.get("exclude").filter(|_| part.get("method").is_none()) {
                Some(exclude) => {
                    if excluded.replace(self.exclude(exclude)?).is_some() {
                        return Err(bad(format!(
                            "the selector {} has two excludes in one list",
                            self.name
                        )));
                    }
                }
                None => included.push(self.spec(part)?),
            }
        }
        Ok(without(
            put(Group::quiet(included, Indirect::Eager)),
            excluded.flatten(),
        ))
    }

    fn exclude(&self, parts: &Value) -> Result<Option<Spec>, Diagnostic> {
        let Some(parts) = parts.as_array() else {
            return Err(bad(format!(
                "the selector {} has an exclude that is no list",
                self.name
            )));
        };
        let parts: Vec<Spec> = parts
            .iter()
            .map(|part| self.spec(part))
            .collect::<Result<_, _>>()?;
        Ok((!parts.is_empty()).then(|| Spec::Union(Group::quiet(parts, Indirect::Eager))))
    }

    fn criterion(&self, map: &Map<String, Value>) -> Result<Spec, Diagnostic> {
        let short = if map.len() == 1 {
            map.iter().next()
        } else {
            None
        };
        if let Some((method, value)) = short {
            return self.one(method, value, &Map::new()).map(Spec::One);
        }
        let (Some(method), Some(value)) =
            (map.get("method").and_then(Value::as_str), map.get("value"))
        else {
            let keys: Vec<&str> = map.keys().map(String::as_str).collect();
            let message = format!(
                "the selector {} has a criterion with the keys {}, expected one key, or method and value",
                self.name,
                keys.join(", ")
            );
            return Err(bad(message));
        };
        let criterion = self.one(method, value, map)?;
        let excluded = map
            .get("exclude")
            .map(|parts| self.exclude(parts))
            .transpose()?;
        Ok(without(Spec::One(criterion), excluded.flatten()))
    }

    fn one(
        &self,
        method: &str,
        value: &Value,
        map: &Map<String, Value>,
    ) -> Result<Criterion, Diagnostic> {
        let (mut name, arguments) = split_method(method);
        if name.is_empty() {
            default_method(value.as_str().unwrap_or_default()).clone_into(&mut name);
        }
        let steps = |key: &str| {
            let on = is_true(map.get(key));
            on.then(|| depth(map.get(&format!("{key}_depth"))))
                .transpose()
        };
        let indirect = match map.get("indirect_selection").and_then(Value::as_str) {
            None => self.indirect,
            Some(word) => Indirect::from_word(word).ok_or_else(|| {
                bad(format!("{word} is no indirect_selection; the words are eager, cautious, buildable and empty"))
            })?,
        };
        let shown = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        Criterion {
            raw: format!("{method}:{shown}"),
            method: name,
            arguments,
            value: value.clone(),
            childrens_parents: is_true(map.get("childrens_parents")),
            parents: steps("parents")?,
            children: steps("children")?,
            indirect,
        }
        .checked()
    }
}

/// How many steps are gone at most: a whole number, as a number or as text. Below nothing there is no limit.
fn depth(value: Option<&Value>) -> Result<Option<usize>, Diagnostic> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    };
    match number {
        Some(number) => Ok(usize::try_from(number).ok()),
        None => Err(bad(format!("{value} is no number of steps"))),
    }
}

fn without(included: Spec, excluded: Option<Spec>) -> Spec {
    match excluded {
        Some(excluded) => Spec::Difference(Group::quiet(vec![included, excluded], Indirect::Eager)),
        None => included,
    }
}
