//! What changed between two manifests, as the selector method `state:` asks.
//!
//! The page <https://docs.getdbt.com/reference/node-selection/state-selection> says what counts as a change.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::artifacts::manifest::{Exposure, Manifest, Node, ResourceType, Source};
use crate::diag::Diagnostic;

/// The values of `state:`.
const VALUES: [&str; 10] = [
    "new",
    "old",
    "modified",
    "unmodified",
    "modified.body",
    "modified.configs",
    "modified.persisted_descriptions",
    "modified.relation",
    "modified.macros",
    "modified.contract",
];

/// For each element of a manifest, how it differs from an earlier one.
#[derive(Debug, Clone, Default)]
pub struct StateChanges {
    changes: HashMap<String, Change>,
    of_contents: Vec<Diagnostic>,
    of_contracts: Vec<Diagnostic>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Change {
    new: bool,
    body: bool,
    configs: bool,
    descriptions: bool,
    relation: bool,
    macros: bool,
    contract: bool,
    /// Anything else that makes it modified: its fqn, versions, freshness, owner…
    other: bool,
}

impl Change {
    fn modified(self, is_test: bool) -> bool {
        let shared = self.new || self.configs || self.macros || self.other;
        // A generic test's code is made from its arguments, which its name holds, so its body never counts.
        shared || (!is_test && (self.body || self.descriptions || self.relation || self.contract))
    }
}

impl StateChanges {
    /// Compares a manifest with an earlier one.
    pub fn between(now: &Manifest, before: &Manifest) -> Self {
        let macros = changed_macros(now, before);
        let reached = |ids: &[String]| reaches(now, ids, &macros);
        let mut changes = HashMap::new();
        for node in now.nodes_and_functions() {
            let mut change = before
                .node(&node.unique_id)
                .map_or(NEW, |old| node_change(node, old));
            change.macros = reached(&node.depends_on.macros);
            changes.insert(node.unique_id.clone(), change);
        }
        for (id, source) in &now.sources {
            // A source that was not there before is new, but by dbt's rule not modified.
            let change = before
                .sources
                .get(id)
                .map_or(Change::default(), |old| source_change(source, old));
            changes.insert(
                id.clone(),
                Change {
                    new: !before.sources.contains_key(id),
                    ..change
                },
            );
        }
        for (id, exposure) in &now.exposures {
            let mut change = before
                .exposures
                .get(id)
                .map_or(NEW, |old| exposure_change(exposure, old));
            change.macros = reached(&exposure.depends_on.macros);
            changes.insert(id.clone(), change);
        }
        let others = [
            (&now.metrics, &before.metrics),
            (&now.semantic_models, &before.semantic_models),
            (&now.saved_queries, &before.saved_queries),
            (&now.unit_tests, &before.unit_tests),
        ];
        for (values, old_values) in others {
            for (id, value) in values {
                let change = old_values.get(id).map_or(NEW, |old| Change {
                    other: without_times(value) != without_times(old),
                    ..Change::default()
                });
                changes.insert(id.clone(), change);
            }
        }
        Self {
            changes,
            ..Self::default()
        }
    }

    /// With what is to be told where contents are compared, and where contracts are.
    #[must_use]
    pub fn telling(mut self, of_contents: Vec<Diagnostic>, of_contracts: Vec<Diagnostic>) -> Self {
        self.of_contents = of_contents;
        self.of_contracts = of_contracts;
        self
    }

    /// What is to be told of one value of `state:`.
    pub(super) fn news(&self, value: &str) -> impl Iterator<Item = &Diagnostic> {
        let both = matches!(value, "modified" | "unmodified");
        let contents = if both || value == "modified.body" {
            &self.of_contents[..]
        } else {
            &[]
        };
        let contracts = if both || value == "modified.contract" {
            &self.of_contracts[..]
        } else {
            &[]
        };
        contents.iter().chain(contracts)
    }

    /// From what was told of changes elsewhere: for each element whether it is new, and [`Self::what`] of it.
    pub fn told<'a>(elements: impl IntoIterator<Item = (&'a str, bool, &'a [String])>) -> Self {
        let told = elements.into_iter().map(|(id, new, what)| {
            let has = |word: &str| what.iter().any(|known| known == word);
            let change = Change {
                new,
                body: has("body"),
                configs: has("configs"),
                descriptions: has("persisted_descriptions"),
                relation: has("relation"),
                macros: has("macros"),
                contract: has("contract"),
                other: has("properties"),
            };
            (id.to_owned(), change)
        });
        Self {
            changes: told.collect(),
            ..Self::default()
        }
    }

    /// dbt's words for what was modified of an element that was there before; empty where nothing was.
    pub fn what(&self, id: &str) -> Vec<&'static str> {
        let change = self.changes.get(id).copied().unwrap_or_default();
        if change.new || !change.modified(id.starts_with("test.")) {
            return Vec::new();
        }
        let words = [
            (change.body, "body"),
            (change.configs, "configs"),
            (change.descriptions, "persisted_descriptions"),
            (change.relation, "relation"),
            (change.macros, "macros"),
            (change.contract, "contract"),
            (change.other, "properties"),
        ];
        let words = words.into_iter().filter(|(is, _)| *is);
        words.map(|(_, word)| word).collect()
    }

    /// Unique ids for one value of `state:`; other values are an error.
    pub(super) fn matching(&self, value: &str) -> Result<HashSet<&str>, Diagnostic> {
        if !VALUES.contains(&value) {
            let message = format!("{value} is no state");
            let hint = format!("the states are {}", VALUES.join(", "));
            return Err(Diagnostic::error("selector-value", message).hint(hint));
        }
        let wanted = |id: &str, change: Change| {
            let modified = change.modified(id.starts_with("test."));
            // By dbt's rule a new source or exposure is not modified, every other new thing is.
            let modified = modified
                && !(change.new && (id.starts_with("source.") || id.starts_with("exposure.")));
            match value {
                "new" => change.new,
                "old" => !change.new,
                "modified" => modified,
                "unmodified" => !modified,
                "modified.body" => change.new || change.body,
                "modified.configs" => change.new || change.configs,
                "modified.persisted_descriptions" => change.new || change.descriptions,
                "modified.relation" => change.new || change.relation,
                "modified.macros" => change.macros,
                _ => change.new || change.contract,
            }
        };
        Ok(self
            .changes
            .iter()
            .filter(|(id, change)| wanted(id, **change))
            .map(|(id, _)| id.as_str())
            .collect())
    }
}

const NEW: Change = Change {
    new: true,
    body: false,
    configs: false,
    descriptions: false,
    relation: false,
    macros: false,
    contract: false,
    other: false,
};

fn node_change(node: &Node, old: &Node) -> Change {
    let keys = ["database", "schema", "alias"];
    Change {
        body: if node.resource_type == ResourceType::Seed {
            node.checksum != old.checksum
        } else {
            node.raw_code != old.raw_code
        },
        configs: compared_config(&node.unrendered_config)
            != compared_config(&old.unrendered_config),
        descriptions: descriptions_changed(node, old),
        relation: keys
            .iter()
            .any(|key| node.unrendered_config.get(*key) != old.unrendered_config.get(*key)),
        contract: (node.contract.enforced || old.contract.enforced)
            && (node.contract.enforced != old.contract.enforced
                || node.contract.checksum != old.contract.checksum),
        other: node.fqn != old.fqn
            || node.latest_version != old.latest_version
            || node.access != old.access
            || node.arguments != old.arguments
            || node.returns != old.returns
            || signatures(&node.overloads) != signatures(&old.overloads)
            || node.deprecation_date != old.deprecation_date,
        new: false,
        macros: false,
    }
}

/// What of a function's overloads makes SQL.
fn signatures(overloads: &[Value]) -> Vec<[&Value; 4]> {
    let keys = ["defined_in", "arguments", "returns", "raw_body"];
    overloads
        .iter()
        .map(|overload| keys.map(|key| &overload[key]))
        .collect()
}

/// Configuration as written, without what dbt leaves out of the comparison: relation names are compared on
/// their own, and neither tags nor groups change what is built.
fn compared_config(config: &Map<String, Value>) -> Vec<(&String, &Value)> {
    const LEFT_OUT: [&str; 5] = ["alias", "schema", "database", "tags", "group"];
    let mut pairs: Vec<_> = config
        .iter()
        .filter(|(key, _)| !LEFT_OUT.contains(&key.as_str()))
        .collect();
    pairs.sort_by_key(|(key, _)| *key);
    pairs
}

/// Descriptions count only where they are written into the warehouse.
fn descriptions_changed(node: &Node, old: &Node) -> bool {
    let persists = |key: &str| {
        node.config
            .get("persist_docs")
            .and_then(|docs| docs.get(key))
            .and_then(Value::as_bool)
            .unwrap_or(false)
    };
    let columns = |node: &Node| -> Vec<(String, String)> {
        node.columns
            .iter()
            .map(|(name, column)| (name.clone(), column.description.clone()))
            .collect()
    };
    (persists("relation") && node.description != old.description)
        || (persists("columns") && columns(node) != columns(old))
}

fn source_change(source: &Source, old: &Source) -> Change {
    let place = |source: &Source| {
        let given = |unrendered: &Option<String>, rendered: Option<&str>| {
            unrendered.clone().or_else(|| rendered.map(str::to_owned))
        };
        (
            given(&source.unrendered_database, source.database.as_deref()),
            given(&source.unrendered_schema, Some(&source.schema)),
            source.identifier.clone(),
        )
    };
    Change {
        configs: compared_config(&source.unrendered_config)
            != compared_config(&old.unrendered_config),
        relation: place(source) != place(old),
        other: source.fqn != old.fqn
            || source.quoting != old.quoting
            || source.freshness != old.freshness
            || source.loaded_at_field != old.loaded_at_field
            || source.external != old.external,
        ..Change::default()
    }
}

fn exposure_change(exposure: &Exposure, old: &Exposure) -> Change {
    let nodes = |exposure: &Exposure| -> HashSet<String> {
        exposure.depends_on.nodes.iter().cloned().collect()
    };
    Change {
        configs: compared_config(&exposure.unrendered_config)
            != compared_config(&old.unrendered_config),
        other: exposure.fqn != old.fqn
            || exposure.exposure_type != old.exposure_type
            || exposure.owner != old.owner
            || exposure.maturity != old.maturity
            || exposure.url != old.url
            || exposure.description != old.description
            || exposure.label != old.label
            || nodes(exposure) != nodes(old),
        ..Change::default()
    }
}

fn without_times(value: &Value) -> Value {
    let mut copy = value.clone();
    if let Some(map) = copy.as_object_mut() {
        map.shift_remove("created_at");
    }
    copy
}

/// Macros that were added, removed or rewritten.
fn changed_macros<'a>(now: &'a Manifest, before: &'a Manifest) -> HashSet<&'a str> {
    let differs = |(id, item): &(&'a String, &'a crate::artifacts::manifest::Macro)| {
        before
            .macros
            .get(*id)
            .is_none_or(|old| old.macro_sql != item.macro_sql)
    };
    let changed = now.macros.iter().filter(differs).map(|(id, _)| id.as_str());
    let removed = before
        .macros
        .keys()
        .filter(|id| !now.macros.contains_key(*id))
        .map(String::as_str);
    changed.chain(removed).collect()
}

/// Whether any of the macros, or one that they call, is among the changed ones.
fn reaches(manifest: &Manifest, start: &[String], changed: &HashSet<&str>) -> bool {
    if changed.is_empty() {
        return false;
    }
    let mut seen: HashSet<&str> = HashSet::new();
    let mut stack: Vec<&str> = start.iter().map(String::as_str).collect();
    while let Some(id) = stack.pop() {
        if changed.contains(id) {
            return true;
        }
        if seen.insert(id)
            && let Some(item) = manifest.macros.get(id)
        {
            stack.extend(item.depends_on.macros.iter().map(String::as_str));
        }
    }
    false
}
