//! How a [`CatalogIndex`] travels: one table of strings, one of configurations, short keys, positions for names.
//!
//! A reader never needs this shape: [`CatalogIndex`] serialises to it and from it. What can be told from
//! another field (a file called like its model, a test's name, a tag that stands in the configuration) is left
//! out; the string table's entry 0 is empty and stands for "none".

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::keys::ForeignKey;
use super::types::{CatalogIndex, Coverage, IndexItem, NodeFreshness, ProjectInfo, Text};
use crate::artifacts::Config;
use crate::artifacts::manifest::ResourceType;
use crate::artifacts::results::Status;
use crate::contract::PromiseState;

mod read;
mod write;

/// The format that this version writes and the only one that it reads.
pub const FORMAT: u32 = 3;

#[derive(Serialize, Deserialize)]
struct Wire {
    /// Stands first, so that another format is refused before anything else is looked at.
    #[serde(deserialize_with = "known_format")]
    format: u32,
    project: ProjectInfo,
    strings: Vec<String>,
    /// Where nodes stand: package, folder (or the whole path; see `WireNode::x`), property file, fqn without the
    /// name (joined with `/`), database, schema.
    places: Vec<[usize; 6]>,
    /// Distinct pairs of a configuration's key and value; a configuration is a list of their positions.
    pairs: Vec<(String, Value)>,
    configs: Vec<Vec<usize>>,
    /// Latest moment of any result, in seconds since 1970; results say how long before it they ended.
    clock: i64,
    nodes: Vec<WireNode>,
    /// Tests that are attached to no node.
    tests: Vec<WireTest>,
    macros: Vec<IndexItem>,
    docs: Vec<IndexItem>,
    groups: Vec<IndexItem>,
    /// Positions of tests are those of the index.
    keys: Vec<ForeignKey>,
}

pub(super) fn known_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let format = u32::deserialize(deserializer)?;
    if format == FORMAT {
        Ok(format)
    } else {
        Err(D::Error::custom(format!(
            "the catalog index has format {format}, this page reads format {FORMAT}; \
             reload the page, or build the index again with the same version"
        )))
    }
}

/// Numbers are positions: in `strings` unless said otherwise.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct WireNode {
    /// Name.
    n: String,
    /// Kind, a position in [`KINDS`].
    #[serde(skip_serializing_if = "is_zero")]
    k: usize,
    /// Unique id, where it is not `kind.package.name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    i: Option<String>,
    /// Position in `places`.
    f: usize,
    /// 0 for a file called `name.sql` in the place's folder, 1 where the place has the whole path.
    #[serde(skip_serializing_if = "is_zero")]
    x: usize,
    /// The whole fqn, where it does not end with the name.
    #[serde(rename = "Q", skip_serializing_if = "Vec::is_empty")]
    fqn: Vec<String>,
    /// Relation, where it is not called like the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<String>,
    /// Position in `configs`.
    c: usize,
    /// Tags, where they are not those of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<Vec<usize>>,
    /// Source.
    #[serde(rename = "S", skip_serializing_if = "is_zero")]
    source: usize,
    /// Kind of exposure.
    #[serde(skip_serializing_if = "is_zero")]
    e: usize,
    /// Owner, where it is not `meta.owner` of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    o: Option<usize>,
    /// Group, where it is not the configuration's.
    #[serde(skip_serializing_if = "Option::is_none")]
    g: Option<usize>,
    /// Access, where it is not the configuration's.
    #[serde(rename = "A", skip_serializing_if = "Option::is_none")]
    access: Option<usize>,
    /// Version.
    #[serde(skip_serializing_if = "is_zero")]
    v: usize,
    /// Latest version.
    #[serde(rename = "V", skip_serializing_if = "is_zero")]
    latest: usize,
    /// Flags: 1 hidden, 2 not documented, 4 key not tested.
    #[serde(skip_serializing_if = "is_zero")]
    b: usize,
    /// Colour.
    #[serde(skip_serializing_if = "is_zero")]
    l: usize,
    /// Parents, positions of nodes.
    #[serde(rename = "P", skip_serializing_if = "Vec::is_empty")]
    parents: Vec<u32>,
    /// Columns: twice the name's position, one more if documented.
    #[serde(rename = "C", skip_serializing_if = "Vec::is_empty")]
    columns: Vec<usize>,
    /// Tests.
    #[serde(rename = "T", skip_serializing_if = "Vec::is_empty")]
    tests: Vec<WireTest>,
    /// Last result.
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<WireResult>,
    /// Freshness.
    #[serde(rename = "F", skip_serializing_if = "Option::is_none")]
    freshness: Option<WireFreshness>,
    /// State of the contract.
    #[serde(rename = "K", skip_serializing_if = "Option::is_none")]
    contract: Option<PromiseState>,
}

/// Test, column, configuration, hash, last result, and what cannot be told from these.
#[derive(Serialize, Deserialize)]
struct WireTest(
    /// The generic test.
    usize,
    /// Position among the node's columns, counted from 1; 0 for none.
    usize,
    /// Position in `configs`.
    usize,
    /// Last part of the unique id.
    String,
    /// Empty where there is none but something follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    Option<WireResult>,
    #[serde(default, skip_serializing_if = "Option::is_none")] Option<Box<WireTestRest>>,
);

#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct WireTestRest {
    /// Unique id.
    #[serde(skip_serializing_if = "Option::is_none")]
    i: Option<String>,
    /// Name, where the usual one is not its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    /// What follows the usual name, with the arguments.
    #[serde(skip_serializing_if = "is_zero")]
    e: usize,
    /// Package.
    #[serde(skip_serializing_if = "is_zero")]
    p: usize,
    /// File.
    #[serde(skip_serializing_if = "is_zero")]
    y: usize,
    /// The whole fqn.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    q: Vec<usize>,
    /// Nodes that it reads.
    #[serde(rename = "P", skip_serializing_if = "Option::is_none")]
    parents: Option<Vec<u32>>,
    /// Tags, where they are not those of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<Vec<usize>>,
}

/// Status (a position in [`STATUSES`]), seconds before `clock`, milliseconds taken, failures, seconds before
/// `clock` since when; unknown ones at the end are left out.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct WireResult(Vec<Option<i64>>);

/// Limits (positions of `count period` texts), last check.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct WireFreshness {
    /// Age after which it warns.
    #[serde(skip_serializing_if = "is_zero")]
    w: usize,
    /// Age after which it is an error.
    #[serde(skip_serializing_if = "is_zero")]
    e: usize,
    /// The rest, without the limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<NodeFreshness>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

const KINDS: [ResourceType; 17] = [
    ResourceType::Model,
    ResourceType::Seed,
    ResourceType::Snapshot,
    ResourceType::Test,
    ResourceType::Analysis,
    ResourceType::Operation,
    ResourceType::SqlOperation,
    ResourceType::Source,
    ResourceType::Macro,
    ResourceType::Exposure,
    ResourceType::Metric,
    ResourceType::SemanticModel,
    ResourceType::SavedQuery,
    ResourceType::UnitTest,
    ResourceType::Group,
    ResourceType::Doc,
    ResourceType::Function,
];

const STATUSES: [Status; 9] = [
    Status::Success,
    Status::Pass,
    Status::Warn,
    Status::Fail,
    Status::Error,
    Status::Skipped,
    Status::PartialSuccess,
    Status::NoOp,
    Status::RuntimeError,
];

/// What a configuration says that nodes also carry as fields of their own.
struct FromConfig {
    tags: Vec<String>,
    owner: Option<String>,
    group: Option<String>,
    access: Option<String>,
}

fn from_config(config: &Config) -> FromConfig {
    let text = |key| config.text(key).map(str::to_owned);
    let owner = config
        .get("meta")
        .and_then(|meta| meta.get("owner"))
        .and_then(|owner| owner.as_str());
    FromConfig {
        tags: config
            .strings("tags")
            .into_iter()
            .map(str::to_owned)
            .collect(),
        owner: owner.map(str::to_owned),
        group: text("group"),
        access: text("access"),
    }
}

/// The unique id that a node has unless the manifest says otherwise.
fn usual_id(
    kind: ResourceType,
    package: &str,
    source: Option<&str>,
    name: &str,
    version: Option<&str>,
) -> String {
    match (source, version) {
        (Some(source), _) => format!("{kind}.{package}.{source}.{name}"),
        (None, Some(version)) => format!("{kind}.{package}.{name}.v{version}"),
        (None, None) => format!("{kind}.{package}.{name}"),
    }
}

/// The name that a generic test without further arguments has.
fn usual_test_name(test: &str, source: Option<&str>, node: &str, column: Option<&str>) -> String {
    let prefix = if source.is_some() { "source_" } else { "" };
    let mut name = format!("{prefix}{}_", test.replace('.', "_"));
    if let Some(source) = source {
        name.push_str(source);
        name.push('_');
    }
    name.push_str(node);
    if let Some(column) = column {
        name.push('_');
        name.push_str(column);
    }
    name
}

fn folder_and_file(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

impl Serialize for CatalogIndex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write::wire(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CatalogIndex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::index(Wire::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Strings by position, the empty one first.
struct Strings(IndexSet<String>);

impl Strings {
    fn new() -> Self {
        Self(IndexSet::from([String::new()]))
    }

    fn put(&mut self, text: &str) -> usize {
        match self.0.get_index_of(text) {
            Some(position) => position,
            None => self.0.insert_full(text.to_owned()).0,
        }
    }

    fn maybe(&mut self, text: Option<&Text>) -> usize {
        text.map_or(0, |text| self.put(text))
    }

    fn all<T: AsRef<str>>(&mut self, texts: &[T]) -> Vec<usize> {
        texts.iter().map(|text| self.put(text.as_ref())).collect()
    }
}

/// Configurations by position; equal ones share one, and so do equal pairs.
#[derive(Default)]
struct Configs {
    pairs: IndexMap<String, (String, Value)>,
    lists: IndexSet<Vec<usize>>,
    known: HashMap<usize, usize>,
}

impl Configs {
    fn put(&mut self, config: &Arc<Config>) -> usize {
        let address = Arc::as_ptr(config).addr();
        if let Some(position) = self.known.get(&address) {
            return *position;
        }
        let pairs = config.0.iter().map(|(key, value)| {
            let text = format!("{key}={value}");
            self.pairs.insert_full(text, (key.clone(), value.clone())).0
        });
        let list = pairs.collect();
        let position = self.lists.insert_full(list).0;
        self.known.insert(address, position);
        position
    }
}

impl CatalogIndex {
    /// Fills what is told from the rest: children, counts and worst results of columns, coverage.
    pub(super) fn complete(&mut self) {
        for node in &mut self.nodes {
            node.children.clear();
            for column in &mut node.columns {
                (column.tests, column.worst) = (0, None);
            }
        }
        for position in 0..self.nodes.len() {
            for parent in self.nodes[position].parents.clone() {
                let children = &mut self.nodes[parent as usize].children;
                if children.last() != Some(&(position as u32)) {
                    children.push(position as u32);
                }
            }
        }
        for test in &self.tests {
            let (Some(node), Some(name)) = (test.node, &test.column) else {
                continue;
            };
            let columns = &mut self.nodes[node as usize].columns;
            if let Some(column) = columns.iter_mut().find(|column| column.name == *name) {
                column.tests = column.tests.saturating_add(1);
                let status = test.last.as_ref().map(|last| last.status);
                column.worst = worse(column.worst, status);
            }
        }
        let root = self.project.name.clone();
        let all = self
            .nodes
            .iter()
            .filter(|node| root.is_empty() || *node.package == *root);
        self.coverage = Coverage::of(all);
    }
}

/// The worse of two results; any result is worse than none.
fn worse(left: Option<Status>, right: Option<Status>) -> Option<Status> {
    let rank = |status: &Option<Status>| match status {
        None => 0,
        Some(Status::Pass | Status::Success | Status::NoOp) => 1,
        Some(Status::Skipped) => 2,
        Some(Status::Warn) => 3,
        Some(Status::PartialSuccess) => 4,
        Some(Status::Fail) => 5,
        Some(Status::Error | Status::RuntimeError) => 6,
    };
    if rank(&right) > rank(&left) {
        right
    } else {
        left
    }
}
