//! The catalog's HTTP server: the page, its index, runs and their events. Loopback only.
//!
//! | path | what |
//! |---|---|
//! | `/api/v1/index`, `/api/v1/nodes/{id}` | the catalog index and its details ([`catalog`]) |
//! | `/api/v1/workbench` | what models are compiled with, for trials in the page ([`catalog`]) |
//! | `/api/v1/column-lineage` | which columns each column is made of ([`catalog`]) |
//! | `/api/v1/images/{path}` | images of the asset folders, for descriptions ([`images`]) |
//! | `/api/v1/contracts/{id}` | feature contracts and their ODCS form ([`contracts`]) |
//! | `/api/v1/nodes/{id}/runs` | the runs that a node took part in ([`runs`]) |
//! | `/api/v1/session` | the page's token and what it may do |
//! | `/api/v1/runs` | starting, reading and stopping runs ([`runs`]) |
//! | `/api/v1/events` | what happens, as server-sent events ([`events`]) |
//! | everything else | the embedded web app ([`assets`]) |

pub(crate) mod api;
mod assets;
mod catalog;
mod contracts;
mod error;
mod events;
mod guard;
mod images;
mod invoke;
mod queue;
mod runs;
mod state;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::get;
use chrono::Utc;
use compiler::graph::select::Indirect;
use tower_http::compression::CompressionLayer;

use crate::execute::{CancelToken, RunOptions};
use crate::project::OpenOptions;
use crate::store::{History, StoreError};
use state::{App, Runs};

/// How the catalog is served.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Address to listen on; loopback only.
    pub host: IpAddr,
    /// Port; 0 takes a free one.
    pub port: u16,
    /// Folder of the artifacts that are shown.
    pub artifacts: PathBuf,
    /// Folder of earlier artifacts that the page tells the changes since.
    pub state: Option<PathBuf>,
    /// The project whose runs the page may start; `None` serves the artifacts alone.
    pub project: Option<ServedProject>,
}

/// A project that runs can be started on.
#[derive(Debug, Clone)]
pub struct ServedProject {
    /// Its folder, absolute.
    pub root: PathBuf,
    /// How it is opened for each run.
    pub open: OpenOptions,
    /// How tests come along with what a run selects.
    pub indirect: Indirect,
    /// Folder with the artifacts that `state:` selectors compare with.
    pub state: Option<PathBuf>,
    /// Its `asset-paths`, whose images descriptions may show.
    pub assets: Vec<String>,
    /// How nodes are run; each run adds its own command and selection.
    pub options: RunOptions,
}

/// Why the server could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Only this machine may connect.
    #[error(
        "refract serves on loopback addresses only, not on {0}: use 127.0.0.1, and a reverse proxy with a log-in to share it"
    )]
    NotLoopback(IpAddr),
    /// The port is taken or not allowed.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// The system's words.
        reason: std::io::Error,
    },
    /// The history cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server broke.
    #[error("the server stopped: {0}")]
    Io(#[from] std::io::Error),
}

/// Serves until `cancel` is cancelled. `ready` is called once with the address when requests are answered.
pub fn serve(
    options: ServeOptions,
    cancel: CancelToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    if !options.host.is_loopback() {
        return Err(ServeError::NotLoopback(options.host));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let result = runtime.block_on(listen(options, cancel, ready));
    // Open event streams must not keep the process alive.
    runtime.shutdown_background();
    result
}

async fn listen(
    options: ServeOptions,
    cancel: CancelToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let address = SocketAddr::new(options.host, options.port);
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|reason| ServeError::Listen { address, reason })?;
    let address = listener.local_addr()?;
    let runs = match options.project {
        Some(project) => Some(start_runs(project)?),
        None => None,
    };
    let app = Arc::new(App::new(options.artifacts, options.state, address, runs));
    ready(address);
    let stop = Arc::clone(&app);
    let stopped =
        async move {
            // The token belongs to synchronous code: a thread waits for it, requests do not.
            let _ = tokio::task::spawn_blocking(move || {
                while !cancel.wait(std::time::Duration::from_hours(1)) {}
            })
            .await;
            stop.shut_down();
        };
    tokio::select! {
        served = axum::serve(listener, router(app)) => served?,
        () = stopped => {}
    }
    Ok(())
}

fn start_runs(project: ServedProject) -> Result<Runs, StoreError> {
    let history = Arc::new(History::open(&project.root)?);
    history.interrupt_left_over(Utc::now())?;
    Ok(Runs::start(project, history))
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/api/v1/index", get(catalog::index))
        .route("/api/v1/search-texts", get(catalog::search_texts))
        .route("/api/v1/column-lineage", get(catalog::column_lineage))
        .route("/api/v1/changes", get(catalog::changes))
        .route("/api/v1/workbench", get(catalog::workbench))
        .route("/api/v1/nodes/{id}", get(catalog::node))
        .route("/api/v1/nodes/{id}/runs", get(runs::of_node))
        .route("/api/v1/images/{*path}", get(images::image))
        .route("/api/v1/contracts/{id}", get(contracts::contract))
        .route("/api/v1/contracts/{id}/odcs.yaml", get(contracts::odcs))
        .route("/api/v1/session", get(runs::session))
        .route("/api/v1/runs", get(runs::list).post(runs::start))
        .route("/api/v1/runs/{id}", get(runs::show).delete(runs::cancel))
        .route("/api/v1/events", get(events::stream))
        .route("/api/{*rest}", get(error::unknown_path))
        .fallback(get(assets::asset))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            guard::guard,
        ))
        .layer(CompressionLayer::new().gzip(true))
        .with_state(app)
}
