//! Stopping a statement on the server.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use postgres_protocol::message::frontend;

use super::login::Door;
use super::session::Key;
use super::settings::SslMode;
use crate::adapter::Interrupt;

/// A request may reach the server before the statement does; after this long it is sent again.
const AGAIN: Duration = Duration::from_millis(250);

/// What whoever cancels must know of a connection.
pub(super) struct Line {
    door: Arc<Door>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    key: Key,
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

    pub(super) fn set_key(&self, key: Key) {
        self.lock().key = key;
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

    /// Sends the request on a way of its own and waits until the server has dealt with it.
    fn send(&self, key: Key) {
        let encrypted = !matches!(
            self.door.settings.ssl_mode,
            SslMode::Disable | SslMode::Allow
        );
        let Ok(mut stream) = self.door.open(encrypted) else {
            return;
        };
        let mut message = BytesMut::new();
        frontend::cancel_request(key.process, key.secret, &mut message);
        if stream.write_all(&message).and_then(|()| stream.flush()).is_ok() {
            // The server closes the way when it has passed the signal on; it never answers.
            let _ = stream.read(&mut [0]);
        }
    }
}

impl Interrupt for Line {
    fn interrupt(&self) {
        let mut state = self.lock();
        if state.busy && state.asked.is_none_or(|asked| asked.elapsed() >= AGAIN) {
            // The lock is held meanwhile: a request that is still on its way when the statement ends
            // would hit the next one.
            self.send(state.key);
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
