//! Feature contracts: the page's view and the Open Data Contract Standard form.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use compiler::contract::ContractView;

use super::catalog;
use super::error::ApiError;
use super::state::App;

/// `GET /api/v1/contracts/{id}`
pub(super) async fn contract(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<ContractView>, ApiError> {
    catalog::contract(app, id).await.map(Json)
}

/// `GET /api/v1/contracts/{id}/odcs.yaml`
pub(super) async fn odcs(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let detail = catalog::detail(app, id).await?;
    let contract = detail
        .contract
        .as_ref()
        .map(compiler::contract::odcs_yaml)
        .ok_or_else(|| {
            ApiError::not_found(
                "no-contract",
                format!("'{}' has no feature contract", detail.unique_id),
            )
        })?;
    let name = format!(
        "attachment; filename=\"{}.odcs.yaml\"",
        detail.name.replace(['"', '\\', '\n', '\r'], "_")
    );
    Ok((
        [
            (header::CONTENT_TYPE, "text/yaml; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        contract,
    )
        .into_response())
}
