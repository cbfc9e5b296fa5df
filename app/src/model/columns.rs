//! Where a column comes from and where it goes, as the page says it.

use compiler::index::IndexNode;
use compiler::lineage::{ColumnAt, ColumnLineage, Knowledge, NodeLineage, Reached, Readers, Use};

use super::catalog::Catalog;
use super::route;

/// A column to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnLink {
    /// Unique id of its node.
    pub id: String,
    /// The node's name for people.
    pub node: String,
    /// The node's kind as unique ids spell it.
    pub kind: &'static str,
    /// The column's name.
    pub column: String,
    /// How the value goes from one to the other.
    pub usage: Use,
}

impl ColumnLink {
    /// The address of the column.
    pub fn href(&self) -> String {
        route::column(&self.id, &self.column)
    }
}

/// What is next to a column on both sides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// The columns that it is made of.
    pub from: Vec<ColumnLink>,
    /// The columns that are made of it.
    pub to: Vec<ColumnLink>,
    /// What is not known about where it comes from.
    pub gaps: Vec<String>,
}

/// Column lineage with its other direction.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// As the server sent it.
    pub lineage: ColumnLineage,
    readers: Readers,
}

impl Columns {
    /// Makes the other direction.
    pub fn new(lineage: ColumnLineage) -> Self {
        Self {
            readers: lineage.readers(),
            lineage,
        }
    }

    /// A node's part.
    pub fn node(&self, id: &str) -> Option<&NodeLineage> {
        let position = self.lineage.position(id)?;
        Some(&self.lineage.nodes[position as usize])
    }

    /// A column by its node's id and its name.
    pub fn find(&self, id: &str, column: &str) -> Option<ColumnAt> {
        self.lineage.column(self.lineage.position(id)?, column)
    }

    /// Everything that is made of a column, nearest first.
    pub fn downstream(&self, at: ColumnAt) -> Vec<Reached> {
        self.readers.affected(&[at]).columns
    }

    /// What is next to a column; nothing for columns that the lineage does not have.
    pub fn around(&self, catalog: &Catalog, id: &str, column: &str) -> Around {
        let Some(at) = self.find(id, column) else {
            return Around::default();
        };
        let own = self.lineage.at(at);
        let gaps = &self.lineage.node(at).gaps;
        let link = |(at, usage): &(ColumnAt, Use)| self.link(catalog, *at, *usage);
        Around {
            from: own.inputs.iter().map(link).collect(),
            to: self.readers.of(at).iter().map(link).collect(),
            gaps: own
                .gaps
                .iter()
                .filter_map(|gap| gaps.get(*gap as usize).cloned())
                .collect(),
        }
    }

    fn link(&self, catalog: &Catalog, at: ColumnAt, usage: Use) -> ColumnLink {
        let id = &self.lineage.node(at).unique_id;
        let node = catalog.node(id);
        ColumnLink {
            id: id.clone(),
            node: node.map_or_else(|| id.clone(), IndexNode::label),
            kind: node.map_or("model", |node| node.kind.as_str()),
            column: self.lineage.at(at).name.clone(),
            usage,
        }
    }
}

/// Why a node's columns lead nowhere; `None` where they could be followed.
pub fn why_unknown(node: Option<&NodeLineage>) -> Option<&'static str> {
    match node.map(|node| node.knowledge) {
        Some(Knowledge::NotCompiled) => Some(
            "Where these columns come from is not known yet: there is no compiled SQL. Run it, or `refract compile`.",
        ),
        Some(Knowledge::NotSql) => {
            Some("Where these columns come from is not known: this model is not SQL.")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use compiler::lineage::LineageColumn;

    use super::*;
    use crate::model::testing::chain;

    /// `a(id)` → `b(key = id, total ?)`.
    fn columns() -> Columns {
        let node = |id: &str, columns: Vec<LineageColumn>, gaps: Vec<String>| NodeLineage {
            unique_id: format!("model.shop.{id}"),
            knowledge: Knowledge::Read,
            columns,
            gaps,
            ..NodeLineage::default()
        };
        let column = |name: &str, inputs: Vec<(ColumnAt, Use)>, gaps: Vec<u32>| LineageColumn {
            name: name.to_owned(),
            inputs,
            gaps,
        };
        Columns::new(ColumnLineage {
            nodes: vec![
                node("a", vec![column("id", Vec::new(), Vec::new())], Vec::new()),
                node(
                    "b",
                    vec![
                        column("key", vec![(ColumnAt(0, 0), Use::Copy)], Vec::new()),
                        column("total", Vec::new(), vec![0]),
                    ],
                    vec!["who knows".to_owned()],
                ),
            ],
            ..ColumnLineage::default()
        })
    }

    #[test]
    fn neighbours_are_named_with_their_address() {
        let catalog = chain(&["a", "b"]);
        let around = columns().around(&catalog, "model.shop.a", "ID");
        assert!(around.from.is_empty());
        assert_eq!(around.to.len(), 1);
        assert_eq!(
            (around.to[0].node.as_str(), around.to[0].column.as_str()),
            ("b", "key")
        );
        assert_eq!(around.to[0].href(), "/node/model.shop.b?column=key");
    }

    #[test]
    fn what_is_not_known_is_said() {
        let catalog = chain(&["a", "b"]);
        let around = columns().around(&catalog, "model.shop.b", "total");
        assert_eq!(around.gaps, ["who knows"]);
        assert_eq!(
            columns().around(&catalog, "model.shop.b", "gone"),
            Around::default()
        );
        assert_eq!(why_unknown(None), None);
        let node = NodeLineage {
            knowledge: Knowledge::NotCompiled,
            ..NodeLineage::default()
        };
        assert!(why_unknown(Some(&node)).is_some());
    }
}
