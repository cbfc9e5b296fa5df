//! `*` and `t.*`, with EXCLUDE, EXCEPT, REPLACE and RENAME.

use sqlparser::ast::{
    ExcludeSelectItem, Ident, ObjectName, RenameSelectItem, WildcardAdditionalOptions,
};
use sqlparser::tokenizer::Span;

use super::Analysis;
use super::scope::Scope;
use super::select::Projected;
use super::table::{Column, Open, Trace};

impl Analysis<'_> {
    /// All columns that names without a qualifier find.
    pub(super) fn plain_star(&mut self, scope: &Scope, place: Span) -> Projected {
        let open = scope.from.open.iter();
        Projected {
            columns: scope.from.visible.clone(),
            open: open.map(|open| self.passed_on(open, place)).collect(),
            ..Projected::default()
        }
    }

    /// What a `*` over these columns makes.
    pub(super) fn star(
        &mut self,
        columns: &[Column],
        open: &[Open],
        options: &WildcardAdditionalOptions,
        scope: &Scope,
    ) -> Projected {
        let place = options.wildcard_token.0.span;
        let excluded: Vec<String> = excluded(options)
            .iter()
            .map(|name| self.key(name))
            .collect();
        let renamed = renamed(options);
        let replacements = options
            .opt_replace
            .iter()
            .flat_map(|replace| &replace.items);
        let mut projected = Projected::default();
        let mut replaced = Vec::new();
        for item in replacements {
            let reading = self.value(&item.expr, scope);
            projected.effects.merge(&reading.effects);
            replaced.push((
                self.key(&item.column_name),
                &item.column_name,
                reading.trace,
            ));
        }
        let mut taken: Vec<String> = Vec::new();
        for column in columns {
            let key = column.key.clone().unwrap_or_default();
            if excluded.contains(&key) {
                continue;
            }
            let mut column = column.clone();
            if let Some((_, _, trace)) = replaced.iter().find(|(name, ..)| *name == key) {
                column.trace = trace.clone();
            }
            if let Some((_, new)) = renamed.iter().find(|(old, _)| self.key(old) == key) {
                column.shown = self.shown(new);
                column.key = Some(self.key(new));
            }
            taken.push(key);
            projected.columns.push(column);
        }
        for open in open {
            let mut open = self.passed_on(open, place);
            for (key, name, trace) in &replaced {
                if !taken.contains(key) {
                    projected.columns.push(self.column(name, trace.clone()));
                    taken.push(key.clone());
                }
                open.hide(key);
            }
            for (old, new) in &renamed {
                let key = self.key(old);
                if !taken.contains(&key) {
                    let trace = self.unlisted(&open, old);
                    projected.columns.push(self.column(new, trace));
                    taken.push(key.clone());
                }
                open.hide(&key);
            }
            for key in &excluded {
                open.hide(key);
            }
            projected.open.push(open);
        }
        projected
    }

    pub(super) fn column(&self, name: &Ident, trace: Trace) -> Column {
        Column {
            shown: self.shown(name),
            key: Some(self.key(name)),
            trace,
        }
    }

    fn unlisted(&mut self, open: &Open, name: &Ident) -> Trace {
        match open {
            Open::Relation { relation, .. } => {
                let column = self.shown(name);
                Trace::copy_of(self.input(*relation, &column))
            }
            Open::Unknown(gap) => Trace::unknown(*gap),
        }
    }

    /// Further columns of a table, as further columns of what selects `*` of it.
    fn passed_on(&mut self, open: &Open, place: Span) -> Open {
        match open {
            Open::Relation {
                relation,
                hidden,
                gap: None,
            } => {
                let name = self.relation_name(*relation);
                let reason = format!("* cannot be expanded: not all columns of {name} are known");
                Open::Relation {
                    relation: *relation,
                    hidden: hidden.clone(),
                    gap: Some(self.gap(reason, place)),
                }
            }
            other => other.clone(),
        }
    }
}

fn excluded(options: &WildcardAdditionalOptions) -> Vec<Ident> {
    let last = |name: &ObjectName| name.0.last().and_then(|part| part.as_ident().cloned());
    let mut names: Vec<Ident> = match &options.opt_exclude {
        Some(ExcludeSelectItem::Single(name)) => last(name).into_iter().collect(),
        Some(ExcludeSelectItem::Multiple(names)) => names.iter().filter_map(last).collect(),
        None => Vec::new(),
    };
    if let Some(except) = &options.opt_except {
        names.push(except.first_element.clone());
        names.extend(except.additional_elements.iter().cloned());
    }
    names
}

fn renamed(options: &WildcardAdditionalOptions) -> Vec<(Ident, Ident)> {
    let pairs = match &options.opt_rename {
        Some(RenameSelectItem::Single(pair)) => std::slice::from_ref(pair),
        Some(RenameSelectItem::Multiple(pairs)) => pairs.as_slice(),
        None => &[],
    };
    pairs
        .iter()
        .map(|pair| (pair.ident.clone(), pair.alias.clone()))
        .collect()
}
