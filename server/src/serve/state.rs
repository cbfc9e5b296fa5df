//! What the handlers share.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use compiler::secret::Secret;

use super::ServedProject;
use super::events::Broadcast;
use super::queue::Queue;
use crate::catalog::CatalogReader;
use crate::store::History;

/// The server's state.
pub(super) struct App {
    pub(super) catalog: CatalogReader,
    pub(super) runs: Option<Runs>,
    /// Folder of earlier artifacts to compare with.
    pub(super) state: Option<PathBuf>,
    token: Secret,
    port: u16,
}

/// What only a server with a project has.
pub(super) struct Runs {
    pub(super) history: Arc<History>,
    pub(super) events: Arc<Broadcast>,
    pub(super) queue: Queue,
}

impl Runs {
    /// Starts the thread that carries out what is queued.
    pub(super) fn start(project: ServedProject, history: Arc<History>) -> Self {
        let events = Arc::new(Broadcast::default());
        let queue = Queue::start(project, Arc::clone(&history), Arc::clone(&events));
        Self {
            history,
            events,
            queue,
        }
    }
}

impl App {
    pub(super) fn new(
        artifacts: PathBuf,
        state: Option<PathBuf>,
        address: SocketAddr,
        runs: Option<Runs>,
    ) -> Self {
        let root = runs.as_ref().map(|runs| runs.queue.root().to_owned());
        let history = runs.as_ref().map(|runs| Arc::clone(&runs.history));
        Self {
            catalog: CatalogReader::new(artifacts, root, history),
            runs,
            state,
            token: Secret::new(uuid::Uuid::new_v4().simple().to_string()),
            port: address.port(),
        }
    }

    /// The token that changes must carry; new at every start.
    pub(super) fn token(&self) -> &Secret {
        &self.token
    }

    /// Whether a `Host` names this server.
    pub(super) fn is_own_host(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        port == Some(self.port) && matches!(name, "127.0.0.1" | "localhost" | "[::1]")
    }

    /// Stops the run that is going on, so that its warehouse is left in order.
    pub(super) fn shut_down(&self) {
        if let Some(runs) = &self.runs {
            runs.queue.shut_down();
        }
    }
}
