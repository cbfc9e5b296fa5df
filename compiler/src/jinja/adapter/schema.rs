//! Listing a schema's relations into the cache, by the macro that projects may override.

use std::sync::Arc;

use minijinja::{Error, Value};

use super::{Relation, RelationObject, RelationType};
use crate::diag::Diagnostic;
use crate::jinja::context::RenderContext;
use crate::jinja::failure::raise;
use crate::jinja::render::in_context;
use crate::jinja::values::fail;
use crate::jinja::{Library, Phase, ProjectScope, Runtime};

/// Lists a schema through the macro `list_relations_without_caching` and keeps what it finds in the run's cache.
/// A listing that fails is an error: it never counts as an empty schema.
pub fn fill_cache(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
    database: Option<&str>,
    schema: &str,
) -> Result<(), Diagnostic> {
    let package = runtime.node.package_name.clone();
    let phase = Phase::Execute(Arc::clone(runtime));
    in_context(library, scope, &phase, &package, |context| {
        list(context, runtime, database, schema).map(|_| ())
    })
}

/// The relations of a schema, from the cache or, the first time, from the warehouse.
pub(super) fn relations(
    context: &Arc<RenderContext>,
    runtime: &Runtime,
    database: Option<&str>,
    schema: &str,
) -> Result<Vec<Relation>, Error> {
    let name = database.map_or_else(|| runtime.warehouse.default_database(), str::to_owned);
    match runtime.run.cache.schema(&name, schema) {
        Some(known) => Ok(known),
        None => list(context, runtime, database, schema),
    }
}

/// What has that name in a schema, whatever its case.
pub(super) fn named(
    context: &Arc<RenderContext>,
    runtime: &Runtime,
    database: Option<&str>,
    schema: &str,
    identifier: &str,
) -> Result<Vec<Relation>, Error> {
    let name = database.map_or_else(|| runtime.warehouse.default_database(), str::to_owned);
    if let Some(known) = runtime.run.cache.named(&name, schema, identifier) {
        return Ok(known);
    }
    let mut found = list(context, runtime, database, schema)?;
    found.retain(|known| {
        let known = known.identifier.as_deref();
        known.is_some_and(|known| known.eq_ignore_ascii_case(identifier))
    });
    Ok(found)
}

/// Whether the warehouse has a relation of that name.
pub(crate) fn exists(
    context: &Arc<RenderContext>,
    runtime: &Runtime,
    relation: &Relation,
) -> Result<bool, Error> {
    let schema = relation.schema.as_deref().unwrap_or_default();
    let Some(identifier) = &relation.identifier else {
        return Ok(false);
    };
    let database = relation.database.as_deref();
    Ok(!named(context, runtime, database, schema, identifier)?.is_empty())
}

fn list(
    context: &Arc<RenderContext>,
    runtime: &Runtime,
    database: Option<&str>,
    schema: &str,
) -> Result<Vec<Relation>, Error> {
    let database = database.map_or_else(|| runtime.warehouse.default_database(), str::to_owned);
    let place = Relation::new(Some(&database), Some(schema), None, context.scope.quoting);
    let found = call(
        context,
        "list_relations_without_caching",
        &[RelationObject::of(place)],
    )?;
    let rows = found
        .get_attr("rows")
        .ok()
        .filter(|rows| !rows.is_undefined())
        .unwrap_or(found);
    let mut relations = Vec::new();
    for row in rows
        .try_iter()
        .map_err(|_| fail("list_relations_without_caching() must return rows"))?
    {
        let part = |names: &[&str]| {
            let named = names
                .iter()
                .filter_map(|name| row.get_item(&Value::from(*name)).ok());
            named
                .into_iter()
                .find(|value| !value.is_undefined() && !value.is_none())
                .map(|value| value.to_string())
        };
        let mut relation = match Relation::from_value(&row) {
            Some(relation) => relation,
            None => Relation::new(
                part(&["database"])
                    .or_else(|| Some(database.clone()))
                    .as_deref(),
                part(&["schema"])
                    .or_else(|| Some(schema.to_owned()))
                    .as_deref(),
                part(&["name", "identifier", "table_name"]).as_deref(),
                context.scope.quoting,
            ),
        };
        relation.kind = relation
            .kind
            .or_else(|| kind_of(&part(&["type", "table_type"]).unwrap_or_default()));
        relations.push(relation);
    }
    runtime
        .run
        .cache
        .set_schema(&database, schema, relations.clone());
    Ok(relations)
}

/// The type by dbt's word, or by the words of an information schema.
fn kind_of(word: &str) -> Option<RelationType> {
    RelationType::parse(&word.to_lowercase()).or_else(|| match word.to_uppercase().as_str() {
        "BASE TABLE" | "LOCAL TEMPORARY" => Some(RelationType::Table),
        "MATERIALIZED VIEW" => Some(RelationType::MaterializedView),
        _ => None,
    })
}

/// Calls the macro that a method of the adapter is made of.
pub(super) fn call(
    context: &Arc<RenderContext>,
    name: &str,
    args: &[Value],
) -> Result<Value, Error> {
    if let Some(found) = context.find_macro(name) {
        found.invoke(args)
    } else {
        let message = format!("adapter.{name}() wants a macro '{name}', and there is none");
        Err(raise(Diagnostic::error("unknown-macro", message)))
    }
}
