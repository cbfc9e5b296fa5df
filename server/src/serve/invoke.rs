//! One run asked for by the page: open the project, select, hand over to the engine.

use std::sync::Arc;

use chrono::Utc;
use compiler::artifacts::results::SourceResult;
use compiler::diag::{Diagnostic, Diagnostics, Severity};
use compiler::graph::select::kinds_of;
use indexmap::IndexSet;
use serde_json::Value;

use super::ServedProject;
use crate::execute::{
    self, CancelToken, Command, Event, EventSink, Level, RunError, RunOptions, Runner,
};
use crate::project::{self, OpenOptions, Project, ProjectError};
use crate::selection::{self, Wanted};
use crate::store::{Claim, RunRequest};

/// What is to be run.
pub(super) struct Invocation<'a> {
    /// Id of the run, which becomes the invocation id.
    pub(super) id: &'a str,
    /// The project, and what holds for all of its runs.
    pub(super) project: &'a ServedProject,
    /// What was asked for.
    pub(super) request: &'a RunRequest,
}

/// Why a run could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvokeError {
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error("the project has errors: {0}")]
    Diagnostics(Diagnostics),
    #[error("{}", all_with_hints(.0))]
    Selection(Diagnostics),
    #[error("nothing matches the selection")]
    Nothing,
    #[error(transparent)]
    Run(#[from] RunError),
}

/// A run whose project is open and whose nodes are known.
pub(super) struct Prepared {
    command: Command,
    project: Arc<Project>,
    selected: IndexSet<String>,
    options: RunOptions,
}

/// Opens the project and selects.
pub(super) fn prepare(
    invocation: &Invocation<'_>,
    sink: &Arc<dyn EventSink>,
) -> Result<Prepared, InvokeError> {
    let request = invocation.request;
    let command = Command::from_which(&request.command).ok_or(InvokeError::Nothing)?;
    let opened = project::open(&open_options(invocation))?;
    for diagnostic in &opened.diagnostics.0 {
        let level = if diagnostic.severity == Severity::Error {
            Level::Error
        } else {
            Level::Warn
        };
        log(sink, level, with_hint(diagnostic));
    }
    if opened.diagnostics.has_errors() {
        let errors = opened.diagnostics.errors().cloned().collect();
        return Err(InvokeError::Diagnostics(Diagnostics(errors)));
    }
    let selected = selected(&opened.project, invocation, sink)?;
    if selected.is_empty() {
        return Err(InvokeError::Nothing);
    }
    Ok(Prepared {
        command,
        project: opened.project,
        selected,
        options: run_options(invocation),
    })
}

impl Prepared {
    /// What it touches.
    pub(super) fn claim(&self) -> Claim {
        execute::claim(&self.project, self.command, &self.selected, &self.options)
    }

    /// Carries it out; true where nothing failed.
    pub(super) fn carry_out(
        self,
        sink: &Arc<dyn EventSink>,
        cancel: &CancelToken,
    ) -> Result<bool, InvokeError> {
        let runner = Runner::new(self.project, self.options, Arc::clone(sink), cancel.clone());
        if self.command == Command::Freshness {
            let checked = runner.freshness(&self.selected, None)?;
            let failed = |result: &SourceResult| result.status.is_failure();
            return Ok(!checked.results.iter().any(failed));
        }
        Ok(runner.run(self.command, &self.selected)?.success())
    }
}

/// The server's options with what this run says for itself.
fn open_options(invocation: &Invocation<'_>) -> OpenOptions {
    let mut open = invocation.project.open.clone();
    open.invocation_id = Some(invocation.id.to_owned());
    open.command.clone_from(&invocation.request.command);
    if invocation.request.full_refresh {
        open.flags.insert("FULL_REFRESH".to_owned(), true.into());
    }
    open
}

/// The server's options with what this run says for itself, which `retry` repeats.
fn run_options(invocation: &Invocation<'_>) -> RunOptions {
    let request = invocation.request;
    let mut options = invocation.project.options.clone();
    options.full_refresh |= request.full_refresh;
    let words = |text: &str| text.split_whitespace().map(Value::from).collect::<Vec<_>>();
    for (key, value) in [
        ("which", request.command.clone().into()),
        ("invocation_command", request.command_line().into()),
        ("select", words(&request.select).into()),
        ("exclude", words(&request.exclude).into()),
        ("selector", Value::Null),
        ("full_refresh", options.full_refresh.into()),
    ] {
        options.args.insert(key.to_owned(), value);
    }
    options
}

/// Unique ids of what the run is about, as the command line finds them.
fn selected(
    project: &Project,
    invocation: &Invocation<'_>,
    sink: &Arc<dyn EventSink>,
) -> Result<IndexSet<String>, InvokeError> {
    let request = invocation.request;
    let list = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let wanted = Wanted {
        select: &list(&request.select),
        exclude: &list(&request.exclude),
        selector: None,
        indirect: invocation.project.indirect,
        kinds: kinds_of(&request.command),
        keep_empty: request.command == "freshness",
        state: invocation.project.state.as_deref(),
    };
    let found = selection::find(project, &wanted).map_err(InvokeError::Selection)?;
    for warning in &found.warnings {
        log(sink, Level::Warn, warning.message.clone());
    }
    Ok(found.ids)
}

fn all_with_hints(diagnostics: &Diagnostics) -> String {
    let lines: Vec<String> = diagnostics.0.iter().map(with_hint).collect();
    lines.join("\n")
}

fn with_hint(diagnostic: &Diagnostic) -> String {
    match &diagnostic.hint {
        Some(hint) => format!("{diagnostic}: {hint}"),
        None => diagnostic.to_string(),
    }
}

fn log(sink: &Arc<dyn EventSink>, level: Level, message: String) {
    sink.emit(Event::Log {
        unique_id: None,
        level,
        message,
        at: Utc::now(),
    });
}
