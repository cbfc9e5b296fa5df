//! Runs and their history.

use serde::Deserialize;

use super::http::{self, ApiError};
use crate::model::route::encode;
use crate::model::runs::{LiveRun, PastRun, Run};

/// How many runs a node's page lists.
const OF_NODE: usize = 30;

/// The list is sent bare or in an envelope that has room for paging.
#[derive(Deserialize)]
struct Envelope {
    runs: Vec<Run>,
}

/// The last runs, newest first.
pub async fn list(limit: usize) -> Result<Vec<Run>, ApiError> {
    let text = http::text(&format!("/api/v1/runs?limit={limit}")).await?;
    if text.trim_start().starts_with('[') {
        return http::parse(&text);
    }
    http::parse::<Envelope>(&text).map(|envelope| envelope.runs)
}

/// The last runs that a node took part in, newest first.
pub async fn of_node(id: String) -> Result<Vec<PastRun>, ApiError> {
    let path = format!("/api/v1/nodes/{}/runs?limit={OF_NODE}", encode(&id));
    http::parse(&http::text(&path).await?)
}

/// A run with its nodes and log.
pub async fn one(id: String) -> Result<LiveRun, ApiError> {
    let text = http::text(&format!("/api/v1/runs/{}", encode(&id))).await?;
    Ok(LiveRun::new(http::parse(&text)?, http::parse(&text)?))
}
