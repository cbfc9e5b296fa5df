//! Where the nodes of a lineage graph stand: layers from left to right, few crossings, short edges.
//!
//! Ranks come from the longest path, the order within a layer from barycenter sweeps, heights from the mean of
//! the neighbours. Edges over several layers run through a point in each. Nodes without edges stand in a grid
//! below. The same input gives the same picture on every machine.

mod height;
mod order;
mod rank;

use super::types::{CatalogIndex, NodePosition};

/// Distances, in the units of the drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spacing {
    /// From one layer to the next.
    pub layer: f32,
    /// From one node to the next in its layer.
    pub node: f32,
    /// From an edge that passes through a layer to what is beside it.
    pub passing: f32,
}

impl Default for Spacing {
    fn default() -> Self {
        Self {
            layer: 320.0,
            node: 56.0,
            passing: 20.0,
        }
    }
}

/// A point of the drawing; y grows downwards.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Point {
    /// Left to right.
    pub x: f32,
    /// Top to bottom.
    pub y: f32,
}

/// An edge with the points that it passes on its way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Route {
    /// Where it starts, a position in [`Layout::nodes`].
    pub from: u32,
    /// Where it ends, a position in [`Layout::nodes`].
    pub to: u32,
    /// Points between, one for each layer that it crosses.
    pub bends: Vec<Point>,
}

/// A finished layout.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layout {
    /// Middle of each node, in the order of the input.
    pub nodes: Vec<Point>,
    /// Layer of each node, from 0 at the left.
    pub ranks: Vec<u32>,
    /// Edges in the order of the input, without those that start or end nowhere.
    pub edges: Vec<Route>,
    /// Greatest x.
    pub width: f32,
    /// Greatest y.
    pub height: f32,
}

/// Lays out `count` nodes with edges from what is read to what reads it.
pub fn layout(count: usize, edges: &[(u32, u32)], spacing: Spacing) -> Layout {
    let edges: Vec<(u32, u32)> = edges
        .iter()
        .copied()
        .filter(|(from, to)| (*from as usize) < count && (*to as usize) < count && from != to)
        .collect();
    let ranks = rank::ranks(count, &edges);
    let mut layers = order::Layers::new(&ranks, &edges);
    layers.sort();
    let heights = height::heights(&layers, spacing);

    let x = |rank: u32| rank as f32 * spacing.layer;
    let mut nodes: Vec<Point> = (0..count)
        .map(|node| Point {
            x: x(ranks[node]),
            y: heights[node],
        })
        .collect();
    let routes = edges
        .iter()
        .zip(&layers.chains)
        .map(|(&(from, to), chain)| {
            let point = |inner: &u32| Point {
                x: x(layers.rank(*inner)),
                y: heights[*inner as usize],
            };
            let mut bends: Vec<Point> = chain.iter().map(point).collect();
            // A circle in the data is drawn against the stream.
            if ranks[from as usize] > ranks[to as usize] {
                bends.reverse();
            }
            Route { from, to, bends }
        });
    let routes = routes.collect();
    place_lonely(&layers.lonely, &ranks, &mut nodes, spacing);
    let width = nodes.iter().map(|point| point.x).fold(0.0, f32::max);
    let height = nodes.iter().map(|point| point.y).fold(0.0, f32::max);
    Layout {
        nodes,
        ranks,
        edges: routes,
        width,
        height,
    }
}

/// Puts nodes without edges into a grid below everything else.
fn place_lonely(lonely: &[u32], ranks: &[u32], nodes: &mut [Point], spacing: Spacing) {
    let last_rank = ranks.iter().max().copied().unwrap_or(0) as usize;
    let columns = if last_rank > 0 {
        last_rank + 1
    } else {
        (lonely.len() as f32).sqrt().ceil().max(1.0) as usize
    };
    let mut is_lonely = vec![false; nodes.len()];
    for node in lonely {
        is_lonely[*node as usize] = true;
    }
    let others = nodes.iter().zip(&is_lonely).filter(|(_, lonely)| !**lonely);
    let bottom = others
        .map(|(point, _)| point.y)
        .fold(None, |deepest: Option<f32>, y| {
            Some(deepest.map_or(y, |deepest| deepest.max(y)))
        });
    let top = bottom.map_or(0.0, |bottom| bottom + 2.0 * spacing.node);
    for (place, node) in lonely.iter().enumerate() {
        nodes[*node as usize] = Point {
            x: (place % columns) as f32 * spacing.layer,
            y: top + (place / columns) as f32 * spacing.node,
        };
    }
}

/// Lays out some nodes of an index with the edges among them. `layout.nodes[i]` belongs to `nodes[i]`.
pub fn layout_nodes(index: &CatalogIndex, nodes: &[NodePosition], spacing: Spacing) -> Layout {
    let mut places = vec![u32::MAX; index.nodes.len()];
    for (place, node) in nodes.iter().enumerate() {
        places[*node as usize] = place as u32;
    }
    let mut edges = Vec::new();
    for (place, node) in nodes.iter().enumerate() {
        for parent in &index.nodes[*node as usize].parents {
            let from = places[*parent as usize];
            if from != u32::MAX {
                edges.push((from, place as u32));
            }
        }
    }
    layout(nodes.len(), &edges, spacing)
}

/// A node with what is within so many steps upstream and downstream (`None`: everything), ascending.
pub fn focus(
    index: &CatalogIndex,
    node: NodePosition,
    upstream: Option<u32>,
    downstream: Option<u32>,
) -> Vec<NodePosition> {
    let mut found = vec![node];
    for (steps, up) in [(upstream, true), (downstream, false)] {
        let mut seen = vec![false; index.nodes.len()];
        seen[node as usize] = true;
        let (mut layer, mut step) = (vec![node], 0);
        while !layer.is_empty() && steps.is_none_or(|steps| step < steps) {
            let mut next = Vec::new();
            for at in layer {
                let at = &index.nodes[at as usize];
                for other in if up { &at.parents } else { &at.children } {
                    if !std::mem::replace(&mut seen[*other as usize], true) {
                        next.push(*other);
                    }
                }
            }
            found.extend(&next);
            (layer, step) = (next, step + 1);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
