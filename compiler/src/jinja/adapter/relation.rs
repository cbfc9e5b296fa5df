//! Relation objects: the name of a table or view, and how it is quoted.

use crate::jinja::Quoting;

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationType {
    /// A table.
    Table,
    /// A view.
    View,
    /// A common table expression: an ephemeral model.
    Cte,
    /// A materialized view.
    MaterializedView,
    /// A table that lives elsewhere.
    External,
}

impl RelationType {
    /// dbt's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
            Self::Cte => "cte",
            Self::MaterializedView => "materialized_view",
            Self::External => "external",
        }
    }

    /// By dbt's word.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "table" => Self::Table,
            "view" => Self::View,
            "cte" => Self::Cte,
            "materialized_view" => Self::MaterializedView,
            "external" => Self::External,
            _ => return None,
        })
    }
}

/// The name of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Database (DuckDB: catalog).
    pub database: Option<String>,
    /// Schema.
    pub schema: Option<String>,
    /// Identifier.
    pub identifier: Option<String>,
    /// What it is, where known.
    pub kind: Option<RelationType>,
    /// What is quoted when rendered.
    pub quoting: Quoting,
}
