//! The second part of the catalog: everything about one node, fetched when its page opens.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::types::{LastResult, NodeFreshness};
use crate::contract::ContractView;

/// Everything about one node, macro or docs block. What a kind does not have is empty or `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeDetail {
    /// `kind.package.name`.
    pub unique_id: String,
    /// Name; for a source the table's name.
    pub name: String,
    /// Kind as unique ids spell it: `model`, `source`, `macro`, `doc`, …
    pub kind: String,
    /// Package.
    pub package: String,
    /// File below the package's root.
    pub path: String,
    /// Property file below the package's root.
    pub patch_path: Option<String>,
    /// Markdown, not to be trusted; for a docs block its whole text.
    pub description: String,
    /// Quoted name of the relation.
    pub relation_name: Option<String>,
    /// Database of the relation.
    pub database: Option<String>,
    /// Schema of the relation.
    pub schema: Option<String>,
    /// Name of the relation in its schema.
    pub relation: Option<String>,
    /// What the warehouse says it is: `BASE TABLE`, `VIEW`, …; `None` without a catalog.
    pub relation_type: Option<String>,
    /// `view`, `table`, …
    pub materialized: Option<String>,
    /// `sql` or `python`.
    pub language: String,
    /// The file's text; for a macro its definition.
    pub raw_code: String,
    /// SQL after Jinja; `None` if it was not compiled.
    pub compiled_code: Option<String>,
    /// Columns: the warehouse's first in its order, then documented ones that it does not have.
    pub columns: Vec<ColumnDetail>,
    /// Tests of the whole node, not of one column.
    pub tests: Vec<TestDetail>,
    /// Tags.
    pub tags: Vec<String>,
    /// Free data, without the feature contract.
    pub meta: Map<String, Value>,
    /// Configuration without empty values, `meta` and `tags`.
    pub config: Map<String, Value>,
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// Group.
    pub group: Option<NodeLink>,
    /// Models: `private`, `protected` or `public`.
    pub access: Option<String>,
    /// Models: version.
    pub version: Option<String>,
    /// Models: latest version.
    pub latest_version: Option<String>,
    /// Models: date after which it is deprecated.
    pub deprecation_date: Option<String>,
    /// Whether dbt's own model contract is enforced.
    pub contract_enforced: bool,
    /// Statistics that the warehouse gives, such as the number of rows.
    pub stats: Vec<Stat>,
    /// Nodes that it reads.
    pub parents: Vec<NodeLink>,
    /// Nodes that read it, without tests.
    pub children: Vec<NodeLink>,
    /// Macros that it calls, without those of dbt and its adapters.
    pub macros: Vec<NodeLink>,
    /// Last result.
    pub last: Option<LastResult>,
    /// What the warehouse or the compiler said last.
    pub message: Option<String>,
    /// What only sources have.
    pub source: Option<SourceDetail>,
    /// What only exposures have.
    pub exposure: Option<ExposureDetail>,
    /// What only data tests have.
    pub test: Option<TestDetail>,
    /// What only its kind has; see [`DetailTable`].
    pub tables: Vec<DetailTable>,
    /// The feature contract with the state of each promise; `None` where the model has none.
    pub contract: Option<ContractView>,
}

/// A column with what is known of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColumnDetail {
    /// Name as documented, else as the warehouse has it.
    pub name: String,
    /// Markdown, not to be trusted.
    pub description: String,
    /// Type in the warehouse.
    pub data_type: Option<String>,
    /// Type that the properties declare.
    pub declared_type: Option<String>,
    /// Whether the warehouse has it; `None` where the catalog does not know the relation.
    pub present: Option<bool>,
    /// Constraints as short words: `not_null`, `primary_key`, …
    pub constraints: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Free data, without the feature contract.
    pub meta: Map<String, Value>,
    /// Its tests.
    pub tests: Vec<TestDetail>,
    /// What is said of the column that it is a copy of, where nothing is said of itself.
    pub inherited: Option<InheritedDescription>,
}

/// A description that was found along copies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InheritedDescription {
    /// The node that has the described column.
    pub from: NodeLink,
    /// The described column.
    pub column: String,
    /// Markdown, not to be trusted.
    pub description: String,
}

/// A test with its last result.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TestDetail {
    /// `test.package.name.hash`.
    pub unique_id: String,
    /// Full name.
    pub name: String,
    /// The generic test with its package, such as `dbt_utils.accepted_range`; `None` for singular tests.
    pub test: Option<String>,
    /// Its arguments, without `model` and `column_name`.
    pub arguments: Map<String, Value>,
    /// Column it is on.
    pub column: Option<String>,
    /// `error` or `warn`.
    pub severity: String,
    /// What it says of itself.
    pub description: String,
    /// Last result.
    pub last: Option<LastResult>,
    /// What the run said.
    pub message: Option<String>,
    /// Where failing rows were stored; `None` unless `store_failures`.
    pub failures_relation: Option<String>,
}

/// Who answers for a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Owner {
    /// Name of a person or team.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Where it was found: `meta.owner`, `group` or `exposure`.
    pub from: String,
}

/// Another node to go to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeLink {
    /// Unique id.
    pub unique_id: String,
    /// Name for people.
    pub name: String,
    /// Kind as unique ids spell it.
    pub kind: String,
}

/// A statistic that the warehouse gives.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stat {
    /// dbt's key, such as `num_rows`.
    pub id: String,
    /// Words for people.
    pub label: String,
    /// Number or text.
    pub value: Value,
}

/// What only sources have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceDetail {
    /// The source's name.
    pub source_name: String,
    /// What is said of the source as a whole.
    pub source_description: String,
    /// Who loads it.
    pub loader: String,
    /// Column that says when a row was loaded.
    pub loaded_at_field: Option<String>,
    /// Limits and last check; `None` where no limit is set and nothing was checked.
    pub freshness: Option<NodeFreshness>,
}

/// What only exposures have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExposureDetail {
    /// `dashboard`, `notebook`, `analysis`, `ml` or `application`.
    pub exposure_type: String,
    /// Name for people.
    pub label: Option<String>,
    /// `high`, `medium` or `low`.
    pub maturity: Option<String>,
    /// Where it lives; a link only if it starts with `http://` or `https://`.
    pub url: Option<String>,
}

/// A table of what only some kinds have: arguments, parts of the semantic layer, rows of a unit test.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DetailTable {
    /// What it is.
    pub title: String,
    /// Names of the columns; empty where the rows are pairs of a name and a value.
    pub head: Vec<String>,
    /// Cells; `None` for null and for what is not said.
    pub rows: Vec<Vec<Option<String>>>,
    /// Where the rows are written as SQL or CSV: that text.
    pub code: Option<String>,
    /// Why there are no rows, where that means something.
    pub empty: Option<String>,
}
