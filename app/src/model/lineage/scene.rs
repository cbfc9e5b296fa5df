//! The graph laid out: boxes, lines, what lies where, and the way from one to the next.

use compiler::index::NodePosition;
use compiler::index::layout::{Spacing, layout};

use super::camera::{Camera, Frame};
use super::shown::Shown;
use crate::model::catalog::Catalog;
use crate::model::status::{Tone, overall_tone};

/// Width of a box.
pub const NODE_WIDTH: f64 = 216.0;
/// Height of a box.
pub const NODE_HEIGHT: f64 = 36.0;

/// A layout that is more times as high as wide is spread to the sides, as far as [`SPREAD`] allows.
const TALL: f64 = 1.2;
/// From this scale on boxes can be told apart.
const TELLABLE: f64 = 0.09;
/// The most that layers are spread.
const SPREAD: f64 = 4.0;

/// A box.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneNode {
    /// Position in the index.
    pub position: NodePosition,
    /// Unique id.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// The columns that it is shown for, as one text; empty where it is shown as a whole.
    pub columns: String,
    /// Kind as unique ids spell it.
    pub kind: &'static str,
    /// The worst of its last result and those of its tests.
    pub tone: Tone,
    /// Middle.
    pub x: f64,
    /// Middle.
    pub y: f64,
    /// Layer from the left.
    pub rank: u32,
    /// Parents that the view leaves out.
    pub hidden_parents: usize,
    /// Children that the view leaves out.
    pub hidden_children: usize,
}

impl SceneNode {
    /// Its name with the columns that it is shown for.
    pub fn title(&self) -> String {
        if self.columns.is_empty() {
            self.label.clone()
        } else {
            format!("{}.{}", self.label, self.columns)
        }
    }
}

/// A line with the points that it passes.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// Box at its start.
    pub from: u32,
    /// Box at its end.
    pub to: u32,
    /// Points between.
    pub bends: Vec<(f64, f64)>,
    top: f64,
    bottom: f64,
    left: f64,
    right: f64,
}

/// A direction of the arrow keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To what it reads.
    Left,
    /// To what reads it.
    Right,
    /// To the one above in its layer.
    Up,
    /// To the one below in its layer.
    Down,
}

/// The graph laid out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene {
    /// Boxes, in the order of [`Shown::nodes`].
    pub nodes: Vec<SceneNode>,
    /// Lines.
    pub edges: Vec<Edge>,
    /// The box in focus.
    pub focus: Option<u32>,
    parents: Vec<Vec<u32>>,
    children: Vec<Vec<u32>>,
    width: f64,
    height: f64,
}

impl Scene {
    /// Lays a view out.
    pub fn new(catalog: &Catalog, shown: &Shown) -> Self {
        let plan = layout(shown.nodes.len(), &shown.edges, Spacing::default());
        let spread =
            (f64::from(plan.height) / f64::from(plan.width).max(1.0) / TALL).clamp(1.0, SPREAD);
        let mut parents = vec![Vec::new(); shown.nodes.len()];
        let mut children = vec![Vec::new(); shown.nodes.len()];
        for &(from, to) in &shown.edges {
            parents[to as usize].push(from);
            children[from as usize].push(to);
        }
        let nodes = shown
            .nodes
            .iter()
            .enumerate()
            .map(|(here, &position)| {
                let node = catalog.at(position);
                SceneNode {
                    position,
                    id: node.unique_id.clone(),
                    label: node.label(),
                    columns: shown
                        .columns
                        .get(here)
                        .map(|columns| columns.join(", "))
                        .unwrap_or_default(),
                    kind: node.kind.as_str(),
                    tone: overall_tone(&catalog.index, node),
                    x: f64::from(plan.nodes[here].x) * spread,
                    y: f64::from(plan.nodes[here].y),
                    rank: plan.ranks[here],
                    hidden_parents: node.parents.len().saturating_sub(parents[here].len()),
                    hidden_children: node.children.len().saturating_sub(children[here].len()),
                }
            })
            .collect::<Vec<_>>();
        let edges = plan
            .edges
            .into_iter()
            .map(|route| {
                let ends = [&nodes[route.from as usize], &nodes[route.to as usize]];
                let bends: Vec<_> = route
                    .bends
                    .iter()
                    .map(|bend| (f64::from(bend.x) * spread, f64::from(bend.y)))
                    .collect();
                let points = || {
                    ends.iter()
                        .map(|node| (node.x, node.y))
                        .chain(bends.iter().copied())
                };
                Edge {
                    from: route.from,
                    to: route.to,
                    top: points().map(|(_, y)| y).fold(f64::INFINITY, f64::min),
                    bottom: points().map(|(_, y)| y).fold(f64::NEG_INFINITY, f64::max),
                    left: points().map(|(x, _)| x).fold(f64::INFINITY, f64::min),
                    right: points().map(|(x, _)| x).fold(f64::NEG_INFINITY, f64::max),
                    bends,
                }
            })
            .collect();
        Self {
            nodes,
            edges,
            focus: shown.focus,
            parents,
            children,
            width: f64::from(plan.width) * spread,
            height: f64::from(plan.height),
        }
    }

    /// Left, upper, right and lower side of all boxes together.
    pub fn bounds(&self) -> (f64, f64, f64, f64) {
        let (half_width, half_height) = (NODE_WIDTH / 2.0, NODE_HEIGHT / 2.0);
        (
            -half_width,
            -half_height,
            self.width + half_width,
            self.height + half_height,
        )
    }

    /// A camera that shows all of it.
    pub fn fit(&self, frame: Frame) -> Camera {
        let (left, top, right, bottom) = self.bounds();
        Camera::fit(left, top, right, bottom, frame)
    }

    /// A camera to begin with: all of it, or all layers and as many rows as can be told apart around the middle one.
    pub fn begin(&self, frame: Frame) -> Camera {
        let fit = self.fit(frame);
        if fit.scale >= TELLABLE || self.nodes.is_empty() {
            return fit;
        }
        let (left, top, right, _) = self.bounds();
        let across = Camera::fit(left, top, right, top + 1.0, frame);
        let mut rows: Vec<f64> = self.nodes.iter().map(|node| node.y).collect();
        let middle = rows.len() / 2;
        let y = *rows.select_nth_unstable_by(middle, f64::total_cmp).1;
        Camera {
            x: f64::midpoint(left, right),
            y,
            scale: across.scale.max(fit.scale),
        }
    }

    /// The box at a point of the world.
    pub fn at(&self, x: f64, y: f64) -> Option<u32> {
        self.nodes
            .iter()
            .position(|node| {
                (node.x - x).abs() <= NODE_WIDTH / 2.0 && (node.y - y).abs() <= NODE_HEIGHT / 2.0
            })
            .map(|at| at as u32)
    }

    /// Boxes in sight.
    pub fn nodes_in(
        &self,
        camera: Camera,
        frame: Frame,
    ) -> impl Iterator<Item = (u32, &SceneNode)> {
        let (left, top) = camera.to_world(0.0, 0.0, frame);
        let (right, bottom) = camera.to_world(frame.width, frame.height, frame);
        self.nodes
            .iter()
            .enumerate()
            .map(|(at, node)| (at as u32, node))
            .filter(move |(_, node)| {
                node.x + NODE_WIDTH / 2.0 >= left
                    && node.x - NODE_WIDTH / 2.0 <= right
                    && node.y + NODE_HEIGHT / 2.0 >= top
                    && node.y - NODE_HEIGHT / 2.0 <= bottom
            })
    }

    /// Lines that may be in sight.
    pub fn edges_in(&self, camera: Camera, frame: Frame) -> impl Iterator<Item = &Edge> {
        let (left, top) = camera.to_world(0.0, 0.0, frame);
        let (right, bottom) = camera.to_world(frame.width, frame.height, frame);
        self.edges.iter().filter(move |edge| {
            edge.right >= left && edge.left <= right && edge.bottom >= top && edge.top <= bottom
        })
    }

    /// The box itself with all up- and downstream of it; by box.
    pub fn kin(&self, start: u32) -> Vec<bool> {
        let mut lit = vec![false; self.nodes.len()];
        for next in [&self.parents, &self.children] {
            let mut seen = vec![false; self.nodes.len()];
            let mut stack = vec![start];
            while let Some(at) = stack.pop() {
                if std::mem::replace(&mut seen[at as usize], true) {
                    continue;
                }
                lit[at as usize] = true;
                stack.extend(&next[at as usize]);
            }
        }
        lit
    }

    /// The box that an arrow key leads to.
    pub fn step(&self, from: u32, step: Step) -> Option<u32> {
        let here = &self.nodes[from as usize];
        let distance = |at: &u32| (self.nodes[*at as usize].y - here.y).abs();
        let nearest = |list: &[u32]| {
            list.iter()
                .copied()
                .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        };
        match step {
            Step::Left => nearest(&self.parents[from as usize]),
            Step::Right => nearest(&self.children[from as usize]),
            Step::Up | Step::Down => {
                let beyond = |node: &SceneNode| {
                    let same = node.rank == here.rank;
                    same && if step == Step::Up {
                        node.y < here.y
                    } else {
                        node.y > here.y
                    }
                };
                let layer: Vec<u32> = (0..self.nodes.len() as u32)
                    .filter(|at| beyond(&self.nodes[*at as usize]))
                    .collect();
                nearest(&layer)
            }
        }
    }

    /// Boxes whose name has some text in it.
    pub fn named(&self, text: &str) -> Vec<u32> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return Vec::new();
        }
        (0..self.nodes.len() as u32)
            .filter(|at| {
                self.nodes[*at as usize]
                    .title()
                    .to_lowercase()
                    .contains(&text)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::shown::shown;
    use super::*;
    use crate::model::route::LineageView;
    use crate::model::testing::chain;

    fn scene() -> Scene {
        let catalog = chain(&["a", "b", "c"]);
        Scene::new(&catalog, &shown(&catalog, &LineageView::default()).unwrap())
    }

    #[test]
    fn keys_move_along_edges_and_stop_at_the_ends() {
        let scene = scene();
        assert_eq!(scene.step(0, Step::Right), Some(1));
        assert_eq!(scene.step(1, Step::Left), Some(0));
        assert_eq!(scene.step(2, Step::Right), None);
        assert_eq!(scene.step(1, Step::Up), None);
    }

    #[test]
    fn a_point_finds_its_box_and_only_what_is_in_sight_is_drawn() {
        let scene = scene();
        let node = &scene.nodes[1];
        assert_eq!(scene.at(node.x + NODE_WIDTH / 2.0 - 1.0, node.y), Some(1));
        assert_eq!(scene.at(node.x, node.y + NODE_HEIGHT), None);
        let frame = Frame {
            width: 200.0,
            height: 100.0,
        };
        let near = Camera {
            x: node.x,
            y: node.y,
            scale: 1.0,
        };
        assert_eq!(
            scene
                .nodes_in(near, frame)
                .map(|(at, _)| at)
                .collect::<Vec<_>>(),
            [1]
        );
        let all = scene.fit(Frame {
            width: 900.0,
            height: 400.0,
        });
        assert_eq!(
            scene
                .nodes_in(
                    all,
                    Frame {
                        width: 900.0,
                        height: 400.0
                    }
                )
                .count(),
            3
        );
        assert_eq!(scene.edges_in(near, frame).count(), 2);
    }

    #[test]
    fn kin_is_everything_up_and_down_but_not_sideways() {
        assert_eq!(scene().kin(1), [true, true, true]);
        assert_eq!(scene().named("B"), [1]);
        assert!(scene().named(" ").is_empty());
    }
}
