//! A project in a folder of its own, run through the engine, and its database looked at afterwards.

use std::path::Path;
use std::sync::Arc;

use compiler::adapter::Cell;
use compiler::artifacts::catalog::Catalog;
use compiler::artifacts::results::Status;
use indexmap::IndexSet;
use serde_json::{Map, Value, json};
use server::execute::{CancelToken, Command, Outcome, RunOptions, Runner, Silent};
use server::project::{OpenOptions, open};
use tempfile::TempDir;

use crate::place::home;
pub(crate) use crate::place::{Place, on_each};
use crate::postgres::{Schema, rows, run};

const PROJECT: &str = "
name: shop
version: '1.0'
profile: shop
vars: {step: 1}
";

/// A project on the disk, and where it is built.
pub(crate) struct Shop {
    folder: TempDir,
    /// The schema on PostgreSQL; `None` on DuckDB.
    schema: Option<Schema>,
}

impl Shop {
    /// A project of these files on DuckDB, besides `dbt_project.yml` and `profiles.yml`.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self::at(Place::DuckDb, files)
    }

    /// The same on this warehouse.
    pub(crate) fn at(place: Place, files: &[(&str, &str)]) -> Self {
        Self::with(home(place, json!({})), files)
    }

    /// The same on PostgreSQL, in a schema of this name.
    pub(crate) fn in_schema(name: &str, files: &[(&str, &str)]) -> Self {
        Self::with(
            home(Place::Postgres, json!({"schema": name, "threads": 4})),
            files,
        )
    }

    fn with((profiles, schema): (String, Option<Schema>), files: &[(&str, &str)]) -> Self {
        let shop = Self {
            folder: tempfile::tempdir().unwrap(),
            schema,
        };
        shop.write("dbt_project.yml", PROJECT);
        shop.write("profiles.yml", &profiles);
        for (path, text) in files {
            shop.write(path, text);
        }
        shop
    }

    /// Writes one file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// One file's text.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    /// A path in the folder, in full.
    pub(crate) fn path(&self, path: &str) -> String {
        self.folder.path().join(path).to_string_lossy().into_owned()
    }

    /// What a folder holds, in order.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// Builds everything with `var('step')` as given; every node must succeed.
    #[track_caller]
    pub(crate) fn build(&self, step: i64) {
        let outcome = self.command(Command::Build, step, false);
        for result in &outcome.results.results {
            assert!(
                !result.status.is_failure(),
                "{}: {:?}",
                result.unique_id,
                result.message
            );
        }
    }

    /// As [`Shop::build`], of the nodes whose names are given alone.
    #[track_caller]
    pub(crate) fn build_only(&self, step: i64, names: &[&str]) {
        let (runner, selected) = self.runner(Command::Build, step, false);
        let named = |id: &&String| names.iter().any(|name| id.ends_with(&format!(".{name}")));
        let selected = selected.iter().filter(named).cloned().collect();
        let outcome = runner.run(Command::Build, &selected);
        for result in &outcome
            .unwrap_or_else(|error| panic!("{error}"))
            .results
            .results
        {
            assert!(
                !result.status.is_failure(),
                "{}: {:?}",
                result.unique_id,
                result.message
            );
        }
    }

    /// As [`Shop::build`], with `--full-refresh`.
    #[track_caller]
    pub(crate) fn refresh(&self, step: i64) {
        let outcome = self.command(Command::Build, step, true);
        for result in &outcome.results.results {
            assert!(
                !result.status.is_failure(),
                "{}: {:?}",
                result.unique_id,
                result.message
            );
        }
    }

    /// Builds everything; hands back the message of the one node that fails.
    #[track_caller]
    pub(crate) fn fails(&self, step: i64) -> String {
        let outcome = self.command(Command::Build, step, false);
        let mut failed = outcome
            .results
            .results
            .iter()
            .filter(|result| result.status == Status::Error);
        let first = failed.next().expect("a node fails");
        assert!(failed.next().is_none(), "only one node fails");
        first.message.clone().unwrap_or_default()
    }

    /// Builds everything; hands back why nothing was begun.
    #[track_caller]
    pub(crate) fn refused(&self) -> String {
        let (runner, selected) = self.runner(Command::Build, 1, false);
        let error = runner.run(Command::Build, &selected).err();
        error.expect("the build is refused").to_string()
    }

    /// Runs one command over the whole project.
    #[track_caller]
    pub(crate) fn command(&self, command: Command, step: i64, full_refresh: bool) -> Outcome {
        let (runner, selected) = self.runner(command, step, full_refresh);
        runner
            .run(command, &selected)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// What `docs generate` writes.
    #[track_caller]
    pub(crate) fn catalog(&self) -> Catalog {
        let (runner, selected) = self.runner(Command::Generate, 1, false);
        let generated = runner.generate(&selected, false);
        generated.unwrap_or_else(|error| panic!("{error}")).catalog
    }

    fn runner(
        &self,
        command: Command,
        step: i64,
        full_refresh: bool,
    ) -> (Runner, IndexSet<String>) {
        let mut vars = Map::new();
        vars.insert("step".to_owned(), json!(step));
        let mut flags = Map::new();
        flags.insert("FULL_REFRESH".to_owned(), Value::Bool(full_refresh));
        let opened = open(&OpenOptions {
            project_dir: Some(self.folder.path().to_path_buf()),
            profiles_dir: Some(self.folder.path().to_path_buf()),
            vars,
            flags,
            command: command.which().to_owned(),
            ..OpenOptions::default()
        })
        .unwrap_or_else(|error| panic!("{error}"));
        assert!(!opened.diagnostics.has_errors(), "{}", opened.diagnostics);
        let manifest = &opened.project.manifest;
        let nodes = manifest.nodes_and_functions();
        let nodes = nodes.map(|node| node.unique_id.clone());
        let selected: IndexSet<String> = nodes.chain(manifest.unit_tests.keys().cloned()).collect();
        let options = RunOptions {
            full_refresh,
            ..RunOptions::default()
        };
        let runner = Runner::new(
            Arc::clone(&opened.project),
            options,
            Arc::new(Silent),
            CancelToken::new(),
        );
        (runner, selected)
    }

    /// Rows of a query, columns as text with `|` between them and `-` for NULL.
    #[track_caller]
    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        if let Some(schema) = &self.schema {
            return postgres_rows(schema, sql);
        }
        let connection = duckdb::Connection::open(self.folder.path().join("dev.duckdb")).unwrap();
        let root = self.folder.path().display();
        connection
            .execute_batch(&format!("set file_search_path = '{root}'"))
            .unwrap();
        let mut statement = connection
            .prepare(&format!("select columns(*)::varchar from ({sql})"))
            .unwrap();
        let mut rows = statement.query([]).unwrap();
        let mut found = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let width = row.as_ref().column_count();
            let cells = (0..width).map(|index| row.get::<_, Option<String>>(index).unwrap());
            found.push(
                cells
                    .map(|cell| cell.unwrap_or_else(|| "-".to_owned()))
                    .collect::<Vec<_>>()
                    .join("|"),
            );
        }
        found
    }

    /// Runs a statement.
    pub(crate) fn execute(&self, sql: &str) {
        if let Some(schema) = &self.schema {
            return run(&schema.connection, sql);
        }
        let connection = duckdb::Connection::open(self.folder.path().join("dev.duckdb")).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    /// Names and types of a relation's columns, the types in DuckDB's words.
    #[track_caller]
    pub(crate) fn columns(&self, relation: &str) -> Vec<String> {
        if let Some(schema) = &self.schema {
            return self.rows(&format!(
                "select column_name, case data_type when 'text' then 'VARCHAR' when 'character varying' then 'VARCHAR'
                   when 'double precision' then 'DOUBLE' else upper(data_type) end
                 from information_schema.columns
                 where table_schema = '{}' and table_name = '{relation}' order by ordinal_position",
                schema.name
            ));
        }
        self.rows(&format!(
            "select column_name, data_type from duckdb_columns() where table_name = '{relation}' order by column_index"
        ))
    }

    /// The schema that the project is built in.
    pub(crate) fn schema(&self) -> &str {
        self.schema.as_ref().map_or("main", |schema| &schema.name)
    }

    /// `name|type` of every relation of the schema, so that nothing temporary can hide.
    #[track_caller]
    pub(crate) fn relations(&self) -> Vec<String> {
        let schema = self.schema();
        self.rows(&format!(
            "select table_name, table_type from information_schema.tables where table_schema = '{schema}' order by all"
        ))
    }
}

/// Rows as DuckDB writes them. `from x` and `order by all`, which PostgreSQL does not know, are written out.
#[track_caller]
fn postgres_rows(schema: &Schema, sql: &str) -> Vec<String> {
    let sql = if sql.starts_with("from ") {
        format!("select * {sql}")
    } else {
        sql.to_owned()
    };
    let sql = match sql.strip_suffix("order by all") {
        Some(query) => {
            let columns = rows(&schema.connection, query).columns.len();
            let places: Vec<String> = (1..=columns).map(|place| place.to_string()).collect();
            format!("{query} order by {}", places.join(", "))
        }
        None => sql,
    };
    let shown = |cell: &Cell| match cell {
        Cell::Null => "-".to_owned(),
        Cell::Float(value) => format!("{value:?}"),
        cell => cell.to_string(),
    };
    let found = rows(&schema.connection, &sql).rows;
    let lines = found
        .iter()
        .map(|row| row.iter().map(shown).collect::<Vec<_>>().join("|"));
    lines.collect()
}
