//! The select list, and what decides over the rows of a select.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, Ident, JsonPathElem, OrderBy, Select, SelectItem,
    SelectItemQualifiedWildcardKind, Spanned, Value, visit_expressions,
};

use sqlparser::tokenizer::Span;

use super::scope::{Aliases, Scope};
use super::table::{Column, Effects, Open, Table};
use super::{Analysis, Dialect};

/// Columns that one item of a select list makes.
#[derive(Debug, Default)]
pub(super) struct Projected {
    pub(super) columns: Vec<Column>,
    pub(super) open: Vec<Open>,
    pub(super) effects: Effects,
}

impl Analysis<'_> {
    /// The table that a select makes; `order_by` is that of the query that it is the body of.
    pub(super) fn select(
        &mut self,
        select: &Select,
        order_by: Option<&OrderBy>,
        outer: &Scope,
    ) -> Table {
        let mut scope = Scope {
            from: self.from(&select.from, outer),
            windows: &select.named_window,
            aliases: match self.dialect {
                Dialect::DuckDb | Dialect::Spark => Aliases::AfterColumns,
                Dialect::Postgres => Aliases::No,
            },
            ..Scope::inside(outer)
        };
        for view in &select.lateral_views {
            self.lateral_view(view, &mut scope);
        }
        let mut table = Table {
            effects: std::mem::take(&mut scope.from.effects),
            ..Table::default()
        };
        let mut aggregated = Vec::new();
        if select.projection.is_empty() {
            let star = self.plain_star(&scope, select.span());
            add(&mut table, star);
        }
        for item in &select.projection {
            let projected = self.item(item, &scope);
            aggregated.resize(
                aggregated.len() + projected.columns.len(),
                is_aggregate(item),
            );
            if matches!(item, SelectItem::ExprWithAlias { .. }) {
                scope.list.extend(projected.columns.iter().cloned());
            }
            add(&mut table, projected);
        }
        let mut effects = Effects::default();
        self.conditions(select, &table, &aggregated, &mut scope, &mut effects);
        if let Some(order_by) = order_by {
            scope.list.clone_from(&table.columns);
            scope.aliases = Aliases::BeforeColumns;
            self.order(order_by, &table.columns, &scope, &mut effects);
        }
        table.effects.merge(&effects);
        table
    }

    fn conditions(
        &mut self,
        select: &Select,
        table: &Table,
        aggregated: &[bool],
        scope: &mut Scope,
        effects: &mut Effects,
    ) {
        self.condition(&select.selection, scope, effects);
        if let Some(Distinct::On(keys)) = &select.distinct {
            for key in keys {
                self.key_of_rows(key, &table.columns, scope, effects);
            }
        }
        self.condition(&select.sort_by, scope, effects);
        self.condition(&select.cluster_by, scope, effects);
        self.condition(&select.having, scope, effects);
        self.condition(&select.qualify, scope, effects);
        scope.aliases = Aliases::AfterColumns;
        match &select.group_by {
            GroupByExpr::All(_) => {
                for (column, _) in table.columns.iter().zip(aggregated).filter(|(_, is)| !**is) {
                    effects.depend(&column.trace);
                }
            }
            GroupByExpr::Expressions(keys, _) => {
                for key in keys {
                    self.key_of_rows(key, &table.columns, scope, effects);
                }
            }
        }
    }

    /// A key of GROUP BY, ORDER BY or DISTINCT ON: a number is a position in the select list.
    pub(super) fn key_of_rows(
        &mut self,
        key: &Expr,
        columns: &[Column],
        scope: &Scope,
        effects: &mut Effects,
    ) {
        if let Expr::Value(value) = key
            && let Value::Number(digits, _) = &value.value
        {
            let position = digits
                .parse::<usize>()
                .ok()
                .and_then(|it| it.checked_sub(1));
            if let Some(column) = position.and_then(|position| columns.get(position)) {
                effects.depend(&column.trace);
            }
            return;
        }
        self.condition(key, scope, effects);
    }

    fn item(&mut self, item: &SelectItem, scope: &Scope) -> Projected {
        match item {
            SelectItem::Wildcard(options) => {
                let (columns, open) = (&scope.from.visible, &scope.from.open);
                self.star(columns, open, options, scope)
            }
            SelectItem::QualifiedWildcard(
                SelectItemQualifiedWildcardKind::ObjectName(name),
                options,
            ) => {
                let path: Vec<String> = name
                    .0
                    .iter()
                    .filter_map(|part| part.as_ident().map(|part| self.key(part)))
                    .collect();
                match scope.source(&path) {
                    Some(source) => self.star(&source.columns, &source.open, options, scope),
                    None => self.fields(&name.to_string(), options.wildcard_token.0.span),
                }
            }
            SelectItem::QualifiedWildcard(
                SelectItemQualifiedWildcardKind::Expr(value),
                options,
            ) => self.fields(&value.to_string(), options.wildcard_token.0.span),
            SelectItem::UnnamedExpr(value) => match prefix_alias(value, self.dialect) {
                Some((alias, value)) => self.expression(&value, Some(&alias), scope),
                None => self.expression(value, None, scope),
            },
            SelectItem::ExprWithAlias { expr, alias } => self.expression(expr, Some(alias), scope),
            SelectItem::ExprWithAliases { expr, aliases } => {
                let reading = self.read(expr, scope);
                let columns = aliases.iter().map(|alias| Column {
                    shown: self.shown(alias),
                    key: Some(self.key(alias)),
                    trace: reading.trace.clone(),
                });
                Projected {
                    columns: columns.collect(),
                    open: Vec::new(),
                    effects: reading.effects,
                }
            }
        }
    }

    fn expression(&mut self, value: &Expr, alias: Option<&Ident>, scope: &Scope) -> Projected {
        if self.dialect == Dialect::DuckDb
            && let Some(projected) = self.matching_columns(value, alias, scope)
        {
            return projected;
        }
        let reading = self.value(value, scope);
        let (shown, key) = match alias {
            Some(alias) => (self.shown(alias), Some(self.key(alias))),
            None => self.name_of(value, reading.column.as_deref()),
        };
        Projected {
            columns: vec![Column {
                shown,
                key,
                trace: reading.trace,
            }],
            open: Vec::new(),
            effects: reading.effects,
        }
    }

    /// `struct.*`: only the warehouse knows a type's fields.
    fn fields(&mut self, name: &str, place: Span) -> Projected {
        let gap = self.gap(format!("the fields of {name} are not known"), place);
        Projected {
            open: vec![Open::Unknown(gap)],
            ..Projected::default()
        }
    }
}

fn add(table: &mut Table, projected: Projected) {
    table.columns.extend(projected.columns);
    table.open.extend(projected.open);
    table.effects.merge(&projected.effects);
}

/// DuckDB's `alias: column`, which the parser takes for access to JSON.
fn prefix_alias(value: &Expr, dialect: Dialect) -> Option<(Ident, Expr)> {
    let Expr::JsonAccess { value: alias, path } = value else {
        return None;
    };
    match (alias.as_ref(), path.path.as_slice()) {
        (Expr::Identifier(alias), [JsonPathElem::Dot { key, quoted }])
            if dialect == Dialect::DuckDb =>
        {
            let name = Ident {
                value: key.clone(),
                quote_style: quoted.then_some('"'),
                span: alias.span,
            };
            Some((alias.clone(), Expr::Identifier(name)))
        }
        _ => None,
    }
}

/// Whether GROUP BY ALL leaves the item out.
fn is_aggregate(item: &SelectItem) -> bool {
    /// DuckDB's and Spark's aggregate functions.
    const AGGREGATES: &[&str] = &[
        "any_value",
        "approx_count_distinct",
        "approx_quantile",
        "approx_top_k",
        "arbitrary",
        "arg_max",
        "arg_max_null",
        "arg_min",
        "arg_min_null",
        "argmax",
        "argmin",
        "array_agg",
        "avg",
        "bit_and",
        "bit_or",
        "bit_xor",
        "bitstring_agg",
        "bool_and",
        "bool_or",
        "collect_list",
        "collect_set",
        "corr",
        "count",
        "count_if",
        "count_star",
        "countif",
        "covar_pop",
        "covar_samp",
        "entropy",
        "every",
        "favg",
        "first",
        "fsum",
        "geometric_mean",
        "geomean",
        "group_concat",
        "histogram",
        "kahan_sum",
        "kurtosis",
        "kurtosis_pop",
        "last",
        "list",
        "listagg",
        "mad",
        "max",
        "max_by",
        "mean",
        "median",
        "min",
        "min_by",
        "mode",
        "percentile",
        "percentile_approx",
        "product",
        "quantile",
        "quantile_cont",
        "quantile_disc",
        "regr_avgx",
        "regr_avgy",
        "regr_count",
        "regr_intercept",
        "regr_r2",
        "regr_slope",
        "regr_sxx",
        "regr_sxy",
        "regr_syy",
        "reservoir_quantile",
        "sem",
        "skewness",
        "some",
        "std",
        "stddev",
        "stddev_pop",
        "stddev_samp",
        "string_agg",
        "sum",
        "sum_no_overflow",
        "sumkahan",
        "try_avg",
        "try_sum",
        "var_pop",
        "var_samp",
        "variance",
        "weighted_avg",
        "wavg",
    ];
    let (SelectItem::UnnamedExpr(value) | SelectItem::ExprWithAlias { expr: value, .. }) = item
    else {
        return false;
    };
    let found = visit_expressions(value, |inner| match inner {
        Expr::Function(function) if function.over.is_none() => {
            let name = function.name.0.last().and_then(|part| part.as_ident());
            let is =
                name.is_some_and(|name| AGGREGATES.contains(&name.value.to_lowercase().as_str()));
            if is {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}
