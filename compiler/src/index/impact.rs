//! What changes with a column or a whole node: everything downstream with owners and contracts, as a list for
//! people and as Markdown for a pull request.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::types::{CatalogIndex, IndexNode, NodePosition};
use crate::artifacts::manifest::ResourceType;
use crate::lineage::{ColumnAt, ColumnLineage, Knowledge, Use};

/// Everything downstream of a column or node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Impact {
    /// What would change: `stg_users.email`, or a node's name.
    pub of: String,
    /// What it reaches, in the order of the index.
    pub items: Vec<ImpactItem>,
}

/// A node that is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImpactItem {
    /// The node.
    pub node: NodePosition,
    /// Its columns that are made of the column.
    pub columns: Vec<(String, Use)>,
    /// Whether the column decides which rows it has.
    pub rows: bool,
    /// Whether it may be reached in ways that could not be followed.
    pub unsure: bool,
}

impl Impact {
    /// Everything that reads a node, directly or not.
    pub fn of_node(index: &CatalogIndex, node: NodePosition) -> Self {
        let reached = descendants(index, &BTreeSet::from([node]), |_| true);
        Self {
            of: index.nodes[node as usize].label(),
            items: items(
                index,
                reached.into_iter().map(|node| ImpactItem {
                    node,
                    ..ImpactItem::default()
                }),
            ),
        }
    }

    /// Everything that a column goes into. Nodes whose lineage is not fully known are listed as unsure where they
    /// read something that is reached; exposures are listed where they read a reached node.
    pub fn of_column(index: &CatalogIndex, lineage: &ColumnLineage, column: ColumnAt) -> Self {
        let positions: BTreeMap<&str, NodePosition> = index
            .nodes
            .iter()
            .enumerate()
            .map(|(position, node)| (node.unique_id.as_str(), position as NodePosition))
            .collect();
        let position = |node: u32| {
            let id = lineage.nodes[node as usize].unique_id.as_str();
            positions.get(id).copied()
        };
        let affected = lineage.readers().affected(&[column]);
        let mut found: BTreeMap<NodePosition, ImpactItem> = BTreeMap::new();
        for reached in &affected.columns {
            if let Some(node) = position(reached.at.0) {
                let name = lineage.at(reached.at).name.clone();
                let entry = entry(&mut found, node);
                entry.columns.push((name, reached.usage));
            }
        }
        for node in &affected.filtered {
            if let Some(node) = position(*node) {
                entry(&mut found, node).rows = true;
            }
        }
        let mut reached: BTreeSet<NodePosition> = found.keys().copied().collect();
        reached.extend(position(column.0));
        let unsure = unsure(index, lineage, &reached);
        for node in unsure {
            entry(&mut found, node).unsure = true;
        }
        reached.extend(found.keys());
        for node in &reached {
            for child in &index.nodes[*node as usize].children {
                if index.nodes[*child as usize].kind == ResourceType::Exposure {
                    entry(&mut found, *child);
                }
            }
        }
        let start = lineage.node(column);
        let label = positions.get(start.unique_id.as_str()).map_or_else(
            || start.unique_id.clone(),
            |at| index.nodes[*at as usize].label(),
        );
        Self {
            of: format!("{label}.{}", lineage.at(column).name),
            items: items(index, found.into_values()),
        }
    }

    /// Who answers for what is reached, each once, in alphabetical order.
    pub fn owners(&self, index: &CatalogIndex) -> Vec<String> {
        let owners: BTreeSet<String> = self
            .items
            .iter()
            .filter_map(|item| index.nodes[item.node as usize].owner.as_ref())
            .map(ToString::to_string)
            .collect();
        owners.into_iter().collect()
    }

    /// How many of what kinds, and their owners, as one sentence.
    pub fn summary(&self, index: &CatalogIndex) -> String {
        if self.items.is_empty() {
            return "Nothing downstream.".to_owned();
        }
        let mut kinds: Vec<(ResourceType, usize)> = Vec::new();
        for item in &self.items {
            let kind = index.nodes[item.node as usize].kind;
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((kind, 1)),
            }
        }
        let counts: Vec<String> = kinds
            .iter()
            .map(|(kind, count)| {
                let plural = if *count == 1 { "" } else { "s" };
                format!("{count} {}{plural}", kind.as_str().replace('_', " "))
            })
            .collect();
        let owners = self.owners(index);
        let owners = if owners.is_empty() {
            String::new()
        } else {
            format!("; owners: {}", owners.join(", "))
        };
        format!("{}{owners}.", counts.join(", "))
    }

    /// One line for each node, without markup.
    pub fn text(&self, index: &CatalogIndex) -> String {
        let mut text = format!("Impact of {}: {}\n", self.of, self.summary(index));
        for item in &self.items {
            let node = &index.nodes[item.node as usize];
            let _ = write!(text, "{} ({})", node.label(), node.kind);
            for part in [item.ways(), owner(node), contract(node)] {
                if !part.is_empty() {
                    let _ = write!(text, ", {part}");
                }
            }
            text.push('\n');
        }
        text
    }

    /// A heading, the sentence and a table.
    pub fn markdown(&self, index: &CatalogIndex) -> String {
        let mut text = format!("### Impact of `{}`\n\n{}\n", self.of, self.summary(index));
        if self.items.is_empty() {
            return text;
        }
        text.push_str(
            "\n| resource | kind | reached | owner | contract |\n|---|---|---|---|---|\n",
        );
        for item in &self.items {
            let node = &index.nodes[item.node as usize];
            let cells = [
                format!("`{}`", node.label()),
                node.kind.to_string(),
                item.ways(),
                node.owner
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                node.contract
                    .map(|state| state.as_str().to_owned())
                    .unwrap_or_default(),
            ];
            let cells = cells.map(|cell| cell.replace('|', "\\|"));
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text
    }
}

impl ImpactItem {
    /// How it is reached, in words; empty for what reads the node as a whole.
    pub fn ways(&self) -> String {
        let mut ways: Vec<String> = self
            .columns
            .iter()
            .map(|(name, usage)| format!("{name} ({usage})"))
            .collect();
        if self.rows {
            ways.push("rows".to_owned());
        }
        if self.unsure {
            ways.push("not fully known".to_owned());
        }
        ways.join(", ")
    }
}

fn entry(found: &mut BTreeMap<NodePosition, ImpactItem>, node: NodePosition) -> &mut ImpactItem {
    found.entry(node).or_insert_with(|| ImpactItem {
        node,
        ..ImpactItem::default()
    })
}

/// Without what is no resource of its own for people.
fn items(index: &CatalogIndex, items: impl Iterator<Item = ImpactItem>) -> Vec<ImpactItem> {
    let shown = |item: &ImpactItem| index.nodes[item.node as usize].kind != ResourceType::UnitTest;
    items.filter(shown).collect()
}

/// Nodes that read something reached and whose own lineage has gaps, and what reads these.
fn unsure(
    index: &CatalogIndex,
    lineage: &ColumnLineage,
    reached: &BTreeSet<NodePosition>,
) -> BTreeSet<NodePosition> {
    let known: BTreeSet<&str> = lineage
        .nodes
        .iter()
        .filter(|node| {
            node.gaps.is_empty() && matches!(node.knowledge, Knowledge::Read | Knowledge::Root)
        })
        .map(|node| node.unique_id.as_str())
        .collect();
    let has_gaps = |node: &IndexNode| {
        let has_columns = matches!(node.kind, ResourceType::Model | ResourceType::Snapshot);
        has_columns && !known.contains(node.unique_id.as_str())
    };
    let mut first = BTreeSet::new();
    for node in reached {
        for child in &index.nodes[*node as usize].children {
            if !reached.contains(child) && has_gaps(&index.nodes[*child as usize]) {
                first.insert(*child);
            }
        }
    }
    let mut all = descendants(index, &first, |node| {
        matches!(node.kind, ResourceType::Model | ResourceType::Snapshot)
    });
    all.retain(|node| !reached.contains(node));
    all.extend(first);
    all
}

/// Everything that reads some nodes, as far as it is let through.
fn descendants(
    index: &CatalogIndex,
    starts: &BTreeSet<NodePosition>,
    lets_through: impl Fn(&IndexNode) -> bool,
) -> BTreeSet<NodePosition> {
    let mut found = BTreeSet::new();
    let mut stack: Vec<NodePosition> = starts.iter().copied().collect();
    while let Some(at) = stack.pop() {
        for child in &index.nodes[at as usize].children {
            if lets_through(&index.nodes[*child as usize]) && found.insert(*child) {
                stack.push(*child);
            }
        }
    }
    found
}

fn owner(node: &IndexNode) -> String {
    node.owner
        .as_ref()
        .map(|owner| format!("owner {owner}"))
        .unwrap_or_default()
}

fn contract(node: &IndexNode) -> String {
    node.contract
        .map(|state| format!("contract {}", state.as_str()))
        .unwrap_or_default()
}
