//! Commands that run nodes: build, run, test, seed, snapshot, clone.

use std::path::PathBuf;
use std::sync::Arc;

use compiler::graph::select::kinds_of;
use indexmap::IndexSet;

use super::context::Context;
use super::failure::{Failure, not_built};
use super::selection::{Wanted, nothing, selected};
use super::turn::Turn;
use super::{Exit, arguments};
use crate::cli::run::{
    BuildArgs, BuildingArgs, CloneArgs, RunArgs, SeedArgs, SnapshotArgs, TestArgs,
};
use crate::cli::selection::{ResourceTypeArgs, SelectionArgs};
use crate::console::summary;
use crate::execute::{Command, Outcome, RunOptions};
use crate::project::Project;

/// What the commands differ in.
struct Job<'a> {
    command: Command,
    selection: &'a SelectionArgs,
    kinds: Option<&'a ResourceTypeArgs>,
    lock_timeout: Option<f64>,
    require_fresh: bool,
}

/// `refract build`.
pub fn build(context: &Context, args: &BuildArgs) -> Result<Exit, Failure> {
    if args.show {
        return Err(not_built(
            "--show",
            "look at a table with: refract show -s NAME",
        ));
    }
    job(
        context,
        &Job {
            command: Command::Build,
            selection: &args.selection,
            kinds: Some(&args.kinds),
            lock_timeout: args.building.waiting.lock_timeout,
            require_fresh: args.require_fresh,
        },
    )
}

/// `refract run`.
pub fn run(context: &Context, args: &RunArgs) -> Result<Exit, Failure> {
    let BuildingArgs { waiting, .. } = &args.building;
    job(
        context,
        &Job {
            command: Command::Run,
            selection: &args.selection,
            kinds: None,
            lock_timeout: waiting.lock_timeout,
            require_fresh: args.require_fresh,
        },
    )
}

/// `refract test`.
pub fn test(context: &Context, args: &TestArgs) -> Result<Exit, Failure> {
    job(
        context,
        &Job {
            command: Command::Test,
            selection: &args.selection,
            kinds: Some(&args.kinds),
            lock_timeout: args.waiting.lock_timeout,
            require_fresh: false,
        },
    )
}

/// `refract seed`.
pub fn seed(context: &Context, args: &SeedArgs) -> Result<Exit, Failure> {
    if args.show {
        return Err(not_built(
            "--show",
            "look at a table with: refract show -s NAME",
        ));
    }
    job(
        context,
        &Job {
            command: Command::Seed,
            selection: &args.selection,
            kinds: None,
            lock_timeout: args.building.waiting.lock_timeout,
            require_fresh: false,
        },
    )
}

/// `refract snapshot`.
pub fn snapshot(context: &Context, args: &SnapshotArgs) -> Result<Exit, Failure> {
    job(
        context,
        &Job {
            command: Command::Snapshot,
            selection: &args.selection,
            kinds: None,
            lock_timeout: args.waiting.lock_timeout,
            require_fresh: false,
        },
    )
}

/// `refract clone`.
pub fn clone(context: &Context, args: &CloneArgs) -> Result<Exit, Failure> {
    job(
        context,
        &Job {
            command: Command::Clone,
            selection: &args.selection,
            kinds: Some(&args.kinds),
            lock_timeout: args.waiting.lock_timeout,
            require_fresh: false,
        },
    )
}

fn job(context: &Context, job: &Job<'_>) -> Result<Exit, Failure> {
    let project = context.open()?;
    let wanted = Wanted {
        selection: job.selection,
        kinds: job.kinds,
        default_kinds: kinds_of(job.command.which()),
        keep_empty: false,
    };
    let ids = selected(context, &project, &wanted)?;
    if ids.is_empty() {
        return nothing(context, false);
    }
    let mut args = arguments::of_invocation(context, Some(job.selection));
    args.insert("require_fresh".into(), job.require_fresh.into());
    args.insert("lock_timeout".into(), job.lock_timeout.into());
    let mut options = context.run_options(args, job.lock_timeout);
    options.require_fresh = job.require_fresh;
    options.deferral = context.deferral()?;
    carry_out(
        context,
        &project,
        job.command,
        (job.selection, &ids),
        options,
    )
}

/// Runs nodes, shows them as they go and sums up. `selection` is what the history keeps.
pub fn carry_out(
    context: &Context,
    project: &Arc<Project>,
    command: Command,
    (selection, ids): (&SelectionArgs, &IndexSet<String>),
    options: RunOptions,
) -> Result<Exit, Failure> {
    let mut turn = Turn::take(context, project, Some(selection), options.lock_timeout)?;
    let outcome = turn.runner(options).run(command, ids);
    let outcome = turn.unwrap(outcome)?;
    summary::show(
        &context.console,
        &project.manifest,
        &outcome,
        &shown_target(context, project),
    );
    Ok(turn.end(exit(context, &outcome)))
}

/// The folder of artifacts as people see it.
pub fn shown_target(context: &Context, project: &Project) -> PathBuf {
    project
        .target_path
        .strip_prefix(&context.working_folder)
        .unwrap_or(&project.target_path)
        .to_owned()
}

/// The exit code of a run.
pub fn exit(context: &Context, outcome: &Outcome) -> Exit {
    if context.was_interrupted() {
        Exit::Stopped
    } else if outcome.success() {
        Exit::Fine
    } else {
        Exit::NodeFailed
    }
}
