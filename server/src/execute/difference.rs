//! The rows that a unit test got beside those that it expected, as a table for people.

use std::fmt;

use compiler::adapter::{Cell, Table};

/// Rows shown at most; more are counted.
const MAX_ROWS: usize = 50;

/// How the rows differ. Their order does not count, how often a row occurs does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    columns: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    mark: &'static str,
    cells: Vec<String>,
}

const SAME: &str = "";
const CHANGED: &str = "→";
const MISSING: &str = "---";
const UNEXPECTED: &str = "+++";

impl Difference {
    /// Reads the answer of `get_unit_test_sql`, whose last column says `actual` or `expected`; `None` where all is
    /// as expected.
    pub(super) fn of(table: &Table) -> Result<Option<Self>, String> {
        let side = table
            .columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case("actual_or_expected"))
            .ok_or("the unit test's query returned no column 'actual_or_expected'")?;
        let mut columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| column.name.to_lowercase())
            .collect();
        columns.remove(side);
        let (mut actual, mut expected) = (Vec::new(), Vec::new());
        for row in &table.rows {
            let mut cells: Vec<Shown> = row.iter().map(Shown::of).collect();
            let is_actual = matches!(&row[side], Cell::Text(word) if word.trim() == "actual");
            cells.remove(side);
            if is_actual {
                &mut actual
            } else {
                &mut expected
            }
            .push(cells);
        }
        Ok(Self::between(columns, actual, expected))
    }

    fn between(
        columns: Vec<String>,
        mut actual: Vec<Vec<Shown>>,
        mut expected: Vec<Vec<Shown>>,
    ) -> Option<Self> {
        let mut rows = Vec::new();
        expected.retain(|row| {
            let Some(at) = actual.iter().position(|other| other == row) else {
                return true;
            };
            rows.push(Row {
                mark: SAME,
                cells: texts(actual.remove(at)),
            });
            false
        });
        if actual.is_empty() && expected.is_empty() {
            return None;
        }
        let mut different = Vec::new();
        for row in expected {
            let alike = |other: &Vec<Shown>| row.iter().zip(other).filter(|(a, b)| a == b).count();
            let best = (0..actual.len())
                .max_by_key(|&at| (alike(&actual[at]), std::cmp::Reverse(at)))
                .filter(|&at| alike(&actual[at]) > 0 || (columns.len() == 1 && actual.len() == 1));
            different.push(match best.map(|at| actual.remove(at)) {
                Some(got) => Row {
                    mark: CHANGED,
                    cells: row
                        .iter()
                        .zip(&got)
                        .map(|(expected, got)| changed(expected, got))
                        .collect(),
                },
                None => Row {
                    mark: MISSING,
                    cells: texts(row),
                },
            });
        }
        different.extend(actual.into_iter().map(|cells| Row {
            mark: UNEXPECTED,
            cells: texts(cells),
        }));
        different.extend(rows);
        Some(Self {
            columns,
            rows: different,
        })
    }
}

/// A value as people see it. Two are the same when they are equal as values: `4.0` and `4.00` are, as numbers.
#[derive(Debug, Clone)]
struct Shown {
    text: String,
    value: Cell,
}

impl Shown {
    fn of(cell: &Cell) -> Self {
        let value = match cell {
            Cell::Decimal(text) if text.contains('.') && !text.contains(['e', 'E']) => {
                Cell::Decimal(text.trim_end_matches('0').trim_end_matches('.').to_owned())
            }
            Cell::Int(value) => Cell::Decimal(value.to_string()),
            other => other.clone(),
        };
        Self {
            text: cell.to_string().replace('\n', "↵"),
            value,
        }
    }
}

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

fn texts(row: Vec<Shown>) -> Vec<String> {
    row.into_iter().map(|cell| cell.text).collect()
}

fn changed(expected: &Shown, got: &Shown) -> String {
    if expected == got {
        expected.text.clone()
    } else {
        format!("{}→{}", expected.text, got.text)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = std::iter::once("@@").chain(self.columns.iter().map(String::as_str));
        let mut lines: Vec<Vec<&str>> = vec![heading.collect()];
        for row in self.rows.iter().take(MAX_ROWS) {
            lines.push(
                std::iter::once(row.mark)
                    .chain(row.cells.iter().map(String::as_str))
                    .collect(),
            );
        }
        let width = |column: usize| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..=self.columns.len()).map(width).collect();
        for (at, line) in lines.iter().enumerate() {
            let cells: Vec<String> = line
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            let end = if at + 1 < lines.len() { "\n" } else { "" };
            write!(f, "{}{end}", cells.join(" | ").trim_end())?;
        }
        let more = self.rows.len().saturating_sub(MAX_ROWS);
        if more > 0 {
            write!(f, "\n… and {more} more")?;
        }
        write!(
            f,
            "\n\n→ expected→actual   --- expected, not there   +++ there, not expected"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(actual: &[&[&str]], expected: &[&[&str]], table: Option<&str>) {
        let cell = |&text: &&str| Shown::of(&Cell::Decimal(text.to_owned()));
        let rows = |rows: &[&[&str]]| -> Vec<Vec<Shown>> {
            rows.iter()
                .map(|row| row.iter().map(cell).collect())
                .collect()
        };
        let columns = vec!["id".to_owned(), "amount".to_owned()];
        let found = Difference::between(columns, rows(actual), rows(expected));
        let shown = found.map(|found| {
            let text = found.to_string();
            text.split("\n\n").next().unwrap_or_default().to_owned()
        });
        assert_eq!(shown.as_deref(), table);
    }

    #[test]
    fn order_does_not_count_and_repetition_does() {
        check(
            &[&["1", "a"], &["2", "b"]],
            &[&["2", "b"], &["1", "a"]],
            None,
        );
        check(&[&["1", "4.00"]], &[&["1", "4.0"]], None);
        check(
            &[&["1", "a"]],
            &[&["1", "a"], &["1", "a"]],
            Some("@@  | id | amount\n--- | 1  | a\n    | 1  | a"),
        );
    }

    #[test]
    fn rows_that_are_nearly_alike_are_shown_as_changed() {
        check(
            &[&["1", "10"], &["9", "x"]],
            &[&["1", "11"], &["3", "y"]],
            Some("@@  | id | amount\n→   | 1  | 11→10\n--- | 3  | y\n+++ | 9  | x"),
        );
    }
}
