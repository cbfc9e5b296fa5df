//! The first part of the catalog: what the browser holds in memory for every page, search and graph.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::keys::ForeignKey;
use crate::artifacts::Config;
use crate::artifacts::manifest::{ResourceType, Threshold};
use crate::artifacts::results::Status;
use crate::contract::PromiseState;

/// A string that many nodes share; reads as `&str`.
pub type Text = Arc<str>;

/// Position in [`CatalogIndex::nodes`].
pub type NodePosition = u32;

/// Position in [`CatalogIndex::tests`].
pub type TestPosition = u32;

/// Everything the browser knows of a project without asking again: names, edges, tags, coverage, last results.
/// Texts, SQL and types come with [`super::NodeDetail`], one node at a time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CatalogIndex {
    /// About the project and the artifacts that the index was made from.
    pub project: ProjectInfo,
    /// Models, seeds, snapshots, analyses, sources, exposures, metrics, semantic models, saved queries,
    /// functions and unit tests, in the manifest's order. Data tests are in `tests`.
    pub nodes: Vec<IndexNode>,
    /// Data tests, generic and singular.
    pub tests: Vec<IndexTest>,
    /// Macros of the project and its packages, without those of dbt and its adapters.
    pub macros: Vec<IndexItem>,
    /// Docs blocks of the project and its packages.
    pub docs: Vec<IndexItem>,
    /// Groups of the project and its packages.
    pub groups: Vec<IndexItem>,
    /// Which columns point at which others.
    pub keys: Vec<ForeignKey>,
    /// Shares over all models of the root project; see [`Coverage`].
    pub coverage: Coverage,
}

/// About the project and the run whose artifacts were read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectInfo {
    /// The root project's name.
    pub name: String,
    /// `duckdb`, `postgres`, …; empty where the manifest does not say.
    pub adapter: String,
    /// Version of what wrote the manifest.
    pub dbt_version: String,
    /// When the manifest was written, ISO 8601 in UTC.
    pub generated_at: String,
    /// When the catalog was read from the warehouse; `None` without `catalog.json`.
    pub catalog_at: Option<String>,
    /// When the last run ended; `None` without `run_results.json`.
    pub run_at: Option<String>,
    /// When freshness was last checked; `None` without `sources.json`.
    pub freshness_at: Option<String>,
    /// The last run's command, such as `build`.
    pub command: Option<String>,
    /// The selectors of `selectors.yml`, as the manifest has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selectors: Vec<Value>,
}

/// One node. Positions are into the index's own lists.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexNode {
    /// `kind.package.name`.
    pub unique_id: String,
    /// Name as `ref` has it; for a source the table's name.
    pub name: String,
    /// Kind.
    pub kind: ResourceType,
    /// Package it belongs to.
    pub package: Text,
    /// Path of its file below the package's root, with `/`.
    pub path: String,
    /// Property file below the package's root; `None` where it has no properties.
    pub patch_path: Option<Text>,
    /// Package, folders and name, as the selector method `fqn` sees it.
    pub fqn: Vec<Text>,
    /// Database of the relation; `None` for what has no relation.
    pub database: Option<Text>,
    /// Schema of the relation; `None` for what has no relation.
    pub schema: Option<Text>,
    /// Name of the relation in its schema (alias or identifier); `None` for what has no relation.
    pub relation: Option<Text>,
    /// Configuration without empty values, hooks and long texts; shared between nodes that have the same.
    pub config: Arc<Config>,
    /// Tags.
    pub tags: Vec<Text>,
    /// Sources: name of the source that the table is in.
    pub source: Option<Text>,
    /// Exposures: `dashboard`, `ml`, …
    pub exposure_type: Option<Text>,
    /// Who answers for it: `meta.owner`, else the group's owner, else the exposure's owner.
    pub owner: Option<Text>,
    /// Group.
    pub group: Option<Text>,
    /// Models: `private`, `protected` or `public`.
    pub access: Option<Text>,
    /// Models: version, such as `2`.
    pub version: Option<Text>,
    /// Models: latest version of the name.
    pub latest_version: Option<Text>,
    /// Whether `docs.show` is false: leave it out of trees, search and graph unless asked for.
    pub hidden: bool,
    /// Whether it has a description.
    pub documented: bool,
    /// Colour that `docs.node_color` gives it.
    pub color: Option<Text>,
    /// Nodes that it reads, in the order of `depends_on`.
    pub parents: Vec<NodePosition>,
    /// Nodes that read it, ascending.
    pub children: Vec<NodePosition>,
    /// Columns: the warehouse's in its order where `catalog.json` knows the relation, then documented ones
    /// that the warehouse does not have.
    pub columns: Vec<IndexColumn>,
    /// Its data tests, on columns and on the whole.
    pub tests: Vec<TestPosition>,
    /// How the last run of it ended; `None` where no result is known.
    pub last: Option<LastResult>,
    /// Sources: limits and last check.
    pub freshness: Option<NodeFreshness>,
    /// State of its feature contract; `None` where it has none.
    pub contract: Option<PromiseState>,
    /// Models, seeds and snapshots: whether tests prove a primary key (a column both `unique` and `not_null`,
    /// or a `unique_combination_of_columns`).
    pub key_tested: bool,
}

impl IndexNode {
    /// The materialization's name: `view`, `table`, `incremental`, `seed`, `snapshot`, …; empty where it has none.
    pub fn materialized(&self) -> &str {
        self.config.text("materialized").unwrap_or_default()
    }

    /// Name for people: `source.table` for sources, `name.v2` for versions, else the name.
    pub fn label(&self) -> String {
        match (&self.source, &self.version) {
            (Some(source), _) => format!("{source}.{}", self.name),
            (None, Some(version)) => format!("{}.v{version}", self.name),
            (None, None) => self.name.clone(),
        }
    }

    /// How many columns it has, and how many of them are documented and tested.
    pub fn coverage(&self) -> ColumnCoverage {
        ColumnCoverage {
            columns: self.columns.len() as u32,
            documented: self
                .columns
                .iter()
                .filter(|column| column.documented)
                .count() as u32,
            tested: self
                .columns
                .iter()
                .filter(|column| column.tests > 0)
                .count() as u32,
        }
    }
}

/// One column of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexColumn {
    /// Name as documented, else as the warehouse has it.
    pub name: Text,
    /// Whether it has a description.
    pub documented: bool,
    /// How many tests are on it.
    pub tests: u16,
    /// The worst last result of its tests (`fail` and `error` before `warn` before `pass`); `None` if none ran.
    pub worst: Option<Status>,
}

/// A data test.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexTest {
    /// `test.package.name.hash`.
    pub unique_id: String,
    /// Full name.
    pub name: String,
    /// The generic test's name with its package (`not_null`, `dbt_utils.accepted_range`); `None` for singular tests.
    pub test: Option<Text>,
    /// Package.
    pub package: Text,
    /// File that declares it, below the package's root.
    pub path: Text,
    /// Package, folders and name.
    pub fqn: Vec<Text>,
    /// Column it is on; `None` for tests of a whole node.
    pub column: Option<Text>,
    /// Node it is attached to; `None` for singular tests that read several or none.
    pub node: Option<NodePosition>,
    /// Nodes that it reads.
    pub parents: Vec<NodePosition>,
    /// Configuration, as in [`IndexNode::config`].
    pub config: Arc<Config>,
    /// Tags.
    pub tags: Vec<Text>,
    /// Last result with its failures.
    pub last: Option<LastResult>,
}

/// How something last ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastResult {
    /// dbt's word.
    pub status: Status,
    /// When it ended, ISO 8601 in UTC to the second; `None` where the artifact does not say.
    pub at: Option<String>,
    /// Since when it has had this status without a break, ISO 8601; `None` where no history is kept.
    pub since: Option<String>,
    /// How long it took.
    pub seconds: f64,
    /// Tests: failing rows.
    pub failures: Option<i64>,
}

/// Freshness of a source: what was promised and what was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeFreshness {
    /// Age after which it warns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warn_after: Option<Threshold>,
    /// Age after which it is an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_after: Option<Threshold>,
    /// `pass`, `warn`, `error` or `runtime error`; `None` where it was never checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Youngest row at that time, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_loaded_at: Option<String>,
    /// When it was checked, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<String>,
    /// Age of the youngest row at that time, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<f64>,
    /// Why the check could not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A macro or docs block by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexItem {
    /// `macro.package.name`, `doc.package.name` or `group.package.name`.
    pub unique_id: String,
    /// Name.
    pub name: String,
    /// Package.
    pub package: String,
    /// File below the package's root.
    pub path: String,
    /// Whether it has a description.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub documented: bool,
}

/// Columns of one node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ColumnCoverage {
    /// All columns.
    pub columns: u32,
    /// With a description.
    pub documented: u32,
    /// With at least one test.
    pub tested: u32,
}

/// Shares over many nodes; counts, so that a page can add folders up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Coverage {
    /// Models counted.
    pub models: u32,
    /// Models with a description.
    pub documented_models: u32,
    /// Models with at least one test.
    pub tested_models: u32,
    /// Models whose primary key tests prove.
    pub key_tested_models: u32,
    /// Columns of these models.
    pub columns: u32,
    /// Columns with a description.
    pub documented_columns: u32,
    /// Columns with at least one test.
    pub tested_columns: u32,
}

impl Coverage {
    /// Adds others' counts.
    pub fn add(&mut self, other: &Self) {
        self.models += other.models;
        self.documented_models += other.documented_models;
        self.tested_models += other.tested_models;
        self.key_tested_models += other.key_tested_models;
        self.columns += other.columns;
        self.documented_columns += other.documented_columns;
        self.tested_columns += other.tested_columns;
    }

    /// Counts some nodes; what is not a model is left out.
    pub fn of<'a>(nodes: impl IntoIterator<Item = &'a IndexNode>) -> Self {
        let mut total = Self::default();
        for node in nodes
            .into_iter()
            .filter(|node| node.kind == ResourceType::Model)
        {
            let columns = node.coverage();
            total.add(&Self {
                models: 1,
                documented_models: u32::from(node.documented),
                tested_models: u32::from(!node.tests.is_empty()),
                key_tested_models: u32::from(node.key_tested),
                columns: columns.columns,
                documented_columns: columns.documented,
                tested_columns: columns.tested,
            });
        }
        total
    }
}
