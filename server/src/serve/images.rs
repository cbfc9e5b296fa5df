//! Images that descriptions show.

use std::sync::Arc;

use axum::extract;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use compiler::index::images::kind;

use super::catalog::blocking;
use super::error::ApiError;
use super::state::App;
use crate::catalog::images::{self, ImageError};

/// An image may be a document: opened by itself it runs no script, asks for nothing and has no origin.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

/// `GET /api/v1/images/{path}`: an image of the asset folders that some description shows.
pub(super) async fn image(
    extract::State(app): extract::State<Arc<App>>,
    extract::Path(path): extract::Path<String>,
) -> Result<Response, ApiError> {
    let kind = kind(&path).unwrap_or("application/octet-stream");
    let bytes = blocking(move || {
        let artifacts = app.catalog.current()?;
        if !artifacts.images.contains(&path) {
            return Err(ImageError::Missing(path).into());
        }
        let folders = app.runs.as_ref().map(|runs| runs.queue.assets());
        let image = images::read(app.catalog.folder(), folders, &path);
        image.map_err(ApiError::from)
    })
    .await??;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    Ok((headers, bytes).into_response())
}

impl From<ImageError> for ApiError {
    fn from(error: ImageError) -> Self {
        let message = error.to_string();
        match error {
            ImageError::Missing(_) => Self::not_found("no-image", message)
                .hint("refract docs generate copies the folders of asset-paths"),
            ImageError::Large { .. } => Self::not_found("large-image", message),
            ImageError::Unreadable { .. } => Self::internal("image", message),
        }
    }
}
