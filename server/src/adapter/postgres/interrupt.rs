//! Stopping a statement on the server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_postgres::{CancelToken, Client, NoTls};

use super::login::{Door, runtime};
use crate::adapter::Interrupt;

/// A request may reach the server before the statement does; after this long it is sent again.
const AGAIN: Duration = Duration::from_millis(250);

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// What whoever cancels must know of a connection.
pub(super) struct Line {
    door: Arc<Door>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How to reach the session that is connected now.
    token: Option<CancelToken>,
    /// Whether a statement runs.
    busy: bool,
    /// When the server was asked to stop it.
    asked: Option<Instant>,
}

impl Line {
    pub(super) fn new(door: Arc<Door>) -> Self {
        Self {
            door,
            state: Mutex::default(),
        }
    }

    pub(super) fn attach(&self, session: &Client) {
        self.lock().token = Some(session.cancel_token());
    }

    /// Marks the beginning of a statement.
    pub(super) fn busy(&self) -> Busy<'_> {
        let mut state = self.lock();
        state.busy = true;
        state.asked = None;
        Busy { line: self }
    }

    /// Every change to the state is one assignment, so that a poisoned lock holds a whole one.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the request, on a connection of its own, and waits until the server has dealt with it.
    fn send(&self, token: &CancelToken) {
        let Ok(runtime) = runtime() else { return };
        runtime.block_on(async {
            let request = async {
                // The token knows whether its session is encrypted, which the request is then as well.
                match self.door.tls.clone() {
                    Some(tls) => token.cancel_query(tls).await,
                    None => token.cancel_query(NoTls).await,
                }
            };
            // The server never answers. A request that got lost is sent again.
            drop(tokio::time::timeout(PATIENCE, request).await);
        });
    }
}

impl Interrupt for Line {
    fn interrupt(&self) {
        let mut state = self.lock();
        if !state.busy || state.asked.is_some_and(|asked| asked.elapsed() < AGAIN) {
            return;
        }
        // The lock is held meanwhile: a request still on its way when the statement ends would hit the next one.
        if let Some(token) = &state.token {
            self.send(token);
            state.asked = Some(Instant::now());
        }
    }
}

/// A statement that runs.
pub(super) struct Busy<'a> {
    line: &'a Line,
}

impl Busy<'_> {
    /// Marks the end of the statement; says whether it was asked to stop.
    pub(super) fn end(self) -> bool {
        let mut state = self.line.lock();
        state.busy = false;
        state.asked.is_some()
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.line.lock().busy = false;
    }
}
