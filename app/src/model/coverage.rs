//! Test coverage: which models and columns tests guard, and how the tests did.

use compiler::artifacts::manifest::ResourceType;
use compiler::index::{Coverage, IndexNode};

use super::catalog::{Catalog, test_tone};
use super::status::Tone;

/// One model with its coverage.
#[derive(Debug, Clone, PartialEq)]
pub struct CoverageRow {
    /// Unique id.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// Folder of its file.
    pub folder: String,
    /// Columns, documented columns, tested columns.
    pub columns: (u32, u32, u32),
    /// Tests on it and its columns.
    pub tests: u32,
    /// Tests that failed or warned.
    pub failing: u32,
    /// Whether tests prove a primary key.
    pub key_tested: bool,
    /// Whether it has a description.
    pub documented: bool,
    /// The worst result of its tests.
    pub worst: Tone,
}

/// By what rows are put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Least covered first.
    #[default]
    Share,
    /// By name.
    Name,
    /// Most failing tests first.
    Failing,
}

/// Which rows are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Only {
    /// All.
    #[default]
    All,
    /// Without a tested key.
    NoKey,
    /// Without any test.
    NoTests,
    /// With a test that failed or warned.
    Failing,
}

impl Only {
    /// From an address.
    pub fn parse(text: Option<&str>) -> Self {
        match text {
            Some("no-key") => Self::NoKey,
            Some("no-tests") => Self::NoTests,
            Some("failing") => Self::Failing,
            _ => Self::All,
        }
    }

    /// As it stands in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "",
            Self::NoKey => "no-key",
            Self::NoTests => "no-tests",
            Self::Failing => "failing",
        }
    }

    fn takes(self, row: &CoverageRow) -> bool {
        match self {
            Self::All => true,
            Self::NoKey => !row.key_tested,
            Self::NoTests => row.tests == 0,
            Self::Failing => row.failing > 0,
        }
    }
}

impl Order {
    /// From an address.
    pub fn parse(text: Option<&str>) -> Self {
        match text {
            Some("name") => Self::Name,
            Some("failing") => Self::Failing,
            _ => Self::Share,
        }
    }
}

/// The root project's models with their coverage.
pub fn rows(catalog: &Catalog, only: Only, order: Order, filter: &str) -> Vec<CoverageRow> {
    let filter = filter.trim().to_lowercase();
    let mut rows: Vec<CoverageRow> = catalog
        .of_kind(ResourceType::Model)
        .filter(|node| *node.package == *catalog.index.project.name)
        .map(|node| row(catalog, node))
        .filter(|row| {
            only.takes(row)
                && (row.label.to_lowercase().contains(&filter) || row.folder.contains(&filter))
        })
        .collect();
    let share = |row: &CoverageRow| {
        if row.columns.0 == 0 {
            0.0
        } else {
            f64::from(row.columns.2) / f64::from(row.columns.0)
        }
    };
    rows.sort_by(|a, b| {
        let by = match order {
            Order::Share => share(a).total_cmp(&share(b)),
            Order::Name => std::cmp::Ordering::Equal,
            Order::Failing => b.failing.cmp(&a.failing),
        };
        by.then_with(|| a.label.cmp(&b.label))
    });
    rows
}

/// Coverage of one node's tests.
fn row(catalog: &Catalog, node: &IndexNode) -> CoverageRow {
    let columns = node.coverage();
    let tones: Vec<Tone> = node
        .tests
        .iter()
        .map(|at| test_tone(&catalog.index.tests[*at as usize]))
        .collect();
    CoverageRow {
        id: node.unique_id.clone(),
        label: node.label(),
        folder: node
            .path
            .rsplit_once('/')
            .map_or(String::new(), |(folder, _)| folder.to_owned()),
        columns: (columns.columns, columns.documented, columns.tested),
        tests: node.tests.len() as u32,
        failing: tones.iter().filter(|tone| **tone >= Tone::Warn).count() as u32,
        key_tested: node.key_tested,
        documented: node.documented,
        worst: tones.into_iter().max().unwrap_or(Tone::Idle),
    }
}

/// Shares by folder, worst first.
pub fn by_folder(catalog: &Catalog) -> Vec<(String, Coverage)> {
    let mut folders: std::collections::BTreeMap<String, Vec<&IndexNode>> =
        std::collections::BTreeMap::new();
    for node in catalog
        .of_kind(ResourceType::Model)
        .filter(|node| *node.package == *catalog.index.project.name)
    {
        let folder = node
            .path
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder)
            .to_owned();
        folders.entry(folder).or_default().push(node);
    }
    let mut shares: Vec<_> = folders
        .into_iter()
        .map(|(folder, nodes)| (folder, Coverage::of(nodes)))
        .collect();
    let share = |coverage: &Coverage| {
        f64::from(coverage.tested_columns) / f64::from(coverage.columns.max(1))
    };
    shares.sort_by(|a, b| share(&a.1).total_cmp(&share(&b.1)));
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::chain;

    #[test]
    fn models_without_tests_are_listed_as_such() {
        let catalog = chain(&["b", "a"]);
        let labels = |only| {
            rows(&catalog, only, Order::Name, "")
                .into_iter()
                .map(|row| row.label)
                .collect::<Vec<_>>()
        };
        assert_eq!(labels(Only::All), ["a", "b"]);
        assert_eq!(labels(Only::NoTests), ["a", "b"]);
        assert!(labels(Only::Failing).is_empty());
        assert_eq!(rows(&catalog, Only::All, Order::Share, " B").len(), 1);
        assert_eq!(
            by_folder(&catalog)
                .iter()
                .map(|(folder, share)| (folder.as_str(), share.models))
                .collect::<Vec<_>>(),
            [("models", 2)]
        );
    }
}
