//! Runs asked for by the page, one after the other, on a thread of their own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use chrono::Utc;

use super::ServedProject;
use super::api;
use super::error::ApiError;
use super::events::Broadcast;
use super::invoke::{self, Invocation};
use crate::execute::{CancelToken, Event, EventSink, Level};
use crate::project::OpenOptions;
use crate::store::{History, Recorder, RunLock, RunRequest, RunState, Trigger};

/// What waits and what runs.
pub(super) struct Queue {
    sender: Sender<Job>,
    shared: Arc<Shared>,
}

struct Job {
    id: String,
    request: RunRequest,
    cancel: CancelToken,
}

struct Shared {
    project: ServedProject,
    history: Arc<History>,
    events: Arc<Broadcast>,
    cancels: Mutex<BTreeMap<String, CancelToken>>,
    ended: Condvar,
}

/// How long a stopping server waits for its run to write down that it was stopped.
const FAREWELL: Duration = Duration::from_millis(1500);

impl Queue {
    /// Starts the thread that carries out what is submitted.
    pub(super) fn start(
        project: ServedProject,
        history: Arc<History>,
        events: Arc<Broadcast>,
    ) -> Self {
        let (sender, receiver) = mpsc::channel();
        let shared = Arc::new(Shared {
            project,
            history,
            events,
            cancels: Mutex::default(),
            ended: Condvar::new(),
        });
        let worker = Arc::clone(&shared);
        thread::spawn(move || work(&worker, &receiver));
        Self { sender, shared }
    }

    /// The project's folder.
    pub(super) fn root(&self) -> &Path {
        &self.shared.project.root
    }

    /// The project's `asset-paths`.
    pub(super) fn assets(&self) -> &[String] {
        &self.shared.project.assets
    }

    /// How the project is opened.
    pub(super) fn open_options(&self) -> &OpenOptions {
        &self.shared.project.open
    }

    /// Puts a run at the end of the queue and tells its id.
    pub(super) fn submit(&self, request: RunRequest) -> Result<String, ApiError> {
        let id = uuid::Uuid::new_v4().to_string();
        self.shared
            .history
            .create(&id, Trigger::Page, &request, Utc::now())?;
        let cancel = CancelToken::new();
        self.shared.cancels().insert(id.clone(), cancel.clone());
        self.shared.tell_run(&id);
        self.sender
            .send(Job {
                id: id.clone(),
                request,
                cancel,
            })
            .map_err(|_| ApiError::internal("queue", "the server is stopping"))?;
        Ok(id)
    }

    /// Stops a run that waits or runs here; false where there is no such run.
    pub(super) fn cancel(&self, id: &str) -> bool {
        let cancels = self.shared.cancels();
        let Some(cancel) = cancels.get(id) else {
            return false;
        };
        cancel.cancel("stopped from the page");
        true
    }

    /// Stops everything and waits until the history says so.
    pub(super) fn shut_down(&self) {
        let cancels = self.shared.cancels();
        for token in cancels.values() {
            token.cancel("the server stopped");
        }
        let (left, _) = self
            .shared
            .ended
            .wait_timeout_while(cancels, FAREWELL, |left| !left.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        let left: Vec<String> = left.keys().cloned().collect();
        // The process ends with what does not end in time; the warehouse undoes what is not committed.
        for id in left {
            let message = Some("the server stopped before the run had ended");
            self.shared.finish(&id, RunState::Interrupted, message);
        }
    }
}

impl Shared {
    fn cancels(&self) -> MutexGuard<'_, BTreeMap<String, CancelToken>> {
        self.cancels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the listeners where a run stands.
    fn tell_run(&self, id: &str) {
        if let Ok(Some(run)) = self.history.run(id) {
            self.events.send(id, "run", &api::Run::from(run));
        }
    }

    fn finish(&self, id: &str, state: RunState, message: Option<&str>) {
        // A history that cannot be written was told by the recorder; the page still hears of the end.
        let _ = self.history.finish(id, state, message, Utc::now());
        self.tell_run(id);
        self.cancels().remove(id);
        self.ended.notify_all();
    }
}

fn work(shared: &Arc<Shared>, jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        let id = job.id.clone();
        if job.cancel.is_cancelled() {
            shared.finish(&id, RunState::Cancelled, job.cancel.reason().as_deref());
            continue;
        }
        let runner = Arc::clone(shared);
        // A panic in one run must not end the queue.
        let ended = thread::spawn(move || carry_out(&runner, &job)).join();
        let (state, message) = ended.unwrap_or_else(|_| {
            (
                RunState::Error,
                Some("refract broke while running this; please report it with the log".to_owned()),
            )
        });
        shared.finish(&id, state, message.as_deref());
    }
}

fn carry_out(shared: &Arc<Shared>, job: &Job) -> (RunState, Option<String>) {
    let live = Arc::new(Live {
        shared: Arc::clone(shared),
        run: job.id.clone(),
    });
    let sink: Arc<dyn EventSink> =
        Arc::new(Recorder::new(Arc::clone(&shared.history), &job.id, live));
    let invocation = Invocation {
        id: &job.id,
        project: &shared.project,
        request: &job.request,
    };
    let waiting = |holder: &str| {
        sink.emit(Event::Log {
            unique_id: None,
            level: Level::Info,
            message: format!("waiting for {holder}"),
            at: Utc::now(),
        });
    };
    let prepared = match invoke::prepare(&invocation, &sink) {
        Ok(prepared) => prepared,
        Err(error) => return (RunState::Error, Some(error.to_string())),
    };
    let lock = match RunLock::acquire(
        &shared.project.root,
        &format!("{} from the page", job.request.command_line()),
        &prepared.claim(),
        shared.project.options.lock_timeout,
        &job.cancel,
        waiting,
    ) {
        Ok(lock) => lock,
        Err(error) if job.cancel.is_cancelled() => {
            return (RunState::Cancelled, Some(error.to_string()));
        }
        Err(error) => return (RunState::Error, Some(error.to_string())),
    };
    if let Err(error) = shared.history.start(&job.id, Utc::now()) {
        return (RunState::Error, Some(error.to_string()));
    }
    shared.tell_run(&job.id);
    let outcome = prepared.carry_out(&sink, &job.cancel);
    drop(lock);
    match outcome {
        _ if job.cancel.is_cancelled() => (RunState::Cancelled, job.cancel.reason()),
        Ok(true) => (RunState::Success, None),
        Ok(false) => (RunState::Error, None),
        Err(error) => (RunState::Error, Some(error.to_string())),
    }
}

/// Sends a run's events to the pages that listen.
struct Live {
    shared: Arc<Shared>,
    run: String,
}

impl EventSink for Live {
    fn emit(&self, event: Event) {
        let time =
            |at: chrono::DateTime<Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        match event {
            Event::RunStarted { .. } => self.shared.tell_run(&self.run),
            Event::NodeStarted { node, at, .. } => self.node(api::Node {
                run: Some(self.run.clone()),
                unique_id: node.unique_id,
                status: "running".to_owned(),
                message: None,
                started_at: Some(time(at)),
                execution_time: None,
                failures: None,
            }),
            Event::NodeFinished { result, at, .. } => {
                self.node(api::Node {
                    run: Some(self.run.clone()),
                    unique_id: result.unique_id.clone(),
                    status: result.status.as_str().to_owned(),
                    message: result.message.clone(),
                    started_at: None,
                    execution_time: Some(result.execution_time),
                    failures: result.failures,
                });
                if result.status.is_failure() {
                    let message = result.message.as_deref().unwrap_or("failed");
                    self.log("error", Some(result.unique_id.clone()), message, time(at));
                }
                self.shared.tell_run(&self.run);
            }
            Event::NodeCancelled { node, .. } => {
                self.node(api::Node {
                    run: Some(self.run.clone()),
                    unique_id: node.unique_id,
                    status: "cancelled".to_owned(),
                    message: None,
                    started_at: None,
                    execution_time: None,
                    failures: None,
                });
            }
            Event::Batch { .. }
            | Event::Statement { .. }
            | Event::Log {
                level: Level::Debug,
                ..
            }
            | Event::RunFinished { .. } => {}
            Event::Log {
                unique_id,
                level,
                message,
                at,
            } => self.log(level.as_str(), unique_id, &message, time(at)),
            Event::Warning {
                unique_id,
                message,
                at,
                ..
            } => self.log("warn", unique_id, &message, time(at)),
        }
    }
}

impl Live {
    fn node(&self, node: api::Node) {
        self.shared.events.send(&self.run, "node", &node);
    }

    fn log(&self, level: &str, unique_id: Option<String>, line: &str, at: String) {
        let line = api::Log {
            run: Some(self.run.clone()),
            at,
            level: level.to_owned(),
            unique_id,
            line: line.to_owned(),
        };
        self.shared.events.send(&self.run, "log", &line);
    }
}
