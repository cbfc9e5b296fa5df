//! A dbt project in a temporary folder, and what its runs tell.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use compiler::adapter::{Cell, Table};
use compiler::artifacts::results::Status;
use indexmap::IndexSet;
use serde_json::json;
use server::adapter::{ConnectError, Connection, Patience, Target, open};
use server::execute::{CancelToken, Command, Event, EventSink, Outcome, RunOptions, Runner};
use server::project::{OpenOptions, Project};
use tempfile::TempDir;

use crate::place::home;
pub(crate) use crate::place::{Place, on_each};
use crate::postgres::Schema;

pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    /// The schema on PostgreSQL; `None` on DuckDB.
    schema: Option<Schema>,
}

impl Fixture {
    /// A project of these files on a DuckDB file of its own; `dbt_project.yml` may be among them.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self::at(Place::DuckDb, files)
    }

    /// The same on this warehouse, where names without a schema are of the project's own.
    pub(crate) fn at(place: Place, files: &[(&str, &str)]) -> Self {
        let (profiles, schema) = home(place, json!({"search_path": true}));
        let fixture = Self {
            folder: tempfile::tempdir().unwrap(),
            schema,
        };
        fixture.write(
            "dbt_project.yml",
            "name: shop\nversion: '1.0'\nprofile: shop\n",
        );
        fixture.write("profiles.yml", &profiles);
        for (path, text) in files {
            fixture.write(path, text);
        }
        fixture
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    pub(crate) fn open(&self) -> Arc<Project> {
        let options = OpenOptions {
            project_dir: Some(self.path().to_path_buf()),
            profiles_dir: Some(self.path().to_path_buf()),
            ..OpenOptions::default()
        };
        let opened = server::project::open(&options).unwrap();
        assert!(!opened.diagnostics.has_errors(), "{}", opened.diagnostics);
        opened.project
    }

    /// Runs all nodes that the command runs, and gives what happened.
    pub(crate) fn run(&self, command: Command, options: RunOptions) -> Ran {
        self.run_watched(command, options, CancelToken::new(), |_, _| {})
    }

    /// The same with an eye on each event.
    pub(crate) fn run_watched(
        &self,
        command: Command,
        options: RunOptions,
        cancel: CancelToken,
        watch: impl Fn(&Event, &CancelToken) + Send + Sync + 'static,
    ) -> Ran {
        let project = self.open();
        let selected: IndexSet<String> = project
            .manifest
            .nodes
            .keys()
            .chain(project.manifest.exposures.keys())
            .cloned()
            .collect();
        let sink = Arc::new(Recorder {
            lines: Mutex::default(),
            cancel: cancel.clone(),
            watch: Box::new(watch),
        });
        let runner = Runner::new(
            project,
            options,
            Arc::clone(&sink) as Arc<dyn EventSink>,
            cancel,
        );
        let outcome = runner.run(command, &selected).unwrap();
        let lines = std::mem::take(&mut *sink.lines.lock().unwrap());
        Ran { outcome, lines }
    }

    /// A connection to the fixture's DuckDB file from this process.
    pub(crate) fn connect(&self) -> Result<Connection, ConnectError> {
        let target = Target {
            name: "dev".into(),
            kind: "duckdb".into(),
            config: serde_json::from_value(json!({"path": "dev.duckdb"})).unwrap(),
            secrets: Vec::new(),
            root: self.path().to_path_buf(),
        };
        let cancel = CancelToken::new();
        open(
            &target,
            &Patience {
                timeout: Duration::ZERO,
                notice: &|_| {},
                cancel: &cancel,
            },
        )?
        .connect()
    }

    pub(crate) fn sql(&self, sql: &str) -> Table {
        let connection = match &self.schema {
            Some(schema) => schema.connection.clone(),
            None => self.connect().unwrap(),
        };
        connection.warehouse.execute(sql, true, None).unwrap().1
    }

    /// The one value of a query, as text.
    pub(crate) fn value(&self, sql: &str) -> String {
        text(&self.sql(sql).rows[0][0])
    }

    /// The schema that the project is built in.
    pub(crate) fn schema(&self) -> &str {
        self.schema.as_ref().map_or("main", |schema| &schema.name)
    }

    /// The database that its relations are in.
    pub(crate) fn database(&self) -> &str {
        self.schema.as_ref().map_or("dev", |_| "postgres")
    }

    /// Names of all relations, sorted.
    pub(crate) fn relations(&self) -> Vec<String> {
        let table = self.sql(&format!(
            "select table_name::varchar from information_schema.tables where table_schema = '{}' order by 1",
            self.schema()
        ));
        table.rows.iter().map(|row| text(&row[0])).collect()
    }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) | Cell::Decimal(text) | Cell::Date(text) | Cell::Timestamp(text) => {
            text.clone()
        }
        Cell::Int(value) => value.to_string(),
        Cell::Bool(value) => value.to_string(),
        Cell::Float(value) => value.to_string(),
        Cell::Null => "null".into(),
    }
}

/// What a run did.
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    /// `start NAME`, `STATUS NAME`, `log MESSAGE` in the order of happening.
    pub(crate) lines: Vec<String>,
}

impl Ran {
    /// `NAME STATUS` of all results, sorted; generic tests by their names.
    pub(crate) fn statuses(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .outcome
            .results
            .results
            .iter()
            .map(|r| format!("{} {}", r.unique_id, r.status.as_str()))
            .collect();
        lines.sort();
        lines
    }

    /// The message of a node's result.
    pub(crate) fn message(&self, unique_id: &str) -> &str {
        let result = self
            .outcome
            .results
            .results
            .iter()
            .find(|result| result.unique_id == unique_id);
        result.unwrap().message.as_deref().unwrap_or("none")
    }

    pub(crate) fn status(&self, unique_id: &str) -> Status {
        self.outcome
            .results
            .results
            .iter()
            .find(|result| result.unique_id == unique_id)
            .unwrap()
            .status
    }

    /// Asserts that one line came before another.
    #[track_caller]
    pub(crate) fn assert_before(&self, first: &str, second: &str) {
        let place = |wanted: &str| {
            self.lines
                .iter()
                .position(|line| line == wanted)
                .unwrap_or_else(|| panic!("no '{wanted}' in {:#?}", self.lines))
        };
        assert!(
            place(first) < place(second),
            "'{first}' is not before '{second}' in {:#?}",
            self.lines
        );
    }
}

type Watch = Box<dyn Fn(&Event, &CancelToken) + Send + Sync>;

struct Recorder {
    lines: Mutex<Vec<String>>,
    cancel: CancelToken,
    watch: Watch,
}

impl EventSink for Recorder {
    fn emit(&self, event: Event) {
        (self.watch)(&event, &self.cancel);
        let line = match event {
            Event::NodeStarted { node, .. } => format!("start {}", node.name),
            Event::NodeFinished { node, result, .. } => {
                format!("{} {}", result.status.as_str(), node.name)
            }
            Event::NodeCancelled { node, .. } => format!("cancelled {}", node.name),
            Event::Log { message, .. } | Event::Warning { message, .. } => format!("log {message}"),
            Event::Batch { .. }
            | Event::Statement { .. }
            | Event::RunStarted { .. }
            | Event::RunFinished { .. } => return,
        };
        self.lines.lock().unwrap().push(line);
    }
}
