//! Promises of one column: that it is there, its type, its meaning, NULL and range.

use serde_json::Value;

use super::{Judge, never_null, note};
use crate::artifacts::manifest::Node;
use crate::contract::declared::DeclaredColumn;
use crate::contract::facts::test_word;
use crate::contract::types::same_type;
use crate::contract::view::{PromiseKind, PromiseState};

impl Judge<'_> {
    pub(super) fn column(&mut self, declared: &DeclaredColumn) {
        let name = declared.name.as_str();
        let documented = self.documented(name);
        self.present(name);
        if let Some(wanted) = documented.and_then(|column| column.data_type.as_deref()) {
            self.data_type(name, wanted);
        }
        let described = declared.description.is_some()
            || documented.is_some_and(|column| !column.description.trim().is_empty());
        let (state, text) = if described {
            (PromiseState::Kept, "it has a description")
        } else {
            (PromiseState::Broken, "it has no description")
        };
        self.promise(
            PromiseKind::Documented,
            Some(name),
            "it says what it means",
            state,
            vec![note(text)],
        );
        if declared.null_meaning.as_deref().is_some_and(never_null) {
            self.never_null(name);
        }
        if declared.min.is_some() || declared.max.is_some() {
            self.range(declared);
        }
        self.other_tests(Some(name));
    }

    pub(super) fn present(&mut self, name: &str) {
        let (state, text) = match self.table {
            None => (
                PromiseState::Unknown,
                "the catalog does not know the relation",
            ),
            Some(table)
                if table
                    .columns
                    .keys()
                    .any(|column| column.eq_ignore_ascii_case(name)) =>
            {
                (PromiseState::Kept, "the warehouse has it")
            }
            Some(_) => (PromiseState::Broken, "the warehouse does not have it"),
        };
        self.promise(
            PromiseKind::Present,
            Some(name),
            "the column is there",
            state,
            vec![note(text)],
        );
    }

    pub(super) fn data_type(&mut self, name: &str, wanted: &str) {
        let (state, text) = match self.warehouse_type(name) {
            None => (
                PromiseState::Unknown,
                "its type in the warehouse is not known".to_owned(),
            ),
            Some(found) if same_type(found, wanted) => {
                (PromiseState::Kept, format!("the warehouse has {found}"))
            }
            Some(found) => (PromiseState::Broken, format!("the warehouse has {found}")),
        };
        self.promise(
            PromiseKind::Type,
            Some(name),
            format!("its type is {wanted}"),
            state,
            vec![note(text)],
        );
    }

    pub(super) fn never_null(&mut self, name: &str) {
        let tests: Vec<&Node> = self
            .column_tests(name)
            .into_iter()
            .filter(|test| test_word(test).is_some_and(|word| word.ends_with("not_null")))
            .collect();
        let (mut state, mut evidence) = self.weigh(&tests);
        if tests.is_empty() {
            let enforced = self.node.contract.enforced
                && self.documented(name).is_some_and(|column| {
                    column.constraints.iter().any(|constraint| {
                        matches!(
                            constraint.get("type").and_then(Value::as_str),
                            Some("not_null" | "primary_key")
                        )
                    })
                });
            if enforced {
                state = self
                    .promises
                    .first()
                    .map_or(PromiseState::Unknown, |built| built.state);
                evidence.push(note("the warehouse enforces it"));
            } else {
                evidence.push(note("no test checks it"));
            }
        }
        self.promise(PromiseKind::Null, Some(name), "never NULL", state, evidence);
    }

    pub(super) fn range(&mut self, declared: &DeclaredColumn) {
        let shown = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        let statement = match (&declared.min, &declared.max) {
            (Some(min), Some(max)) => format!("between {} and {}", shown(min), shown(max)),
            (Some(min), None) => format!("at least {}", shown(min)),
            (None, Some(max)) => format!("at most {}", shown(max)),
            (None, None) => return,
        };
        let tests = self.column_tests(&declared.name);
        let checks: Vec<&Node> = tests
            .iter()
            .copied()
            .filter(|test| bounds(test).is_some())
            .collect();
        let covers = |bound: &Option<Value>, lower: bool| {
            bound
                .as_ref()
                .is_none_or(|bound| checks.iter().any(|test| test_covers(test, bound, lower)))
        };
        let (covered, nothing) = (
            covers(&declared.min, true) && covers(&declared.max, false),
            checks.is_empty(),
        );
        let (mut state, mut evidence) = self.weigh(&checks);
        if nothing {
            evidence.push(note("no test checks it"));
        } else if !covered {
            evidence.push(note("the tests allow more than the contract"));
            // A failed wider test breaks the promise all the same; a passed one does not prove it.
            state = if state == PromiseState::Broken {
                state
            } else {
                PromiseState::Unknown
            };
        }
        self.promise(
            PromiseKind::Range,
            Some(&declared.name),
            statement,
            state,
            evidence,
        );
    }
}

/// The bounds that a test of a range or of a list of values checks.
fn bounds(test: &Node) -> Option<(Option<f64>, Option<f64>)> {
    let metadata = test.test_metadata.as_ref()?;
    let number = |key: &str| metadata.kwargs.get(key).and_then(as_number);
    match metadata.name.as_str() {
        "accepted_range" | "expect_column_values_to_be_between" => {
            Some((number("min_value"), number("max_value")))
        }
        "accepted_values" => {
            let values = metadata.kwargs.get("values")?.as_array()?;
            let numbers: Vec<f64> = values.iter().map(as_number).collect::<Option<_>>()?;
            let min = numbers.iter().copied().reduce(f64::min);
            Some((min, numbers.iter().copied().reduce(f64::max)))
        }
        _ => None,
    }
}

fn test_covers(test: &Node, bound: &Value, lower: bool) -> bool {
    // Dates and other texts are compared as they stand: the test must name the same bound.
    let Some(bound_number) = as_number(bound) else {
        let key = if lower { "min_value" } else { "max_value" };
        let checked = test
            .test_metadata
            .as_ref()
            .and_then(|metadata| metadata.kwargs.get(key));
        return checked
            .and_then(Value::as_str)
            .map(|text| text.trim_matches('\''))
            == bound.as_str();
    };
    match bounds(test) {
        Some((Some(min), _)) if lower => min >= bound_number,
        Some((_, Some(max))) if !lower => max <= bound_number,
        _ => false,
    }
}

fn as_number(value: &Value) -> Option<f64> {
    value
        .as_f64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}
