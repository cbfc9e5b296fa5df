//! Carries a cancellation to the warehouse.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::cancel::{CancelToken, Registration};
use crate::adapter::Interrupt;

/// How often a stopping run interrupts its connections. An interrupt hits a statement only while it runs, so one that
/// comes between two statements would be lost.
const REPEAT: Duration = Duration::from_millis(20);

/// Interrupts connections from the moment a token is cancelled until this is dropped.
pub(super) struct Watch {
    over: CancelToken,
    wake: CancelToken,
    thread: Option<JoinHandle<()>>,
    _registration: Registration,
}

impl Watch {
    pub(super) fn new(token: &CancelToken, connections: Vec<Arc<dyn Interrupt>>) -> Self {
        let (over, wake) = (CancelToken::new(), CancelToken::new());
        let woken = wake.clone();
        let registration = token.on_cancel(move |reason| woken.cancel(reason));
        let (done, waiting) = (over.clone(), wake.clone());
        let thread = std::thread::spawn(move || {
            while !waiting.wait(Duration::from_hours(1)) {}
            while !done.is_cancelled() {
                for connection in &connections {
                    connection.interrupt();
                }
                done.wait(REPEAT);
            }
        });
        Self {
            over,
            wake,
            thread: Some(thread),
            _registration: registration,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.cancel("over");
        self.wake.cancel("over");
        if let Some(thread) = self.thread.take() {
            // The thread does nothing that can panic but call the driver; if that did, the run is over anyway.
            let _ = thread.join();
        }
    }
}
