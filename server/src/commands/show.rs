//! `refract show`.

use serde_json::{Map, Value};

use compiler::diag::Diagnostic;

use super::context::Context;
use super::failure::{Failure, not_built};
use super::nodes::{one_shown, rows};
use super::selection::nothing;
use super::{Exit, arguments};
use crate::cli::inspect::{ProductFormat, ShowArgs};
use crate::console::{Record, table};
use crate::execute::{Level, ShowTarget, Shown};

/// Width of tables where there is no terminal to ask.
const WIDTH: usize = 80;

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
    let sql = args.inline.as_ref().or(args.inline_direct.as_ref());
    if nothing_said && sql.is_none() {
        return Err(Diagnostic::error(
            "nothing-to-show",
            "either --select or --inline must be given",
        )
        .hint("refract show -s my_model, or refract show --inline \"select 1 as one\"")
        .into());
    }
    let project = context.open()?;
    let options = context.run_options(
        arguments::of_invocation(context, Some(&args.selection)),
        args.waiting.lock_timeout,
    );
    if let Some(sql) = sql {
        // What is not to be rendered goes through Jinja as literal text.
        let raw = format!("{{% raw %}}{sql}{{% endraw %}}");
        let text = if args.inline.is_some() { sql } else { &raw };
        let shown = rows(context, &project, ShowTarget::Inline(text), limit, options)?;
        write(context, None, &shown, args.output);
        return Ok(Exit::Fine);
    }
    let ids = one_shown(context, &project, &args.selection)?;
    if ids.is_empty() {
        return nothing(context, false);
    }
    for id in &ids {
        let shown = rows(
            context,
            &project,
            ShowTarget::Node(id),
            limit,
            options.clone(),
        )?;
        write(context, Some(&shown.name), &shown, args.output);
    }
    Ok(Exit::Fine)
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
            let width = ::console::Term::stdout()
                .size_checked()
                .map_or(WIDTH, |(_, columns)| usize::from(columns));
            table::text(&shown.table, width)
        }
    };
    let mut data = Map::new();
    data.insert("node_name".into(), node.map(str::to_owned).into());
    data.insert("preview".into(), rows.to_string().into());
    data.insert("is_inline".into(), node.is_none().into());
    context.console.product("ShowNode", "Q041", &text, data);
}
