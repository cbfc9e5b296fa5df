//! Selectors in dbt's syntax, evaluated by the compiler over the index.

use compiler::artifacts::manifest::ResourceType;
use compiler::graph::select::{Indirect, Request, SelectorDefinitions, kinds_of, select};
use compiler::graph::{Selectable, StateChanges};
use compiler::index::{CatalogIndex, NodePosition, TestPosition};

/// What a lineage shows.
const SHOWN: [ResourceType; 10] = [
    ResourceType::Model,
    ResourceType::Source,
    ResourceType::Seed,
    ResourceType::Snapshot,
    ResourceType::Exposure,
    ResourceType::Analysis,
    ResourceType::Metric,
    ResourceType::SemanticModel,
    ResourceType::SavedQuery,
    ResourceType::Function,
];

/// What a selector selects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Nodes, ascending.
    pub nodes: Vec<NodePosition>,
    /// Tests, ascending.
    pub tests: Vec<TestPosition>,
}

impl Selection {
    /// How many nodes and tests there are.
    pub fn len(&self) -> usize {
        self.nodes.len() + self.tests.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a command would take in; the error is one line for the person who types.
pub fn of_command(
    index: &CatalogIndex,
    command: &str,
    words: &str,
    exclude: &str,
) -> Result<Selection, String> {
    // What the command line would take where nothing is said. Selectors that cannot be read are told by the run.
    let definitions =
        SelectorDefinitions::read(&index.project.selectors, Indirect::Eager).unwrap_or_default();
    evaluate(
        index,
        (words, exclude),
        kinds_of(command),
        &definitions,
        None,
    )
}

/// Name of the selector that a run takes where nothing is said.
pub fn default_selector(index: &CatalogIndex) -> Option<String> {
    let definitions = SelectorDefinitions::read(&index.project.selectors, Indirect::Eager).ok()?;
    definitions.default_name().map(str::to_owned)
}

/// Whether a selector asks what changed.
pub fn asks_state(words: &str) -> bool {
    words.contains("state:")
}

/// What a lineage shows. `state` says what changed, where it is known.
pub fn of_view(
    index: &CatalogIndex,
    words: &str,
    exclude: &str,
    state: Option<&StateChanges>,
) -> Result<Selection, String> {
    let mut definitions =
        SelectorDefinitions::read(&index.project.selectors, Indirect::Eager).unwrap_or_default();
    // A lineage of everything shows everything.
    definitions.forget_default();
    evaluate(index, (words, exclude), &SHOWN, &definitions, state)
}

fn evaluate(
    index: &CatalogIndex,
    (words, exclude): (&str, &str),
    kinds: &[ResourceType],
    definitions: &SelectorDefinitions,
    state: Option<&StateChanges>,
) -> Result<Selection, String> {
    let split = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (words, exclude) = (split(words), split(exclude));
    let mut request = Request::words(&words, &exclude, definitions, kinds);
    request.keep_empty = true;
    request.evidence.state = state;
    let universe = index.universe();
    let selected = select(&universe, &request).map_err(|error| match error.hint {
        Some(hint) => format!("{} ({hint})", error.message),
        None => error.message,
    })?;
    let nodes = index.nodes.len() as u32;
    let mut selection = Selection::default();
    for position in selected.positions {
        if position < nodes {
            selection.nodes.push(position);
        } else {
            selection.tests.push(position - nodes);
        }
    }
    Ok(selection)
}
