//! From a contract as written to promises with their states.

use std::collections::HashSet;

use serde_json::Value;

use super::declared::{Declared, DeclaredColumn, MaxAge};
use super::facts::{Facts, test_column, test_word, to_second};
use super::types::same_type;
use super::view::{ContractColumn, ContractView, Evidence, Promise, PromiseKind, PromiseState};
use crate::artifacts::catalog::CatalogTable;
use crate::artifacts::manifest::{Column, Node, ResourceType};
use crate::artifacts::results::Status;

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

impl<'a> Judge<'a> {
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

    fn built(&mut self) {
        let result = self.facts.result(&self.node.unique_id);
        let (state, text) = match result.map(|result| result.status) {
            None => (PromiseState::Unknown, "no run of it is known".to_owned()),
            Some(Status::Success | Status::Pass | Status::NoOp) => {
                (PromiseState::Kept, "built".to_owned())
            }
            Some(Status::Skipped) => (
                PromiseState::Broken,
                "skipped, so that the rows are those of before".to_owned(),
            ),
            Some(status) => {
                let message = result
                    .and_then(|result| result.message.as_deref())
                    .unwrap_or_default();
                let first = message
                    .lines()
                    .find(|line| !line.trim().is_empty())
                    .unwrap_or_default()
                    .trim();
                let text = format!("{}: {first}", status.as_str());
                (
                    PromiseState::Broken,
                    text.trim_end_matches([':', ' ']).to_owned(),
                )
            }
        };
        let evidence = Evidence {
            text,
            unique_id: Some(self.node.unique_id.clone()),
            status: result.map(|result| result.status),
            at: result.and_then(|result| self.facts.ended(result)),
        };
        self.promise(
            PromiseKind::Built,
            None,
            "the last build succeeded",
            state,
            vec![evidence],
        );
    }

    fn grain(&mut self, grain: &[String]) {
        if grain.is_empty() {
            return;
        }
        let statement = format!("one row for each {}", grain.join(", "));
        let wanted: HashSet<String> = grain.iter().map(|name| name.to_lowercase()).collect();
        let tests: Vec<&Node> = self
            .tests()
            .iter()
            .copied()
            .filter(|test| proves_unique(test, &wanted))
            .collect();
        let (mut state, mut evidence) = self.weigh(&tests);
        if tests.is_empty() {
            if self.node.contract.enforced && self.has_key(&wanted) {
                let built = self
                    .promises
                    .first()
                    .map_or(PromiseState::Unknown, |built| built.state);
                (state, evidence) = (built, vec![note("the warehouse enforces the primary key")]);
            } else {
                evidence.push(note("no test checks that the key is unique"));
            }
        }
        self.promise(PromiseKind::Grain, None, statement, state, evidence);
    }

    /// Whether constraints declare the columns as primary key.
    fn has_key(&self, wanted: &HashSet<String>) -> bool {
        let is_key = |constraint: &Value| {
            matches!(
                constraint.get("type").and_then(Value::as_str),
                Some("primary_key" | "unique")
            )
        };
        let of_model = self
            .node
            .constraints
            .iter()
            .filter(|constraint| is_key(constraint))
            .any(|constraint| {
                let columns = constraint
                    .get("columns")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten();
                columns
                    .filter_map(Value::as_str)
                    .map(str::to_lowercase)
                    .collect::<HashSet<_>>()
                    == *wanted
            });
        let of_column = |column: &Column| {
            wanted.len() == 1
                && wanted.contains(&column.name.to_lowercase())
                && column.constraints.iter().any(is_key)
        };
        of_model || self.node.columns.values().any(of_column)
    }

    fn freshness(&mut self, max_age: &MaxAge, column: Option<&str>) {
        let statement = match column {
            Some(column) => format!("rows are not older than {} by {column}", max_age.text()),
            None => format!("the data is not older than {}", max_age.text()),
        };
        let recency: Vec<&Node> = self
            .tests()
            .iter()
            .copied()
            .filter(|test| test_word(test).is_some_and(|word| word.ends_with("recency")))
            .collect();
        let (tested, mut evidence) = self.weigh(&recency);
        let mut states = Vec::new();
        for id in self.upstream_sources() {
            let (state, item) = self.source_age(id, max_age);
            states.push(state);
            evidence.push(item);
        }
        if evidence.is_empty() {
            evidence.push(note(
                "neither a source upstream nor a recency test says how old the data is",
            ));
        }
        let by_sources = states
            .iter()
            .copied()
            .max()
            .unwrap_or(PromiseState::Unknown);
        let state = match (tested, by_sources) {
            (PromiseState::Broken, _) | (_, PromiseState::Broken) => PromiseState::Broken,
            (PromiseState::Kept, _) | (_, PromiseState::Kept) => PromiseState::Kept,
            _ => PromiseState::Unknown,
        };
        self.promise(PromiseKind::Freshness, None, statement, state, evidence);
    }

    /// Sources upstream that have freshness limits or were checked.
    fn upstream_sources(&self) -> Vec<&'a str> {
        let manifest = self.facts.manifest;
        let mut seen: HashSet<&str> = HashSet::new();
        let mut stack: Vec<&str> = self
            .node
            .depends_on
            .nodes
            .iter()
            .map(String::as_str)
            .collect();
        let mut found = Vec::new();
        while let Some(id) = stack.pop() {
            if !seen.insert(id) {
                continue;
            }
            if let Some((id, source)) = manifest.sources.get_key_value(id) {
                let limit = |source: &crate::artifacts::manifest::Source| {
                    let freshness = source.freshness.as_ref();
                    let set = |threshold: &Option<crate::artifacts::manifest::Threshold>| {
                        threshold
                            .as_ref()
                            .is_some_and(|threshold| threshold.count.is_some())
                    };
                    freshness.is_some_and(|freshness| {
                        set(&freshness.warn_after) || set(&freshness.error_after)
                    })
                };
                if limit(source) || self.facts.source_result(id).is_some() {
                    found.push(id.as_str());
                }
            } else if let Some(node) = manifest.nodes.get(id) {
                stack.extend(node.depends_on.nodes.iter().map(String::as_str));
            }
        }
        found.sort_unstable();
        found
    }

    fn source_age(&self, id: &str, max_age: &MaxAge) -> (PromiseState, Evidence) {
        let name = self.facts.manifest.sources.get(id).map_or_else(
            || id.to_owned(),
            |source| format!("{}.{}", source.source_name, source.name),
        );
        let result = self.facts.source_result(id);
        let (state, text) =
            match result.map(|result| (result.status, result.max_loaded_at_time_ago_in_s)) {
                None => (PromiseState::Unknown, format!("{name} was not checked")),
                Some((_, Some(age))) if age > max_age.seconds() as f64 => (
                    PromiseState::Broken,
                    format!("{name} was {} old when it was checked", duration(age)),
                ),
                Some((_, Some(age))) => (
                    PromiseState::Kept,
                    format!("{name} was {} old when it was checked", duration(age)),
                ),
                Some((_, None)) => (PromiseState::Unknown, format!("the check of {name} failed")),
            };
        let evidence = Evidence {
            text,
            unique_id: Some(id.to_owned()),
            status: result.map(|result| result.status),
            at: result.and_then(|result| to_second(result.snapshotted_at.as_deref()?)),
        };
        (state, evidence)
    }

    fn column(&mut self, declared: &DeclaredColumn) {
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

    fn present(&mut self, name: &str) {
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

    fn data_type(&mut self, name: &str, wanted: &str) {
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

    fn never_null(&mut self, name: &str) {
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

    fn range(&mut self, declared: &DeclaredColumn) {
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

    /// Tests of a column, or of the whole model, that stand behind no other promise.
    fn other_tests(&mut self, column: Option<&str>) {
        let tests = match column {
            Some(column) => self.column_tests(column),
            None => {
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
            }
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
    fn weigh(&mut self, tests: &[&'a Node]) -> (PromiseState, Vec<Evidence>) {
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

    fn tests(&self) -> &'a [&'a Node] {
        self.facts.tests(&self.node.unique_id)
    }

    fn column_tests(&self, name: &str) -> Vec<&'a Node> {
        let on_column = |test: &&&Node| {
            self.column_of(test)
                .is_some_and(|column| column.eq_ignore_ascii_case(name))
        };
        self.tests().iter().filter(on_column).copied().collect()
    }

    /// The column of a test, unless it names an expression that is no column of the model.
    fn column_of<'t>(&self, test: &'t Node) -> Option<&'t str> {
        test_column(test)
            .filter(|name| self.documented(name).is_some() || self.warehouse_type(name).is_some())
    }

    fn documented(&self, name: &str) -> Option<&'a Column> {
        self.node
            .columns
            .values()
            .find(|column| column.name.eq_ignore_ascii_case(name))
    }

    fn warehouse_type(&self, name: &str) -> Option<&'a str> {
        let columns = &self.table?.columns;
        let found = columns
            .iter()
            .find(|(column, _)| column.eq_ignore_ascii_case(name));
        found.map(|(_, column)| column.data_type.as_str())
    }

    fn view(self, declared: Declared) -> ContractView {
        let state = self
            .promises
            .iter()
            .map(|promise| promise.state)
            .max()
            .unwrap_or(PromiseState::Unknown);
        let columns = self.columns(&declared);
        let result = self.facts.result(&self.node.unique_id);
        ContractView {
            unique_id: self.node.unique_id.clone(),
            name: self.node.name.clone(),
            relation_name: self.node.relation_name.clone(),
            description: declared
                .description
                .unwrap_or_else(|| self.node.description.trim().to_owned()),
            owner: declared.owner,
            version: declared.version,
            grain: declared.grain,
            max_age: declared.max_age.as_ref().map(MaxAge::text),
            freshness_column: declared.freshness_column,
            consumers: declared.consumers,
            columns,
            promises: self.promises,
            state,
            checked_at: result.and_then(|result| self.facts.ended(result)),
            problems: declared.problems,
        }
    }

    /// All columns of the model: the warehouse's order, then documented ones, then those of the contract alone.
    fn columns(&self, declared: &Declared) -> Vec<ContractColumn> {
        let mut names: Vec<&str> = self
            .node
            .columns
            .values()
            .map(|column| column.name.as_str())
            .collect();
        names.extend(declared.columns.values().map(|column| column.name.as_str()));
        let mut found: Vec<_> = self
            .table
            .into_iter()
            .flat_map(|table| &table.columns)
            .collect();
        found.sort_by_key(|(_, column)| column.index);
        let warehouse: Vec<&str> = found.into_iter().map(|(name, _)| name.as_str()).collect();
        // The spelling of the properties goes before the warehouse's.
        let spelt = |name: &str| {
            names
                .iter()
                .find(|known| known.eq_ignore_ascii_case(name))
                .copied()
        };
        let mut ordered: Vec<&str> = warehouse
            .into_iter()
            .map(|name| spelt(name).unwrap_or(name))
            .collect();
        for name in &names {
            if !ordered.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                ordered.push(name);
            }
        }
        ordered
            .into_iter()
            .map(|name| self.contract_column(name, declared))
            .collect()
    }

    fn contract_column(&self, name: &str, declared: &Declared) -> ContractColumn {
        let own = declared
            .columns
            .get(&name.to_lowercase())
            .cloned()
            .unwrap_or_default();
        let documented = self.documented(name);
        let reads = |columns: &[String]| {
            columns.is_empty() || columns.iter().any(|c| c.eq_ignore_ascii_case(name))
        };
        let promised = self
            .promises
            .iter()
            .filter(|promise| promise.column.as_deref() == Some(name));
        ContractColumn {
            name: name.to_owned(),
            description: own
                .description
                .or_else(|| documented.map(|column| column.description.trim().to_owned()))
                .unwrap_or_default(),
            data_type: self
                .warehouse_type(name)
                .or_else(|| documented.and_then(|column| column.data_type.as_deref()))
                .map(str::to_owned),
            window: own.window,
            null_meaning: own.null_meaning,
            unit: own.unit,
            min: own.min,
            max: own.max,
            consumers: declared
                .consumers
                .iter()
                .filter(|consumer| reads(&consumer.columns))
                .map(|consumer| consumer.name.clone())
                .collect(),
            state: promised.map(|promise| promise.state).max(),
        }
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

/// Whether a test shows that some columns together are unique.
fn proves_unique(test: &Node, wanted: &HashSet<String>) -> bool {
    let Some(metadata) = test
        .test_metadata
        .as_ref()
        .filter(|_| test.resource_type == ResourceType::Test)
    else {
        return false;
    };
    match metadata.name.as_str() {
        // Not NULL belongs to a key, so its test is evidence too.
        "unique" | "not_null" => {
            let column = test_column(test).map(str::to_lowercase);
            let alone = wanted.len() == 1 || metadata.name == "not_null";
            alone && column.is_some_and(|column| wanted.contains(&column))
        }
        "unique_combination_of_columns" => {
            let columns = metadata
                .kwargs
                .get("combination_of_columns")
                .and_then(Value::as_array);
            let columns = columns
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_lowercase);
            columns.collect::<HashSet<_>>() == *wanted
        }
        _ => false,
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

/// Seconds in the largest unit that reads well.
fn duration(seconds: f64) -> String {
    let (count, unit) = if seconds < 120.0 {
        (seconds, "seconds")
    } else if seconds < 7200.0 {
        (seconds / 60.0, "minutes")
    } else if seconds < 172_800.0 {
        (seconds / 3600.0, "hours")
    } else {
        (seconds / 86_400.0, "days")
    };
    format!("{count:.0} {unit}")
}
