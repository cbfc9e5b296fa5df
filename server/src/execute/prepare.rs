//! Before the first node: schemas are made, leftovers of dead runs dropped, the relation cache filled.

use std::sync::Arc;

use compiler::artifacts::manifest::Node;
use compiler::compile::metadata;
use compiler::diag::Diagnostic;
use compiler::jinja::Runtime;
use indexmap::{IndexMap, IndexSet};

use super::context::{Context, Line};
use super::leftovers;
use super::options::Command;
use super::outcome::RunError;
use super::plan::Plan;
use super::result;

/// A schema as `(database, schema)`.
type Place = (Option<String>, String);

/// Makes the warehouse ready for the plan's nodes. What cannot be listed is an error: taken for empty, it would have
/// every incremental model rebuilt.
pub(super) fn run(context: &Context, line: &Line, plan: &Plan) -> Result<(), RunError> {
    context.check_comment(line)?;
    let runtime = Arc::new(context.runtime(context.operation("prepare"), line));
    let needed = places(context, plan.nodes().map(AsRef::as_ref));
    if context.command.executes() && !needed.is_empty() {
        create_schemas(context, &runtime, &needed)?;
        leftovers::drop_all(context, line, &needed)?;
    }
    let mut looked_at = places(context, context.project.manifest.nodes.values());
    if context.command == Command::Clone {
        let there = plan
            .nodes()
            .filter_map(|node| context.options.deferral.schema(&node.unique_id));
        looked_at.extend(there);
    }
    for (database, schema) in looked_at {
        let found = metadata::list_relations(
            &context.project.library,
            &context.scope,
            &runtime,
            database.as_deref(),
            &schema,
        )
        .map_err(|error| refused(context, &error))?;
        let database = database.unwrap_or_else(|| line.warehouse.default_database());
        context.cache.set_schema(&database, &schema, found);
    }
    Ok(())
}

fn create_schemas(
    context: &Context,
    runtime: &Arc<Runtime>,
    needed: &IndexSet<Place>,
) -> Result<(), RunError> {
    let (library, scope) = (&context.project.library, &context.scope);
    let default = runtime.warehouse.default_database();
    let mut existing: IndexMap<String, Vec<String>> = IndexMap::new();
    for (database, schema) in needed {
        let name = database.clone().unwrap_or_else(|| default.clone());
        if !existing.contains_key(&name) {
            let schemas = metadata::list_schemas(library, scope, runtime, &name)
                .map_err(|error| refused(context, &error))?;
            existing.insert(
                name.clone(),
                schemas.iter().map(|schema| schema.to_lowercase()).collect(),
            );
        }
        if !existing[&name].contains(&schema.to_lowercase()) {
            metadata::create_schema(library, scope, runtime, database.as_deref(), schema)
                .map_err(|error| refused(context, &error))?;
        }
    }
    runtime
        .warehouse
        .commit()
        .map_err(|error| RunError::Warehouse(error.to_string()))
}

fn refused(context: &Context, error: &Diagnostic) -> RunError {
    RunError::Warehouse(context.redact(&result::plain_message(error)))
}

/// Where the relations of these nodes live.
fn places<'a>(context: &Context, nodes: impl Iterator<Item = &'a Node>) -> IndexSet<Place> {
    nodes
        .filter(|node| context.is_relational(node) && context.misnamed(node).is_none())
        .map(|node| (node.database.clone(), node.schema.clone()))
        .collect()
}
