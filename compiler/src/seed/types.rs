//! Which type all values of a column have, and the value of each text.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::adapter::Cell;

/// Symbols that may stand around a number.
const CURRENCIES: [char; 19] = [
    '؋', '$', 'ƒ', '៛', '¥', '₡', '₱', '£', '€', '¢', '﷼', '₪', '₩', '₭', '₮', '₦', '฿', '₤', '₫',
];

/// What all values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Number,
    Date,
    DateTime,
    Boolean,
    Text,
}

/// The kinds that may be guessed, in the order in which they are preferred; text is what remains.
const GUESSED: [Kind; 5] = [
    Kind::Integer,
    Kind::Number,
    Kind::Date,
    Kind::DateTime,
    Kind::Boolean,
];

/// Which kinds all values so far are, value by value.
#[derive(Debug, Clone)]
pub(super) struct Kinds([bool; GUESSED.len()]);

impl Default for Kinds {
    fn default() -> Self {
        Self([true; GUESSED.len()])
    }
}

impl Kinds {
    /// Nothing is guessed.
    pub(super) const TEXT: Self = Self([false; GUESSED.len()]);

    /// Leaves out the kinds that a value is not.
    pub(super) fn narrow(&mut self, text: &str) {
        for (kind, left) in GUESSED.iter().zip(&mut self.0) {
            // An integer is a number as well, which need not be tried for it.
            let known = *kind == Kind::Number && is_plain_integer(text);
            *left = *left && (known || kind.parse(text).is_some());
        }
    }

    /// The kind that is preferred. A column without values counts as integer.
    pub(super) fn first(&self) -> Kind {
        let left = GUESSED.iter().zip(&self.0).find(|(_, left)| **left);
        left.map_or(Kind::Text, |(kind, _)| *kind)
    }
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Boolean => "boolean",
            Self::Text => "text",
        }
    }

    /// The value of a text; `None` where it is not of this kind.
    pub(super) fn parse(self, text: &str) -> Option<Cell> {
        let trimmed = text.trim();
        if is_null(trimmed) {
            return Some(Cell::Null);
        }
        match self {
            Self::Integer => number(trimmed).filter(is_integer),
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

/// Whether a text is nothing but a few digits, as most numbers are.
fn is_plain_integer(text: &str) -> bool {
    (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a number has nothing behind its point. One that does not fit into 64 bits is an integer too.
fn is_integer(cell: &Cell) -> bool {
    match cell {
        Cell::Decimal(text) => !text.contains(['.', 'e']),
        cell => matches!(cell, Cell::Int(_) | Cell::Null),
    }
}

/// A number as agate reads it: percent and currency signs around it, and commas and underscores inside it, do not count.
fn number(text: &str) -> Option<Cell> {
    if is_plain_integer(text) {
        return text.parse().ok().map(Cell::Int);
    }
    let text = text.trim_matches('%');
    let (sign, text) = text
        .strip_prefix('-')
        .map_or(("", text), |rest| ("-", rest));
    let plain = text.trim_matches(CURRENCIES).replace([',', '_'], "");
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
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    if let Some(exponent) = exponent {
        let exponent = exponent.parse::<i32>().ok()?;
        let decimal = || Cell::Decimal(format!("{sign}{whole}{point}{fraction}e{exponent}"));
        return Some(shifted(sign, whole, fraction, exponent).unwrap_or_else(decimal));
    }
    if fraction.is_empty() {
        return Some(integer(format!("{sign}{whole}")));
    }
    Some(Cell::Decimal(format!("{sign}{whole}.{fraction}")))
}

fn integer(text: String) -> Cell {
    text.parse().map_or_else(|_| Cell::Decimal(text), Cell::Int)
}

/// The integer that a number with an exponent is, unless it is none or has very many digits.
fn shifted(sign: &str, whole: &str, fraction: &str, exponent: i32) -> Option<Cell> {
    let significant = format!("{whole}{fraction}");
    let significant = significant.trim_end_matches('0');
    let dropped = i32::try_from(whole.len() + fraction.len() - significant.len()).ok()?;
    let zeros = exponent - i32::try_from(fraction.len()).ok()? + dropped;
    let zeros = usize::try_from(zeros).ok().filter(|zeros| *zeros <= 38)?;
    let digits = if significant.is_empty() {
        "0"
    } else {
        significant
    };
    Some(integer(format!("{sign}{digits}{}", "0".repeat(zeros))))
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
