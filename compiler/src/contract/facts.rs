//! What is known of each node besides the manifest: results, catalog, freshness, and which tests it has.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, Utc};
use indexmap::IndexMap;

use crate::artifacts::catalog::{Catalog, CatalogTable};
use crate::artifacts::manifest::{Manifest, Node, ResourceType};
use crate::artifacts::results::{RunResult, RunResults, SourceResult, SourcesResults};

/// Artifacts with look-up tables. Only the manifest must be there.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The project.
    pub manifest: &'a Manifest,
    /// What the warehouse has; `None` where nobody looked.
    pub catalog: Option<&'a Catalog>,
    /// The last run, or the last result of each node over several runs.
    pub run: Option<&'a RunResults>,
    /// The last freshness check.
    pub freshness: Option<&'a SourcesResults>,
    /// Since when a node or test has had its status, ISO 8601 by unique id; empty where no history is kept.
    pub since: Option<&'a IndexMap<String, String>>,
    results: HashMap<&'a str, &'a RunResult>,
    sources: HashMap<&'a str, &'a SourceResult>,
    tests: HashMap<&'a str, Vec<&'a Node>>,
    free_tests: HashMap<&'a str, Vec<&'a Node>>,
}

impl<'a> Facts<'a> {
    /// Makes the look-up tables.
    pub fn new(
        manifest: &'a Manifest,
        catalog: Option<&'a Catalog>,
        run: Option<&'a RunResults>,
        freshness: Option<&'a SourcesResults>,
    ) -> Self {
        let mut tests: HashMap<&str, Vec<&Node>> = HashMap::new();
        let mut free_tests: HashMap<&str, Vec<&Node>> = HashMap::new();
        for test in manifest
            .nodes
            .values()
            .filter(|node| node.resource_type == ResourceType::Test)
        {
            match attached_to(test) {
                Some(node) => tests.entry(node).or_default().push(test),
                None => {
                    for parent in &test.depends_on.nodes {
                        free_tests.entry(parent).or_default().push(test);
                    }
                }
            }
        }
        let results = run.map(|run| run.results.as_slice()).unwrap_or_default();
        let sources = freshness
            .map(|freshness| freshness.results.as_slice())
            .unwrap_or_default();
        Self {
            manifest,
            catalog,
            run,
            freshness,
            since: None,
            results: results
                .iter()
                .map(|result| (result.unique_id.as_str(), result))
                .collect(),
            sources: sources
                .iter()
                .map(|result| (result.unique_id.as_str(), result))
                .collect(),
            tests,
            free_tests,
        }
    }

    /// Adds since when each status holds.
    #[must_use]
    pub fn with_since(mut self, since: &'a IndexMap<String, String>) -> Self {
        self.since = Some(since);
        self
    }

    /// The last result of a node.
    pub fn result(&self, id: &str) -> Option<&'a RunResult> {
        self.results.get(id).copied()
    }

    /// The last freshness check of a source.
    pub fn source_result(&self, id: &str) -> Option<&'a SourceResult> {
        self.sources.get(id).copied()
    }

    /// What the warehouse says of a node or source.
    pub fn table(&self, id: &str) -> Option<&'a CatalogTable> {
        let catalog = self.catalog?;
        catalog.nodes.get(id).or_else(|| catalog.sources.get(id))
    }

    /// Tests that are attached to a node: its generic tests, and singular ones that read nothing else.
    pub fn tests(&self, id: &str) -> &[&'a Node] {
        self.tests.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Singular tests that read the node among others.
    pub fn shared_tests(&self, id: &str) -> &[&'a Node] {
        self.free_tests
            .get(id)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// When a result came, ISO 8601 in UTC to the second.
    pub fn ended(&self, result: &RunResult) -> Option<String> {
        let timed = result
            .timing
            .iter()
            .rev()
            .find_map(|timing| timing.completed_at.as_deref());
        let run = self.run.map(|run| run.metadata.generated_at.as_str());
        to_second(timed.or(run)?)
    }
}

/// The node that a test belongs to. Manifests before v11 do not say for generic tests; then it is the last node
/// that the test reads, which is where dbt puts the tested one.
pub(crate) fn attached_to(test: &Node) -> Option<&str> {
    if let Some(node) = &test.attached_node {
        return Some(node);
    }
    match (&test.test_metadata, test.depends_on.nodes.as_slice()) {
        (Some(_), nodes) => nodes.last().map(String::as_str),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

/// The generic test's name with its package, such as `dbt_utils.accepted_range`; `None` for singular tests.
pub(crate) fn test_word(test: &Node) -> Option<String> {
    let metadata = test.test_metadata.as_ref()?;
    Some(match &metadata.namespace {
        Some(namespace) => format!("{namespace}.{}", metadata.name),
        None => metadata.name.clone(),
    })
}

/// The column that a test names, without quotes.
pub(crate) fn test_column(test: &Node) -> Option<&str> {
    let from_arguments = || {
        test.test_metadata
            .as_ref()?
            .kwargs
            .get("column_name")?
            .as_str()
    };
    let column = test.column_name.as_deref().or_else(from_arguments)?;
    Some(column.trim_matches(['"', '`']))
}

/// A moment as ISO 8601 in UTC to the second; dbt writes microseconds, and older versions no zone.
pub(crate) fn to_second(moment: &str) -> Option<String> {
    let time = DateTime::parse_from_rfc3339(moment)
        .or_else(|_| DateTime::parse_from_rfc3339(&format!("{moment}Z")))
        .ok()?;
    Some(
        time.with_timezone(&Utc)
            .to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}
