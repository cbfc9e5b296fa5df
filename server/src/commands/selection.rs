//! From `--select` and its relatives to unique ids.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use compiler::artifacts::manifest::{Manifest, ResourceType};
use compiler::artifacts::results::{RunResults, SourcesResults};
use compiler::diag::{Diagnostic, Diagnostics};
use compiler::graph::select::{Evidence, Indirect, Request, SelectorDefinitions, select};
use compiler::graph::{Selectable, StateChanges};
use indexmap::IndexSet;

use super::context::Context;
use super::failure::{self, Failure};
use crate::cli::selection::{IndirectSelection, ResourceKind, ResourceTypeArgs, SelectionArgs};
use crate::project::Project;

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
    let indirect = indirect(context.settings.indirect_selection);
    let definitions = definitions(project, indirect)?;
    let selection = wanted.selection;
    let kinds = kinds(wanted)?;
    let history = History::read(context, project, selection)?;
    let request = Request {
        select: &selection.select,
        exclude: &selection.exclude,
        selector: selection.selector.as_deref(),
        definitions: &definitions,
        indirect,
        kinds: &kinds,
        keep_empty: wanted.keep_empty,
        evidence: history.evidence(),
    };
    let universe = project.manifest.universe();
    let found = select(&universe, &request)?;
    let mut fatal = false;
    for warning in &found.warnings {
        fatal |= context.console.warn(
            "NoNodesForSelectionCriteria",
            "M030",
            warning.message.clone(),
        );
    }
    if fatal {
        return Err(Failure::Told);
    }
    let ids: BTreeSet<&str> = found.ids(&universe).collect();
    Ok(ids.into_iter().map(str::to_owned).collect())
}

fn indirect(mode: IndirectSelection) -> Indirect {
    match mode {
        IndirectSelection::Eager => Indirect::Eager,
        IndirectSelection::Cautious => Indirect::Cautious,
        IndirectSelection::Buildable => Indirect::Buildable,
        IndirectSelection::Empty => Indirect::Empty,
    }
}

/// The project's `selectors.yml`.
fn definitions(project: &Project, indirect: Indirect) -> Result<SelectorDefinitions, Failure> {
    let list = project
        .selectors
        .get("selectors")
        .unwrap_or(&project.selectors);
    Ok(SelectorDefinitions::read(
        list.as_array().map_or(&[][..], Vec::as_slice),
        indirect,
    )?)
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

/// What `state:`, `result:` and `source_status:` compare with.
#[derive(Default)]
struct History {
    state: Option<StateChanges>,
    results: Option<RunResults>,
    sources: Option<SourcesResults>,
    sources_before: Option<SourcesResults>,
}

impl History {
    /// Reads only what the selection asks for. A state folder that is not there is an error, never "no state".
    fn read(
        context: &Context,
        project: &Project,
        selection: &SelectionArgs,
    ) -> Result<Self, Failure> {
        let mut history = Self::default();
        let uses = |method: &str| {
            selection.selector.is_some()
                || selection
                    .select
                    .iter()
                    .chain(&selection.exclude)
                    .any(|words| words.contains(method))
        };
        let Some(folder) = &context.settings.state else {
            return Ok(history);
        };
        if !folder.is_dir() {
            let message = format!("the state folder {} does not exist", folder.display());
            return Err(Diagnostic::error("no-state", message)
                .hint("check --state")
                .into());
        }
        if uses("state:") {
            let before: Manifest = read_artifact(&folder.join("manifest.json"))?;
            history.state = Some(StateChanges::between(&project.manifest, &before));
        }
        if uses("result:") {
            history.results = Some(read_artifact(&folder.join("run_results.json"))?);
        }
        if uses("source_status:") {
            history.sources_before = Some(read_artifact(&folder.join("sources.json"))?);
            history.sources = Some(read_artifact(&project.target_path.join("sources.json"))?);
        }
        Ok(history)
    }

    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            state: self.state.as_ref(),
            results: self.results.as_ref(),
            sources: self.sources.as_ref(),
            sources_before: self.sources_before.as_ref(),
        }
    }
}

/// Reads one artifact of dbt or Refract.
pub fn read_artifact<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = fs::read_to_string(path).map_err(|error| failure::file(path, "read", &error))?;
    serde_json::from_str(&text).map_err(|error| {
        let message = format!(
            "{} is no artifact that can be read: {error}",
            path.display()
        );
        Diagnostics::from(Diagnostic::error("artifact", message)).into()
    })
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
