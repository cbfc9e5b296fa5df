//! What artifacts keep of the command line.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::context::Context;
use crate::cli::selection::SelectionArgs;

/// The invocation as `args` of `run_results.json`, in dbt's names. `retry` repeats from it.
pub fn of_invocation(context: &Context, selection: Option<&SelectionArgs>) -> Map<String, Value> {
    let settings = &context.settings;
    let mut args = context.flags.clone();
    let mut set = |key: &str, value: Value| {
        args.insert(key.to_owned(), value);
    };
    set("which", context.which.into());
    set(
        "invocation_command",
        invocation_command(&context.line).into(),
    );
    set(
        "project_dir",
        settings.project_dir.display().to_string().into(),
    );
    let logs = settings.log_path.as_deref().unwrap_or(Path::new("logs"));
    set(
        "log_path",
        settings.project_dir.join(logs).display().to_string().into(),
    );
    if let Some(folder) = &settings.profiles_dir {
        set("profiles_dir", folder.display().to_string().into());
    }
    set("profile", settings.profile.clone().into());
    set("target", settings.target.clone().into());
    if let Some(folder) = &settings.target_path {
        set("target_path", folder.display().to_string().into());
    }
    set("vars", context.vars.clone().into());
    set("threads", settings.threads.into());
    if let Some(selection) = selection {
        set("select", json!(selection.select));
        set("exclude", json!(selection.exclude));
        set("selector", selection.selector.clone().into());
    }
    set("full_refresh", settings.full_refresh.into());
    set("fail_fast", settings.fail_fast.into());
    set("store_failures", settings.store_failures.into());
    set("empty", settings.empty.into());
    if let Some(window) = settings.sample {
        set(
            "sample",
            json!({ "start": window.start, "end": window.end }),
        );
    }
    if let Some(window) = settings.event_time {
        set("event_time_start", json!(window.start));
        set("event_time_end", json!(window.end));
    }
    set("defer", settings.defer.into());
    set("favor_state", settings.favor_state.into());
    for (name, folder) in [
        ("state", &settings.state),
        ("defer_state", &settings.defer_state),
    ] {
        if let Some(folder) = folder {
            set(name, folder.display().to_string().into());
        }
    }
    set("warn_error", settings.warn_error.all.into());
    // What nobody said is left out, as dbt does.
    args.retain(|_, value| !value.is_null());
    args
}

/// The command line as text, with the program's name without its folder.
fn invocation_command(line: &[String]) -> String {
    let words = line.iter().skip(1).map(|word| {
        if word.is_empty()
            || word.contains(|c: char| c.is_whitespace() || "'\"{}$`&|;<>()".contains(c))
        {
            format!("'{}'", word.replace('\'', "'\\''"))
        } else {
            word.clone()
        }
    });
    std::iter::once("refract".to_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}
