//! What tests and descriptions cover, by folder and by owner, and where they are missing.

use std::collections::{BTreeMap, HashMap};

use super::types::{CatalogIndex, Coverage, IndexNode};
use crate::artifacts::manifest::ResourceType;
use crate::lineage::{ColumnAt, ColumnLineage};

/// Coverage of some models.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoverageReport {
    /// All of them.
    pub total: Shares,
    /// By the folder of their files, sorted.
    pub folders: Vec<(String, Shares)>,
    /// By owner, sorted; models without one come last, under an empty name.
    pub owners: Vec<(String, Shares)>,
    /// What is missing, in the order of the index.
    pub gaps: Vec<Gap>,
}

/// Counts over some models.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shares {
    /// Counts that the index has too.
    pub coverage: Coverage,
    /// Columns that have no test but are a pure copy of a tested one.
    pub upstream_columns: u32,
}

/// What a share is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Columns with a test.
    Tested,
    /// Columns with a test, or a copy of one with a test.
    Proven,
    /// Columns with a description.
    Described,
    /// Models whose primary key is tested.
    Keys,
    /// Models with a description.
    Models,
}

impl Measure {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Tested,
        Self::Proven,
        Self::Described,
        Self::Keys,
        Self::Models,
    ];

    /// Its name on the command line and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tested => "tested",
            Self::Proven => "proven",
            Self::Described => "described",
            Self::Keys => "keys",
            Self::Models => "models",
        }
    }
}

impl Shares {
    /// How many there are, of how many.
    pub fn of(&self, measure: Measure) -> (u32, u32) {
        let counts = &self.coverage;
        match measure {
            Measure::Tested => (counts.tested_columns, counts.columns),
            Measure::Proven => (
                counts.tested_columns + self.upstream_columns,
                counts.columns,
            ),
            Measure::Described => (counts.documented_columns, counts.columns),
            Measure::Keys => (counts.key_tested_models, counts.models),
            Measure::Models => (counts.documented_models, counts.models),
        }
    }

    /// In percent; all of nothing is everything.
    pub fn percent(&self, measure: Measure) -> f64 {
        match self.of(measure) {
            (_, 0) => 100.0,
            (some, all) => f64::from(some) * 100.0 / f64::from(all),
        }
    }
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Position of the model in the index.
    pub node: u32,
    /// What.
    pub kind: GapKind,
    /// The column, where it is about one.
    pub column: Option<String>,
}

/// What can be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapKind {
    /// No test proves the model's primary key.
    Key,
    /// The model has no description.
    ModelDescription,
    /// The column has no description.
    ColumnDescription,
    /// The column has no test, and none of what it is a copy of has one.
    ColumnTest,
}

/// Looks at the models among `positions` of the index.
pub fn coverage(
    index: &CatalogIndex,
    lineage: &ColumnLineage,
    positions: impl IntoIterator<Item = u32>,
) -> CoverageReport {
    let known = Proofs::new(index, lineage);
    let mut report = CoverageReport::default();
    let mut folders: BTreeMap<&str, Shares> = BTreeMap::new();
    let mut owners: BTreeMap<&str, Shares> = BTreeMap::new();
    for position in positions {
        let node = &index.nodes[position as usize];
        if node.kind != ResourceType::Model {
            continue;
        }
        let upstream = known.look(node, position, &mut report.gaps);
        let one = Shares {
            coverage: Coverage::of([node]),
            upstream_columns: upstream,
        };
        let folder = node.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let owner = node.owner.as_deref().unwrap_or_default();
        for shares in [
            &mut report.total,
            folders.entry(folder).or_default(),
            owners.entry(owner).or_default(),
        ] {
            shares.coverage.add(&one.coverage);
            shares.upstream_columns += one.upstream_columns;
        }
    }
    let named = |shares: BTreeMap<&str, Shares>| -> Vec<(String, Shares)> {
        let owned = shares.into_iter();
        owned
            .map(|(name, shares)| (name.to_owned(), shares))
            .collect()
    };
    report.folders = named(folders);
    let nobody = owners.remove("");
    report.owners = named(owners);
    report
        .owners
        .extend(nobody.map(|shares| (String::new(), shares)));
    report
}

/// Which columns tests prove, here or where they are copied from.
pub struct Proofs<'a> {
    nodes: HashMap<&'a str, &'a IndexNode>,
    /// Positions in the lineage.
    places: HashMap<&'a str, u32>,
    lineage: &'a ColumnLineage,
}

impl<'a> Proofs<'a> {
    /// Puts an index and its column lineage together.
    pub fn new(index: &'a CatalogIndex, lineage: &'a ColumnLineage) -> Self {
        let nodes = index.nodes.iter();
        let places = lineage.nodes.iter().zip(0..);
        Self {
            nodes: nodes.map(|node| (node.unique_id.as_str(), node)).collect(),
            places: places
                .map(|(node, place)| (node.unique_id.as_str(), place))
                .collect(),
            lineage,
        }
    }

    /// The nearest tested column that a column is a pure copy of.
    pub fn upstream(&self, unique_id: &str, column: &str) -> Option<ColumnAt> {
        let place = *self.places.get(unique_id)?;
        let start = self.lineage.column(place, column)?;
        let (at, ()) = self.lineage.inherited(start, |at| self.is_tested(at))?;
        Some(at)
    }

    /// Finds the gaps of a model; tells how many of its columns are tested only where they are copied from.
    fn look(&self, node: &IndexNode, position: u32, gaps: &mut Vec<Gap>) -> u32 {
        let mut gap = |kind, column: Option<&str>| {
            gaps.push(Gap {
                node: position,
                kind,
                column: column.map(str::to_owned),
            });
        };
        if !node.key_tested {
            gap(GapKind::Key, None);
        }
        if !node.documented {
            gap(GapKind::ModelDescription, None);
        }
        let mut upstream = 0;
        for column in &node.columns {
            if !column.documented {
                gap(GapKind::ColumnDescription, Some(&column.name));
            }
            if column.tests > 0 {
                continue;
            }
            if self.upstream(&node.unique_id, &column.name).is_some() {
                upstream += 1;
            } else {
                gap(GapKind::ColumnTest, Some(&column.name));
            }
        }
        upstream
    }

    /// Whether a column of the lineage has a test.
    fn is_tested(&self, at: ColumnAt) -> Option<()> {
        let node = self.nodes.get(self.lineage.node(at).unique_id.as_str())?;
        let name = self.lineage.at(at).name.as_str();
        let mut columns = node.columns.iter();
        let column = columns.find(|column| column.name.eq_ignore_ascii_case(name))?;
        (column.tests > 0).then_some(())
    }
}
