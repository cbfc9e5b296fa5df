//! Everything that changes something: runs, the clipboard.

pub mod save;

use leptos::prelude::*;
use serde::Deserialize;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::model::route;
use crate::model::runs::{Run, RunRequest};
use crate::queries::http::{self, ApiError};
use crate::state::App;

#[derive(Deserialize)]
struct Started {
    id: String,
}

fn token(app: App) -> String {
    app.session.with_untracked(|session| {
        session
            .as_ready()
            .map(|session| session.token.clone())
            .unwrap_or_default()
    })
}

/// Asks for a run; its id.
async fn start(app: App, request: &RunRequest) -> Result<String, ApiError> {
    let body = serde_json::to_string(request).unwrap_or_default();
    let answer = http::send("POST", "/api/v1/runs", &token(app), Some(&body)).await?;
    http::parse::<Started>(&answer).map(|started| started.id)
}

/// Starts a run; `done` gets its id or what went wrong.
pub fn start_run(app: App, request: RunRequest, done: impl Fn(Result<String, ApiError>) + 'static) {
    spawn_local(async move { done(start(app, &request).await) });
}

/// Asks a run to stop.
pub fn cancel_run(app: App, run: &Run) {
    let path = format!("/api/v1/runs/{}", route::encode(&run.id));
    spawn_local(async move {
        match http::send("DELETE", &path, &token(app), None).await {
            Ok(_) => app.say("Stopping the run…"),
            Err(error) => app.say(format!("The run could not be stopped: {}", error.message)),
        }
    });
}

/// Copies text and says so.
pub fn copy(app: App, text: String, what: &'static str) {
    spawn_local(async move {
        let Some(window) = web_sys::window() else {
            return;
        };
        let copied = JsFuture::from(window.navigator().clipboard().write_text(&text)).await;
        app.say(if copied.is_ok() {
            format!("{what} copied")
        } else {
            format!("{what} could not be copied")
        });
    });
}

/// Copies the address of this view.
pub fn copy_link(app: App) {
    let address = web_sys::window()
        .and_then(|window| window.location().href().ok())
        .unwrap_or_default();
    copy(app, address, "Link");
}
