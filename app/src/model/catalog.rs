//! The index with what pages look up in it.

use std::cmp::Ordering;
use std::collections::HashMap;

use compiler::artifacts::manifest::ResourceType;
use compiler::artifacts::results::Status;
use compiler::contract::PromiseState;
use compiler::index::{CatalogIndex, IndexNode, IndexTest, NodePosition, TestPosition};

use super::status::{Tone, freshness_word, node_tone, tone};

/// The index with look-up tables.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    /// The index as the server sent it.
    pub index: CatalogIndex,
    positions: HashMap<String, NodePosition>,
    tests: HashMap<String, TestPosition>,
}

/// Numbers for the overview.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Kind as unique ids spell it, with how many there are; in the order of the data's way.
    pub kinds: Vec<(&'static str, usize)>,
    /// Tests that passed, warned, failed and did not run.
    pub tests: [usize; 4],
    /// Nodes built, failed, skipped and not run.
    pub builds: [usize; 4],
    /// Sources fresh, late, stale and not checked.
    pub sources: [usize; 4],
    /// Contracts kept, unknown and broken.
    pub contracts: [usize; 3],
}

/// Whether `ref()` may name a node.
pub fn is_refable(node: &IndexNode) -> bool {
    matches!(
        node.kind,
        ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot
    )
}

impl Catalog {
    /// Makes the look-up tables.
    pub fn new(index: CatalogIndex) -> Self {
        let positions = index
            .nodes
            .iter()
            .enumerate()
            .map(|(at, node)| (node.unique_id.clone(), at as NodePosition))
            .collect();
        let tests = index
            .tests
            .iter()
            .enumerate()
            .map(|(at, test)| (test.unique_id.clone(), at as TestPosition))
            .collect();
        Self {
            index,
            positions,
            tests,
        }
    }

    /// A node's position.
    pub fn position(&self, id: &str) -> Option<NodePosition> {
        self.positions.get(id).copied()
    }

    /// A node by its id.
    pub fn node(&self, id: &str) -> Option<&IndexNode> {
        self.position(id).map(|at| self.at(at))
    }

    /// A node by its position.
    pub fn at(&self, position: NodePosition) -> &IndexNode {
        &self.index.nodes[position as usize]
    }

    /// Name and kind for people of anything by its id: `not_null on orders.id` for a test.
    pub fn label(&self, id: &str) -> (String, String) {
        let kind = id.split('.').next().unwrap_or_default().to_owned();
        if let Some(node) = self.node(id) {
            return (node.label(), kind);
        }
        if let Some(test) = self.tests.get(id).map(|at| &self.index.tests[*at as usize]) {
            return (self.test_label(test), kind);
        }
        (id.splitn(3, '.').nth(2).unwrap_or(id).to_owned(), kind)
    }

    /// What a test asks of what: `not_null on orders.id`; the name of a singular test.
    pub fn test_label(&self, test: &IndexTest) -> String {
        match (
            &test.test,
            test.node.map(|at| self.at(at).label()),
            &test.column,
        ) {
            (Some(word), Some(node), Some(column)) => format!("{word} on {node}.{column}"),
            (Some(word), Some(node), None) => format!("{word} on {node}"),
            _ => test.name.clone(),
        }
    }

    /// Nodes of a kind.
    pub fn of_kind(&self, kind: ResourceType) -> impl Iterator<Item = &IndexNode> {
        self.index
            .nodes
            .iter()
            .filter(move |node| node.kind == kind)
    }

    /// The versions of a model, oldest first: numbers by size, words after them.
    pub fn versions(&self, package: &str, name: &str) -> Vec<&IndexNode> {
        let same = |node: &&IndexNode| {
            node.version.is_some() && &*node.package == package && node.name == name
        };
        let mut found: Vec<&IndexNode> = self.of_kind(ResourceType::Model).filter(same).collect();
        let order = |node: &&IndexNode| {
            let version = node.version.as_deref().unwrap_or_default();
            let number = version.parse::<f64>().unwrap_or(f64::INFINITY);
            (number, version.to_owned())
        };
        found.sort_by(|one, other| {
            order(one)
                .partial_cmp(&order(other))
                .unwrap_or(Ordering::Equal)
        });
        found
    }

    /// Everything that reads a node, directly or not, without the node itself; ascending positions.
    pub fn downstream(&self, position: NodePosition) -> Vec<NodePosition> {
        let mut seen = vec![false; self.index.nodes.len()];
        seen[position as usize] = true;
        let mut stack = vec![position];
        while let Some(at) = stack.pop() {
            for child in &self.at(at).children {
                if !std::mem::replace(&mut seen[*child as usize], true) {
                    stack.push(*child);
                }
            }
        }
        seen[position as usize] = false;
        (0..seen.len() as NodePosition)
            .filter(|at| seen[*at as usize])
            .collect()
    }

    /// What has failed or is stale upstream of a node, so that what the node shows may be old; ascending positions.
    pub fn trouble_above(&self, position: NodePosition) -> Vec<NodePosition> {
        let mut seen = vec![false; self.index.nodes.len()];
        seen[position as usize] = true;
        let mut stack = vec![position];
        while let Some(at) = stack.pop() {
            for parent in &self.at(at).parents {
                if !std::mem::replace(&mut seen[*parent as usize], true) {
                    stack.push(*parent);
                }
            }
        }
        seen[position as usize] = false;
        let failed = |at: &NodePosition| node_tone(self.at(*at)) == Tone::Bad;
        (0..seen.len() as NodePosition)
            .filter(|at| seen[*at as usize])
            .filter(failed)
            .collect()
    }

    /// Nodes that sources past their limit, failed builds or failed tests cast doubt on.
    pub fn failing_tests(&self) -> Vec<&IndexTest> {
        let mut tests: Vec<&IndexTest> = self
            .index
            .tests
            .iter()
            .filter(|test| test_tone(test) >= Tone::Warn)
            .collect();
        tests.sort_by_key(|test| std::cmp::Reverse(test_tone(test)));
        tests
    }

    /// Nodes whose last build failed.
    pub fn failed_builds(&self) -> Vec<&IndexNode> {
        self.index
            .nodes
            .iter()
            .filter(|node| {
                node.last
                    .as_ref()
                    .is_some_and(|last| tone(last.status) == Tone::Bad)
            })
            .collect()
    }

    /// Counts for the overview.
    pub fn tally(&self) -> Tally {
        const ORDER: [&str; 10] = [
            "source",
            "seed",
            "model",
            "snapshot",
            "analysis",
            "metric",
            "semantic_model",
            "saved_query",
            "function",
            "exposure",
        ];
        let mut tally = Tally {
            kinds: ORDER.iter().map(|kind| (*kind, 0)).collect(),
            ..Tally::default()
        };
        for node in &self.index.nodes {
            if let Some(entry) = tally
                .kinds
                .iter_mut()
                .find(|(kind, _)| *kind == node.kind.as_str())
            {
                entry.1 += 1;
            }
            match node.kind {
                ResourceType::Source if node.freshness.is_some() => {
                    let word = node
                        .freshness
                        .as_ref()
                        .map(freshness_word)
                        .map_or(Tone::Idle, |(tone, _)| tone);
                    tally.sources[four(word)] += 1;
                }
                // What is put into the SQL of others is never built.
                ResourceType::Model if node.materialized() == "ephemeral" => {}
                ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot => {
                    let slot = match node.last.as_ref().map(|last| last.status) {
                        Some(Status::Success | Status::Pass | Status::Warn) => 0,
                        Some(Status::Skipped) => 2,
                        Some(Status::NoOp) | None => 3,
                        Some(_) => 1,
                    };
                    tally.builds[slot] += 1;
                }
                _ => {}
            }
            match node.contract {
                Some(PromiseState::Kept) => tally.contracts[0] += 1,
                Some(PromiseState::Unknown) => tally.contracts[1] += 1,
                Some(PromiseState::Broken) => tally.contracts[2] += 1,
                None => {}
            }
        }
        tally.kinds.retain(|(_, count)| *count > 0);
        for test in &self.index.tests {
            tally.tests[four(test_tone(test))] += 1;
        }
        tally
    }
}

/// Tone of a test's last result.
pub fn test_tone(test: &IndexTest) -> Tone {
    test.last
        .as_ref()
        .map_or(Tone::Idle, |last| tone(last.status))
}

/// Where a tone is counted: fine, warned, bad, unknown.
fn four(tone: Tone) -> usize {
    match tone {
        Tone::Ok => 0,
        Tone::Warn => 1,
        Tone::Bad => 2,
        Tone::Idle | Tone::Busy => 3,
    }
}
