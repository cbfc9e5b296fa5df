//! Dialects: how names are compared, and which syntax the parser takes.

use std::any::TypeId;

use sqlparser::dialect::{Dialect as Syntax, DuckDbDialect, PostgreSqlDialect, SparkSqlDialect};

/// Whose SQL it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// DuckDB.
    DuckDb,
    /// PostgreSQL.
    Postgres,
    /// Apache Spark.
    Spark,
}

impl Dialect {
    /// The dialect of an adapter, by the adapter's name in the manifest; `None` for adapters that are not known.
    pub fn of_adapter(name: &str) -> Option<Self> {
        match name {
            "duckdb" | "motherduck" => Some(Self::DuckDb),
            "postgres" => Some(Self::Postgres),
            "spark" | "databricks" => Some(Self::Spark),
            _ => None,
        }
    }

    /// The form of a name in which two are the same if they name the same thing: DuckDB and Spark do not look at
    /// case, PostgreSQL lowers what is not quoted.
    pub fn key(self, name: &str, quoted: bool) -> String {
        if self == Self::Postgres && quoted {
            name.to_owned()
        } else {
            name.to_lowercase()
        }
    }

    /// The key of a name as a warehouse or an artifact has it.
    pub fn key_of_known(self, name: &str) -> String {
        self.key(name, true)
    }

    /// The name that a column gets from an alias.
    pub(super) fn shown(self, name: &str, quoted: bool) -> String {
        if self == Self::Postgres {
            self.key(name, quoted)
        } else {
            name.to_owned()
        }
    }

    pub(super) fn syntax(self) -> &'static dyn Syntax {
        match self {
            Self::DuckDb => &DuckDb,
            Self::Postgres => &PostgreSqlDialect {},
            Self::Spark => &SparkSqlDialect,
        }
    }
}

/// DuckDB's syntax with what the parser's own dialect for it leaves out, such as `* RENAME` and `VALUES` in FROM.
#[derive(Debug)]
struct DuckDb;

macro_rules! takes {
    ($($switch:ident)*) => {
        $(fn $switch(&self) -> bool { true })*
    };
}

impl Syntax for DuckDb {
    fn dialect(&self) -> TypeId {
        TypeId::of::<DuckDbDialect>()
    }

    fn is_identifier_start(&self, letter: char) -> bool {
        DuckDbDialect.is_identifier_start(letter)
    }

    fn is_identifier_part(&self, letter: char) -> bool {
        letter.is_alphanumeric() || letter == '$' || letter == '_'
    }

    takes! {
        allow_extract_single_quotes
        support_map_literal_syntax
        supports_array_typedef_with_brackets
        supports_bitwise_shift_operators
        supports_comma_separated_trim
        supports_dictionary_syntax
        supports_dollar_placeholder
        supports_filter_during_aggregation
        supports_from_first_select
        supports_group_by_expr
        supports_lambda_functions
        supports_named_fn_args_with_assignment_operator
        supports_named_fn_args_with_rarrow_operator
        supports_notnull_operator
        supports_numeric_literal_underscores
        supports_order_by_all
        supports_parens_around_table_factor
        supports_select_expr_star
        supports_select_wildcard_except
        supports_select_wildcard_exclude
        supports_select_wildcard_rename
        supports_select_wildcard_replace
        supports_string_escape_constant
        supports_subquery_as_function_arg
        supports_trailing_commas
        supports_values_as_table_factor
        supports_window_clause_named_window_reference
        supports_window_function_null_treatment_arg
        supports_within_after_array_aggregation
    }
}
