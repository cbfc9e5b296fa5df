//! dbt's selection grammar, evaluated over anything [`Selectable`](super::Selectable).
//!
//! `+model`, `2+tag:nightly+1`, `@source:raw`, unions by spaces, intersections by commas, `--exclude`, YAML
//! selectors, and tests that come along with what they test. As dbt 1.12 does it:
//! <https://docs.getdbt.com/reference/node-selection/syntax>.

mod criterion;
mod definitions;
mod evaluate;
mod glob;
mod methods;
mod spec;

use std::collections::BTreeSet;

pub use criterion::{Indirect, METHODS};
pub use definitions::{SelectorDefinitions, written_out};

use super::state::StateChanges;
use super::universe::Universe;
use crate::artifacts::manifest::ResourceType;
use crate::artifacts::results::{RunResults, SourcesResults};
use crate::diag::Diagnostic;

/// Positions of elements, ascending.
type Positions = BTreeSet<u32>;

/// What methods such as `state:` and `result:` look at. Asking for what is not there is an error.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// For `state:`, from [`StateChanges::between`].
    pub state: Option<&'a StateChanges>,
    /// For `result:`, of the earlier run.
    pub results: Option<&'a RunResults>,
    /// For `source_status:`, of now.
    pub sources: Option<&'a SourcesResults>,
    /// For `source_status:`, of the earlier run.
    pub sources_before: Option<&'a SourcesResults>,
}

/// What to select.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `--select`; empty means everything, or the default selector where there is one.
    pub select: &'a [String],
    /// `--exclude`.
    pub exclude: &'a [String],
    /// `--selector`: a name from `selectors.yml`; goes before `select` and `exclude`.
    pub selector: Option<&'a str>,
    /// The project's YAML selectors.
    pub definitions: &'a SelectorDefinitions,
    /// How tests come along.
    pub indirect: Indirect,
    /// Kinds that the command takes; see [`kinds_of`].
    pub kinds: &'a [ResourceType],
    /// Whether nodes without any SQL are kept, as `ls` does.
    pub keep_empty: bool,
    /// For methods that compare.
    pub evidence: Evidence<'a>,
}

impl<'a> Request<'a> {
    /// A selection by words alone, with tests coming along eagerly.
    pub fn words(
        select: &'a [String],
        exclude: &'a [String],
        definitions: &'a SelectorDefinitions,
        kinds: &'a [ResourceType],
    ) -> Self {
        Self {
            select,
            exclude,
            selector: None,
            definitions,
            indirect: Indirect::Eager,
            kinds,
            keep_empty: false,
            evidence: Evidence::default(),
        }
    }
}

/// What was selected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selected {
    /// Positions in [`Universe::elements`], ascending.
    pub positions: Vec<u32>,
    /// Parts of the selection that match nothing, seeds whose content is not compared.
    pub warnings: Vec<Diagnostic>,
}

impl Selected {
    /// The unique ids of what was selected.
    pub fn ids<'a>(&'a self, universe: &'a Universe<'a>) -> impl Iterator<Item = &'a str> {
        self.positions
            .iter()
            .map(|position| universe.elements[*position as usize].unique_id)
    }
}

/// Evaluates a selection.
pub fn select(universe: &Universe<'_>, request: &Request<'_>) -> Result<Selected, Diagnostic> {
    let by_default = request.definitions.default_name();
    let nothing_said = request.select.is_empty() && request.exclude.is_empty();
    let selector = request.selector.or(by_default.filter(|_| nothing_said));
    let mut evaluation = evaluate::Evaluation::new(universe, request);
    let positions = if let Some(name) = selector {
        evaluation.by_selector(name)?
    } else {
        let spec = spec::from_words(request.select, request.exclude, request.indirect)?;
        evaluation.selected(&spec)?
    };
    Ok(Selected {
        positions: positions.into_iter().collect(),
        warnings: evaluation.warnings,
    })
}

/// Kinds that a command takes where `--resource-type` does not say; `ls` for commands not known.
pub fn kinds_of(command: &str) -> &'static [ResourceType] {
    use ResourceType::{
        Analysis, Exposure, Function, Metric, Model, SavedQuery, Seed, SemanticModel, Snapshot,
        Source, Test, UnitTest,
    };
    match command {
        "run" => &[Model],
        "test" => &[Test, UnitTest],
        "seed" => &[Seed],
        "snapshot" => &[Snapshot],
        "build" | "retry" => &[
            Model, Seed, Snapshot, Test, UnitTest, SavedQuery, Exposure, Function,
        ],
        "compile" | "show" | "docs" => &[Model, Test, Snapshot, Analysis, Seed, Function],
        "clone" => &[Model, Seed, Snapshot, Function],
        "freshness" | "source" => &[Source],
        _ => &[
            Model,
            Snapshot,
            Seed,
            Test,
            Source,
            Exposure,
            Metric,
            SavedQuery,
            SemanticModel,
            UnitTest,
            Function,
        ],
    }
}
