//! Arrow arrays from DuckDB → cells.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, TimeDelta};
use compiler::adapter::Cell;
use duckdb::arrow::array::{Array, ArrayRef, AsArray};
use duckdb::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use duckdb::arrow::util::display::array_value_to_string;
use duckdb::core::LogicalTypeId;
use serde_json::{Map, Number, Value};

/// The cell at `row`. DuckDB's own type tells apart what looks alike in Arrow: UHUGEINT from HUGEINT, BIT from BLOB.
pub(super) fn cell(array: &ArrayRef, row: usize, kind: LogicalTypeId) -> Cell {
    if array.is_null(row) {
        return Cell::Null;
    }
    match array.data_type() {
        DataType::Null => Cell::Null,
        DataType::Boolean => Cell::Bool(array.as_boolean().value(row)),
        DataType::Int8 => Cell::Int(array.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => Cell::Int(array.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Cell::Int(array.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Cell::Int(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => Cell::Int(array.as_primitive::<UInt8Type>().value(row).into()),
        DataType::UInt16 => Cell::Int(array.as_primitive::<UInt16Type>().value(row).into()),
        DataType::UInt32 => Cell::Int(array.as_primitive::<UInt32Type>().value(row).into()),
        DataType::UInt64 => integer(array.as_primitive::<UInt64Type>().value(row).into()),
        DataType::Float32 => Cell::Float(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => Cell::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(38, 0) if kind == LogicalTypeId::UHugeint => {
            let value = array.as_primitive::<Decimal128Type>().value(row);
            i128::try_from(value as u128)
                .map_or_else(|_| Cell::Decimal((value as u128).to_string()), integer)
        }
        DataType::Decimal128(_, 0) => integer(array.as_primitive::<Decimal128Type>().value(row)),
        DataType::Decimal128(_, scale) => Cell::Decimal(decimal(
            array.as_primitive::<Decimal128Type>().value(row),
            usize::from(scale.unsigned_abs()),
        )),
        DataType::Date32 => date(array.as_primitive::<Date32Type>().value(row)),
        DataType::Timestamp(unit, zone) => timestamp(array, row, *unit, zone.is_some()),
        DataType::Time64(TimeUnit::Microsecond) => {
            time(array.as_primitive::<Time64MicrosecondType>().value(row))
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            Cell::Text(interval(value.months, value.days, value.nanoseconds))
        }
        DataType::Utf8 => Cell::Text(array.as_string::<i32>().value(row).to_owned()),
        DataType::LargeUtf8 => Cell::Text(array.as_string::<i64>().value(row).to_owned()),
        DataType::Utf8View => Cell::Text(array.as_string_view().value(row).to_owned()),
        DataType::Binary if kind == LogicalTypeId::Bit => {
            Cell::Text(bits(array.as_binary::<i32>().value(row)))
        }
        DataType::Binary => Cell::Text(blob(array.as_binary::<i32>().value(row))),
        DataType::LargeBinary => Cell::Text(blob(array.as_binary::<i64>().value(row))),
        DataType::BinaryView => Cell::Text(blob(array.as_binary_view().value(row))),
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            cell(
                dictionary.values(),
                dictionary.normalized_keys()[row],
                LogicalTypeId::Varchar,
            )
        }
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(_, _)
        | DataType::Struct(_)
        | DataType::Map(_, _)
        | DataType::Union(_, _) => Cell::Text(spaced(&nested(array, row))),
        _ => Cell::Text(array_value_to_string(array, row).unwrap_or_default()),
    }
}

fn integer(value: i128) -> Cell {
    i64::try_from(value).map_or_else(|_| Cell::Decimal(value.to_string()), Cell::Int)
}

/// The exact text of `value / 10^scale`.
fn decimal(value: i128, scale: usize) -> String {
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{whole}.{fraction}")
}

fn date(days: i32) -> Cell {
    match days {
        i32::MAX => Cell::Text("infinity".into()),
        i32::MIN..=-2_147_483_647 => Cell::Text("-infinity".into()),
        _ => NaiveDate::default()
            .checked_add_signed(TimeDelta::days(days.into()))
            .map_or_else(
                || Cell::Text(format!("day {days}")),
                |date| Cell::Date(date.to_string()),
            ),
    }
}

fn timestamp(array: &ArrayRef, row: usize, unit: TimeUnit, zoned: bool) -> Cell {
    let (value, instant) = match unit {
        TimeUnit::Second => {
            let value = array.as_primitive::<TimestampSecondType>().value(row);
            (value, DateTime::from_timestamp(value, 0))
        }
        TimeUnit::Millisecond => {
            let value = array.as_primitive::<TimestampMillisecondType>().value(row);
            (value, DateTime::from_timestamp_millis(value))
        }
        TimeUnit::Microsecond => {
            let value = array.as_primitive::<TimestampMicrosecondType>().value(row);
            (value, DateTime::from_timestamp_micros(value))
        }
        TimeUnit::Nanosecond => {
            let value = array.as_primitive::<TimestampNanosecondType>().value(row);
            (value, Some(DateTime::from_timestamp_nanos(value)))
        }
    };
    match (value, instant) {
        (i64::MAX, _) => Cell::Text("infinity".into()),
        (i64::MIN..=-9_223_372_036_854_775_807, _) => Cell::Text("-infinity".into()),
        (_, None) => Cell::Text(value.to_string()),
        (_, Some(instant)) => {
            let format = if instant.timestamp_subsec_nanos() == 0 {
                SecondsFormat::Secs
            } else {
                SecondsFormat::Micros
            };
            let text = instant.to_rfc3339_opts(format, false);
            Cell::Timestamp(if zoned {
                text
            } else {
                text.trim_end_matches("+00:00").to_owned()
            })
        }
    }
}

fn time(micros: i64) -> Cell {
    let seconds = u32::try_from(micros / 1_000_000).unwrap_or_default();
    let nanos = u32::try_from(micros % 1_000_000).unwrap_or_default() * 1_000;
    // 24:00:00 is a time in DuckDB and none in chrono.
    let text = NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos).map_or_else(
        || "24:00:00".to_owned(),
        |time| time.format("%H:%M:%S%.f").to_string(),
    );
    Cell::Text(text)
}

/// An interval in DuckDB's words: `1 year 2 months 3 days 04:05:06.5`.
fn interval(months: i32, days: i32, nanos: i64) -> String {
    let mut parts = Vec::new();
    for (count, word) in [(months / 12, "year"), (months % 12, "month"), (days, "day")] {
        if count != 0 {
            parts.push(format!(
                "{count} {word}{}",
                if count.abs() == 1 { "" } else { "s" }
            ));
        }
    }
    let micros = nanos / 1_000;
    if micros != 0 || parts.is_empty() {
        let sign = if micros < 0 { "-" } else { "" };
        let (seconds, rest) = (
            micros.unsigned_abs() / 1_000_000,
            micros.unsigned_abs() % 1_000_000,
        );
        let mut text = format!(
            "{sign}{:02}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        );
        if rest != 0 {
            text.push_str(format!(".{rest:06}").trim_end_matches('0'));
        }
        parts.push(text);
    }
    parts.join(" ")
}

/// Bytes as DuckDB shows them: printable ASCII as it is, the rest as `\xNN`.
fn blob(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, &byte| {
        if (b' '..=b'~').contains(&byte) && byte != b'\\' {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\x{byte:02X}");
        }
        text
    })
}

/// A bit string. Its first byte counts the bits of the second that belong to nothing.
fn bits(bytes: &[u8]) -> String {
    let (padding, bits) = bytes.split_first().unwrap_or((&0, &[]));
    let all = bits
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| (byte >> bit) & 1));
    let text = all.map(|bit| if bit == 1 { '1' } else { '0' });
    text.skip(usize::from(*padding)).collect()
}

fn nested(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    let items =
        |list: ArrayRef| Value::Array((0..list.len()).map(|index| nested(&list, index)).collect());
    match array.data_type() {
        DataType::List(_) => items(array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => items(array.as_list::<i64>().value(row)),
        DataType::FixedSizeList(_, _) => items(array.as_fixed_size_list().value(row)),
        DataType::Struct(_) => {
            let fields = array.as_struct();
            let entries = fields.column_names().into_iter().map(str::to_owned);
            Value::Object(
                entries
                    .zip(fields.columns().iter().map(|column| nested(column, row)))
                    .collect(),
            )
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let text = |index| match nested(keys, index) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            Value::Object(
                (0..entries.len())
                    .map(|index| (text(index), nested(values, index)))
                    .collect::<Map<_, _>>(),
            )
        }
        DataType::Union(_, _) => {
            let union = array.as_union();
            nested(&union.value(row), 0)
        }
        _ => match cell(array, row, LogicalTypeId::Any) {
            Cell::Null => Value::Null,
            Cell::Bool(value) => Value::Bool(value),
            Cell::Int(value) => value.into(),
            Cell::Float(value) => {
                Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number)
            }
            Cell::Decimal(text) | Cell::Text(text) | Cell::Date(text) | Cell::Timestamp(text) => {
                Value::String(text)
            }
        },
    }
}

/// JSON with a space after `,` and `:`, as Python writes it and dbt's tables hold it.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(spaced).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let items: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", Value::String(key.clone()), spaced(value)))
                .collect();
            format!("{{{}}}", items.join(", "))
        }
        other => other.to_string(),
    }
}
