//! Stopping a run from outside: a signal, the page or fail-fast.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tells a run to stop. Clones share one state; once cancelled it stays so.
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// What is called with the reason.
type Action = Arc<dyn Fn(&str) + Send + Sync>;

#[derive(Default)]
struct State {
    reason: Option<String>,
    actions: BTreeMap<u64, Action>,
    next: u64,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl CancelToken {
    /// A token that nobody has cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops whatever watches this token. The first reason is kept; it is shown to the user.
    pub fn cancel(&self, reason: impl Into<String>) {
        let mut state = self.lock();
        if state.reason.is_some() {
            return;
        }
        let reason = reason.into();
        state.reason = Some(reason.clone());
        let actions: Vec<_> = state.actions.values().cloned().collect();
        drop(state);
        self.shared.changed.notify_all();
        for action in actions {
            action(&reason);
        }
    }

    /// Whether the work should stop.
    pub fn is_cancelled(&self) -> bool {
        self.lock().reason.is_some()
    }

    /// Why it was cancelled.
    pub fn reason(&self) -> Option<String> {
        self.lock().reason.clone()
    }

    /// Waits until cancelled or until `timeout` is over; says whether it is cancelled.
    pub fn wait(&self, timeout: Duration) -> bool {
        let (guard, _) = self
            .shared
            .changed
            .wait_timeout_while(self.lock(), timeout, |state| state.reason.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        guard.reason.is_some()
    }

    /// Calls `action` with the reason when the token is cancelled, at once where it is already. The action is
    /// forgotten when the answer is dropped.
    pub fn on_cancel(&self, action: impl Fn(&str) + Send + Sync + 'static) -> Registration {
        let mut state = self.lock();
        let id = state.next;
        state.next += 1;
        if let Some(reason) = state.reason.clone() {
            drop(state);
            action(&reason);
        } else {
            state.actions.insert(id, Arc::new(action));
        }
        Registration {
            token: self.clone(),
            id,
        }
    }

    /// A poisoned lock still holds a whole state: every change to it is one assignment.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps an action of [`CancelToken::on_cancel`] in place.
#[must_use = "the action is forgotten when this is dropped"]
pub struct Registration {
    token: CancelToken,
    id: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.token.lock().actions.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn actions_run_once_with_the_first_reason() {
        let token = CancelToken::new();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let kept = token.on_cancel(move |reason| {
            assert_eq!(reason, "first");
            counted.fetch_add(1, Ordering::SeqCst);
        });
        drop(token.on_cancel(|_| panic!("forgotten actions must not run")));
        token.cancel("first");
        token.cancel("second");
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        assert_eq!(token.reason().as_deref(), Some("first"));
        assert!(token.wait(Duration::from_mins(1)));
        drop(kept);
    }
}
