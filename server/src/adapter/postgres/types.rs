//! PostgreSQL's built-in types by their object ids, named as `format_type` names them.

pub(super) const BOOL: u32 = 16;
pub(super) const INT8: u32 = 20;
pub(super) const INT2: u32 = 21;
pub(super) const INT4: u32 = 23;
pub(super) const OID: u32 = 26;
pub(super) const FLOAT4: u32 = 700;
pub(super) const FLOAT8: u32 = 701;
pub(super) const DATE: u32 = 1082;
pub(super) const TIMESTAMP: u32 = 1114;
pub(super) const TIMESTAMPTZ: u32 = 1184;
pub(super) const NUMERIC: u32 = 1700;

/// What a modifier counts beside the length.
const HEADER: i32 = 4;

/// The name of a type that needs no question to the server.
pub(super) fn name(kind: u32, modifier: i32) -> Option<String> {
    let name = match kind {
        BOOL => "boolean",
        17 => "bytea",
        19 => "name",
        INT8 => "bigint",
        INT2 => "smallint",
        INT4 => "integer",
        25 | 705 => "text",
        OID => "oid",
        114 => "json",
        FLOAT4 => "real",
        FLOAT8 => "double precision",
        1000 => "boolean[]",
        1007 => "integer[]",
        1009 => "text[]",
        1016 => "bigint[]",
        1042 if modifier < HEADER => "bpchar",
        1042 => return Some(format!("character({})", modifier - HEADER)),
        1043 if modifier < HEADER => "character varying",
        1043 => return Some(format!("character varying({})", modifier - HEADER)),
        DATE => "date",
        1083 if modifier < 0 => "time without time zone",
        TIMESTAMP if modifier < 0 => "timestamp without time zone",
        TIMESTAMPTZ if modifier < 0 => "timestamp with time zone",
        NUMERIC if modifier < HEADER => "numeric",
        2950 => "uuid",
        3802 => "jsonb",
        _ => return None,
    };
    Some(name.to_owned())
}
