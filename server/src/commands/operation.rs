//! `refract run-operation`.

use compiler::diag::Diagnostic;
use serde_json::{Map, Value};

use super::context::Context;
use super::failure::{Failure, not_built};
use super::nodes::{exit, shown_target};
use super::turn::Turn;
use super::{Exit, arguments};
use crate::cli::mapping::mapping;
use crate::cli::run::RunOperationArgs;
use crate::cli::selection::SelectionArgs;
use crate::console::summary;
use crate::project::Project;
use crate::store::Claim;

/// Calls one macro.
pub fn run_operation(context: &Context, args: &RunOperationArgs) -> Result<Exit, Failure> {
    let Some(name) = &args.macro_name else {
        return Err(not_built(
            "--sql",
            "dbt takes back what it changes; write a macro with run_query(), or look at rows with `refract show --inline`",
        ));
    };
    let macro_args = match &args.args {
        Some(text) => mapping("--args", text)?,
        None => Map::new(),
    };
    call(context, name, &macro_args, args.waiting.lock_timeout)
}

/// Calls a macro with arguments that are already read.
pub fn call(
    context: &Context,
    name: &str,
    macro_args: &Map<String, Value>,
    lock_timeout: Option<f64>,
) -> Result<Exit, Failure> {
    let project = context.open()?;
    check_macro(&project, name)?;
    let mut run_args = arguments::of_invocation(context, None);
    run_args.insert("macro".into(), name.into());
    run_args.insert("args".into(), macro_args.clone().into());
    let options = context.run_options(run_args, lock_timeout);
    // The history shows the macro where other runs have their selection.
    let named = SelectionArgs {
        select: vec![name.to_owned()],
        ..SelectionArgs::default()
    };
    let mut turn = Turn::take(
        context,
        &project,
        Some(&named),
        &Claim::everything(),
        options.lock_timeout,
    )?;
    let outcome = turn.runner(options).run_operation(name, macro_args);
    let outcome = turn.unwrap(outcome)?;
    if !outcome.success() {
        summary::show(
            &context.console,
            &project.manifest,
            &outcome,
            &shown_target(context, &project),
        );
    }
    Ok(turn.end(exit(context, &outcome)))
}

/// A macro that does not exist is a mistake in the command line: nothing is run.
fn check_macro(project: &Project, name: &str) -> Result<(), Failure> {
    let known = match name.split_once('.') {
        Some((package, name)) => project.library.find_in(package, name).is_some(),
        None => project
            .library
            .find(&project.scope.project_name, name)
            .is_some(),
    };
    if known {
        return Ok(());
    }
    let own = project
        .manifest
        .macros
        .values()
        .filter(|one| one.package_name == project.scope.project_name);
    let names: Vec<&str> = own.map(|one| one.name.as_str()).collect();
    let hint = if names.is_empty() {
        "the project has no macros of its own; a package's macro is called package.macro".to_owned()
    } else {
        format!("the project's own macros are: {}", names.join(", "))
    };
    Err(
        Diagnostic::error("macro-not-found", format!("there is no macro '{name}'"))
            .hint(hint)
            .into(),
    )
}
