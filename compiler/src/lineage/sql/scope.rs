//! Which column a name means.

use std::rc::Rc;

use sqlparser::ast::{Ident, NamedWindowDefinition};

use super::table::{Column, Effects, Open, Table, Trace};
use super::{Analysis, Dialect};

/// A relation in FROM, as names before a dot find it.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    /// Keys of its name: the alias alone, else the parts of the relation's name.
    pub(super) path: Vec<String>,
    pub(super) columns: Vec<Column>,
    pub(super) open: Vec<Open>,
}

impl Source {
    fn is(&self, qualifier: &[String]) -> bool {
        self.path.ends_with(qualifier)
    }
}

/// What FROM offers.
#[derive(Debug, Clone, Default)]
pub(super) struct From {
    pub(super) sources: Vec<Source>,
    /// What `*` means and names without a qualifier find: columns that a join merges stand here once.
    pub(super) visible: Vec<Column>,
    pub(super) open: Vec<Open>,
    pub(super) effects: Effects,
}

impl From {
    /// A single source.
    pub(super) fn of(path: Vec<String>, table: Table) -> Self {
        Self {
            visible: table.columns.clone(),
            open: table.open.clone(),
            effects: table.effects,
            sources: vec![Source {
                path,
                columns: table.columns,
                open: table.open,
            }],
        }
    }

    /// Puts another's sources after these.
    pub(super) fn append(&mut self, other: Self) {
        self.sources.extend(other.sources);
        self.visible.extend(other.visible);
        self.open.extend(other.open);
        self.effects.merge(&other.effects);
    }
}

/// Whether names may mean what the select list calls so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Aliases {
    /// No.
    #[default]
    No,
    /// Where FROM has no such column.
    AfterColumns,
    /// Before the columns of FROM.
    BeforeColumns,
}

/// A place in a query, within the places around it.
#[derive(Default)]
pub(super) struct Scope<'s> {
    pub(super) outer: Option<&'s Scope<'s>>,
    pub(super) ctes: Vec<(String, Rc<Table>)>,
    pub(super) from: From,
    /// The select list's columns as far as they are known.
    pub(super) list: Vec<Column>,
    pub(super) aliases: Aliases,
    pub(super) windows: &'s [NamedWindowDefinition],
    /// The column that `COLUMNS(…)` stands for, while an expression is read for each of several columns.
    pub(super) matched: Option<Trace>,
}

impl<'s> Scope<'s> {
    pub(super) fn root() -> Self {
        Self::default()
    }

    pub(super) fn inside(outer: &'s Scope<'s>) -> Self {
        Self {
            outer: Some(outer),
            ..Self::default()
        }
    }

    /// The innermost CTE of a name.
    pub(super) fn cte(&self, key: &str) -> Option<Rc<Table>> {
        self.levels().find_map(|scope| {
            let found = scope.ctes.iter().rev().find(|(name, _)| name == key);
            found.map(|(_, table)| Rc::clone(table))
        })
    }

    /// This scope and those around it, innermost first.
    fn levels(&self) -> impl Iterator<Item = &Scope<'s>> {
        std::iter::successors(Some(self), |scope| scope.outer)
    }

    fn alias(&self, key: &str) -> Option<&Column> {
        self.list.iter().find(|column| column.is(key))
    }

    pub(super) fn source(&self, qualifier: &[String]) -> Option<&Source> {
        self.levels().find_map(|scope| {
            scope
                .from
                .sources
                .iter()
                .find(|source| source.is(qualifier))
        })
    }

    /// Whether a table in FROM is called so, so that the name may mean a row of it.
    fn has_row(&self, key: &str) -> bool {
        let qualifier = [key.to_owned()];
        self.from.sources.iter().any(|source| source.is(&qualifier))
    }

    /// Whether a place around this one may have a column of that name.
    fn may_be_outer(&self, key: &str) -> bool {
        self.levels().skip(1).any(|scope| {
            let listed = scope.from.visible.iter().any(|column| column.is(key));
            listed || scope.from.open.iter().any(|open| !open.hides(key))
        })
    }
}

/// What a name means.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) trace: Trace,
    /// The column's own name, where the name is a column's.
    pub(super) column: Option<String>,
}

impl Analysis<'_> {
    /// What `a`, `a.b`, `a.b.c`, … means: a column, a field of one, or a whole row.
    pub(super) fn named(&mut self, parts: &[Ident], scope: &Scope) -> Named {
        match parts {
            [] => Named {
                trace: Trace::default(),
                column: None,
            },
            [name] => self.unqualified(name, scope),
            _ => self.qualified(parts, scope),
        }
    }

    fn unqualified(&mut self, name: &Ident, scope: &Scope) -> Named {
        let key = self.key(name);
        for level in scope.levels() {
            if let Some(found) = self.at_level(name, &key, level) {
                return found;
            }
        }
        self.not_found(name, format!("nothing here has a column {}", name.value))
    }

    /// What the name means at one level; `None` leads to the next outer one.
    fn at_level(&mut self, name: &Ident, key: &str, level: &Scope) -> Option<Named> {
        let alias = level.alias(key);
        if level.aliases == Aliases::BeforeColumns
            && let Some(column) = alias
        {
            return Some(found(column));
        }
        let mut listed = level.from.visible.iter().filter(|column| column.is(key));
        match (listed.next(), listed.next()) {
            (Some(column), None) => return Some(found(column)),
            (Some(_), Some(_)) => {
                let reason = format!("several relations have a column {}", name.value);
                return Some(self.not_found(name, reason));
            }
            (None, _) => {}
        }
        let alias = alias.filter(|_| level.aliases == Aliases::AfterColumns);
        let open: Vec<&Open> = level
            .from
            .open
            .iter()
            .filter(|open| !open.hides(key))
            .collect();
        match (open.as_slice(), alias) {
            ([], Some(column)) => Some(found(column)),
            ([], None) => {
                let qualifier = [key.to_owned()];
                let source = level
                    .from
                    .sources
                    .iter()
                    .find(|source| source.is(&qualifier))?;
                Some(Named {
                    trace: self.row(source, name),
                    column: Some(self.shown(name)),
                })
            }
            ([open], None) if level.has_row(key) => {
                let relation = self.open_name(open);
                let reason = format!(
                    "{} may be a column or a row of {relation}: not all of its columns are known",
                    name.value
                );
                Some(self.not_found(name, reason))
            }
            ([open], None) if !level.may_be_outer(key) => Some(self.of_open(open, name)),
            _ => {
                let reason = self.several(name, &open, alias.is_some());
                Some(self.not_found(name, reason))
            }
        }
    }

    /// Why a name may mean more than one thing.
    fn several(&self, name: &Ident, open: &[&Open], alias: bool) -> String {
        let mut places: Vec<String> = open.iter().map(|open| self.open_name(open)).collect();
        places.dedup();
        if alias {
            places.push("the select list".to_owned());
        } else if places.len() == 1 {
            places.push("the query around it".to_owned());
        }
        format!(
            "{} may be of {}: not all of their columns are known",
            name.value,
            places.join(" or of ")
        )
    }

    fn open_name(&self, open: &Open) -> String {
        match open {
            Open::Relation { relation, .. } => self.relation_name(*relation),
            Open::Unknown(_) => "a table in FROM".to_owned(),
        }
    }

    fn not_found(&mut self, name: &Ident, reason: String) -> Named {
        let gap = self.gap(reason, name.span);
        Named {
            trace: Trace::unknown(gap),
            column: Some(self.shown(name)),
        }
    }

    /// A column that a table has besides its listed ones.
    fn of_open(&mut self, open: &Open, name: &Ident) -> Named {
        let column = self.shown(name);
        let trace = match open {
            Open::Relation { relation, .. } => Trace::copy_of(self.input(*relation, &column)),
            Open::Unknown(gap) => Trace::unknown(*gap),
        };
        Named {
            trace,
            column: Some(column),
        }
    }

    /// A whole row as a value.
    pub(super) fn row(&mut self, source: &Source, name: &Ident) -> Trace {
        let mut trace = Trace::default();
        for column in &source.columns {
            trace.merge(&column.trace);
        }
        if !source.open.is_empty() {
            let reason = format!("not all columns of {} are known", name.value);
            trace.gaps.insert(self.gap(reason, name.span));
        }
        trace.transformed()
    }

    fn qualified(&mut self, parts: &[Ident], scope: &Scope) -> Named {
        let keys: Vec<String> = parts.iter().map(|part| self.key(part)).collect();
        // PostgreSQL wants parentheses around what a field is taken of.
        let fields = self.dialect != Dialect::Postgres;
        for level in scope.levels() {
            let is_struct = fields && level.from.visible.iter().any(|column| column.is(&keys[0]));
            let longest = (parts.len() - 1).min(3);
            for length in (1..=longest).rev() {
                let source = level
                    .from
                    .sources
                    .iter()
                    .find(|source| source.is(&keys[..length]));
                let named = source.and_then(|source| {
                    self.in_source(source, &parts[length..], &keys[length], is_struct)
                });
                if let Some(named) = named {
                    return named;
                }
            }
            if is_struct {
                return field(self.unqualified(&parts[0], level), &parts[1..]);
            }
        }
        if fields && scope.levels().any(|level| !level.from.open.is_empty()) {
            return field(self.unqualified(&parts[0], scope), &parts[1..]);
        }
        let reason = format!("there is no relation {} here", parts[0].value);
        Named {
            column: parts.last().map(|part| part.value.clone()),
            ..self.not_found(&parts[0], reason)
        }
    }

    /// A source's column, or a field of one; `None` where the source has no such column and the name before the
    /// dot may as well be a struct.
    fn in_source(
        &mut self,
        source: &Source,
        parts: &[Ident],
        key: &str,
        or_field: bool,
    ) -> Option<Named> {
        let (name, fields) = parts.split_first()?;
        let listed = source.columns.iter().find(|column| column.is(key));
        let named = match (listed, source.open.iter().find(|open| !open.hides(key))) {
            (Some(column), _) => found(column),
            (None, Some(open)) => self.of_open(open, name),
            (None, None) if or_field => return None,
            (None, None) => {
                let relation = source.path.last().map_or("", String::as_str);
                self.not_found(name, format!("{relation} has no column {}", name.value))
            }
        };
        Some(field(named, fields))
    }
}

fn found(column: &Column) -> Named {
    Named {
        trace: column.trace.clone(),
        column: Some(column.shown.clone()),
    }
}

/// A field of a value, if any fields are named.
fn field(named: Named, fields: &[Ident]) -> Named {
    match fields.last() {
        None => named,
        Some(last) => Named {
            trace: named.trace.transformed(),
            column: Some(last.value.clone()),
        },
    }
}
