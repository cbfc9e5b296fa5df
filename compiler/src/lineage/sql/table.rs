//! Tables in the making: columns that know what they are made of.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::GapId;
use super::dialect::Dialect;
use crate::lineage::statement::Use;

/// Position in the analysis' inputs: a column of a relation.
pub(super) type InputId = u32;

/// What a value is made of, and what is not known about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Trace {
    pub(super) inputs: BTreeMap<InputId, Use>,
    pub(super) gaps: BTreeSet<GapId>,
}

impl Trace {
    pub(super) fn copy_of(input: InputId) -> Self {
        Self {
            inputs: BTreeMap::from([(input, Use::Copy)]),
            gaps: BTreeSet::new(),
        }
    }

    pub(super) fn unknown(gap: GapId) -> Self {
        Self {
            inputs: BTreeMap::new(),
            gaps: BTreeSet::from([gap]),
        }
    }

    /// Takes another's inputs in as they are; what is both copied and transformed counts as transformed.
    pub(super) fn merge(&mut self, other: &Self) {
        for (input, usage) in &other.inputs {
            let known = self.inputs.entry(*input).or_insert(*usage);
            *known = (*known).max(*usage);
        }
        self.gaps.extend(&other.gaps);
    }

    /// The same inputs, seen through an expression.
    pub(super) fn transformed(mut self) -> Self {
        for usage in self.inputs.values_mut() {
            *usage = Use::Transform;
        }
        self
    }
}

/// What decides which rows a table has, and what is not known about that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Effects {
    pub(super) filters: BTreeSet<InputId>,
    pub(super) gaps: BTreeSet<GapId>,
}

impl Effects {
    /// A condition reads these columns.
    pub(super) fn depend(&mut self, on: &Trace) {
        self.filters.extend(on.inputs.keys());
        self.gaps.extend(&on.gaps);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.filters.extend(&other.filters);
        self.gaps.extend(&other.gaps);
    }
}

/// A column of a table in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Name for people; the expression's text where the name is not known.
    pub(super) shown: String,
    /// Name by which it is found; `None` where it is not known.
    pub(super) key: Option<String>,
    pub(super) trace: Trace,
}

impl Column {
    pub(super) fn is(&self, key: &str) -> bool {
        self.key.as_deref() == Some(key)
    }
}

/// Columns that a table has besides those that are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Open {
    /// All that a relation has, but for the hidden names; each is a copy of the relation's.
    Relation {
        relation: u32,
        hidden: BTreeSet<String>,
        /// The `*` that could not be expanded.
        gap: Option<GapId>,
    },
    /// Nobody knows.
    Unknown(GapId),
}

impl Open {
    /// Whether a name cannot be one of these columns.
    pub(super) fn hides(&self, key: &str) -> bool {
        match self {
            Self::Relation { hidden, .. } => hidden.contains(key),
            Self::Unknown(_) => false,
        }
    }

    /// Whether both are the same columns, wherever they are mentioned.
    fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Relation {
                    relation, hidden, ..
                },
                Self::Relation {
                    relation: other,
                    hidden: other_hidden,
                    ..
                },
            ) => relation == other && hidden == other_hidden,
            _ => false,
        }
    }

    /// Takes a name away.
    pub(super) fn hide(&mut self, key: &str) {
        if let Self::Relation { hidden, .. } = self {
            hidden.insert(key.to_owned());
        }
    }

    /// What is not known.
    pub(super) fn gap(&self) -> Option<GapId> {
        match self {
            Self::Relation { gap, .. } => *gap,
            Self::Unknown(gap) => Some(*gap),
        }
    }
}

/// A query's result, or a relation in FROM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    /// Further columns; empty where `columns` are all.
    pub(super) open: Vec<Open>,
    pub(super) effects: Effects,
}

impl Table {
    pub(super) fn unknown(gap: GapId) -> Self {
        Self {
            open: vec![Open::Unknown(gap)],
            ..Self::default()
        }
    }

    /// Whether another table has the same columns from the same places, so that positions need not be known to put
    /// one below the other.
    pub(super) fn same_columns(&self, other: &Self) -> bool {
        self.columns == other.columns
            && self.open.len() == other.open.len()
            && self
                .open
                .iter()
                .zip(&other.open)
                .all(|(one, other)| one.same_as(other))
    }

    /// Everything that any of its columns is made of.
    pub(super) fn whole(&self) -> Trace {
        let mut all = Trace::default();
        for column in &self.columns {
            all.merge(&column.trace);
        }
        all.gaps.extend(self.open.iter().filter_map(Open::gap));
        all
    }

    /// DuckDB gives the second column of a name another one: `id`, `id_1`, `id_2`.
    pub(super) fn with_distinct_names(mut self, dialect: Dialect) -> Self {
        if dialect != Dialect::DuckDb {
            return self;
        }
        let mut taken = HashSet::new();
        for column in &mut self.columns {
            let Some(key) = column.key.clone() else {
                continue;
            };
            let mut free = key.clone();
            let mut count = 0;
            while !taken.insert(free.clone()) {
                count += 1;
                free = format!("{key}_{count}");
            }
            if count > 0 {
                column.shown = format!("{}_{count}", column.shown);
                column.key = Some(free);
            }
        }
        self
    }
}
