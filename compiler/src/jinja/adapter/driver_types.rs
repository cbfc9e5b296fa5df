//! The names that dbt's Python drivers have for types. `adapter.get_column_schema_from_query()` gives columns in them, and
//! so contracts are compared in them: to psycopg2, `text` and `varchar(10)` are one type.

use std::borrow::Cow;

/// The driver's name for a type that the warehouse names. DuckDB's driver has the warehouse's own names, and so have
/// types of PostgreSQL that psycopg2 does not know.
pub(super) fn name<'a>(adapter_type: &str, data_type: &'a str) -> Cow<'a, str> {
    if adapter_type != "postgres" {
        return data_type.into();
    }
    let (element, array) = match data_type.strip_suffix("[]") {
        Some(element) => (element, "ARRAY"),
        None => (data_type, ""),
    };
    match psycopg2(element) {
        Some(name) => format!("{name}{array}").into(),
        None => data_type.into(),
    }
}

fn psycopg2(data_type: &str) -> Option<&'static str> {
    let words = data_type.split('(').next().unwrap_or(data_type);
    Some(match words {
        "boolean" => "BOOLEAN",
        "bytea" => "BINARY",
        "smallint" | "integer" => "INTEGER",
        "bigint" => "LONGINTEGER",
        "real" | "double precision" => "FLOAT",
        "numeric" => "DECIMAL",
        "text" | "character varying" | "character" | "bpchar" | "char" | "name" => "STRING",
        "date" => "DATE",
        "interval" => "INTERVAL",
        "json" => "JSON",
        "jsonb" => "JSONB",
        "oid" => "ROWID",
        _ if words.starts_with("timestamp") && data_type.ends_with("with time zone") => {
            "DATETIMETZ"
        }
        _ if words.starts_with("timestamp") => "DATETIME",
        _ if words == "time" || words.starts_with("time ") => "TIME",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::name;

    /// A contract of `varchar` was refused for a model whose column is `text`, which dbt accepts.
    #[test]
    fn types_of_postgresql_have_the_names_of_psycopg2() {
        for (kind, expected) in [
            ("text", "STRING"),
            ("character varying(10)", "STRING"),
            ("numeric(10,2)", "DECIMAL"),
            ("integer", "INTEGER"),
            ("bigint", "LONGINTEGER"),
            ("timestamp without time zone", "DATETIME"),
            ("timestamp(3) with time zone", "DATETIMETZ"),
            ("time with time zone", "TIME"),
            ("integer[]", "INTEGERARRAY"),
            ("uuid", "uuid"),
            ("uuid[]", "uuid[]"),
        ] {
            assert_eq!(name("postgres", kind), expected, "{kind}");
        }
        assert_eq!(name("duckdb", "VARCHAR"), "VARCHAR");
    }
}
