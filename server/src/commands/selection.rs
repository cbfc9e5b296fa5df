//! From `--select` and its relatives to unique ids.

use compiler::artifacts::manifest::ResourceType;
use compiler::diag::Diagnostic;
use compiler::graph::select::Indirect;
use indexmap::IndexSet;

use super::context::Context;
use super::failure::Failure;
use crate::cli::selection::{IndirectSelection, ResourceKind, ResourceTypeArgs, SelectionArgs};
use crate::console::events;
use crate::project::Project;
use crate::selection;

/// What a command asks for.
pub struct Wanted<'a> {
    /// Selection options.
    pub selection: &'a SelectionArgs,
    /// `--resource-type` and its opposite.
    pub kinds: Option<&'a ResourceTypeArgs>,
    /// Kinds that the command takes by itself.
    pub default_kinds: &'a [ResourceType],
    /// Whether nodes without SQL are kept.
    pub keep_empty: bool,
}

/// Unique ids of what is wanted, sorted as dbt sorts them. Parts that match nothing are told.
pub fn selected(
    context: &Context,
    project: &Project,
    wanted: &Wanted<'_>,
) -> Result<IndexSet<String>, Failure> {
    let kinds = kinds(wanted)?;
    let found = selection::find(
        project,
        &selection::Wanted {
            select: &wanted.selection.select,
            exclude: &wanted.selection.exclude,
            selector: wanted.selection.selector.as_deref(),
            indirect: indirect(context.settings.indirect_selection),
            kinds: &kinds,
            keep_empty: wanted.keep_empty,
            state: context.settings.state.as_deref(),
        },
    )?;
    let mut fatal = false;
    for warning in &found.warnings {
        let event = events::of(warning);
        let message = warning.message.clone();
        fatal |= context.console.warn(&event.name, event.code, message);
    }
    if fatal {
        return Err(Failure::Told);
    }
    Ok(found.ids)
}

/// The compiler's word for `--indirect-selection`.
pub fn indirect(mode: IndirectSelection) -> Indirect {
    match mode {
        IndirectSelection::Eager => Indirect::Eager,
        IndirectSelection::Cautious => Indirect::Cautious,
        IndirectSelection::Buildable => Indirect::Buildable,
        IndirectSelection::Empty => Indirect::Empty,
    }
}

fn kinds(wanted: &Wanted<'_>) -> Result<Vec<ResourceType>, Failure> {
    let Some(args) = wanted.kinds else {
        return Ok(wanted.default_kinds.to_vec());
    };
    let include = kinds_or_environment(&args.include, "RESOURCE_TYPES")?;
    let exclude = kinds_or_environment(&args.exclude_kinds, "EXCLUDE_RESOURCE_TYPES")?;
    let expand = |kinds: &[ResourceKind]| -> Vec<ResourceType> {
        kinds
            .iter()
            .flat_map(|kind| match kind {
                ResourceKind::Default => wanted.default_kinds.to_vec(),
                ResourceKind::All => ALL_KINDS.to_vec(),
                one => vec![resource_type(*one)],
            })
            .collect()
    };
    let mut kinds = if include.is_empty() {
        wanted.default_kinds.to_vec()
    } else {
        expand(&include)
    };
    let excluded = expand(&exclude);
    kinds.retain(|kind| !excluded.contains(kind));
    Ok(kinds)
}

/// The option, or the words of `DBT_RESOURCE_TYPES` and its like.
fn kinds_or_environment(
    given: &[ResourceKind],
    variable: &str,
) -> Result<Vec<ResourceKind>, Failure> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let names = [format!("DBT_ENGINE_{variable}"), format!("DBT_{variable}")];
    let Some((name, words)) = names
        .iter()
        .find_map(|name| Some((name, std::env::var(name).ok()?)))
    else {
        return Ok(Vec::new());
    };
    words
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .map(|word| {
            clap::ValueEnum::from_str(word, true).map_err(|_| {
                let message = format!("environment variable {name}: '{word}' is no resource type");
                Diagnostic::error("environment", message).into()
            })
        })
        .collect()
}

const ALL_KINDS: [ResourceType; 12] = [
    ResourceType::Model,
    ResourceType::Test,
    ResourceType::UnitTest,
    ResourceType::Seed,
    ResourceType::Snapshot,
    ResourceType::Source,
    ResourceType::Analysis,
    ResourceType::Exposure,
    ResourceType::Metric,
    ResourceType::SemanticModel,
    ResourceType::SavedQuery,
    ResourceType::Function,
];

/// `Default` and `All` are lists and never come here; they would mean models.
fn resource_type(kind: ResourceKind) -> ResourceType {
    match kind {
        ResourceKind::Model | ResourceKind::Default | ResourceKind::All => ResourceType::Model,
        ResourceKind::Test => ResourceType::Test,
        ResourceKind::UnitTest => ResourceType::UnitTest,
        ResourceKind::Seed => ResourceType::Seed,
        ResourceKind::Snapshot => ResourceType::Snapshot,
        ResourceKind::Source => ResourceType::Source,
        ResourceKind::Analysis => ResourceType::Analysis,
        ResourceKind::Exposure => ResourceType::Exposure,
        ResourceKind::Metric => ResourceType::Metric,
        ResourceKind::SemanticModel => ResourceType::SemanticModel,
        ResourceKind::SavedQuery => ResourceType::SavedQuery,
        ResourceKind::Function => ResourceType::Function,
    }
}

/// Tells that there is nothing to do; `--warn-error` makes an error of it.
pub fn nothing(context: &Context, listing: bool) -> Result<super::Exit, Failure> {
    let fatal = if listing {
        context
            .console
            .warn("NoNodesSelected", "Q038", "No nodes selected!")
    } else {
        let message = "Nothing to do. Try checking your model configs and model specification args";
        context.console.warn("NothingToDo", "Q035", message)
    };
    if fatal {
        Err(Failure::Told)
    } else {
        Ok(super::Exit::Fine)
    }
}
