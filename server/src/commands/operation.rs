//! `refract run-operation`.

use serde_json::{Map, Value};

use super::context::Context;
use super::failure::Failure;
use super::nodes::{exit, shown_target};
use super::turn::Turn;
use super::{Exit, arguments};
use crate::cli::run::RunOperationArgs;
use crate::cli::selection::SelectionArgs;
use crate::console::summary;

/// Calls one macro.
pub fn run_operation(context: &Context, args: &RunOperationArgs) -> Result<Exit, Failure> {
    let macro_args = match &args.args {
        Some(text) => arguments::mapping("--args", text)?,
        None => Map::new(),
    };
    call(
        context,
        &args.macro_name,
        &macro_args,
        args.waiting.lock_timeout,
    )
}

/// Calls a macro with arguments that are already read.
pub fn call(
    context: &Context,
    name: &str,
    macro_args: &Map<String, Value>,
    lock_timeout: Option<f64>,
) -> Result<Exit, Failure> {
    let project = context.open()?;
    let mut run_args = arguments::of_invocation(context, None);
    run_args.insert("macro".into(), name.into());
    run_args.insert("args".into(), macro_args.clone().into());
    let options = context.run_options(run_args, lock_timeout);
    // The history shows the macro where other runs have their selection.
    let named = SelectionArgs {
        select: vec![name.to_owned()],
        ..SelectionArgs::default()
    };
    let mut turn = Turn::take(context, &project, Some(&named))?;
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
