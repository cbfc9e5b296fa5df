//! Compiled SQL as it lies in the target folder, and the column lineage that is made of it.

use std::fs;
use std::path::Path;

use compiler::artifacts::catalog::Catalog;
use compiler::artifacts::manifest::{Manifest, Node, ResourceType};
use compiler::lineage::ProjectLineage;

use crate::execute::sql_path;

/// A node's SQL from an earlier command: each writes the SQL of only the nodes that it took. `None` where there is
/// none, or the node's file below `root` was changed since.
pub(crate) fn compiled_before(target: &Path, root: &Path, node: &Node) -> Option<String> {
    let is_compiled = matches!(
        node.resource_type,
        ResourceType::Model | ResourceType::Test | ResourceType::Snapshot | ResourceType::Analysis
    );
    if !is_compiled {
        return None;
    }
    let file = target.join("compiled").join(sql_path(node, None));
    let written = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let source = root
        .join(node.root_path.as_deref().unwrap_or_default())
        .join(&node.original_file_path);
    let is_new = written(&source).is_some_and(|source| Some(source) <= written(&file));
    is_new.then(|| fs::read_to_string(&file).ok())?
}

/// The project's column lineage, from the manifest's compiled SQL and, where `root` is a project, from what earlier
/// commands compiled. What `before` knows is used again.
pub(crate) fn read(
    manifest: &Manifest,
    catalog: Option<&Catalog>,
    target: &Path,
    root: Option<&Path>,
    before: Option<&ProjectLineage>,
) -> ProjectLineage {
    let sql = |node: &Node| root.and_then(|root| compiled_before(target, root, node));
    ProjectLineage::new(manifest, catalog, &sql, before)
}
