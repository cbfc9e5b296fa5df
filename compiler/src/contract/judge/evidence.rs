//! Tests as evidence: which there are, and what their last results show.

use super::Judge;
use crate::artifacts::manifest::{Column, Node};
use crate::artifacts::results::Status;
use crate::contract::facts::{test_column, test_word};
use crate::contract::view::{Evidence, PromiseKind, PromiseState};

impl<'a> Judge<'a> {
    /// Tests of a column, or of the whole model, that stand behind no other promise.
    pub(super) fn other_tests(&mut self, column: Option<&str>) {
        let tests = if let Some(column) = column {
            self.column_tests(column)
        } else {
            let whole = self
                .tests()
                .iter()
                .copied()
                .filter(|test| self.column_of(test).is_none());
            whole
                .chain(
                    self.facts
                        .shared_tests(&self.node.unique_id)
                        .iter()
                        .copied(),
                )
                .collect()
        };
        for test in tests {
            if self.used.contains(test.unique_id.as_str()) {
                continue;
            }
            let word = test_word(test).unwrap_or_else(|| test.name.clone());
            let (state, evidence) = self.weigh(&[test]);
            self.promise(
                PromiseKind::Test,
                column,
                format!("{word} passes"),
                state,
                evidence,
            );
        }
    }

    /// The worst state of some tests with a line of evidence each; unknown where there are none.
    pub(super) fn weigh(&mut self, tests: &[&'a Node]) -> (PromiseState, Vec<Evidence>) {
        let (mut worst, mut evidence) = (None, Vec::new());
        for test in tests {
            self.used.insert(&test.unique_id);
            let result = self.facts.result(&test.unique_id);
            let word = test_word(test).unwrap_or_else(|| test.name.clone());
            let rows = result.and_then(|result| result.failures).unwrap_or(0);
            let (state, text) = match result.map(|result| result.status) {
                Some(Status::Pass | Status::Success) => {
                    (PromiseState::Kept, format!("{word} passed"))
                }
                Some(Status::Fail) => (
                    PromiseState::Broken,
                    format!("{word} failed with {rows} rows"),
                ),
                Some(Status::Warn) => (
                    PromiseState::Broken,
                    format!("{word} warned of {rows} rows"),
                ),
                Some(Status::Skipped) => (PromiseState::Unknown, format!("{word} was skipped")),
                Some(_) => (PromiseState::Unknown, format!("{word} could not run")),
                None => (PromiseState::Unknown, format!("{word} did not run")),
            };
            worst = worst.max(Some(state));
            evidence.push(Evidence {
                text,
                unique_id: Some(test.unique_id.clone()),
                status: result.map(|result| result.status),
                at: result.and_then(|result| self.facts.ended(result)),
            });
        }
        (worst.unwrap_or(PromiseState::Unknown), evidence)
    }

    pub(super) fn tests(&self) -> &'a [&'a Node] {
        self.facts.tests(&self.node.unique_id)
    }

    pub(super) fn column_tests(&self, name: &str) -> Vec<&'a Node> {
        let on_column = |test: &&&Node| {
            self.column_of(test)
                .is_some_and(|column| column.eq_ignore_ascii_case(name))
        };
        self.tests().iter().filter(on_column).copied().collect()
    }

    /// The column of a test, unless it names an expression that is no column of the model.
    pub(super) fn column_of<'t>(&self, test: &'t Node) -> Option<&'t str> {
        test_column(test)
            .filter(|name| self.documented(name).is_some() || self.warehouse_type(name).is_some())
    }

    pub(super) fn documented(&self, name: &str) -> Option<&'a Column> {
        self.node
            .columns
            .values()
            .find(|column| column.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn warehouse_type(&self, name: &str) -> Option<&'a str> {
        let columns = &self.table?.columns;
        let found = columns
            .iter()
            .find(|(column, _)| column.eq_ignore_ascii_case(name));
        found.map(|(_, column)| column.data_type.as_str())
    }
}
