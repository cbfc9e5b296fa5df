//! The graph laid out: boxes, lines, what lies where, and the way from one to the next.

use compiler::index::NodePosition;
use compiler::index::layout::{self, Bend, Item, Line, Plan, Task};

use super::camera::{Camera, Frame};
use super::groups::{Group, Groups, grouping};
use super::shown::Shown;
use crate::model::catalog::Catalog;
use crate::model::format::number;
use crate::model::route::{GroupBy, LineageView};
use crate::model::status::{Tone, overall_tone};

/// Width of a box.
pub const NODE_WIDTH: f64 = layout::NODE_WIDTH as f64;
/// Height of a box.
pub const NODE_HEIGHT: f64 = layout::NODE_HEIGHT as f64;

/// From this scale on boxes can be told apart.
const TELLABLE: f64 = 0.09;

/// A box: a node, or all of a closed group.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneNode {
    /// Unique id; the key of a group.
    pub id: String,
    /// Nodes of the group that it stands for, by positions in the index; empty where it is a node.
    pub members: Vec<NodePosition>,
    /// Name for people.
    pub label: String,
    /// The columns that it is shown for, as one text; empty where it is shown as a whole.
    pub columns: String,
    /// Kind as unique ids spell it; `other` for a group of several kinds.
    pub kind: &'static str,
    /// The worst of its last result and those of its tests, or of its members.
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

    /// Whether it stands for a group.
    pub fn is_group(&self) -> bool {
        !self.members.is_empty()
    }
}

/// The border of an open group.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenGroup {
    /// Its key.
    pub key: String,
    /// Its name, with how many nodes it has.
    pub label: String,
    /// Left side.
    pub left: f64,
    /// Upper side.
    pub top: f64,
    /// Right side.
    pub right: f64,
    /// Lower side.
    pub bottom: f64,
}

impl OpenGroup {
    /// Height of its head, which closes it.
    pub const HEAD: f64 = layout::HEAD as f64;
}

/// A line with the points that it passes.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// Box at its start.
    pub from: u32,
    /// Box at its end.
    pub to: u32,
    /// Where it crosses the layers between.
    pub bends: Vec<Bend>,
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
    /// Boxes; without groups in the order of [`Shown::nodes`].
    pub nodes: Vec<SceneNode>,
    /// Lines.
    pub edges: Vec<Edge>,
    /// Open groups, outer ones first.
    pub open: Vec<OpenGroup>,
    /// The box in focus, or the one that it is in.
    pub focus: Option<u32>,
    parents: Vec<Vec<u32>>,
    children: Vec<Vec<u32>>,
    width: f64,
    height: f64,
}

/// What a view shows, before it is laid out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    shown: Shown,
    groups: Option<Groups>,
}

impl Draft {
    /// Groups what a view shows.
    pub fn new(catalog: &Catalog, shown: Shown, view: &LineageView) -> Self {
        let by = grouping(view, shown.nodes.len());
        Self {
            groups: (by != GroupBy::Nothing)
                .then(|| Groups::new(catalog, &shown.nodes, by, &view.turned)),
            shown,
        }
    }

    /// How much there is to lay out: nodes and edges.
    pub fn size(&self) -> usize {
        self.shown.nodes.len() + self.shown.edges.len()
    }

    /// What has to be laid out for it.
    pub fn task(&self) -> Task {
        Task {
            count: self.shown.nodes.len() as u32,
            edges: self.shown.edges.clone(),
            nest: self.groups.as_ref().map(Groups::nest),
        }
    }
}

impl Scene {
    /// What a plan for the [task](Draft::task) of a draft looks like.
    pub fn new(catalog: &Catalog, draft: &Draft, plan: &Plan) -> Self {
        let Draft { shown, groups } = draft;
        let none = Groups::default();
        let groups = groups.as_ref().unwrap_or(&none);
        let Plan {
            boxes,
            lines,
            borders,
            width,
            height,
        } = plan;
        let mut parents = vec![Vec::new(); boxes.len()];
        let mut children = vec![Vec::new(); boxes.len()];
        for line in lines {
            parents[line.to as usize].push(line.from);
            children[line.from as usize].push(line.to);
        }
        let mut focus = None;
        let mut nodes = Vec::with_capacity(boxes.len());
        for (here, placed) in boxes.iter().enumerate() {
            let node = match placed.item {
                Item::Node(at) => node_box(catalog, shown, at, (&parents[here], &children[here])),
                Item::Group(at) => group_box(catalog, shown, groups, at),
            };
            let is_focus = match placed.item {
                Item::Node(at) => shown.focus == Some(at),
                Item::Group(_) => shown.focus.is_some_and(|at| {
                    node.members
                        .binary_search(&shown.nodes[at as usize])
                        .is_ok()
                }),
            };
            if is_focus {
                focus = Some(here as u32);
            }
            nodes.push(SceneNode {
                x: f64::from(placed.at.x),
                y: f64::from(placed.at.y),
                rank: placed.rank,
                ..node
            });
        }
        let edges = lines.iter().map(|line| edge(line, &nodes)).collect();
        let open = borders.iter().map(|border| {
            let group = &groups.all[border.group as usize];
            OpenGroup {
                key: group.key.clone(),
                label: group_label(group),
                left: f64::from(border.left),
                top: f64::from(border.top),
                right: f64::from(border.right),
                bottom: f64::from(border.bottom),
            }
        });
        Self {
            open: open.collect(),
            nodes,
            edges,
            focus,
            parents,
            children,
            width: f64::from(*width),
            height: f64::from(*height),
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

    /// The open group whose head is at a point of the world.
    pub fn head_at(&self, x: f64, y: f64) -> Option<&OpenGroup> {
        let mut inner_first = self.open.iter().rev();
        inner_first.find(|group| {
            (group.left..=group.right).contains(&x)
                && (group.top..=group.top + OpenGroup::HEAD).contains(&y)
        })
    }

    /// The innermost open group that a box is in.
    pub fn around(&self, at: u32) -> Option<&OpenGroup> {
        let node = self.nodes.get(at as usize)?;
        let mut inner_first = self.open.iter().rev();
        inner_first.find(|group| {
            (group.left..=group.right).contains(&node.x)
                && (group.top..=group.bottom).contains(&node.y)
        })
    }

    /// Where a group that is open here and closed in another scene, or the other way about, stands in this one and
    /// there: its left and upper side. `None` where no group or more than one differs.
    pub fn turned(&self, other: &Self) -> Option<[(f64, f64); 2]> {
        let between = |open: &Self, closed: &Self| {
            let both = |group: &OpenGroup| {
                let node = closed
                    .nodes
                    .iter()
                    .find(|node| node.is_group() && node.id == group.key)?;
                let corner = (node.x - NODE_WIDTH / 2.0, node.y - NODE_HEIGHT / 2.0);
                Some(((group.left, group.top), corner))
            };
            let found: Vec<_> = open.open.iter().filter_map(both).collect();
            <[_; 1]>::try_from(found).ok()
        };
        if let Some([(here, there)]) = between(self, other) {
            return Some([here, there]);
        }
        between(other, self).map(|[(there, here)]| [here, there])
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

fn node_box(
    catalog: &Catalog,
    shown: &Shown,
    at: u32,
    (parents, children): (&[u32], &[u32]),
) -> SceneNode {
    let node = catalog.at(shown.nodes[at as usize]);
    let columns = shown.columns.get(at as usize);
    SceneNode {
        id: node.unique_id.clone(),
        members: Vec::new(),
        label: node.label(),
        columns: columns
            .map(|columns| columns.join(", "))
            .unwrap_or_default(),
        kind: node.kind.as_str(),
        tone: overall_tone(&catalog.index, node),
        x: 0.0,
        y: 0.0,
        rank: 0,
        hidden_parents: node.parents.len().saturating_sub(parents.len()),
        hidden_children: node.children.len().saturating_sub(children.len()),
    }
}

fn group_box(catalog: &Catalog, shown: &Shown, groups: &Groups, at: u32) -> SceneNode {
    let group = &groups.all[at as usize];
    let mut members = groups.members(at);
    for node in &mut members {
        *node = shown.nodes[*node as usize];
    }
    let nodes = || members.iter().map(|at| catalog.at(*at));
    let mut kinds = nodes().map(|node| node.kind.as_str());
    let first = kinds.next().unwrap_or("other");
    let kind = if kinds.all(|kind| kind == first) {
        first
    } else {
        "other"
    };
    SceneNode {
        id: group.key.clone(),
        label: group_label(group),
        columns: String::new(),
        kind,
        tone: nodes()
            .map(|node| overall_tone(&catalog.index, node))
            .max()
            .unwrap_or(Tone::Idle),
        x: 0.0,
        y: 0.0,
        rank: 0,
        hidden_parents: 0,
        hidden_children: 0,
        members,
    }
}

fn group_label(group: &Group) -> String {
    format!("{} · {}", group.label, number(group.count))
}

fn edge(line: &Line, nodes: &[SceneNode]) -> Edge {
    let ends = [&nodes[line.from as usize], &nodes[line.to as usize]];
    let points = || {
        let bends = line
            .bends
            .iter()
            .flat_map(|bend| [bend.left, bend.right].map(|x| (f64::from(x), f64::from(bend.y))));
        ends.iter().map(|node| (node.x, node.y)).chain(bends)
    };
    Edge {
        from: line.from,
        to: line.to,
        top: points().map(|(_, y)| y).fold(f64::INFINITY, f64::min),
        bottom: points().map(|(_, y)| y).fold(f64::NEG_INFINITY, f64::max),
        left: points().map(|(x, _)| x).fold(f64::INFINITY, f64::min),
        right: points().map(|(x, _)| x).fold(f64::NEG_INFINITY, f64::max),
        bends: line.bends.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::route::LineageView;
    use crate::model::testing::{chain, in_folders, laid_out};

    #[test]
    fn groups_open_in_place_and_keep_their_order() {
        let catalog = in_folders(&["staging/a", "staging/b", "core/c", "core/d", "marts/e"]);
        let scene = |turned: &[&str]| {
            let view = LineageView {
                group: Some(GroupBy::Folder),
                turned: turned.iter().map(|key| (*key).to_owned()).collect(),
                ..LineageView::default()
            };
            laid_out(&catalog, &view)
        };
        let open = scene(&[]);
        assert_eq!(open.open.len(), 4, "{:?}", open.open);
        assert_eq!((open.nodes.len(), open.edges.len()), (5, 4));
        let closed = scene(&["models/core"]);
        let group = closed.nodes.iter().position(SceneNode::is_group).unwrap();
        assert_eq!(closed.nodes[group].label, "core · 2");
        assert_eq!((closed.nodes.len(), closed.edges.len()), (4, 3));
        // What is in a group lies within its border, and stages stay in their order.
        let border = |key: &str| open.open.iter().find(|group| group.key == key).unwrap();
        for node in &open.nodes {
            let inside = |key: &str| {
                let border = border(key);
                node.x > border.left
                    && node.x < border.right
                    && node.y > border.top
                    && node.y < border.bottom
            };
            let folder = catalog
                .node(&node.id)
                .unwrap()
                .path
                .rsplit_once('/')
                .unwrap()
                .0
                .to_owned();
            assert!(inside(&folder), "{} in {folder}", node.id);
        }
        assert!(border("models/staging").right < border("models/core").left);
        assert!(border("models/core").right < border("models/marts").left);
        let [here, there] = open.turned(&closed).unwrap();
        assert_eq!(
            here,
            (border("models/core").left, border("models/core").top)
        );
        let node = &closed.nodes[group];
        assert_eq!(
            there,
            (node.x - NODE_WIDTH / 2.0, node.y - NODE_HEIGHT / 2.0)
        );
        assert_eq!(closed.turned(&open), Some([there, here]));
        assert_eq!(open.turned(&open), None);
        let head = border("models/core");
        assert_eq!(
            open.head_at(head.left + 5.0, head.top + 5.0).unwrap().key,
            "models/core"
        );
        assert_eq!(open.head_at(head.left, head.top - 500.0), None);
    }

    fn scene() -> Scene {
        let catalog = chain(&["a", "b", "c"]);
        laid_out(&catalog, &LineageView::default())
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
