//! FROM: relations, subqueries, table functions.

use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, Ident, LateralView, ObjectName, Spanned,
    TableAlias, TableFactor, TableWithJoins,
};

use super::scope::{From, Scope};
use super::table::{Column, Effects, Open, Table, Trace};
use super::{Analysis, Dialect};

impl Analysis<'_> {
    /// What a FROM clause offers.
    pub(super) fn from(&mut self, tables: &[TableWithJoins], outer: &Scope) -> From {
        let mut all = From::default();
        for table in tables {
            all = self.with_joins(table, all, outer);
        }
        all
    }

    /// Puts a table and what is joined to it after the others, which it may refer to if it is lateral.
    fn with_joins(&mut self, table: &TableWithJoins, others: From, outer: &Scope) -> From {
        // Joins with USING merge columns of this table's joins only.
        let start = (others.visible.len(), others.open.len());
        let (mut all, first) = self.beside(others, &table.relation, outer);
        all.append(first);
        for join in &table.joins {
            let (left, right) = self.beside(all, &join.relation, outer);
            all = self.join(left, right, &join.join_operator, start, outer);
        }
        all
    }

    /// A table, and the others that it stands beside.
    fn beside(&mut self, others: From, factor: &TableFactor, outer: &Scope) -> (From, From) {
        let scope = Scope {
            from: others,
            ..Scope::inside(outer)
        };
        let found = self.factor(factor, &scope, outer);
        (scope.from, found)
    }

    /// `beside` is what a lateral table sees, `outer` what any other sees.
    pub(super) fn factor(&mut self, factor: &TableFactor, beside: &Scope, outer: &Scope) -> From {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => {
                let parts: Vec<Ident> = name
                    .0
                    .iter()
                    .filter_map(|part| part.as_ident().cloned())
                    .collect();
                let (path, table) = self.relation(&parts, outer);
                self.source(path, table, alias.as_ref())
            }
            TableFactor::Table {
                name,
                alias,
                args: Some(args),
                with_ordinality,
                ..
            } => self.function_table(name, &args.args, alias.as_ref(), *with_ordinality, beside),
            TableFactor::Function {
                name,
                args,
                alias,
                with_ordinality,
                ..
            } => self.function_table(name, args, alias.as_ref(), *with_ordinality, beside),
            TableFactor::Derived {
                lateral,
                subquery,
                alias,
                ..
            } => {
                let sees_others = *lateral || self.dialect == Dialect::DuckDb;
                let table = self.query(subquery, if sees_others { beside } else { outer });
                let path = Vec::new();
                self.source(path, table, alias.as_ref())
            }
            TableFactor::UNNEST {
                alias,
                array_exprs,
                with_ordinality,
                ..
            } => {
                let mut table = Table::default();
                for array in array_exprs {
                    let reading = self.read(array, beside);
                    table.effects.merge(&reading.effects);
                    table.columns.push(named("unnest", reading.trace));
                }
                self.scalar_table("unnest", table, alias.as_ref(), *with_ordinality)
            }
            TableFactor::TableFunction { expr, alias } => {
                let reading = self.read(expr, beside);
                let table = self.opaque(factor, &reading.trace, &reading.effects);
                self.source(Vec::new(), table, alias.as_ref())
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias,
            } => {
                let joined = self.with_joins(table_with_joins, From::default(), outer);
                if alias.is_none() {
                    return joined;
                }
                let table = Table {
                    columns: joined.visible,
                    open: joined.open,
                    effects: joined.effects,
                };
                self.source(Vec::new(), table, alias.as_ref())
            }
            TableFactor::Pivot { .. } | TableFactor::Unpivot { .. } => {
                self.pivoted(factor, beside, outer)
            }
            other => {
                let table = self.opaque(other, &Trace::default(), &Effects::default());
                From::of(Vec::new(), table)
            }
        }
    }

    /// A relation or CTE by name, with the keys of its name.
    pub(super) fn relation(&mut self, parts: &[Ident], scope: &Scope) -> (Vec<String>, Table) {
        let path: Vec<String> = parts.iter().map(|part| self.key(part)).collect();
        if let [only] = path.as_slice()
            && let Some(table) = scope.cte(only)
        {
            return (path, (*table).clone());
        }
        let name: Vec<String> = parts.iter().map(|part| self.shown(part)).collect();
        if !self.relations.contains_key(&name) {
            let known = self.known.columns(&name);
            self.relations.insert(name.clone(), known);
        }
        let (position, _, known) = match self.relations.get_full(&name) {
            Some((position, name, known)) => (position as u32, name, known.clone()),
            None => return (path, Table::default()),
        };
        let known = known.unwrap_or_default();
        let columns: Vec<Column> = known
            .names
            .iter()
            .map(|column| Column {
                shown: column.clone(),
                key: Some(self.dialect.key_of_known(column)),
                trace: Trace::copy_of(self.input(position, column)),
            })
            .collect();
        let open = (!known.complete).then(|| Open::Relation {
            relation: position,
            hidden: columns
                .iter()
                .filter_map(|column| column.key.clone())
                .collect(),
            gap: None,
        });
        let table = Table {
            columns,
            open: open.into_iter().collect(),
            effects: Effects::default(),
        };
        (path, table)
    }

    /// A table under its alias, if it has one.
    pub(super) fn source(
        &mut self,
        path: Vec<String>,
        table: Table,
        alias: Option<&TableAlias>,
    ) -> From {
        let table = self.derived(table, alias);
        let path = match alias {
            Some(alias) => vec![self.key(&alias.name)],
            None => path,
        };
        From::of(path, table)
    }

    fn function_table(
        &mut self,
        name: &ObjectName,
        arguments: &[FunctionArg],
        alias: Option<&TableAlias>,
        ordinality: bool,
        beside: &Scope,
    ) -> From {
        let mut trace = Trace::default();
        let mut effects = Effects::default();
        for argument in arguments {
            let reading = match option(argument) {
                Some(value) => self.read(value, beside),
                None => self.read(argument, beside),
            };
            trace.merge(&reading.trace);
            effects.merge(&reading.effects);
        }
        let word = name
            .0
            .last()
            .and_then(|part| part.as_ident())
            .map(|word| word.value.to_lowercase())
            .unwrap_or_default();
        if matches!(
            word.as_str(),
            "range" | "generate_series" | "unnest" | "explode"
        ) {
            let column = if word == "explode" { "col" } else { &word };
            let table = Table {
                columns: vec![named(column, trace)],
                open: Vec::new(),
                effects,
            };
            return self.scalar_table(&word, table, alias, ordinality);
        }
        let named_by_alias = alias.map_or(0, |alias| alias.columns.len());
        let table = if named_by_alias > 0 {
            Table {
                columns: vec![named("", trace.transformed()); named_by_alias],
                open: Vec::new(),
                effects,
            }
        } else {
            let reason = format!("the columns of the function {name} are not known");
            let mut table = Table::unknown(self.gap(reason, name.span()));
            table.effects = effects;
            table.effects.depend(&trace);
            table
        };
        self.source(vec![word], table, alias)
    }

    /// A table function that gives one value a row. PostgreSQL names the column like the table.
    fn scalar_table(
        &mut self,
        word: &str,
        mut table: Table,
        alias: Option<&TableAlias>,
        ordinality: bool,
    ) -> From {
        if self.dialect == Dialect::Postgres
            && let (Some(alias), [column]) = (alias, table.columns.as_mut_slice())
        {
            column.shown = self.shown(&alias.name);
            column.key = Some(self.key(&alias.name));
        }
        if ordinality {
            table.columns.push(named("ordinality", Trace::default()));
        }
        self.source(vec![word.to_owned()], table, alias)
    }

    /// A table in FROM of which nothing is understood but what it reads.
    fn opaque(&mut self, factor: &TableFactor, trace: &Trace, effects: &Effects) -> Table {
        let gap = self.gap("the columns of this table are not known", factor.span());
        let mut table = Table::unknown(gap);
        table.effects = effects.clone();
        table.effects.depend(trace);
        table
    }

    /// Spark's LATERAL VIEW, which sees everything before it.
    pub(super) fn lateral_view(&mut self, view: &LateralView, scope: &mut Scope) {
        let reading = self.read(&view.lateral_view, scope);
        let names = &view.lateral_col_alias;
        let table = if names.is_empty() {
            self.opaque_view(view, &reading.trace)
        } else {
            Table {
                columns: names
                    .iter()
                    .map(|name| Column {
                        shown: self.shown(name),
                        key: Some(self.key(name)),
                        trace: reading.trace.clone(),
                    })
                    .collect(),
                ..Table::default()
            }
        };
        let path = view
            .lateral_view_name
            .0
            .iter()
            .filter_map(|part| part.as_ident().map(|name| self.key(name)))
            .collect();
        scope.from.effects.merge(&reading.effects);
        scope.from.append(From::of(path, table));
    }

    fn opaque_view(&mut self, view: &LateralView, trace: &Trace) -> Table {
        let gap = self.gap(
            "the columns of this lateral view have no names here",
            view.lateral_view.span(),
        );
        let mut table = Table::unknown(gap);
        table.effects.depend(trace);
        table
    }
}

fn named(name: &str, trace: Trace) -> Column {
    Column {
        shown: name.to_owned(),
        key: (!name.is_empty()).then(|| name.to_owned()),
        trace,
    }
}

/// The value of `option = value`, as DuckDB's table functions take it.
fn option(argument: &FunctionArg) -> Option<&Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        })) if matches!(left.as_ref(), Expr::Identifier(_)) => Some(right),
        _ => None,
    }
}
