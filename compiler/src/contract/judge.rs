//! From a contract as written to promises with their states.

mod column;
mod evidence;
mod model;
mod view;

use std::collections::HashSet;

use super::declared::{Declared, DeclaredColumn};
use super::facts::Facts;
use super::view::{ContractView, Evidence, Promise, PromiseKind, PromiseState};
use crate::artifacts::catalog::CatalogTable;
use crate::artifacts::manifest::Node;

/// Judges all promises of a model.
pub(super) fn judge(facts: &Facts<'_>, node: &Node, declared: Declared) -> ContractView {
    let table = facts.table(&node.unique_id);
    let mut judge = Judge {
        facts,
        node,
        table,
        used: HashSet::new(),
        promises: Vec::new(),
    };
    judge.built();
    judge.grain(&declared.grain);
    if let Some(max_age) = &declared.max_age {
        judge.freshness(max_age, declared.freshness_column.as_deref());
    }
    judge.other_tests(None);
    for column in contracted(node, &declared) {
        judge.column(&column);
    }
    judge.view(declared)
}

/// The columns that the contract speaks of; all documented ones where it names none.
fn contracted(node: &Node, declared: &Declared) -> Vec<DeclaredColumn> {
    if !declared.columns.is_empty() {
        return declared.columns.values().cloned().collect();
    }
    let plain = |name: &String| DeclaredColumn {
        name: name.clone(),
        ..DeclaredColumn::default()
    };
    node.columns
        .values()
        .map(|column| plain(&column.name))
        .collect()
}
struct Judge<'a> {
    facts: &'a Facts<'a>,
    node: &'a Node,
    table: Option<&'a CatalogTable>,
    /// Tests that stand behind a promise of their own kind already.
    used: HashSet<&'a str>,
    promises: Vec<Promise>,
}

impl Judge<'_> {
    fn promise(
        &mut self,
        kind: PromiseKind,
        column: Option<&str>,
        statement: impl Into<String>,
        state: PromiseState,
        evidence: Vec<Evidence>,
    ) {
        let (column, statement) = (column.map(str::to_owned), statement.into());
        self.promises.push(Promise {
            kind,
            column,
            statement,
            state,
            evidence,
        });
    }
}

fn note(text: impl Into<String>) -> Evidence {
    Evidence {
        text: text.into(),
        unique_id: None,
        status: None,
        at: None,
    }
}

/// `never`, or a sentence that begins with it.
pub(super) fn never_null(meaning: &str) -> bool {
    let rest = meaning.trim().to_lowercase();
    rest.strip_prefix("never")
        .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}
