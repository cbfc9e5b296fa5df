//! PIVOT and UNPIVOT in FROM, where the values are listed.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, ExprWithAlias, PivotValueSource, Spanned, TableFactor, Value, visit_expressions,
};

use super::scope::{From, Scope};
use super::table::{Column, Table, Trace};
use super::{Analysis, Dialect};

impl Analysis<'_> {
    pub(super) fn pivoted(&mut self, factor: &TableFactor, beside: &Scope, outer: &Scope) -> From {
        match factor {
            TableFactor::Pivot {
                table,
                aggregate_functions,
                value_column,
                value_source,
                alias,
                ..
            } => {
                let inner = self.inner(table, beside, outer);
                let pivot = Pivot {
                    aggregates: aggregate_functions,
                    by: value_column,
                    values: value_source,
                };
                let table = self.pivot(&pivot, &inner, factor);
                self.source(Vec::new(), table, alias.as_ref())
            }
            TableFactor::Unpivot {
                table,
                value,
                name,
                columns,
                alias,
                ..
            } => {
                let inner = self.inner(table, beside, outer);
                let table = match value {
                    Expr::Identifier(value) => {
                        let mut table = self.unpivot(columns, &inner);
                        let trace = std::mem::take(&mut table.1);
                        table.0.columns.push(self.column(name, Trace::default()));
                        table.0.columns.push(self.column(value, trace));
                        table.0
                    }
                    _ => Table::unknown(self.gap("this UNPIVOT is not understood", factor.span())),
                };
                self.source(Vec::new(), table, alias.as_ref())
            }
            _ => From::default(),
        }
    }

    /// The scope of the table that is turned.
    fn inner<'s>(
        &mut self,
        table: &TableFactor,
        beside: &Scope,
        outer: &'s Scope<'s>,
    ) -> Scope<'s> {
        Scope {
            from: self.factor(table, beside, outer),
            ..Scope::inside(outer)
        }
    }

    /// Columns that are neither aggregated nor pivoted stay; each listed value gets one for each aggregate.
    fn pivot(&mut self, pivot: &Pivot, inner: &Scope, factor: &TableFactor) -> Table {
        let mut effects = inner.from.effects.clone();
        self.condition(&pivot.by.to_vec(), inner, &mut effects);
        let mut used: Vec<String> = Vec::new();
        for value in pivot
            .by
            .iter()
            .chain(pivot.aggregates.iter().map(|it| &it.expr))
        {
            used.extend(self.mentioned(value));
        }
        let traces: Vec<Trace> = pivot
            .aggregates
            .iter()
            .map(|aggregate| self.read(&aggregate.expr, inner).trace)
            .collect();
        let names = pivot.names(self.dialect);
        let mut table = match names {
            Some(names) if inner.from.open.is_empty() => {
                let stays =
                    |column: &&Column| !column.key.as_ref().is_some_and(|key| used.contains(key));
                let mut columns: Vec<Column> =
                    inner.from.visible.iter().filter(stays).cloned().collect();
                for (position, name) in names.into_iter().enumerate() {
                    columns.push(Column {
                        key: Some(self.dialect.key_of_known(&name)),
                        shown: name,
                        trace: traces[position % traces.len()].clone(),
                    });
                }
                Table {
                    columns,
                    ..Table::default()
                }
            }
            _ => {
                for trace in &traces {
                    effects.depend(trace);
                }
                Table::unknown(self.gap("the columns of this PIVOT are not known", factor.span()))
            }
        };
        table.effects.merge(&effects);
        table
    }

    /// The columns that stay, and what the column of values is made of.
    fn unpivot(&mut self, columns: &[ExprWithAlias], inner: &Scope) -> (Table, Trace) {
        let mut table = Table {
            columns: inner.from.visible.clone(),
            open: inner.from.open.clone(),
            effects: inner.from.effects.clone(),
        };
        let mut values = Trace::default();
        for column in columns {
            let reading = self.value(&column.expr, inner);
            values.merge(&reading.trace);
            for key in self.mentioned(&column.expr) {
                table.columns.retain(|column| !column.is(&key));
                for open in &mut table.open {
                    open.hide(&key);
                }
            }
        }
        (table, values)
    }

    /// Keys of the columns in an expression.
    fn mentioned(&self, value: &Expr) -> Vec<String> {
        let mut keys = Vec::new();
        let _ = visit_expressions(value, |inner| {
            match inner {
                Expr::Identifier(name) => keys.push(self.key(name)),
                Expr::CompoundIdentifier(parts) => {
                    keys.extend(parts.last().map(|name| self.key(name)));
                }
                _ => {}
            }
            ControlFlow::<()>::Continue(())
        });
        keys
    }
}

struct Pivot<'a> {
    aggregates: &'a [ExprWithAlias],
    by: &'a [Expr],
    values: &'a PivotValueSource,
}

impl Pivot<'_> {
    /// Names of the new columns, value by value; `None` where they depend on data or on rules not followed here.
    fn names(&self, dialect: Dialect) -> Option<Vec<String>> {
        let (PivotValueSource::List(values), [_]) = (self.values, self.by) else {
            return None;
        };
        let mut names = Vec::new();
        for value in values {
            let value = match (&value.alias, &value.expr) {
                (Some(alias), _) => alias.value.clone(),
                (None, Expr::Value(literal)) => match &literal.value {
                    Value::SingleQuotedString(text) | Value::Number(text, _) => text.clone(),
                    _ => return None,
                },
                _ => return None,
            };
            for aggregate in self.aggregates {
                names.push(match (&aggregate.alias, self.aggregates.len()) {
                    (None, 1) => value.clone(),
                    (Some(_), 1) if dialect == Dialect::Spark => value.clone(),
                    (Some(alias), _) => format!("{value}_{}", alias.value),
                    (None, _) => return None,
                });
            }
        }
        Some(names)
    }
}
