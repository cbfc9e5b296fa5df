//! What property files say about models, seeds, snapshots, analyses, singular tests and macros.

use serde_json::{Map, Value as Json};

use super::assemble::Loader;
use super::columns::{self, ColumnEntry};
use super::config::deep_merge;
use super::macro_arguments::complaints;
use super::nodes::hex;
use super::properties::Entry;
use super::tests::Target;
use crate::artifacts::manifest::{MacroArgument, Node as ManifestNode, ResourceType};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::near::did_you_mean;
use crate::parse::behavior::MACRO_ARGUMENTS;
use crate::parse::python::{repr, str_of};
use crate::parse::statics::{Reference, reference};
use crate::yaml::{Mapping, Node};
use sha2::{Digest, Sha256};

/// What is put onto one node.
pub(super) struct Patch {
    pub description: String,
    pub columns: Vec<ColumnEntry>,
    pub config: Map<String, Json>,
    pub config_written: Map<String, Json>,
    pub constraints: Vec<Json>,
    pub access: Option<String>,
    pub version: Option<Json>,
    pub latest_version: Option<Json>,
    pub deprecation_date: Option<String>,
    pub time_spine: Option<Json>,
}

impl Loader {
    /// An entry of `models`.
    pub(super) fn patch_model(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        if entry
            .node
            .set("versions")
            .and_then(Node::as_sequence)
            .is_some_and(|versions| !versions.is_empty())
        {
            self.patch_versions(entry, diagnostics);
            return;
        }
        if let Some(latest) = entry.node.set("latest_version") {
            diagnostics.push(
                Diagnostic::error(
                    "latest-version",
                    format!("'{}' has a latest version and no versions", entry.name),
                )
                .at(entry.place(latest.at))
                .hint("list them under `versions:`, or leave `latest_version` out"),
            );
        }
        let patch = read_patch(entry, diagnostics);
        let target = Target::node(entry, None);
        let found = self.find_patched(entry, ResourceType::Model, diagnostics);
        for id in &found {
            self.apply(*id, entry, &patch, diagnostics);
        }
        if found.iter().any(|id| matches!(id, Found::Enabled(_))) {
            self.add_model_semantics(entry, &patch.columns, diagnostics);
        }
        self.add_tests_of(&target, entry, &patch.columns, diagnostics);
    }

    /// An entry of `seeds` or `snapshots`.
    pub(super) fn patch_testable(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let kind = if entry.key == "seeds" {
            ResourceType::Seed
        } else {
            ResourceType::Snapshot
        };
        let patch = read_patch(entry, diagnostics);
        for id in self.find_patched(entry, kind, diagnostics) {
            self.apply(id, entry, &patch, diagnostics);
        }
        let target = Target::node(entry, None);
        self.add_tests_of(&target, entry, &patch.columns, diagnostics);
    }

    /// An entry of `analyses`.
    pub(super) fn patch_analysis(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let patch = read_patch(entry, diagnostics);
        for id in self.find_patched(entry, ResourceType::Analysis, diagnostics) {
            self.apply(id, entry, &patch, diagnostics);
        }
    }

    /// An entry of `data_tests` at the top of a file: a singular test.
    pub(super) fn patch_singular_test(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let patch = read_patch(entry, diagnostics);
        for id in self.find_patched(entry, ResourceType::Test, diagnostics) {
            self.apply(id, entry, &patch, diagnostics);
        }
    }

    /// Tests of all columns, then of the node itself.
    fn add_tests_of(
        &mut self,
        target: &Target,
        entry: &Entry,
        columns: &[ColumnEntry],
        diagnostics: &mut Diagnostics,
    ) {
        for column in columns {
            for test in &column.tests {
                self.add_test(target, test, Some(column), diagnostics);
            }
        }
        for test in columns::tests_of(entry, &entry.node, diagnostics) {
            self.add_test(target, &test, None, diagnostics);
        }
    }

    /// The nodes that an entry means; the position among all nodes, enabled ones first.
    pub(super) fn find_patched(
        &self,
        entry: &Entry,
        kind: ResourceType,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Found> {
        let package = &self.packages[entry.package].file.name;
        let unique_id = format!("{kind}.{package}.{}", entry.name);
        if let Some(at) = self.nodes.get_index_of(&unique_id) {
            return vec![Found::Enabled(at)];
        }
        let anywhere = match kind {
            ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot => {
                self.names.find(&entry.name, None, None)
            }
            _ => self
                .nodes
                .values()
                .find(|draft| draft.node.resource_type == kind && draft.node.name == entry.name)
                .map(|draft| draft.node.unique_id.clone()),
        };
        if let Some(at) = anywhere.as_ref().and_then(|id| self.nodes.get_index_of(id)) {
            let found = &self.nodes[at].node;
            if found.resource_type == kind {
                return vec![Found::Enabled(at)];
            }
            diagnostics.push(
                Diagnostic::warning(
                    "wrong-list",
                    format!(
                        "'{}' is a {}, but stands under '{}'",
                        entry.name, found.resource_type, entry.key
                    ),
                )
                .at(entry.place(entry.at))
                .hint(format!("move it under '{}s'", found.resource_type)),
            );
            return Vec::new();
        }
        let disabled: Vec<Found> = self
            .disabled
            .iter()
            .enumerate()
            .filter(|(_, draft)| {
                draft.node.resource_type == kind
                    && draft.node.name == entry.name
                    && draft.node.package_name == *package
            })
            .map(|(at, _)| Found::Disabled(at))
            .collect();
        if disabled.is_empty() {
            diagnostics.push(self.nothing_to_patch(entry, &entry.name, kind));
        }
        disabled
    }

    /// An entry that names nothing.
    pub(super) fn nothing_to_patch(
        &self,
        entry: &Entry,
        name: &str,
        kind: ResourceType,
    ) -> Diagnostic {
        let known = self
            .nodes
            .values()
            .filter(|draft| draft.node.resource_type == kind)
            .map(|draft| draft.node.name.as_str());
        let warning = Diagnostic::warning(
            "properties-without-node",
            format!("there is no {kind} '{name}' for these properties"),
        )
        .at(entry.place(entry.node.get("name").map_or(entry.at, |node| node.at)));
        match did_you_mean(name, known) {
            Some(hint) => warning.hint(hint),
            None => warning.hint("remove the entry, or check the name and the file's folder"),
        }
    }

    /// Puts a patch onto a node.
    pub(super) fn apply(
        &mut self,
        found: Found,
        entry: &Entry,
        patch: &Patch,
        diagnostics: &mut Diagnostics,
    ) {
        let empty = super::draft::Draft::new(ManifestNode::default(), 0, "");
        let slot = match found {
            Found::Enabled(at) => &mut self.nodes[at],
            Found::Disabled(at) => &mut self.disabled[at],
        };
        let mut draft = std::mem::replace(slot, empty);
        let patch_path = format!(
            "{}://{}",
            self.packages[entry.package].file.name, entry.file.original_path
        );
        if let Some(other) = &draft.patched_at
            && matches!(found, Found::Enabled(_))
        {
            diagnostics.push(
                Diagnostic::error(
                    "properties-twice",
                    format!("'{}' has properties in two places", entry.name),
                )
                .at(entry.place(entry.at))
                .label(other.clone(), "the other one")
                .hint("join the two entries into one"),
            );
        } else {
            draft.patched_at = Some(entry.place(entry.at));
            draft.node.patch_path = Some(patch_path);
            draft.node.description.clone_from(&patch.description);
            if draft.node.resource_type != ResourceType::Test {
                draft.node.columns = columns::by_name(&patch.columns);
            }
            draft.node.version.clone_from(&patch.version);
            draft.node.latest_version.clone_from(&patch.latest_version);
            if !patch.config.is_empty() || patch.version.is_some() {
                self.apply_config(
                    &mut draft,
                    &patch.config,
                    &patch.config_written,
                    diagnostics,
                );
                self.capture_hooks(&mut draft, diagnostics);
            }
            if draft.node.resource_type == ResourceType::Model {
                apply_model(&mut draft.node, entry, patch, diagnostics);
            }
        }
        match found {
            Found::Enabled(at) => self.nodes[at] = draft,
            Found::Disabled(at) => self.disabled[at] = draft,
        }
    }

    /// An entry of `macros`.
    pub(super) fn patch_macro(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let package = self.packages[entry.package].file.name.clone();
        let unique_id = format!("macro.{package}.{}", entry.name);
        let names: Vec<String> = self
            .macros
            .values()
            .filter(|found| found.package_name == package)
            .map(|found| found.name.clone())
            .collect();
        let Some(found) = self.macros.get_mut(&unique_id) else {
            let warning = Diagnostic::warning(
                "macro-properties-without-macro",
                format!("there is no macro '{}' for these properties", entry.name),
            )
            .at(entry.place(entry.at));
            diagnostics.push(
                match did_you_mean(&entry.name, names.iter().map(String::as_str)) {
                    Some(hint) => warning.hint(hint),
                    None => warning,
                },
            );
            return;
        };
        if let Some(other) = &found.patch_path {
            let path = other.split_once("://").map_or("", |(_, path)| path);
            diagnostics.push(
                Diagnostic::error(
                    "properties-twice",
                    format!("the macro '{}' has properties in two places", entry.name),
                )
                .at(entry.place(entry.at))
                .label(Span::file(path), "the other one")
                .hint("join the two entries into one"),
            );
            return;
        }
        let config = entry.node.set("config").and_then(Node::as_mapping);
        let mut meta = columns::map_of(entry.node.get("meta"));
        meta.extend(
            config
                .map(|config| columns::map_of(config.get("meta")))
                .unwrap_or_default(),
        );
        let docs = config
            .and_then(|config| config.set("docs"))
            .or_else(|| entry.node.set("docs"))
            .and_then(Node::as_mapping);
        if let Some(docs) = docs {
            found.docs.show = docs.set("show").and_then(Node::as_bool).unwrap_or(true);
            found.docs.node_color = docs.set("node_color").and_then(Node::scalar_text);
        }
        found.patch_path = Some(format!("{package}://{}", entry.file.original_path));
        found.description = entry
            .node
            .set("description")
            .and_then(Node::scalar_text)
            .unwrap_or_default();
        found
            .config
            .insert("meta".into(), Json::Object(meta.clone()));
        found.config.insert(
            "docs".into(),
            serde_json::json!({"show": found.docs.show, "node_color": found.docs.node_color}),
        );
        found.meta = meta;
        let arguments: Vec<MacroArgument> =
            columns::items(entry, entry.node.get("arguments"), "arguments", diagnostics)
                .iter()
                .filter_map(Node::as_mapping)
                .map(|argument| MacroArgument {
                    name: argument
                        .set("name")
                        .and_then(Node::scalar_text)
                        .unwrap_or_default(),
                    data_type: argument.set("type").and_then(Node::scalar_text),
                    description: argument
                        .set("description")
                        .and_then(Node::scalar_text)
                        .unwrap_or_default(),
                })
                .collect();
        if !self.packages[0].file.behavior.is_on(MACRO_ARGUMENTS) {
            found.arguments = arguments;
            return;
        }
        // A package's own oddities are not its user's to mend.
        if entry.package == 0 {
            for complaint in complaints(&found.name, &found.arguments, &arguments) {
                let warning = Diagnostic::warning("macro-arguments", complaint);
                diagnostics.push(
                    warning
                        .at(entry.place(entry.at))
                        .hint("document the arguments as the macro has them, in its order"),
                );
            }
        }
        if !arguments.is_empty() {
            found.arguments = arguments;
        }
    }
}

/// What only models have.
fn apply_model(
    node: &mut ManifestNode,
    entry: &Entry,
    patch: &Patch,
    diagnostics: &mut Diagnostics,
) {
    node.deprecation_date.clone_from(&patch.deprecation_date);
    node.time_spine.clone_from(&patch.time_spine);
    // What the model's config says counts more than the version's own word, as in dbt.
    if patch.access.is_some() && node.config.get("access").is_none_or(Json::is_null) {
        node.access.clone_from(&patch.access);
    }
    node.constraints.clone_from(&patch.constraints);
    let constraints = node
        .constraints
        .iter()
        .chain(node.columns.values().flat_map(|column| &column.constraints));
    for to in constraints
        .filter_map(|constraint| constraint.get("to")?.as_str().map(str::to_owned))
        .collect::<Vec<_>>()
    {
        match reference(&to) {
            Some(Reference::Ref(reference)) => node.refs.push(reference),
            Some(Reference::Source(source)) => node.sources.push(source),
            None => diagnostics.push(
                Diagnostic::error(
                    "constraint-to",
                    format!("'{to}' is neither a ref() nor a source()"),
                )
                .at(entry.place(entry.at))
                .hint("write `to: ref('my_model')`"),
            ),
        }
    }
    if node.contract.enforced {
        if node.columns.is_empty() {
            diagnostics.push(
                Diagnostic::error(
                    "contract-columns",
                    format!(
                        "the contract of '{}' is enforced, but it has no columns",
                        node.name
                    ),
                )
                .at(entry.place(entry.at))
                .hint("list its columns with `name` and `data_type`"),
            );
        }
        node.contract.checksum = Some(contract_checksum(node));
    }
}

/// Where a node is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Enabled(usize),
    Disabled(usize),
}

/// Attributes that dbt takes at the top of an entry and keeps in `config`.
const MOVED: [&str; 5] = ["meta", "docs", "group", "contract", "access"];

/// What an entry says about a node.
pub(super) fn read_patch(entry: &Entry, diagnostics: &mut Diagnostics) -> Patch {
    let node = &entry.node;
    let mut config = columns::map_of(node.get("config"));
    for key in MOVED {
        let Some(value) = node.get(key) else { continue };
        if config.contains_key(key) {
            diagnostics.push(
                Diagnostic::error(
                    "config-twice",
                    format!("'{key}' stands both in 'config' and beside it"),
                )
                .at(entry.place(value.at))
                .hint("keep the one in 'config'"),
            );
        } else {
            config.insert(key.into(), value.to_json());
        }
    }
    Patch {
        description: node
            .set("description")
            .and_then(Node::scalar_text)
            .unwrap_or_default(),
        columns: columns::read(entry, node.get("columns"), diagnostics),
        config,
        config_written: columns::map_of(entry.raw.get("config")),
        constraints: columns::constraints(entry, node.get("constraints"), true, diagnostics),
        access: None,
        version: None,
        latest_version: None,
        deprecation_date: deprecation_date(entry, node, diagnostics),
        time_spine: node.set("time_spine").map(time_spine),
    }
}

/// `deprecation_date` as dbt writes it: with a time, and UTC where no zone is given.
pub(super) fn deprecation_date(
    entry: &Entry,
    of: &Mapping,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    let node = of.set("deprecation_date")?;
    let text = zoned(&node.scalar_text().unwrap_or_default());
    if chrono::DateTime::parse_from_rfc3339(&text).is_err() {
        let message = format!(
            "'deprecation_date' takes a date, found {}",
            node.scalar_text().unwrap_or_else(|| node.kind().to_owned())
        );
        diagnostics.push(
            Diagnostic::error("property-type", message)
                .at(entry.place(node.at))
                .hint("write it like 2026-01-31 or 2026-01-31 12:00:00+01:00"),
        );
        return None;
    }
    Some(text)
}

fn zoned(text: &str) -> String {
    let text = text.replacen(' ', "T", 1);
    let text = if text.contains('T') {
        text
    } else {
        format!("{text}T00:00:00")
    };
    let has_zone =
        text.ends_with('Z') || text.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
    if has_zone {
        text.replace('Z', "+00:00")
    } else {
        format!("{text}+00:00")
    }
}

fn time_spine(node: &Node) -> Json {
    let map = node.as_mapping();
    let granularities = map
        .and_then(|map| map.set("custom_granularities"))
        .and_then(Node::as_sequence)
        .unwrap_or_default();
    let granularities: Vec<Json> = granularities
        .iter()
        .filter_map(Node::as_mapping)
        .map(|item| {
            serde_json::json!({"name": item.get("name").map(Node::to_json), "column_name": item.get("column_name").map(Node::to_json)})
        })
        .collect();
    serde_json::json!({
        "standard_granularity_column": map.and_then(|map| map.get("standard_granularity_column")).map(Node::to_json),
        "custom_granularities": granularities,
    })
}

/// The digest of a contract: names, types and constraints of the columns, in the order of their names.
fn contract_checksum(node: &ManifestNode) -> String {
    let mut columns: Vec<_> = node.columns.values().collect();
    columns.sort_by(|left, right| left.name.cmp(&right.name));
    let mut state = String::new();
    for column in columns {
        state.push('|');
        state.push_str(&column.name);
        state.push_str(column.data_type.as_deref().unwrap_or("None"));
        state.push_str(&constraints_text(&column.constraints, false));
    }
    if matches!(node.config.materialized(), "table" | "incremental") {
        state.push_str(node.config.materialized());
        state.push_str(&constraints_text(&node.constraints, true));
    }
    hex(&Sha256::digest(state.as_bytes()))
}

/// A list of constraints as Python prints dbt's objects.
fn constraints_text(constraints: &[Json], of_model: bool) -> String {
    let class = if of_model {
        "ModelLevelConstraint"
    } else {
        "ColumnLevelConstraint"
    };
    let texts: Vec<String> = constraints
        .iter()
        .map(|constraint| {
            let kind = str_of(&constraint["type"]);
            let mut fields = vec![format!("type=<ConstraintType.{kind}: '{kind}'>")];
            for key in [
                "name",
                "expression",
                "warn_unenforced",
                "warn_unsupported",
                "to",
                "to_columns",
            ] {
                fields.push(format!("{key}={}", repr(&constraint[key])));
            }
            if of_model {
                fields.push(format!("columns={}", repr(&constraint["columns"])));
            }
            format!("{class}({})", fields.join(", "))
        })
        .collect();
    format!("[{}]", texts.join(", "))
}

const COMMON: [&str; 6] = ["name", "description", "config", "docs", "meta", "columns"];

fn known_keys(list: &str) -> Option<Vec<&'static str>> {
    let own: &[&str] = match list {
        "models" => &[
            "data_tests",
            "tests",
            "quote_columns",
            "access",
            "group",
            "contract",
            "constraints",
            "latest_version",
            "versions",
            "deprecation_date",
            "time_spine",
            "semantic_model",
            "primary_entity",
            "agg_time_dimension",
            "metrics",
            "derived_semantics",
            "data_type",
        ],
        "seeds" => &[
            "data_tests",
            "tests",
            "quote_columns",
            "access",
            "group",
            "contract",
        ],
        "snapshots" => &[
            "data_tests",
            "tests",
            "quote_columns",
            "relation",
            "group",
            "contract",
        ],
        "analyses" | "data_tests" => &["group"],
        "macros" => &["arguments"],
        "functions" => &[
            "access",
            "arguments",
            "contract",
            "group",
            "overloads",
            "returns",
        ],
        _ => return None,
    };
    Some(COMMON.iter().chain(own).copied().collect())
}

/// Tells keys that mean nothing where they stand.
pub(super) fn warn_unknown_keys(entry: &Entry, diagnostics: &mut Diagnostics) {
    let Some(known) = known_keys(entry.key) else {
        return;
    };
    warn_keys(entry, &entry.raw, &known, diagnostics);
}

fn warn_keys(
    entry: &Entry,
    mapping: &Mapping,
    known: &[&'static str],
    diagnostics: &mut Diagnostics,
) {
    for (key, found) in mapping.entries() {
        if known.contains(&key) {
            continue;
        }
        let warning = Diagnostic::warning(
            "properties-unknown-key",
            format!("'{key}' is not a property of '{}'", entry.key),
        )
        .at(entry.place(found.key_at));
        diagnostics.push(match did_you_mean(key, known.iter().copied()) {
            Some(hint) => warning.hint(hint),
            None => warning.hint(format!("put it under `config:`, or under `config: {{meta: {{{key}: …}}}}` where it is your own")),
        });
    }
}

/// The config of a version over the config of its model.
pub(super) fn merge_config(
    base: &Map<String, Json>,
    over: &Map<String, Json>,
) -> Map<String, Json> {
    deep_merge(base, over)
}
