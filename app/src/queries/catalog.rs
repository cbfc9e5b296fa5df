//! The catalog index, nodes, contracts and the session.

use std::sync::Arc;

use compiler::contract::ContractView;
use compiler::index::search::SearchTexts;
use compiler::index::{Changes, NodeDetail};
use compiler::lineage::ColumnLineage;
use serde::Deserialize;

use super::http::{self, ApiError};
use crate::model::catalog::Catalog;
use crate::model::columns::Columns;
use crate::model::route::encode;

/// Who the page may act as.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Session {
    /// Sent with every change.
    pub token: String,
    /// Whether runs can be started.
    pub can_run: bool,
    /// Why not, in words for people.
    pub reason: Option<String>,
    /// Whether there are earlier artifacts to compare with.
    pub compares: bool,
    /// Whether texts of models can be tried.
    pub tries: bool,
    /// Version of the server.
    pub version: String,
}

/// The index with its look-up tables.
pub async fn index() -> Result<Arc<Catalog>, ApiError> {
    http::get("/api/v1/index")
        .await
        .map(|index| Arc::new(Catalog::new(index)))
}

/// Everything about one node.
pub async fn node(id: String) -> Result<Arc<NodeDetail>, ApiError> {
    http::get(&format!("/api/v1/nodes/{}", encode(&id)))
        .await
        .map(Arc::new)
}

/// Which columns each column is made of.
pub async fn columns() -> Result<Arc<Columns>, ApiError> {
    let lineage: ColumnLineage = http::get("/api/v1/column-lineage").await?;
    Ok(Arc::new(Columns::new(lineage)))
}

/// What changed since earlier artifacts.
pub async fn changes() -> Result<Arc<Changes>, ApiError> {
    http::get("/api/v1/changes").await.map(Arc::new)
}

/// A feature contract with the state of its promises.
pub async fn contract(id: String) -> Result<Arc<ContractView>, ApiError> {
    http::get(&format!("/api/v1/contracts/{}", encode(&id)))
        .await
        .map(Arc::new)
}

/// The session.
pub async fn session() -> Result<Session, ApiError> {
    http::get("/api/v1/session").await
}

/// Descriptions for the search; a server without them leaves the search to names, columns and tags.
pub async fn search_texts() -> Option<SearchTexts> {
    http::get("/api/v1/search-texts").await.ok()
}
