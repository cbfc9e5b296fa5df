//! The index as selectors see it, so that the browser evaluates what the binary does.

use super::types::CatalogIndex;
use crate::artifacts::manifest::ResourceType;
use crate::graph::{Element, Selectable, Universe};

impl Selectable for CatalogIndex {
    /// The nodes first, then the tests. `empty` is not known here, and configuration is what the index carries.
    fn universe(&self) -> Universe<'_> {
        let mut elements = Vec::with_capacity(self.nodes.len() + self.tests.len());
        let mut parents = Vec::with_capacity(self.nodes.len() + self.tests.len());
        for node in &self.nodes {
            elements.push(Element {
                unique_id: &node.unique_id,
                name: &node.name,
                kind: node.kind,
                package: &node.package,
                path: &node.path,
                patch_path: node.patch_path.as_deref(),
                fqn: node.fqn.iter().map(|part| &**part).collect(),
                tags: node.tags.iter().map(|tag| &**tag).collect(),
                config: Some(&node.config.0),
                source: node.source.as_deref(),
                access: node.access.as_deref(),
                version: node.version.as_deref().map(Into::into),
                latest_version: node.latest_version.as_deref().map(Into::into),
                generic_test: None,
                empty: false,
            });
            parents.push(node.parents.clone());
        }
        for test in &self.tests {
            elements.push(Element {
                unique_id: &test.unique_id,
                name: &test.name,
                kind: ResourceType::Test,
                package: &test.package,
                path: &test.path,
                patch_path: None,
                fqn: test.fqn.iter().map(|part| &**part).collect(),
                tags: test.tags.iter().map(|tag| &**tag).collect(),
                config: Some(&test.config.0),
                source: None,
                access: None,
                version: None,
                latest_version: None,
                generic_test: test
                    .test
                    .as_deref()
                    .map(|word| word.rsplit('.').next().unwrap_or(word)),
                empty: false,
            });
            parents.push(test.parents.clone());
        }
        Universe::new(&self.project.name, elements, parents)
    }
}
