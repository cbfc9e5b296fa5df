//! What an expression reads.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    LambdaFunction, LambdaFunctionParameter, LambdaSyntax, NamedWindowExpr, ObjectName,
    OneOrManyWithParens, Query, Spanned, Subscript, Visit, Visitor, WindowType,
};

use super::matching::is_columns;
use super::scope::{From, Scope};
use super::table::{Column, Effects, Table, Trace};
use super::{Analysis, Dialect};

/// What an expression's value is made of, and what its subqueries' conditions read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) trace: Trace,
    pub(super) effects: Effects,
    /// The column's own name, where the expression is nothing but a column.
    pub(super) column: Option<String>,
}

impl Reading {
    fn of(trace: Trace) -> Self {
        Self {
            trace,
            ..Self::default()
        }
    }
}

impl Analysis<'_> {
    /// A value: a column by itself is copied, anything else transforms what it reads.
    pub(super) fn value(&mut self, expression: &Expr, scope: &Scope) -> Reading {
        match expression {
            Expr::Nested(inner) => self.value(inner, scope),
            Expr::Identifier(name) => self.name(std::slice::from_ref(name), scope),
            Expr::CompoundIdentifier(parts) => self.name(parts, scope),
            Expr::Subquery(query) => {
                let table = self.query(query, scope);
                let mut reading = Reading::of(match table.columns.as_slice() {
                    [column] if table.open.is_empty() => column.trace.clone(),
                    _ => table.whole(),
                });
                reading.effects = table.effects;
                reading
            }
            _ => self.read(expression, scope),
        }
    }

    fn name(&mut self, parts: &[Ident], scope: &Scope) -> Reading {
        let named = self.named(parts, scope);
        Reading {
            column: named.column,
            ..Reading::of(named.trace)
        }
    }

    /// Everything that a piece of the syntax tree reads, as going through an expression.
    pub(super) fn read<T: Visit>(&mut self, part: &T, scope: &Scope) -> Reading {
        let mut reader = Reader {
            analysis: self,
            scope,
            reading: Reading::default(),
            skipped: 0,
        };
        // The visitor never breaks off.
        let _ = part.visit(&mut reader);
        reader.reading
    }

    /// A condition: everything in it decides over rows.
    pub(super) fn condition<T: Visit>(&mut self, part: &T, scope: &Scope, effects: &mut Effects) {
        let reading = self.read(part, scope);
        effects.depend(&reading.trace);
        effects.merge(&reading.effects);
    }
}

/// Walks an expression; names and subqueries are looked up in its scope.
struct Reader<'r, 'a, 's> {
    analysis: &'r mut Analysis<'a>,
    scope: &'s Scope<'s>,
    reading: Reading,
    /// How many expressions and queries deep the walk is in something that was read as a whole.
    skipped: usize,
}

impl Reader<'_, '_, '_> {
    fn take(&mut self, trace: Trace) {
        self.reading.trace.merge(&trace.transformed());
    }

    fn also<T: Visit>(&mut self, part: &T) {
        let reading = self.analysis.read(part, self.scope);
        self.take(reading.trace);
        self.reading.effects.merge(&reading.effects);
    }

    fn query(&mut self, query: &Query) -> Table {
        let table = self.analysis.query(query, self.scope);
        self.reading.effects.merge(&table.effects);
        table
    }

    /// Whether the expression was read as a whole, so that the walk leaves its parts out.
    fn reads_whole(&mut self, expression: &Expr) -> bool {
        match expression {
            Expr::Identifier(name) => {
                let named = self.analysis.named(std::slice::from_ref(name), self.scope);
                self.take(named.trace);
            }
            Expr::CompoundIdentifier(parts) => {
                let named = self.analysis.named(parts, self.scope);
                self.take(named.trace);
            }
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            Expr::Exists { subquery, .. } => {
                // Whether there are rows depends on the conditions, not on what is selected.
                let table = self.query(subquery);
                for filter in table.effects.filters {
                    self.take(Trace::copy_of(filter));
                }
            }
            Expr::QualifiedWildcard(name, _) => self.row(name),
            // DuckDB's arrow is JSON's as well; it is a lambda's in the functions that take one.
            Expr::Lambda(lambda)
                if self.analysis.dialect == Dialect::DuckDb
                    && lambda.syntax == LambdaSyntax::Arrow =>
            {
                for parameter in parameters(lambda) {
                    let named = self
                        .analysis
                        .named(std::slice::from_ref(&parameter.name), self.scope);
                    self.take(named.trace);
                }
                self.also(lambda.body.as_ref());
            }
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::Function(function) => return self.function(function),
            Expr::JsonAccess { .. } if self.analysis.dialect == Dialect::DuckDb => {
                let reason = "`name: expression` is not understood";
                let gap = self.analysis.gap(reason, expression.span());
                self.take(Trace::unknown(gap));
            }
            _ => return false,
        }
        true
    }

    /// `value.field`, `value[1]`, `(row).column`.
    fn access(&mut self, root: &Expr, chain: &[AccessExpr]) {
        match (root, chain.first()) {
            (Expr::Nested(inner), Some(AccessExpr::Dot(Expr::Identifier(field))))
                if self.is_row(inner) =>
            {
                let Expr::Identifier(row) = inner.as_ref() else {
                    return;
                };
                let named = self
                    .analysis
                    .named(&[row.clone(), field.clone()], self.scope);
                self.take(named.trace);
            }
            _ => self.also(root),
        }
        for access in chain {
            match access {
                AccessExpr::Dot(Expr::Function(function)) => self.also(&function.args),
                AccessExpr::Dot(_) => {}
                AccessExpr::Subscript(subscript) => self.subscript(subscript),
            }
        }
    }

    fn subscript(&mut self, subscript: &Subscript) {
        let bounds = match subscript {
            Subscript::Index { index } => [Some(index), None, None],
            Subscript::Slice {
                lower_bound,
                upper_bound,
                stride,
            } => [lower_bound.as_ref(), upper_bound.as_ref(), stride.as_ref()],
        };
        for bound in bounds.into_iter().flatten() {
            self.also(bound);
        }
    }

    fn is_row(&self, expression: &Expr) -> bool {
        match expression {
            Expr::Identifier(name) => {
                let key = self.analysis.key(name);
                let is_column = self.scope.from.visible.iter().any(|column| column.is(&key));
                !is_column && self.scope.source(&[key]).is_some()
            }
            _ => false,
        }
    }

    /// All columns of `name.*` as one value.
    fn row(&mut self, name: &ObjectName) {
        let Some(last) = name.0.last().and_then(|part| part.as_ident()) else {
            return;
        };
        let key = self.analysis.key(last);
        let trace = if let Some(source) = self.scope.source(&[key]) {
            self.analysis.row(source, last)
        } else {
            let name = std::slice::from_ref(last);
            self.analysis.named(name, self.scope).trace
        };
        self.take(trace);
    }

    /// Parameters hide columns inside the lambda.
    fn lambda(&mut self, lambda: &LambdaFunction) {
        let visible = parameters(lambda).iter().map(|parameter| Column {
            shown: parameter.name.value.clone(),
            key: Some(self.analysis.key(&parameter.name)),
            trace: Trace::default(),
        });
        let scope = Scope {
            from: From {
                visible: visible.collect(),
                ..From::default()
            },
            ..Scope::inside(self.scope)
        };
        let reading = self.analysis.read(lambda.body.as_ref(), &scope);
        self.take(reading.trace);
        self.reading.effects.merge(&reading.effects);
    }

    /// Reads what the walk does not find by itself. True where it must leave the arguments out.
    fn function(&mut self, function: &Function) -> bool {
        if let Some(matched) = &self.scope.matched
            && is_columns(function)
        {
            self.take(matched.clone());
            return true;
        }
        if let Some(WindowType::NamedWindow(name)) = &function.over {
            self.window(name);
        }
        let word = self.method(function);
        let FunctionArguments::List(list) = &function.args else {
            return false;
        };
        if self.analysis.dialect == Dialect::DuckDb && takes_lambda(&word) {
            for argument in &list.args {
                match argument {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Lambda(lambda))) => {
                        self.lambda(lambda);
                    }
                    other => self.also(other),
                }
            }
            return true;
        }
        let counts = word == "count";
        for argument in &list.args {
            let argument = match argument {
                FunctionArg::Named { arg, .. }
                | FunctionArg::ExprNamed { arg, .. }
                | FunctionArg::Unnamed(arg) => arg,
            };
            match argument {
                FunctionArgExpr::QualifiedWildcard(name) if !counts => self.row(name),
                FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_) if !counts => {
                    let from = &self.scope.from;
                    let mut all = Trace::default();
                    for column in &from.visible {
                        all.merge(&column.trace);
                    }
                    if !from.open.is_empty() {
                        let gap = self
                            .analysis
                            .gap("not all columns of * are known", function.span());
                        all.gaps.insert(gap);
                    }
                    self.take(all);
                }
                _ => {}
            }
        }
        self.reads_around_unit(&word, function, &list.args)
    }

    /// Spark writes units as names: `datediff(day, a, b)`.
    fn reads_around_unit(
        &mut self,
        word: &str,
        function: &Function,
        arguments: &[FunctionArg],
    ) -> bool {
        const FUNCTIONS: [&str; 6] = [
            "datediff",
            "date_diff",
            "dateadd",
            "date_add",
            "timestampadd",
            "timestampdiff",
        ];
        let first = arguments.first();
        let unit = matches!(
            first,
            Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(
                Expr::Identifier(_)
            )))
        );
        let applies = self.analysis.dialect == Dialect::Spark
            && unit
            && arguments.len() == 3
            && FUNCTIONS.contains(&word)
            && function.over.is_none();
        if applies {
            for argument in &arguments[1..] {
                self.also(argument);
            }
        }
        applies
    }

    /// DuckDB's `column.function()`. The function's own name, lowered.
    fn method(&mut self, function: &Function) -> String {
        let parts: Vec<Ident> = function
            .name
            .0
            .iter()
            .filter_map(|part| part.as_ident().cloned())
            .collect();
        let Some((name, before)) = parts.split_last() else {
            return String::new();
        };
        if self.analysis.dialect == Dialect::DuckDb && !before.is_empty() {
            let key = self.analysis.key(&before[0]);
            let from = &self.scope.from;
            if from.visible.iter().any(|column| column.is(&key))
                || (before.len() > 1 && self.scope.source(&[key]).is_some())
            {
                let named = self.analysis.named(before, self.scope);
                self.take(named.trace);
            }
        }
        name.value.to_lowercase()
    }

    fn window(&mut self, name: &Ident) {
        let key = self.analysis.key(name);
        let definition = self
            .scope
            .windows
            .iter()
            .find(|definition| self.analysis.key(&definition.0) == key);
        match definition.map(|definition| &definition.1) {
            Some(NamedWindowExpr::WindowSpec(specification)) => self.also(specification),
            Some(NamedWindowExpr::NamedWindow(other)) if other != name => self.window(other),
            _ => {}
        }
    }
}

fn parameters(lambda: &LambdaFunction) -> &[LambdaFunctionParameter] {
    match &lambda.params {
        OneOrManyWithParens::One(one) => std::slice::from_ref(one),
        OneOrManyWithParens::Many(many) => many.as_slice(),
    }
}

/// DuckDB's functions that take a lambda.
fn takes_lambda(word: &str) -> bool {
    let word = word
        .strip_prefix("list_")
        .or_else(|| word.strip_prefix("array_"))
        .unwrap_or(word);
    matches!(word, "transform" | "apply" | "filter" | "reduce")
}

impl Visitor for Reader<'_, '_, '_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        if self.skipped > 0 || self.reads_whole(expression) {
            self.skipped += 1;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.skipped = self.skipped.saturating_sub(1);
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.skipped == 0 {
            let table = self.query(query);
            self.take(table.whole());
        }
        self.skipped += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.skipped = self.skipped.saturating_sub(1);
        ControlFlow::Continue(())
    }
}
