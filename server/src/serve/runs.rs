//! Starting, reading and stopping runs.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::api;
use super::error::ApiError;
use super::state::{App, Runs};
use crate::store::RunRequest;

/// What the page may start.
const COMMANDS: [&str; 4] = ["build", "run", "test", "freshness"];
/// How many runs a list holds where nobody says.
const LIST_LENGTH: usize = 50;
/// How many it holds at the most.
const LIST_LIMIT: usize = 1000;

pub(super) fn no_runs() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "read-only",
        "this server shows artifacts and cannot start runs",
    )
    .hint("start it in a project: refract serve")
}

fn runs(app: &App) -> Result<&Runs, ApiError> {
    app.runs.as_ref().ok_or_else(no_runs)
}

/// `GET /api/v1/session`
pub(super) async fn session(State(app): State<Arc<App>>) -> Json<serde_json::Value> {
    Json(serde_json::json!(api::Session {
        token: app.token().expose(),
        can_run: app.runs.is_some(),
        project: app.catalog.project_name(),
        compares: app.state.is_some(),
        tries: app.runs.is_some(),
        version: env!("CARGO_PKG_VERSION"),
    }))
}

#[derive(Debug, Deserialize)]
pub(super) struct Page {
    limit: Option<usize>,
}

/// `GET /api/v1/runs?limit=`: the newest first; empty where there is no history.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<api::Run>>, ApiError> {
    let Some(runs) = &app.runs else {
        return Ok(Json(Vec::new()));
    };
    let limit = page.limit.unwrap_or(LIST_LENGTH).min(LIST_LIMIT);
    let history = Arc::clone(&runs.history);
    let listed = super::catalog::blocking(move || history.runs(limit)).await??;
    Ok(Json(listed.into_iter().map(Into::into).collect()))
}

/// `GET /api/v1/nodes/{id}/runs?limit=`: the runs that a node took part in, the newest first; empty where there is no
/// history.
pub(super) async fn of_node(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<api::PastRun>>, ApiError> {
    let Some(runs) = &app.runs else {
        return Ok(Json(Vec::new()));
    };
    let limit = page.limit.unwrap_or(LIST_LENGTH).min(LIST_LIMIT);
    let history = Arc::clone(&runs.history);
    let listed = super::catalog::blocking(move || history.runs_of(&id, limit)).await??;
    Ok(Json(listed.into_iter().map(Into::into).collect()))
}

/// `POST /api/v1/runs`
pub(super) async fn start(
    State(app): State<Arc<App>>,
    body: Result<Json<api::StartRun>, JsonRejection>,
) -> Result<(StatusCode, Json<api::Started>), ApiError> {
    let runs = runs(&app)?;
    let Json(body) = body.map_err(|error| {
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "body", error.body_text())
    })?;
    if !COMMANDS.contains(&body.command.as_str()) {
        return Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "command",
            format!(
                "unknown command '{}': use {}",
                body.command,
                COMMANDS.join(", ")
            ),
        ));
    }
    let select = match body.selector.as_deref().map(str::trim) {
        None | Some("") => body.select.trim().to_owned(),
        // The selector method takes a name from selectors.yml, so that the history needs no field of its own for it.
        Some(name) if body.select.trim().is_empty() && body.exclude.trim().is_empty() => {
            format!("selector:{name}")
        }
        Some(_) => {
            return Err(ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "selector",
                "selector goes alone, without select and exclude",
            ));
        }
    };
    let request = RunRequest {
        command: body.command,
        select,
        exclude: body.exclude.trim().to_owned(),
        full_refresh: body.full_refresh,
    };
    let id = runs.queue.submit(request)?;
    Ok((StatusCode::ACCEPTED, Json(api::Started { id })))
}

/// `GET /api/v1/runs/{id}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<api::RunDetail>, ApiError> {
    let history = Arc::clone(&runs(&app)?.history);
    let wanted = id.clone();
    let found = super::catalog::blocking(move || {
        let Some(run) = history.run(&wanted)? else {
            return Ok(None);
        };
        Ok::<_, crate::store::StoreError>(Some((
            run,
            history.nodes(&wanted)?,
            history.log_after(&wanted, 0)?,
        )))
    })
    .await??;
    let (run, nodes, log) = found.ok_or_else(|| unknown_run(&id))?;
    Ok(Json(api::RunDetail::new(run, nodes, log)))
}

/// `DELETE /api/v1/runs/{id}`: stops a queued or running run. One that has ended stays as it is.
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let runs = runs(&app)?;
    let run = runs.history.run(&id)?.ok_or_else(|| unknown_run(&id))?;
    if runs.queue.cancel(&id) {
        return Ok(StatusCode::ACCEPTED);
    }
    if run.state.is_final() {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(ApiError::new(
        StatusCode::CONFLICT,
        "not-ours",
        "this run belongs to another process: stop it where it was started",
    ))
}

fn unknown_run(id: &str) -> ApiError {
    ApiError::not_found("unknown-run", format!("there is no run '{id}'"))
}
