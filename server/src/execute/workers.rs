//! The workers of a run: each takes the next step that may start and runs it on a connection of its own.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use chrono::Utc;
use compiler::artifacts::manifest::Node;
use compiler::artifacts::results::{RunResult, Status};
use indexmap::IndexMap;

use super::cancel::CancelToken;
use super::context::{Context, Line};
use super::event::Event;
use super::journal::Journal;
use super::node;
use super::options::Command;
use super::outcome::RunError;
use super::plan::{Plan, Subject};
use super::schedule::{Next, Schedule, Skip};
use super::watch::Watch;

/// Why what is left is skipped when one failure is enough.
const FAIL_FAST: &str = "Skipping due to fail_fast";

/// What the steps of a run left behind.
#[derive(Default)]
pub(super) struct Work {
    /// Results in the order in which steps ended.
    pub(super) results: Vec<RunResult>,
    /// Nodes with their compiled SQL.
    pub(super) compiled: Vec<Arc<Node>>,
}

struct Shared<'a> {
    context: &'a Context,
    plan: &'a Plan,
    journal: Option<&'a Journal>,
    /// Steps that must not start, with the reason.
    refused: &'a IndexMap<usize, String>,
    /// Stops this run alone: set by the caller's token, by fail-fast, by a journal that cannot be written.
    stop: CancelToken,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    schedule: Schedule,
    work: Work,
    broken: Option<RunError>,
}

/// Runs all steps of the plan. `cancel` stops them; what had not ended then is written down as such.
pub(super) fn run(
    context: &Context,
    plan: &Plan,
    journal: Option<&Journal>,
    refused: &IndexMap<usize, String>,
    cancel: &CancelToken,
    threads: usize,
) -> Result<Work, RunError> {
    let stop = CancelToken::new();
    let forwarded = stop.clone();
    let _registration = cancel.on_cancel(move |reason| forwarded.cancel(reason));
    let count = threads.clamp(1, plan.steps.len().max(1));
    let lines = (0..count)
        .map(|_| context.connect(&stop))
        .collect::<Result<Vec<Line>, RunError>>()?;
    let _watch = Watch::new(
        &stop,
        lines
            .iter()
            .map(|line| Arc::clone(&line.interrupt))
            .collect(),
    );
    let shared = Shared {
        context,
        plan,
        journal,
        refused,
        stop,
        state: Mutex::new(State {
            schedule: Schedule::new(plan),
            work: Work::default(),
            broken: None,
        }),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        for (index, line) in lines.iter().enumerate() {
            let shared = &shared;
            let name = format!("Thread-{} (worker)", index + 1);
            let work = {
                let name = name.clone();
                move || shared.work(line, &name)
            };
            let started = std::thread::Builder::new()
                .name(name)
                .spawn_scoped(scope, work);
            if let Err(error) = started {
                shared.stop.cancel(error.to_string());
                let error = RunError::Request(format!("cannot start a thread: {error}"));
                shared.lock().broken.get_or_insert(error);
                break;
            }
        }
    });
    let state = shared
        .state
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    match state.broken {
        Some(error) => Err(error),
        None => Ok(state.work),
    }
}

/// Writes all steps down as skipped: a hook of `on-run-start` failed, and nothing else is tried.
pub(super) fn skip_all(
    context: &Context,
    plan: &Plan,
    journal: &Journal,
) -> Result<Work, RunError> {
    let mut work = Work::default();
    let total = plan.counted();
    for step in plan
        .steps
        .iter()
        .filter(|step| !step.subject.is_ephemeral())
    {
        let result = node::skipped(&step.subject, None);
        journal.result(&result)?;
        work.results.push(result.clone());
        context.events.emit(Event::NodeFinished {
            node: step.subject.info(),
            index: work.results.len(),
            total,
            result: Box::new(result),
            at: Utc::now(),
        });
    }
    Ok(work)
}

impl Shared<'_> {
    fn work(&self, line: &Line, thread: &str) {
        loop {
            let (step, number, skip) = match self.next() {
                Next::Run { step, number } => (step, number, None),
                Next::Skip { step, number, why } => (step, number, Some(why)),
                Next::Wait | Next::Done => break,
            };
            let blocks = match skip {
                Some(why) => Some(self.skip(step, number, why, thread)),
                None => self.run(line, step, number, thread),
            };
            self.lock().schedule.finish(self.plan, step, blocks);
            self.changed.notify_all();
        }
    }

    /// The next step; waits while none can start.
    fn next(&self) -> Next {
        let mut state = self.lock();
        loop {
            if let Some(reason) = self.stop.reason() {
                state.schedule.stop(&reason);
            }
            match state.schedule.next(self.plan) {
                Next::Wait => {
                    state = self
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                next => return next,
            }
        }
    }

    fn skip(&self, step: usize, number: usize, why: Skip, thread: &str) -> Skip {
        let subject = &self.plan.steps[step].subject;
        let message = match &why {
            Skip::Upstream => None,
            Skip::Ephemeral { model, error } => Some(format!(
                "Compilation Error in {}, caused by compilation error in referenced ephemeral model {model}\n{error}",
                subject.unique_id()
            )),
            Skip::Stopped(reason) => Some(reason.clone()),
        };
        // What a stopped run did not come to has no result, as with dbt; fail-fast tells what it skipped.
        let stopped = matches!(&why, Skip::Stopped(reason) if reason != FAIL_FAST);
        if !subject.is_ephemeral() && !stopped {
            self.record(node::skipped(subject, message), subject, number, thread);
        }
        match why {
            // The model that reads it is the one to say so.
            Skip::Ephemeral { .. } if subject.is_ephemeral() => why,
            Skip::Stopped(_) => why,
            _ => Skip::Upstream,
        }
    }

    fn run(&self, line: &Line, step: usize, number: usize, thread: &str) -> Option<Skip> {
        let subject = &self.plan.steps[step].subject;
        let info = subject.info();
        let total = self.plan.counted();
        if !subject.is_ephemeral() && !matches!(subject, Subject::Idle(_)) {
            self.context.events.emit(Event::NodeStarted {
                node: info,
                index: number,
                total,
                at: Utc::now(),
            });
        }
        let ended = match self.refused.get(&step) {
            Some(reason) => {
                let mut result = node::skipped(subject, Some(reason.clone()));
                result.status = Status::Error;
                node::Ended {
                    result,
                    compiled: None,
                    cancelled: false,
                }
            }
            None => node::run(self.context, line, subject),
        };
        let subject = match &ended.compiled {
            Some(node) => Subject::Node(Arc::clone(node)),
            None => subject.clone(),
        };
        self.lock().work.compiled.extend(ended.compiled);
        let mut result = ended.result;
        // What failed because the run is stopping did not fail by itself.
        if ended.cancelled
            && result.status == Status::Error
            && let Some(reason) = self.stop.reason()
        {
            if reason != FAIL_FAST {
                return Some(self.cancelled(&subject, reason));
            }
            result.status = Status::Skipped;
            result.message = Some(reason);
        }
        let status = result.status;
        let message = result.message.clone().unwrap_or_default();
        // What an ephemeral model's error is stands in the results of those that read it, as with dbt. Where nobody
        // does, the model has a result of its own: an error is never left out.
        let readers = !self.plan.steps[step].children.is_empty();
        if !subject.is_ephemeral() || (status.is_failure() && !readers) {
            self.record(result, &subject, number, thread);
        }
        if self.context.options.fail_fast && status.is_failure() {
            self.stop.cancel(FAIL_FAST);
        }
        self.blocks(&subject, status, &message)
    }

    /// A step that was at work when the run was stopped has no result.
    fn cancelled(&self, subject: &Subject, reason: String) -> Skip {
        if !subject.is_ephemeral() {
            self.context.events.emit(Event::NodeCancelled {
                node: subject.info(),
                at: Utc::now(),
            });
        }
        Skip::Stopped(reason)
    }

    /// Whether what comes after a step with this status is skipped.
    fn blocks(&self, subject: &Subject, status: Status, message: &str) -> Option<Skip> {
        if let Subject::Node(node) = subject
            && node.config.text("on_error") == Some("continue")
        {
            return None;
        }
        let blocking = match status {
            Status::Error | Status::PartialSuccess | Status::Skipped | Status::RuntimeError => true,
            Status::Fail => self.context.command == Command::Build,
            Status::Success | Status::Pass | Status::Warn | Status::NoOp => false,
        };
        blocking.then(|| {
            if subject.is_ephemeral() {
                Skip::Ephemeral {
                    model: subject.unique_id().to_owned(),
                    error: self.context.redact(message),
                }
            } else {
                Skip::Upstream
            }
        })
    }

    /// Writes a result to the journal, then tells it. A journal that cannot be written ends the run.
    fn record(&self, mut result: RunResult, subject: &Subject, number: usize, thread: &str) {
        thread.clone_into(&mut result.thread_id);
        let result = self.context.redacted(result);
        if let Some(Err(error)) = self.journal.map(|journal| journal.result(&result)) {
            self.stop.cancel(error.to_string());
            self.lock().broken.get_or_insert(error);
        }
        self.lock().work.results.push(result.clone());
        self.context.events.emit(Event::NodeFinished {
            node: subject.info(),
            index: number,
            total: self.plan.counted(),
            result: Box::new(result),
            at: Utc::now(),
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
