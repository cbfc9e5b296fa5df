//! The DAG of a manifest: order, neighbours by depth, subsets.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};

use indexmap::IndexMap;
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use super::cycle;
use super::universe::{Selectable, Universe};
use crate::artifacts::manifest::Manifest;
use crate::diag::Diagnostics;

/// Which way to walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Towards what a node reads.
    Up,
    /// Towards what reads it.
    Down,
}

/// Nodes, sources, tests, exposures and the rest of a manifest with their dependencies, free of cycles.
#[derive(Debug, Clone)]
pub struct Graph {
    ids: Vec<String>,
    positions: HashMap<String, usize>,
    dag: DiGraph<(), ()>,
    order: Vec<usize>,
}

impl Graph {
    /// Builds the graph; every circle of dependencies is an error that names its nodes with file and line.
    pub fn new(manifest: &Manifest) -> Result<Self, Diagnostics> {
        let universe = manifest.universe();
        let dag = petgraph_of(&universe);
        let circles = cycle::find(&dag);
        if !circles.is_empty() {
            let errors = circles
                .iter()
                .map(|circle| cycle::diagnostic(manifest, &universe, circle));
            return Err(Diagnostics(errors.collect()));
        }
        let ids: Vec<String> = universe
            .elements
            .iter()
            .map(|element| element.unique_id.to_owned())
            .collect();
        let positions = ids
            .iter()
            .cloned()
            .enumerate()
            .map(|(position, id)| (id, position))
            .collect();
        Ok(Self {
            order: order(&dag),
            ids,
            positions,
            dag,
        })
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Whether the graph has a node.
    pub fn contains(&self, id: &str) -> bool {
        self.positions.contains_key(id)
    }

    /// All unique ids, each after everything that it reads; what is free of each other stays in the manifest's order.
    pub fn order(&self) -> impl Iterator<Item = &str> {
        self.order
            .iter()
            .map(|position| self.ids[*position].as_str())
    }

    /// What a node reads itself; empty for unknown ids.
    pub fn parents(&self, id: &str) -> Vec<&str> {
        self.neighbours(id, Way::Up)
    }

    /// What reads the node itself, tests included; empty for unknown ids.
    pub fn children(&self, id: &str) -> Vec<&str> {
        self.neighbours(id, Way::Down)
    }

    /// Everything upstream with its distance, nearest first; `depth` limits the distance.
    pub fn ancestors(&self, id: &str, depth: Option<usize>) -> Vec<(&str, usize)> {
        self.reach(id, Way::Up, depth)
    }

    /// Everything downstream with its distance, nearest first, tests included; `depth` limits the distance.
    pub fn descendants(&self, id: &str, depth: Option<usize>) -> Vec<(&str, usize)> {
        self.reach(id, Way::Down, depth)
    }

    /// The given nodes in topological order; unknown ids are left out.
    pub fn subset_order<'a>(&'a self, subset: &HashSet<String>) -> Vec<&'a str> {
        self.order().filter(|id| subset.contains(*id)).collect()
    }

    /// For each of the given nodes, in topological order, those of the subset that must be done before it:
    /// its parents, and where a parent is not in the subset, that parent's own nearest ones, as dbt does.
    pub fn subset_parents(&self, subset: &HashSet<String>) -> IndexMap<String, Vec<String>> {
        let mut nearest: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.ids.len()];
        let mut answer = IndexMap::new();
        for &position in &self.order {
            let mut found = BTreeSet::new();
            for parent in self
                .dag
                .neighbors_directed(NodeIndex::new(position), Direction::Incoming)
            {
                if subset.contains(&self.ids[parent.index()]) {
                    found.insert(parent.index());
                } else {
                    found.extend(&nearest[parent.index()]);
                }
            }
            let id = &self.ids[position];
            if subset.contains(id) {
                answer.insert(
                    id.clone(),
                    found
                        .iter()
                        .map(|parent| self.ids[*parent].clone())
                        .collect(),
                );
            } else {
                nearest[position] = found;
            }
        }
        answer
    }

    fn neighbours(&self, id: &str, way: Way) -> Vec<&str> {
        let Some(position) = self.positions.get(id) else {
            return Vec::new();
        };
        sorted(&self.dag, *position, way)
            .into_iter()
            .map(|other| self.ids[other].as_str())
            .collect()
    }

    fn reach(&self, id: &str, way: Way, depth: Option<usize>) -> Vec<(&str, usize)> {
        let Some(&start) = self.positions.get(id) else {
            return Vec::new();
        };
        let mut seen = HashSet::from([start]);
        let mut queue = VecDeque::from([(start, 0)]);
        let mut found = Vec::new();
        while let Some((position, distance)) = queue.pop_front() {
            if depth.is_some_and(|depth| distance >= depth) {
                continue;
            }
            for next in sorted(&self.dag, position, way) {
                if seen.insert(next) {
                    found.push((self.ids[next].as_str(), distance + 1));
                    queue.push_back((next, distance + 1));
                }
            }
        }
        found
    }
}

fn petgraph_of(universe: &Universe<'_>) -> DiGraph<(), ()> {
    let edges: usize = universe.parents.iter().map(Vec::len).sum();
    let mut dag = DiGraph::with_capacity(universe.elements.len(), edges);
    for _ in &universe.elements {
        dag.add_node(());
    }
    for (child, parents) in universe.parents.iter().enumerate() {
        for parent in parents {
            dag.add_edge(NodeIndex::new(*parent as usize), NodeIndex::new(child), ());
        }
    }
    dag
}

fn sorted(dag: &DiGraph<(), ()>, position: usize, way: Way) -> Vec<usize> {
    let direction = match way {
        Way::Up => Direction::Incoming,
        Way::Down => Direction::Outgoing,
    };
    let mut found: Vec<usize> = dag
        .neighbors_directed(NodeIndex::new(position), direction)
        .map(NodeIndex::index)
        .collect();
    found.sort_unstable();
    found
}

/// Kahn's algorithm; of several nodes that are ready the first of the manifest comes first.
fn order(dag: &DiGraph<(), ()>) -> Vec<usize> {
    let mut waiting: Vec<usize> = dag
        .node_indices()
        .map(|node| dag.neighbors_directed(node, Direction::Incoming).count())
        .collect();
    let mut ready: BinaryHeap<Reverse<usize>> = (0..waiting.len())
        .filter(|position| waiting[*position] == 0)
        .map(Reverse)
        .collect();
    let mut order = Vec::with_capacity(waiting.len());
    while let Some(Reverse(position)) = ready.pop() {
        order.push(position);
        for child in dag.neighbors_directed(NodeIndex::new(position), Direction::Outgoing) {
            waiting[child.index()] -= 1;
            if waiting[child.index()] == 0 {
                ready.push(Reverse(child.index()));
            }
        }
    }
    order
}
