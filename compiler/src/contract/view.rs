//! A contract as the page shows it: what is promised, and whether the last build kept it.

use serde::{Deserialize, Serialize};

use crate::artifacts::results::Status;

/// Whether a promise holds. The order is from good to bad, so that the worst of several is their maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PromiseState {
    /// The last build shows that it holds.
    Kept,
    /// Nothing checks it, or what checks it did not run.
    Unknown,
    /// The last build shows that it does not hold.
    Broken,
}

impl PromiseState {
    /// The word in JSON and on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Unknown => "unknown",
            Self::Broken => "broken",
        }
    }
}

/// What a promise is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseKind {
    /// The model was built.
    Built,
    /// One row for each key.
    Grain,
    /// The data is not older than promised.
    Freshness,
    /// The column is there.
    Present,
    /// The column has the declared type.
    Type,
    /// The column says what it means.
    Documented,
    /// The column is never NULL.
    Null,
    /// Values lie between two bounds.
    Range,
    /// Another test of the model or column passes.
    Test,
}

/// One promise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Promise {
    /// What it is about.
    pub kind: PromiseKind,
    /// The column; `None` for promises of the whole model.
    pub column: Option<String>,
    /// The promise in words, such as `one row for each customer_id`.
    pub statement: String,
    /// Whether it holds.
    pub state: PromiseState,
    /// Why, one line each.
    pub evidence: Vec<Evidence>,
}

/// What shows that a promise holds or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// In words, such as `unique passed`.
    pub text: String,
    /// The test or source that shows it.
    pub unique_id: Option<String>,
    /// Its last status.
    pub status: Option<Status>,
    /// When, ISO 8601 in UTC.
    pub at: Option<String>,
}

/// Who trains on or reads the model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Consumer {
    /// Name of the model, job or person that reads.
    pub name: String,
    /// Team.
    pub team: Option<String>,
    /// Address to write to.
    pub contact: Option<String>,
    /// Columns that it reads; empty means all.
    pub columns: Vec<String>,
}

/// A column of a contract. `None` means that the contract does not say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContractColumn {
    /// Name.
    pub name: String,
    /// What it means; the contract's own words, else the column's description.
    pub description: String,
    /// Type in the warehouse, else the declared one.
    pub data_type: Option<String>,
    /// Time that the feature looks back over, such as `30 days`.
    pub window: Option<String>,
    /// What NULL means; starts with `never` where there is none.
    pub null_meaning: Option<String>,
    /// Unit, such as `USD`.
    pub unit: Option<String>,
    /// Least value, a number or a date as text.
    pub min: Option<serde_json::Value>,
    /// Greatest value.
    pub max: Option<serde_json::Value>,
    /// Names of the consumers that read it.
    pub consumers: Vec<String>,
    /// Worst state of its promises; `None` where it has none.
    pub state: Option<PromiseState>,
}

/// A feature contract with the state of each promise after the last build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContractView {
    /// The model's unique id.
    pub unique_id: String,
    /// The model's name.
    pub name: String,
    /// Quoted name of the relation in the warehouse.
    pub relation_name: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The contract's version, such as `1.2.0`.
    pub version: Option<String>,
    /// What the model is for, in the contract's own words, else the model's description.
    pub description: String,
    /// Columns that together are unique.
    pub grain: Vec<String>,
    /// Greatest age of the data, such as `24 hours`.
    pub max_age: Option<String>,
    /// Column that says how old a row is.
    pub freshness_column: Option<String>,
    /// Who reads it.
    pub consumers: Vec<Consumer>,
    /// The model's columns in order.
    pub columns: Vec<ContractColumn>,
    /// All promises: the model's first, then column by column.
    pub promises: Vec<Promise>,
    /// Broken if any promise is broken, kept if all are kept, else unknown.
    pub state: PromiseState,
    /// When the last build of the model ended, ISO 8601.
    pub checked_at: Option<String>,
    /// What is wrong with the contract itself (unknown keys, columns that do not exist), one line each.
    pub problems: Vec<String>,
}

impl ContractView {
    /// How many promises are kept, unknown and broken.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |state| {
            self.promises
                .iter()
                .filter(|promise| promise.state == state)
                .count()
        };
        (
            count(PromiseState::Kept),
            count(PromiseState::Unknown),
            count(PromiseState::Broken),
        )
    }
}
