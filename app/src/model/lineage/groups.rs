//! Folders or packages that stand in the graph as one box each until somebody opens them.

use std::collections::HashMap;

use compiler::index::NodePosition;
use compiler::index::layout::{Nest, Nested};

use crate::model::catalog::Catalog;
use crate::model::route::{GroupBy, LineageView};
use crate::model::tree::folders_of;

/// From this many nodes on the graph is grouped by folder where nobody says how.
const MANY: usize = 400;
/// Groups are open from the start, the largest first, while no more boxes than this are shown.
const BOXES: usize = 48;

/// What nodes are grouped by: what the view says, else by folder where there are many.
pub fn grouping(view: &LineageView, count: usize) -> GroupBy {
    match view.group {
        _ if view.column.is_some() => GroupBy::Nothing,
        Some(group) => group,
        None if view.focus.is_none() && count >= MANY => GroupBy::Folder,
        None => GroupBy::Nothing,
    }
}

/// A group; the first of all is the whole and always open.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Group {
    /// Names from the top, joined by `/`.
    pub(super) key: String,
    /// Its own name; those of folders that hold nothing but one folder are joined.
    pub(super) label: String,
    /// The group that it is in.
    pub(super) parent: Option<u32>,
    /// How many groups it is in.
    pub(super) depth: u32,
    /// Groups in it.
    pub(super) groups: Vec<u32>,
    /// Nodes directly in it, as positions in the shown ones.
    pub(super) nodes: Vec<u32>,
    /// Nodes in it and below.
    pub(super) count: usize,
    /// Whether what is in it is shown instead of it, if it is shown itself.
    pub(super) open: bool,
}

/// All groups of a view; parents stand before what is in them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Groups {
    /// The groups.
    pub(super) all: Vec<Group>,
    /// The group that each shown node is directly in.
    pub(super) of: Vec<u32>,
}

impl Groups {
    /// Groups shown nodes. `turned` has the keys of groups that somebody opened or closed.
    pub(super) fn new(
        catalog: &Catalog,
        shown: &[NodePosition],
        by: GroupBy,
        turned: &[String],
    ) -> Self {
        let project = catalog.index.project.name.as_str();
        let mut groups = Self {
            all: vec![Group::default()],
            of: Vec::with_capacity(shown.len()),
        };
        let mut known = HashMap::new();
        for (here, position) in shown.iter().enumerate() {
            let node = catalog.at(*position);
            let path = match by {
                GroupBy::Folder => folders_of(node, project),
                GroupBy::Package => vec![&*node.package],
                GroupBy::Nothing => Vec::new(),
            };
            let group = groups.at_path(&path, &mut known);
            groups.all[group as usize].nodes.push(here as u32);
            groups.of.push(group);
        }
        groups.join_chains();
        groups.count();
        groups.open(turned);
        groups
    }

    fn at_path(&mut self, path: &[&str], known: &mut HashMap<String, u32>) -> u32 {
        let (mut at, mut key) = (0, String::new());
        for (depth, name) in path.iter().enumerate() {
            if depth > 0 {
                key.push('/');
            }
            key.push_str(name);
            at = *known.entry(key.clone()).or_insert_with(|| {
                let new = self.all.len() as u32;
                self.all.push(Group {
                    key: key.clone(),
                    label: (*name).to_owned(),
                    parent: Some(at),
                    ..Group::default()
                });
                self.all[at as usize].groups.push(new);
                new
            });
        }
        at
    }

    /// A folder with nothing in it but one folder is no step of its own.
    fn join_chains(&mut self) {
        for at in 1..self.all.len() {
            let Group {
                groups,
                nodes,
                parent: Some(parent),
                label,
                ..
            } = &self.all[at]
            else {
                continue;
            };
            let ([only], true) = (groups.as_slice(), nodes.is_empty()) else {
                continue;
            };
            let (only, parent) = (*only, *parent);
            let label = format!("{label}/{}", self.all[only as usize].label);
            let child = &mut self.all[only as usize];
            child.label = label;
            child.parent = Some(parent);
            let siblings = &mut self.all[parent as usize].groups;
            siblings
                .iter_mut()
                .filter(|group| **group == at as u32)
                .for_each(|group| *group = only);
            self.all[at].parent = None;
            self.all[at].groups.clear();
        }
        for at in 1..self.all.len() {
            if let Some(parent) = self.all[at].parent {
                self.all[at].depth = self.all[parent as usize].depth + 1;
            }
        }
    }

    fn count(&mut self) {
        for at in (0..self.all.len()).rev() {
            self.all[at].count += self.all[at].nodes.len();
            if let Some(parent) = self.all[at].parent {
                self.all[parent as usize].count += self.all[at].count;
            }
        }
    }

    fn open(&mut self, turned: &[String]) {
        self.all[0].open = true;
        let boxes = |group: &Group| group.groups.len() + group.nodes.len();
        let mut shown = boxes(&self.all[0]);
        let mut closed = self.all[0].groups.clone();
        while let Some(next) = (0..closed.len())
            .filter(|at| shown - 1 + boxes(&self.all[closed[*at] as usize]) <= BOXES)
            .max_by_key(|at| {
                (
                    self.all[closed[*at] as usize].count,
                    std::cmp::Reverse(closed[*at]),
                )
            })
        {
            let group = &mut self.all[closed.swap_remove(next) as usize];
            group.open = true;
            shown = shown - 1 + boxes(group);
            closed.extend(&group.groups);
        }
        for group in &mut self.all[1..] {
            group.open ^= turned.contains(&group.key);
        }
    }

    /// All nodes of a group and of those in it, ascending.
    pub(super) fn members(&self, group: u32) -> Vec<u32> {
        let mut members = Vec::new();
        let mut stack = vec![group];
        while let Some(at) = stack.pop() {
            let group = &self.all[at as usize];
            members.extend(&group.nodes);
            stack.extend(&group.groups);
        }
        members.sort_unstable();
        members
    }

    /// The groups as a layout takes them.
    pub(super) fn nest(&self) -> Nest {
        let nested = |group: &Group| Nested {
            parent: group.parent,
            depth: group.depth,
            groups: group.groups.clone(),
            nodes: group.nodes.clone(),
            open: group.open,
        };
        Nest {
            groups: self.all.iter().map(nested).collect(),
            of: self.of.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::in_folders;

    fn labels(groups: &Groups) -> Vec<String> {
        let stand_ins = groups.nest().stand_ins();
        let shown = (0..groups.all.len()).filter(|at| stand_ins[*at] == Some(*at as u32));
        shown
            .filter(|at| groups.all[*at].parent.is_some())
            .map(|at| format!("{} {}", groups.all[at].label, groups.all[at].count))
            .collect()
    }

    #[test]
    fn the_largest_folders_are_open_while_there_is_room_and_each_can_be_turned() {
        let names: Vec<String> = (0..60).map(|at| format!("staging/big/m{at}")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.extend(["marts/core/a", "marts/core/b", "marts/c"]);
        let catalog = in_folders(&names);
        let shown: Vec<NodePosition> = (0..names.len() as u32).collect();
        let groups = |turned: &[&str]| {
            let turned: Vec<String> = turned.iter().map(|key| (*key).to_owned()).collect();
            Groups::new(&catalog, &shown, GroupBy::Folder, &turned)
        };
        assert_eq!(labels(&groups(&[])), ["staging/big 60"]);
        assert_eq!(
            labels(&groups(&["models/staging/big"])),
            Vec::<String>::new()
        );
        assert_eq!(
            labels(&groups(&["models/marts"])),
            ["staging/big 60", "marts 3"]
        );
        assert_eq!(labels(&groups(&["models"])), ["models 63"]);
        let by_package = Groups::new(&catalog, &shown, GroupBy::Package, &[]);
        assert_eq!(labels(&by_package), ["shop 63"]);
    }

    #[test]
    fn many_nodes_are_grouped_unless_the_view_says_otherwise() {
        let view = LineageView::default();
        assert_eq!(grouping(&view, MANY - 1), GroupBy::Nothing);
        assert_eq!(grouping(&view, MANY), GroupBy::Folder);
        let said = LineageView {
            group: Some(GroupBy::Nothing),
            ..view
        };
        assert_eq!(grouping(&said, MANY), GroupBy::Nothing);
    }
}
