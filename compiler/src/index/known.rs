//! What both parts of the catalog tell of a node: its packages, columns, results, freshness, owner.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::detail::Owner;
use super::types::{LastResult, NodeFreshness};
use crate::artifacts::catalog::{CatalogColumn, CatalogTable};
use crate::artifacts::manifest::{Column, Manifest, Node, Source, Threshold};
use crate::artifacts::results::RunResult;
use crate::contract::{Facts, test_column, to_second};

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

/// A metric, semantic model, saved query or unit test as plain JSON.
pub(super) fn other<'a>(manifest: &'a Manifest, id: &str) -> Option<&'a Value> {
    let lists = [
        &manifest.metrics,
        &manifest.semantic_models,
        &manifest.saved_queries,
        &manifest.unit_tests,
    ];
    lists.into_iter().find_map(|list| list.get(id))
}

/// A column by its name, with what the properties say and what the warehouse has.
pub(super) type MergedColumn<'a> = (&'a str, Option<&'a Column>, Option<&'a CatalogColumn>);

/// Columns of the warehouse in its order, then documented ones that it does not have. The properties' spelling
/// goes first, since warehouses fold case.
pub(super) fn merged_columns<'a>(
    documented: &'a IndexMap<String, Column>,
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
    let there: HashSet<String> = found.iter().map(|(name, _)| name.to_lowercase()).collect();
    let missing = documented
        .values()
        .filter(|column| !there.contains(&column.name.to_lowercase()));
    merged.extend(missing.map(|column| (column.name.as_str(), Some(column), None)));
    merged
}

/// Whether tests prove a key: one column both unique and not NULL, or a unique combination.
pub(super) fn key_tested(tests: &[&Node]) -> bool {
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
pub(super) fn owner_of(manifest: &Manifest, id: &str) -> Option<Owner> {
    let from_meta = |meta: &Map<String, Value>| owner_value(meta.get("owner")?, "meta.owner");
    if let Some(node) = manifest.node(id) {
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
    if let Some(group) = manifest.groups.get(id) {
        return owner_value(group.get("owner")?, "group");
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

fn group_owner(manifest: &Manifest, group: &str) -> Option<Owner> {
    let named = |value: &&Value| value.get("name").and_then(Value::as_str) == Some(group);
    owner_value(manifest.groups.values().find(named)?.get("owner")?, "group")
}

fn owner_value(value: &Value, from: &str) -> Option<Owner> {
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
    Some(Owner {
        name: name?,
        email,
        from: from.to_owned(),
    })
}
