//! Where boxes, lines and open groups stand: a layout for the content of each open group, from the inside out.
//!
//! A [`Task`] and its [`Plan`] are plain data, so that a page can have a large graph laid out beside it: both travel as
//! bytes ([`Task::to_bytes`], [`answer`]).

use std::cmp::Ordering;
use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap};

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use serde::{Deserialize, Serialize};

use super::{Bend, Growth, Layout, NODE_HEIGHT, NODE_WIDTH, Point, Spacing, layout, layout_sized};

/// Between the border of an open group and what is in it.
const INSET: f32 = 20.0;
/// The head of an open group, with its name.
pub const HEAD: f32 = 34.0;
/// A layout that is more times as high as wide is spread to the sides, as far as [`SPREAD`] allows.
const TALL: f32 = 1.2;
/// The most that layers are spread.
const SPREAD: f32 = 4.0;

/// What is to be laid out: nodes by their positions from 0, plain ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// How many nodes there are.
    pub count: u32,
    /// From what is read to what reads it.
    pub edges: Vec<(u32, u32)>,
    /// The groups that the nodes are in, where they are grouped.
    pub nest: Option<Nest>,
}

/// Groups in groups.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Nest {
    /// All groups, each after the one that it is in; the first is the whole.
    pub groups: Vec<Nested>,
    /// The group that each node is directly in.
    pub of: Vec<u32>,
}

/// A group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Nested {
    /// The group that it is in.
    pub parent: Option<u32>,
    /// How many groups it is in.
    pub depth: u32,
    /// Groups in it.
    pub groups: Vec<u32>,
    /// Nodes directly in it.
    pub nodes: Vec<u32>,
    /// Whether what is in it is shown instead of it, if it is shown itself.
    pub open: bool,
}

/// A node, or all of a closed group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Item {
    /// A node.
    Node(u32),
    /// A position in [`Nest::groups`].
    Group(u32),
}

/// A box: its middle, and its layer in the group that it is in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// What the box stands for.
    pub item: Item,
    /// Its middle.
    pub at: Point,
    /// Layer from the left.
    pub rank: u32,
}

/// A line between boxes, by their positions in [`Plan::boxes`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Where it starts.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// Where it crosses the layers between.
    pub bends: Vec<Bend>,
}

/// The border of an open group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Border {
    /// A position in [`Nest::groups`].
    pub group: u32,
    /// Left side.
    pub left: f32,
    /// Upper side.
    pub top: f32,
    /// Right side.
    pub right: f32,
    /// Lower side.
    pub bottom: f32,
}

/// Everything in its place. Plain boxes at the left and upper side have 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Boxes; without groups one for each node, in their order.
    pub boxes: Vec<Placed>,
    /// Lines.
    pub lines: Vec<Line>,
    /// Open groups, outer ones first.
    pub borders: Vec<Border>,
    /// Greatest x.
    pub width: f32,
    /// Greatest y.
    pub height: f32,
}

/// Bytes that are not what this version writes.
#[derive(Debug, thiserror::Error)]
#[error("the graph cannot be read: {0}")]
pub struct Unreadable(#[from] postcard::Error);

impl Task {
    /// Puts everything into its place.
    pub fn plan(&self) -> Plan {
        match &self.nest {
            Some(nest) => grouped(nest, &self.edges),
            None => alone(self.count as usize, &self.edges),
        }
    }

    /// What [`answer`] reads.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Unreadable> {
        Ok(postcard::to_stdvec(self)?)
    }
}

impl Plan {
    /// Reads what [`answer`] says.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        Ok(postcard::from_bytes(bytes)?)
    }
}

/// The plan for a task, both as bytes.
pub fn answer(task: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let task: Task = postcard::from_bytes(task)?;
    Ok(postcard::to_stdvec(&task.plan())?)
}

impl Nest {
    /// For each group the outermost closed one that it is in or is; `None` where its nodes are shown.
    pub fn stand_ins(&self) -> Vec<Option<u32>> {
        let mut stand_ins: Vec<Option<u32>> = Vec::with_capacity(self.groups.len());
        for (at, group) in self.groups.iter().enumerate() {
            let above = group.parent.and_then(|parent| stand_ins[parent as usize]);
            stand_ins.push(above.or((!group.open).then_some(at as u32)));
        }
        stand_ins
    }
}

/// Every node by itself.
fn alone(count: usize, edges: &[(u32, u32)]) -> Plan {
    let mut plan = layout(count, edges, Spacing::default());
    let spread = (plan.height / plan.width.max(1.0) / TALL).clamp(1.0, SPREAD);
    let points = plan.nodes.iter_mut().map(|point| &mut point.x);
    let bends = plan.edges.iter_mut().flat_map(|route| &mut route.bends);
    let bends = bends.flat_map(|bend| [&mut bend.left, &mut bend.right]);
    points.chain(bends).for_each(|x| *x *= spread);
    let Layout {
        nodes,
        ranks,
        edges,
        width,
        height,
    } = plan;
    let boxes = nodes.into_iter().zip(ranks).zip(0..);
    let boxes = boxes.map(|((at, rank), here)| Placed {
        item: Item::Node(here),
        at,
        rank,
    });
    let lines = edges.into_iter().map(|route| Line {
        from: route.from,
        to: route.to,
        bends: route.bends,
    });
    Plan {
        boxes: boxes.collect(),
        lines: lines.collect(),
        borders: Vec::new(),
        width: width * spread,
        height,
    }
}

/// Nodes in their groups. An edge is a line between the boxes that its ends are in, where these differ; edges between
/// the same boxes are one line.
fn grouped(nest: &Nest, edges: &[(u32, u32)]) -> Plan {
    let stand_ins = nest.stand_ins();
    let mut levels: Vec<Level> = (0..nest.groups.len()).map(|_| Level::default()).collect();
    // Between which two boxes a line runs, and where it is laid: in which group, between which of its items.
    let mut lines: BTreeMap<(Item, Item), (u32, Item, Item)> = BTreeMap::new();
    let stand_in = |node: u32| {
        let group = stand_ins[nest.of[node as usize] as usize];
        group.map_or(Item::Node(node), Item::Group)
    };
    for (from, to) in edges {
        let ends = (stand_in(*from), stand_in(*to));
        if ends.0 == ends.1 {
            continue;
        }
        let (group, first, second) = meeting(nest, *from, *to);
        lines.insert(ends, (group, first, second));
        levels[group as usize].edges.push((first, second));
    }
    let mut plan = Plan::default();
    let whole = measure(nest, 0, &mut levels);
    let origin = Point::default();
    let mut routes = HashMap::new();
    settle(nest, 0, origin, &mut levels, &mut plan, &mut routes);
    plan.width = whole.width;
    plan.height = whole.height;
    let places: HashMap<Item, u32> = plan
        .boxes
        .iter()
        .map(|placed| placed.item)
        .zip(0..)
        .collect();
    plan.lines = lines
        .into_iter()
        .filter_map(|((from, to), laid)| {
            Some(Line {
                from: *places.get(&from)?,
                to: *places.get(&to)?,
                bends: routes.get(&laid).cloned().unwrap_or_default(),
            })
        })
        .collect();
    plan
}

/// The content of a group.
#[derive(Default)]
struct Level {
    items: Vec<Item>,
    edges: Vec<(Item, Item)>,
    sizes: Vec<Growth>,
    layout: Layout,
}

/// The innermost group that two nodes are both in, and what of it they are in or are.
fn meeting(nest: &Nest, from: u32, to: u32) -> (u32, Item, Item) {
    let (mut first, mut second) = (Item::Node(from), Item::Node(to));
    let (mut left, mut right) = (nest.of[from as usize], nest.of[to as usize]);
    let lift = |item: &mut Item, group: &mut u32| {
        *item = Item::Group(*group);
        *group = nest.groups[*group as usize].parent.unwrap_or(0);
    };
    let depth = |group: u32| nest.groups[group as usize].depth;
    while left != right {
        match depth(left).cmp(&depth(right)) {
            Ordering::Greater => lift(&mut first, &mut left),
            Ordering::Less => lift(&mut second, &mut right),
            Ordering::Equal => {
                lift(&mut first, &mut left);
                lift(&mut second, &mut right);
            }
        }
    }
    (left, first, second)
}

/// Lays out the content of an open group; tells how large it is.
fn measure(nest: &Nest, group: u32, levels: &mut [Level]) -> Growth {
    let Level { mut edges, .. } = std::mem::take(&mut levels[group as usize]);
    edges.sort_unstable();
    edges.dedup();
    let own = &nest.groups[group as usize];
    let items: Vec<Item> = own
        .groups
        .iter()
        .map(|group| Item::Group(*group))
        .chain(own.nodes.iter().map(|node| Item::Node(*node)))
        .collect();
    let sizes: Vec<Growth> = items
        .iter()
        .map(|item| match item {
            Item::Group(inner) if nest.groups[*inner as usize].open => {
                let content = measure(nest, *inner, levels);
                Growth {
                    width: content.width + 2.0 * INSET,
                    height: content.height + 2.0 * INSET + HEAD,
                }
            }
            _ => Growth::default(),
        })
        .collect();
    edges = between_stages(&items, edges);
    let places: HashMap<Item, u32> = items.iter().copied().zip(0..).collect();
    let between: Vec<(u32, u32)> = edges
        .iter()
        .map(|(from, to)| (places[from], places[to]))
        .collect();
    let layout = layout_sized(&sizes, &between, Spacing::default());
    let size = Growth {
        width: layout.width,
        height: layout.height,
    };
    levels[group as usize] = Level {
        items,
        edges,
        sizes,
        layout,
    };
    size
}

/// The edges that say what stands before what. Folders often read each other in circles, which no order does justice
/// to: what is in one circle stands side by side, as if its own edges were not there.
fn between_stages(items: &[Item], mut edges: Vec<(Item, Item)>) -> Vec<(Item, Item)> {
    let mut graph = DiGraphMap::<Item, (), RandomState>::from_edges(&edges);
    for item in items {
        graph.add_node(*item);
    }
    let circles = tarjan_scc(&graph).into_iter().zip(0_u32..);
    let circle: HashMap<Item, u32> = circles
        .flat_map(|(members, at)| members.into_iter().map(move |item| (item, at)))
        .collect();
    edges.retain(|(from, to)| circle[from] != circle[to]);
    edges
}

/// Puts the content of an open group to where the group is. `origin` is where a plain box at its left and upper side
/// has its middle.
fn settle(
    nest: &Nest,
    group: u32,
    origin: Point,
    levels: &mut [Level],
    plan: &mut Plan,
    routes: &mut HashMap<(u32, Item, Item), Vec<Bend>>,
) {
    let Level {
        items,
        edges,
        sizes,
        layout,
    } = std::mem::take(&mut levels[group as usize]);
    for (edge, mut route) in edges.into_iter().zip(layout.edges) {
        for bend in &mut route.bends {
            bend.left += origin.x;
            bend.right += origin.x;
            bend.y += origin.y;
        }
        routes.insert((group, edge.0, edge.1), route.bends);
    }
    let places = layout.nodes.into_iter().zip(layout.ranks);
    for ((item, size), (place, rank)) in items.into_iter().zip(sizes).zip(places) {
        let at = Point {
            x: origin.x + place.x,
            y: origin.y + place.y,
        };
        match item {
            Item::Group(inner) if nest.groups[inner as usize].open => {
                let (half_width, half_height) = (
                    f32::midpoint(size.width, NODE_WIDTH),
                    f32::midpoint(size.height, NODE_HEIGHT),
                );
                plan.borders.push(Border {
                    group: inner,
                    left: at.x - half_width,
                    top: at.y - half_height,
                    right: at.x + half_width,
                    bottom: at.y + half_height,
                });
                let inner_origin = Point {
                    x: at.x - half_width + INSET + NODE_WIDTH / 2.0,
                    y: at.y - half_height + INSET + HEAD + NODE_HEIGHT / 2.0,
                };
                settle(nest, inner, inner_origin, levels, plan, routes);
            }
            _ => plan.boxes.push(Placed { item, at, rank }),
        }
    }
}
