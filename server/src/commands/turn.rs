//! A run's turn on the project, and its place in the history that the catalog shows.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use compiler::diag::Diagnostic;

use super::Exit;
use super::context::Context;
use super::failure::Failure;
use crate::cli::selection::SelectionArgs;
use crate::console::progress::Progress;
use crate::execute::journal::leave as leave_results;
use crate::execute::{CancelToken, EventSink, Registration, RunOptions, Runner};
use crate::project::Project;
use crate::store::{
    Claim, History, Recorder, RunLock, RunLockError, RunRequest, RunState, Trigger,
};

/// The right to run, held until dropped. A run that is dropped without a result counts as failed.
pub struct Turn<'a> {
    context: &'a Context,
    project: Arc<Project>,
    history: Option<Arc<History>>,
    state: RunState,
    message: Option<String>,
    _lock: Option<RunLock>,
    farewell: Farewell,
}

impl<'a> Turn<'a> {
    /// Waits until nobody else is at what the run claims, for no longer than `timeout`. `selection` writes the run into
    /// the history; without it nothing is kept.
    pub fn take(
        context: &'a Context,
        project: &Arc<Project>,
        selection: Option<&SelectionArgs>,
        claim: &Claim,
        timeout: Option<Duration>,
    ) -> Result<Self, Failure> {
        let request = selection.map(|selection| request(context, selection));
        let history = request
            .as_ref()
            .and_then(|request| record(context, project, request));
        let what = request.map_or_else(
            || format!("refract {}", context.which),
            |request| request.command_line(),
        );
        let lock = acquire(context, &project.root, &what, claim, timeout);
        let lock = lock.map_err(|error| {
            if let Some(history) = &history {
                let state = match error {
                    RunLockError::Cancelled { .. } => RunState::Cancelled,
                    _ => RunState::Error,
                };
                let reason = error.to_string();
                // The run itself says why; a history that cannot be written was told when it was opened.
                let _ = history.finish(&context.invocation_id, state, Some(&reason), Utc::now());
            }
            no_turn(&error)
        })?;
        if let Some(history) = &history {
            let _ = history.start(&context.invocation_id, Utc::now());
        }
        Ok(Self::new(context, project, history, Some(lock)))
    }

    /// Waits until the runs that go on have ended, so that the last of them is known.
    pub fn settled(context: &Context, timeout: Option<Duration>) -> Result<(), Failure> {
        let project = &context.settings.project_dir;
        if project.join("dbt_project.yml").is_file() {
            let what = format!("refract {}", context.which);
            acquire(context, project, &what, &Claim::reading_all(), timeout)
                .map_err(|error| no_turn(&error))?;
        }
        Ok(())
    }

    /// For a command that only reads the warehouse and writes no file. A server is read beside a run; the file of an
    /// embedded warehouse belongs to one process at a time, so that there the turn is waited for.
    pub fn to_read(
        context: &'a Context,
        project: &Arc<Project>,
        timeout: Option<Duration>,
    ) -> Result<Self, Failure> {
        if crate::adapter::is_exclusive(&project.target) {
            return Self::take(context, project, None, &Claim::everything(), timeout);
        }
        Ok(Self::new(context, project, None, None))
    }

    fn new(
        context: &'a Context,
        project: &Arc<Project>,
        history: Option<Arc<History>>,
        lock: Option<RunLock>,
    ) -> Self {
        Self {
            context,
            project: Arc::clone(project),
            farewell: Farewell::new(context, project, history.clone()),
            history,
            state: RunState::Error,
            message: None,
            _lock: lock,
        }
    }

    /// A runner whose events go to the console and into the history.
    pub fn runner(&self, options: RunOptions) -> Runner {
        let context = self.context;
        let console = context.console.clone();
        let shown: Arc<dyn EventSink> =
            Arc::new(Progress::new(console, Arc::clone(&self.project.manifest)));
        let events = match &self.history {
            Some(history) => Arc::new(Recorder::new(
                Arc::clone(history),
                &context.invocation_id,
                shown,
            )),
            None => shown,
        };
        Runner::new(
            Arc::clone(&self.project),
            options,
            events,
            context.cancel.clone(),
        )
    }

    /// Takes the engine's answer: the live view goes away, an error goes into the history.
    pub fn unwrap<T>(&mut self, answer: Result<T, crate::execute::RunError>) -> Result<T, Failure> {
        self.farewell.is_over();
        self.context.console.close_live();
        answer.map_err(|error| {
            self.message = Some(error.to_string());
            error.into()
        })
    }

    /// The run ended.
    pub fn end(mut self, exit: Exit) -> Exit {
        self.state = match exit {
            Exit::Fine => RunState::Success,
            Exit::NodeFailed => RunState::Error,
            Exit::Stopped => RunState::Cancelled,
        };
        exit
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(history) = &self.history {
            let state = if self.context.was_interrupted() {
                RunState::Cancelled
            } else {
                self.state
            };
            let message = self.message.take().or_else(|| self.context.cancel.reason());
            // Nothing is left that could be told of a history that cannot be written.
            let _ = history.finish(
                &self.context.invocation_id,
                state,
                message.as_deref(),
                Utc::now(),
            );
        }
    }
}

fn acquire(
    context: &Context,
    project: &Path,
    what: &str,
    claim: &Claim,
    timeout: Option<Duration>,
) -> Result<RunLock, RunLockError> {
    let told = |holder: &str| context.console.info(waiting_for(holder, timeout));
    RunLock::acquire(project, what, claim, timeout, &context.cancel, told)
}

/// How long a stopped run may take to end. A warehouse that does not answer must not keep the process, whose own end may
/// take half a second on a busy machine: it gives back what DuckDB had in memory.
const FAREWELL: Duration = Duration::from_millis(1200);

/// Ends the process when the run is stopped and does not end by itself.
struct Farewell {
    over: CancelToken,
    _registration: Registration,
}

impl Farewell {
    fn new(context: &Context, project: &Arc<Project>, history: Option<Arc<History>>) -> Self {
        let over = CancelToken::new();
        let (then, project, done) = (context.clone(), Arc::clone(project), over.clone());
        let registration = context.cancel.on_cancel(move |reason| {
            let (context, project, done) = (then.clone(), Arc::clone(&project), done.clone());
            let (history, reason) = (history.clone(), reason.to_owned());
            std::thread::spawn(move || {
                if !done.wait(FAREWELL) {
                    leave(&context, &project, history.as_deref(), &reason);
                }
            });
        });
        Self {
            over,
            _registration: registration,
        }
    }

    fn is_over(&self) {
        self.over.cancel("over");
    }
}

impl Drop for Farewell {
    fn drop(&mut self) {
        self.is_over();
    }
}

/// Writes down what ended, and ends the process.
fn leave(context: &Context, project: &Project, history: Option<&History>, reason: &str) {
    if let Some(history) = history {
        // Nothing is left that could be told of a history that cannot be written.
        let id = &context.invocation_id;
        let _ = history.finish(id, RunState::Cancelled, Some(reason), Utc::now());
    }
    let written = if context.settings.write_json {
        leave_results(project)
    } else {
        Ok(())
    };
    context.console.close_live();
    context.console.info(format!("Stopped: {reason}"));
    let message = format!(
        "What ran did not stop within {} s and was left; a server may still be at it",
        FAREWELL.as_secs_f64()
    );
    context.console.warn("RunLeft", "Z002", message);
    if let Err(error) = written {
        context.console.warn("RunLeft", "Z002", error.to_string());
    }
    // Without clean-up, which might wait for what does not stop.
    signal_hook::low_level::exit(Exit::Stopped.code().into());
}

/// What is waited for, and for how long.
fn waiting_for(holder: &str, timeout: Option<Duration>) -> String {
    match timeout {
        Some(timeout) => format!(
            "Waiting up to {} s for {holder} to end (--lock-timeout)",
            timeout.as_secs_f64()
        ),
        None => format!("Waiting for {holder} to end; --lock-timeout SECONDS limits the wait"),
    }
}

fn no_turn(error: &RunLockError) -> Failure {
    let diagnostic = Diagnostic::error("run-lock", error.to_string());
    match error {
        RunLockError::TimedOut { .. } => diagnostic
            .hint("let the other run end or stop it, or wait longer with --lock-timeout SECONDS")
            .into(),
        RunLockError::Store(_) => diagnostic
            .hint("runs of a project note there what they build; make it a folder that can be written to")
            .into(),
        RunLockError::Cancelled { .. } => diagnostic.into(),
    }
}

/// What the run was asked for, as the history keeps it.
fn request(context: &Context, selection: &SelectionArgs) -> RunRequest {
    let words = |given: &[String]| given.join(" ");
    RunRequest {
        command: context.which.to_owned(),
        select: selection.selector.as_ref().map_or_else(
            || words(&selection.select),
            |name| format!("selector:{name}"),
        ),
        exclude: words(&selection.exclude),
        full_refresh: context.settings.full_refresh,
    }
}

/// Puts the run into the history. A run goes on without, after a warning.
fn record(context: &Context, project: &Project, request: &RunRequest) -> Option<Arc<History>> {
    let opened = History::open(&project.root).and_then(|history| {
        let now = Utc::now();
        history.create(&context.invocation_id, Trigger::CommandLine, request, now)?;
        Ok(history)
    });
    match opened {
        Ok(history) => Some(Arc::new(history)),
        Err(error) => {
            context.console.warn(
                "History",
                "Z002",
                format!("this run is not kept in the history: {error}"),
            );
            None
        }
    }
}
