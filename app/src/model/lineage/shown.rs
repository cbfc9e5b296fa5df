//! Which nodes a lineage view shows.

use std::collections::{BTreeMap, BTreeSet};

use compiler::artifacts::manifest::ResourceType;
use compiler::graph::StateChanges;
use compiler::index::NodePosition;
use compiler::lineage::ColumnAt;

use crate::model::catalog::Catalog;
use crate::model::columns::Columns;
use crate::model::route::LineageView;
use crate::model::selection;

/// The nodes of a view with the edges between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Nodes, ascending positions.
    pub nodes: Vec<NodePosition>,
    /// Edges from what is read to what reads it, as positions in `nodes`.
    pub edges: Vec<(u32, u32)>,
    /// The node in focus, as a position in `nodes`.
    pub focus: Option<u32>,
    /// Whether there is more upstream of the focus than its reach shows.
    pub more_up: bool,
    /// Whether there is more downstream.
    pub more_down: bool,
    /// Names of the columns that each node is shown for; empty where whole nodes are shown.
    pub columns: Vec<Vec<String>>,
}

/// What a view shows; the error is a word about its selector. `state` says what changed, where it is known.
pub fn shown(
    catalog: &Catalog,
    view: &LineageView,
    state: Option<&StateChanges>,
) -> Result<Shown, String> {
    let index = &catalog.index;
    let selects = !view.select.trim().is_empty() || !view.exclude.trim().is_empty();
    let focus = view.focus.as_deref().and_then(|id| catalog.position(id));
    let mut inside = vec![!selects; index.nodes.len()];
    if selects {
        for at in selection::of_view(index, &view.select, &view.exclude, state)?.nodes {
            inside[at as usize] = true;
        }
    }
    for (at, node) in index.nodes.iter().enumerate() {
        if node.hidden || node.kind == ResourceType::UnitTest {
            inside[at] = false;
        }
    }
    let (mut more_up, mut more_down) = (false, false);
    if let Some(focus) = focus {
        let mut near = vec![false; index.nodes.len()];
        near[focus as usize] = true;
        more_up = reach(
            focus,
            view.up().steps(),
            &mut near,
            |at| &catalog.at(at).parents,
            &inside,
        );
        more_down = reach(
            focus,
            view.down().steps(),
            &mut near,
            |at| &catalog.at(at).children,
            &inside,
        );
        for (inside, near) in inside.iter_mut().zip(&near) {
            *inside &= near;
        }
        inside[focus as usize] = true;
    }
    let nodes: Vec<NodePosition> = (0..inside.len() as NodePosition)
        .filter(|at| inside[*at as usize])
        .collect();
    let mut place = vec![u32::MAX; inside.len()];
    for (here, at) in nodes.iter().enumerate() {
        place[*at as usize] = here as u32;
    }
    let mut edges = Vec::new();
    for (here, at) in nodes.iter().enumerate() {
        for parent in &catalog.at(*at).parents {
            let from = place[*parent as usize];
            if from != u32::MAX {
                edges.push((from, here as u32));
            }
        }
    }
    Ok(Shown {
        focus: focus.map(|at| place[at as usize]),
        nodes,
        edges,
        more_up,
        more_down,
        columns: Vec::new(),
    })
}

/// The whole way of a column: the nodes that it comes from and goes to, with the columns that it is there. `None`
/// where the lineage does not have the column.
pub fn way_of_column(
    catalog: &Catalog,
    columns: &Columns,
    id: &str,
    column: &str,
) -> Option<Shown> {
    let start = columns.find(id, column)?;
    let lineage = &columns.lineage;
    let mut reached: BTreeSet<ColumnAt> = BTreeSet::from([start]);
    reached.extend(lineage.upstream(start).iter().map(|step| step.at));
    reached.extend(columns.downstream(start).iter().map(|step| step.at));
    let position = |at: ColumnAt| catalog.position(&lineage.node(at).unique_id);
    let mut named: BTreeMap<NodePosition, Vec<String>> = BTreeMap::new();
    for at in &reached {
        if let Some(node) = position(*at) {
            let names = named.entry(node).or_default();
            names.push(lineage.at(*at).name.clone());
        }
    }
    let place = |at: ColumnAt| {
        let node = position(at)?;
        let place = named.keys().position(|known| *known == node)?;
        Some(place as u32)
    };
    let mut edges: BTreeSet<(u32, u32)> = BTreeSet::new();
    for at in &reached {
        for (input, _) in &lineage.at(*at).inputs {
            if let (true, Some(from), Some(to)) =
                (reached.contains(input), place(*input), place(*at))
                && from != to
            {
                edges.insert((from, to));
            }
        }
    }
    Some(Shown {
        focus: place(start),
        nodes: named.keys().copied().collect(),
        edges: edges.into_iter().collect(),
        columns: named.into_values().collect(),
        ..Shown::default()
    })
}

/// Marks what lies within `steps` of a node; whether something of the selection lies beyond.
fn reach<'a>(
    start: NodePosition,
    steps: u32,
    near: &mut [bool],
    next: impl Fn(NodePosition) -> &'a Vec<NodePosition>,
    inside: &[bool],
) -> bool {
    let mut seen = vec![false; near.len()];
    seen[start as usize] = true;
    let mut edge = vec![start];
    for _ in 0..steps {
        let mut beyond = Vec::new();
        for at in edge {
            for other in next(at) {
                if !std::mem::replace(&mut seen[*other as usize], true) {
                    near[*other as usize] = true;
                    beyond.push(*other);
                }
            }
        }
        edge = beyond;
        if edge.is_empty() {
            return false;
        }
    }
    edge.iter().any(|at| {
        next(*at)
            .iter()
            .any(|other| !seen[*other as usize] && inside[*other as usize])
    })
}

#[cfg(test)]
mod tests {
    use compiler::lineage::{ColumnLineage, LineageColumn, NodeLineage, Use};

    use super::*;
    use crate::model::route::Reach;
    use crate::model::testing::chain;

    fn names(catalog: &Catalog, view: &LineageView) -> String {
        let shown = shown(catalog, view, None).unwrap();
        shown
            .nodes
            .iter()
            .map(|at| catalog.at(*at).name.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn focus(name: &str, up: Reach, down: Reach) -> LineageView {
        LineageView {
            focus: Some(format!("model.shop.{name}")),
            up: Some(up),
            down: Some(down),
            ..LineageView::default()
        }
    }

    #[test]
    fn focus_shows_neighbours_first_and_knows_whether_there_is_more() {
        let catalog = chain(&["a", "b", "c", "d", "e"]);
        let near = focus("c", Reach::Steps(1), Reach::Steps(1));
        assert_eq!(names(&catalog, &near), "b c d");
        let answer = shown(&catalog, &near, None).unwrap();
        assert_eq!(
            (answer.focus, answer.more_up, answer.more_down),
            (Some(1), true, true)
        );
        assert_eq!(answer.edges, [(0, 1), (1, 2)]);
        let wide = focus("c", Reach::All, Reach::Steps(0));
        assert_eq!(names(&catalog, &wide), "a b c");
        let answer = shown(&catalog, &wide, None).unwrap();
        assert_eq!((answer.more_up, answer.more_down), (false, true));
    }

    #[test]
    fn a_selector_narrows_and_a_wrong_one_says_so() {
        let catalog = chain(&["a", "b", "c"]);
        let view = |select: &str| LineageView {
            select: select.to_owned(),
            ..LineageView::default()
        };
        assert_eq!(names(&catalog, &view("b+")), "b c");
        assert!(shown(&catalog, &view("nomethod:x"), None).is_err());
        assert_eq!(names(&catalog, &view("")), "a b c");
    }

    #[test]
    fn the_way_of_a_column_leaves_other_resources_and_columns_out() {
        let catalog = chain(&["a", "b", "c"]);
        let node = |id: &str, columns: &[(&str, &[(u32, u32)])]| NodeLineage {
            unique_id: format!("model.shop.{id}"),
            columns: columns
                .iter()
                .map(|(name, inputs)| LineageColumn {
                    name: (*name).to_owned(),
                    inputs: inputs
                        .iter()
                        .map(|(node, column)| (ColumnAt(*node, *column), Use::Copy))
                        .collect(),
                    ..LineageColumn::default()
                })
                .collect(),
            ..NodeLineage::default()
        };
        let columns = Columns::new(ColumnLineage {
            nodes: vec![
                node("a", &[("id", &[]), ("name", &[])]),
                node("b", &[("key", &[(0, 0)]), ("label", &[(0, 1)])]),
                node("c", &[("label", &[(1, 1)])]),
            ],
            ..ColumnLineage::default()
        });
        let way = way_of_column(&catalog, &columns, "model.shop.b", "KEY").unwrap();
        assert_eq!((way.nodes, way.edges), (vec![0, 1], vec![(0, 1)]));
        assert_eq!(way.columns, [["id"], ["key"]]);
        let way = way_of_column(&catalog, &columns, "model.shop.a", "name").unwrap();
        assert_eq!(way.edges, [(0, 1), (1, 2)]);
        assert!(way_of_column(&catalog, &columns, "model.shop.a", "gone").is_none());
    }

    #[test]
    fn a_focus_that_does_not_exist_is_no_focus() {
        let catalog = chain(&["a", "b"]);
        assert_eq!(
            names(&catalog, &focus("gone", Reach::Steps(1), Reach::Steps(1))),
            "a b"
        );
    }
}
