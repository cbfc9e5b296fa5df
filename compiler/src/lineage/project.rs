//! The lineage of all compiled SQL of a project, node after node, and again only for what changed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::columns::{ColumnAt, ColumnLineage, Knowledge, LineageColumn, NodeLineage};
use super::sql::{Dialect, analyze};
use super::statement::{ColumnRef, Gap, KnownColumns, Relations, StatementLineage};
use crate::artifacts::catalog::Catalog;
use crate::artifacts::manifest::{Manifest, Node, ResourceType};
use crate::graph::Graph;

/// Columns that a snapshot has besides those of its query, unless it gives them other names.
const SNAPSHOT_COLUMNS: [&str; 4] = [
    "dbt_scd_id",
    "dbt_updated_at",
    "dbt_valid_from",
    "dbt_valid_to",
];

/// The column lineage of a project, and what is needed to make it anew from less than everything.
#[derive(Debug, Clone, Default)]
pub struct ProjectLineage {
    lineage: Arc<ColumnLineage>,
    statements: HashMap<String, Statement>,
    analysed: usize,
}

/// A node's statement as it was last read.
#[derive(Debug, Clone)]
struct Statement {
    /// Of the SQL and of the columns of everything that it reads.
    fingerprint: u64,
    lineage: Arc<StatementLineage>,
}

impl ProjectLineage {
    /// Reads the SQL of every model and snapshot. `sql` gives a node's compiled SQL where the manifest has none.
    ///
    /// What `before` knows of SQL and columns that are the same is taken from there: after a change only the
    /// changed nodes are read again, and those that read a node whose columns are others now.
    pub fn new(
        manifest: &Manifest,
        catalog: Option<&Catalog>,
        sql: &dyn Fn(&Node) -> Option<String>,
        before: Option<&Self>,
    ) -> Self {
        let adapter = manifest
            .metadata
            .adapter_type
            .as_deref()
            .unwrap_or_default();
        let mut project = Project::new(manifest, catalog, Dialect::of_adapter(adapter));
        let mut made = Self::default();
        for id in order(manifest) {
            let Some(node) = manifest.nodes.get(&id) else {
                project.root(&id);
                continue;
            };
            let compiled = node.compiled_code.clone().or_else(|| sql(node));
            match (node.resource_type, node.language.as_str(), compiled) {
                (ResourceType::Seed, ..) => project.root(&id),
                (_, language, _) if language != "sql" => {
                    project.without_sql(&id, Knowledge::NotSql);
                }
                (_, _, None) => project.without_sql(&id, Knowledge::NotCompiled),
                (_, _, Some(sql)) => {
                    let old = before.and_then(|before| before.statements.get(&id));
                    let (statement, is_new) = project.statement(&id, &sql, old);
                    made.analysed += usize::from(is_new);
                    project.read(node, &statement.lineage);
                    made.statements.insert(id, statement);
                }
            }
        }
        made.lineage = Arc::new(project.finish());
        made
    }

    /// What came out.
    pub fn lineage(&self) -> &Arc<ColumnLineage> {
        &self.lineage
    }

    /// How many statements were read, and not taken from before.
    pub fn analysed(&self) -> usize {
        self.analysed
    }
}

/// Sources, seeds, models and snapshots, each after those that it reads.
fn order(manifest: &Manifest) -> Vec<String> {
    let has_columns = |id: &str| {
        manifest.sources.contains_key(id)
            || manifest.nodes.get(id).is_some_and(|node| {
                matches!(
                    node.resource_type,
                    ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot
                )
            })
    };
    match Graph::new(manifest) {
        Ok(graph) => graph
            .order()
            .filter(|id| has_columns(id))
            .map(str::to_owned)
            .collect(),
        // A project with circles is not compiled; an artifact of one is shown as far as it goes.
        Err(_) => manifest
            .sources
            .keys()
            .chain(manifest.nodes.keys())
            .filter(|id| has_columns(id))
            .cloned()
            .collect(),
    }
}

/// The project while it is read.
struct Project<'a> {
    manifest: &'a Manifest,
    catalog: Option<&'a Catalog>,
    dialect: Option<Dialect>,
    /// Nodes by the keys of their relations' names; `None` where several have the name.
    relations: HashMap<Vec<String>, Option<String>>,
    /// Nodes in the making by unique id.
    nodes: IndexMap<String, Making>,
    /// The columns of a node that reads itself, as incremental models do, while its SQL is read.
    own: Option<(String, KnownColumns)>,
}

/// A node in the making: columns by key.
#[derive(Default)]
struct Making {
    knowledge: Knowledge,
    columns: IndexMap<String, LineageColumn>,
    filters: IndexSet<ColumnAt>,
    gaps: Vec<String>,
    /// What statements that read it are told.
    known: KnownColumns,
}

impl Relations for Project<'_> {
    fn columns(&self, name: &[String]) -> Option<KnownColumns> {
        let id = self.node_of(name)?;
        if let Some((_, own)) = self.own.as_ref().filter(|(own, _)| own == id) {
            return Some(own.clone());
        }
        let made = self.nodes.get(id).map(|node| node.known.clone());
        Some(made.unwrap_or_else(|| self.described(id)))
    }

    fn is_node(&self, cte: &str) -> bool {
        self.node_of(&[cte.to_owned()]).is_some()
    }
}

impl<'a> Project<'a> {
    fn new(manifest: &'a Manifest, catalog: Option<&'a Catalog>, dialect: Option<Dialect>) -> Self {
        let mut project = Self {
            manifest,
            catalog,
            dialect,
            relations: HashMap::new(),
            nodes: IndexMap::new(),
            own: None,
        };
        for (id, node) in &manifest.nodes {
            if node.is_ephemeral() {
                project.name(id, &[&format!("__dbt__cte__{}", node.alias)]);
            } else if node.relation_name.is_some() {
                project.names(id, node.database.as_deref(), &node.schema, &node.alias);
            }
        }
        for (id, source) in &manifest.sources {
            let database = source.database.as_deref();
            project.names(id, database, &source.schema, &source.identifier);
            let place = source.relation_name.as_deref().unwrap_or_default();
            // On DuckDB a source may be a file, which SQL names in single quotes.
            if let Some(file) = place
                .strip_prefix('\'')
                .and_then(|rest| rest.strip_suffix('\''))
            {
                project.name(id, &[file]);
            }
        }
        project
    }

    fn names(&mut self, id: &str, database: Option<&str>, schema: &str, name: &str) {
        if let Some(database) = database {
            self.name(id, &[database, schema, name]);
        }
        self.name(id, &[schema, name]);
    }

    fn name(&mut self, id: &str, parts: &[&str]) {
        let key: Vec<String> = parts.iter().map(|part| self.key(part)).collect();
        self.relations
            .entry(key)
            .and_modify(|known| *known = known.take().filter(|known| known == id))
            .or_insert_with(|| Some(id.to_owned()));
    }

    fn key(&self, name: &str) -> String {
        match self.dialect {
            Some(dialect) => dialect.key_of_known(name),
            None => name.to_lowercase(),
        }
    }

    fn node_of(&self, name: &[String]) -> Option<&String> {
        let key: Vec<String> = name.iter().map(|part| self.key(part)).collect();
        self.relations.get(&key)?.as_ref()
    }

    /// The warehouse's columns of a node, else those of its properties.
    fn described(&self, id: &str) -> KnownColumns {
        let table = self
            .catalog
            .and_then(|catalog| catalog.nodes.get(id).or_else(|| catalog.sources.get(id)));
        if let Some(table) = table.filter(|table| !table.columns.is_empty()) {
            let mut columns: Vec<_> = table.columns.values().collect();
            columns.sort_by_key(|column| column.index);
            return KnownColumns {
                names: columns.iter().map(|column| column.name.clone()).collect(),
                complete: true,
            };
        }
        let documented = match self.manifest.nodes.get(id) {
            Some(node) => Some(&node.columns),
            None => self.manifest.sources.get(id).map(|source| &source.columns),
        };
        KnownColumns {
            names: documented
                .into_iter()
                .flat_map(|columns| columns.values())
                .map(|column| column.name.clone())
                .collect(),
            complete: false,
        }
    }

    fn root(&mut self, id: &str) {
        self.without_sql(id, Knowledge::Root);
    }

    /// A node whose columns come from nowhere that can be read.
    fn without_sql(&mut self, id: &str, knowledge: Knowledge) {
        let known = self.described(id);
        let mut making = Making {
            knowledge,
            ..Making::default()
        };
        for name in &known.names {
            making.list(self.key(name), name);
        }
        making.known = known;
        self.nodes.insert(id.to_owned(), making);
    }

    /// The lineage of a node's SQL, from before where nothing that it depends on is different.
    fn statement(&mut self, id: &str, sql: &str, before: Option<&Statement>) -> (Statement, bool) {
        if let Some(before) = before
            && before.fingerprint == self.fingerprint(sql, &before.lineage)
        {
            return (before.clone(), false);
        }
        let lineage = self.analyzed(id, sql);
        let statement = Statement {
            fingerprint: self.fingerprint(sql, &lineage),
            lineage: Arc::new(lineage),
        };
        (statement, true)
    }

    fn analyzed(&mut self, id: &str, sql: &str) -> StatementLineage {
        let Some(dialect) = self.dialect else {
            let gap = Gap {
                reason: "the SQL is in a dialect that is not understood".to_owned(),
                line: 0,
                column: 0,
            };
            return StatementLineage {
                gaps: vec![gap],
                ..StatementLineage::default()
            };
        };
        let lineage = analyze(sql, dialect, self);
        let reads_itself = lineage
            .relations
            .iter()
            .any(|name| self.node_of(name).is_some_and(|read| read == id));
        if !reads_itself || lineage.gaps.is_empty() || !lineage.complete {
            return lineage;
        }
        // What it makes is what it finds of itself.
        let columns = KnownColumns {
            names: lineage
                .columns
                .into_iter()
                .map(|column| column.name)
                .collect(),
            complete: true,
        };
        self.own = Some((id.to_owned(), columns));
        let lineage = analyze(sql, dialect, self);
        self.own = None;
        lineage
    }

    fn fingerprint(&self, sql: &str, lineage: &StatementLineage) -> u64 {
        let mut hasher = DefaultHasher::new();
        sql.hash(&mut hasher);
        self.dialect.hash(&mut hasher);
        for relation in &lineage.relations {
            let known = self.columns(relation);
            known
                .map(|known| (known.names, known.complete))
                .hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Puts a statement's lineage among the project's.
    fn read(&mut self, node: &Node, lineage: &StatementLineage) {
        let id = node.unique_id.as_str();
        let mut making = Making {
            knowledge: Knowledge::Read,
            gaps: lineage.gaps.iter().map(ToString::to_string).collect(),
            ..Making::default()
        };
        let mut outside = HashMap::new();
        for (relation, name) in lineage.relations.iter().enumerate() {
            if self.node_of(name).is_none() {
                outside.insert(relation as u32, making.gaps.len() as u32);
                let gap = format!("{} is no node of the project", name.join("."));
                making.gaps.push(gap);
            }
        }
        for column in &lineage.columns {
            let mut inputs = Vec::new();
            let mut gaps = column.gaps.clone();
            for input in &column.inputs {
                match self.place(lineage, &input.from) {
                    Some(at) => inputs.push((at, input.usage)),
                    None => gaps.extend(outside.get(&input.from.relation)),
                }
            }
            gaps.dedup();
            let key = self.key(&column.name);
            let listed = making.list(key, &column.name);
            listed.inputs = inputs;
            listed.gaps = gaps;
        }
        for filter in &lineage.filters {
            let at = self.place(lineage, filter);
            making.filters.extend(at);
        }
        let all_named = lineage.columns.iter().all(|column| column.named);
        self.complete(node, lineage.complete && all_named, &mut making);
        self.nodes.insert(id.to_owned(), making);
    }

    /// Adds columns that the SQL does not tell of, and says what readers of the node may count on.
    fn complete(&self, node: &Node, is_complete: bool, making: &mut Making) {
        if node.resource_type == ResourceType::Snapshot {
            let names = node.config.0.get("snapshot_meta_column_names");
            for usual in SNAPSHOT_COLUMNS {
                let own = names
                    .and_then(|names| names.get(usual))
                    .and_then(|name| name.as_str());
                let name = own.unwrap_or(usual);
                making.list(self.key(name), name);
            }
        }
        if is_complete {
            making.known = making.all(true);
            return;
        }
        let described = self.described(&node.unique_id);
        let mut gap = None;
        for name in &described.names {
            let key = self.key(name);
            if !making.columns.contains_key(&key) {
                let gap = *gap.get_or_insert_with(|| {
                    making.gaps.push("not found in the SQL".to_owned());
                    making.gaps.len() as u32 - 1
                });
                making.list(key, name).gaps.push(gap);
            }
        }
        making.known = if described.complete {
            described
        } else {
            making.all(false)
        };
    }

    /// Where a column that a statement reads stands; `None` for relations outside the project and for the node
    /// itself, which is not made yet.
    fn place(&mut self, lineage: &StatementLineage, column: &ColumnRef) -> Option<ColumnAt> {
        let id = self
            .node_of(&lineage.relations[column.relation as usize])?
            .clone();
        let key = self.key(&column.column);
        let (node, _, making) = self.nodes.get_full_mut(&id)?;
        making.list(key.clone(), &column.column);
        let position = making.columns.get_index_of(&key)?;
        Some(ColumnAt(node as u32, position as u32))
    }

    fn finish(self) -> ColumnLineage {
        let nodes = self.nodes.into_iter().map(|(id, making)| NodeLineage {
            unique_id: id,
            knowledge: making.knowledge,
            columns: making.columns.into_values().collect(),
            filters: making.filters.into_iter().collect(),
            gaps: making.gaps,
        });
        ColumnLineage {
            nodes: nodes.collect(),
            ..ColumnLineage::default()
        }
    }
}

impl Making {
    /// A column by key, listed if it was not.
    fn list(&mut self, key: String, name: &str) -> &mut LineageColumn {
        self.columns.entry(key).or_insert_with(|| LineageColumn {
            name: name.to_owned(),
            ..LineageColumn::default()
        })
    }

    fn all(&self, complete: bool) -> KnownColumns {
        let names = self.columns.values();
        KnownColumns {
            names: names.map(|column| column.name.clone()).collect(),
            complete,
        }
    }
}
