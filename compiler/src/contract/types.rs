//! Warehouse types: which names mean the same, and what they are for other tools.

/// What a type is, as Open Data Contract Standard 3 names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logical {
    Text,
    Integer,
    Number,
    Boolean,
    Date,
    Timestamp,
    Time,
    Object,
    Array,
}

impl Logical {
    /// The word in ODCS 3.1.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Time => "time",
            Self::Object => "object",
            Self::Array => "array",
        }
    }
}

/// The logical type of a warehouse's type; `None` for what has no counterpart, such as intervals.
pub(super) fn logical(data_type: &str) -> Option<Logical> {
    let name = canonical(data_type);
    if name.ends_with(']') || name.starts_with("array") || name.starts_with("list") {
        return Some(Logical::Array);
    }
    let base = name.split(['(', '<']).next().unwrap_or_default().trim();
    Some(match base {
        "text" | "char" | "uuid" | "enum" | "name" => Logical::Text,
        "smallint" | "integer" | "bigint" | "tinyint" | "hugeint" | "utinyint" | "usmallint"
        | "uinteger" | "ubigint" | "uhugeint" => Logical::Integer,
        "decimal" | "real" | "double" | "money" => Logical::Number,
        "boolean" => Logical::Boolean,
        "date" => Logical::Date,
        "timestamp" | "timestamptz" | "timestamp_s" | "timestamp_ms" | "timestamp_ns" => {
            Logical::Timestamp
        }
        "time" | "timetz" => Logical::Time,
        "json" | "jsonb" | "struct" | "map" | "union" | "row" => Logical::Object,
        _ => return None,
    })
}

/// Whether two names mean the same type; a length or precision counts only where both have one.
pub(super) fn same_type(left: &str, right: &str) -> bool {
    let (left, right) = (canonical(left), canonical(right));
    let base = |name: &str| name.split('(').next().unwrap_or_default().trim().to_owned();
    let both = left.contains('(') && right.contains('(');
    if both {
        left == right
    } else {
        base(&left) == base(&right)
    }
}

/// One spelling for the names that DuckDB, PostgreSQL and Spark give to the same type.
fn canonical(data_type: &str) -> String {
    let lower = data_type
        .trim()
        .to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let (base, rest) = match lower.find('(') {
        Some(at) => (lower[..at].trim(), lower[at..].replace(' ', "")),
        None => (lower.as_str(), String::new()),
    };
    let one = match base {
        "varchar" | "character varying" | "string" | "bpchar" => "text",
        "character" => "char",
        "int" | "int4" | "signed" => "integer",
        "int8" | "long" => "bigint",
        "int2" | "short" => "smallint",
        "int1" => "tinyint",
        "float8" | "double precision" | "float64" => "double",
        "float4" | "float" => "real",
        "numeric" | "dec" => "decimal",
        "bool" | "logical" => "boolean",
        "timestamp without time zone" | "datetime" => "timestamp",
        "timestamp with time zone" => "timestamptz",
        "time without time zone" => "time",
        "time with time zone" => "timetz",
        other => other,
    };
    format!("{one}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_type_are_the_same() {
        assert!(same_type("INTEGER", "int"));
        assert!(same_type("VARCHAR", "text"));
        assert!(same_type("character varying(256)", "varchar"));
        assert!(same_type("DECIMAL(18,2)", "numeric(18, 2)"));
        assert!(same_type("TIMESTAMP WITH TIME ZONE", "timestamptz"));
        assert!(!same_type("DECIMAL(18,2)", "numeric(10, 2)"));
        assert!(!same_type("BIGINT", "integer"));
        assert!(!same_type("TIMESTAMP WITH TIME ZONE", "timestamp"));
    }

    #[test]
    fn types_have_a_logical_one() {
        assert_eq!(logical("DECIMAL(18,3)"), Some(Logical::Number));
        assert_eq!(logical("STRUCT(a INTEGER)"), Some(Logical::Object));
        assert_eq!(logical("INTEGER[]"), Some(Logical::Array));
        assert_eq!(logical("INTERVAL"), None);
    }
}
