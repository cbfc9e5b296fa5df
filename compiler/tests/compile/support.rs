//! A project in memory and a warehouse that writes down what it is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use compiler::adapter::{Cell, Column, Response, Rows, Table, Warehouse, WarehouseError};
use compiler::artifacts::manifest::Node;
use compiler::compile::{Compiled, Materialized, compile_node, materialize};
use compiler::diag::Diagnostic;
use compiler::jinja::adapter::{RelationCache, fill_cache};
use compiler::jinja::{RunContext, Runtime};
use compiler::resolve::{LoadOptions, Project, load};
use compiler::world::{World, WorldError};
use serde_json::{Map, Value};

const PROJECT: &str = "
name: shop
version: '1.0'
profile: shop
";

const PROFILES: &str = "
shop:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: dev.duckdb, threads: 1}
    postgres: {type: postgres, host: localhost, user: me, password: x, port: 5432, dbname: dev, schema: main, threads: 1}
";

struct Memory(BTreeMap<String, String>);

impl World for Memory {
    fn read(&self, path: &str) -> Result<String, WorldError> {
        self.0
            .get(path)
            .cloned()
            .ok_or_else(|| WorldError::NotFound(path.to_owned()))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, WorldError> {
        let inside = format!("{}/", folder.trim_end_matches('/'));
        Ok(self
            .0
            .keys()
            .filter(|path| path.starts_with(&inside))
            .cloned()
            .collect())
    }

    fn folders(&self, _folder: &str) -> Result<Vec<String>, WorldError> {
        Ok(Vec::new())
    }

    fn env_var(&self, _name: &str) -> Option<String> {
        None
    }

    fn started_at(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn invocation_id(&self) -> &'static str {
        "0a1b2c3d-0000-4000-8000-000000000000"
    }
}

/// Answers of the warehouse: a part of the question, and the rows, the first of which names the columns.
pub(crate) type Answers = &'static [(&'static str, &'static [&'static [&'static str]])];

struct Recorder {
    adapter_type: String,
    answers: Answers,
    log: Mutex<Vec<String>>,
}

impl Recorder {
    fn note(&self, line: &str) {
        self.log.lock().unwrap().push(line.to_owned());
    }
}

impl Warehouse for Recorder {
    fn adapter_type(&self) -> &str {
        &self.adapter_type
    }

    fn execute(
        &self,
        sql: &str,
        _fetch: bool,
        _limit: Option<usize>,
    ) -> Result<(Response, Table), WarehouseError> {
        let sql = sql
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join("\n");
        let answer = self
            .answers
            .iter()
            .find(|(part, _)| sql.contains(part))
            .map(|(_, rows)| *rows);
        let Some([names, rows @ ..]) = answer else {
            self.note(&sql);
            return Ok((
                Response {
                    message: "OK".to_owned(),
                    ..Response::default()
                },
                Table::default(),
            ));
        };
        let columns = names
            .iter()
            .map(|name| Column {
                name: (*name).to_owned(),
                data_type: "text".to_owned(),
            })
            .collect();
        let cell = |text: &&str| {
            if text.is_empty() {
                Cell::Null
            } else {
                Cell::Text((*text).to_owned())
            }
        };
        let rows = rows
            .iter()
            .map(|row| row.iter().map(cell).collect())
            .collect();
        Ok((
            Response {
                message: "OK".to_owned(),
                ..Response::default()
            },
            Table { columns, rows },
        ))
    }

    fn begin(&self) -> Result<(), WarehouseError> {
        let mut log = self.log.lock().unwrap();
        let open = log
            .iter()
            .rev()
            .find(|line| matches!(line.as_str(), "BEGIN" | "COMMIT"))
            .is_some_and(|line| line == "BEGIN");
        if !open {
            log.push("BEGIN".to_owned());
        }
        Ok(())
    }

    fn commit(&self) -> Result<(), WarehouseError> {
        self.note("COMMIT");
        Ok(())
    }

    fn rollback(&self) -> Result<(), WarehouseError> {
        self.note("ROLLBACK");
        Ok(())
    }

    fn load_rows(
        &self,
        relation: &str,
        _columns: &[String],
        rows: &mut Rows<'_>,
    ) -> Result<u64, WarehouseError> {
        let count = rows.count();
        self.note(&format!("LOAD {count} rows INTO {relation}"));
        Ok(count as u64)
    }

    fn default_database(&self) -> String {
        "dev".to_owned()
    }
}

/// A resolved project and its warehouse.
pub(crate) struct Shop {
    project: Project,
    warehouse: Arc<Recorder>,
}

impl Shop {
    #[track_caller]
    pub(crate) fn new(adapter_type: &str, answers: Answers, files: &[(&str, &str)]) -> Self {
        let mut all = BTreeMap::from([("dbt_project.yml".to_owned(), PROJECT.to_owned())]);
        all.extend(
            files
                .iter()
                .map(|(path, text)| ((*path).to_owned(), (*text).to_owned())),
        );
        let options = LoadOptions {
            target: Some(adapter_type.to_owned()),
            profiles_yaml: Some(("profiles.yml".to_owned(), PROFILES.to_owned())),
            command: "run".to_owned(),
            flags: Map::from_iter([("FULL_REFRESH".to_owned(), Value::Bool(false))]),
            ..LoadOptions::default()
        };
        let loaded = load(Arc::new(Memory(all)), options);
        assert!(!loaded.diagnostics.has_errors(), "{}", loaded.diagnostics);
        let warehouse = Arc::new(Recorder {
            adapter_type: adapter_type.to_owned(),
            answers,
            log: Mutex::default(),
        });
        Self {
            project: loaded.project.expect("a project"),
            warehouse,
        }
    }

    fn runtime(&self, node: Node) -> Runtime {
        let run = RunContext {
            manifest: Arc::new(self.project.manifest.clone()),
            cache: Arc::new(RelationCache::new()),
            log: Arc::new(|_| ()),
            fatal_warnings: Arc::default(),
            selected_resources: Arc::default(),
            schemas: Arc::default(),
            results: Arc::default(),
            deferred: Arc::default(),
            sample: None,
            injects_ctes: true,
            graph: Arc::default(),
        };
        Runtime::new(
            run,
            Arc::new(node),
            Arc::clone(&self.warehouse) as Arc<dyn Warehouse>,
        )
    }

    fn node(&self, unique_id: &str) -> Node {
        self.project
            .manifest
            .nodes
            .get(unique_id)
            .cloned()
            .unwrap_or_else(|| panic!("no node {unique_id}"))
    }

    /// The unique id that begins like this: tests' ids end in a digest.
    #[track_caller]
    pub(crate) fn full_id(&self, start: &str) -> String {
        let mut ids = self
            .project
            .manifest
            .nodes
            .keys()
            .filter(|id| id.starts_with(start));
        ids.next()
            .cloned()
            .unwrap_or_else(|| panic!("no node {start}"))
    }

    /// Compiles a node.
    pub(crate) fn compile(&self, unique_id: &str) -> Result<Compiled, Diagnostic> {
        let runtime = Arc::new(self.runtime(self.node(unique_id)));
        compile_node(&self.project.library, &self.project.scope, &runtime)
    }

    /// Compiles and builds a node.
    pub(crate) fn materialize(&self, unique_id: &str) -> Result<Materialized, Diagnostic> {
        let node = self.compile(unique_id)?.write_into(self.node(unique_id));
        let runtime = Arc::new(self.runtime(node.clone()));
        fill_cache(
            &self.project.library,
            &self.project.scope,
            &runtime,
            node.database.as_deref(),
            &node.schema,
        )?;
        let cache = Arc::clone(&runtime.run.cache);
        self.warehouse.log.lock().unwrap().clear();
        let mut runtime = self.runtime(node);
        runtime.run.cache = cache;
        materialize(
            &self.project.library,
            &self.project.scope,
            &Arc::new(runtime),
        )
    }

    /// All that the warehouse was asked while the node was built, but for questions that had an answer.
    #[track_caller]
    pub(crate) fn statements(&self, unique_id: &str) -> String {
        self.materialize(unique_id)
            .unwrap_or_else(|error| panic!("{error}"));
        self.warehouse.log.lock().unwrap().join("\n---\n")
    }
}
