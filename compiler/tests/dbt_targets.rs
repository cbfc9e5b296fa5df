//! Target folders that dbt wrote: one project (`models/`, a seed, a snapshot, tests, an exposure) built, documented
//! and checked for freshness with dbt 1.6 (manifest v10), 1.7 (v11) and 1.12 (v12) on DuckDB. Macros and docs of dbt
//! itself are taken out of the recordings.

use std::fmt::Write as _;

use compiler::artifacts::manifest::ResourceType;
use compiler::artifacts::read;
use compiler::contract::Facts;
use compiler::index::{self, CatalogIndex};

/// The four artifacts of a recording.
struct Target {
    version: &'static str,
    manifest: &'static str,
    catalog: &'static str,
    results: &'static str,
    sources: &'static str,
}

macro_rules! target {
    ($version:literal) => {
        Target {
            version: $version,
            manifest: include_str!(concat!("dbt_targets/", $version, "/manifest.json")),
            catalog: include_str!(concat!("dbt_targets/", $version, "/catalog.json")),
            results: include_str!(concat!("dbt_targets/", $version, "/run_results.json")),
            sources: include_str!(concat!("dbt_targets/", $version, "/sources.json")),
        }
    };
}

/// What people see of a folder, without times.
fn shown(target: &Target) -> String {
    let manifest = read::manifest(target.manifest).unwrap();
    let catalog = serde_json::from_str(target.catalog).unwrap();
    let results = serde_json::from_str(target.results).unwrap();
    let sources = serde_json::from_str(target.sources).unwrap();
    let facts = Facts::new(&manifest, Some(&catalog), Some(&results), Some(&sources));
    let index = index::from_facts(&facts);
    let mut shown = String::new();
    let mut nodes: Vec<_> = index.nodes.iter().collect();
    nodes.sort_by_key(|node| &node.unique_id);
    for node in nodes {
        describe(&mut shown, &index, &facts, node);
    }
    let mut tests: Vec<_> = index.tests.iter().collect();
    tests.sort_by_key(|test| &test.name);
    for test in tests {
        let on = test.node.map_or_else(String::new, |at| {
            let column = test.column.as_deref().unwrap_or("-");
            format!(" on {} {column}", index.nodes[at as usize].label())
        });
        let last = test.last.as_ref().map(|last| last.status.as_str());
        writeln!(shown, "test {}{on}: {}", test.name, last.unwrap_or("-")).unwrap();
    }
    for item in index.macros.iter().chain(&index.docs) {
        writeln!(shown, "{}", item.unique_id).unwrap();
    }
    shown
}

fn describe(shown: &mut String, index: &CatalogIndex, facts: &Facts<'_>, node: &index::IndexNode) {
    let detail = index::detail_from_facts(facts, &node.unique_id).unwrap();
    // Exposures have results since dbt 1.8.
    let last = node
        .last
        .as_ref()
        .filter(|_| node.kind != ResourceType::Exposure);
    let last = last.map(|last| last.status.as_str());
    let fresh = node.freshness.as_ref().and_then(|found| found.status);
    let names = |positions: &[u32]| -> Vec<String> {
        let labels = positions.iter().map(|at| index.nodes[*at as usize].label());
        labels.collect()
    };
    writeln!(
        shown,
        "{} {} {} last={} fresh={} reads={:?} owner={:?} group={:?} access={:?} contract={:?} sql={}",
        node.kind.as_str(),
        node.label(),
        node.materialized(),
        last.unwrap_or("-"),
        fresh.map_or("-", |status| status.as_str()),
        names(&node.parents),
        node.owner.as_deref(),
        node.group.as_deref(),
        node.access.as_deref(),
        node.contract,
        detail.compiled_code.is_some(),
    )
    .unwrap();
    for column in &detail.columns {
        let tests: Vec<&str> = column
            .tests
            .iter()
            .map(|test| test.test.as_deref().unwrap_or(&test.name))
            .collect();
        let documented = if column.description.is_empty() {
            "-"
        } else {
            "documented"
        };
        let data_type = column.data_type.as_deref().unwrap_or("-");
        writeln!(
            shown,
            "  {} {data_type} {documented} {tests:?}",
            column.name
        )
        .unwrap();
    }
}

#[test]
fn one_project_is_the_same_catalog_whichever_dbt_wrote_it() {
    let newest = shown(&target!("v12"));
    insta::assert_snapshot!("dbt_target", newest);
    for older in [target!("v10"), target!("v11")] {
        check(older.version, &shown(&older), &newest);
    }
}

#[track_caller]
fn check(version: &str, older: &str, newest: &str) {
    let differences: Vec<(&str, &str)> = older
        .lines()
        .zip(newest.lines())
        .filter(|(older, newest)| older != newest)
        .collect();
    assert!(
        differences.is_empty() && older.lines().count() == newest.lines().count(),
        "{version}: {differences:#?}"
    );
}
