//! The catalog over HTTP: index, details, column lineage.

use std::sync::Arc;

use axum::Json;
use axum::extract;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use compiler::contract::ContractView;
use compiler::index::{Changes, NodeDetail};
use compiler::workbench::Workbench;

use super::error::ApiError;
use super::state::App;
use crate::project;

/// `GET /api/v1/index`
pub(super) async fn index(
    extract::State(app): extract::State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let artifacts = blocking(move || app.catalog.current()).await??;
    let tags = [
        (header::ETAG, artifacts.etag.clone()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == artifacts.etag.as_bytes())
    {
        return Ok((StatusCode::NOT_MODIFIED, tags).into_response());
    }
    Ok((
        tags,
        [(header::CONTENT_TYPE, "application/json")],
        artifacts.index.clone(),
    )
        .into_response())
}

/// `GET /api/v1/search-texts`: descriptions for the page's search, asked for when somebody searches.
pub(super) async fn search_texts(
    extract::State(app): extract::State<Arc<App>>,
) -> Result<Response, ApiError> {
    let texts = blocking(move || {
        let artifacts = app.catalog.current()?;
        Ok::<_, ApiError>(artifacts.search_texts())
    })
    .await??;
    Ok(Json(texts).into_response())
}

/// `GET /api/v1/column-lineage`: which columns each column is made of, asked for when somebody wants to see it.
pub(super) async fn column_lineage(
    extract::State(app): extract::State<Arc<App>>,
) -> Result<Response, ApiError> {
    let lineage = blocking(move || {
        let artifacts = app.catalog.current()?;
        Ok::<_, ApiError>(app.catalog.lineage(&artifacts))
    })
    .await??;
    Ok(Json(lineage.as_ref()).into_response())
}

/// `GET /api/v1/changes`: what changed since the artifacts of `--state`.
pub(super) async fn changes(
    extract::State(app): extract::State<Arc<App>>,
) -> Result<Json<Changes>, ApiError> {
    blocking(move || {
        let Some(state) = &app.state else {
            let message = "there is nothing to compare with";
            return Err(ApiError::not_found("no-state", message)
                .hint("name a folder of earlier artifacts: refract serve --state DIR"));
        };
        let artifacts = app.catalog.current()?;
        Ok(app.catalog.changes(&artifacts, state)?)
    })
    .await?
    .map(Json)
}

/// `GET /api/v1/workbench`: what the page compiles models with, asked for when somebody tries a text.
pub(super) async fn workbench(
    extract::State(app): extract::State<Arc<App>>,
) -> Result<Json<Workbench>, ApiError> {
    blocking(move || {
        let Some(runs) = &app.runs else {
            let message = "these artifacts are served without their project";
            return Err(ApiError::not_found("no-project", message)
                .hint("start refract serve in the project to try a model's text"));
        };
        project::workbench(runs.queue.open_options())
            .map_err(|error| ApiError::internal("project", error.to_string()))
    })
    .await?
    .map(Json)
}

/// `GET /api/v1/nodes/{id}`
pub(super) async fn node(
    extract::State(app): extract::State<Arc<App>>,
    extract::Path(id): extract::Path<String>,
) -> Result<Json<NodeDetail>, ApiError> {
    detail(app, id).await.map(Json)
}

/// The detail of a node.
pub(super) async fn detail(app: Arc<App>, id: String) -> Result<NodeDetail, ApiError> {
    blocking(move || {
        let artifacts = app.catalog.current()?;
        let detail = app.catalog.detail(&artifacts, &id);
        detail.ok_or_else(|| {
            ApiError::not_found("unknown-node", format!("the catalog has no '{id}'"))
        })
    })
    .await?
}

/// The contract of a model.
pub(super) async fn contract(app: Arc<App>, id: String) -> Result<ContractView, ApiError> {
    let name = id.clone();
    detail(app, id).await?.contract.ok_or_else(|| {
        ApiError::not_found("no-contract", format!("'{name}' has no feature contract"))
    })
}

/// Runs what reads files or SQLite beside the threads that answer requests.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| ApiError::internal("broken", "refract broke on this request"))
}
