//! What the SQL of a metric in an OSI document aggregates, as dbt 1.12 reads it.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CastKind, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, ObjectNamePart, UnaryOperator, Value, visit_expressions,
    visit_expressions_mut,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

/// What a metric's SQL is.
pub(super) enum Measured {
    /// One aggregate over one expression.
    Aggregate(Aggregate),
    /// One expression by another.
    Ratio(String, String),
    /// Anything else.
    Other,
}

pub(super) struct Aggregate {
    /// The semantic layer's word.
    pub(super) agg: &'static str,
    pub(super) percentile: Option<f64>,
    /// What is aggregated, without the names of datasets.
    pub(super) column: String,
    /// The datasets that its columns are qualified with, each once.
    pub(super) datasets: Vec<String>,
}

/// Reads a metric's SQL.
pub(super) fn measured(sql: &str) -> Measured {
    match parsed(sql) {
        Some(Expr::BinaryOp {
            left,
            op: BinaryOperator::Divide,
            right,
        }) => Measured::Ratio(rendered(bare(&left)), rendered(bare(&right))),
        Some(Expr::Function(function)) => {
            aggregate(&function).map_or(Measured::Other, Measured::Aggregate)
        }
        _ => Measured::Other,
    }
}

fn parsed(sql: &str) -> Option<Expr> {
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql(sql).ok()?;
    let expr = parser.parse_expr().ok()?;
    while parser.consume_token(&Token::SemiColon) {}
    (parser.peek_token().token == Token::EOF).then_some(expr)
}

/// Without the brackets around it.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => inner,
        other => other,
    }
}

fn aggregate(function: &Function) -> Option<Aggregate> {
    if function.filter.is_some() || function.over.is_some() {
        return None;
    }
    let name = function.name.to_string().to_uppercase();
    let FunctionArguments::List(list) = &function.args else {
        return None;
    };
    let is_distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
    let first = match list.args.first()? {
        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => {
            return (name == "COUNT").then(|| Aggregate {
                agg: "count",
                percentile: None,
                column: "*".to_owned(),
                datasets: Vec::new(),
            });
        }
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => expr,
        _ => return None,
    };
    if let ("PERCENTILE_CONT" | "PERCENTILE_DISC", [order]) =
        (name.as_str(), function.within_group.as_slice())
    {
        let share: f64 = first.to_string().parse().ok()?;
        let is_median = name == "PERCENTILE_CONT" && (share - 0.5).abs() < f64::EPSILON;
        let (agg, percentile) = if is_median {
            ("median", None)
        } else {
            ("percentile", Some(share))
        };
        return Some(of(agg, percentile, &order.expr, false));
    }
    let count = list.args.len();
    let agg = match name.as_str() {
        "COUNT" if is_distinct && count > 1 => return None,
        "COUNT" if is_distinct => return Some(of("count_distinct", None, first, false)),
        "COUNT" => "count",
        "MIN" => "min",
        "MAX" => "max",
        "SUM" | "AVG" if count > 1 => return None,
        "SUM" if matches!(first, Expr::Case { .. }) => {
            return flag(first).map(|condition| of("sum_boolean", None, condition, false));
        }
        "SUM" => "sum",
        "AVG" => "average",
        _ => return None,
    };
    Some(of(agg, None, first, is_distinct))
}

/// The condition of `case when … then 1 else 0 end`.
fn flag(expr: &Expr) -> Option<&Expr> {
    let is = |expr: &Expr, digit: &str| expr.to_string() == digit;
    match expr {
        Expr::Case {
            operand: None,
            conditions,
            else_result: Some(otherwise),
            ..
        } => match conditions.as_slice() {
            [when] if is(&when.result, "1") && is(otherwise, "0") => Some(&when.condition),
            _ => None,
        },
        _ => None,
    }
}

fn of(agg: &'static str, percentile: Option<f64>, expr: &Expr, is_distinct: bool) -> Aggregate {
    let mut datasets: Vec<String> = Vec::new();
    let _ = visit_expressions(expr, |inner| {
        if let Expr::CompoundIdentifier(names) = inner
            && let Some((_, qualifier)) = names.split_last()
        {
            let names: Vec<&str> = qualifier.iter().map(|name| name.value.as_str()).collect();
            let dataset = names.join(".");
            if !datasets.contains(&dataset) {
                datasets.push(dataset);
            }
        }
        ControlFlow::<()>::Continue(())
    });
    let column = match expr {
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(names) => names
            .last()
            .map_or_else(String::new, |name| name.value.clone()),
        other => rendered(&unqualified(other)),
    };
    Aggregate {
        agg,
        percentile,
        column: if is_distinct {
            format!("DISTINCT {column}")
        } else {
            column
        },
        datasets,
    }
}

/// Columns by their names alone, since the expression is read inside of its dataset.
fn unqualified(expr: &Expr) -> Expr {
    let mut expr = expr.clone();
    let _ = visit_expressions_mut(&mut expr, |inner| {
        if let Expr::CompoundIdentifier(names) = inner
            && let Some(name) = names.last()
        {
            *inner = Expr::Identifier(name.clone());
        }
        ControlFlow::<()>::Continue(())
    });
    expr
}

/// The SQL in the form that dbt writes it anew: functions in capitals, negations before what they negate.
fn rendered(expr: &Expr) -> String {
    let mut expr = expr.clone();
    let _ = visit_expressions_mut(&mut expr, |inner| {
        if let Expr::IsNotNull(tested) = inner {
            *inner = not(Expr::IsNull(tested.clone()));
        }
        match inner {
            Expr::Function(function) => in_capitals(function),
            Expr::Cast { kind, .. } if *kind == CastKind::DoubleColon => *kind = CastKind::Cast,
            Expr::Value(value) => {
                if let Value::Boolean(is_true) = value.value {
                    value.value = Value::Placeholder(is_true.to_string().to_uppercase());
                }
            }
            Expr::InList { negated, .. }
            | Expr::Between { negated, .. }
            | Expr::Like { negated, .. }
                if *negated =>
            {
                *negated = false;
                *inner = not(inner.clone());
            }
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
    expr.to_string()
}

fn not(expr: Expr) -> Expr {
    Expr::UnaryOp {
        op: UnaryOperator::Not,
        expr: Box::new(expr),
    }
}

fn in_capitals(function: &mut Function) {
    if let [ObjectNamePart::Identifier(name)] = function.name.0.as_mut_slice()
        && name.quote_style.is_none()
    {
        name.value = match name.value.to_uppercase().as_str() {
            "NVL" | "IFNULL" => "COALESCE".to_owned(),
            other => other.to_owned(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Measured, measured};

    #[test]
    fn aggregates_are_read_as_dbt_reads_them() {
        for (sql, expected) in [
            ("sum(x)", "sum of x"),
            ("SUM(a.b)", "sum of b in a"),
            ("SUM(a + b)", "sum of a + b"),
            ("SUM(DISTINCT a)", "sum of DISTINCT a"),
            ("SUM(x::int)", "sum of CAST(x AS INT)"),
            (
                "SUM(a is not null and b not in (1,2))",
                "sum of NOT a IS NULL AND NOT b IN (1, 2)",
            ),
            ("SUM(a != true)", "sum of a <> TRUE"),
            ("max(coalesce(a,0))", "max of COALESCE(a, 0)"),
            ("AVG(nvl(a,b))", "average of COALESCE(a, b)"),
            ("MIN(\"Q x\".\"B c\")", "min of B c in Q x"),
            ("COUNT(*)", "count of *"),
            ("COUNT(DISTINCT a.b)", "count_distinct of b in a"),
            ("COUNT(DISTINCT a, b)", "other"),
            ("SUM(CASE WHEN big THEN 1 ELSE 0 END)", "sum_boolean of big"),
            ("SUM(CASE WHEN x THEN y ELSE 0 END)", "other"),
            (
                "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY o.x)",
                "median of x in o",
            ),
            (
                "percentile_disc(0.9) within group (order by x desc)",
                "percentile 0.9 of x",
            ),
            (
                "SUM(a) / NULLIF(count(b),0)",
                "SUM(a) by NULLIF(COUNT(b), 0)",
            ),
            (
                "(SUM(a)) / (COUNT(DISTINCT b))",
                "SUM(a) by COUNT(DISTINCT b)",
            ),
            ("((SUM(a)) / (SUM(b)))", "other"),
            ("SUM(a) - 1", "other"),
            ("SUM(a) over (partition by b)", "other"),
            ("SUM(a", "other"),
            ("sum(x);", "sum of x"),
            // Here dbt 1.12 takes what follows the last point, and names a dataset that cannot be there.
            ("SUM(o.a * o.b)", "sum of a * b in o"),
            (
                "SUM(CASE WHEN o.big THEN 1 ELSE 0 END)",
                "sum_boolean of big in o",
            ),
            ("SUM(o.a * p.b)", "sum of a * b in o, p"),
        ] {
            let found = match measured(sql) {
                Measured::Other => "other".to_owned(),
                Measured::Ratio(above, below) => format!("{above} by {below}"),
                Measured::Aggregate(found) => {
                    let share = found.percentile.map(|at| format!(" {at}"));
                    let home = match found.datasets.join(", ") {
                        names if names.is_empty() => names,
                        names => format!(" in {names}"),
                    };
                    let share = share.unwrap_or_default();
                    format!("{}{share} of {}{home}", found.agg, found.column)
                }
            };
            assert_eq!(found, expected, "{sql}");
        }
    }
}
