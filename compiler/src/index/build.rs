//! From artifacts to the index.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::types::{
    CatalogIndex, IndexColumn, IndexItem, IndexNode, IndexTest, LastResult, NodeFreshness,
    ProjectInfo, Text,
};
use crate::artifacts::Config;
use crate::artifacts::catalog::{Catalog, CatalogTable};
use crate::artifacts::manifest::{Column, Manifest, Node, ResourceType, Source, Threshold};
use crate::artifacts::results::{RunResult, RunResults, SourcesResults};
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
    }
}

/// Which packages are people's own and which are dbt's and its adapters'.
pub(super) struct Packages<'a> {
    root: &'a str,
}

impl<'a> Packages<'a> {
    pub(super) fn of(manifest: &'a Manifest) -> Self {
        Self {
            root: manifest
                .metadata
                .project_name
                .as_deref()
                .unwrap_or_default(),
        }
    }

    /// Whether the catalog shows a package's macros and docs.
    pub(super) fn shown(&self, package: &str) -> bool {
        const ADAPTERS: [&str; 7] = [
            "duckdb",
            "postgres",
            "spark",
            "databricks",
            "redshift",
            "snowflake",
            "bigquery",
        ];
        let of_adapter = package
            .strip_prefix("dbt_")
            .is_some_and(|adapter| ADAPTERS.contains(&adapter));
        package == self.root || !(package == "dbt" || of_adapter)
    }
}

/// One copy of each text and configuration.
#[derive(Default)]
struct Pool {
    texts: HashMap<String, Text>,
    configs: HashMap<String, Arc<Config>>,
}

impl Pool {
    fn text(&mut self, text: &str) -> Text {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let new = Text::from(text);
        self.texts.insert(text.to_owned(), new.clone());
        new
    }

    fn maybe(&mut self, text: Option<&str>) -> Option<Text> {
        text.filter(|text| !text.is_empty())
            .map(|text| self.text(text))
    }

    fn all(&mut self, texts: &[&str]) -> Vec<Text> {
        texts.iter().map(|text| self.text(text)).collect()
    }

    fn config(&mut self, config: Option<&Map<String, Value>>) -> Arc<Config> {
        let slim = config.map(slim_config).unwrap_or_default();
        let key = serde_json::to_string(&slim).unwrap_or_default();
        self.configs
            .entry(key)
            .or_insert_with(|| Arc::new(Config(slim)))
            .clone()
    }
}

/// Configuration that is worth carrying: no empty values, no SQL of hooks, no contracts, nothing long.
fn slim_config(config: &Map<String, Value>) -> Map<String, Value> {
    const LEFT_OUT: [&str; 7] = [
        "alias",
        "pre-hook",
        "post-hook",
        "pre_hook",
        "post_hook",
        "feature_contract",
        "column_types",
    ];
    config
        .iter()
        .filter(|(key, _)| !LEFT_OUT.contains(&key.as_str()))
        .filter_map(|(key, value)| Some((key.clone(), slim_value(value)?)))
        .collect()
}

fn slim_value(value: &Value) -> Option<Value> {
    const LONGEST: usize = 120;
    match value {
        Value::Null => None,
        Value::String(text) => (!text.is_empty() && text.len() <= LONGEST).then(|| value.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.clone()),
        Value::Array(items) => {
            let short = items
                .iter()
                .all(|item| !item.is_object() && !item.is_array());
            (short && !items.is_empty() && value.to_string().len() <= 4 * LONGEST)
                .then(|| value.clone())
        }
        Value::Object(map) => {
            let slim = slim_config(map);
            (!slim.is_empty()).then_some(Value::Object(slim))
        }
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
        if let Some(own) = manifest.nodes.get(element.unique_id) {
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
        documented: &indexmap::IndexMap<String, Column>,
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

/// A metric, semantic model, saved query, unit test or function as plain JSON.
pub(super) fn other<'a>(manifest: &'a Manifest, id: &str) -> Option<&'a Value> {
    let lists = [
        &manifest.metrics,
        &manifest.semantic_models,
        &manifest.saved_queries,
        &manifest.unit_tests,
        &manifest.functions,
    ];
    lists.into_iter().find_map(|list| list.get(id))
}

/// A column by its name, with what the properties say and what the warehouse has.
pub(super) type MergedColumn<'a> = (
    &'a str,
    Option<&'a Column>,
    Option<&'a crate::artifacts::catalog::CatalogColumn>,
);

/// Columns of the warehouse in its order, then documented ones that it does not have. The properties' spelling
/// goes first, since warehouses fold case.
pub(super) fn merged_columns<'a>(
    documented: &'a indexmap::IndexMap<String, Column>,
    table: Option<&'a CatalogTable>,
) -> Vec<MergedColumn<'a>> {
    let mut found: Vec<_> = table.into_iter().flat_map(|table| &table.columns).collect();
    found.sort_by_key(|(_, column)| column.index);
    let by_name: HashMap<String, &Column> = documented
        .values()
        .map(|column| (column.name.to_lowercase(), column))
        .collect();
    let mut merged: Vec<MergedColumn<'_>> = found
        .iter()
        .map(|(name, column)| {
            let own = by_name.get(&name.to_lowercase()).copied();
            (
                own.map_or(name.as_str(), |own| own.name.as_str()),
                own,
                Some(*column),
            )
        })
        .collect();
    let there: std::collections::HashSet<String> =
        found.iter().map(|(name, _)| name.to_lowercase()).collect();
    let missing = documented
        .values()
        .filter(|column| !there.contains(&column.name.to_lowercase()));
    merged.extend(missing.map(|column| (column.name.as_str(), Some(column), None)));
    merged
}

/// Whether tests prove a key: one column both unique and not NULL, or a unique combination.
fn key_tested(tests: &[&Node]) -> bool {
    let named = |test: &Node, name: &str| {
        test.test_metadata
            .as_ref()
            .is_some_and(|test| test.name == name)
    };
    let unique = tests.iter().filter(|test| named(test, "unique"));
    let not_null = |column: Option<&str>| {
        tests
            .iter()
            .any(|test| named(test, "not_null") && column.is_some() && test_column(test) == column)
    };
    unique.map(|test| test_column(test)).any(not_null)
        || tests
            .iter()
            .any(|test| named(test, "unique_combination_of_columns"))
}

/// A result as pages show it.
pub(super) fn last_result(facts: &Facts<'_>, result: &RunResult) -> LastResult {
    LastResult {
        status: result.status,
        at: facts.ended(result),
        since: facts
            .since
            .and_then(|since| to_second(since.get(&result.unique_id)?)),
        seconds: (result.execution_time * 1000.0).round() / 1000.0,
        failures: result.failures,
    }
}

/// Limits and last check of a source; `None` where there is neither.
pub(super) fn freshness_of(facts: &Facts<'_>, source: &Source) -> Option<NodeFreshness> {
    let limits = source.freshness.as_ref();
    let set = |threshold: Option<&Option<Threshold>>| {
        threshold
            .cloned()
            .flatten()
            .filter(|threshold| threshold.count.is_some())
    };
    let warn_after = set(limits.map(|limits| &limits.warn_after));
    let error_after = set(limits.map(|limits| &limits.error_after));
    let result = facts.source_result(&source.unique_id);
    if warn_after.is_none() && error_after.is_none() && result.is_none() {
        return None;
    }
    Some(NodeFreshness {
        warn_after,
        error_after,
        status: result.map(|result| result.status),
        max_loaded_at: result.and_then(|result| to_second(result.max_loaded_at.as_deref()?)),
        checked_at: result.and_then(|result| to_second(result.snapshotted_at.as_deref()?)),
        age_seconds: result
            .and_then(|result| result.max_loaded_at_time_ago_in_s)
            .map(f64::round),
        error: result.and_then(|result| result.error.clone()),
    })
}

/// Who answers for a node: `meta.owner`, else its group's owner, else the exposure's own.
pub(super) fn owner_of(manifest: &Manifest, id: &str) -> Option<super::detail::Owner> {
    let from_meta = |meta: &Map<String, Value>| owner_value(meta.get("owner")?, "meta.owner");
    if let Some(node) = manifest.nodes.get(id) {
        let in_config = node.config.get("meta").and_then(Value::as_object);
        return from_meta(&node.meta)
            .or_else(|| from_meta(in_config?))
            .or_else(|| group_owner(manifest, node.group.as_deref()?));
    }
    if let Some(source) = manifest.sources.get(id) {
        return from_meta(&source.meta).or_else(|| from_meta(&source.source_meta));
    }
    if let Some(exposure) = manifest.exposures.get(id) {
        return from_meta(&exposure.meta)
            .or_else(|| owner_value(&Value::Object(exposure.owner.clone()), "exposure"));
    }
    let value = other(manifest, id)?;
    let meta = value
        .get("meta")
        .or_else(|| value.pointer("/config/meta"))
        .and_then(Value::as_object);
    let group = value
        .get("group")
        .or_else(|| value.pointer("/config/group"))
        .and_then(Value::as_str);
    meta.and_then(from_meta)
        .or_else(|| group_owner(manifest, group?))
}

fn group_owner(manifest: &Manifest, group: &str) -> Option<super::detail::Owner> {
    let named = |value: &&Value| value.get("name").and_then(Value::as_str) == Some(group);
    owner_value(manifest.groups.values().find(named)?.get("owner")?, "group")
}

fn owner_value(value: &Value, from: &str) -> Option<super::detail::Owner> {
    let text = |value: &Value| {
        let first = match value {
            Value::Array(items) => items.first()?,
            one => one,
        };
        first
            .as_str()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let email = value.get("email").and_then(text);
    let name = match value {
        Value::Object(map) => map.get("name").and_then(text).or_else(|| email.clone()),
        one => text(one),
    };
    Some(super::detail::Owner {
        name: name?,
        email,
        from: from.to_owned(),
    })
}
