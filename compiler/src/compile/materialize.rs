//! Calls the materialization of a node.

use std::sync::Arc;

use crate::adapter::{Response, Table};
use crate::artifacts::manifest::{Node, ResourceType};
use crate::diag::{Diagnostic, Span};
use crate::jinja::adapter::{Relation, RelationType};
use crate::jinja::{self, JinjaWarning, Library, MacroSource, Phase, ProjectScope, Runtime, Value};

/// What a materialization left behind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Materialized {
    /// What the warehouse answered to the statement called `main`.
    pub response: Response,
    /// The relations that now exist, as the materialization says; the relation cache has them already.
    pub relations: Vec<Relation>,
    /// Rows of the statement called `main`: a test's `failures`, `should_warn`, `should_error`.
    pub table: Table,
}

/// Builds the runtime's node, whose `compiled_code` is there: finds the materialization for it and the adapter
/// (the project's before the built-in ones) and calls it. Whether or not that goes well, [`Runtime::main_sql`] has the
/// SQL of the statement called `main` afterwards, where it came so far.
///
/// A transaction that the materialization leaves open after an error is the engine's to roll back.
pub fn materialize(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
) -> Result<Materialized, Diagnostic> {
    let name = materialization(&runtime.node);
    let (place, materialized) = carry_out(library, scope, runtime, name)?;
    materialized.ok_or_else(|| {
        let message = format!("materialization '{name}' ran no statement called 'main'");
        Diagnostic::error("no-main-statement", message).at(place)
    })
}

/// As [`materialize`], by the materialization `clone`. `None` where it ran no statement, since nothing had to be done.
pub fn clone_relation(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
) -> Result<Option<Materialized>, Diagnostic> {
    carry_out(library, scope, runtime, "clone").map(|(_, materialized)| materialized)
}

/// Calls the materialization of that name; says where it stands, and what it left if it ran a statement called `main`.
pub(super) fn carry_out(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
    name: &str,
) -> Result<(Span, Option<Materialized>), Diagnostic> {
    let node = &runtime.node;
    let place = || Span::file(&node.original_file_path);
    let Some(found) = library.find_materialization(name, &scope.adapter_type)? else {
        let message = format!(
            "there is no materialization '{name}' for {}",
            scope.adapter_type
        );
        let hint = "use one of view, table, incremental, ephemeral, or define it with {% materialization %}";
        return Err(Diagnostic::error("unknown-materialization", message)
            .at(place())
            .hint(hint));
    };
    takes_language(runtime, found).map_err(|error| error.at(place()))?;
    if library.replaces_builtin(found, name, &scope.adapter_type) {
        let message = format!(
            "package '{}' replaces the built-in materialization '{name}', which later versions of dbt will not let it",
            found.package_name
        );
        jinja::warn_of(runtime, JinjaWarning::Materialization, &message)
            .map_err(|error| error.at(place()))?;
    }
    let phase = Phase::Execute(Arc::clone(runtime));
    let callee = format!("{}.{}", found.package_name, found.name);
    let answer = jinja::call_macro(
        library,
        scope,
        &phase,
        &node.package_name,
        &callee,
        &[],
        &[],
    )
    .map_err(|error| {
        if error.span.is_some() {
            error
        } else {
            error.at(place())
        }
    })?;
    let here = Span::line(&found.file, found.line);
    let Some(response) = runtime.main_response() else {
        return Ok((here, None));
    };
    let relations = relations(&answer);
    // What is no table or view may have the name of one.
    let tables = relations
        .iter()
        .filter(|relation| relation.kind != Some(RelationType::Function));
    for relation in tables {
        runtime.run.cache.add(relation);
    }
    let materialized = Materialized {
        response,
        relations,
        table: runtime.main_table().unwrap_or_default(),
    };
    Ok((here, Some(materialized)))
}

/// Refuses a node in a language that the materialization does not name, as dbt does.
fn takes_language(runtime: &Runtime, found: &MacroSource) -> Result<(), Diagnostic> {
    let node = &runtime.node;
    let listed = (runtime.run.manifest.macros.get(&found.unique_id))
        .and_then(|one| one.supported_languages.as_deref());
    match listed {
        // A seed is in no language.
        Some(listed) if !node.language.is_empty() && !listed.contains(&node.language) => {
            let message = format!(
                "'{}' is written in {}, and '{}' takes {}",
                node.name,
                node.language,
                found.name,
                listed.join(", ")
            );
            let hint =
                "Python models are compiled and listed, but not run: leave them out with --exclude";
            Err(Diagnostic::error("language", message).hint(hint))
        }
        _ => Ok(()),
    }
}

/// The name to look for: what the configuration says, or the kind's own where there is no choice.
fn materialization(node: &Node) -> &str {
    match node.resource_type {
        ResourceType::Seed => "seed",
        ResourceType::Test => "test",
        ResourceType::Snapshot => "snapshot",
        _ => node.config.materialized(),
    }
}

/// The relations that a materialization returned under `relations`.
fn relations(answer: &Value) -> Vec<Relation> {
    let listed = answer
        .get_item(&Value::from("relations"))
        .ok()
        .and_then(|list| list.try_iter().ok());
    listed
        .into_iter()
        .flatten()
        .filter_map(|relation| Relation::from_value(&relation))
        .collect()
}
