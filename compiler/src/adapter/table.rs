//! Rows that come back from a warehouse, in the shape that agate gave dbt's macros.

use std::fmt;

/// One value of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// SQL NULL.
    Null,
    /// A boolean.
    Bool(bool),
    /// Any integer that fits.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A decimal or huge integer, by its exact text.
    Decimal(String),
    /// Text, and any type without a better home.
    Text(String),
    /// A date as `YYYY-MM-DD`.
    Date(String),
    /// A timestamp as ISO 8601 (`YYYY-MM-DDTHH:MM:SS[.ffffff][+00:00]`).
    Timestamp(String),
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name as the warehouse gives it.
    pub name: String,
    /// The warehouse's name for the type.
    pub data_type: String,
}

/// A result: columns and rows, row by row. Each row has as many cells as there are columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The columns in order.
    pub columns: Vec<Column>,
    /// The rows in order.
    pub rows: Vec<Vec<Cell>>,
}

/// The value as people write it; NULL as `null`.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Decimal(text) | Self::Text(text) | Self::Date(text) => f.write_str(text),
            Self::Timestamp(text) => f.write_str(&text.replacen('T', " ", 1)),
        }
    }
}
