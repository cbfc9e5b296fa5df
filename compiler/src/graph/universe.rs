//! What selectors see: the elements of a project with their edges, whether read from a manifest or an index.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::artifacts::manifest::{Manifest, ResourceType};

/// One element: a node, source, test, exposure and so on. What a kind does not have is empty or `None`.
#[derive(Debug, Clone)]
pub struct Element<'a> {
    /// Unique id.
    pub unique_id: &'a str,
    /// Name; for a source the table's name.
    pub name: &'a str,
    /// Kind.
    pub kind: ResourceType,
    /// Package.
    pub package: &'a str,
    /// File below the package's root.
    pub path: &'a str,
    /// Property file below the package's root.
    pub patch_path: Option<&'a str>,
    /// Package, folders and name.
    pub fqn: Vec<&'a str>,
    /// Tags.
    pub tags: Vec<&'a str>,
    /// Configuration.
    pub config: Option<&'a Map<String, Value>>,
    /// Sources: name of the source.
    pub source: Option<&'a str>,
    /// Models: access.
    pub access: Option<&'a str>,
    /// Models: version.
    pub version: Option<Cow<'a, str>>,
    /// Models: latest version of the name.
    pub latest_version: Option<Cow<'a, str>>,
    /// Generic tests: the test's name without its package.
    pub generic_test: Option<&'a str>,
    /// Whether it has no SQL at all, so that nothing is run for it.
    pub empty: bool,
}

/// All elements of a project. Positions are into `elements`.
#[derive(Debug, Clone, Default)]
pub struct Universe<'a> {
    /// The root project's name, for `package:this`.
    pub root_package: &'a str,
    /// The elements.
    pub elements: Vec<Element<'a>>,
    /// What each reads.
    pub parents: Vec<Vec<u32>>,
    /// What reads each.
    pub children: Vec<Vec<u32>>,
}

/// Something that selectors work on.
pub trait Selectable {
    /// Its elements and edges.
    fn universe(&self) -> Universe<'_>;
}

impl<'a> Universe<'a> {
    /// Puts elements and edges together; repeated edges count once.
    pub fn new(
        root_package: &'a str,
        elements: Vec<Element<'a>>,
        mut parents: Vec<Vec<u32>>,
    ) -> Self {
        let mut children = vec![Vec::new(); elements.len()];
        for (child, parents) in parents.iter_mut().enumerate() {
            parents.sort_unstable();
            parents.dedup();
            for parent in parents {
                children[*parent as usize].push(child as u32);
            }
        }
        Self {
            root_package,
            elements,
            parents,
            children,
        }
    }
}

impl Selectable for Manifest {
    fn universe(&self) -> Universe<'_> {
        let mut elements = Vec::new();
        let mut needs: Vec<Vec<&str>> = Vec::new();
        // A test of something that is not there stays in the manifest, switched off.
        for node in self
            .nodes_and_functions()
            .filter(|node| node.config.enabled())
        {
            elements.push(Element {
                unique_id: &node.unique_id,
                name: &node.name,
                kind: node.resource_type,
                package: &node.package_name,
                path: &node.original_file_path,
                patch_path: node.patch_path.as_deref().map(without_package),
                fqn: node.fqn.iter().map(String::as_str).collect(),
                tags: node.tags.iter().map(String::as_str).collect(),
                config: Some(&node.config.0),
                source: None,
                access: node.access.as_deref(),
                version: node.version.as_ref().map(version_text),
                latest_version: node.latest_version.as_ref().map(version_text),
                generic_test: node.test_metadata.as_ref().map(|test| test.name.as_str()),
                empty: node.resource_type != ResourceType::Seed && node.raw_code.trim().is_empty(),
            });
            needs.push(node.depends_on.nodes.iter().map(String::as_str).collect());
        }
        for source in self.sources.values() {
            elements.push(Element {
                patch_path: source.patch_path.as_deref().map(without_package),
                fqn: source.fqn.iter().map(String::as_str).collect(),
                tags: source.tags.iter().map(String::as_str).collect(),
                config: Some(&source.config.0),
                source: Some(&source.source_name),
                ..bare(
                    &source.unique_id,
                    &source.name,
                    ResourceType::Source,
                    &source.package_name,
                    &source.original_file_path,
                )
            });
            needs.push(Vec::new());
        }
        for exposure in self.exposures.values() {
            elements.push(Element {
                fqn: exposure.fqn.iter().map(String::as_str).collect(),
                tags: exposure.tags.iter().map(String::as_str).collect(),
                config: Some(&exposure.config.0),
                ..bare(
                    &exposure.unique_id,
                    &exposure.name,
                    ResourceType::Exposure,
                    &exposure.package_name,
                    &exposure.original_file_path,
                )
            });
            needs.push(
                exposure
                    .depends_on
                    .nodes
                    .iter()
                    .map(String::as_str)
                    .collect(),
            );
        }
        let others = [
            (&self.metrics, ResourceType::Metric),
            (&self.semantic_models, ResourceType::SemanticModel),
            (&self.saved_queries, ResourceType::SavedQuery),
            (&self.unit_tests, ResourceType::UnitTest),
        ];
        for (values, kind) in others {
            for (id, value) in values {
                elements.push(element_of(id, value, kind));
                needs.push(texts(value.pointer("/depends_on/nodes")));
            }
        }
        let positions: HashMap<&str, u32> = elements
            .iter()
            .enumerate()
            .map(|(position, element)| (element.unique_id, position as u32))
            .collect();
        let parents = needs
            .iter()
            .map(|ids| {
                ids.iter()
                    .filter_map(|id| positions.get(id).copied())
                    .collect()
            })
            .collect();
        Universe::new(
            self.metadata.project_name.as_deref().unwrap_or_default(),
            elements,
            parents,
        )
    }
}

fn bare<'a>(
    unique_id: &'a str,
    name: &'a str,
    kind: ResourceType,
    package: &'a str,
    path: &'a str,
) -> Element<'a> {
    Element {
        unique_id,
        name,
        kind,
        package,
        path,
        patch_path: None,
        fqn: Vec::new(),
        tags: Vec::new(),
        config: None,
        source: None,
        access: None,
        version: None,
        latest_version: None,
        generic_test: None,
        empty: false,
    }
}

/// An element that the manifest keeps as plain JSON.
fn element_of<'a>(id: &'a str, value: &'a Value, kind: ResourceType) -> Element<'a> {
    let text = |key| value.get(key).and_then(Value::as_str).unwrap_or_default();
    Element {
        patch_path: value
            .get("patch_path")
            .and_then(Value::as_str)
            .map(without_package),
        fqn: texts(value.get("fqn")),
        tags: match texts(value.get("tags")) {
            // Unit tests keep their tags in the configuration alone.
            tags if tags.is_empty() => texts(value.pointer("/config/tags")),
            tags => tags,
        },
        config: value.get("config").and_then(Value::as_object),
        ..bare(
            id,
            text("name"),
            kind,
            text("package_name"),
            text("original_file_path"),
        )
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// `package://path` without the package.
pub(crate) fn without_package(patch_path: &str) -> &str {
    patch_path
        .split_once("://")
        .map_or(patch_path, |(_, path)| path)
}

/// A version, which YAML may give as number or text, as text.
pub(crate) fn version_text(version: &Value) -> Cow<'_, str> {
    match version {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}
