//! The pointer at a model's latest version: a view of it under the model's name, made once the version is built.
//! See <https://docs.getdbt.com/reference/resource-configs/latest_version_pointer>.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::materialize::carry_out;
use crate::artifacts::manifest::{Node, ResourceType};
use crate::diag::{Diagnostic, Span};
use crate::jinja::adapter::Relation;
use crate::jinja::{self, Library, Phase, ProjectScope, Runtime, Value, node_value};

/// The project's flag for models that do not say.
const DEFAULT_FLAG: &str = "LATEST_VERSION_POINTER_ENABLED_BY_DEFAULT";

/// The macro that names the pointer.
const ALIAS_MACRO: &str = "generate_latest_version_pointer_alias";

/// Makes the pointer at `relation`, which the runtime's node was just built as, where the node is the latest version of
/// its model and has one. The pointer inherits the node's grants, but neither its hooks nor its comments.
pub fn point_at_latest(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
    relation: &Relation,
) -> Result<(), Diagnostic> {
    let node = &runtime.node;
    if !has_pointer(node, scope) {
        return Ok(());
    }
    let alias = alias(library, scope, runtime)?;
    if collides(relation, &alias) {
        let message = format!(
            "cannot create the latest version pointer: the latest version of '{}' is already called '{alias}'",
            node.name
        );
        let hint =
            "set `latest_version_pointer: {enabled: false}`, or give one of the two another alias";
        return Err(Diagnostic::error("latest-version-pointer", message)
            .at(Span::file(&node.original_file_path))
            .hint(hint));
    }
    let pointer = pointer(node, alias, relation);
    let mut own = Runtime::new(
        runtime.run.clone(),
        Arc::new(pointer),
        Arc::clone(&runtime.warehouse),
    );
    own.extra.clone_from(&runtime.extra);
    carry_out(library, scope, &Arc::new(own), "view").map(drop)
}

fn has_pointer(node: &Node, scope: &ProjectScope) -> bool {
    let is_latest = node.resource_type == ResourceType::Model
        && node.version.is_some()
        && node.version == node.latest_version;
    let by_default = || scope.flags.get(DEFAULT_FLAG).and_then(Json::as_bool);
    let own = setting(node, "enabled").and_then(Json::as_bool);
    is_latest && own.or_else(by_default).unwrap_or(false)
}

fn setting<'a>(node: &'a Node, key: &str) -> Option<&'a Json> {
    node.config.get("latest_version_pointer")?.get(key)
}

/// What the project's macro calls the pointer.
fn alias(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
) -> Result<String, Diagnostic> {
    let node = &runtime.node;
    let custom = setting(node, "alias").and_then(Json::as_str).map(str::trim);
    let custom = custom.filter(|alias| !alias.is_empty());
    let answer = jinja::call_macro(
        library,
        scope,
        &Phase::Execute(Arc::clone(runtime)),
        &scope.project_name,
        ALIAS_MACRO,
        &[Value::from(custom), node_value(node)],
        &[],
    )?;
    Ok(answer.to_string().trim().to_owned())
}

/// Names that are not quoted are the same whatever their case.
fn collides(relation: &Relation, alias: &str) -> bool {
    let name = relation.identifier.as_deref().unwrap_or_default();
    if relation.quoting.identifier {
        name == alias
    } else {
        name.eq_ignore_ascii_case(alias)
    }
}

/// The node that stands for the pointer while it is made; the manifest never has it.
fn pointer(node: &Node, alias: String, relation: &Relation) -> Node {
    let sql = format!("select * from {}", relation.render());
    let mut pointer = node.clone();
    pointer.unique_id.push_str("__latest_version_pointer");
    pointer.alias = alias;
    pointer.raw_code.clone_from(&sql);
    pointer.compiled_code = Some(sql);
    pointer.compiled = true;
    let config = &mut pointer.config.0;
    for key in ["pre-hook", "post-hook"] {
        config.insert(key.to_owned(), Json::Array(Vec::new()));
    }
    config.insert("persist_docs".to_owned(), Json::Object(Map::new()));
    pointer
}
