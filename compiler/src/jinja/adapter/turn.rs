//! Taking turns, for what must not happen side by side though the graph allows it.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Lets one in at a time.
#[derive(Debug, Default)]
pub(crate) struct Turnstile {
    busy: Mutex<bool>,
    free: Condvar,
}

impl Turnstile {
    /// Waits until nobody is inside. The way is free again when the turn is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> Turn {
        let busy = self
            .free
            .wait_while(self.lock(), |busy| *busy)
            .unwrap_or_else(PoisonError::into_inner);
        let mut busy = busy;
        *busy = true;
        Turn(Arc::clone(self))
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Being inside.
pub(crate) struct Turn(Arc<Turnstile>);

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turn")
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self.0.lock() = false;
        self.0.free.notify_one();
    }
}
