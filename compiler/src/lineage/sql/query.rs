//! Queries: CTEs, unions and their kin, values, order.

use std::rc::Rc;

use sqlparser::ast::{
    Cte, Ident, OrderBy, OrderByKind, Query, SetExpr, SetOperator, SetQuantifier, Spanned,
    TableAlias, Values,
};

use super::scope::{From, Scope};
use super::table::{Column, Effects, Open, Table, Trace};
use super::{Analysis, Dialect};

impl Analysis<'_> {
    /// The table that a query makes.
    pub(super) fn query(&mut self, query: &Query, outer: &Scope) -> Table {
        let mut scope = Scope::inside(outer);
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                let key = self.key(&cte.alias.name);
                if self.known.is_node(&cte.alias.name.value) {
                    continue;
                }
                let table = self.cte(cte, with.recursive, &scope);
                scope.ctes.push((key, Rc::new(table)));
            }
        }
        if !query.pipe_operators.is_empty() {
            return Table::unknown(self.gap("the |> syntax is not understood", query.span()));
        }
        match query.body.as_ref() {
            SetExpr::Select(select) => self.select(select, query.order_by.as_ref(), &scope),
            body => {
                let mut table = self.body(body, &scope);
                if let Some(order_by) = &query.order_by {
                    self.order_of_result(order_by, &mut table, &scope);
                }
                table
            }
        }
    }

    fn body(&mut self, body: &SetExpr, scope: &Scope) -> Table {
        // Chains of unions may be long: they are followed in a loop, not by calls.
        let mut rest = Vec::new();
        let mut first = body;
        while let SetExpr::SetOperation {
            left,
            op,
            set_quantifier,
            right,
        } = first
        {
            rest.push((*op, *set_quantifier, right.as_ref()));
            first = left;
        }
        let mut table = self.operand(first, scope);
        for (operator, quantifier, right) in rest.into_iter().rev() {
            let other = self.operand(right, scope);
            table = self.combine(table, operator, quantifier, other, right);
        }
        table
    }

    fn operand(&mut self, body: &SetExpr, scope: &Scope) -> Table {
        match body {
            SetExpr::Select(select) => self.select(select, None, scope),
            SetExpr::Query(query) => self.query(query, scope),
            SetExpr::SetOperation { .. } => self.body(body, scope),
            SetExpr::Values(values) => self.values(values, scope),
            SetExpr::Table(table) => {
                let parts = [&table.schema_name, &table.table_name];
                let name: Vec<Ident> = parts
                    .into_iter()
                    .flatten()
                    .map(|part| Ident::new(part.as_str()))
                    .collect();
                self.relation(&name, scope).1
            }
            other => Table::unknown(self.gap("only queries have columns", other.span())),
        }
    }

    fn cte(&mut self, cte: &Cte, recursive: bool, scope: &Scope) -> Table {
        let operation = match cte.query.body.as_ref() {
            SetExpr::SetOperation {
                left,
                op: SetOperator::Union,
                set_quantifier,
                right,
            } if recursive => Some((left.as_ref(), *set_quantifier, right.as_ref())),
            _ => None,
        };
        let Some((anchor, quantifier, step)) = operation else {
            let table = self.query(&cte.query, scope);
            return self.derived(table, Some(&cte.alias));
        };
        let mut inner = Scope::inside(scope);
        if let Some(with) = &cte.query.with {
            for own in &with.cte_tables {
                let key = self.key(&own.alias.name);
                let table = self.cte(own, with.recursive, &inner);
                inner.ctes.push((key, Rc::new(table)));
            }
        }
        let key = self.key(&cte.alias.name);
        let first = self.body(anchor, &inner);
        let mut table = self.derived(first, Some(&cte.alias));
        // What the step adds to a column may come from another column of the same CTE: go on until nothing is new.
        loop {
            let mut again = Scope::inside(&inner);
            again.ctes.push((key.clone(), Rc::new(table.clone())));
            let next = self.body(step, &again);
            let combined = self.combine(table.clone(), SetOperator::Union, quantifier, next, step);
            if combined == table {
                return table;
            }
            table = combined;
        }
    }

    /// What a subquery or CTE is to the query around it: its own names, or those of the alias.
    pub(super) fn derived(&mut self, table: Table, alias: Option<&TableAlias>) -> Table {
        let mut table = table.with_distinct_names(self.dialect);
        let names = alias.map_or(&[][..], |alias| alias.columns.as_slice());
        if names.is_empty() {
            return table;
        }
        if table.columns.len() < names.len()
            && let Some(open) = table.open.first()
        {
            let gap = open.gap().unwrap_or_else(|| {
                self.gap("which columns these are is not known", names[0].name.span)
            });
            let missing = names.len() - table.columns.len();
            let unknown = Column {
                shown: String::new(),
                key: None,
                trace: Trace::unknown(gap),
            };
            table.columns.extend(std::iter::repeat_n(unknown, missing));
            table.open = vec![Open::Unknown(gap)];
        }
        for (column, name) in table.columns.iter_mut().zip(names) {
            column.shown = self.shown(&name.name);
            column.key = Some(self.key(&name.name));
        }
        table
    }

    fn combine(
        &mut self,
        left: Table,
        operator: SetOperator,
        quantifier: SetQuantifier,
        right: Table,
        place: &SetExpr,
    ) -> Table {
        if operator != SetOperator::Union {
            let mut table = left;
            table.effects.merge(&right.effects);
            table.effects.depend(&right.whole());
            return table;
        }
        match quantifier {
            SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName => {
                union_by_name(left, right)
            }
            _ => self.union(left, right, place),
        }
    }

    /// By position, under the left side's names.
    fn union(&mut self, mut left: Table, right: Table, place: &SetExpr) -> Table {
        left.effects.merge(&right.effects);
        // A `*` that could not be expanded makes positions unknown, on whichever side it is.
        if left.open.is_empty() && right.open.is_empty() {
            if left.columns.len() != right.columns.len() {
                let reason = format!(
                    "the sides of this union have {} and {} columns",
                    left.columns.len(),
                    right.columns.len()
                );
                left.effects.gaps.insert(self.gap(reason, place.span()));
            }
            for (column, other) in left.columns.iter_mut().zip(&right.columns) {
                column.trace.merge(&other.trace);
            }
            return left;
        }
        if left.same_columns(&right) {
            return left;
        }
        let gap = left
            .open
            .iter()
            .chain(&right.open)
            .find_map(Open::gap)
            .unwrap_or_else(|| self.gap("not all columns of this union are known", place.span()));
        for column in &mut left.columns {
            column.trace.gaps.insert(gap);
        }
        if !left.open.is_empty() {
            left.open = vec![Open::Unknown(gap)];
        }
        left
    }

    fn values(&mut self, values: &Values, scope: &Scope) -> Table {
        let mut table = Table::default();
        for row in &values.rows {
            for (position, cell) in row.iter().enumerate() {
                let reading = self.value(cell, scope);
                table.effects.merge(&reading.effects);
                if let Some(column) = table.columns.get_mut(position) {
                    column.trace.merge(&reading.trace);
                    continue;
                }
                let name = match self.dialect {
                    Dialect::DuckDb => format!("col{position}"),
                    Dialect::Postgres => format!("column{}", position + 1),
                    Dialect::Spark => format!("col{}", position + 1),
                };
                table.columns.push(Column {
                    key: Some(name.clone()),
                    shown: name,
                    trace: reading.trace,
                });
            }
        }
        table
    }

    /// The order of a union: only the result's columns can be named.
    fn order_of_result(&mut self, order_by: &OrderBy, table: &mut Table, outer: &Scope) {
        let scope = Scope {
            from: From {
                visible: table.columns.clone(),
                open: table.open.clone(),
                ..From::default()
            },
            ..Scope::inside(outer)
        };
        let columns = table.columns.clone();
        self.order(order_by, &columns, &scope, &mut table.effects);
    }

    /// Columns that decide the order, by name, by position or all.
    pub(super) fn order(
        &mut self,
        order_by: &OrderBy,
        columns: &[Column],
        scope: &Scope,
        effects: &mut Effects,
    ) {
        match &order_by.kind {
            OrderByKind::All(_) => {
                for column in columns {
                    effects.depend(&column.trace);
                }
            }
            OrderByKind::Expressions(expressions) => {
                for expression in expressions {
                    self.key_of_rows(&expression.expr, columns, scope, effects);
                }
            }
        }
    }
}

/// By name; what only one side has is null on the other.
fn union_by_name(mut left: Table, right: Table) -> Table {
    left.effects.merge(&right.effects);
    for other in right.columns {
        let same = left
            .columns
            .iter_mut()
            .find(|column| column.key.is_some() && column.key == other.key);
        match same {
            Some(column) => column.trace.merge(&other.trace),
            None => left.columns.push(other),
        }
    }
    for open in right.open {
        if !left.open.contains(&open) {
            left.open.push(open);
        }
    }
    left
}
