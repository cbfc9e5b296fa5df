//! The project's columns with what each is made of: what travels to the page, and what is asked of it.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::statement::Use;

/// The version of the shape that [`ColumnLineage`] has as JSON; a reader refuses others.
pub const FORMAT: u32 = 1;

/// A column: positions of a node in [`ColumnLineage::nodes`] and of a column in that node's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ColumnAt(pub u32, pub u32);

/// How far a node's columns could be followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Knowledge {
    /// It is where columns begin: a source or seed.
    #[default]
    Root,
    /// Its SQL was read; what is not known of it is in its gaps.
    Read,
    /// There is no compiled SQL of it yet.
    NotCompiled,
    /// It is not SQL.
    NotSql,
}

/// A column and what it is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineageColumn {
    /// Name as the statement or the warehouse has it.
    #[serde(rename = "n")]
    pub name: String,
    /// The columns that it is made of.
    #[serde(rename = "i", skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<(ColumnAt, Use)>,
    /// What is not known about it, as positions in the node's gaps.
    #[serde(rename = "g", skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<u32>,
}

/// A node with its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeLineage {
    /// `kind.package.name`.
    #[serde(rename = "id")]
    pub unique_id: String,
    /// How far it could be followed.
    #[serde(rename = "k")]
    pub knowledge: Knowledge,
    /// Its columns.
    #[serde(rename = "c", skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<LineageColumn>,
    /// Columns that decide which rows it has, and in which order.
    #[serde(rename = "f", skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<ColumnAt>,
    /// What could not be resolved, for people.
    #[serde(rename = "g", skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
}

/// The column lineage of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnLineage {
    /// [`FORMAT`].
    #[serde(deserialize_with = "known_format")]
    pub format: u32,
    /// Sources, seeds, models and snapshots, each after those that it reads.
    pub nodes: Vec<NodeLineage>,
}

fn known_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let format = u32::deserialize(deserializer)?;
    if format == FORMAT {
        return Ok(format);
    }
    Err(D::Error::custom(format!(
        "the column lineage has format {format}, this page reads format {FORMAT}; reload the page"
    )))
}

impl Default for ColumnLineage {
    fn default() -> Self {
        Self {
            format: FORMAT,
            nodes: Vec::new(),
        }
    }
}

/// A column that was reached from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// The column.
    pub at: ColumnAt,
    /// The column next to it on the way, nearer to the start.
    pub from: ColumnAt,
    /// A copy only if every step of some way is one.
    pub usage: Use,
    /// Steps from the start.
    pub steps: u32,
}

/// Everything that changes with a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affected {
    /// Columns made of it, nearest first.
    pub columns: Vec<Reached>,
    /// Nodes whose rows are decided by it or by one of these columns, ascending.
    pub filtered: Vec<u32>,
}

/// Which columns are made of each column; the other direction of [`ColumnLineage`].
#[derive(Debug, Clone, Default)]
pub struct Readers {
    columns: HashMap<ColumnAt, Vec<(ColumnAt, Use)>>,
    filters: HashMap<ColumnAt, Vec<u32>>,
}

impl ColumnLineage {
    /// A node's position by its unique id.
    pub fn position(&self, id: &str) -> Option<u32> {
        let position = self.nodes.iter().position(|node| node.unique_id == id)?;
        Some(position as u32)
    }

    /// A column by name, whatever its case.
    pub fn column(&self, node: u32, name: &str) -> Option<ColumnAt> {
        let columns = &self.nodes.get(node as usize)?.columns;
        let exact = columns.iter().position(|column| column.name == name);
        let any = || {
            columns
                .iter()
                .position(|column| column.name.eq_ignore_ascii_case(name))
        };
        Some(ColumnAt(node, exact.or_else(any)? as u32))
    }

    /// A node.
    pub fn node(&self, at: ColumnAt) -> &NodeLineage {
        &self.nodes[at.0 as usize]
    }

    /// A column's facts.
    pub fn at(&self, at: ColumnAt) -> &LineageColumn {
        &self.nodes[at.0 as usize].columns[at.1 as usize]
    }

    /// Everything that a column is made of, nearest first.
    pub fn upstream(&self, start: ColumnAt) -> Vec<Reached> {
        walk(start, |at| self.at(at).inputs.clone())
    }

    /// Which columns read each column.
    pub fn readers(&self) -> Readers {
        let mut readers = Readers::default();
        for (node, lineage) in self.nodes.iter().enumerate() {
            for (column, facts) in lineage.columns.iter().enumerate() {
                let here = ColumnAt(node as u32, column as u32);
                for (input, usage) in &facts.inputs {
                    let list = readers.columns.entry(*input).or_default();
                    list.push((here, *usage));
                }
            }
            for filter in &lineage.filters {
                let list = readers.filters.entry(*filter).or_default();
                if list.last() != Some(&(node as u32)) {
                    list.push(node as u32);
                }
            }
        }
        readers
    }

    /// The column that this one is nothing but a copy of, if there is exactly one and nothing is unknown.
    pub fn original(&self, at: ColumnAt) -> Option<ColumnAt> {
        let column = self.at(at);
        match column.inputs.as_slice() {
            [(input, Use::Copy)] if column.gaps.is_empty() => Some(*input),
            _ => None,
        }
    }

    /// The nearest column along copies that has something, such as a description.
    pub fn inherited<T>(
        &self,
        start: ColumnAt,
        mut has: impl FnMut(ColumnAt) -> Option<T>,
    ) -> Option<(ColumnAt, T)> {
        let mut at = start;
        // A self-reference of an incremental model must not go round for ever.
        for _ in 0..self.nodes.len() {
            at = self.original(at).filter(|next| *next != at)?;
            if let Some(found) = has(at) {
                return Some((at, found));
            }
        }
        None
    }
}

impl Readers {
    /// The columns that are made of a column directly.
    pub fn of(&self, at: ColumnAt) -> &[(ColumnAt, Use)] {
        self.columns.get(&at).map(Vec::as_slice).unwrap_or_default()
    }

    /// Everything that changes with any of some columns.
    pub fn affected(&self, starts: &[ColumnAt]) -> Affected {
        let mut columns: BTreeMap<ColumnAt, Reached> = BTreeMap::new();
        let mut filtered: Vec<u32> = Vec::new();
        for start in starts {
            filtered.extend(self.filters.get(start).into_iter().flatten());
            for reached in walk(*start, |at| self.of(at).to_vec()) {
                filtered.extend(self.filters.get(&reached.at).into_iter().flatten());
                let known = columns.entry(reached.at).or_insert(reached);
                if reached.steps < known.steps {
                    known.steps = reached.steps;
                    known.from = reached.from;
                }
                known.usage = known.usage.min(reached.usage);
            }
        }
        filtered.sort_unstable();
        filtered.dedup();
        let mut columns: Vec<Reached> = columns.into_values().collect();
        columns.sort_by_key(|reached| (reached.steps, reached.at));
        Affected { columns, filtered }
    }
}

/// Breadth first from a column; the start itself is left out.
fn walk(start: ColumnAt, next: impl Fn(ColumnAt) -> Vec<(ColumnAt, Use)>) -> Vec<Reached> {
    let mut reached: Vec<Reached> = Vec::new();
    let mut places: HashMap<ColumnAt, usize> = HashMap::new();
    let mut queue = VecDeque::from([(start, Use::Copy, 0)]);
    while let Some((at, so_far, steps)) = queue.pop_front() {
        for (to, usage) in next(at) {
            let usage = usage.max(so_far);
            if to == start {
                continue;
            }
            match places.get(&to).copied() {
                None => {
                    places.insert(to, reached.len());
                    reached.push(Reached {
                        at: to,
                        from: at,
                        usage,
                        steps: steps + 1,
                    });
                }
                // A longer way of copies tells more than a shorter one through an expression.
                Some(place) if usage < reached[place].usage => reached[place].usage = usage,
                Some(_) => continue,
            }
            queue.push_back((to, usage, steps + 1));
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, columns: &[(&str, &[(ColumnAt, Use)])]) -> NodeLineage {
        NodeLineage {
            unique_id: id.to_owned(),
            columns: columns
                .iter()
                .map(|(name, inputs)| LineageColumn {
                    name: (*name).to_owned(),
                    inputs: inputs.to_vec(),
                    gaps: Vec::new(),
                })
                .collect(),
            ..NodeLineage::default()
        }
    }

    /// raw(id, name) → staging(key = id, label = name) → mart(key, long ~ label), and mart's rows by key.
    fn project() -> ColumnLineage {
        let copy = |node, column| (ColumnAt(node, column), Use::Copy);
        let mut mart = node(
            "model.p.mart",
            &[
                ("key", &[copy(1, 0)]),
                ("long", &[(ColumnAt(1, 1), Use::Transform)]),
            ],
        );
        mart.filters = vec![ColumnAt(1, 0)];
        ColumnLineage {
            nodes: vec![
                node("source.p.raw", &[("id", &[]), ("name", &[])]),
                node(
                    "model.p.staging",
                    &[("key", &[copy(0, 0)]), ("label", &[copy(0, 1)])],
                ),
                mart,
            ],
            ..ColumnLineage::default()
        }
    }

    #[test]
    fn a_column_is_followed_both_ways() {
        let project = project();
        let up: Vec<_> = project
            .upstream(ColumnAt(2, 1))
            .iter()
            .map(|reached| (reached.at, reached.usage, reached.steps))
            .collect();
        assert_eq!(
            up,
            [
                (ColumnAt(1, 1), Use::Transform, 1),
                (ColumnAt(0, 1), Use::Transform, 2)
            ]
        );
        let affected = project.readers().affected(&[ColumnAt(0, 0)]);
        let down: Vec<_> = affected
            .columns
            .iter()
            .map(|reached| (reached.at, reached.usage))
            .collect();
        assert_eq!(
            down,
            [(ColumnAt(1, 0), Use::Copy), (ColumnAt(2, 0), Use::Copy)]
        );
        assert_eq!(affected.filtered, [2]);
    }

    #[test]
    fn something_is_inherited_along_copies_only() {
        let project = project();
        let of_raw = |at: ColumnAt| (at.0 == 0).then_some("said");
        let found = project.inherited(ColumnAt(2, 0), of_raw);
        assert_eq!(found, Some((ColumnAt(0, 0), "said")));
        assert_eq!(project.inherited(ColumnAt(2, 1), of_raw), None);
    }

    #[test]
    fn names_are_found_whatever_their_case() {
        let project = project();
        assert_eq!(project.column(1, "LABEL"), Some(ColumnAt(1, 1)));
        assert_eq!(project.column(1, "gone"), None);
    }

    #[test]
    fn a_circle_ends() {
        let mut project = project();
        project.nodes[0].columns[0].inputs = vec![(ColumnAt(2, 0), Use::Copy)];
        assert_eq!(project.upstream(ColumnAt(2, 0)).len(), 2);
        assert_eq!(project.inherited(ColumnAt(2, 0), |_| None::<()>), None);
    }
}
