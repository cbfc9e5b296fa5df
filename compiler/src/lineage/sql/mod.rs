//! The analysis of one statement.
//!
//! | what | module |
//! |---|---|
//! | dialects, names, tokens → syntax tree | [`dialect`], [`parse`] |
//! | tables in the making: columns with their [`table::Trace`] | [`table`] |
//! | queries, CTEs, unions, values | [`query`] |
//! | FROM: relations, joins, table functions, pivots | [`from`], [`join`], [`pivot`] |
//! | the select list: `*`, `COLUMNS(…)`, names | [`select`], [`star`], [`matching`], [`naming`] |
//! | which column a name means, and what an expression reads | [`scope`], [`expression`] |

mod dialect;
mod expression;
mod from;
mod join;
mod matching;
mod naming;
mod parse;
mod pivot;
mod query;
mod scope;
mod select;
mod star;
mod table;

use std::collections::BTreeSet;

use indexmap::{IndexMap, IndexSet};
use sqlparser::ast::{Ident, Spanned, Statement};
use sqlparser::tokenizer::Span;

pub use dialect::Dialect;
use scope::Scope;
use table::{InputId, Table, Trace};

use super::statement::{
    ColumnRef, Gap, Input, KnownColumns, OutputColumn, Relations, StatementLineage,
};

/// The lineage of one statement. Never fails: SQL that cannot be read is a gap.
pub fn analyze(sql: &str, dialect: Dialect, relations: &dyn Relations) -> StatementLineage {
    let mut analysis = Analysis::new(dialect, relations);
    let table = match parse::statement(sql, dialect) {
        Ok(Statement::Query(query)) => analysis.query(&query, &Scope::root()),
        Ok(other) => {
            let gap = analysis.gap("only queries have columns", other.span());
            Table::unknown(gap)
        }
        Err(error) => {
            let gap = analysis.gap_at(error.message, error.line, error.column);
            Table::unknown(gap)
        }
    };
    let table = table.with_distinct_names(dialect);
    analysis.finish(table)
}

/// Position in the analysis' gaps.
type GapId = u32;

/// What is collected while a statement is read.
struct Analysis<'a> {
    dialect: Dialect,
    known: &'a dyn Relations,
    /// Relations by name as written, with what is known of their columns.
    relations: IndexMap<Vec<String>, Option<KnownColumns>>,
    /// Columns that were mentioned: relation and name. An [`InputId`] is a position here.
    inputs: IndexSet<(u32, String)>,
    gaps: IndexSet<(String, u32, u32)>,
}

impl<'a> Analysis<'a> {
    fn new(dialect: Dialect, known: &'a dyn Relations) -> Self {
        Self {
            dialect,
            known,
            relations: IndexMap::new(),
            inputs: IndexSet::new(),
            gaps: IndexSet::new(),
        }
    }

    /// Notes that something could not be resolved.
    fn gap(&mut self, reason: impl Into<String>, place: Span) -> GapId {
        let (line, column) = (place.start.line, place.start.column);
        self.gap_at(reason.into(), line as u32, column as u32)
    }

    fn gap_at(&mut self, reason: String, line: u32, column: u32) -> GapId {
        self.gaps.insert_full((reason, line, column)).0 as u32
    }

    /// The id of a relation's column.
    fn input(&mut self, relation: u32, column: &str) -> InputId {
        self.inputs.insert_full((relation, column.to_owned())).0 as u32
    }

    /// The name by which a column or table is found.
    fn key(&self, name: &Ident) -> String {
        self.dialect.key(&name.value, name.quote_style.is_some())
    }

    /// The name as people see it.
    fn shown(&self, name: &Ident) -> String {
        self.dialect.shown(&name.value, name.quote_style.is_some())
    }

    /// A relation as words for people.
    fn relation_name(&self, relation: u32) -> String {
        self.relations
            .get_index(relation as usize)
            .map_or_else(String::new, |(name, _)| name.join("."))
    }

    /// Puts together what was found; what nothing of the result depends on is left out.
    fn finish(self, table: Table) -> StatementLineage {
        let mut gaps: BTreeSet<GapId> = table.effects.gaps.clone();
        gaps.extend(table.open.iter().filter_map(table::Open::gap));
        for column in &table.columns {
            gaps.extend(&column.trace.gaps);
        }
        let positions: IndexMap<GapId, u32> = gaps
            .iter()
            .enumerate()
            .map(|(position, gap)| (*gap, position as u32))
            .collect();
        let reference = |id: &InputId| {
            let (relation, column) = &self.inputs[*id as usize];
            ColumnRef {
                relation: *relation,
                column: column.clone(),
            }
        };
        let inputs = |trace: &Trace| {
            let inputs = trace.inputs.iter().map(|(id, usage)| Input {
                from: reference(id),
                usage: *usage,
            });
            inputs.collect()
        };
        StatementLineage {
            columns: table
                .columns
                .iter()
                .map(|column| OutputColumn {
                    name: column.shown.clone(),
                    named: column.key.is_some(),
                    inputs: inputs(&column.trace),
                    gaps: column.trace.gaps.iter().map(|gap| positions[gap]).collect(),
                })
                .collect(),
            complete: table.open.is_empty(),
            filters: table.effects.filters.iter().map(reference).collect(),
            gaps: gaps
                .iter()
                .map(|gap| {
                    let (reason, line, column) = &self.gaps[*gap as usize];
                    Gap {
                        reason: reason.clone(),
                        line: *line,
                        column: *column,
                    }
                })
                .collect(),
            relations: self.relations.into_keys().collect(),
        }
    }
}
