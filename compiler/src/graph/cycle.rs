//! Circles of dependencies: finding them and telling the user where each step is written.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::universe::Universe;
use crate::artifacts::manifest::{Manifest, ResourceType};
use crate::diag::{Diagnostic, Span};

/// One shortest circle for each knot of nodes that reach each other. Each node reads the one after it, and the
/// last reads the first; it starts with the knot's first node.
pub(super) fn find(dag: &DiGraph<(), ()>) -> Vec<Vec<usize>> {
    let mut circles = Vec::new();
    for knot in tarjan_scc(dag) {
        let start = knot.iter().min().copied();
        let Some(start) = start else { continue };
        if knot.len() > 1 || dag.contains_edge(start, start) {
            circles.push(shortest(dag, start, &knot.into_iter().collect()));
        }
    }
    circles.sort_unstable();
    circles
}

fn shortest(dag: &DiGraph<(), ()>, start: NodeIndex, knot: &HashSet<NodeIndex>) -> Vec<usize> {
    let mut came_from: HashMap<NodeIndex, NodeIndex> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        let mut parents: Vec<NodeIndex> = dag
            .neighbors_directed(node, petgraph::Direction::Incoming)
            .filter(|next| knot.contains(next))
            .collect();
        parents.sort_unstable();
        for parent in parents {
            if parent == start {
                let mut circle = vec![node.index()];
                let mut at = node;
                while at != start {
                    at = came_from[&at];
                    circle.push(at.index());
                }
                circle.reverse();
                return circle;
            }
            if let Entry::Vacant(place) = came_from.entry(parent) {
                place.insert(node);
                queue.push_back(parent);
            }
        }
    }
    vec![start.index()]
}

/// Prints the whole circle; the labels say for each node where it reads the next.
pub(super) fn diagnostic(
    manifest: &Manifest,
    universe: &Universe<'_>,
    circle: &[usize],
) -> Diagnostic {
    let name = |position: usize| universe.elements[position].name;
    let steps: Vec<&str> = circle
        .iter()
        .chain(circle.first())
        .map(|position| name(*position))
        .collect();
    let message = format!(
        "models depend on each other in a circle: {}",
        steps.join(" → ")
    );
    let mut diagnostic = Diagnostic::error("graph-cycle", message)
        .hint("break the circle: take one of these refs out, or move what both need into a model of its own");
    for (step, position) in circle.iter().enumerate() {
        let next = circle[(step + 1) % circle.len()];
        let span = place(manifest, universe, *position, name(next));
        let text = format!("{} reads {}", name(*position), name(next));
        if step == 0 {
            diagnostic = diagnostic.at(span.clone());
        }
        diagnostic = diagnostic.label(span, text);
    }
    diagnostic
}

/// Where a node reads another. The manifest has no positions, so the first line of its code that refers to the
/// name is taken; where there is none (a `depends_on` in YAML, a macro's ref) only the file is told.
fn place(manifest: &Manifest, universe: &Universe<'_>, position: usize, target: &str) -> Span {
    let element = &universe.elements[position];
    let Some(node) = manifest.node(element.unique_id) else {
        return Span::file(element.path);
    };
    // A snapshot's code is one block of its file, so its lines are not the file's.
    if node.resource_type == ResourceType::Snapshot {
        return Span::file(element.path);
    }
    let line = node.raw_code.lines().position(|line| refers(line, target));
    line.map_or_else(
        || Span::file(element.path),
        |line| Span::line(element.path, line + 1),
    )
}

fn refers(line: &str, target: &str) -> bool {
    let calls = ["ref(", "ref (", "source(", "function("];
    let Some(start) = calls.iter().find_map(|call| line.find(call)) else {
        return false;
    };
    ['\'', '"']
        .iter()
        .any(|quote| line[start..].contains(&format!("{quote}{target}{quote}")))
}
