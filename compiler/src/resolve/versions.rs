//! Versioned models: <https://docs.getdbt.com/docs/mesh/govern/model-versions>.

use serde_json::Value as Json;

use super::assemble::Loader;
use super::columns::{self, ColumnEntry};
use super::draft::Draft;
use super::patch::{Found, Patch, deprecation_date, merge_config, read_patch};
use super::properties::Entry;
use super::tests::Target;
use crate::artifacts::manifest::ResourceType;
use crate::diag::{Diagnostic, Diagnostics};
use crate::parse::python::str_of;
use crate::yaml::{Mapping, Node, Value};

impl Loader {
    /// An entry of `models` with `versions`.
    pub(super) fn patch_versions(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let base = read_patch(entry, diagnostics);
        let versions = columns::items(entry, entry.node.get("versions"), "versions", diagnostics);
        let mut seen: Vec<Json> = Vec::new();
        for version in versions {
            match version
                .as_mapping()
                .and_then(|map| map.set("v"))
                .map(Node::to_json)
            {
                Some(v) if seen.iter().any(|known| str_of(known) == str_of(&v)) => {
                    diagnostics.push(
                        Diagnostic::error(
                            "version-duplicate",
                            format!("'{}' has version {} twice", entry.name, str_of(&v)),
                        )
                        .at(entry.place(version.at)),
                    );
                }
                Some(v) => seen.push(v),
                None => {
                    diagnostics.push(
                        Diagnostic::error(
                            "version-without-v",
                            format!("a version of '{}' has no `v`", entry.name),
                        )
                        .at(entry.place(version.at))
                        .hint("write `- v: 1`"),
                    );
                    return;
                }
            }
        }
        let latest = latest_version(entry, &seen, diagnostics);
        let mut targets = Vec::new();
        for version in versions.iter().filter_map(Node::as_mapping) {
            let v = version.get("v").map(Node::to_json).unwrap_or_default();
            let raw = raw_version(entry, &v);
            let columns = version_columns(entry, version, &base.columns, diagnostics);
            let patch = version_patch(
                entry,
                &base,
                version,
                raw,
                &v,
                &latest,
                columns.clone(),
                diagnostics,
            );
            self.patch_version(entry, version, &v, v == latest, &patch, diagnostics);
            let tests = if version.contains("data_tests") || version.contains("tests") {
                columns::tests_of(entry, version, diagnostics)
            } else {
                columns::tests_of(entry, &entry.node, diagnostics)
            };
            targets.push((v, columns, tests));
        }
        self.index_names();
        for (v, columns, tests) in targets {
            let target = Target::node(entry, Some(v));
            for column in &columns {
                for test in &column.tests {
                    self.add_test(&target, test, Some(column), diagnostics);
                }
            }
            for test in &tests {
                self.add_test(&target, test, None, diagnostics);
            }
        }
    }

    /// Makes a file's model a version of the entry's model.
    fn patch_version(
        &mut self,
        entry: &Entry,
        version: &Mapping,
        v: &Json,
        latest: bool,
        patch: &Patch,
        diagnostics: &mut Diagnostics,
    ) {
        let package = self.packages[entry.package].file.name.clone();
        let suffix = format!("v{}", str_of(v));
        let file_name = version
            .set("defined_in")
            .and_then(Node::scalar_text)
            .unwrap_or_else(|| format!("{}_{suffix}", entry.name));
        let id = |name: &str| format!("model.{package}.{name}");
        let mut found = self.nodes.get_index_of(&id(&file_name));
        if found.is_none() && latest {
            found = self.nodes.get_index_of(&id(&entry.name));
        }
        let own = |draft: &Draft| draft.node.unique_id == id(&file_name);
        let enabled = found
            .and_then(|at| self.nodes.shift_remove_index(at))
            .map(|(_, draft)| draft);
        let disabled = enabled.is_none();
        let off = self
            .disabled
            .iter()
            .position(|draft| own(draft))
            .filter(|_| disabled);
        let Some(mut draft) = enabled.or_else(|| off.map(|at| self.disabled.remove(at))) else {
            diagnostics.push(self.nothing_to_patch(entry, &file_name, ResourceType::Model));
            return;
        };
        draft.node.unique_id = format!("{}.{suffix}", id(&entry.name));
        draft.node.name.clone_from(&entry.name);
        if let Some(last) = draft.node.fqn.last_mut() {
            last.clone_from(&entry.name);
        }
        draft.node.fqn.push(suffix);
        if disabled {
            self.disabled.push(draft);
            self.apply(
                Found::Disabled(self.disabled.len() - 1),
                entry,
                patch,
                diagnostics,
            );
        } else {
            let (at, _) = self.nodes.insert_full(draft.node.unique_id.clone(), draft);
            self.apply(Found::Enabled(at), entry, patch, diagnostics);
        }
    }
}

/// The version that an unversioned `ref()` means: the one named, or the greatest.
fn latest_version(entry: &Entry, versions: &[Json], diagnostics: &mut Diagnostics) -> Json {
    if let Some(node) = entry.node.set("latest_version") {
        let latest = node.to_json();
        if !versions.contains(&latest) {
            let known: Vec<String> = versions.iter().map(str_of).collect();
            diagnostics.push(
                Diagnostic::error(
                    "latest-version",
                    format!("'{}' has no version {}", entry.name, str_of(&latest)),
                )
                .at(entry.place(node.at))
                .hint(format!("its versions are {}", known.join(", "))),
            );
        }
        return latest;
    }
    let number = |value: &Json| str_of(value).parse::<f64>().ok();
    let greater = |left: &Json, right: &Json| match (number(left), number(right)) {
        (Some(left), Some(right)) => left > right,
        _ => str_of(left) > str_of(right),
    };
    let mut latest = Json::Null;
    for version in versions {
        if latest.is_null() || greater(version, &latest) {
            latest = version.clone();
        }
    }
    latest
}

/// The version as written.
fn raw_version<'a>(entry: &'a Entry, v: &Json) -> Option<&'a Mapping> {
    let versions = entry.raw.get("versions").and_then(Node::as_sequence)?;
    versions
        .iter()
        .filter_map(Node::as_mapping)
        .find(|version| version.get("v").map(Node::to_json).as_ref() == Some(v))
}

#[allow(clippy::too_many_arguments, reason = "all of it is one version's")]
fn version_patch(
    entry: &Entry,
    base: &Patch,
    version: &Mapping,
    raw: Option<&Mapping>,
    v: &Json,
    latest: &Json,
    columns: Vec<ColumnEntry>,
    diagnostics: &mut Diagnostics,
) -> Patch {
    let own_constraints =
        columns::constraints(entry, version.get("constraints"), true, diagnostics);
    let description = version
        .set("description")
        .and_then(Node::scalar_text)
        .filter(|text| !text.is_empty());
    let written = raw
        .map(|raw| columns::map_of(raw.get("config")))
        .unwrap_or_default();
    Patch {
        description: description.unwrap_or_else(|| base.description.clone()),
        columns,
        config: merge_config(&base.config, &columns::map_of(version.get("config"))),
        config_written: written,
        constraints: if own_constraints.is_empty() {
            base.constraints.clone()
        } else {
            own_constraints
        },
        access: version.set("access").and_then(Node::scalar_text),
        version: Some(v.clone()),
        latest_version: Some(latest.clone()),
        deprecation_date: deprecation_date(entry, version, diagnostics),
        time_spine: None,
    }
}

/// The model's columns that the version keeps, with its own over them.
fn version_columns(
    entry: &Entry,
    version: &Mapping,
    base: &[ColumnEntry],
    diagnostics: &mut Diagnostics,
) -> Vec<ColumnEntry> {
    let own = columns::read(entry, version.get("columns"), diagnostics);
    let items = columns::items(entry, version.get("columns"), "columns", diagnostics);
    let rule = items
        .iter()
        .filter_map(Node::as_mapping)
        .find(|item| item.contains("include") || item.contains("exclude"));
    let names = |node: Option<&Node>| match node.map(|node| &node.value) {
        Some(Value::Sequence(items)) => items
            .iter()
            .filter_map(Node::scalar_text)
            .collect::<Vec<_>>(),
        Some(Value::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    };
    let include = rule.map_or_else(|| vec!["*".to_owned()], |rule| names(rule.get("include")));
    let exclude = rule
        .map(|rule| names(rule.get("exclude")))
        .unwrap_or_default();
    let everything = include.iter().any(|name| name == "*" || name == "all");
    let kept = base.iter().filter(|column| {
        let name = &column.column.name;
        (everything || include.contains(name))
            && !exclude.contains(name)
            && !own.iter().any(|own| own.column.name == *name)
    });
    kept.cloned().chain(own.iter().cloned()).collect()
}
