//! From artifacts to the second part: one node, macro or docs block with all that is known of it.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::detail::{
    ColumnDetail, ExposureDetail, NodeDetail, NodeLink, SourceDetail, Stat, TestDetail,
};
use super::known::{Packages, freshness_of, last_result, merged_columns, other, owner_of};
use super::tables;
use crate::artifacts::catalog::{Catalog, CatalogTable};
use crate::artifacts::manifest::{Column, Manifest, Node, ResourceType, Source};
use crate::artifacts::results::{RunResults, SourcesResults};
use crate::contract::{self, Facts, test_column, test_word};
use crate::graph::{version_text, without_package};

/// Everything about one node, macro or docs block; `None` for unknown ids.
pub fn detail(
    manifest: &Manifest,
    catalog: Option<&Catalog>,
    results: Option<&RunResults>,
    sources: Option<&SourcesResults>,
    unique_id: &str,
) -> Option<NodeDetail> {
    detail_from_facts(&Facts::new(manifest, catalog, results, sources), unique_id)
}

/// As [`detail`], from artifacts that were looked up already, with history where it is kept.
pub fn detail_from_facts(facts: &Facts<'_>, unique_id: &str) -> Option<NodeDetail> {
    let manifest = facts.manifest;
    let mut detail = if let Some(node) = manifest.node(unique_id) {
        of_node(facts, node)
    } else if let Some(source) = manifest.sources.get(unique_id) {
        of_source(facts, source)
    } else if manifest.exposures.contains_key(unique_id) {
        of_exposure(facts, unique_id)?
    } else if manifest.macros.contains_key(unique_id) {
        of_macro(facts, unique_id)?
    } else if let Some(doc) = manifest.docs.get(unique_id) {
        NodeDetail {
            name: doc.name.clone(),
            kind: "doc".into(),
            package: doc.package_name.clone(),
            path: doc.original_file_path.clone(),
            description: doc.block_contents.clone(),
            children: readers(manifest, |node| {
                node.doc_blocks.iter().any(|id| id == unique_id)
            }),
            ..NodeDetail::default()
        }
    } else if let Some(group) = manifest.groups.get(unique_id) {
        of_group(manifest, group)
    } else {
        of_other(manifest, other(manifest, unique_id)?)
    };
    unique_id.clone_into(&mut detail.unique_id);
    detail.owner = owner_of(manifest, unique_id);
    if !["macro", "doc", "group"].contains(&detail.kind.as_str()) {
        detail.children = children(manifest, unique_id);
    }
    if let Some(result) = facts.result(unique_id) {
        detail.last = Some(last_result(facts, result));
        detail.message.clone_from(&result.message);
    }
    Some(detail)
}

fn of_node(facts: &Facts<'_>, node: &Node) -> NodeDetail {
    let manifest = facts.manifest;
    let has_relation = node.relation_name.is_some();
    let mut detail = NodeDetail {
        name: node.name.clone(),
        kind: node.resource_type.as_str().to_owned(),
        package: node.package_name.clone(),
        path: node.original_file_path.clone(),
        patch_path: node
            .patch_path
            .as_deref()
            .map(|path| without_package(path).to_owned()),
        description: node.description.clone(),
        relation_name: node.relation_name.clone(),
        database: node.database.clone().filter(|_| has_relation),
        schema: Some(node.schema.clone()).filter(|_| has_relation),
        relation: Some(node.alias.clone()).filter(|_| has_relation),
        materialized: node.config.text("materialized").map(str::to_owned),
        language: node.language.clone(),
        raw_code: node.raw_code.clone(),
        compiled_code: node.compiled_code.clone(),
        tags: node.tags.clone(),
        meta: without_contract(if node.meta.is_empty() {
            config_meta(&node.config.0)
        } else {
            Some(&node.meta)
        }),
        config: shown_config(&node.config.0),
        group: node.group.as_deref().map(|name| group_link(manifest, name)),
        access: node.access.clone(),
        version: node
            .version
            .as_ref()
            .map(|version| version_text(version).into_owned()),
        latest_version: node
            .latest_version
            .as_ref()
            .map(|version| version_text(version).into_owned()),
        deprecation_date: node.deprecation_date.clone(),
        contract_enforced: node.contract.enforced,
        parents: links(manifest, &node.depends_on.nodes),
        macros: macro_links(manifest, &node.depends_on.macros),
        contract: contract::view(facts, &node.unique_id),
        ..NodeDetail::default()
    };
    detail.tables = tables::of_function(node);
    if node.resource_type == ResourceType::Test {
        detail.test = Some(of_test(facts, node));
    }
    relation_parts(facts, &node.unique_id, &node.columns, &mut detail);
    // What the run compiled is younger than the manifest, which a parse alone may have written.
    if let Some(code) = facts
        .result(&node.unique_id)
        .and_then(|result| result.compiled_code.as_ref())
    {
        detail.compiled_code = Some(code.clone());
    }
    detail
}

fn of_source(facts: &Facts<'_>, source: &Source) -> NodeDetail {
    let mut detail = NodeDetail {
        name: source.name.clone(),
        kind: "source".into(),
        package: source.package_name.clone(),
        path: source.original_file_path.clone(),
        patch_path: source
            .patch_path
            .as_deref()
            .map(|path| without_package(path).to_owned()),
        description: source.description.clone(),
        relation_name: source.relation_name.clone(),
        database: source.database.clone(),
        schema: Some(source.schema.clone()),
        relation: Some(source.identifier.clone()),
        tags: source.tags.clone(),
        meta: without_contract(Some(&source.meta)),
        config: shown_config(&source.config.0),
        source: Some(SourceDetail {
            source_name: source.source_name.clone(),
            source_description: source.source_description.clone(),
            loader: source.loader.clone(),
            loaded_at_field: source.loaded_at_field.clone(),
            freshness: freshness_of(facts, source),
        }),
        ..NodeDetail::default()
    };
    relation_parts(facts, &source.unique_id, &source.columns, &mut detail);
    detail
}

fn of_exposure(facts: &Facts<'_>, id: &str) -> Option<NodeDetail> {
    let exposure = facts.manifest.exposures.get(id)?;
    Some(NodeDetail {
        name: exposure.name.clone(),
        kind: "exposure".into(),
        package: exposure.package_name.clone(),
        path: exposure.original_file_path.clone(),
        description: exposure.description.clone(),
        tags: exposure.tags.clone(),
        meta: without_contract(Some(&exposure.meta)),
        config: shown_config(&exposure.config.0),
        parents: links(facts.manifest, &exposure.depends_on.nodes),
        exposure: Some(ExposureDetail {
            exposure_type: exposure.exposure_type.clone(),
            label: exposure.label.clone(),
            maturity: exposure.maturity.clone(),
            url: exposure.url.clone(),
        }),
        ..NodeDetail::default()
    })
}

fn of_macro(facts: &Facts<'_>, id: &str) -> Option<NodeDetail> {
    let item = facts.manifest.macros.get(id)?;
    Some(NodeDetail {
        name: item.name.clone(),
        kind: "macro".into(),
        package: item.package_name.clone(),
        path: item.original_file_path.clone(),
        patch_path: item
            .patch_path
            .as_deref()
            .map(|path| without_package(path).to_owned()),
        description: item.description.clone(),
        raw_code: item.macro_sql.clone(),
        language: "sql".into(),
        meta: without_contract(Some(&item.meta)),
        macros: macro_links(facts.manifest, &item.depends_on.macros),
        children: readers(facts.manifest, |node| {
            node.depends_on.macros.iter().any(|other| other == id)
        }),
        tables: tables::of_macro(item),
        ..NodeDetail::default()
    })
}

fn of_other(manifest: &Manifest, value: &Value) -> NodeDetail {
    let text = |key: &str| text_of(value, key).unwrap_or_default();
    let config = value.get("config").and_then(Value::as_object);
    NodeDetail {
        name: text("name"),
        kind: text("resource_type"),
        package: text("package_name"),
        path: text("original_file_path"),
        description: text("description"),
        config: config.map(shown_config).unwrap_or_default(),
        meta: without_contract(value.get("meta").and_then(Value::as_object)),
        tags: texts(value.get("tags")),
        group: text_of(value, "group").map(|name| group_link(manifest, &name)),
        parents: links(manifest, &texts(value.pointer("/depends_on/nodes"))),
        tables: tables::of_other(&text("resource_type"), value),
        ..NodeDetail::default()
    }
}

/// A group with its members.
fn of_group(manifest: &Manifest, group: &Value) -> NodeDetail {
    let text = |key: &str| text_of(group, key).unwrap_or_default();
    let name = text("name");
    let own = manifest.nodes_and_functions();
    let mut members: Vec<NodeLink> = own
        .filter(|node| node.group.as_deref() == Some(&*name))
        .filter(|node| node.resource_type != ResourceType::Test)
        .map(|node| link(manifest, &node.unique_id))
        .collect();
    let others = [
        &manifest.metrics,
        &manifest.semantic_models,
        &manifest.saved_queries,
    ];
    let in_group = others.into_iter().flatten().filter(|(_, value)| {
        let group = value
            .get("group")
            .or_else(|| value.pointer("/config/group"));
        group.and_then(Value::as_str) == Some(&*name)
    });
    members.extend(in_group.map(|(id, _)| link(manifest, id)));
    NodeDetail {
        kind: "group".into(),
        package: text("package_name"),
        path: text("original_file_path"),
        description: text("description"),
        meta: without_contract(group.pointer("/config/meta").and_then(Value::as_object)),
        children: members,
        name,
        ..NodeDetail::default()
    }
}

/// The group of that name; a name alone where the manifest has no such group.
fn group_link(manifest: &Manifest, name: &str) -> NodeLink {
    let named = |value: &Value| value.get("name").and_then(Value::as_str) == Some(name);
    let id = manifest.groups.iter().find(|(_, group)| named(group));
    NodeLink {
        unique_id: id.map(|(id, _)| id.clone()).unwrap_or_default(),
        name: name.to_owned(),
        kind: "group".to_owned(),
    }
}

fn text_of(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Columns, tests and what the warehouse says.
fn relation_parts(
    facts: &Facts<'_>,
    id: &str,
    documented: &indexmap::IndexMap<String, Column>,
    detail: &mut NodeDetail,
) {
    let table = facts.table(id);
    let tests: Vec<TestDetail> = facts
        .tests(id)
        .iter()
        .map(|test| of_test(facts, test))
        .collect();
    let names: HashSet<String> = merged_columns(documented, table)
        .iter()
        .map(|(name, _, _)| name.to_lowercase())
        .collect();
    let on_column = |test: &TestDetail| {
        test.column
            .as_ref()
            .is_some_and(|column| names.contains(&column.to_lowercase()))
    };
    detail.columns = merged_columns(documented, table)
        .into_iter()
        .map(|(name, own, found)| ColumnDetail {
            name: name.to_owned(),
            description: own.map(|own| own.description.clone()).unwrap_or_default(),
            data_type: found.map(|found| found.data_type.clone()),
            declared_type: own.and_then(|own| own.data_type.clone()),
            present: table.map(|_| found.is_some()),
            constraints: own.map(constraint_words).unwrap_or_default(),
            tags: own.map(|own| own.tags.clone()).unwrap_or_default(),
            meta: without_contract(own.map(|own| {
                if own.meta.is_empty() {
                    config_meta(&own.config).unwrap_or(&own.meta)
                } else {
                    &own.meta
                }
            })),
            tests: tests
                .iter()
                .filter(|test| {
                    test.column
                        .as_ref()
                        .is_some_and(|column| column.eq_ignore_ascii_case(name))
                })
                .cloned()
                .collect(),
            inherited: None,
        })
        .collect();
    detail.tests = tests.into_iter().filter(|test| !on_column(test)).collect();
    detail.tests.extend(
        facts
            .shared_tests(id)
            .iter()
            .map(|test| of_test(facts, test)),
    );
    if let Some(table) = table {
        detail.relation_type = Some(table.metadata.kind.clone());
        detail.stats = stats(table);
    }
}

fn of_test(facts: &Facts<'_>, test: &Node) -> TestDetail {
    let arguments = test
        .test_metadata
        .iter()
        .flat_map(|metadata| &metadata.kwargs);
    let result = facts.result(&test.unique_id);
    let stores = test.config.flag("store_failures").unwrap_or(false);
    TestDetail {
        unique_id: test.unique_id.clone(),
        name: test.name.clone(),
        test: test_word(test),
        arguments: arguments
            .filter(|(key, _)| !["model", "column_name"].contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        column: test_column(test).map(str::to_owned),
        severity: test
            .config
            .text("severity")
            .unwrap_or("error")
            .to_lowercase(),
        description: test.description.clone(),
        last: result.map(|result| last_result(facts, result)),
        message: result.and_then(|result| result.message.clone()),
        failures_relation: test.relation_name.clone().filter(|_| stores),
    }
}

fn constraint_words(column: &Column) -> Vec<String> {
    let words = column
        .constraints
        .iter()
        .filter_map(|constraint| constraint.get("type").and_then(Value::as_str));
    words.map(str::to_owned).collect()
}

fn stats(table: &CatalogTable) -> Vec<Stat> {
    let included = |stat: &Map<String, Value>| {
        stat.get("include")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    };
    let shown = table.stats.iter().filter(|(_, stat)| included(stat));
    shown
        .map(|(id, stat)| Stat {
            id: id.clone(),
            label: stat
                .get("label")
                .and_then(Value::as_str)
                .unwrap_or(id)
                .to_owned(),
            value: stat.get("value").cloned().unwrap_or_default(),
        })
        .collect()
}

fn config_meta(config: &Map<String, Value>) -> Option<&Map<String, Value>> {
    config.get("meta").and_then(Value::as_object)
}

/// Free data without the contract, which has a place of its own.
fn without_contract(meta: Option<&Map<String, Value>>) -> Map<String, Value> {
    let own = |key: &str| key == "feature_contract" || key == "feature";
    let kept = meta.into_iter().flatten().filter(|(key, _)| !own(key));
    kept.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Configuration that says something: no empty values, nothing that has a field of its own.
fn shown_config(config: &Map<String, Value>) -> Map<String, Value> {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.values().all(Value::is_null),
        _ => false,
    };
    let own = |key: &str| ["meta", "tags", "docs", "group", "access"].contains(&key);
    let kept = config
        .iter()
        .filter(|(key, value)| !own(key) && !empty(value));
    kept.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn links(manifest: &Manifest, ids: &[String]) -> Vec<NodeLink> {
    let mut seen = HashSet::new();
    ids.iter()
        .filter(|id| seen.insert(id.as_str()))
        .map(|id| link(manifest, id))
        .collect()
}

pub(super) fn link(manifest: &Manifest, id: &str) -> NodeLink {
    let kind = id.split('.').next().unwrap_or_default().to_owned();
    let name = if let Some(node) = manifest.node(id) {
        match &node.version {
            Some(version) => format!("{}.v{}", node.name, version_text(version)),
            None => node.name.clone(),
        }
    } else if let Some(source) = manifest.sources.get(id) {
        format!("{}.{}", source.source_name, source.name)
    } else {
        id.rsplit('.').next().unwrap_or(id).to_owned()
    };
    NodeLink {
        unique_id: id.to_owned(),
        name,
        kind,
    }
}

fn macro_links(manifest: &Manifest, ids: &[String]) -> Vec<NodeLink> {
    let packages = Packages::of(manifest);
    let shown = |id: &&String| {
        manifest
            .macros
            .get(*id)
            .is_some_and(|item| packages.shown(&item.package_name))
    };
    let shown: Vec<String> = ids.iter().filter(shown).cloned().collect();
    links(manifest, &shown)
}

/// What reads a node, without data tests.
fn children(manifest: &Manifest, id: &str) -> Vec<NodeLink> {
    let mut found = readers(manifest, |node| {
        node.depends_on.nodes.iter().any(|other| other == id)
    });
    let exposures = manifest.exposures.values();
    let reading =
        exposures.filter(|exposure| exposure.depends_on.nodes.iter().any(|other| other == id));
    found.extend(reading.map(|exposure| link(manifest, &exposure.unique_id)));
    let lists = [
        &manifest.metrics,
        &manifest.semantic_models,
        &manifest.saved_queries,
        &manifest.unit_tests,
    ];
    for (other, value) in lists.into_iter().flatten() {
        let needs = value.pointer("/depends_on/nodes").and_then(Value::as_array);
        if needs.is_some_and(|needs| needs.iter().any(|need| need.as_str() == Some(id))) {
            found.push(link(manifest, other));
        }
    }
    found
}

fn readers(manifest: &Manifest, reads: impl Fn(&Node) -> bool) -> Vec<NodeLink> {
    let nodes = manifest
        .nodes_and_functions()
        .filter(|node| node.resource_type != ResourceType::Test);
    nodes
        .filter(|node| reads(node))
        .map(|node| link(manifest, &node.unique_id))
        .collect()
}
