//! What agate says of a result and how it prints one: types of columns, tables, CSV, JSON.

use std::fmt;
use std::fmt::Write as _;

use minijinja::Error;
use serde_json::{Value as Json, json};

use super::fail;
use super::table::cell_value;
use crate::adapter::{Cell, Column, Table};

/// What `print_table` shows at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Characters of a cell or a heading.
    pub(super) width: usize,
    /// Digits behind the point of a number.
    pub(super) decimals: usize,
}

const CUT: &str = "...";

/// agate's type of a column, by what stands in it: the first of `Integer`, `Number`, `Date`, `DateTime`, `Boolean` and
/// `Text` that fits every value (`dbt_common.clients.agate_helper`).
pub(crate) fn agate_type(table: &Table, index: usize) -> &'static str {
    let declared = table.columns[index].data_type.to_lowercase();
    let is_decimal = ["decimal", "numeric"]
        .iter()
        .any(|word| declared.starts_with(word));
    let of_cell = |cell: &Cell| match cell {
        Cell::Null => None,
        Cell::Bool(_) => Some("Boolean"),
        Cell::Decimal(text) if is_decimal || text.contains(['.', 'e', 'E']) => Some("Number"),
        Cell::Float(_) => Some("Number"),
        Cell::Int(_) | Cell::Decimal(_) => Some("Integer"),
        Cell::Text(_) => Some("Text"),
        Cell::Date(_) => Some("Date"),
        Cell::Timestamp(_) => Some("DateTime"),
    };
    let mut found = table.rows.iter().filter_map(|row| of_cell(&row[index]));
    let Some(first) = found.next() else {
        return "Integer";
    };
    found.fold(first, |known, kind| match (known, kind) {
        (known, kind) if known == kind => known,
        ("Integer", "Number") | ("Number", "Integer") => "Number",
        _ => "Text",
    })
}

/// Names and types of columns, which is what agate shows of a table that is rendered.
pub(super) fn describe<'a>(
    columns: impl Iterator<Item = (&'a str, &'a str)>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let lines: Vec<[&str; 2]> = std::iter::once(["column", "data_type"])
        .chain(columns.map(|(name, kind)| [name, kind]))
        .collect();
    let width = |part: usize| {
        lines
            .iter()
            .map(|line| line[part].chars().count())
            .max()
            .unwrap_or(0)
    };
    let (name_width, kind_width) = (width(0), width(1));
    for (number, [name, kind]) in lines.iter().enumerate() {
        writeln!(f, "| {name:<name_width$} | {kind:<kind_width$} |")?;
        if number == 0 {
            writeln!(
                f,
                "| {} | {} |",
                "-".repeat(name_width),
                "-".repeat(kind_width)
            )?;
        }
    }
    Ok(())
}

/// The table as `print_table` prints it: text to the left, all else to the right.
pub(super) fn printed(table: &Table, limits: Limits) -> String {
    let shown = table.columns.len().min(limits.columns);
    let kinds: Vec<&str> = (0..shown).map(|index| agate_type(table, index)).collect();
    let decimals: Vec<usize> = (0..shown)
        .map(|_| table.rows.iter().take(limits.rows))
        .enumerate()
        .map(|(index, rows)| rows.map(|row| decimals(&row[index])).max().unwrap_or(0))
        .collect();
    let more = |line: &mut Vec<String>| {
        if table.columns.len() > shown {
            line.push(CUT.to_owned());
        }
    };
    let mut heading: Vec<String> = (table.columns.iter().take(shown))
        .map(|column| cut(&column.name, limits.width))
        .collect();
    more(&mut heading);
    let columns = heading.len();
    let mut lines = vec![heading];
    for row in table.rows.iter().take(limits.rows) {
        let cells = row.iter().take(shown).enumerate();
        let mut line: Vec<String> = cells
            .map(|(index, cell)| {
                let text = if kinds[index] == "Number" {
                    number(cell, decimals[index], limits.decimals)
                } else {
                    plain(cell)
                };
                cut(&text, limits.width)
            })
            .collect();
        more(&mut line);
        lines.push(line);
    }
    let width = |index: usize| lines.iter().map(|line| line[index].chars().count()).max();
    let widths: Vec<usize> = (0..columns)
        .map(|index| width(index).unwrap_or(0))
        .collect();
    if table.rows.len() > limits.rows {
        lines.push(vec![CUT.to_owned(); columns]);
    }
    let mut text = String::new();
    for (place, line) in lines.iter().enumerate() {
        let cells = line
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(index, (cell, &width))| {
                let kind = kinds.get(index).copied();
                if kind.unwrap_or_else(|| agate_type(table, index)) == "Text" {
                    format!(" {cell:<width$} ")
                } else {
                    format!(" {cell:>width$} ")
                }
            });
        let _ = writeln!(text, "|{}|", cells.collect::<Vec<_>>().join("|"));
        if place == 0 {
            let rules: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
            let _ = writeln!(text, "| {} |", rules.join(" | "));
        }
    }
    text
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(CUT.len())).collect();
    kept + CUT
}

/// A value as Python's `str()` has it; nothing where there is none.
fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
        Cell::Decimal(text) => text.clone(),
        cell => cell_value(cell).to_string(),
    }
}

/// Digits behind the point, without zeros at the end.
fn decimals(cell: &Cell) -> usize {
    let text = match cell {
        Cell::Float(float) if float.is_finite() => format!("{float}"),
        Cell::Decimal(text) => text.clone(),
        _ => return 0,
    };
    text.split_once('.')
        .map_or(0, |(_, part)| part.trim_end_matches('0').len())
}

/// A number with as many digits behind the point as its column has, and commas between thousands; where these are more
/// than `most`, so many and an ellipsis.
fn number(cell: &Cell, decimals: usize, most: usize) -> String {
    let value = match cell {
        Cell::Int(integer) => *integer as f64,
        Cell::Float(float) => *float,
        Cell::Decimal(text) => match text.parse() {
            Ok(value) => value,
            Err(_) => return text.clone(),
        },
        cell => return plain(cell),
    };
    if !value.is_finite() {
        return plain(cell);
    }
    let rounded = format!("{value:.*}", decimals.min(most));
    let (whole, part) = rounded
        .split_once('.')
        .map_or((rounded.as_str(), ""), |both| both);
    let (sign, digits) = whole
        .strip_prefix('-')
        .map_or(("", whole), |digits| ("-", digits));
    let mut text = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !part.is_empty() {
        text.extend([".", part]);
    }
    if decimals > most {
        text.push('…');
    }
    text
}

/// The table as `print_csv` prints it.
pub(super) fn csv(table: &Table) -> Result<String, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| fail(error.to_string());
    let names = table
        .columns
        .iter()
        .map(|column: &Column| column.name.as_str());
    writer.write_record(names).map_err(failed)?;
    for row in &table.rows {
        let cells = row.iter().map(|cell| match cell {
            Cell::Date(text) | Cell::Timestamp(text) => text.clone(),
            cell => plain(cell),
        });
        writer.write_record(cells).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| fail(error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The table as `print_json` prints it: a list of objects.
pub(super) fn json(table: &Table) -> String {
    let row = |row: &Vec<Cell>| {
        let pairs = table.columns.iter().zip(row);
        let pairs =
            pairs.map(|(column, cell)| format!("{}: {}", json!(column.name), json_of(cell)));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
    };
    let rows: Vec<String> = table.rows.iter().map(row).collect();
    format!("[{}]", rows.join(", "))
}

fn json_of(cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Bool(flag) => json!(flag),
        Cell::Int(integer) => json!(integer),
        Cell::Float(float) => json!(float),
        Cell::Decimal(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Cell::Text(text) | Cell::Date(text) | Cell::Timestamp(text) => json!(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A column of each kind, as DuckDB gives them.
    fn table() -> Table {
        let columns = [
            ("x", "VARCHAR"),
            ("y", "INTEGER"),
            ("z", "DECIMAL(9,5)"),
            ("flag", "BOOLEAN"),
            ("day", "DATE"),
            ("at", "TIMESTAMP"),
            ("nothing", "INTEGER"),
            ("huge", "HUGEINT"),
        ];
        let columns = columns.map(|(name, data_type)| Column {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
        });
        let first = vec![
            Cell::Text("a text, longer than \"twenty\"".to_owned()),
            Cell::Int(1234),
            Cell::Decimal("1234.56789".to_owned()),
            Cell::Bool(true),
            Cell::Date("2020-01-02".to_owned()),
            Cell::Timestamp("2020-01-02T03:04:05".to_owned()),
            Cell::Null,
            Cell::Decimal("170141183460469231731687303715884105727".to_owned()),
        ];
        let mut second = vec![Cell::Null; 8];
        second[0] = Cell::Text("é".to_owned());
        second[2] = Cell::Decimal("-0.50000".to_owned());
        Table {
            columns: columns.to_vec(),
            rows: vec![first, second],
        }
    }

    const LIMITS: Limits = Limits {
        rows: 20,
        columns: 6,
        width: 20,
        decimals: 3,
    };

    #[test]
    fn types_are_found_by_the_values() {
        let table = table();
        let kinds: Vec<&str> = (0..8).map(|index| agate_type(&table, index)).collect();
        let wanted = "Text Integer Number Boolean Date DateTime Integer Integer";
        assert_eq!(kinds.join(" "), wanted);
    }

    #[test]
    fn tables_print_as_agate_prints_them() {
        let limits = Limits { rows: 1, ..LIMITS };
        insta::assert_snapshot!(format!(
            "{}\n{}",
            printed(&table(), LIMITS),
            printed(&table(), limits)
        ));
    }

    #[test]
    fn csv_and_json_hold_all() -> Result<(), Error> {
        let table = table();
        insta::assert_snapshot!(format!("{}\n{}", csv(&table)?, json(&table)));
        Ok(())
    }
}
