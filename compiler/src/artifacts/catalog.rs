//! `catalog.json` (v1): what the warehouse says of each relation.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `catalog.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct Catalog {
    pub metadata: super::results::ResultsMetadata,
    #[serde(default)]
    pub nodes: IndexMap<String, CatalogTable>,
    #[serde(default)]
    pub sources: IndexMap<String, CatalogTable>,
    #[serde(default)]
    pub errors: Option<Vec<String>>,
}

/// One relation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct CatalogTable {
    pub metadata: TableMetadata,
    #[serde(default)]
    pub columns: IndexMap<String, CatalogColumn>,
    #[serde(default)]
    pub stats: IndexMap<String, Map<String, Value>>,
    #[serde(default)]
    pub unique_id: Option<String>,
}

/// Kind and place of a relation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct TableMetadata {
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub schema: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub database: Option<String>,
    #[serde(default)]
    pub comment: Option<String>,
    #[serde(default)]
    pub owner: Option<String>,
}

/// A column as the warehouse has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct CatalogColumn {
    #[serde(rename = "type", default)]
    pub data_type: String,
    #[serde(default)]
    pub index: i64,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub comment: Option<String>,
}
