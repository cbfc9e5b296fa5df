//! What differs between two states of a project, and what is downstream of it: for a pull request.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::known::owner_of;
use super::types::CatalogIndex;
use crate::artifacts::catalog::Catalog;
use crate::artifacts::manifest::Manifest;
use crate::diag::Diagnostics;
use crate::graph::{Graph, StateChanges};
use crate::lineage::{ColumnLineage, Knowledge};

/// One state of a project.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The resolved project.
    pub manifest: &'a Manifest,
    /// What the warehouse has, where it was asked.
    pub catalog: Option<&'a Catalog>,
    /// Columns as compiled SQL has them.
    pub lineage: &'a ColumnLineage,
}

/// What happened to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It is another than before.
    Modified,
}

impl How {
    /// As diffs have it.
    pub fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Modified => '~',
        }
    }
}

/// All differences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Nodes, sources, exposures and the rest, tests last, by kind and name.
    pub items: Vec<Changed>,
    /// Names of macros that were added, removed or rewritten, without those of dbt.
    pub macros: Vec<String>,
    /// What reads something that changed and did not change itself, without tests, by kind and name.
    pub downstream: Vec<Reached>,
}

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// `kind.package.name`.
    pub unique_id: String,
    /// Kind as unique ids spell it.
    pub kind: String,
    /// Name for people.
    pub name: String,
    /// What happened.
    pub how: How,
    /// dbt's words for what was modified: `body`, `configs`, `relation`, `macros`, `contract`, …
    pub what: Vec<String>,
    /// Its columns that changed.
    pub columns: Vec<ColumnChange>,
}

/// A column that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnChange {
    /// Name.
    pub name: String,
    /// What happened; modified means its type.
    pub how: How,
    /// Type before, where it is known.
    pub before: Option<String>,
    /// Type now, where it is known.
    pub after: Option<String>,
}

/// Something downstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// `kind.package.name`.
    pub unique_id: String,
    /// Kind as unique ids spell it.
    pub kind: String,
    /// Name for people.
    pub name: String,
    /// Who answers for it.
    pub owner: Option<String>,
}

impl Changes {
    /// What `state:` asks of an index, whose elements these changes lead to.
    pub fn state(&self, index: &CatalogIndex) -> StateChanges {
        let changed: HashMap<&str, &Changed> = self
            .items
            .iter()
            .map(|item| (item.unique_id.as_str(), item))
            .collect();
        let nodes = index.nodes.iter().map(|node| node.unique_id.as_str());
        let tests = index.tests.iter().map(|test| test.unique_id.as_str());
        StateChanges::told(nodes.chain(tests).map(|id| {
            changed
                .get(id)
                .map_or((id, false, &[] as &[String]), |item| {
                    (id, item.how == How::Added, item.what.as_slice())
                })
        }))
    }
}

/// Compares two states.
pub fn changes(now: Side<'_>, before: Side<'_>) -> Result<Changes, Diagnostics> {
    let state = StateChanges::between(now.manifest, before.manifest);
    let (here, there) = (ids(now.manifest), ids(before.manifest));
    let mut items = Vec::new();
    for id in here.union(&there) {
        let how = match (here.contains(id), there.contains(id)) {
            (true, false) => How::Added,
            (false, true) => How::Removed,
            _ => How::Modified,
        };
        let what: Vec<String> = state.what(id).into_iter().map(str::to_owned).collect();
        let columns = columns(now, before, id, how);
        if how == How::Modified && what.is_empty() && columns.is_empty() {
            continue;
        }
        items.push(Changed {
            unique_id: (*id).to_owned(),
            kind: kind(id).to_owned(),
            name: name(id),
            how,
            what,
            columns,
        });
    }
    items.sort_by_key(|item| {
        let is_test = item.kind == "test";
        (is_test, item.kind.clone(), item.how, item.name.clone())
    });
    Ok(Changes {
        downstream: downstream(now.manifest, before.manifest, &items)?,
        macros: macros(now.manifest, before.manifest),
        items,
    })
}

/// Whatever can be selected.
fn ids(manifest: &Manifest) -> BTreeSet<&str> {
    let nodes = manifest.nodes.keys().chain(manifest.functions.keys());
    let sources = manifest.sources.keys();
    let exposures = manifest.exposures.keys();
    let others = [
        &manifest.metrics,
        &manifest.semantic_models,
        &manifest.saved_queries,
        &manifest.unit_tests,
    ];
    let others = others.into_iter().flat_map(|values| values.keys());
    let all = nodes.chain(sources).chain(exposures).chain(others);
    all.map(String::as_str)
        .filter(|id| kind(id) != "operation")
        .collect()
}

fn kind(id: &str) -> &str {
    id.split('.').next().unwrap_or_default()
}

/// What stands behind kind and package; of a generic test without its hash.
fn name(id: &str) -> String {
    let rest: Vec<&str> = id.splitn(3, '.').collect();
    let name = rest.get(2).copied().unwrap_or(id);
    match (kind(id), name.rsplit_once('.')) {
        ("test", Some((name, _))) => name.to_owned(),
        _ => name.to_owned(),
    }
}

/// The columns of a node that changed, where both sides know them from the same kind of place.
fn columns(now: Side<'_>, before: Side<'_>, id: &str, how: How) -> Vec<ColumnChange> {
    if how != How::Modified || kind(id) == "test" {
        return Vec::new();
    }
    let places = [in_lineage, in_catalog, in_properties];
    let both = places
        .iter()
        .find_map(|columns| Some((columns(now, id)?, columns(before, id)?)));
    let Some((now, before)) = both else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    for (key, (name, after)) in &now {
        let (how, earlier) = match before.get(key) {
            None => (How::Added, None),
            Some((_, earlier)) if earlier.is_some() && after.is_some() && earlier != after => {
                (How::Modified, earlier.clone())
            }
            Some(_) => continue,
        };
        changes.push(ColumnChange {
            name: name.clone(),
            how,
            before: earlier,
            after: after.clone(),
        });
    }
    for (_, (name, earlier)) in before.iter().filter(|(key, _)| !now.contains_key(*key)) {
        changes.push(ColumnChange {
            name: name.clone(),
            how: How::Removed,
            before: earlier.clone(),
            after: None,
        });
    }
    changes
}

/// Columns by their names in lower case: name and type.
type Columns = BTreeMap<String, (String, Option<String>)>;

fn in_catalog(side: Side<'_>, id: &str) -> Option<Columns> {
    let catalog = side.catalog?;
    let table = catalog.nodes.get(id).or_else(|| catalog.sources.get(id))?;
    let columns = table.columns.values().map(|column| {
        let kind = Some(column.data_type.clone()).filter(|kind| !kind.is_empty());
        (column.name.to_lowercase(), (column.name.clone(), kind))
    });
    Some(columns.collect())
}

fn in_lineage(side: Side<'_>, id: &str) -> Option<Columns> {
    let node = &side.lineage.nodes[side.lineage.position(id)? as usize];
    if node.knowledge != Knowledge::Read || !node.gaps.is_empty() {
        return None;
    }
    // SQL tells names; types only the warehouse knows, of what it was asked for.
    let known = in_catalog(side, id).unwrap_or_default();
    let columns = node.columns.iter().map(|column| {
        let key = column.name.to_lowercase();
        let kind = known.get(&key).and_then(|(_, kind)| kind.clone());
        (key, (column.name.clone(), kind))
    });
    Some(columns.collect())
}

fn in_properties(side: Side<'_>, id: &str) -> Option<Columns> {
    let columns = match side.manifest.nodes.get(id) {
        Some(node) => &node.columns,
        None => &side.manifest.sources.get(id)?.columns,
    };
    let columns = columns.values().map(|column| {
        let declared = (column.name.clone(), column.data_type.clone());
        (column.name.to_lowercase(), declared)
    });
    Some(columns.collect())
}

fn macros(now: &Manifest, before: &Manifest) -> Vec<String> {
    let differs = |id: &String| match (now.macros.get(id), before.macros.get(id)) {
        (Some(now), Some(before)) => now.macro_sql != before.macro_sql,
        _ => true,
    };
    // Another version of dbt, or Refract instead of dbt, brings other macros of its own.
    let own = |id: &&String| {
        let package = id.split('.').nth(1).unwrap_or_default();
        package != "dbt"
            && !package.starts_with("dbt_duckdb")
            && !package.starts_with("dbt_postgres")
    };
    let all: BTreeSet<&String> = now.macros.keys().chain(before.macros.keys()).collect();
    all.into_iter()
        .filter(own)
        .filter(|id| differs(id))
        .map(|id| {
            id.split_once('.')
                .map_or(id.clone(), |(_, rest)| rest.to_owned())
        })
        .collect()
}

fn downstream(
    now: &Manifest,
    before: &Manifest,
    items: &[Changed],
) -> Result<Vec<Reached>, Diagnostics> {
    let (here, there) = (Graph::new(now)?, Graph::new(before)?);
    let changed: BTreeSet<&str> = items.iter().map(|item| item.unique_id.as_str()).collect();
    let mut reached = BTreeSet::new();
    for item in items.iter().filter(|item| item.kind != "test") {
        let graph = if item.how == How::Removed {
            &there
        } else {
            &here
        };
        let ids = graph.descendants(&item.unique_id, None);
        reached.extend(ids.into_iter().map(|(id, _)| id.to_owned()));
    }
    let known = ids(now);
    let mut all: Vec<Reached> = reached
        .into_iter()
        .filter(|id| known.contains(id.as_str()) && !changed.contains(id.as_str()))
        .filter(|id| !["test", "unit_test"].contains(&kind(id)))
        .map(|id| Reached {
            kind: kind(&id).to_owned(),
            name: name(&id),
            owner: owner_of(now, &id).map(|owner| owner.name),
            unique_id: id,
        })
        .collect();
    all.sort_by(|a, b| (&a.kind, &a.name).cmp(&(&b.kind, &b.name)));
    Ok(all)
}

impl Changes {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.macros.is_empty()
    }

    /// How much changed, as one sentence.
    pub fn summary(&self) -> String {
        if self.is_empty() {
            return "Nothing changed.".to_owned();
        }
        let count = |how: How| self.items.iter().filter(|item| item.how == how).count();
        let mut parts = Vec::new();
        for (how, word) in [
            (How::Added, "added"),
            (How::Removed, "removed"),
            (How::Modified, "modified"),
        ] {
            if count(how) > 0 {
                parts.push(format!("{} {word}", count(how)));
            }
        }
        if !self.macros.is_empty() {
            parts.push(format!("{} in macros", self.macros.len()));
        }
        format!(
            "{}; {} downstream.",
            parts.join(", "),
            self.downstream.len()
        )
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        let mut out = self.summary();
        out.push('\n');
        let width = |cell: fn(&Changed) -> &str| {
            self.items
                .iter()
                .map(|item| cell(item).chars().count())
                .max()
                .unwrap_or(0)
        };
        let (kinds, names) = (width(|item| &item.kind), width(|item| &item.name));
        for item in &self.items {
            let line = format!(
                "{} {:<kinds$}  {:<names$}  {}",
                item.how.sign(),
                item.kind,
                item.name,
                item.what.join(", ")
            );
            let _ = write!(out, "\n{}", line.trim_end());
            for column in &item.columns {
                let _ = write!(out, "\n    {} column {}", column.how.sign(), column.told());
            }
        }
        if !self.macros.is_empty() {
            let _ = write!(out, "\n\nMacros: {}", self.macros.join(", "));
        }
        if !self.downstream.is_empty() {
            out += "\n\nDownstream:";
            for reached in &self.downstream {
                let _ = write!(out, "\n  {} {}", reached.kind, reached.name);
                if let Some(owner) = &reached.owner {
                    let _ = write!(out, " ({owner})");
                }
            }
        }
        out.push('\n');
        out
    }

    /// For a pull request.
    pub fn markdown(&self) -> String {
        let mut out = format!("**{}**\n", self.summary());
        if !self.items.is_empty() {
            out += "\n| | resource | what | columns |\n|---|---|---|---|\n";
            for item in &self.items {
                let columns = item
                    .columns
                    .iter()
                    .map(|column| format!("{} {}", column.how.sign(), cell(&column.told())));
                let _ = writeln!(
                    out,
                    "| {} | {} {} | {} | {} |",
                    item.how.sign(),
                    item.kind,
                    cell(&item.name),
                    item.what.join(", "),
                    columns.collect::<Vec<_>>().join("<br>")
                );
            }
        }
        if !self.macros.is_empty() {
            let names: Vec<String> = self.macros.iter().map(|name| cell(name)).collect();
            let _ = writeln!(out, "\nMacros: {}", names.join(", "));
        }
        if !self.downstream.is_empty() {
            let _ = write!(
                out,
                "\n<details><summary>{} downstream</summary>\n\n| resource | owner |\n|---|---|\n",
                self.downstream.len()
            );
            for reached in &self.downstream {
                let owner = reached.owner.as_deref().unwrap_or_default();
                let _ = writeln!(
                    out,
                    "| {} {} | {} |",
                    reached.kind,
                    cell(&reached.name),
                    escaped(owner)
                );
            }
            out += "\n</details>\n";
        }
        out
    }
}

impl ColumnChange {
    /// Its name with its types.
    pub fn told(&self) -> String {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => format!("{}: {before} → {after}", self.name),
            (None, Some(kind)) | (Some(kind), None) => format!("{} {kind}", self.name),
            (None, None) => self.name.clone(),
        }
    }
}

/// A name as code in a cell of a table.
fn cell(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}

/// Free text in a cell of a table.
fn escaped(text: &str) -> String {
    let special = |c: char| "\\`*_{}[]<>()#+-.!|".contains(c);
    let flat = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    flat.flat_map(|c| special(c).then_some('\\').into_iter().chain([c]))
        .collect()
}
