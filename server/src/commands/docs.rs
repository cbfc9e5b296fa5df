//! `refract docs generate`.

use compiler::graph::select::kinds_of;

use super::context::Context;
use super::failure::{Failure, not_built};
use super::nodes::{exit, shown_target};
use super::selection::{Wanted, selected};
use super::turn::Turn;
use super::{Exit, arguments};
use crate::cli::docs::GenerateArgs;
use crate::console::{Record, summary};
use crate::execute::Level;
use crate::project::assets;

/// Writes manifest and catalog.
pub fn generate(context: &Context, args: &GenerateArgs) -> Result<Exit, Failure> {
    if args.one_file {
        return Err(not_built(
            "--static",
            "serve the catalog with: refract docs serve",
        ));
    }
    let project = context.open()?;
    let wanted = Wanted {
        selection: &args.selection,
        kinds: None,
        default_kinds: kinds_of("docs"),
        keep_empty: true,
    };
    let mut ids = selected(context, &project, &wanted)?;
    if args.empty_catalog {
        ids.clear();
    }
    let mut options = context.run_options(
        arguments::of_invocation(context, Some(&args.selection)),
        args.waiting.lock_timeout,
    );
    options.deferral = context.deferral()?;
    let mut turn = Turn::take(context, &project, None, options.lock_timeout)?;
    let generated = turn.runner(options).generate(&ids, !args.no_compile);
    let generated = turn.unwrap(generated)?;
    if let Some(outcome) = &generated.compiled
        && !outcome.success()
    {
        summary::show(
            &context.console,
            &project.manifest,
            outcome,
            &shown_target(context, &project),
        );
        return Ok(exit(context, outcome));
    }
    for error in assets::copy(&project) {
        context.console.warn("Assets", "E043", error.to_string());
    }
    for error in generated.catalog.errors.iter().flatten() {
        context
            .console
            .warn("CatalogGenerationError", "E040", error.clone());
    }
    let path = generated
        .path
        .strip_prefix(&context.working_folder)
        .unwrap_or(&generated.path)
        .display()
        .to_string();
    context.console.log(
        Record::new(
            "CatalogWritten",
            "E042",
            Level::Info,
            format!("Catalog written to {path}"),
        )
        .with("path", path),
    );
    Ok(Exit::Fine)
}
