//! What all parts of a manifest have in common, whatever list they stand in.

use serde_json::Value;

use super::manifest::{Manifest, ResourceType};

/// A node, source, exposure, unit test or part of the semantic layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource<'m> {
    /// Kind.
    pub kind: ResourceType,
    /// Name; a versioned unit test's ends with its version, as dbt shows it.
    pub name: String,
    /// File below its package's root.
    pub file: &'m str,
    /// Unique ids of what it reads.
    pub parents: Vec<&'m str>,
}

impl Manifest {
    /// The resource with this id, macros, docs and groups left out.
    pub fn resource(&self, id: &str) -> Option<Resource<'_>> {
        if let Some(node) = self.node(id) {
            return Some(Resource {
                kind: node.resource_type,
                name: node.name.clone(),
                file: &node.original_file_path,
                parents: node.depends_on.nodes.iter().map(String::as_str).collect(),
            });
        }
        if let Some(source) = self.sources.get(id) {
            return Some(Resource {
                kind: ResourceType::Source,
                name: format!("{}.{}", source.source_name, source.name),
                file: &source.original_file_path,
                parents: Vec::new(),
            });
        }
        if let Some(exposure) = self.exposures.get(id) {
            return Some(Resource {
                kind: ResourceType::Exposure,
                name: exposure.name.clone(),
                file: &exposure.original_file_path,
                parents: exposure
                    .depends_on
                    .nodes
                    .iter()
                    .map(String::as_str)
                    .collect(),
            });
        }
        let plain = [
            (&self.unit_tests, ResourceType::UnitTest),
            (&self.saved_queries, ResourceType::SavedQuery),
            (&self.metrics, ResourceType::Metric),
            (&self.semantic_models, ResourceType::SemanticModel),
        ];
        plain
            .into_iter()
            .find_map(|(list, kind)| list.get(id).map(|value| of_json(kind, value)))
    }
}

fn of_json(kind: ResourceType, value: &Value) -> Resource<'_> {
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    let version = match &value["version"] {
        Value::Null => String::new(),
        Value::String(version) => format!("_v{version}"),
        version => format!("_v{version}"),
    };
    let parents = value["depends_on"]["nodes"].as_array();
    Resource {
        kind,
        name: format!("{}{version}", text("name")),
        file: text("original_file_path"),
        parents: parents
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect(),
    }
}
