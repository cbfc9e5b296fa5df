//! CSV files → tables, with the types that dbt (through agate) guesses: integer, number, date, datetime, boolean, text.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use indexmap::IndexSet;

use crate::adapter::{Cell, Column, Table};
use crate::artifacts::manifest::Node;
use crate::diag::{Diagnostic, Span};

/// Symbols that may stand around a number.
const CURRENCIES: [char; 22] = [
    '؋', '$', 'ƒ', '៛', '¥', '₡', '₱', '£', '€', '¢', '﷼', '₪', '₩', '₭', '₮', '₦', '฿', '₤', '₫',
    '₹', '₽', '₺',
];

/// The rows of a seed's file. The type of each column is one of agate's words; columns with a type of their own in
/// `column_types` stay text, for the warehouse to cast.
pub fn table(node: &Node, csv: &[u8]) -> Result<Table, Diagnostic> {
    let delimiter = node.config.text("delimiter").unwrap_or(",");
    let [delimiter] = delimiter.as_bytes() else {
        return Err(wrong(
            node,
            0,
            format!("delimiter '{delimiter}' is not one ASCII character"),
        ));
    };
    let text = csv.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(csv);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(*delimiter)
        .flexible(true)
        .from_reader(text);
    let headers = reader
        .headers()
        .map_err(|error| malformed(node, &error))?
        .clone();
    let names = column_names(&headers);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| malformed(node, &error))?;
        if record.len() > names.len() {
            let line = record
                .position()
                .map_or(0, |position| position.line() as usize);
            let message = format!(
                "the row has {} values, but there are {} columns",
                record.len(),
                names.len()
            );
            return Err(wrong(node, line, message));
        }
        let mut row: Vec<String> = record.iter().map(str::to_owned).collect();
        row.resize(names.len(), String::new());
        rows.push(row);
    }
    let typed = node
        .config
        .get("column_types")
        .and_then(serde_json::Value::as_object);
    let kinds: Vec<Kind> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let forced = typed.is_some_and(|types| types.contains_key(name));
            if forced {
                Kind::Text
            } else {
                Kind::of(rows.iter().map(|row| row[index].as_str()))
            }
        })
        .collect();
    let columns = names.into_iter().zip(&kinds).map(|(name, kind)| Column {
        name,
        data_type: kind.word().to_owned(),
    });
    let rows = rows.iter().map(|row| {
        row.iter()
            .zip(&kinds)
            .map(|(text, kind)| kind.cell(text))
            .collect()
    });
    Ok(Table {
        columns: columns.collect(),
        rows: rows.collect(),
    })
}

/// Names of the columns: nameless ones get letters, repeated ones numbers, as agate does.
fn column_names(headers: &csv::StringRecord) -> Vec<String> {
    let mut names: IndexSet<String> = IndexSet::new();
    for (index, header) in headers.iter().enumerate() {
        let base = if header.is_empty() {
            letters(index)
        } else {
            header.to_owned()
        };
        let mut name = base.clone();
        let mut count = 2;
        while !names.insert(name.clone()) {
            name = format!("{base}_{count}");
            count += 1;
        }
    }
    names.into_iter().collect()
}

/// `a`, `b`, …, `z`, `aa`, `bb`, …
fn letters(index: usize) -> String {
    let letter = char::from(b'a' + (index % 26) as u8);
    std::iter::repeat_n(letter, index / 26 + 1).collect()
}

fn malformed(node: &Node, error: &csv::Error) -> Diagnostic {
    let line = error
        .position()
        .map_or(0, |position| position.line() as usize);
    let reason = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "the file is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    };
    wrong(node, line, reason)
}

fn wrong(node: &Node, line: usize, message: String) -> Diagnostic {
    Diagnostic::error("seed-file", message).at(Span::line(&node.original_file_path, line))
}

/// What all values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Integer,
    Number,
    Date,
    DateTime,
    Boolean,
    Text,
}

impl Kind {
    /// The first kind that all values are. A column without values counts as integer.
    fn of<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Self {
        let all = |kind: Self| values.clone().all(|text| kind.parse(text).is_some());
        [
            Self::Integer,
            Self::Number,
            Self::Date,
            Self::DateTime,
            Self::Boolean,
        ]
        .into_iter()
        .find(|kind| all(*kind))
        .unwrap_or(Self::Text)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Boolean => "boolean",
            Self::Text => "text",
        }
    }

    fn cell(self, text: &str) -> Cell {
        self.parse(text)
            .unwrap_or_else(|| Cell::Text(text.to_owned()))
    }

    /// The value of a text; `None` where it is not of this kind.
    fn parse(self, text: &str) -> Option<Cell> {
        let trimmed = text.trim();
        if is_null(if self == Self::Text { text } else { trimmed }) {
            return Some(Cell::Null);
        }
        match self {
            Self::Integer => number(trimmed).filter(|cell| matches!(cell, Cell::Int(_))),
            Self::Number => number(trimmed),
            Self::Date => {
                let date = NaiveDate::parse_from_str(trimmed, "%Y-%m-%d").ok()?;
                Some(Cell::Date(date.to_string()))
            }
            Self::DateTime => datetime(trimmed),
            Self::Boolean => match trimmed.to_lowercase().as_str() {
                "true" => Some(Cell::Bool(true)),
                "false" => Some(Cell::Bool(false)),
                _ => None,
            },
            Self::Text => Some(Cell::Text(text.to_owned())),
        }
    }
}

fn is_null(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("null")
}

/// A number as agate reads it: percent and currency signs around it and commas inside it do not count.
fn number(text: &str) -> Option<Cell> {
    let text = text.trim_matches('%');
    let (sign, text) = text
        .strip_prefix('-')
        .map_or(("", text), |rest| ("-", rest));
    let plain = text.trim_matches(CURRENCIES).replace(',', "");
    let (mantissa, exponent) = plain
        .split_once(['e', 'E'])
        .map_or((plain.as_str(), None), |(m, e)| (m, Some(e)));
    let (negated, mantissa) = mantissa.strip_prefix('-').map_or_else(
        || (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        |rest| (true, rest),
    );
    let negative = negated != (sign == "-");
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let sign = if negative { "-" } else { "" };
    if let Some(exponent) = exponent {
        exponent.parse::<i32>().ok()?;
        return Some(Cell::Decimal(format!("{sign}{mantissa}e{exponent}")));
    }
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() {
        let integer = format!("{sign}{whole}");
        return Some(
            integer
                .parse()
                .map_or_else(|_| Cell::Decimal(integer), Cell::Int),
        );
    }
    Some(Cell::Decimal(format!("{sign}{whole}.{fraction}")))
}

/// A time of a day: `YYYY-MM-DD HH:MM:SS`, or ISO 8601 with `T`.
fn datetime(text: &str) -> Option<Cell> {
    static FORMATS: LazyLock<[&str; 4]> = LazyLock::new(|| {
        [
            "%Y-%m-%d %H:%M:%S",
            "%Y-%m-%dT%H:%M:%S%.f",
            "%Y-%m-%dT%H:%M",
            "%Y%m%dT%H%M%S",
        ]
    });
    let format = |time: NaiveDateTime| time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
    let shorten = |text: String| text.trim_end_matches(".000000").to_owned();
    if let Some(time) = FORMATS
        .iter()
        .find_map(|pattern| NaiveDateTime::parse_from_str(text, pattern).ok())
    {
        return Some(Cell::Timestamp(shorten(format(time))));
    }
    // A zone is kept as an offset of the same instant.
    let zoned = text
        .contains('T')
        .then(|| DateTime::parse_from_rfc3339(text).ok())
        .flatten()?;
    Some(Cell::Timestamp(format!(
        "{}+00:00",
        shorten(format(zoned.naive_utc()))
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The types and rows of a file, a line each.
    #[track_caller]
    fn check(config: serde_json::Value, csv: &str, expected: &str) {
        let mut node = Node {
            original_file_path: "seeds/a.csv".into(),
            ..Node::default()
        };
        node.config.0 = serde_json::from_value(config).unwrap();
        let text = match table(&node, csv.as_bytes()) {
            Ok(table) => {
                let columns: Vec<String> = table
                    .columns
                    .iter()
                    .map(|column| format!("{} {}", column.name, column.data_type))
                    .collect();
                let rows = table.rows.iter().map(|row| format!("{row:?}"));
                std::iter::once(columns.join(", "))
                    .chain(rows)
                    .collect::<Vec<_>>()
                    .join("\n")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(text, expected);
    }

    #[test]
    fn each_column_gets_the_first_type_that_fits_all_its_values() {
        check(
            serde_json::json!({}),
            "i,n,d,t,b,s,empty\n1,1.50,2024-01-02,2024-01-02 03:04:05,true,x,\n\"1,000\",$2,null,2024-01-02T03:04:05.5,FALSE,007a,\n",
            "i integer, n number, d date, t datetime, b boolean, s text, empty integer\n\
             [Int(1), Decimal(\"1.5\"), Date(\"2024-01-02\"), Timestamp(\"2024-01-02T03:04:05\"), Bool(true), Text(\"x\"), Null]\n\
             [Int(1000), Int(2), Null, Timestamp(\"2024-01-02T03:04:05.500000\"), Bool(false), Text(\"007a\"), Null]",
        );
    }

    #[test]
    fn a_column_with_a_type_of_its_own_stays_text() {
        check(
            serde_json::json!({"column_types": {"zip": "varchar"}, "delimiter": ";"}),
            "\u{feff}zip;n\n007;-3\n",
            "zip text, n integer\n[Text(\"007\"), Int(-3)]",
        );
    }

    #[test]
    fn short_rows_are_filled_and_long_ones_refused() {
        check(
            serde_json::json!({}),
            "a,b\n1\n",
            "a integer, b integer\n[Int(1), Null]",
        );
        check(
            serde_json::json!({}),
            "a,b\n1,2\n1,2,3\n",
            "the row has 3 values, but there are 2 columns (seeds/a.csv:3)",
        );
    }

    #[test]
    fn nameless_and_repeated_columns_get_names() {
        check(
            serde_json::json!({}),
            "x,,x\n1,2,3\n",
            "x integer, b integer, x_2 integer\n[Int(1), Int(2), Int(3)]",
        );
    }
}
