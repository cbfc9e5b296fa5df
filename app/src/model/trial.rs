//! What the page makes of trials: which nodes a text needs, and what is different under it.

use std::collections::BTreeSet;

use compiler::index::{Impact, IndexNode, NodeDetail};
use compiler::lineage::{Knowledge, NodeLineage};
use compiler::near::did_you_mean;
use compiler::workbench::{Given, Need, Outcome, TriedColumn, TriedInput};

use super::catalog::{Catalog, is_refable};
use super::columns::Columns;

/// A node as the compiler is given it. `lineage` is asked where the warehouse has not told its columns.
pub fn given(detail: &NodeDetail, lineage: Option<&NodeLineage>) -> Given {
    let of_warehouse: Vec<String> = detail
        .columns
        .iter()
        .filter(|column| column.present == Some(true))
        .map(|column| column.name.clone())
        .collect();
    let of_sql = || {
        let known = lineage
            .filter(|node| node.knowledge == Knowledge::Read && node.gaps.is_empty())
            .filter(|node| !node.columns.is_empty())?;
        let names = known.columns.iter().map(|column| column.name.clone());
        Some(names.collect())
    };
    Given {
        unique_id: detail.unique_id.clone(),
        name: detail.name.clone(),
        kind: detail.kind.clone(),
        package: detail.package.clone(),
        path: detail.path.clone(),
        patch_path: detail.patch_path.clone(),
        raw_code: detail.raw_code.clone(),
        columns: Some(of_warehouse)
            .filter(|names| !names.is_empty())
            .or_else(of_sql),
    }
}

/// Unique ids of a model, its other versions and what it reads: what its text most likely needs.
pub fn first_given(catalog: &Catalog, id: &str) -> Vec<String> {
    let Some(model) = catalog.node(id) else {
        return vec![id.to_owned()];
    };
    let versions = catalog
        .index
        .nodes
        .iter()
        .filter(|node| node.version.is_some() && node.kind == model.kind)
        .filter(|node| node.name == model.name && node.package == model.package)
        .map(|node| node.unique_id.clone());
    let parents = model
        .parents
        .iter()
        .map(|at| catalog.at(*at).unique_id.clone());
    let mut ids = vec![id.to_owned()];
    for other in versions.chain(parents) {
        if !ids.contains(&other) {
            ids.push(other);
        }
    }
    ids
}

/// Unique ids of what answers a need: all versions of a name, since the latest is the one that counts.
pub fn answers(catalog: &Catalog, need: &Need) -> Vec<String> {
    let fits = |node: &&IndexNode| match need {
        Need::Ref { package, name } => {
            is_refable(node)
                && node.name == *name
                && package
                    .as_ref()
                    .is_none_or(|package| *node.package == **package)
        }
        Need::Source { source, table } => {
            node.name == *table && node.source.as_deref() == Some(source.as_str())
        }
    };
    let found = catalog.index.nodes.iter().filter(fits);
    found.map(|node| node.unique_id.clone()).collect()
}

/// Names near to those that nothing in the catalog has, for the problems that name them: the compiler knows only the
/// nodes that it was given.
pub fn suggest(catalog: &Catalog, outcome: &mut Outcome) {
    for need in &outcome.needs {
        if !answers(catalog, need).is_empty() {
            continue;
        }
        let nodes = || catalog.index.nodes.iter();
        let (quoted, near) = match need {
            Need::Ref { name, .. } => {
                let refable = nodes().filter(|node| is_refable(node));
                let names = refable.map(|node| node.name.as_str());
                (format!("'{name}'"), did_you_mean(name, names))
            }
            Need::Source { source, table } => {
                let whole = format!("{source}.{table}");
                let tables: Vec<String> = nodes()
                    .filter_map(|node| Some(format!("{}.{}", node.source.as_ref()?, node.name)))
                    .collect();
                let near = did_you_mean(&whole, tables.iter().map(String::as_str));
                (format!("'{whole}'"), near)
            }
        };
        let told = outcome.problems.iter_mut();
        for problem in told.filter(|problem| problem.message.contains(&quoted)) {
            if let Some(near) = &near {
                problem.hint = Some(near.clone());
            }
        }
    }
}

/// What is downstream of each column that is gone, where anything is.
pub fn downstream_of_gone(
    catalog: &Catalog,
    columns: &Columns,
    id: &str,
    difference: &Difference,
) -> Vec<(String, Impact)> {
    difference
        .columns
        .iter()
        .filter(|(change, _)| *change == Change::Removed)
        .filter_map(|(_, column)| {
            let at = columns.find(id, &column.name)?;
            let impact = Impact::of_column(&catalog.index, &columns.lineage, at);
            (!impact.items.is_empty()).then(|| (column.name.clone(), impact))
        })
        .collect()
}

/// How something is under the new text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// As before.
    Same,
    /// New.
    Added,
    /// Made of other columns, or otherwise.
    Changed,
    /// Gone.
    Removed,
}

impl Change {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Added => "new",
            Self::Changed => "changed",
            Self::Removed => "gone",
        }
    }
}

/// What a text changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Columns in their new order, then those that are gone.
    pub columns: Vec<(Change, TriedColumn)>,
    /// Unique ids of what is read, then of what is no longer.
    pub reads: Vec<(Change, String)>,
}

impl Difference {
    /// Compares what a model was with what it is under a text.
    pub fn new(before: &Outcome, now: &Outcome) -> Self {
        let inputs = |column: &TriedColumn| -> BTreeSet<TriedInput> {
            column.inputs.iter().cloned().collect()
        };
        let mut columns: Vec<(Change, TriedColumn)> = now
            .columns
            .iter()
            .map(|column| {
                let change = match find(before, &column.name) {
                    None => Change::Added,
                    Some(old) if inputs(old) == inputs(column) => Change::Same,
                    Some(_) => Change::Changed,
                };
                (change, column.clone())
            })
            .collect();
        let gone = |column: &&TriedColumn| find(now, &column.name).is_none();
        let gone = before.columns.iter().filter(gone);
        columns.extend(gone.map(|column| (Change::Removed, column.clone())));
        let mut reads: Vec<(Change, String)> = now
            .reads
            .iter()
            .map(|id| {
                let is_old = before.reads.contains(id);
                let change = if is_old { Change::Same } else { Change::Added };
                (change, id.clone())
            })
            .collect();
        let left = before.reads.iter().filter(|id| !now.reads.contains(id));
        reads.extend(left.map(|id| (Change::Removed, id.clone())));
        Self { columns, reads }
    }

    /// In one line: `2 columns new, 1 gone; reads 1 more`; nothing where nothing is different.
    pub fn summary(&self) -> Option<String> {
        let count = |change| {
            let fits = self.columns.iter().filter(|(found, _)| *found == change);
            fits.count()
        };
        let mut parts: Vec<String> = [Change::Added, Change::Changed, Change::Removed]
            .into_iter()
            .map(|change| (count(change), change.as_str()))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        if let Some(first) = parts.first_mut() {
            let (number, word) = first.split_once(' ').unwrap_or((first, ""));
            let noun = if number == "1" { "column" } else { "columns" };
            *first = format!("{number} {noun} {word}");
        }
        let columns = parts.join(", ");
        let reads = |change| self.reads.iter().filter(move |(found, _)| *found == change);
        let more = reads(Change::Added).count();
        let less = reads(Change::Removed).count();
        let reads = match (more, less) {
            (0, 0) => String::new(),
            (more, 0) => format!("reads {more} more"),
            (0, less) => format!("reads {less} less"),
            (more, less) => format!("reads {more} more and {less} less"),
        };
        let all: Vec<String> = [columns, reads]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

fn find<'a>(outcome: &'a Outcome, name: &str) -> Option<&'a TriedColumn> {
    let mut columns = outcome.columns.iter();
    columns.find(|column| column.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use compiler::lineage::Use;
    use compiler::workbench::Problem;

    use super::*;
    use crate::model::testing;

    fn column(name: &str, inputs: &[&str]) -> TriedColumn {
        let input = |name: &&str| TriedInput {
            unique_id: "model.shop.a".into(),
            column: (*name).into(),
            usage: Use::Copy,
        };
        TriedColumn {
            name: name.into(),
            inputs: inputs.iter().map(input).collect(),
            unknown: Vec::new(),
        }
    }

    fn outcome(columns: &[(&str, &[&str])], reads: &[&str]) -> Outcome {
        Outcome {
            columns: columns
                .iter()
                .map(|(name, inputs)| column(name, inputs))
                .collect(),
            reads: reads.iter().map(|id| (*id).to_owned()).collect(),
            ..Outcome::default()
        }
    }

    #[test]
    fn a_difference_tells_columns_and_inputs() {
        let before = outcome(&[("id", &["id"]), ("a", &["x", "y"]), ("old", &[])], &["m"]);
        let now = outcome(&[("new", &[]), ("ID", &["id"]), ("a", &["y"])], &["m", "n"]);
        let difference = Difference::new(&before, &now);
        let columns: Vec<_> = difference
            .columns
            .iter()
            .map(|(change, column)| (change.as_str(), column.name.as_str()))
            .collect();
        assert_eq!(
            columns,
            [
                ("new", "new"),
                ("same", "ID"),
                ("changed", "a"),
                ("gone", "old")
            ]
        );
        assert_eq!(
            difference.summary().as_deref(),
            Some("1 column new, 1 changed, 1 gone; reads 1 more")
        );
        assert_eq!(Difference::new(&before, &before).summary(), None);
    }

    #[test]
    fn a_name_is_answered_by_the_nodes_that_have_it() {
        let catalog = testing::chain(&["a", "b", "c"]);
        let need = |name: &str, package: Option<&str>| Need::Ref {
            package: package.map(str::to_owned),
            name: name.into(),
        };
        assert_eq!(answers(&catalog, &need("b", None)), ["model.shop.b"]);
        assert_eq!(
            answers(&catalog, &need("b", Some("shop"))),
            ["model.shop.b"]
        );
        assert!(answers(&catalog, &need("b", Some("other"))).is_empty());
        assert!(answers(&catalog, &need("x", None)).is_empty());
        assert_eq!(
            first_given(&catalog, "model.shop.b"),
            ["model.shop.b", "model.shop.a"]
        );
    }

    #[test]
    fn a_name_that_nothing_has_is_told_with_those_that_are_near() {
        let catalog = testing::chain(&["stg_orders", "dim_customers"]);
        let mut outcome = Outcome {
            needs: vec![Need::Ref {
                package: None,
                name: "stg_oders".into(),
            }],
            problems: vec![Problem {
                is_error: true,
                message: "model.shop.a refers to 'stg_oders', which is not in the project".into(),
                ..Problem::default()
            }],
            ..Outcome::default()
        };
        suggest(&catalog, &mut outcome);
        let hint = outcome.problems[0].hint.as_deref();
        assert_eq!(hint, Some("did you mean 'stg_orders'?"));
    }
}
