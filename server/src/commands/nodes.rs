//! Commands that run nodes: build, run, test, seed, snapshot, compile.

use std::sync::Arc;

use compiler::artifacts::manifest::ResourceType;
use compiler::graph::select::kinds_of;
use indexmap::IndexSet;
use serde_json::{Map, Value};

use super::context::Context;
use super::failure::{Failure, not_built};
use super::selection::{Wanted, nothing, selected};
use super::{Exit, arguments};
use crate::cli::inspect::{CompileArgs, ProductFormat};
use crate::cli::run::{
    BuildArgs, BuildingArgs, RunArgs, SeedArgs, SnapshotArgs, TestArgs, WindowArgs,
};
use crate::cli::selection::{ResourceTypeArgs, SelectionArgs};
use crate::console::progress::Progress;
use crate::console::{Record, summary};
use crate::execute::{Command, EventSink, Level, Outcome, RunOptions, Runner, ShowTarget};
use crate::project::Project;
use crate::store::RunLock;

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
    refuse_window(&args.window)?;
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
    refuse_window(&args.window)?;
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

fn refuse_window(window: &WindowArgs) -> Result<(), Failure> {
    let hint = "select rows in the model's SQL, with a variable for the range";
    if window.sample.is_some() {
        return Err(not_built("--sample", hint));
    }
    if window.event_time_start.is_some() || window.event_time_end.is_some() {
        return Err(not_built("--event-time-start and --event-time-end", hint));
    }
    Ok(())
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
    let outcome = carry_out(context, &project, job.command, &ids, options)?;
    Ok(exit(context, &outcome))
}

/// Runs nodes, shows them as they go and sums up.
pub fn carry_out(
    context: &Context,
    project: &Arc<Project>,
    command: Command,
    ids: &IndexSet<String>,
    options: RunOptions,
) -> Result<Outcome, Failure> {
    let _turn = take_turn(context, project)?;
    let runner = Runner::new(
        Arc::clone(project),
        options,
        events(context, project),
        context.cancel.clone(),
    );
    let outcome = runner.run(command, ids);
    context.console.close_live();
    let outcome = outcome?;
    let target = project
        .target_path
        .strip_prefix(&context.working_folder)
        .unwrap_or(&project.target_path);
    summary::show(&context.console, &project.manifest, &outcome, target);
    Ok(outcome)
}

/// Shows a run's events on the console.
pub fn events(context: &Context, project: &Arc<Project>) -> Arc<dyn EventSink> {
    Arc::new(Progress::new(
        context.console.clone(),
        Arc::clone(&project.manifest),
    ))
}

/// Runs of one project take turns, whether they come from here or from the page.
pub fn take_turn(context: &Context, project: &Project) -> Result<RunLock, Failure> {
    let what = format!("refract {}", context.which);
    RunLock::acquire(&project.root, &what, &context.cancel, |holder| {
        context.console.info(format!("Waiting for {holder}"));
    })
    .map_err(|error| compiler::diag::Diagnostic::error("run-lock", error.to_string()).into())
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

/// `refract compile`.
pub fn compile(context: &Context, args: &CompileArgs) -> Result<Exit, Failure> {
    if args.no_introspect {
        return Err(not_built(
            "--no-introspect",
            "leave it out: models that ask the warehouse need it to be compiled",
        ));
    }
    let project = context.open()?;
    let run_args = arguments::of_invocation(context, Some(&args.selection));
    let options = context.run_options(run_args, args.waiting.lock_timeout);
    if let Some(sql) = &args.inline {
        let runner = Runner::new(
            Arc::clone(&project),
            options,
            events(context, &project),
            context.cancel.clone(),
        );
        let compiled = runner.compile_inline(sql)?;
        product(context, None, &compiled, args.output);
        return Ok(Exit::Fine);
    }
    let wanted = Wanted {
        selection: &args.selection,
        kinds: None,
        default_kinds: kinds_of("compile"),
        keep_empty: false,
    };
    let ids = selected(context, &project, &wanted)?;
    if ids.is_empty() {
        return nothing(context, false);
    }
    let _turn = take_turn(context, &project)?;
    let runner = Runner::new(
        Arc::clone(&project),
        options,
        events(context, &project),
        context.cancel.clone(),
    );
    let outcome = runner.run(Command::Compile, &ids);
    context.console.close_live();
    let outcome = outcome?;
    if !outcome.success() {
        let target = project
            .target_path
            .strip_prefix(&context.working_folder)
            .unwrap_or(&project.target_path);
        summary::show(&context.console, &project.manifest, &outcome, target);
        return Ok(exit(context, &outcome));
    }
    if let Some(id) = the_one(&project, &args.selection, &ids) {
        let result = outcome
            .results
            .results
            .iter()
            .find(|result| result.unique_id == id);
        if let Some(code) = result.and_then(|result| result.compiled_code.as_deref()) {
            let name = project
                .manifest
                .nodes
                .get(&id)
                .map(|node| node.name.clone());
            product(context, name.as_deref(), code, args.output);
        }
        return Ok(Exit::Fine);
    }
    let count = summary::plural(outcome.results.results.len(), "node", "nodes");
    let folder = project.target_path.join("compiled");
    let folder = folder
        .strip_prefix(&context.working_folder)
        .unwrap_or(&folder);
    context
        .console
        .info(format!("Compiled {count} into {}", folder.display()));
    Ok(Exit::Fine)
}

/// The node whose SQL is printed: the only one that the selection names, tests of it aside.
fn the_one(project: &Project, selection: &SelectionArgs, ids: &IndexSet<String>) -> Option<String> {
    if selection.select.is_empty() && selection.selector.is_none() {
        return None;
    }
    let nodes: Vec<&String> = ids
        .iter()
        .filter(|id| {
            project
                .manifest
                .nodes
                .get(*id)
                .is_some_and(|node| node.resource_type != ResourceType::Test)
        })
        .collect();
    match (nodes.as_slice(), ids.len()) {
        ([one], _) => Some((*one).clone()),
        ([], 1) => ids.first().cloned(),
        _ => None,
    }
}

fn product(context: &Context, node: Option<&str>, code: &str, format: ProductFormat) {
    let mut data = Map::new();
    data.insert("node_name".into(), node.map(str::to_owned).into());
    data.insert("compiled".into(), code.into());
    data.insert("is_inline".into(), node.is_none().into());
    let text = match format {
        ProductFormat::Json => {
            let mut object = Map::new();
            if let Some(node) = node {
                object.insert("node".into(), node.into());
            }
            object.insert("compiled".into(), code.into());
            format!("{:#}", Value::Object(object))
        }
        ProductFormat::Text => {
            if let Some(node) = node {
                let message = format!("Compiled node '{node}' is:");
                context
                    .console
                    .log(Record::new("Note", "Z050", Level::Info, message));
            }
            code.to_owned()
        }
    };
    context.console.product("CompiledNode", "Q042", &text, data);
}

/// What `show` looks at, by selection.
pub fn one_shown(
    context: &Context,
    project: &Project,
    selection: &SelectionArgs,
) -> Result<Vec<String>, Failure> {
    let wanted = Wanted {
        selection,
        kinds: None,
        default_kinds: kinds_of("show"),
        keep_empty: false,
    };
    let ids = selected(context, project, &wanted)?;
    let (tests, nodes): (Vec<String>, Vec<String>) = ids.into_iter().partition(|id| {
        project
            .manifest
            .nodes
            .get(id)
            .is_some_and(|node| node.resource_type == ResourceType::Test)
    });
    Ok(if nodes.is_empty() { tests } else { nodes })
}

/// The first rows of one target.
pub fn rows(
    context: &Context,
    project: &Arc<Project>,
    target: ShowTarget<'_>,
    limit: Option<usize>,
    options: RunOptions,
) -> Result<crate::execute::Shown, Failure> {
    let runner = Runner::new(
        Arc::clone(project),
        options,
        events(context, project),
        context.cancel.clone(),
    );
    let shown = runner.show(target, limit);
    context.console.close_live();
    Ok(shown?)
}
