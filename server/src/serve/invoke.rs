//! One run asked for by the page: open the project, select, hand over to the engine.

use std::sync::Arc;

use chrono::Utc;
use compiler::diag::{Diagnostic, Diagnostics, Severity};
use compiler::graph::Selectable;
use compiler::graph::select::{Request, SelectorDefinitions, kinds_of, select};
use indexmap::IndexSet;
use serde_json::{Map, Value};

use crate::execute::{CancelToken, Command, Event, EventSink, Level, RunError, RunOptions, Runner};
use crate::project::{self, OpenOptions, Project, ProjectError};
use crate::store::RunRequest;

/// What is to be run.
pub(super) struct Invocation {
    /// Id of the run, which becomes the invocation id.
    pub(super) id: String,
    /// How the project is opened.
    pub(super) open: OpenOptions,
    /// What was asked for.
    pub(super) request: RunRequest,
}

/// Why a run could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvokeError {
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error("the project has errors: {0}")]
    Diagnostics(Diagnostics),
    #[error("{}", with_hint(.0))]
    Selection(Diagnostic),
    #[error("nothing matches the selection")]
    Nothing,
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Carries it out; true where nothing failed.
pub(super) fn invoke(
    invocation: &Invocation,
    sink: &Arc<dyn EventSink>,
    cancel: &CancelToken,
) -> Result<bool, InvokeError> {
    let opened = project::open(&OpenOptions {
        invocation_id: Some(invocation.id.clone()),
        ..invocation.open.clone()
    })?;
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
    let request = &invocation.request;
    let selected = selected(&opened.project, request, sink)?;
    if selected.is_empty() {
        return Err(InvokeError::Nothing);
    }
    let runner = Runner::new(
        opened.project,
        options(request),
        Arc::clone(sink),
        cancel.clone(),
    );
    match Command::from_which(&request.command) {
        Some(Command::Freshness) => Ok(runner
            .freshness(&selected)?
            .results
            .iter()
            .all(|result| !result.status.is_failure())),
        Some(command) => Ok(runner.run(command, &selected)?.success()),
        None => Err(InvokeError::Nothing),
    }
}

fn options(request: &RunRequest) -> RunOptions {
    let mut args = Map::new();
    let words = |text: &str| text.split_whitespace().map(Value::from).collect::<Vec<_>>();
    args.insert("which".to_owned(), request.command.clone().into());
    args.insert("select".to_owned(), words(&request.select).into());
    args.insert("exclude".to_owned(), words(&request.exclude).into());
    args.insert("full_refresh".to_owned(), request.full_refresh.into());
    RunOptions {
        full_refresh: request.full_refresh,
        args,
        ..RunOptions::default()
    }
}

fn selected(
    project: &Project,
    request: &RunRequest,
    sink: &Arc<dyn EventSink>,
) -> Result<IndexSet<String>, InvokeError> {
    let list = |text: &str| {
        if text.is_empty() {
            Vec::new()
        } else {
            vec![text.to_owned()]
        }
    };
    let (include, exclude) = (list(&request.select), list(&request.exclude));
    let definitions = SelectorDefinitions::default();
    let request = Request::words(&include, &exclude, &definitions, kinds_of(&request.command));
    let universe = project.manifest.universe();
    let found = select(&universe, &request).map_err(InvokeError::Selection)?;
    for warning in &found.warnings {
        log(sink, Level::Warn, warning.message.clone());
    }
    Ok(found.ids(&universe).map(str::to_owned).collect())
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
