//! Tables and how their rows belong together: an entity-relationship diagram from tests and constraints.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use compiler::index::layout::{Bend, Growth, Spacing, layout_sized};
use compiler::index::{ForeignKey, NodePosition};

use super::catalog::{Catalog, test_tone};
use super::route;
use super::status::Tone;

/// Width of a box.
pub const WIDTH: f64 = 216.0;
/// Height of the head of a box, and of each of its lines.
pub const LINE: f64 = 26.0;
/// The most tables in one picture.
const MOST: usize = 150;
/// Height of a box that [`Spacing`] is made for.
const PLAIN: f64 = 36.0;

/// A diagram.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Diagram {
    /// Tables.
    pub tables: Vec<Table>,
    /// Which points at which.
    pub relations: Vec<Relation>,
    /// Width of the whole.
    pub width: f64,
    /// Height of the whole.
    pub height: f64,
    /// Tables left out for want of room.
    pub rest: usize,
}

/// A table with the columns that are keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Unique id.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// Kind as unique ids spell it.
    pub kind: &'static str,
    /// Columns that point or are pointed at: name, whether others point at it.
    pub columns: Vec<(String, bool)>,
    /// Left side.
    pub x: f64,
    /// Upper side.
    pub y: f64,
}

impl Table {
    /// Height of its box.
    pub fn height(&self) -> f64 {
        LINE * (self.columns.len() + 1) as f64
    }

    /// Middle of a column's line.
    fn line(&self, column: Option<&String>) -> f64 {
        let names = self.columns.iter().map(|(name, _)| name);
        let line = column.and_then(|column| {
            names
                .into_iter()
                .position(|name| name.eq_ignore_ascii_case(column))
        });
        self.y + LINE * (line.map_or(0, |line| line + 1) as f64 + 0.5)
    }
}

/// Columns that point at others.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// In words: `orders.customer_id → customers.id`.
    pub label: String,
    /// Unique id of the table that points.
    pub id: String,
    /// Address of the test that proves it; `None` for a constraint.
    pub test: Option<String>,
    /// Last result of the test.
    pub tone: Tone,
    /// The path of its line, as SVG has it.
    pub path: String,
    /// Whether the line runs along the right sides of both.
    pub beside: bool,
    /// Where the line starts: there is any number of rows.
    pub many: (f64, f64),
    /// Where the line ends: there is one row.
    pub one: (f64, f64),
}

/// The tables whose name or folder has the filter in it, and what they point at or are pointed at by; around one table
/// alone where there is a focus.
pub fn diagram(catalog: &Catalog, focus: Option<&str>, filter: &str) -> Diagram {
    let filter = filter.trim().to_lowercase();
    let focus = focus.and_then(|id| catalog.position(id));
    let wanted = |at: NodePosition| {
        let node = catalog.at(at);
        focus.map_or_else(
            || {
                node.label().to_lowercase().contains(&filter)
                    || node.path.to_lowercase().contains(&filter)
            },
            |focus| at == focus,
        )
    };
    let mut keys: Vec<&ForeignKey> = catalog
        .index
        .keys
        .iter()
        .filter(|key| wanted(key.node) || wanted(key.to))
        .collect();
    // The most connected tables come first where there are too many.
    let mut degrees: BTreeMap<NodePosition, usize> = BTreeMap::new();
    for key in &keys {
        *degrees.entry(key.node).or_default() += 1;
        *degrees.entry(key.to).or_default() += 1;
    }
    let mut nodes: Vec<NodePosition> = degrees.keys().copied().collect();
    nodes.sort_by_key(|at| std::cmp::Reverse(degrees[at]));
    let rest = nodes.len().saturating_sub(MOST);
    nodes.truncate(MOST);
    nodes.sort_unstable();
    keys.retain(|key| {
        nodes.binary_search(&key.node).is_ok() && nodes.binary_search(&key.to).is_ok()
    });
    let place = |at: NodePosition| nodes.binary_search(&at).unwrap_or_default();

    let mut tables: Vec<Table> = nodes.iter().map(|at| table(catalog, *at, &keys)).collect();
    let sizes: Vec<Growth> = tables
        .iter()
        .map(|table| Growth {
            width: 0.0,
            height: (table.height() - PLAIN) as f32,
        })
        .collect();
    // What is pointed at stands left of what points at it.
    let edges: BTreeSet<(u32, u32)> = keys
        .iter()
        .filter(|key| key.node != key.to)
        .map(|key| (place(key.to) as u32, place(key.node) as u32))
        .collect();
    let edges: Vec<(u32, u32)> = edges.into_iter().collect();
    let plan = layout_sized(&sizes, &edges, Spacing::default());
    for (table, point) in tables.iter_mut().zip(&plan.nodes) {
        table.x = f64::from(point.x);
        table.y = f64::from(point.y) + PLAIN / 2.0 - table.height() / 2.0;
    }
    let routes: BTreeMap<(u32, u32), &[Bend]> = plan
        .edges
        .iter()
        .map(|route| ((route.from, route.to), route.bends.as_slice()))
        .collect();
    let relations = keys
        .iter()
        .map(|key| {
            let (from, to) = (place(key.node), place(key.to));
            let bends = routes.get(&(to as u32, from as u32)).copied();
            relation(
                catalog,
                key,
                (&tables[from], &tables[to]),
                bends.unwrap_or_default(),
            )
        })
        .collect();
    let bottom = tables
        .iter()
        .map(|table| table.y + table.height())
        .fold(0.0, f64::max);
    Diagram {
        relations,
        rest,
        width: if tables.is_empty() {
            0.0
        } else {
            f64::from(plan.width) + WIDTH
        },
        height: bottom,
        tables,
    }
}

fn table(catalog: &Catalog, at: NodePosition, keys: &[&ForeignKey]) -> Table {
    let node = catalog.at(at);
    let mut columns: BTreeMap<String, bool> = BTreeMap::new();
    for key in keys {
        let own = (key.node == at).then_some((&key.columns, false));
        let pointed_at = (key.to == at).then_some((&key.to_columns, true));
        for (names, is_target) in own.into_iter().chain(pointed_at) {
            for name in names {
                *columns.entry(name.to_lowercase()).or_default() |= is_target;
            }
        }
    }
    let mut columns: Vec<(String, bool)> = columns.into_iter().collect();
    columns.sort_by_key(|(_, is_target)| !is_target);
    Table {
        id: node.unique_id.clone(),
        label: node.label(),
        kind: node.kind.as_str(),
        columns,
        x: 0.0,
        y: 0.0,
    }
}

fn relation(
    catalog: &Catalog,
    key: &ForeignKey,
    (from, to): (&Table, &Table),
    bends: &[Bend],
) -> Relation {
    let test = key.test.map(|at| &catalog.index.tests[at as usize]);
    let (many_y, one_y) = (
        from.line(key.columns.first()),
        to.line(key.to_columns.first()),
    );
    // Lines run from the left of what points to the right of what is pointed at, or along the right sides of both
    // where these stand above each other.
    let beside = from.x <= to.x;
    let many_x = if beside { from.x + WIDTH } else { from.x };
    let one_x = to.x + WIDTH;
    let path = if beside {
        let out = many_x.max(one_x) + 52.0;
        format!(
            "M{many_x:.1} {many_y:.1}C{out:.1} {many_y:.1} {out:.1} {one_y:.1} {one_x:.1} {one_y:.1}"
        )
    } else {
        let mut path = format!("M{one_x:.1} {one_y:.1}");
        let (mut x, mut y) = (one_x, one_y);
        let bends = bends.iter().map(|bend| {
            let [left, right, y] = [bend.left, bend.right, bend.y].map(f64::from);
            (left, y + PLAIN / 2.0, Some(right + WIDTH))
        });
        for (end_x, end_y, until) in bends.chain([(many_x, many_y, None)]) {
            let middle = f64::midpoint(x, end_x);
            let _ = write!(
                path,
                "C{middle:.1} {y:.1} {middle:.1} {end_y:.1} {end_x:.1} {end_y:.1}"
            );
            (x, y) = (until.unwrap_or(end_x), end_y);
            let _ = write!(path, "H{x:.1}");
        }
        path
    };
    let columns = |columns: &[String]| {
        if columns.is_empty() {
            "its key".to_owned()
        } else {
            columns.join(", ")
        }
    };
    Relation {
        label: format!(
            "{}.{} → {}.{}",
            from.label,
            columns(&key.columns),
            to.label,
            columns(&key.to_columns)
        ),
        id: from.id.clone(),
        test: test.map(|test| route::node(&test.unique_id)),
        tone: test.map_or(Tone::Ok, test_tone),
        path,
        beside,
        many: (many_x, many_y),
        one: (one_x, one_y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::chain;

    #[test]
    fn tables_that_are_pointed_at_stand_left_of_those_that_point() {
        let mut catalog = chain(&["customers", "orders", "items"]);
        let key = |node, column: &str, to, to_column: &str| ForeignKey {
            node,
            columns: vec![column.to_owned()],
            to,
            to_columns: vec![to_column.to_owned()],
            test: None,
        };
        catalog.index.keys = vec![
            key(1, "customer_id", 0, "ID"),
            key(2, "order_id", 1, "id"),
            key(2, "parent", 2, "item"),
        ];
        let all = diagram(&catalog, None, "");
        let columns: Vec<String> = all
            .tables
            .iter()
            .map(|table| {
                let columns = table.columns.iter().map(|(name, is_target)| {
                    format!("{name}{}", if *is_target { "*" } else { "" })
                });
                format!("{}: {}", table.label, columns.collect::<Vec<_>>().join(" "))
            })
            .collect();
        assert_eq!(
            columns,
            [
                "customers: id*",
                "orders: id* customer_id",
                "items: item* order_id parent"
            ]
        );
        assert!(all.tables[0].x < all.tables[1].x && all.tables[1].x < all.tables[2].x);
        assert_eq!(all.relations[0].label, "orders.customer_id → customers.ID");
        assert_eq!(
            all.relations[0].many,
            (all.tables[1].x, all.tables[1].y + 2.5 * LINE)
        );
        assert!(
            all.tables
                .iter()
                .all(|table| table.y >= 0.0 && table.y + table.height() <= all.height)
        );
        let labels = |diagram: Diagram| {
            diagram
                .tables
                .into_iter()
                .map(|table| table.label)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            labels(diagram(&catalog, Some("model.shop.customers"), "")),
            ["customers", "orders"]
        );
        assert_eq!(labels(diagram(&catalog, None, "ITEM")), ["orders", "items"]);
        assert_eq!(diagram(&catalog, None, "nothing"), Diagram::default());
    }
}
