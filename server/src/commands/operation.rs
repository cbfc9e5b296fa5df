//! `refract run-operation`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::context::Context;
use super::failure::Failure;
use super::nodes::{events, exit, take_turn};
use super::{Exit, arguments};
use crate::cli::run::RunOperationArgs;
use crate::console::summary;
use crate::execute::Runner;

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
    let _turn = take_turn(context, &project)?;
    let runner = Runner::new(
        Arc::clone(&project),
        options,
        events(context, &project),
        context.cancel.clone(),
    );
    let outcome = runner.run_operation(name, macro_args);
    context.console.close_live();
    let outcome = outcome?;
    if !outcome.success() {
        summary::show(
            &context.console,
            &project.manifest,
            &outcome,
            &project.target_path,
        );
    }
    Ok(exit(context, &outcome))
}
