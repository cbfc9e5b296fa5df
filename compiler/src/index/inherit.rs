//! Descriptions of columns that are copies of described ones.

use super::describe::link;
use super::detail::{InheritedDescription, NodeDetail};
use crate::artifacts::manifest::{Column, Manifest};
use crate::lineage::{ColumnAt, ColumnLineage};

/// Fills in what columns without a description inherit from the nearest described column that they are copies of.
pub fn inherit_descriptions(detail: &mut NodeDetail, manifest: &Manifest, lineage: &ColumnLineage) {
    let Some(node) = lineage.position(&detail.unique_id) else {
        return;
    };
    for column in &mut detail.columns {
        if !column.description.is_empty() {
            continue;
        }
        let found = lineage
            .column(node, &column.name)
            .and_then(|start| lineage.inherited(start, |at| described(manifest, lineage, at)));
        column.inherited = found.map(|(at, of)| InheritedDescription {
            from: link(manifest, &lineage.node(at).unique_id),
            column: of.name.clone(),
            description: of.description.clone(),
        });
    }
}

/// The properties of a column that is described.
fn described<'a>(
    manifest: &'a Manifest,
    lineage: &ColumnLineage,
    at: ColumnAt,
) -> Option<&'a Column> {
    let id = lineage.node(at).unique_id.as_str();
    let columns = match manifest.nodes.get(id) {
        Some(node) => &node.columns,
        None => &manifest.sources.get(id)?.columns,
    };
    let name = lineage.at(at).name.as_str();
    columns
        .values()
        .find(|column| column.name.eq_ignore_ascii_case(name))
        .filter(|column| !column.description.is_empty())
}
