//! DuckDB's `COLUMNS(…)`: an expression for each column that a star, a pattern or a list names.

use std::ops::ControlFlow;

use regex::Regex;
use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Spanned, Value,
    WildcardAdditionalOptions, visit_expressions,
};

use super::Analysis;
use super::scope::Scope;
use super::select::Projected;
use super::table::{Column, Open, Table};

impl Analysis<'_> {
    /// What an item with `COLUMNS(…)` makes; `None` for an item without.
    pub(super) fn matching_columns(
        &mut self,
        value: &Expr,
        alias: Option<&Ident>,
        scope: &Scope,
    ) -> Option<Projected> {
        let call = call(value)?;
        let alone = matches!(value, Expr::Function(function) if *function == call);
        let argument = argument(&call);
        let pattern = argument.and_then(text).map(Regex::new).and_then(Result::ok);
        let mut projected = self.matched(&call, argument, pattern.as_ref(), scope);
        if !alone {
            for open in &mut projected.open {
                let gap = open.gap().unwrap_or_else(|| self.undecided(&call));
                *open = Open::Unknown(gap);
            }
        }
        let columns = std::mem::take(&mut projected.columns);
        for column in columns {
            let shown = match alias {
                Some(alias) => filled(&self.shown(alias), &column.shown, pattern.as_ref()),
                None => column.shown.clone(),
            };
            let trace = if alone {
                column.trace
            } else {
                let inner = Scope {
                    matched: Some(column.trace),
                    ..Scope::inside(scope)
                };
                let reading = self.read(value, &inner);
                projected.effects.merge(&reading.effects);
                reading.trace
            };
            projected.columns.push(Column {
                key: Some(self.dialect.key_of_known(&shown)),
                shown,
                trace,
            });
        }
        // Every column may get the same alias.
        let table = Table {
            columns: projected.columns,
            ..Table::default()
        };
        projected.columns = table.with_distinct_names(self.dialect).columns;
        Some(projected)
    }

    fn matched(
        &mut self,
        call: &Function,
        argument: Option<&FunctionArgExpr>,
        pattern: Option<&Regex>,
        scope: &Scope,
    ) -> Projected {
        let from = &scope.from;
        let wanted: Box<dyn Fn(&Column) -> bool> = match argument {
            Some(FunctionArgExpr::Wildcard) => {
                let all = WildcardAdditionalOptions::default();
                return self.star(&from.visible, &from.open, &all, scope);
            }
            Some(FunctionArgExpr::WildcardWithOptions(options)) => {
                return self.star(&from.visible, &from.open, options, scope);
            }
            Some(FunctionArgExpr::Expr(Expr::Array(list))) => {
                let names: Vec<String> = list
                    .elem
                    .iter()
                    .filter_map(literal)
                    .map(str::to_lowercase)
                    .collect();
                Box::new(move |column| column.key.as_ref().is_some_and(|key| names.contains(key)))
            }
            Some(_) if let Some(pattern) = pattern => {
                Box::new(move |column| pattern.is_match(&column.shown))
            }
            _ => {
                let gap = self.undecided(call);
                return Projected {
                    open: vec![Open::Unknown(gap)],
                    ..Projected::default()
                };
            }
        };
        let columns = from
            .visible
            .iter()
            .filter(|column| wanted(column))
            .cloned()
            .collect();
        let open = if from.open.is_empty() {
            Vec::new()
        } else {
            vec![Open::Unknown(self.undecided(call))]
        };
        Projected {
            columns,
            open,
            ..Projected::default()
        }
    }

    fn undecided(&mut self, call: &Function) -> super::GapId {
        self.gap("which columns COLUMNS matches is not known", call.span())
    }
}

/// The first `COLUMNS(…)` in an expression.
fn call(value: &Expr) -> Option<Function> {
    let found = visit_expressions(value, |inner| match inner {
        Expr::Function(function) if is_columns(function) => ControlFlow::Break(function.clone()),
        _ => ControlFlow::Continue(()),
    });
    found.break_value()
}

/// Whether a function is `COLUMNS`.
pub(super) fn is_columns(function: &Function) -> bool {
    let [name] = function.name.0.as_slice() else {
        return false;
    };
    name.as_ident()
        .is_some_and(|name| name.value.eq_ignore_ascii_case("columns"))
}

fn argument(call: &Function) -> Option<&FunctionArgExpr> {
    match &call.args {
        FunctionArguments::List(list) => match list.args.as_slice() {
            [FunctionArg::Unnamed(argument)] => Some(argument),
            _ => None,
        },
        _ => None,
    }
}

fn text(argument: &FunctionArgExpr) -> Option<&str> {
    match argument {
        FunctionArgExpr::Expr(value) => literal(value),
        _ => None,
    }
}

fn literal(value: &Expr) -> Option<&str> {
    match value {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// An alias with `\0` for the column's name and `\1`, … for the pattern's groups.
fn filled(alias: &str, column: &str, pattern: Option<&Regex>) -> String {
    let groups = pattern.and_then(|pattern| pattern.captures(column));
    let mut filled = String::new();
    let mut letters = alias.chars();
    while let Some(letter) = letters.next() {
        let digit = (letter == '\\').then(|| letters.clone().next()).flatten();
        match digit.and_then(|digit| digit.to_digit(10)) {
            Some(group) => {
                letters.next();
                let part = groups
                    .as_ref()
                    .and_then(|groups| groups.get(group as usize));
                match (part, group) {
                    (_, 0) => filled.push_str(column),
                    (Some(part), _) => filled.push_str(part.as_str()),
                    (None, _) => {}
                }
            }
            None => filled.push(letter),
        }
    }
    filled
}
