//! What the lineage of one statement looks like, and what is asked of whoever knows the relations.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a column's value goes into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// As it is, perhaps under another name.
    Copy,
    /// Through an expression: a function, a cast, an aggregate, a field of a struct, …
    Transform,
}

impl Use {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Transform => "transform",
        }
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A column of a relation that the statement reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnRef {
    /// Position in [`StatementLineage::relations`].
    pub relation: u32,
    /// Name as the relation has it; as the statement has it where the relation's columns are not known.
    pub column: String,
}

/// A column that an output column is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The column.
    pub from: ColumnRef,
    /// How its value goes in.
    pub usage: Use,
}

/// A column of the statement's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name; the expression's text where `named` is false.
    pub name: String,
    /// Whether the name is known. The warehouse names expressions without an alias by rules of its own.
    pub named: bool,
    /// What it is made of, in the order of first mention; none for constants and counts of rows.
    pub inputs: Vec<Input>,
    /// Positions in [`StatementLineage::gaps`] of what is not known about it.
    pub gaps: Vec<u32>,
}

/// Something that could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Why, in lower case and without a final period.
    pub reason: String,
    /// Line in the SQL, counted from 1; 0 where there is no place.
    pub line: u32,
    /// Column in that line, counted from 1.
    pub column: u32,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.reason);
        }
        write!(
            f,
            "{} (line {}, column {})",
            self.reason, self.line, self.column
        )
    }
}

/// What one statement makes of the columns that it reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatementLineage {
    /// Relations that it reads, by the parts of their names as written, in the order of first mention.
    pub relations: Vec<Vec<String>>,
    /// Columns of the result, in order.
    pub columns: Vec<OutputColumn>,
    /// Whether `columns` are all of them; false where a `*` could not be expanded or the SQL not be read.
    pub complete: bool,
    /// Columns that decide which rows come out and in which order (where, join, group by, having, qualify,
    /// order by), in the order of first mention.
    pub filters: Vec<ColumnRef>,
    /// What could not be resolved.
    pub gaps: Vec<Gap>,
}

/// The columns of a relation, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownColumns {
    /// Names in order.
    pub names: Vec<String>,
    /// Whether there are no others.
    pub complete: bool,
}

/// Whoever knows what the relations of a project have.
pub trait Relations {
    /// Columns of a relation by the parts of its name as written (one to three, without quotes);
    /// `None` where nothing is known of it.
    fn columns(&self, name: &[String]) -> Option<KnownColumns>;

    /// Whether a CTE of this name stands for a node of its own, such as an ephemeral model. The statement then
    /// reads it like a relation of that name, and what is inside the CTE is the node's own lineage.
    fn is_node(&self, _cte: &str) -> bool {
        false
    }
}
