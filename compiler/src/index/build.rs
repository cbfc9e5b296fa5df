//! From artifacts to the index.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::keys::foreign_keys;
use super::known::{
    Packages, freshness_of, key_tested, last_result, merged_columns, other, owner_of,
};
use super::pool::Pool;
use super::types::{CatalogIndex, IndexColumn, IndexItem, IndexNode, IndexTest, ProjectInfo};
use crate::artifacts::catalog::{Catalog, CatalogTable};
use crate::artifacts::manifest::{Column, Manifest, Node, ResourceType, Source};
use crate::artifacts::results::{RunResults, SourcesResults};
use crate::contract::{self, Facts, attached_to, test_column, test_word, to_second};
use crate::graph::{Element, Selectable, Universe};

/// Builds the index from dbt's artifacts; only the manifest must be there.
pub fn build(
    manifest: &Manifest,
    catalog: Option<&Catalog>,
    results: Option<&RunResults>,
    sources: Option<&SourcesResults>,
) -> CatalogIndex {
    from_facts(&Facts::new(manifest, catalog, results, sources))
}

/// Builds the index from artifacts that were looked up already, with history where it is kept.
pub fn from_facts(facts: &Facts<'_>) -> CatalogIndex {
    let universe = facts.manifest.universe();
    let mut builder = Builder {
        facts,
        pool: Pool::default(),
        positions: HashMap::new(),
    };
    let is_test = |element: &Element<'_>| element.kind == ResourceType::Test;
    let wanted: Vec<usize> = (0..universe.elements.len())
        .filter(|position| !is_test(&universe.elements[*position]))
        .filter(|position| universe.elements[*position].kind != ResourceType::Operation)
        .collect();
    for (new, old) in wanted.iter().enumerate() {
        builder
            .positions
            .insert(universe.elements[*old].unique_id, new as u32);
    }
    let mut index = CatalogIndex {
        project: project(facts),
        ..CatalogIndex::default()
    };
    for old in wanted {
        let node = builder.node(&universe, old);
        index.nodes.push(node);
    }
    builder.tests(&universe, &mut index);
    index.keys = foreign_keys(facts.manifest, &index, &builder.positions);
    let packages = Packages::of(facts.manifest);
    for item in facts
        .manifest
        .macros
        .values()
        .filter(|item| packages.shown(&item.package_name))
    {
        index.macros.push(IndexItem {
            unique_id: item.unique_id.clone(),
            name: item.name.clone(),
            package: item.package_name.clone(),
            path: item.original_file_path.clone(),
            documented: !item.description.trim().is_empty(),
        });
    }
    for doc in facts
        .manifest
        .docs
        .values()
        .filter(|doc| packages.shown(&doc.package_name))
    {
        index.docs.push(IndexItem {
            unique_id: doc.unique_id.clone(),
            name: doc.name.clone(),
            package: doc.package_name.clone(),
            path: doc.original_file_path.clone(),
            documented: true,
        });
    }
    for (id, group) in &facts.manifest.groups {
        let text = |key: &str| group[key].as_str().unwrap_or_default().to_owned();
        let item = IndexItem {
            unique_id: id.clone(),
            name: text("name"),
            package: text("package_name"),
            path: text("original_file_path"),
            documented: !text("description").trim().is_empty(),
        };
        if packages.shown(&item.package) {
            index.groups.push(item);
        }
    }
    index.complete();
    index
}

fn project(facts: &Facts<'_>) -> ProjectInfo {
    let metadata = &facts.manifest.metadata;
    let command = facts
        .run
        .and_then(|run| run.args.get("which"))
        .and_then(Value::as_str);
    ProjectInfo {
        name: metadata.project_name.clone().unwrap_or_default(),
        adapter: metadata.adapter_type.clone().unwrap_or_default(),
        dbt_version: metadata.dbt_version.clone(),
        generated_at: to_second(&metadata.generated_at)
            .unwrap_or_else(|| metadata.generated_at.clone()),
        catalog_at: facts
            .catalog
            .and_then(|catalog| to_second(&catalog.metadata.generated_at)),
        run_at: facts
            .run
            .and_then(|run| to_second(&run.metadata.generated_at)),
        freshness_at: facts
            .freshness
            .and_then(|freshness| to_second(&freshness.metadata.generated_at)),
        command: command.map(str::to_owned),
        selectors: facts.manifest.selectors.values().cloned().collect(),
    }
}

struct Builder<'a> {
    facts: &'a Facts<'a>,
    pool: Pool,
    positions: HashMap<&'a str, u32>,
}

impl Builder<'_> {
    fn node(&mut self, universe: &Universe<'_>, old: usize) -> IndexNode {
        let element = &universe.elements[old];
        let facts = self.facts;
        let needs = universe.parents[old]
            .iter()
            .map(|parent| universe.elements[*parent as usize].unique_id);
        let parents = needs
            .filter_map(|id| self.positions.get(id).copied())
            .collect();
        let mut node = IndexNode {
            unique_id: element.unique_id.to_owned(),
            name: element.name.to_owned(),
            kind: element.kind,
            package: self.pool.text(element.package),
            path: element.path.to_owned(),
            patch_path: self.pool.maybe(element.patch_path),
            fqn: self.pool.all(&element.fqn),
            database: None,
            schema: None,
            relation: None,
            config: self.pool.config(element.config),
            tags: self.pool.all(&element.tags),
            source: self.pool.maybe(element.source),
            exposure_type: None,
            owner: None,
            group: None,
            access: self.pool.maybe(element.access),
            version: self.pool.maybe(element.version.as_deref()),
            latest_version: self.pool.maybe(element.latest_version.as_deref()),
            hidden: false,
            documented: false,
            color: None,
            parents,
            children: Vec::new(),
            columns: Vec::new(),
            tests: Vec::new(),
            last: facts
                .result(element.unique_id)
                .map(|result| last_result(facts, result)),
            freshness: None,
            contract: None,
            key_tested: false,
        };
        let manifest = facts.manifest;
        if let Some(own) = manifest.node(element.unique_id) {
            self.own_node(own, &mut node);
        } else if let Some(source) = manifest.sources.get(element.unique_id) {
            self.source(source, &mut node);
        } else if let Some(exposure) = manifest.exposures.get(element.unique_id) {
            node.exposure_type = self.pool.maybe(Some(&exposure.exposure_type));
            node.documented = !exposure.description.trim().is_empty();
        } else if let Some(value) = other(manifest, element.unique_id) {
            let description = value
                .get("description")
                .and_then(Value::as_str)
                .unwrap_or_default();
            node.documented = !description.trim().is_empty();
            let group = value
                .get("group")
                .or_else(|| value.pointer("/config/group"))
                .and_then(Value::as_str);
            node.group = self.pool.maybe(group);
        }
        let owner = owner_of(manifest, element.unique_id);
        node.owner = self
            .pool
            .maybe(owner.as_ref().map(|owner| owner.name.as_str()));
        node
    }

    fn own_node(&mut self, own: &Node, node: &mut IndexNode) {
        if own.relation_name.is_some() {
            node.database = self.pool.maybe(own.database.as_deref());
            node.schema = self.pool.maybe(Some(&own.schema));
            node.relation = self.pool.maybe(Some(&own.alias));
        }
        node.group = self.pool.maybe(own.group.as_deref());
        node.hidden = !own.docs.show;
        node.documented = !own.description.trim().is_empty();
        node.color = self.pool.maybe(own.docs.node_color.as_deref());
        node.columns = self.columns(&own.columns, self.facts.table(&own.unique_id));
        node.contract = contract::view(self.facts, &own.unique_id).map(|view| view.state);
        node.key_tested = key_tested(self.facts.tests(&own.unique_id));
    }

    fn source(&mut self, source: &Source, node: &mut IndexNode) {
        node.database = self.pool.maybe(source.database.as_deref());
        node.schema = self.pool.maybe(Some(&source.schema));
        node.relation = self.pool.maybe(Some(&source.identifier));
        node.documented = !source.description.trim().is_empty();
        node.columns = self.columns(&source.columns, self.facts.table(&source.unique_id));
        node.freshness = freshness_of(self.facts, source);
        node.key_tested = key_tested(self.facts.tests(&source.unique_id));
    }

    fn columns(
        &mut self,
        documented: &IndexMap<String, Column>,
        table: Option<&CatalogTable>,
    ) -> Vec<IndexColumn> {
        merged_columns(documented, table)
            .into_iter()
            .map(|(name, column, _)| IndexColumn {
                name: self.pool.text(name),
                documented: column.is_some_and(|column| !column.description.trim().is_empty()),
                tests: 0,
                worst: None,
            })
            .collect()
    }

    /// Tests, those of a node together and in the nodes' order, then those that belong to none.
    fn tests(&mut self, universe: &Universe<'_>, index: &mut CatalogIndex) {
        let mut by_node: Vec<Vec<IndexTest>> = vec![Vec::new(); index.nodes.len()];
        let mut free = Vec::new();
        for (position, element) in universe.elements.iter().enumerate() {
            let Some(own) = self.facts.manifest.nodes.get(element.unique_id) else {
                continue;
            };
            if own.resource_type != ResourceType::Test {
                continue;
            }
            let test = self.test(universe, position, own, index);
            match test.node {
                Some(node) => by_node[node as usize].push(test),
                None => free.push(test),
            }
        }
        for (node, tests) in by_node.into_iter().enumerate() {
            for test in tests {
                index.nodes[node].tests.push(index.tests.len() as u32);
                index.tests.push(test);
            }
        }
        index.tests.extend(free);
    }

    fn test(
        &mut self,
        universe: &Universe<'_>,
        old: usize,
        own: &Node,
        index: &CatalogIndex,
    ) -> IndexTest {
        let element = &universe.elements[old];
        let node = attached_to(own).and_then(|id| self.positions.get(id).copied());
        let needs = universe.parents[old]
            .iter()
            .map(|parent| universe.elements[*parent as usize].unique_id);
        let columns = node
            .map(|node| index.nodes[node as usize].columns.as_slice())
            .unwrap_or_default();
        let column = test_column(own)
            .and_then(|name| {
                columns
                    .iter()
                    .find(|column| column.name.eq_ignore_ascii_case(name))
            })
            .map(|column| column.name.clone());
        let word = test_word(own);
        let result = self.facts.result(&own.unique_id);
        IndexTest {
            unique_id: own.unique_id.clone(),
            name: own.name.clone(),
            test: self.pool.maybe(word.as_deref()),
            package: self.pool.text(element.package),
            path: self.pool.text(element.path),
            fqn: self.pool.all(&element.fqn),
            column,
            node,
            parents: needs
                .filter_map(|id| self.positions.get(id).copied())
                .collect(),
            config: self.pool.config(element.config),
            tags: self.pool.all(&element.tags),
            last: result.map(|result| last_result(self.facts, result)),
        }
    }
}
