//! Where the nodes of a lineage graph stand: layers from left to right, few crossings, short edges.
//!
//! Ranks come from the longest path, the order within a layer from barycenter sweeps, heights from the mean of
//! the neighbours. Edges over several layers run through a point in each. Nodes without edges stand in a grid
//! below. The same input gives the same picture on every machine, and what a node's size changes is distances, never
//! the order.

mod height;
mod nest;
mod order;
mod rank;

use serde::{Deserialize, Serialize};

pub use nest::{Border, HEAD, Item, Line, Nest, Nested, Placed, Plan, Task, Unreadable, answer};

/// Width of a plain node.
pub const NODE_WIDTH: f32 = 216.0;
/// Height of a plain node.
pub const NODE_HEIGHT: f32 = 36.0;

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
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
    /// Where it crosses the layers between.
    pub bends: Vec<Bend>,
}

/// Where an edge crosses a layer: straight from `left` to `right`, which are one where all of the layer is plain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Bend {
    /// Middle of a plain node at the left side of the layer.
    pub left: f32,
    /// Middle of a plain node at the right side of the layer.
    pub right: f32,
    /// Top to bottom.
    pub y: f32,
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

/// How much wider and higher a node is than the plain one that [`Spacing`] is made for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Growth {
    /// Added width.
    pub width: f32,
    /// Added height.
    pub height: f32,
}

/// Lays out `count` plain nodes with edges from what is read to what reads it.
pub fn layout(count: usize, edges: &[(u32, u32)], spacing: Spacing) -> Layout {
    layout_sized(&vec![Growth::default(); count], edges, spacing)
}

/// Lays out nodes of different sizes with edges from what is read to what reads it.
pub fn layout_sized(sizes: &[Growth], edges: &[(u32, u32)], spacing: Spacing) -> Layout {
    let count = sizes.len();
    let edges: Vec<(u32, u32)> = edges
        .iter()
        .copied()
        .filter(|(from, to)| (*from as usize) < count && (*to as usize) < count && from != to)
        .collect();
    let ranks = rank::ranks(count, &edges);
    let mut layers = order::Layers::new(&ranks, &edges);
    layers.sort();
    let heights = height::heights(&layers, sizes, spacing);
    let columns = columns(&ranks, sizes, spacing);

    let x = |rank: u32| columns[rank as usize].0;
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
            let bend = |inner: &u32| {
                let (middle, growth) = columns[layers.rank(*inner) as usize];
                Bend {
                    left: middle - growth / 2.0,
                    right: middle + growth / 2.0,
                    y: heights[*inner as usize],
                }
            };
            let mut bends: Vec<Bend> = chain.iter().map(bend).collect();
            // A circle in the data is drawn against the stream.
            if ranks[from as usize] > ranks[to as usize] {
                bends.reverse();
            }
            Route { from, to, bends }
        });
    let routes: Vec<Route> = routes.collect();
    place_lonely(&layers.lonely, &ranks, sizes, &mut nodes, spacing);
    let reach = |end: fn(&Point, &Growth) -> f32| {
        let ends = nodes
            .iter()
            .zip(sizes)
            .map(|(point, size)| end(point, size));
        ends.fold(0.0, f32::max)
    };
    let width = reach(|point, size| point.x + size.width / 2.0);
    let height = reach(|point, size| point.y + size.height / 2.0);
    let bends = routes.iter().flat_map(|route| &route.bends);
    let height = bends.map(|bend| bend.y).fold(height, f32::max);
    Layout {
        nodes,
        ranks,
        edges: routes,
        width,
        height,
    }
}

/// Middle of each layer and how much wider than a plain node its widest one is. The left side of a plain node in the
/// first layer stands half a plain node left of 0.
fn columns(ranks: &[u32], sizes: &[Growth], spacing: Spacing) -> Vec<(f32, f32)> {
    let last = ranks.iter().max().map_or(0, |rank| *rank as usize + 1);
    let mut growth = vec![0.0_f32; last];
    for (rank, size) in ranks.iter().zip(sizes) {
        growth[*rank as usize] = growth[*rank as usize].max(size.width);
    }
    let mut left = 0.0;
    let column = |growth: f32| {
        let middle = left + growth / 2.0;
        left += spacing.layer + growth;
        (middle, growth)
    };
    growth.into_iter().map(column).collect()
}

/// Puts nodes without edges into rows below everything else.
fn place_lonely(
    lonely: &[u32],
    ranks: &[u32],
    sizes: &[Growth],
    nodes: &mut [Point],
    spacing: Spacing,
) {
    let last_rank = ranks.iter().max().copied().unwrap_or(0) as usize;
    let in_row = if last_rank > 0 {
        last_rank + 1
    } else {
        // A column while it is short, then about as wide as high.
        let ratio = spacing.node / spacing.layer;
        (0.8 * ratio * lonely.len() as f32).sqrt().round().max(1.0) as usize
    };
    let mut is_lonely = vec![false; nodes.len()];
    for node in lonely {
        is_lonely[*node as usize] = true;
    }
    let bottom = (0..nodes.len())
        .filter(|node| !is_lonely[*node])
        .map(|node| nodes[node].y + sizes[node].height / 2.0)
        .reduce(f32::max);
    let mut top = bottom.map_or(0.0, |bottom| bottom + 2.0 * spacing.node);
    for row in lonely.chunks(in_row) {
        let (mut left, mut highest) = (0.0, 0.0_f32);
        for node in row {
            let size = sizes[*node as usize];
            nodes[*node as usize] = Point {
                x: left + size.width / 2.0,
                y: top + size.height / 2.0,
            };
            left += spacing.layer + size.width;
            highest = highest.max(size.height);
        }
        top += spacing.node + highest;
    }
}
