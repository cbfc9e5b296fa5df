//! `ref()` and `source()` calls and their targets.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::assemble::Loader;
use super::draft::Draft;
use crate::artifacts::manifest::{Node, Ref, ResourceType};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::near::did_you_mean;
use crate::parse::behavior::OWN_PACKAGE_FIRST;
use crate::parse::project::PROJECT_FILE;
use crate::parse::python::str_of;

/// What `ref()` finds by name: package to unique id, in the order of adding.
#[derive(Debug, Clone, Default)]
pub(super) struct NameIndex {
    enabled: HashMap<String, IndexMap<String, String>>,
    disabled: HashMap<String, IndexMap<String, String>>,
}

impl NameIndex {
    /// The unique id of an enabled node.
    pub(super) fn find(
        &self,
        name: &str,
        package: Option<&str>,
        version: Option<&Json>,
    ) -> Option<String> {
        find(&self.enabled, name, package, version)
    }
}

pub(super) fn key(name: &str, version: Option<&Json>) -> String {
    match version {
        Some(version) => format!("{name}.v{}", str_of(version)),
        None => name.to_owned(),
    }
}

fn find(
    index: &HashMap<String, IndexMap<String, String>>,
    name: &str,
    package: Option<&str>,
    version: Option<&Json>,
) -> Option<String> {
    let packages = index.get(&key(name, version))?;
    match package {
        Some(package) => packages.get(package).cloned(),
        None => packages.values().next().cloned(),
    }
}

pub(super) fn is_refable(kind: ResourceType) -> bool {
    matches!(
        kind,
        ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot
    )
}

fn add(index: &mut HashMap<String, IndexMap<String, String>>, node: &Node) {
    if !is_refable(node.resource_type) {
        return;
    }
    let mut insert = |key: String| {
        index
            .entry(key)
            .or_default()
            .insert(node.package_name.clone(), node.unique_id.clone());
    };
    insert(key(&node.name, node.version.as_ref()));
    if node.version.is_some() && node.version == node.latest_version {
        insert(node.name.clone());
    }
}

/// What a reference came to.
pub(super) enum RefTarget {
    Node(String),
    Disabled(String),
    Missing,
}

impl RefTarget {
    /// The enabled node.
    pub(super) fn node(self) -> Option<String> {
        match self {
            Self::Node(id) => Some(id),
            Self::Disabled(_) | Self::Missing => None,
        }
    }
}

impl Loader {
    /// Builds the index of names anew.
    pub(super) fn index_names(&mut self) {
        let mut names = NameIndex::default();
        for draft in self.nodes.values() {
            add(&mut names.enabled, &draft.node);
        }
        for draft in &self.disabled {
            add(&mut names.disabled, &draft.node);
        }
        self.names = names;
    }

    /// Fills in `depends_on.nodes` of everything; what has no target is told.
    pub(super) fn resolve_references(&mut self, diagnostics: &mut Diagnostics) {
        self.check_names(diagnostics);
        for at in 0..self.nodes.len() {
            let draft = &self.nodes[at];
            if draft.node.resource_type == ResourceType::Seed {
                continue;
            }
            let (found, complete) = self.targets_of_node(draft, diagnostics);
            let node = &mut self.nodes[at].node;
            for id in found {
                if !node.depends_on.nodes.contains(&id) {
                    node.depends_on.nodes.push(id);
                }
            }
            if !complete {
                node.config.0.insert("enabled".into(), Json::Bool(false));
            }
        }
        for at in 0..self.exposures.len() {
            let (unique_id, exposure) = match self.exposures.get_index(at) {
                Some((id, exposure)) => (id.clone(), exposure.clone()),
                None => continue,
            };
            let place = self.exposure_places.get(&unique_id).cloned();
            let mut found = Vec::new();
            for source in &exposure.sources {
                found.extend(self.source_target(
                    &exposure.package_name,
                    source,
                    &unique_id,
                    place.as_ref(),
                    diagnostics,
                ));
            }
            for reference in &exposure.refs {
                found.extend(self.ref_target(
                    &exposure.package_name,
                    reference,
                    &unique_id,
                    None,
                    place.as_ref(),
                    diagnostics,
                ));
            }
            let nodes = &mut self.exposures[at].depends_on.nodes;
            for id in found {
                if !nodes.contains(&id) {
                    nodes.push(id);
                }
            }
        }
    }

    /// Fills in what a hook of the project file refers to.
    pub(super) fn resolve_hook(&self, hook: &mut Node, diagnostics: &mut Diagnostics) {
        let package = self
            .packages
            .iter()
            .position(|package| package.file.name == hook.package_name)
            .unwrap_or_default();
        let file = self.packages[package].folder.join(PROJECT_FILE);
        let draft = Draft::new(hook.clone(), package, &file);
        let (found, _) = self.targets_of_node(&draft, diagnostics);
        for id in found {
            if !hook.depends_on.nodes.contains(&id) {
                hook.depends_on.nodes.push(id);
            }
        }
    }

    /// The targets of a node's references, sources first; false where a test's target is missing.
    fn targets_of_node(&self, draft: &Draft, diagnostics: &mut Diagnostics) -> (Vec<String>, bool) {
        let node = &draft.node;
        let mut found = Vec::new();
        let mut told = Diagnostics::default();
        for source in &node.sources {
            let place = place_of_reference(draft, &source.last().cloned().unwrap_or_default());
            found.extend(self.source_target(
                &node.package_name,
                source,
                &node.unique_id,
                Some(&place),
                &mut told,
            ));
        }
        for reference in &node.refs {
            let place = place_of_reference(draft, &reference.name);
            found.extend(self.ref_target(
                &node.package_name,
                reference,
                &node.unique_id,
                Some(node),
                Some(&place),
                &mut told,
            ));
        }
        let place_of = |name: &str| place_of_reference(draft, name);
        found.extend(self.function_targets(draft, place_of, &mut told));
        let complete = !told.has_errors();
        if node.resource_type == ResourceType::Test {
            // A test whose target is away does not stop the project; a disabled one is not even worth a word, as long as
            // it is no source.
            told.0.retain(|diagnostic| {
                !["ref-disabled", "function-disabled"].contains(&diagnostic.code)
            });
            for diagnostic in &mut told.0 {
                diagnostic.severity = crate::diag::Severity::Warning;
            }
        }
        diagnostics.extend(told);
        (found, complete)
    }

    fn ref_target(
        &self,
        package: &str,
        reference: &Ref,
        owner: &str,
        node: Option<&Node>,
        place: Option<&Span>,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        let error = match self.find_ref(package, reference) {
            RefTarget::Node(id) => {
                diagnostics.extend(Diagnostics(
                    node.and_then(|node| self.forbidden(node, &id, place))
                        .into_iter()
                        .chain(self.reads_project(package, reference, owner, &id, place))
                        .collect(),
                ));
                return Some(id);
            }
            RefTarget::Disabled(id) => Diagnostic::error(
                "ref-disabled",
                format!("{owner} refers to '{}', which is disabled", reference.name),
            )
            .hint(format!("enable {id}, or remove the reference")),
            RefTarget::Missing => self.missing_ref(reference, owner),
        };
        diagnostics.push(match place {
            Some(place) => error.at(place.clone()),
            None => error,
        });
        None
    }

    pub(super) fn find_ref(&self, package: &str, reference: &Ref) -> RefTarget {
        let root = self.packages[0].file.name.as_str();
        let candidates: Vec<Option<&str>> = match &reference.package {
            Some(package) => vec![Some(package)],
            None if package == root => vec![Some(root), None],
            None if self.packages[0].file.behavior.is_on(OWN_PACKAGE_FIRST) => {
                vec![Some(package), Some(root), None]
            }
            None => vec![Some(root), Some(package), None],
        };
        let version = reference.version.as_ref();
        let mut disabled = None;
        for candidate in candidates {
            if let Some(id) = self.names.find(&reference.name, candidate, version) {
                return RefTarget::Node(id);
            }
            if disabled.is_none() {
                disabled = find(&self.names.disabled, &reference.name, candidate, version);
            }
        }
        disabled.map_or(RefTarget::Missing, RefTarget::Disabled)
    }

    pub(super) fn missing_ref(&self, reference: &Ref, owner: &str) -> Diagnostic {
        let mut what = format!("'{}'", reference.name);
        if let Some(version) = &reference.version {
            what.extend([" version ", &str_of(version)]);
        }
        if let Some(package) = &reference.package {
            what.extend([" in package '", package, "'"]);
        }
        let error = Diagnostic::error(
            "ref-not-found",
            format!("{owner} refers to {what}, which is not in the project"),
        );
        let refable = || {
            self.nodes
                .values()
                .filter(|draft| is_refable(draft.node.resource_type))
        };
        let versions: Vec<String> = refable()
            .filter(|draft| draft.node.name == reference.name)
            .filter_map(|draft| draft.node.version.as_ref().map(str_of))
            .collect();
        if !versions.is_empty() {
            return error.hint(format!("its versions are {}", versions.join(", ")));
        }
        match did_you_mean(&reference.name, refable().map(|draft| draft.node.name.as_str())) {
            Some(hint) => error.hint(hint),
            None => error.hint("check the name, or add the model; a table that the project does not make is a source()"),
        }
    }

    /// Whether the target's group or package keeps others out.
    fn forbidden(&self, node: &Node, target: &str, place: Option<&Span>) -> Option<Diagnostic> {
        let target = &self.nodes.get(target)?.node;
        let refused = |scope: String| {
            let error = Diagnostic::error(
                "ref-access",
                format!(
                    "{} refers to '{}', which is {} to {scope}",
                    node.unique_id,
                    target.name,
                    target.access.as_deref().unwrap_or_default()
                ),
            )
            .hint("refer to a public model, or change its access");
            match place {
                Some(place) => error.at(place.clone()),
                None => error,
            }
        };
        if target.resource_type != ResourceType::Model {
            return None;
        }
        let restricted = self
            .packages
            .iter()
            .find(|package| package.file.name == target.package_name)
            .is_some_and(|package| package.file.restrict_access);
        let foreign = node.package_name != target.package_name && restricted;
        match target.access.as_deref() {
            Some("private") if node.group.is_none() || node.group != target.group || foreign => {
                Some(refused(format!(
                    "group '{}'",
                    target.group.as_deref().unwrap_or_default()
                )))
            }
            Some("protected") if foreign => {
                Some(refused(format!("package '{}'", target.package_name)))
            }
            _ => None,
        }
    }

    /// Warns where a package's node refers to one of the project without saying so: the package's own comes after it.
    fn reads_project(
        &self,
        package: &str,
        reference: &Ref,
        owner: &str,
        target: &str,
        place: Option<&Span>,
    ) -> Option<Diagnostic> {
        let root = &self.packages[0].file;
        let target = &self.nodes.get(target)?.node;
        if root.behavior.is_on(OWN_PACKAGE_FIRST)
            || package == root.name
            || target.package_name != root.name
            || reference.package.as_ref() == Some(&root.name)
        {
            return None;
        }
        let message = format!(
            "{owner} of package '{package}' refers to '{}', which is the project's: {}",
            reference.name, target.unique_id
        );
        let warning = Diagnostic::warning("package-reads-project", message).hint(format!(
            "such references can make cycles: `flags: {{{OWN_PACKAGE_FIRST}: true}}` looks into the package first"
        ));
        Some(match place {
            Some(place) => warning.at(place.clone()),
            None => warning,
        })
    }

    fn source_target(
        &self,
        package: &str,
        source: &[String],
        owner: &str,
        place: Option<&Span>,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        let [source_name, table] = source else {
            return None;
        };
        let root = &self.packages[0].file.name;
        let mut disabled = false;
        let own = [root.as_str(), package];
        for candidate in own {
            let id = format!("source.{candidate}.{source_name}.{table}");
            if self.sources.contains_key(&id) {
                return Some(id);
            }
            disabled |= self
                .disabled_sources
                .iter()
                .any(|source| source.unique_id == id);
        }
        let anywhere = self
            .sources
            .values()
            .find(|known| known.source_name == *source_name && known.name == *table);
        if let Some(found) = anywhere {
            return Some(found.unique_id.clone());
        }
        let error = if disabled {
            Diagnostic::error(
                "source-disabled",
                format!("{owner} reads source '{source_name}.{table}', which is disabled"),
            )
            .hint("enable it, or remove the reference")
        } else {
            self.missing_source(source_name, table, owner)
        };
        diagnostics.push(match place {
            Some(place) => error.at(place.clone()),
            None => error,
        });
        None
    }

    fn missing_source(&self, source: &str, table: &str, owner: &str) -> Diagnostic {
        let error = Diagnostic::error(
            "source-not-found",
            format!("{owner} reads source '{source}.{table}', which is not defined"),
        );
        let tables: Vec<&str> = self
            .sources
            .values()
            .filter(|known| known.source_name == source)
            .map(|known| known.name.as_str())
            .collect();
        if tables.is_empty() {
            let mut names: Vec<&str> = self
                .sources
                .values()
                .map(|known| known.source_name.as_str())
                .collect();
            names.dedup();
            return match did_you_mean(source, names) {
                Some(hint) => error.hint(hint),
                None => error.hint(format!(
                    "define source '{source}' with its tables in a property file under `sources:`"
                )),
            };
        }
        match did_you_mean(table, tables.iter().copied()) {
            Some(hint) => error.hint(hint),
            None => error.hint(format!(
                "source '{source}' has the tables {}",
                tables.join(", ")
            )),
        }
    }
}

/// Where a node's code names something.
fn place_of_reference(draft: &Draft, name: &str) -> Span {
    if draft.node.test_metadata.is_some() {
        return draft.patched_at.clone().unwrap_or_else(|| draft.place());
    }
    for quote in ['\'', '"'] {
        let quoted = format!("{quote}{name}{quote}");
        if let Some(at) = draft.node.raw_code.find(&quoted) {
            let before = &draft.node.raw_code[..at];
            let line = before.matches('\n').count();
            let column = before
                .rsplit('\n')
                .next()
                .unwrap_or_default()
                .chars()
                .count()
                + 1;
            return Span::at(&draft.file, draft.line + line, column);
        }
    }
    draft.place()
}
