//! DuckDB's names for the types of a result's columns, as `DESCRIBE` writes them.

use duckdb::core::{LogicalTypeHandle, LogicalTypeId};

/// The name of a type. Enums come without their values, which the driver does not tell.
pub(super) fn name(kind: &LogicalTypeHandle) -> String {
    match kind.id() {
        LogicalTypeId::Boolean => "BOOLEAN".into(),
        LogicalTypeId::Tinyint => "TINYINT".into(),
        LogicalTypeId::Smallint => "SMALLINT".into(),
        LogicalTypeId::Integer | LogicalTypeId::SqlNull => "INTEGER".into(),
        LogicalTypeId::Bigint => "BIGINT".into(),
        LogicalTypeId::UTinyint => "UTINYINT".into(),
        LogicalTypeId::USmallint => "USMALLINT".into(),
        LogicalTypeId::UInteger => "UINTEGER".into(),
        LogicalTypeId::UBigint => "UBIGINT".into(),
        LogicalTypeId::Hugeint => "HUGEINT".into(),
        LogicalTypeId::UHugeint => "UHUGEINT".into(),
        LogicalTypeId::Float => "FLOAT".into(),
        LogicalTypeId::Double => "DOUBLE".into(),
        LogicalTypeId::Decimal => {
            format!("DECIMAL({},{})", kind.decimal_width(), kind.decimal_scale())
        }
        LogicalTypeId::Timestamp => "TIMESTAMP".into(),
        LogicalTypeId::TimestampS => "TIMESTAMP_S".into(),
        LogicalTypeId::TimestampMs => "TIMESTAMP_MS".into(),
        LogicalTypeId::TimestampNs => "TIMESTAMP_NS".into(),
        LogicalTypeId::TimestampTZ => "TIMESTAMP WITH TIME ZONE".into(),
        LogicalTypeId::Date => "DATE".into(),
        LogicalTypeId::Time => "TIME".into(),
        LogicalTypeId::TimeTZ => "TIME WITH TIME ZONE".into(),
        LogicalTypeId::Interval => "INTERVAL".into(),
        // JSON is text by another name.
        LogicalTypeId::Varchar => kind.get_alias().unwrap_or_else(|| "VARCHAR".into()),
        LogicalTypeId::Blob => "BLOB".into(),
        LogicalTypeId::Bit => "BIT".into(),
        LogicalTypeId::Uuid => "UUID".into(),
        LogicalTypeId::Enum => "ENUM".into(),
        LogicalTypeId::List => format!("{}[]", name(&kind.child(0))),
        LogicalTypeId::Array => format!("{}[ANY]", name(&kind.child(0))),
        LogicalTypeId::Struct => format!("STRUCT({})", fields(kind)),
        LogicalTypeId::Union => format!("UNION({})", fields(kind)),
        LogicalTypeId::Map => {
            let entry: Vec<String> = (0..kind.num_children())
                .map(|index| name(&kind.child(index)))
                .collect();
            format!("MAP({})", entry.join(", "))
        }
        other => format!("{other:?}").to_uppercase(),
    }
}

fn fields(kind: &LogicalTypeHandle) -> String {
    let fields: Vec<String> = (0..kind.num_children())
        .map(|index| {
            let field = kind.child_name(index);
            let plain = field
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                && !field.starts_with(|c: char| c.is_ascii_digit());
            let field = if plain {
                field
            } else {
                format!("\"{}\"", field.replace('"', "\"\""))
            };
            format!("{field} {}", name(&kind.child(index)))
        })
        .collect();
    fields.join(", ")
}
