//! `refract retry`: the last invocation once more, for what failed or was skipped.

use std::path::Path;
use std::sync::Arc;

use compiler::diag::Diagnostic;
use compiler::event_time::{Window, moment};
use serde_json::{Map, Value};

use super::context::Context;
use super::failure::Failure;
use super::nodes::{Work, carry_out};
use super::selection::nothing;
use super::turn::Turn;
use super::{Exit, arguments, operation};
use crate::cli::run::RetryArgs;
use crate::cli::selection::SelectionArgs;
use crate::execute::Command;
use crate::execute::retry::Previous;

/// Repeats with the options of then, over which options given now go.
pub fn retry(context: &Context, args: &RetryArgs) -> Result<Exit, Failure> {
    let folder = context
        .settings
        .state
        .clone()
        .unwrap_or_else(|| context.target_folder());
    let timeout = context
        .run_options(Map::new(), args.waiting.lock_timeout)
        .lock_timeout;
    Turn::settled(context, timeout)?;
    let before = Previous::read(&folder).map_err(|error| {
        Diagnostic::error("nothing-to-retry", error.to_string())
            .hint("name the folder of an earlier run with --state")
    })?;
    let then = context.as_then(&before);
    then.console
        .info(format!("Repeating '{}'", invocation(&before)));
    let lock_timeout = args
        .waiting
        .lock_timeout
        .or_else(|| before.args.get("lock_timeout").and_then(Value::as_f64));
    if before.unfinished.is_empty() && !before.killed {
        return nothing(&then, false);
    }
    if before.command == Command::RunOperation {
        let name = before
            .args
            .get("macro")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let macro_args = before
            .args
            .get("args")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        return operation::call(&then, name, &macro_args, lock_timeout);
    }
    let project = then.open()?;
    let mut ids = before.unfinished.clone();
    ids.retain(|id| project.manifest.resource(id).is_some());
    if ids.is_empty() {
        return nothing(&then, false);
    }
    let mut run_args = arguments::of_invocation(&then, None);
    for key in [
        "select",
        "exclude",
        "selector",
        "invocation_command",
        "require_fresh",
        "lock_timeout",
    ] {
        if let Some(value) = before.args.get(key) {
            run_args.insert(key.to_owned(), value.clone());
        }
    }
    let mut options = then.run_options(run_args, lock_timeout);
    options.deferral = then.deferral()?;
    options.batches = Arc::new(before.batches.clone());
    options.began = before.began;
    options.require_fresh = before
        .args
        .get("require_fresh")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let selection = SelectionArgs {
        select: vec!["result:error+".to_owned()],
        ..SelectionArgs::default()
    };
    let work = Work {
        command: before.command,
        ids: &ids,
        show: false,
    };
    carry_out(&then, &project, &work, &selection, options)
}

/// What was typed then.
fn invocation(before: &Previous) -> String {
    let typed = before
        .args
        .get("invocation_command")
        .and_then(Value::as_str);
    typed.map_or_else(
        || format!("refract {}", before.command.which()),
        str::to_owned,
    )
}

impl Context {
    /// This invocation with the options of an earlier one where none were given now.
    fn as_then(&self, before: &Previous) -> Self {
        let args = &before.args;
        let text = |key: &str| args.get(key).and_then(Value::as_str).map(str::to_owned);
        let flag = |key: &str| args.get(key).and_then(Value::as_bool).unwrap_or(false);
        let mut then = self.clone();
        let settings = &mut then.settings;
        settings.profile = settings.profile.take().or_else(|| text("profile"));
        settings.target = settings.target.take().or_else(|| text("target"));
        settings.profiles_dir = settings
            .profiles_dir
            .take()
            .or_else(|| text("profiles_dir").map(Into::into));
        settings.target_path = settings
            .target_path
            .take()
            .or_else(|| text("target_path").map(Into::into));
        settings.threads = settings.threads.or_else(|| {
            args.get("threads")
                .and_then(Value::as_u64)
                .and_then(|n| usize::try_from(n).ok())
        });
        settings.full_refresh |= flag("full_refresh");
        settings.fail_fast |= flag("fail_fast");
        settings.store_failures |= flag("store_failures");
        settings.empty |= flag("empty");
        let window = |start: Option<&Value>, end: Option<&Value>| {
            let at = |side: Option<&Value>| moment(side?.as_str()?);
            Window::checked(at(start)?, at(end)?).ok()
        };
        let sample = args.get("sample");
        let side = |name: &str| sample.and_then(|sample| sample.get(name));
        settings.sample = settings.sample.or(window(side("start"), side("end")));
        settings.event_time = settings.event_time.or(window(
            args.get("event_time_start"),
            args.get("event_time_end"),
        ));
        settings.defer |= flag("defer");
        settings.favor_state |= flag("favor_state");
        settings.state = settings
            .state
            .take()
            .or_else(|| text("state").map(Into::into));
        settings.defer_state = settings
            .defer_state
            .take()
            .or_else(|| text("defer_state").map(Into::into));
        let mut vars = args
            .get("vars")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        vars.extend(std::mem::take(&mut then.vars));
        then.vars = vars;
        then.which = before.command.which();
        then
    }

    /// The folder of artifacts, known before the project is opened.
    pub fn target_folder(&self) -> std::path::PathBuf {
        let settings = &self.settings;
        let from_file = || super::context::project_value(&settings.project_dir, "target-path");
        let folder = settings
            .target_path
            .clone()
            .or_else(|| from_file().and_then(|v| v.as_str().map(Into::into)));
        settings
            .project_dir
            .join(folder.as_deref().unwrap_or(Path::new("target")))
    }
}
