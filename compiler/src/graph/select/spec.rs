//! Criteria put together: unions, intersections and differences.

use super::criterion::{Criterion, Indirect};
use crate::diag::Diagnostic;

/// A selection to evaluate.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Spec {
    One(Criterion),
    Union(Group),
    Intersection(Group),
    /// What the first has and none of the others.
    Difference(Group),
}

/// Parts that are put together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) parts: Vec<Spec>,
    pub(super) indirect: Indirect,
    /// As the user wrote it, to warn with when nothing matches; `None` where an empty answer is in order.
    pub(super) expected: Option<String>,
}

impl Group {
    /// Parts that may match nothing.
    pub(super) fn quiet(parts: Vec<Spec>, indirect: Indirect) -> Self {
        Self {
            parts,
            indirect,
            expected: None,
        }
    }
}

/// What is selected where the user selects nothing.
const EVERYTHING: [&str; 5] = [
    "fqn:*",
    "source:*",
    "exposure:*",
    "metric:*",
    "semantic_model:*",
];

/// Command-line selection: all of `select` (or everything) without all of `exclude`.
pub(super) fn from_words(
    select: &[String],
    exclude: &[String],
    indirect: Indirect,
) -> Result<Spec, Diagnostic> {
    let included = if select.is_empty() {
        let parts = EVERYTHING
            .iter()
            .map(|raw| Criterion::parse(raw, indirect).map(Spec::One));
        Spec::Union(Group::quiet(parts.collect::<Result<_, _>>()?, indirect))
    } else {
        union(select, indirect)?
    };
    if exclude.is_empty() {
        return Ok(included);
    }
    // A difference never adds tests of its own, so its way of taking tests along does not matter.
    Ok(Spec::Difference(Group::quiet(
        vec![included, union(exclude, indirect)?],
        Indirect::Eager,
    )))
}

/// Spaces and several strings mean union, commas intersection.
fn union(words: &[String], indirect: Indirect) -> Result<Spec, Diagnostic> {
    let mut parts = Vec::new();
    for raw in words.iter().flat_map(|word| word.split_whitespace()) {
        let criteria = raw
            .split(',')
            .map(|part| Criterion::parse(part, indirect).map(Spec::One));
        parts.push(Spec::Intersection(Group {
            parts: criteria.collect::<Result<_, _>>()?,
            indirect,
            expected: Some(raw.to_owned()),
        }));
    }
    Ok(Spec::Union(Group::quiet(parts, indirect)))
}
