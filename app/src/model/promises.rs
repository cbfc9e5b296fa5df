//! The promises of a contract in the order in which people want them.

use compiler::contract::{ContractView, Promise, PromiseState};

/// A promise, or the same one for several columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Group<'a> {
    /// The columns; none for a promise of the whole model.
    pub columns: Vec<&'a str>,
    /// The promise of the first of them.
    pub promise: &'a Promise,
}

/// Promises in two parts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Promises<'a> {
    /// What is not kept, worst first, then what the model as a whole keeps.
    pub first: Vec<Group<'a>>,
    /// What columns keep.
    pub kept: Vec<Group<'a>>,
}

/// Sorts a contract's promises. Those of columns that say the same for the same reason become one.
pub fn sorted(contract: &ContractView) -> Promises<'_> {
    let mut promises = Promises::default();
    for promise in &contract.promises {
        let whole = promise.column.is_none() || promise.state != PromiseState::Kept;
        let part = if whole {
            &mut promises.first
        } else {
            &mut promises.kept
        };
        let column = promise.column.as_deref();
        match part.iter_mut().find(|group| same(group.promise, promise)) {
            Some(group) => group.columns.extend(column),
            None => part.push(Group {
                columns: column.into_iter().collect(),
                promise,
            }),
        }
    }
    promises
        .first
        .sort_by_key(|group| std::cmp::Reverse(group.promise.state));
    promises
}

/// Whether two promises of columns differ by their column only.
fn same(one: &Promise, other: &Promise) -> bool {
    one.column.is_some()
        && other.column.is_some()
        && (one.kind, one.state, &one.statement) == (other.kind, other.state, &other.statement)
        && one.evidence == other.evidence
}

#[cfg(test)]
mod tests {
    use compiler::contract::{Evidence, PromiseKind};

    use super::*;

    fn promise(column: Option<&str>, state: PromiseState, why: &str) -> Promise {
        let evidence = Evidence {
            text: why.to_owned(),
            unique_id: None,
            status: None,
            at: None,
        };
        Promise {
            kind: PromiseKind::Present,
            column: column.map(str::to_owned),
            statement: "it is there".to_owned(),
            state,
            evidence: vec![evidence],
        }
    }

    #[test]
    fn the_worst_comes_first_and_the_same_is_said_once() {
        let contract = ContractView {
            unique_id: "model.shop.a".to_owned(),
            name: "a".to_owned(),
            relation_name: None,
            owner: None,
            version: None,
            description: String::new(),
            grain: Vec::new(),
            max_age: None,
            freshness_column: None,
            consumers: Vec::new(),
            columns: Vec::new(),
            promises: vec![
                promise(None, PromiseState::Kept, "built"),
                promise(Some("x"), PromiseState::Unknown, "no catalog"),
                promise(Some("y"), PromiseState::Kept, "seen"),
                promise(Some("z"), PromiseState::Unknown, "no catalog"),
                promise(Some("v"), PromiseState::Broken, "gone"),
                promise(Some("w"), PromiseState::Unknown, "no test"),
            ],
            state: PromiseState::Broken,
            checked_at: None,
            problems: Vec::new(),
        };
        let sorted = sorted(&contract);
        let show = |groups: &[Group<'_>]| {
            groups
                .iter()
                .map(|group| group.columns.join("+"))
                .collect::<Vec<_>>()
        };
        assert_eq!(show(&sorted.first), ["v", "x+z", "w", ""]);
        assert_eq!(show(&sorted.kept), ["y"]);
    }
}
