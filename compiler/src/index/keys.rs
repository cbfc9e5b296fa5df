//! Which columns point at which others: `relationships` tests and foreign keys of constraints.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::types::{CatalogIndex, NodePosition, TestPosition};
use crate::artifacts::manifest::{Manifest, Node};

/// Columns whose values are found in columns of another node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The node that points.
    pub node: NodePosition,
    /// Its columns.
    pub columns: Vec<String>,
    /// The node that is pointed at.
    pub to: NodePosition,
    /// Its columns; empty where a constraint leaves them to the warehouse.
    pub to_columns: Vec<String>,
    /// The test that proves it; `None` for a constraint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<TestPosition>,
}

/// All keys: those of tests in the order of the tests, then those of constraints.
pub(super) fn foreign_keys(
    manifest: &Manifest,
    index: &CatalogIndex,
    positions: &HashMap<&str, NodePosition>,
) -> Vec<ForeignKey> {
    let tests = (0..).zip(&index.tests);
    let mut keys: Vec<ForeignKey> = tests
        .filter(|(_, test)| test.test.as_deref() == Some("relationships"))
        .filter_map(|(position, test)| {
            let own = manifest.nodes.get(&test.unique_id)?;
            let field = own.test_metadata.as_ref()?.kwargs.get("field")?.as_str()?;
            let node = test.node?;
            // A test that reads one node only points from it at itself.
            let others = test.parents.iter().find(|parent| **parent != node);
            Some(ForeignKey {
                node,
                columns: vec![test.column.as_deref()?.to_owned()],
                to: *others.unwrap_or(&node),
                to_columns: vec![field.to_owned()],
                test: Some(position),
            })
        })
        .collect();
    let nodes = manifest.nodes.values();
    let nodes = nodes.map(|node| (&node.relation_name, &node.unique_id));
    let sources = manifest.sources.values();
    let sources = sources.map(|source| (&source.relation_name, &source.unique_id));
    let relations: HashMap<&str, NodePosition> = nodes
        .chain(sources)
        .filter_map(|(relation, id)| Some((relation.as_deref()?, *positions.get(id.as_str())?)))
        .collect();
    for node in manifest.nodes.values() {
        let Some(position) = positions.get(node.unique_id.as_str()) else {
            continue;
        };
        let of_columns = node.columns.values().flat_map(|column| {
            column
                .constraints
                .iter()
                .map(|constraint| (constraint, Some(column.name.as_str())))
        });
        let of_node = node.constraints.iter().map(|constraint| (constraint, None));
        for (constraint, column) in of_node.chain(of_columns) {
            let to = target(manifest, node, constraint, &relations, positions);
            let (Some("foreign_key"), Some(to)) =
                (constraint.get("type").and_then(Value::as_str), to)
            else {
                continue;
            };
            let own = column.map(|column| vec![column.to_owned()]);
            keys.push(ForeignKey {
                node: *position,
                columns: own.unwrap_or_else(|| names(constraint, "columns")),
                to,
                to_columns: names(constraint, "to_columns"),
                test: None,
            });
        }
    }
    keys
}

fn names(constraint: &Value, key: &str) -> Vec<String> {
    let names = constraint.get(key).and_then(Value::as_array);
    names
        .into_iter()
        .flatten()
        .filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect()
}

/// What a constraint points at: `to` is a relation once the node is compiled, `ref(…)` or `source(…)` before.
fn target(
    manifest: &Manifest,
    node: &Node,
    constraint: &Value,
    relations: &HashMap<&str, NodePosition>,
    positions: &HashMap<&str, NodePosition>,
) -> Option<NodePosition> {
    let to = constraint.get("to")?.as_str()?;
    let known = relations.get(to.trim()).copied();
    known.or_else(|| {
        let name = to.split(['\'', '"']).skip(1).step_by(2).last()?;
        let parents = node.depends_on.nodes.iter();
        let mut named = parents.filter(|id| {
            let node = manifest.nodes.get(id.as_str()).map(|node| &node.name);
            let source = || manifest.sources.get(id.as_str()).map(|source| &source.name);
            node.or_else(source).is_some_and(|known| known == name)
        });
        positions.get(named.next()?.as_str()).copied()
    })
}
