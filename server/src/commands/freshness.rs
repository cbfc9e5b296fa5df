//! `refract source freshness`.

use compiler::artifacts::results::{SourcesResults, Status};
use compiler::diag::Diagnostic;
use compiler::graph::select::kinds_of;
use compiler::parse::behavior::FRESHNESS_HOOKS;

use super::context::Context;
use super::failure::Failure;
use super::selection::{Wanted, nothing, selected};
use super::turn::Turn;
use super::{Exit, arguments};
use crate::cli::run::FreshnessArgs;
use crate::console::Record;
use crate::console::summary::source_name;
use crate::execute::{self, Command, Level};

/// Measures the age of sources. A source past its error limit makes the exit code 1.
pub fn freshness(context: &Context, args: &FreshnessArgs) -> Result<Exit, Failure> {
    let project = context.open()?;
    let file = &project.file;
    let has_hooks = !(file.on_run_start.is_empty() && file.on_run_end.is_empty());
    if has_hooks && !file.behavior.is_on(FRESHNESS_HOOKS) {
        let message =
            format!("the project's hooks do not run here, since {FRESHNESS_HOOKS} is off");
        let warning = Diagnostic::warning("freshness-hooks", message)
            .hint("dbt will run them in a later version whatever the flag says");
        if context.console.diagnostics(&warning.into(), &|_| None) {
            return Err(Failure::Told);
        }
    }
    let wanted = Wanted {
        selection: &args.selection,
        kinds: None,
        default_kinds: kinds_of("freshness"),
        keep_empty: true,
    };
    let mut ids = selected(context, &project, &wanted)?;
    ids.retain(|id| {
        project
            .manifest
            .sources
            .get(id)
            .is_some_and(execute::is_checked)
    });
    // Where there is nothing to do `sources.json` says so, as dbt's does; the history keeps nothing of it.
    let is_empty = ids.is_empty();
    if is_empty {
        nothing(context, false)?;
    }
    let run_args = arguments::of_invocation(context, Some(&args.selection));
    let options = context.run_options(run_args, args.waiting.lock_timeout);
    let claim = execute::claim(&project, Command::Freshness, &ids, &options);
    let mut turn = Turn::take(
        context,
        &project,
        (!is_empty).then_some(&args.selection),
        &claim,
        options.lock_timeout,
    )?;
    let output = args
        .output
        .as_ref()
        .map(|path| context.working_folder.join(path));
    let results = turn.runner(options).freshness(&ids, output.as_deref());
    let results = turn.unwrap(results)?;
    if is_empty {
        return Ok(Exit::Fine);
    }
    for result in &results.results {
        if let Some(error) = &result.error {
            let source = project.manifest.sources.get(&result.unique_id);
            let file = source.map_or("", |source| &source.original_file_path);
            let name = source_name(&result.unique_id, &result.unique_id);
            let message = format!(
                "Error in source {name} ({file})\n  {}",
                error.replace('\n', "\n  ")
            );
            let record = Record::new("RunResultError", "Z024", Level::Error, message);
            context.console.log(record);
        }
    }
    context.console.log(Record::new(
        "FreshnessCheckComplete",
        "Q003",
        Level::Info,
        summary(&results),
    ));
    let failed = results
        .results
        .iter()
        .any(|result| result.status.is_failure());
    Ok(turn.end(match (context.was_interrupted(), failed) {
        (true, _) => Exit::Stopped,
        (false, true) => Exit::NodeFailed,
        (false, false) => Exit::Fine,
    }))
}

/// `Done. PASS=2 WARN=1 ERROR=0 TOTAL=3`
fn summary(results: &SourcesResults) -> String {
    let count = |wanted: &dyn Fn(Status) -> bool| {
        results.results.iter().filter(|r| wanted(r.status)).count()
    };
    let pass = count(&|status| status == Status::Pass);
    let warn = count(&|status| status == Status::Warn);
    let error = count(&Status::is_failure);
    format!(
        "Done. PASS={pass} WARN={warn} ERROR={error} TOTAL={}",
        results.results.len()
    )
}
