//! The names of types, as `format_type` writes them.

use tokio_postgres::types::{Kind, Type};

/// What a modifier counts beside a length or a precision.
const HEADER: i32 = 4;

/// The name of a type with its length or precision; the modifier is -1 where there is none.
pub(super) fn name(kind: &Type, modifier: i32) -> String {
    if let Kind::Array(element) = kind.kind() {
        return format!("{}[]", name(element, modifier));
    }
    let length = modifier - HEADER;
    let name = match *kind {
        Type::BOOL => "boolean",
        Type::INT2 => "smallint",
        Type::INT4 => "integer",
        Type::INT8 => "bigint",
        Type::FLOAT4 => "real",
        Type::FLOAT8 => "double precision",
        Type::NUMERIC if length >= 0 => {
            return format!("numeric({},{})", length >> 16, length & 0x7ff);
        }
        Type::VARCHAR if length >= 0 => return format!("character varying({length})"),
        Type::VARCHAR => "character varying",
        Type::BPCHAR if length >= 0 => return format!("character({length})"),
        Type::TIMESTAMP => return timed("timestamp", modifier, "without"),
        Type::TIMESTAMPTZ => return timed("timestamp", modifier, "with"),
        Type::TIME => return timed("time", modifier, "without"),
        Type::TIMETZ => return timed("time", modifier, "with"),
        // A literal that nothing gave a type.
        Type::UNKNOWN => "text",
        _ => kind.name(),
    };
    name.to_owned()
}

fn timed(word: &str, precision: i32, zone: &str) -> String {
    if precision < 0 {
        format!("{word} {zone} time zone")
    } else {
        format!("{word}({precision}) {zone} time zone")
    }
}
