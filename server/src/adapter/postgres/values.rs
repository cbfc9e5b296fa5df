//! PostgreSQL's texts ↔ cells.

use compiler::adapter::Cell;
use tokio_postgres::types::Type;

/// The cell of a value's text. What does not read as its type says stays text.
pub(super) fn cell(kind: &Type, text: Option<&str>) -> Cell {
    let Some(text) = text else { return Cell::Null };
    let typed = match *kind {
        Type::BOOL => Some(Cell::Bool(text == "t")),
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => text.parse().ok().map(Cell::Int),
        Type::NUMERIC if text.ends_with(|c: char| c.is_ascii_digit()) => {
            Some(Cell::Decimal(text.to_owned()))
        }
        // NUMERIC knows NaN and infinity as well, which no decimal does.
        Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC => text.parse().ok().map(Cell::Float),
        Type::DATE if is_date(text) => Some(Cell::Date(text.to_owned())),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => timestamp(text),
        _ => None,
    };
    typed.unwrap_or_else(|| Cell::Text(text.to_owned()))
}

/// Whether a text is `YYYY-MM-DD`, and not infinite, before Christ or beyond the year 9999.
fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| {
            if index == 4 || index == 7 {
                byte == b'-'
            } else {
                byte.is_ascii_digit()
            }
        })
}

/// `2024-02-29 01:02:03.5+02` → `2024-02-29T01:02:03.500000+02:00`.
fn timestamp(text: &str) -> Option<Cell> {
    let (date, time) = text.split_once(' ')?;
    if !is_date(date) || time.ends_with("BC") {
        return None;
    }
    let split = time.find(['+', '-']).unwrap_or(time.len());
    let (clock, offset) = time.split_at(split);
    let clock = match clock.split_once('.') {
        Some((seconds, fraction)) => format!("{seconds}.{fraction:0<6}"),
        None => clock.to_owned(),
    };
    let minutes = if offset.len() == 3 { ":00" } else { "" };
    Some(Cell::Timestamp(format!("{date}T{clock}{offset}{minutes}")))
}

/// Adds a row in COPY's text format.
pub(super) fn copy_line(line: &mut Vec<u8>, row: &[Cell]) {
    for (index, cell) in row.iter().enumerate() {
        if index > 0 {
            line.push(b'\t');
        }
        match cell {
            Cell::Null => line.extend(b"\\N"),
            Cell::Bool(value) => line.extend(value.to_string().bytes()),
            Cell::Int(value) => line.extend(value.to_string().bytes()),
            Cell::Float(value) => line.extend(value.to_string().bytes()),
            Cell::Decimal(text) | Cell::Text(text) | Cell::Date(text) | Cell::Timestamp(text) => {
                for byte in text.bytes() {
                    match byte {
                        b'\\' => line.extend(b"\\\\"),
                        b'\n' => line.extend(b"\\n"),
                        b'\r' => line.extend(b"\\r"),
                        b'\t' => line.extend(b"\\t"),
                        _ => line.push(byte),
                    }
                }
            }
        }
    }
    line.push(b'\n');
}

#[cfg(test)]
mod tests {
    use compiler::adapter::Cell;
    use tokio_postgres::types::Type;

    use super::{cell, copy_line};

    #[test]
    fn texts_become_cells_by_type() {
        let check = |kind: Type, text: &str, expected: Cell| {
            assert_eq!(cell(&kind, Some(text)), expected);
        };
        check(Type::BOOL, "t", Cell::Bool(true));
        check(Type::NUMERIC, "1.50", Cell::Decimal("1.50".into()));
        check(Type::NUMERIC, "Infinity", Cell::Float(f64::INFINITY));
        check(Type::UUID, "ab", Cell::Text("ab".into()));
        check(Type::DATE, "infinity", Cell::Text("infinity".into()));
    }

    #[test]
    fn timestamps_are_iso_8601_where_they_can_be() {
        let check = |text: &str, expected: Cell| {
            assert_eq!(cell(&Type::TIMESTAMPTZ, Some(text)), expected);
        };
        check(
            "2024-02-29 01:02:03.5+02",
            Cell::Timestamp("2024-02-29T01:02:03.500000+02:00".into()),
        );
        check(
            "2024-02-29 01:02:03-03:30",
            Cell::Timestamp("2024-02-29T01:02:03-03:30".into()),
        );
        check("infinity", Cell::Text("infinity".into()));
        check(
            "0044-03-15 12:00:00+00 BC",
            Cell::Text("0044-03-15 12:00:00+00 BC".into()),
        );
    }

    #[test]
    fn copy_escapes_what_would_end_a_value() {
        let row = [
            Cell::Text("a\tb\\N\nc\r".into()),
            Cell::Null,
            Cell::Text(String::new()),
            Cell::Bool(true),
        ];
        let mut line = Vec::new();
        copy_line(&mut line, &row);
        assert_eq!(line, b"a\\tb\\\\N\\nc\\r\t\\N\t\ttrue\n");
    }
}
