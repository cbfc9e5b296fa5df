//! `refract show`.

use serde_json::{Map, Value};

use compiler::artifacts::manifest::ResourceType;
use compiler::diag::Diagnostic;
use compiler::graph::select::kinds_of;

use super::context::Context;
use super::failure::{Failure, not_built};
use super::selection::{Wanted, nothing, selected};
use super::turn::Turn;
use super::{Exit, arguments};
use crate::cli::inspect::{ProductFormat, ShowArgs};
use crate::cli::selection::SelectionArgs;
use crate::console::{Record, table};
use crate::execute::{Level, ShowTarget, Shown};
use crate::project::Project;

/// Shows the first rows of each selected node, or of a query.
pub fn show(context: &Context, args: &ShowArgs) -> Result<Exit, Failure> {
    if args.no_introspect {
        return Err(not_built(
            "--no-introspect",
            "leave it out: rows come from the warehouse in any case",
        ));
    }
    let limit = usize::try_from(args.limit).ok();
    let nothing_said = args.selection.select.is_empty() && args.selection.selector.is_none();
    let no_sql = args.inline.is_none() && args.inline_direct.is_none();
    if nothing_said && no_sql {
        return Err(Diagnostic::error(
            "nothing-to-show",
            "either --select or --inline must be given",
        )
        .hint("refract show -s my_model, or refract show --inline \"select 1 as one\"")
        .into());
    }
    let project = context.open()?;
    let run_args = arguments::of_invocation(context, Some(&args.selection));
    let mut options = context.run_options(run_args, args.waiting.lock_timeout);
    options.deferral = context.deferral()?;
    // What is not to be rendered goes through Jinja as literal text.
    let raw = args
        .inline_direct
        .as_ref()
        .map(|sql| format!("{{% raw %}}{sql}{{% endraw %}}"));
    let sql = args.inline.as_ref().or(raw.as_ref());
    let ids = if sql.is_some() {
        Vec::new()
    } else {
        shown_nodes(context, &project, &args.selection)?
    };
    let targets: Vec<ShowTarget<'_>> = match sql {
        Some(sql) => vec![ShowTarget::Inline(sql)],
        None => ids.iter().map(|id| ShowTarget::Node(id)).collect(),
    };
    if targets.is_empty() {
        return nothing(context, false);
    }
    let mut turn = Turn::to_read(context, &project, options.lock_timeout)?;
    for target in targets {
        let shown = turn.runner(options.clone()).show(target, limit);
        let shown = turn.unwrap(shown)?;
        write(
            context,
            sql.is_none().then_some(shown.name.as_str()),
            &shown,
            args.output,
        );
    }
    Ok(Exit::Fine)
}

/// What is looked at: the selected nodes, and tests only where nothing else is selected.
fn shown_nodes(
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

fn write(context: &Context, node: Option<&str>, shown: &Shown, format: ProductFormat) {
    let rows = table::json(&shown.table);
    let text = match format {
        ProductFormat::Json => {
            let mut object = Map::new();
            if let Some(node) = node {
                object.insert("node".into(), node.into());
            }
            object.insert("show".into(), rows.clone());
            format!("{:#}", Value::Object(object))
        }
        ProductFormat::Text => {
            if let Some(node) = node {
                context.console.log(Record::new(
                    "Note",
                    "Z050",
                    Level::Info,
                    format!("Previewing node '{node}':"),
                ));
            }
            table::fitted(&shown.table)
        }
    };
    let mut data = Map::new();
    data.insert("node_name".into(), node.map(str::to_owned).into());
    data.insert("preview".into(), rows.to_string().into());
    data.insert("is_inline".into(), node.is_none().into());
    context.console.product("ShowNode", "Q041", &text, data);
}
