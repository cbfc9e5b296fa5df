//! Names of columns without an alias, as far as the dialects' rules can be followed.

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, SelectItem, SetExpr, Value,
};

use super::{Analysis, Dialect};

/// An expression's text stands for a name that is not known; longer ones are cut.
const TEXT: usize = 60;

impl Analysis<'_> {
    /// The name for people and the key of an expression without an alias. `column` is the column's own name where
    /// the expression is nothing but a column. The key is `None` where the warehouse's name is not known.
    pub(super) fn name_of(&self, value: &Expr, column: Option<&str>) -> (String, Option<String>) {
        let name = match self.dialect {
            Dialect::DuckDb => column.map(str::to_owned).or_else(|| duckdb(value)),
            Dialect::Postgres => column.map(str::to_owned).or_else(|| {
                let name = self.postgres(value).map(|(name, _)| name);
                Some(name.unwrap_or_else(|| "?column?".to_owned()))
            }),
            Dialect::Spark => self.spark(value),
        };
        if let Some(name) = name {
            let key = self.dialect.key_of_known(&name);
            return (name, Some(key));
        }
        let text = value.to_string();
        let mut short: String = text.chars().take(TEXT).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        (short, None)
    }

    /// PostgreSQL's `FigureColname`: the name, and whether it is a column's or function's rather than a type's or
    /// keyword's.
    fn postgres(&self, value: &Expr) -> Option<(String, bool)> {
        let word = |word: &str| Some((word.to_owned(), true));
        match value {
            Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => self.postgres(inner),
            Expr::Identifier(name) => Some((self.shown(name), true)),
            Expr::CompoundIdentifier(parts) => parts.last().map(|name| (self.shown(name), true)),
            Expr::CompoundFieldAccess { root, access_chain } => {
                let field = access_chain.iter().rev().find_map(|access| match access {
                    sqlparser::ast::AccessExpr::Dot(Expr::Identifier(name)) => {
                        Some((self.shown(name), true))
                    }
                    _ => None,
                });
                field.or_else(|| self.postgres(root))
            }
            Expr::Function(function) => {
                let name = function.name.0.last().and_then(|part| part.as_ident())?;
                Some((self.shown(name), true))
            }
            Expr::Cast {
                expr, data_type, ..
            } => self
                .postgres(expr)
                .filter(|(_, strong)| *strong)
                .or_else(|| {
                    let name = data_type.to_string().to_lowercase();
                    let plain = name.split(['(', ' ', '[']).next().unwrap_or_default();
                    let name = match plain {
                        "int" | "integer" => "int4",
                        "bigint" => "int8",
                        "smallint" => "int2",
                        "boolean" => "bool",
                        "decimal" => "numeric",
                        "double" => "float8",
                        "real" => "float4",
                        "char" | "character" => "bpchar",
                        other => other,
                    };
                    Some((name.to_owned(), false))
                }),
            Expr::Case { else_result, .. } => else_result
                .as_deref()
                .and_then(|result| self.postgres(result))
                .filter(|(_, strong)| *strong)
                .or_else(|| Some(("case".to_owned(), false))),
            Expr::Subquery(query) => match query.body.as_ref() {
                SetExpr::Select(select) => match select.projection.first()? {
                    SelectItem::UnnamedExpr(value) => self.postgres(value),
                    SelectItem::ExprWithAlias { alias, .. } => Some((self.shown(alias), true)),
                    _ => None,
                },
                _ => None,
            },
            Expr::Exists { .. } => word("exists"),
            Expr::Array(_) => word("array"),
            Expr::Extract { .. } => word("extract"),
            Expr::Substring { .. } => word("substring"),
            Expr::Position { .. } => word("position"),
            Expr::Overlay { .. } => word("overlay"),
            Expr::Trim { .. } => word("btrim"),
            Expr::Ceil { .. } => word("ceil"),
            Expr::Floor { .. } => word("floor"),
            Expr::AtTimeZone { .. } => word("timezone"),
            _ => None,
        }
    }

    /// Spark names a column as it is written, also through a cast, and calls by their text.
    fn spark(&self, value: &Expr) -> Option<String> {
        match value {
            Expr::Nested(inner) => self.spark(inner),
            Expr::Identifier(name) => Some(self.shown(name)),
            Expr::CompoundIdentifier(parts) => parts.last().map(|name| self.shown(name)),
            Expr::Cast { expr, .. } => match expr.as_ref() {
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => self.spark(expr),
                _ => None,
            },
            Expr::Function(function) => plain_call(function, "count(1)"),
            _ => None,
        }
    }
}

/// DuckDB prints the expression; only where that is plain it is followed here.
fn duckdb(value: &Expr) -> Option<String> {
    match value {
        Expr::Nested(inner) => duckdb(inner),
        Expr::Value(value) => match &value.value {
            Value::Number(digits, false) => Some(digits.clone()),
            Value::SingleQuotedString(text) => Some(format!("'{text}'")),
            Value::Null => Some("NULL".to_owned()),
            _ => None,
        },
        Expr::Function(function) => plain_call(function, "count_star()"),
        _ => None,
    }
}

/// `name(a, b)` for a call of plain columns; `count` is what `count(*)` is called.
fn plain_call(function: &Function, count: &str) -> Option<String> {
    let [name] = function.name.0.as_slice() else {
        return None;
    };
    let name = name.as_ident()?.value.to_lowercase();
    let FunctionArguments::List(list) = &function.args else {
        return None;
    };
    let plain = function.over.is_none()
        && function.filter.is_none()
        && function.within_group.is_empty()
        && list.duplicate_treatment.is_none()
        && list.clauses.is_empty()
        // Functions that DuckDB prints in a way of their own.
        && !matches!(name.as_str(), "coalesce" | "if" | "ifnull" | "nullif" | "struct_pack" | "row");
    if !plain {
        return None;
    }
    if name == "count"
        && matches!(
            list.args.as_slice(),
            [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]
        )
    {
        return Some(count.to_owned());
    }
    let arguments: Option<Vec<String>> = list
        .args
        .iter()
        .map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(
                value @ (Expr::Identifier(_) | Expr::CompoundIdentifier(_)),
            )) => {
                let text = value.to_string();
                let is_plain = text
                    .chars()
                    .all(|letter| letter.is_ascii_lowercase() || "_.0123456789".contains(letter));
                is_plain.then_some(text)
            }
            _ => None,
        })
        .collect();
    Some(format!("{name}({})", arguments?.join(", ")))
}
