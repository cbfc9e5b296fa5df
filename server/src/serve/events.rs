//! What happens, as server-sent events. A page that lost the connection takes up where it was.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_stream::Stream;

use super::error::ApiError;
use super::state::App;

/// How many events are kept for pages that come back; one that was away for longer is told to read anew.
const KEPT: usize = 4096;

/// One event as it is sent.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    id: u64,
    run: String,
    name: &'static str,
    data: String,
}

/// Hands events to everybody who listens.
pub(super) struct Broadcast {
    kept: Mutex<Kept>,
    sender: broadcast::Sender<Sent>,
}

#[derive(Default)]
struct Kept {
    last: u64,
    events: VecDeque<Sent>,
}

impl Default for Broadcast {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            sender: broadcast::channel(KEPT).0,
        }
    }
}

impl Broadcast {
    /// Sends an event about a run: `run`, `node` or `log`.
    pub(super) fn send(&self, run: &str, name: &'static str, data: &impl Serialize) {
        let Ok(data) = serde_json::to_string(data) else {
            return;
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last += 1;
        let event = Sent {
            id: kept.last,
            run: run.to_owned(),
            name,
            data,
        };
        if kept.events.len() == KEPT {
            kept.events.pop_front();
        }
        kept.events.push_back(event.clone());
        // Nobody listening is fine.
        let _ = self.sender.send(event);
    }

    /// What was sent after `last`, and all that follows. `None` for `last` starts with what comes.
    fn listen(&self, last: Option<u64>) -> (Vec<Sent>, bool, broadcast::Receiver<Sent>) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.sender.subscribe();
        let Some(last) = last else {
            return (Vec::new(), false, receiver);
        };
        let first = kept.events.front().map_or(kept.last + 1, |event| event.id);
        let lost = last + 1 < first || last > kept.last;
        let missed = kept
            .events
            .iter()
            .filter(|event| !lost && event.id > last)
            .cloned()
            .collect();
        (missed, lost, receiver)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Filter {
    run: Option<String>,
}

/// `GET /api/v1/events?run=ID`: events `run`, `node`, `log`, and `reset` for a page that must read everything anew.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    Query(filter): Query<Filter>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    let runs = app.runs.as_ref().ok_or_else(super::runs::no_runs)?;
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .and_then(|id| id.parse().ok());
    let (missed, lost, receiver) = runs.events.listen(last);
    Ok(Sse::new(events(missed, lost, receiver, filter.run)).keep_alive(KeepAlive::default()))
}

fn events(
    missed: Vec<Sent>,
    lost: bool,
    receiver: broadcast::Receiver<Sent>,
    run: Option<String>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let (sender, events) = tokio::sync::mpsc::channel(64);
    tokio::spawn(forward(missed, lost, receiver, run, sender));
    tokio_stream::wrappers::ReceiverStream::new(events)
}

/// Feeds one listener until it goes away.
async fn forward(
    missed: Vec<Sent>,
    lost: bool,
    mut receiver: broadcast::Receiver<Sent>,
    run: Option<String>,
    listener: tokio::sync::mpsc::Sender<Result<Event, Infallible>>,
) {
    let reset = || Ok(Event::default().event("reset").data("{}"));
    if lost && listener.send(reset()).await.is_err() {
        return;
    }
    let wanted = |event: &Sent| run.as_ref().is_none_or(|run| *run == event.run);
    for event in missed.into_iter().filter(wanted) {
        if listener.send(Ok(event.into_sse())).await.is_err() {
            return;
        }
    }
    loop {
        let next = tokio::select! {
            next = receiver.recv() => next,
            () = listener.closed() => return,
        };
        let item = match next {
            Ok(event) if wanted(&event) => Ok(event.into_sse()),
            Ok(_) => continue,
            Err(RecvError::Lagged(_)) => reset(),
            Err(RecvError::Closed) => return,
        };
        if listener.send(item).await.is_err() {
            return;
        }
    }
}

impl Sent {
    fn into_sse(self) -> Event {
        Event::default()
            .id(self.id.to_string())
            .event(self.name)
            .data(self.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(events: &[Sent]) -> Vec<u64> {
        events.iter().map(|event| event.id).collect()
    }

    #[test]
    fn a_page_that_comes_back_gets_what_it_missed_or_is_told_to_read_anew() {
        let broadcast = Broadcast::default();
        for number in 0..5 {
            broadcast.send("run", "log", &number);
        }
        let (missed, lost, _) = broadcast.listen(Some(3));
        assert_eq!((ids(&missed), lost), (vec![4, 5], false));
        let (missed, lost, _) = broadcast.listen(None);
        assert_eq!((ids(&missed), lost), (vec![], false));
        // An id from before a restart of the server.
        let (missed, lost, _) = broadcast.listen(Some(99));
        assert_eq!((ids(&missed), lost), (vec![], true));
        for number in 0..KEPT {
            broadcast.send("run", "log", &number);
        }
        let (missed, lost, _) = broadcast.listen(Some(3));
        assert_eq!((ids(&missed), lost), (vec![], true));
    }
}
