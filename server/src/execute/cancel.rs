//! Stopping a run from outside: a signal, the page or fail-fast.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tells a run to stop. Clones share one state; once cancelled it stays so.
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    reason: Mutex<Option<String>>,
    changed: Condvar,
}

impl CancelToken {
    /// A token that nobody has cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops whatever watches this token. The first reason is kept; it is shown to the user.
    pub fn cancel(&self, reason: impl Into<String>) {
        self.lock().get_or_insert_with(|| reason.into());
        self.state.changed.notify_all();
    }

    /// Whether the work should stop.
    pub fn is_cancelled(&self) -> bool {
        self.lock().is_some()
    }

    /// Why it was cancelled.
    pub fn reason(&self) -> Option<String> {
        self.lock().clone()
    }

    /// Waits until cancelled or until `timeout` is over; says whether it is cancelled.
    pub fn wait(&self, timeout: Duration) -> bool {
        let (guard, _) = self
            .state
            .changed
            .wait_timeout_while(self.lock(), timeout, |reason| reason.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        guard.is_some()
    }

    /// A poisoned lock still holds a whole value: writes to it are single assignments.
    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.state
            .reason
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
