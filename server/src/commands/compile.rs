//! `refract compile`.

use compiler::artifacts::manifest::ResourceType;
use compiler::graph::select::kinds_of;
use indexmap::IndexSet;
use serde_json::{Map, Value};

use super::context::Context;
use super::failure::Failure;
use super::nodes::shown_target;
use super::selection::{Wanted, nothing, selected};
use super::turn::Turn;
use super::{Exit, arguments};
use crate::cli::inspect::{CompileArgs, ProductFormat};
use crate::cli::selection::SelectionArgs;
use crate::console::{Record, summary};
use crate::execute::{self, Command, Level};
use crate::project::Project;

/// Writes the SQL of the selected nodes; prints it where there is one node, or SQL from the command line.
pub fn compile(context: &Context, args: &CompileArgs) -> Result<Exit, Failure> {
    let project = context.open_for_good()?;
    let run_args = arguments::of_invocation(context, Some(&args.selection));
    let mut options = context.run_options(run_args, args.waiting.lock_timeout);
    options.deferral = context.deferral()?;
    options.introspects = context.settings.introspect;
    options.injects_ctes = !args.no_inject_ephemeral_ctes;
    if let Some(sql) = &args.inline {
        let mut turn = Turn::to_read(context, &project, options.lock_timeout)?;
        let compiled = turn.runner(options).compile_inline(sql);
        let compiled = turn.unwrap(compiled)?;
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
    let claim = execute::claim(&project, Command::Compile, &ids, &options);
    let mut turn = Turn::take(context, &project, None, &claim, options.lock_timeout)?;
    let outcome = turn.runner(options).run(Command::Compile, &ids);
    let outcome = turn.unwrap(outcome)?;
    if !outcome.success() {
        summary::show(
            &context.console,
            &project.manifest,
            &outcome,
            &shown_target(context, &project),
        );
        return Ok(Exit::Stopped);
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
    let folder = shown_target(context, &project).join("compiled");
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
