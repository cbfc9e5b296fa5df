//! What travels between the page and the compiler beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lineage::Use;

/// What the models of a project are compiled with: project files, property files and macros, of all packages.
///
/// It holds no environment variable and no setting of the profile but those of [`Target`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Workbench {
    /// Texts by path below the root project.
    pub files: BTreeMap<String, String>,
    /// Folders of the packages by name; the root project's is empty.
    pub packages: BTreeMap<String, String>,
    /// Where nodes are built.
    pub target: Target,
    /// `--vars`.
    pub vars: Map<String, Value>,
}

/// The part of a profile that names of relations are made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The profile's name.
    pub profile: String,
    /// The target's name.
    pub name: String,
    /// `duckdb`, `postgres`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Database that nodes are built in.
    pub database: String,
    /// Schema that nodes are built in.
    pub schema: String,
    /// How many nodes run side by side.
    pub threads: usize,
}

/// A model under another text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trial {
    /// The model; it is one of `nodes`.
    pub unique_id: String,
    /// Its new text.
    pub text: String,
    /// The model and what it reads, as the catalog has them.
    pub nodes: Vec<Given>,
    /// Whether the model's table is there already: `is_incremental()`.
    pub exists: bool,
    /// The time that the SQL may tell, in milliseconds since 1970.
    pub at: i64,
}

/// A node as the catalog has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Given {
    /// `kind.package.name`.
    pub unique_id: String,
    /// Name; for a source the table's name.
    pub name: String,
    /// `model`, `source`, `seed` or `snapshot`.
    pub kind: String,
    /// Package.
    pub package: String,
    /// File below the package's root.
    pub path: String,
    /// Property file below the package's root.
    pub patch_path: Option<String>,
    /// The file's text; for a snapshot in a block that of the block.
    pub raw_code: String,
    /// Its columns in order, where all are known.
    pub columns: Option<Vec<String>>,
}

/// Something that the text reads and that was not given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// `ref()`, whatever its version: the latest one counts too.
    Ref {
        /// Package, where two names were given.
        package: Option<String>,
        /// Name.
        name: String,
    },
    /// `source()`.
    Source {
        /// The source's name.
        source: String,
        /// The table's name.
        table: String,
    },
}

/// What became of a trial.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// Errors first.
    pub problems: Vec<Problem>,
    /// What it reads that was not given; the trial is worth repeating with it.
    pub needs: Vec<Need>,
    /// The SQL; `None` with errors.
    pub sql: Option<String>,
    /// How it is materialized.
    pub materialized: String,
    /// Quoted name of the relation; `None` for ephemeral models.
    pub relation_name: Option<String>,
    /// Unique ids of what it reads, in the order of first mention.
    pub reads: Vec<String>,
    /// Columns of its result, in order.
    pub columns: Vec<TriedColumn>,
    /// What of the SQL could not be followed.
    pub gaps: Vec<String>,
    /// Environment variables that have no default, for which their own names were put.
    pub unset: Vec<String>,
}

/// Something that is wrong or odd.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// Whether it keeps the model from being compiled.
    pub is_error: bool,
    /// What.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// File, where it is another than the model's.
    pub file: Option<String>,
    /// Line, from 1; 0 where there is no place.
    pub line: usize,
    /// Column in that line, from 1; 0 where only the line is known.
    pub column: usize,
}

/// A column of the result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TriedColumn {
    /// Name, or the expression where it has none.
    pub name: String,
    /// What it is made of.
    pub inputs: Vec<TriedInput>,
    /// Why not all of that is known.
    pub unknown: Vec<String>,
}

/// A column that another is made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TriedInput {
    /// The node that has it.
    pub unique_id: String,
    /// The column.
    pub column: String,
    /// How its value goes in.
    pub usage: Use,
}
