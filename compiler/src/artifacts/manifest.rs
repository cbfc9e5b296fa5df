//! `manifest.json`: the resolved project. Field names are dbt's; docs at
//! <https://docs.getdbt.com/reference/artifacts/manifest-json>.

use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Config;

/// What kind of thing a unique id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceType {
    /// A SQL model.
    Model,
    /// A CSV file that is loaded.
    Seed,
    /// A slowly changing copy of a relation.
    Snapshot,
    /// A data test, generic or singular.
    Test,
    /// SQL that is compiled and never run.
    Analysis,
    /// A hook of `on-run-start` or `on-run-end`, or inline SQL.
    Operation,
    /// SQL given on the command line.
    SqlOperation,
    /// A table that the project did not make.
    Source,
    /// A macro.
    Macro,
    /// Something outside that reads the project.
    Exposure,
    /// A metric of the semantic layer.
    Metric,
    /// A semantic model.
    SemanticModel,
    /// A saved query of the semantic layer.
    SavedQuery,
    /// A unit test.
    UnitTest,
    /// A group of owners.
    Group,
    /// A docs block.
    Doc,
    /// A user-defined function.
    Function,
}

impl ResourceType {
    /// The word that unique ids start with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Test => "test",
            Self::Analysis => "analysis",
            Self::Operation => "operation",
            Self::SqlOperation => "sql_operation",
            Self::Source => "source",
            Self::Macro => "macro",
            Self::Exposure => "exposure",
            Self::Metric => "metric",
            Self::SemanticModel => "semantic_model",
            Self::SavedQuery => "saved_query",
            Self::UnitTest => "unit_test",
            Self::Group => "group",
            Self::Doc => "doc",
            Self::Function => "function",
        }
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Checksum of a node's file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// `sha256`, `path` for big seeds, or `none`.
    pub name: String,
    /// The digest in hexadecimal.
    pub checksum: String,
}

/// A `ref()` as written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ref {
    /// Model name.
    pub name: String,
    /// Package, where two arguments were given.
    #[serde(default)]
    pub package: Option<String>,
    /// Version, as a number or text.
    #[serde(default)]
    pub version: Option<Value>,
}

/// What a node needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependsOn {
    /// Unique ids of macros.
    #[serde(default)]
    pub macros: Vec<String>,
    /// Unique ids of nodes and sources.
    #[serde(default)]
    pub nodes: Vec<String>,
}

/// A documented column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Name as written.
    pub name: String,
    /// Rendered description.
    #[serde(default)]
    pub description: String,
    /// Free data.
    #[serde(default)]
    pub meta: Map<String, Value>,
    /// Declared type.
    #[serde(default)]
    pub data_type: Option<String>,
    /// Declared constraints.
    #[serde(default)]
    pub constraints: Vec<Value>,
    /// Whether the name is quoted in SQL.
    #[serde(default)]
    pub quote: Option<bool>,
    /// `meta` and `tags` once more, as dbt 1.10 and later write them.
    #[serde(default)]
    pub config: Map<String, Value>,
    /// Tags, which the column's tests inherit.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Grain of a time column.
    #[serde(default)]
    pub granularity: Option<String>,
    /// Semantic-layer dimension.
    #[serde(default)]
    pub dimension: Option<Value>,
    /// Semantic-layer entity.
    #[serde(default)]
    pub entity: Option<Value>,
    /// Unique ids of docs blocks that the description uses.
    #[serde(default)]
    pub doc_blocks: Vec<String>,
    /// Keys of the project's own, which dbt keeps beside the others. They are only written: reading them would slow the
    /// reading of all columns.
    #[serde(flatten, skip_deserializing)]
    pub extra: Map<String, Value>,
}

/// Whether and how the docs show a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Docs {
    /// False hides the node.
    #[serde(default = "yes")]
    pub show: bool,
    /// Colour in lineage graphs.
    #[serde(default)]
    pub node_color: Option<String>,
}

impl Default for Docs {
    fn default() -> Self {
        Self {
            show: true,
            node_color: None,
        }
    }
}

fn yes() -> bool {
    true
}

/// The generic test that a test node is an instance of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TestMetadata {
    /// The test's name, such as `not_null`.
    pub name: String,
    /// Arguments as given, with `model` and `column_name`.
    #[serde(default)]
    pub kwargs: Map<String, Value>,
    /// Package of the test, such as `dbt_utils`.
    #[serde(default)]
    pub namespace: Option<String>,
}

/// An ephemeral model's SQL, to be injected as a CTE.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InjectedCte {
    /// Unique id of the ephemeral model.
    pub id: String,
    /// ` __dbt__cte__NAME as (…)`.
    pub sql: String,
}

/// `contract` of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Whether columns and types are checked before the model is built.
    #[serde(default)]
    pub enforced: bool,
    /// Whether type names are translated per adapter.
    #[serde(default = "yes")]
    pub alias_types: bool,
    /// Digest of the contract.
    #[serde(default)]
    pub checksum: Option<String>,
}

impl Default for Contract {
    fn default() -> Self {
        Self {
            enforced: false,
            alias_types: true,
            checksum: None,
        }
    }
}

/// A model, seed, snapshot, test, analysis, function or operation. Fields that a kind does not have are left out when written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct Node {
    /// Database (catalog) of the relation.
    pub database: Option<String>,
    /// Schema of the relation.
    pub schema: String,
    /// Name by which `ref` finds it.
    pub name: String,
    /// Kind.
    pub resource_type: ResourceType,
    /// Package it belongs to.
    pub package_name: String,
    /// Path below the resource folder.
    pub path: String,
    /// Path below the package's root.
    pub original_file_path: String,
    /// `kind.package.name`.
    pub unique_id: String,
    /// Package, folders and name.
    pub fqn: Vec<String>,
    /// Name of the relation.
    pub alias: String,
    /// Digest of the file.
    pub checksum: Checksum,
    /// Rendered configuration.
    pub config: Config,
    /// Tags.
    pub tags: Vec<String>,
    /// Rendered description.
    pub description: String,
    /// Documented columns by name.
    pub columns: IndexMap<String, Column>,
    /// Free data.
    pub meta: Map<String, Value>,
    /// Group.
    pub group: Option<String>,
    /// How the docs show it.
    pub docs: Docs,
    /// `package://file` of its properties.
    pub patch_path: Option<String>,
    /// Path of the SQL that was run, below the project root.
    pub build_path: Option<String>,
    /// Configuration as written, before Jinja.
    pub unrendered_config: Map<String, Value>,
    /// Seconds since 1970.
    pub created_at: f64,
    /// Quoted name of the relation; `None` for what has none.
    pub relation_name: Option<String>,
    /// The file's text.
    pub raw_code: String,
    /// Docs blocks that the description uses.
    pub doc_blocks: Vec<String>,
    /// `sql` or `python`.
    pub language: String,
    /// `ref()` calls.
    pub refs: Vec<Ref>,
    /// `source()` calls as `[source, table]`.
    pub sources: Vec<Vec<String>>,
    /// `metric()` calls.
    pub metrics: Vec<Vec<String>>,
    /// `function()` calls as `[name]` or `[package, name]`.
    pub functions: Vec<Vec<String>>,
    /// Resolved dependencies.
    pub depends_on: DependsOn,
    /// Path of the compiled SQL, below the project root.
    pub compiled_path: Option<String>,
    /// Whether `compiled_code` is there.
    pub compiled: bool,
    /// SQL after Jinja, with CTEs.
    pub compiled_code: Option<String>,
    /// Whether CTEs were injected.
    pub extra_ctes_injected: bool,
    /// Injected CTEs.
    pub extra_ctes: Vec<InjectedCte>,
    /// Contract.
    pub contract: Contract,
    /// Models: `private`, `protected` or `public`.
    pub access: Option<String>,
    /// Models: constraints of the relation.
    pub constraints: Vec<Value>,
    /// Models: version.
    pub version: Option<Value>,
    /// Models: latest version.
    pub latest_version: Option<Value>,
    /// Models: date after which it is deprecated.
    pub deprecation_date: Option<String>,
    /// Models: columns that tests or constraints prove unique.
    pub primary_key: Vec<String>,
    /// Models: time spine of the semantic layer.
    pub time_spine: Option<Value>,
    /// Models: defer relation, set while deferring.
    pub defer_relation: Option<Value>,
    /// Seeds: folder that the path is below.
    pub root_path: Option<String>,
    /// Tests: column it is attached to.
    pub column_name: Option<String>,
    /// Generic tests: `models.NAME`, the key of the property file.
    pub file_key_name: Option<String>,
    /// Generic tests: node it is attached to.
    pub attached_node: Option<String>,
    /// Generic tests: which test with which arguments.
    pub test_metadata: Option<TestMetadata>,
    /// Operations: position among the hooks.
    pub index: Option<usize>,
    /// Functions: `{name, data_type, description, default_value}` of each argument.
    pub arguments: Vec<Value>,
    /// Functions: `{data_type, description}` of what they return.
    pub returns: Option<Value>,
    /// Functions: further signatures of the same name, each with a body of its own.
    pub overloads: Vec<Value>,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            database: None,
            schema: String::new(),
            name: String::new(),
            resource_type: ResourceType::Model,
            package_name: String::new(),
            path: String::new(),
            original_file_path: String::new(),
            unique_id: String::new(),
            fqn: Vec::new(),
            alias: String::new(),
            checksum: Checksum::default(),
            config: Config::default(),
            tags: Vec::new(),
            description: String::new(),
            columns: IndexMap::new(),
            meta: Map::new(),
            group: None,
            docs: Docs::default(),
            patch_path: None,
            build_path: None,
            unrendered_config: Map::new(),
            created_at: 0.0,
            relation_name: None,
            raw_code: String::new(),
            doc_blocks: Vec::new(),
            language: "sql".into(),
            refs: Vec::new(),
            sources: Vec::new(),
            metrics: Vec::new(),
            functions: Vec::new(),
            depends_on: DependsOn::default(),
            compiled_path: None,
            compiled: false,
            compiled_code: None,
            extra_ctes_injected: false,
            extra_ctes: Vec::new(),
            contract: Contract::default(),
            access: None,
            constraints: Vec::new(),
            version: None,
            latest_version: None,
            deprecation_date: None,
            primary_key: Vec::new(),
            time_spine: None,
            defer_relation: None,
            root_path: None,
            column_name: None,
            file_key_name: None,
            attached_node: None,
            test_metadata: None,
            index: None,
            arguments: Vec::new(),
            returns: None,
            overloads: Vec::new(),
        }
    }
}

impl Node {
    /// Whether the node is an ephemeral model, which lives only as a CTE in others.
    pub fn is_ephemeral(&self) -> bool {
        self.resource_type == ResourceType::Model && self.config.materialized() == "ephemeral"
    }
}

/// `warn_after` or `error_after`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    /// How many periods; `None` where not set.
    #[serde(default)]
    pub count: Option<i64>,
    /// `minute`, `hour` or `day`.
    #[serde(default)]
    pub period: Option<String>,
}

/// Freshness limits of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// Age after which it warns.
    #[serde(default)]
    pub warn_after: Option<Threshold>,
    /// Age after which it is an error.
    #[serde(default)]
    pub error_after: Option<Threshold>,
    /// SQL condition on the rows looked at.
    #[serde(default)]
    pub filter: Option<String>,
}

/// A table that the project did not make.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "dbt's names; see Node")]
pub struct Source {
    pub database: Option<String>,
    pub schema: String,
    pub name: String,
    pub resource_type: SourceKind,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub fqn: Vec<String>,
    pub source_name: String,
    pub source_description: String,
    pub loader: String,
    pub identifier: String,
    pub quoting: Map<String, Value>,
    pub loaded_at_field: Option<String>,
    pub loaded_at_query: Option<String>,
    pub freshness: Option<Freshness>,
    pub external: Option<Value>,
    pub description: String,
    pub columns: IndexMap<String, Column>,
    pub meta: Map<String, Value>,
    pub source_meta: Map<String, Value>,
    pub tags: Vec<String>,
    pub config: Config,
    pub patch_path: Option<String>,
    pub unrendered_config: Map<String, Value>,
    pub relation_name: Option<String>,
    pub created_at: f64,
    pub unrendered_database: Option<String>,
    pub unrendered_schema: Option<String>,
    pub doc_blocks: Vec<String>,
}

/// The word `source`, so that a [`Source`] is written as dbt does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SourceKind {
    /// The only value.
    #[default]
    #[serde(rename = "source")]
    Source,
}

/// A macro.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "dbt's names; see Node")]
pub struct Macro {
    pub name: String,
    pub resource_type: String,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub macro_sql: String,
    pub depends_on: MacroDependsOn,
    pub description: String,
    pub meta: Map<String, Value>,
    pub docs: Docs,
    pub config: Map<String, Value>,
    pub patch_path: Option<String>,
    pub arguments: Vec<MacroArgument>,
    pub created_at: f64,
    pub supported_languages: Option<Vec<String>>,
}

/// What a macro needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacroDependsOn {
    /// Unique ids of macros.
    #[serde(default)]
    pub macros: Vec<String>,
}

/// A macro's documented argument.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MacroArgument {
    /// Name.
    pub name: String,
    /// Documented type.
    #[serde(rename = "type", default)]
    pub data_type: Option<String>,
    /// Documented meaning.
    #[serde(default)]
    pub description: String,
}

/// A docs block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "dbt's names; see Node")]
pub struct Doc {
    pub name: String,
    pub resource_type: String,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub block_contents: String,
}

/// Something outside that reads the project.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "dbt's names; see Node")]
pub struct Exposure {
    pub name: String,
    pub resource_type: String,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub fqn: Vec<String>,
    #[serde(rename = "type")]
    pub exposure_type: String,
    pub owner: Map<String, Value>,
    pub description: String,
    pub label: Option<String>,
    pub maturity: Option<String>,
    pub meta: Map<String, Value>,
    pub tags: Vec<String>,
    pub config: Config,
    pub unrendered_config: Map<String, Value>,
    pub url: Option<String>,
    pub depends_on: DependsOn,
    pub refs: Vec<Ref>,
    pub sources: Vec<Vec<String>>,
    pub metrics: Vec<Vec<String>>,
    pub created_at: f64,
}

/// About the run that wrote the manifest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct Metadata {
    pub dbt_schema_version: String,
    pub dbt_version: String,
    pub generated_at: String,
    pub invocation_id: Option<String>,
    pub invocation_started_at: Option<String>,
    pub env: Map<String, Value>,
    pub project_name: Option<String>,
    pub project_id: Option<String>,
    pub user_id: Option<String>,
    pub send_anonymous_usage_stats: Option<bool>,
    pub adapter_type: Option<String>,
    pub quoting: Map<String, Value>,
    pub run_started_at: Option<String>,
}

/// The resolved project. Maps are by unique id, in the order of parsing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct Manifest {
    pub metadata: Metadata,
    pub nodes: IndexMap<String, Node>,
    pub sources: IndexMap<String, Source>,
    pub macros: IndexMap<String, Macro>,
    pub docs: IndexMap<String, Doc>,
    pub exposures: IndexMap<String, Exposure>,
    pub metrics: IndexMap<String, Value>,
    pub groups: IndexMap<String, Value>,
    pub selectors: Map<String, Value>,
    pub disabled: Option<IndexMap<String, Vec<Value>>>,
    pub parent_map: Option<IndexMap<String, Vec<String>>>,
    pub child_map: Option<IndexMap<String, Vec<String>>>,
    pub group_map: Option<IndexMap<String, Vec<String>>>,
    pub saved_queries: IndexMap<String, Value>,
    pub semantic_models: IndexMap<String, Value>,
    pub unit_tests: IndexMap<String, Value>,
    pub functions: IndexMap<String, Node>,
}

impl Manifest {
    /// The node or function with this id: dbt lists functions apart, but compiles and builds them as it does nodes.
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.get(id).or_else(|| self.functions.get(id))
    }

    /// All nodes, then all functions.
    pub fn nodes_and_functions(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values().chain(self.functions.values())
    }
}
