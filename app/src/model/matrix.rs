//! Columns by tests: what is asked of each column, and how it ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use compiler::artifacts::manifest::ResourceType;
use compiler::index::{IndexNode, IndexTest, Proofs};

use super::catalog::{Catalog, test_tone};
use super::columns::Columns;
use super::route;
use super::status::Tone;

/// Kinds of tests that have a column of their own; the rest share one.
const KINDS: usize = 7;

/// A table of columns by kinds of tests.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix {
    /// Kinds of tests, the most frequent first; where there are too many, `other` is the last.
    pub kinds: Vec<String>,
    /// Models with their columns.
    pub models: Vec<MatrixModel>,
    /// Columns of models in the table and left out of it.
    pub columns: usize,
    /// Columns left out for want of room.
    pub rest: usize,
}

/// A model in the table.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixModel {
    /// Unique id.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// Folder of its file.
    pub folder: String,
    /// Who answers for it; empty where nobody is named.
    pub owner: String,
    /// The first line is about the whole model where tests are on it.
    pub lines: Vec<MatrixLine>,
}

/// A column of a model, or the whole of it.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixLine {
    /// Name of the column; `None` for the whole.
    pub column: Option<Arc<str>>,
    /// Tests by kind, as [`Matrix::kinds`].
    pub cells: Vec<Option<Cell>>,
    /// A tested column that it is a pure copy of, where it has no tests itself: name and address.
    pub proof: Option<(String, String)>,
}

impl MatrixLine {
    fn is_tested(&self) -> bool {
        self.cells.iter().any(Option::is_some)
    }
}

/// The tests of one kind on one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The one that ended worst.
    pub id: String,
    /// Its result.
    pub tone: Tone,
    /// Its result in words, `not run` where none is known.
    pub word: &'static str,
    /// Since when it has been so, or when it last ran; ISO 8601.
    pub since: Option<String>,
    /// How many tests there are.
    pub count: usize,
}

/// Which lines are in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lines {
    /// All.
    #[default]
    All,
    /// Columns that no test guards, here or where they are copied from.
    Untested,
    /// Those with a test that failed or warned.
    Failing,
}

impl Lines {
    /// From an address.
    pub fn parse(text: Option<&str>) -> Self {
        match text {
            Some("untested") => Self::Untested,
            Some("failing") => Self::Failing,
            _ => Self::All,
        }
    }

    /// As it stands in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Untested => "untested",
            Self::Failing => "failing",
        }
    }

    fn takes(self, line: &MatrixLine) -> bool {
        match self {
            Self::All => true,
            Self::Untested => line.column.is_some() && !line.is_tested() && line.proof.is_none(),
            Self::Failing => line
                .cells
                .iter()
                .flatten()
                .any(|cell| cell.tone >= Tone::Warn),
        }
    }
}

/// The table of the root project's models whose name, folder, owner or column has the filter in it, with at most so
/// many lines.
pub fn matrix(
    catalog: &Catalog,
    columns: Option<&Columns>,
    only: Lines,
    filter: &str,
    most: usize,
) -> Matrix {
    let proofs = columns.map(|columns| (Proofs::new(&catalog.index, &columns.lineage), columns));
    let filter = filter.trim().to_lowercase();
    let kinds = kinds(catalog);
    let mut matrix = Matrix {
        kinds,
        ..Matrix::default()
    };
    let models = catalog.of_kind(ResourceType::Model);
    for node in models.filter(|node| *node.package == *catalog.index.project.name) {
        let folder = node.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let owner = node.owner.as_deref().unwrap_or_default();
        let whole = [&node.label(), folder, owner]
            .iter()
            .any(|text| text.to_lowercase().contains(&filter));
        let fits = |column: Option<&str>| {
            whole || column.is_some_and(|column| column.to_lowercase().contains(&filter))
        };
        let room = most.saturating_sub(matrix.columns);
        if room == 0 && only == Lines::All {
            // Of a large project most lines are only counted.
            let of_columns = node
                .columns
                .iter()
                .filter(|column| fits(Some(&column.name)));
            let of_whole = usize::from(whole && has_test_of_whole(catalog, node));
            matrix.rest += of_columns.count() + of_whole;
            continue;
        }
        let mut lines = lines(catalog, node, &matrix.kinds);
        lines.retain(|line| fits(line.column.as_deref()));
        let prove = |line: &mut MatrixLine| {
            let column = line.column.as_ref().filter(|_| !line.is_tested());
            line.proof = column.and_then(|column| {
                let (proofs, columns) = proofs.as_ref()?;
                let at = proofs.upstream(&node.unique_id, column)?;
                let (id, name) = (
                    &columns.lineage.node(at).unique_id,
                    &columns.lineage.at(at).name,
                );
                let label = catalog
                    .node(id)
                    .map_or_else(|| id.clone(), IndexNode::label);
                Some((format!("{label}.{name}"), route::column(id, name)))
            });
        };
        if only == Lines::Untested {
            lines.iter_mut().for_each(prove);
        }
        lines.retain(|line| only.takes(line));
        matrix.rest += lines.len().saturating_sub(room);
        lines.truncate(room);
        if only != Lines::Untested {
            lines.iter_mut().for_each(prove);
        }
        matrix.columns += lines.len();
        if !lines.is_empty() {
            matrix.models.push(MatrixModel {
                id: node.unique_id.clone(),
                label: node.label(),
                folder: folder.to_owned(),
                owner: owner.to_owned(),
                lines,
            });
        }
    }
    matrix
}

fn kind(test: &IndexTest) -> &str {
    test.test.as_deref().unwrap_or("singular")
}

fn kinds(catalog: &Catalog) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for test in catalog
        .index
        .tests
        .iter()
        .filter(|test| test.node.is_some())
    {
        *counts.entry(kind(test)).or_default() += 1;
    }
    let mut kinds: Vec<(&str, usize)> = counts.into_iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut names: Vec<String> = kinds
        .iter()
        .take(KINDS)
        .map(|(name, _)| (*name).to_owned())
        .collect();
    if kinds.len() > KINDS {
        names.push("other".to_owned());
    }
    names
}

/// Whether a test asks something of the model as a whole, or of a column that it does not have.
fn has_test_of_whole(catalog: &Catalog, node: &IndexNode) -> bool {
    node.tests.iter().any(|at| {
        let column = catalog.index.tests[*at as usize].column.as_ref();
        column.is_none_or(|name| {
            let mut columns = node.columns.iter();
            !columns.any(|column| column.name.eq_ignore_ascii_case(name))
        })
    })
}

fn lines(catalog: &Catalog, node: &IndexNode, kinds: &[String]) -> Vec<MatrixLine> {
    let line = |column: Option<Arc<str>>| MatrixLine {
        column,
        cells: vec![None; kinds.len()],
        proof: None,
    };
    let columns = node
        .columns
        .iter()
        .map(|column| line(Some(Arc::clone(&column.name))));
    let mut lines: Vec<MatrixLine> = std::iter::once(line(None)).chain(columns).collect();
    for at in &node.tests {
        let test = &catalog.index.tests[*at as usize];
        let of_column = |line: &MatrixLine| match (&line.column, &test.column) {
            (Some(name), Some(column)) => name.eq_ignore_ascii_case(column),
            (None, None) => true,
            _ => false,
        };
        // A test on a column that is not there is one of the whole.
        let place = lines.iter().position(of_column).unwrap_or(0);
        let slot = kinds
            .iter()
            .position(|name| name == kind(test))
            .unwrap_or(kinds.len() - 1);
        let cell = &mut lines[place].cells[slot];
        let count = cell.as_ref().map_or(0, |cell| cell.count) + 1;
        let tone = test_tone(test);
        match cell {
            Some(known) if known.tone >= tone => known.count = count,
            _ => {
                let last = test.last.as_ref();
                *cell = Some(Cell {
                    id: test.unique_id.clone(),
                    tone,
                    word: last.map_or("not run", |last| last.status.as_str()),
                    since: last.and_then(|last| last.since.clone().or_else(|| last.at.clone())),
                    count,
                });
            }
        }
    }
    if !lines[0].is_tested() {
        lines.remove(0);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::tested;

    #[test]
    fn each_column_has_a_cell_for_each_kind_of_test() {
        let catalog = tested();
        let table = matrix(&catalog, None, Lines::All, "", 100);
        assert_eq!(table.kinds, ["not_null", "unique"]);
        let text: Vec<String> = table.models[0]
            .lines
            .iter()
            .map(|line| {
                let cells = line
                    .cells
                    .iter()
                    .map(|cell| cell.as_ref().map_or("-", |cell| cell.word));
                format!(
                    "{:?} {}",
                    line.column.as_deref(),
                    cells.collect::<Vec<_>>().join(" ")
                )
            })
            .collect();
        assert_eq!(
            text,
            ["Some(\"id\") not run not run", "Some(\"amount\") - -"]
        );
        let untested = matrix(&catalog, None, Lines::Untested, "AMO", 100);
        assert_eq!((untested.columns, untested.rest), (1, 0));
        assert_eq!(matrix(&catalog, None, Lines::All, "", 1).rest, 1);
        assert_eq!(matrix(&catalog, None, Lines::Failing, "", 9).columns, 0);
        assert_eq!(matrix(&catalog, None, Lines::All, "nothing", 9).columns, 0);
    }
}
