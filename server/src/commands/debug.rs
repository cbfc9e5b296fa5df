//! `refract debug`.

use std::sync::Arc;

use compiler::diag::Diagnostic;
use serde_json::Value;

use super::context::Context;
use super::failure::Failure;
use super::{Exit, arguments};
use crate::cli::project::DebugArgs;
use crate::console::Record;
use crate::console::progress::Progress;
use crate::execute::{Level, Runner};
use crate::project::{Project, find_profiles};

/// Says what is used and whether it works. Anything that does not makes the exit code 1, as with dbt.
pub fn debug(context: &Context, args: &DebugArgs) -> Result<Exit, Failure> {
    let say = |message: String| {
        context
            .console
            .log(Record::new("DebugCmdOut", "Z047", Level::Info, message));
    };
    let settings = &context.settings;
    let profiles = find_profiles(settings.profiles_dir.as_deref(), &settings.project_dir);
    let profiles = profiles?;
    if args.config_dir {
        let profiles = profiles.map_err(|looked| {
            let folders: Vec<String> = looked
                .iter()
                .map(|folder| folder.display().to_string())
                .collect();
            Diagnostic::error(
                "no-profiles",
                format!("no profiles.yml found; looked in {}", folders.join(", ")),
            )
        })?;
        say(format!("profiles.yml is read from {}", profiles.display()));
        return Ok(Exit::Fine);
    }
    if !args.connection {
        say(format!(
            "refract version: {} (speaks dbt {})",
            env!("CARGO_PKG_VERSION"),
            crate::cli::DBT_VERSION
        ));
        say(format!(
            "system: {} {}",
            std::env::consts::OS,
            std::env::consts::ARCH
        ));
        if let Ok(program) = std::env::current_exe() {
            say(format!("program: {}", program.display()));
        }
        say(format!(
            "dbt_project.yml: {}",
            settings.project_dir.join("dbt_project.yml").display()
        ));
        if let Ok(profiles) = &profiles {
            say(format!("profiles.yml: {}", profiles.display()));
        }
    }
    let project = match context.open() {
        Ok(project) => project,
        // A folder that is not there is a mistake in the words of the command, as with dbt.
        Err(failure) if !settings.project_dir.is_dir() => return Err(failure),
        Err(failure) => {
            context.report(failure);
            result(context, "Project and profile", false);
            return Ok(Exit::NodeFailed);
        }
    };
    result(context, "Project and profile", true);
    let exit = connection(context, &project);
    if exit == Exit::Fine {
        say("All checks passed!".to_owned());
    }
    Ok(exit)
}

fn connection(context: &Context, project: &Arc<Project>) -> Exit {
    let target = &project.target;
    for (key, value) in [
        ("profile", &project.scope.profile_name),
        ("target", &target.name),
        ("type", &target.kind),
    ] {
        context.console.log(Record::new(
            "DebugCmdOut",
            "Z047",
            Level::Info,
            format!("  {key}: {value}"),
        ));
    }
    // The scope's settings are those that templates may see: without secrets.
    let said = ["name", "profile_name", "target_name", "type"];
    for (key, value) in project
        .scope
        .target
        .iter()
        .filter(|(key, _)| !said.contains(&key.as_str()))
    {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        context.console.log(Record::new(
            "DebugCmdOut",
            "Z047",
            Level::Info,
            format!("  {key}: {value}"),
        ));
    }
    let options = context.run_options(arguments::of_invocation(context, None), None);
    let events = Arc::new(Progress::new(
        context.console.clone(),
        Arc::clone(&project.manifest),
    ));
    let runner = Runner::new(Arc::clone(project), options, events, context.cancel.clone());
    match runner.check_connection() {
        Ok(()) => {
            result(context, "Connection test", true);
            Exit::Fine
        }
        Err(error) => {
            context.report(Failure::from(error));
            result(context, "Connection test", false);
            Exit::NodeFailed
        }
    }
}

fn result(context: &Context, what: &str, fine: bool) {
    let palette = context.console.palette();
    let word = if fine {
        palette.green("OK")
    } else {
        palette.red("ERROR")
    };
    let level = if fine { Level::Info } else { Level::Warn };
    context.console.log(Record::new(
        "DebugCmdResult",
        "Z048",
        level,
        format!("{what}: [{word}]"),
    ));
}
