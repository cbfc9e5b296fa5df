//! Commands that run nodes: build, run, test, seed, snapshot, clone.

use std::path::PathBuf;
use std::sync::Arc;

use compiler::artifacts::manifest::{Manifest, ResourceType};
use compiler::artifacts::results::Status;
use compiler::graph::select::kinds_of;
use indexmap::IndexSet;
use serde_json::Map;

use super::context::Context;
use super::failure::Failure;
use super::selection::{Wanted, nothing, selected};
use super::turn::Turn;
use super::{Exit, arguments};
use crate::cli::run::{
    BuildArgs, BuildingArgs, CloneArgs, RunArgs, SeedArgs, SnapshotArgs, TestArgs,
};
use crate::cli::selection::{ResourceTypeArgs, SelectionArgs};
use crate::console::{Record, summary, table};
use crate::execute::{self, Command, Level, Outcome, RunOptions, ShowTarget};
use crate::project::Project;
use crate::store::Claim;

/// What the commands differ in.
struct Job<'a> {
    command: Command,
    selection: &'a SelectionArgs,
    kinds: Option<&'a ResourceTypeArgs>,
    lock_timeout: Option<f64>,
    require_fresh: bool,
    /// Show the first rows of loaded seeds.
    show: bool,
}

/// `refract build`.
pub fn build(context: &Context, args: &BuildArgs) -> Result<Exit, Failure> {
    job(
        context,
        &Job {
            command: Command::Build,
            selection: &args.selection,
            kinds: Some(&args.kinds),
            lock_timeout: args.building.waiting.lock_timeout,
            require_fresh: args.require_fresh,
            show: args.show,
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
            show: false,
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
            show: false,
        },
    )
}

/// `refract seed`.
pub fn seed(context: &Context, args: &SeedArgs) -> Result<Exit, Failure> {
    job(
        context,
        &Job {
            command: Command::Seed,
            selection: &args.selection,
            kinds: None,
            lock_timeout: args.building.waiting.lock_timeout,
            require_fresh: false,
            show: args.show,
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
            show: false,
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
            show: false,
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
    let mut args = arguments::of_invocation(context, Some(job.selection));
    args.insert("require_fresh".into(), job.require_fresh.into());
    args.insert("lock_timeout".into(), job.lock_timeout.into());
    let mut options = context.run_options(args, job.lock_timeout);
    options.require_fresh = job.require_fresh;
    options.deferral = context.deferral()?;
    if ids.is_empty() {
        let exit = nothing(context, false)?;
        // The artifacts say so too, as dbt's do; the history keeps nothing of it.
        let mut turn = Turn::take(
            context,
            &project,
            None,
            &Claim::nothing(),
            options.lock_timeout,
        )?;
        let outcome = turn.runner(options).run(job.command, &ids);
        turn.unwrap(outcome)?;
        return Ok(exit);
    }
    let what = Work {
        command: job.command,
        ids: &ids,
        show: job.show,
    };
    carry_out(context, &project, &what, job.selection, options)
}

/// What is to be carried out.
pub struct Work<'a> {
    /// With the nodes.
    pub command: Command,
    /// The nodes.
    pub ids: &'a IndexSet<String>,
    /// Whether the first rows of loaded seeds are shown.
    pub show: bool,
}

/// Runs nodes, shows them as they go and sums up. `selection` is what the history keeps.
pub fn carry_out(
    context: &Context,
    project: &Arc<Project>,
    work: &Work<'_>,
    selection: &SelectionArgs,
    options: RunOptions,
) -> Result<Exit, Failure> {
    let claim = execute::claim(project, work.command, work.ids, &options);
    let mut turn = Turn::take(
        context,
        project,
        Some(selection),
        &claim,
        options.lock_timeout,
    )?;
    let outcome = turn.runner(options.clone()).run(work.command, work.ids);
    let outcome = turn.unwrap(outcome)?;
    if work.show {
        show_seeds(context, &mut turn, &options, &project.manifest, &outcome)?;
    }
    summary::show(
        &context.console,
        &project.manifest,
        &outcome,
        &shown_target(context, project),
    );
    Ok(turn.end(exit(context, &outcome)))
}

/// How many rows of a loaded seed are shown, as with dbt.
const SHOWN_ROWS: usize = 10;

/// Shows the first rows of each seed that was loaded. dbt takes rows at random, which no run shows twice.
fn show_seeds(
    context: &Context,
    turn: &mut Turn<'_>,
    options: &RunOptions,
    manifest: &Manifest,
    outcome: &Outcome,
) -> Result<(), Failure> {
    let results = outcome.results.results.iter();
    let loaded = results
        .filter(|result| result.status == Status::Success)
        .filter_map(|result| manifest.nodes.get(&result.unique_id))
        .filter(|node| node.resource_type == ResourceType::Seed);
    for node in loaded {
        let Some(relation) = &node.relation_name else {
            continue;
        };
        let sql = format!("select * from {{% raw %}}{relation}{{% endraw %}}");
        let shown = turn
            .runner(options.clone())
            .show(ShowTarget::Inline(&sql), Some(SHOWN_ROWS));
        let shown = turn.unwrap(shown)?;
        let head = format!("First rows of table: {}.{}", node.schema, node.alias);
        let rule = "-".repeat(head.chars().count());
        let rows = table::fitted(&shown.table);
        let record = Record::new("SeedHeader", "Q004", Level::Info, &head).with("header", head);
        for line in [Record::new("Formatting", "Z017", Level::Info, ""), record] {
            context.console.log(line);
        }
        context
            .console
            .log(Record::new("Formatting", "Z017", Level::Info, rule));
        context
            .console
            .product("ShowNode", "Q041", &rows, Map::new());
    }
    Ok(())
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
