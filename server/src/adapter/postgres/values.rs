//! PostgreSQL's text values → cells, by the column's type.

use chrono::DateTime;
use compiler::adapter::Cell;
use tokio_postgres::types::Type;

/// The cell of a value.
pub(super) fn cell(kind: &Type, text: Option<&str>) -> Cell {
    let Some(text) = text else { return Cell::Null };
    let as_text = || Cell::Text(text.to_owned());
    match *kind {
        Type::BOOL => Cell::Bool(text == "t"),
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => text.parse().map_or_else(|_| as_text(), Cell::Int),
        Type::FLOAT4 | Type::FLOAT8 => text.parse().map_or_else(|_| as_text(), Cell::Float),
        Type::NUMERIC => text.parse().map_or_else(|_| Cell::Decimal(text.to_owned()), Cell::Int),
        Type::DATE => Cell::Date(text.to_owned()),
        Type::TIMESTAMP => timestamp(text),
        Type::TIMESTAMPTZ => zoned(text),
        _ => as_text(),
    }
}

/// `2024-01-02 03:04:05.5` → `2024-01-02T03:04:05.500000`.
fn timestamp(text: &str) -> Cell {
    let Some((date, time)) = text.split_once(' ') else { return Cell::Text(text.to_owned()) };
    let time = match time.split_once('.') {
        Some((time, fraction)) => format!("{time}.{fraction:0<6}"),
        None => time.to_owned(),
    };
    Cell::Timestamp(format!("{date}T{time}"))
}

fn zoned(text: &str) -> Cell {
    let Ok(time) = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z") else {
        return Cell::Text(text.to_owned());
    };
    let time = time.to_utc();
    let format = if time.timestamp_subsec_micros() == 0 { "%Y-%m-%dT%H:%M:%S+00:00" } else { "%Y-%m-%dT%H:%M:%S%.6f+00:00" };
    Cell::Timestamp(time.format(format).to_string())
}

/// The name of a type as `information_schema` and users write it.
pub(super) fn type_name(kind: &Type) -> String {
    let name = match *kind {
        Type::BOOL => "boolean",
        Type::INT2 => "smallint",
        Type::INT4 => "integer",
        Type::INT8 => "bigint",
        Type::FLOAT4 => "real",
        Type::FLOAT8 => "double precision",
        Type::VARCHAR => "character varying",
        Type::BPCHAR => "character",
        Type::TIMESTAMP => "timestamp without time zone",
        Type::TIMESTAMPTZ => "timestamp with time zone",
        Type::TIME => "time without time zone",
        Type::TIMETZ => "time with time zone",
        _ => return kind.name().to_owned(),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_cells_by_type() {
        let cell = |kind: Type, text: &str| cell(&kind, Some(text));
        assert_eq!(cell(Type::BOOL, "t"), Cell::Bool(true));
        assert_eq!(cell(Type::NUMERIC, "1.50"), Cell::Decimal("1.50".into()));
        assert_eq!(cell(Type::TIMESTAMP, "2024-01-02 03:04:05.5"), Cell::Timestamp("2024-01-02T03:04:05.500000".into()));
        assert_eq!(cell(Type::TIMESTAMPTZ, "2024-01-02 03:04:05+02"), Cell::Timestamp("2024-01-02T01:04:05+00:00".into()));
        assert_eq!(cell(Type::TIMESTAMPTZ, "infinity"), Cell::Text("infinity".into()));
        assert_eq!(cell(Type::UUID, "ab"), Cell::Text("ab".into()));
    }
}
