//! Which nodes a command is about: the one way from the words of a selection to unique ids, for the command line and
//! the page.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use compiler::artifacts::manifest::{Manifest, ResourceType};
use compiler::artifacts::results::{RunResults, SourcesResults};
use compiler::diag::{Diagnostic, Diagnostics};
use compiler::graph::select::{Evidence, Indirect, Request, SelectorDefinitions, select};
use compiler::graph::{Selectable, StateChanges, breaking_changes, large_seeds};
use indexmap::IndexSet;
use serde::de::DeserializeOwned;

use crate::project::Project;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// `--select`; nothing means everything, or the default selector where the project has one.
    pub select: &'a [String],
    /// `--exclude`.
    pub exclude: &'a [String],
    /// `--selector`: a name from `selectors.yml`.
    pub selector: Option<&'a str>,
    /// How tests come along.
    pub indirect: Indirect,
    /// Kinds that are taken.
    pub kinds: &'a [ResourceType],
    /// Whether nodes without SQL are kept.
    pub keep_empty: bool,
    /// `--state`: folder with the artifacts that `state:`, `result:` and `source_status:` compare with.
    pub state: Option<&'a Path>,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Unique ids, sorted as dbt sorts them.
    pub ids: IndexSet<String>,
    /// Parts of the selection that match nothing, seeds whose content is not compared.
    pub warnings: Vec<Diagnostic>,
}

/// Unique ids of what is wanted.
pub fn find(project: &Project, wanted: &Wanted<'_>) -> Result<Found, Diagnostics> {
    let definitions = SelectorDefinitions::of_file(&project.selectors, wanted.indirect)?;
    let history = History::read(project, wanted, &definitions)?;
    let request = Request {
        select: wanted.select,
        exclude: wanted.exclude,
        selector: wanted.selector,
        definitions: &definitions,
        indirect: wanted.indirect,
        kinds: wanted.kinds,
        keep_empty: wanted.keep_empty,
        evidence: history.evidence(),
    };
    let universe = project.manifest.universe();
    let found = select(&universe, &request)?;
    let ids: BTreeSet<&str> = found.ids(&universe).collect();
    let ids = ids.into_iter().map(str::to_owned).collect();
    let mut warnings = found.warnings;
    if wanted.selector.is_some() && !(wanted.select.is_empty() && wanted.exclude.is_empty()) {
        let message = "--select and --exclude do not count beside --selector";
        warnings.push(Diagnostic::warning("selector-beside-select", message));
    }
    Ok(Found { ids, warnings })
}

/// What `state:`, `result:` and `source_status:` compare with.
#[derive(Default)]
struct History {
    state: Option<StateChanges>,
    results: Option<RunResults>,
    sources: Option<SourcesResults>,
    sources_before: Option<SourcesResults>,
}

/// How sure it is that a selection uses a method.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    No,
    /// A YAML selector may; what is missing is told when it does.
    Maybe,
    Yes,
}

impl History {
    /// Reads only what the selection asks for. A state folder that is not there is an error, never "no state".
    fn read(
        project: &Project,
        wanted: &Wanted<'_>,
        definitions: &SelectorDefinitions,
    ) -> Result<Self, Diagnostics> {
        let mut history = Self::default();
        let Some(folder) = wanted.state else {
            return Ok(history);
        };
        if !folder.is_dir() {
            let message = format!("the state folder {} does not exist", folder.display());
            let diagnostic = Diagnostic::error("no-state", message).hint("check --state");
            return Err(diagnostic.into());
        }
        let says = |method: &str| {
            let mut words = wanted.select.iter().chain(wanted.exclude);
            words.any(|words| words.contains(method))
        };
        let by_default = wanted.select.is_empty() && wanted.exclude.is_empty();
        let by_name = wanted.selector.is_some()
            || says("selector:")
            || (by_default && definitions.default_name().is_some());
        let uses = |method: &str| match (says(method), by_name) {
            (true, _) => Use::Yes,
            (false, true) => Use::Maybe,
            (false, false) => Use::No,
        };
        if let Some(text) = text(&folder.join("manifest.json"), uses("state:"))? {
            let before = manifest(&folder.join("manifest.json"), &text)?;
            let now = &project.manifest;
            let seeds = large_seeds(now, &before, project.scope.max_seed_mib());
            let contracts = breaking_changes(now, &before);
            let changes = StateChanges::between(now, &before);
            history.state = Some(changes.telling(seeds, contracts));
        }
        history.results = artifact(&folder.join("run_results.json"), uses("result:"))?;
        let freshness = uses("source_status:");
        history.sources_before = artifact(&folder.join("sources.json"), freshness)?;
        history.sources = artifact(&project.target_path.join("sources.json"), freshness)?;
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

/// The manifest in a folder of artifacts, as `--defer` wants it.
pub fn manifest_in(folder: &Path) -> Result<Manifest, Diagnostic> {
    let path = folder.join("manifest.json");
    let text = text(&path, Use::Yes)?.unwrap_or_default();
    manifest(&path, &text)
}

fn manifest(path: &Path, text: &str) -> Result<Manifest, Diagnostic> {
    compiler::artifacts::read::manifest(text).map_err(|error| unreadable(path, &error))
}

fn artifact<T: DeserializeOwned>(path: &Path, used: Use) -> Result<Option<T>, Diagnostic> {
    let Some(text) = text(path, used)? else {
        return Ok(None);
    };
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| unreadable(path, &error))
}

fn text(path: &Path, used: Use) -> Result<Option<String>, Diagnostic> {
    if used == Use::No || (used == Use::Maybe && !path.exists()) {
        return Ok(None);
    }
    fs::read_to_string(path).map(Some).map_err(|error| {
        Diagnostic::error("file", format!("cannot read {}: {error}", path.display()))
    })
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Diagnostic {
    let message = format!(
        "{} is no artifact that can be read: {error}",
        path.display()
    );
    Diagnostic::error("artifact", message)
}
