//! Small projects on disk, and the one way in which this suite runs the binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::json;
use tempfile::TempDir;

use crate::database::Database;
pub(crate) use crate::place::{Place, on_each};
use crate::postgres::config;

/// A project in a folder of its own.
pub(crate) struct Project {
    folder: TempDir,
    /// The database on PostgreSQL; `None` on DuckDB.
    database: Option<Database>,
}

impl Project {
    /// An empty folder.
    pub(crate) fn empty_folder() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder for the project"),
            database: None,
        }
    }

    /// `dbt_project.yml` and a DuckDB profile with one thread, so that the order of lines is certain.
    pub(crate) fn new() -> Self {
        Self::at(Place::DuckDb)
    }

    /// The same on this warehouse. On PostgreSQL the database is the project's own, and [`check`] calls it `shop`.
    pub(crate) fn at(place: Place) -> Self {
        let mut project = Self::empty_folder();
        if place == Place::Postgres {
            project.database = Some(Database::new());
        }
        let profiles = project.profiles("shop", &[("dev", "main")]);
        project
            .file(
                "dbt_project.yml",
                "name: shop\nversion: '1.0'\nprofile: shop\n",
            )
            .file("profiles.yml", &profiles)
    }

    /// A `profiles.yml` of these targets and their schemas.
    pub(crate) fn profiles(&self, profile: &str, targets: &[(&str, &str)]) -> String {
        let output = |schema: &str| match &self.database {
            None if schema == "main" => "{type: duckdb, path: shop.duckdb, threads: 1}".to_owned(),
            None => format!("{{type: duckdb, path: shop.duckdb, schema: {schema}, threads: 1}}"),
            Some(database) => {
                let own = json!({"type": "postgres", "dbname": database.name, "schema": schema,
                                 "search_path": schema, "threads": 1});
                config(own).to_string()
            }
        };
        let outputs = targets.iter();
        let outputs = outputs.map(|(target, schema)| format!("    {target}: {}\n", output(schema)));
        let outputs: String = outputs.collect();
        format!("{profile}:\n  target: dev\n  outputs:\n{outputs}")
    }

    /// What the warehouse calls the project's database.
    pub(crate) fn database(&self) -> &str {
        self.database
            .as_ref()
            .map_or("shop", |database| &database.name)
    }

    /// The name of a snapshot in which the warehouse's own words stand.
    pub(crate) fn own(&self, snapshot: &str) -> String {
        let ending = if self.database.is_some() {
            "-on-postgres"
        } else {
            ""
        };
        format!("{snapshot}{ending}")
    }

    /// A seed, a view over it, a table over that, and their tests; all is well with it.
    pub(crate) fn shop() -> Self {
        Self::shop_at(Place::DuckDb)
    }

    /// The same on this warehouse.
    pub(crate) fn shop_at(place: Place) -> Self {
        Self::at(place)
            .file("seeds/raw_orders.csv", "order_id,amount\n1,10\n2,20\n3,30\n")
            .file("models/staging/stg_orders.sql", "select order_id, amount from {{ ref('raw_orders') }}\n")
            .file("models/totals.sql", "{{ config(materialized='table') }}\nselect sum(amount) as total from {{ ref('stg_orders') }}\n")
            .file(
                "models/models.yml",
                "models:\n  - name: stg_orders\n    columns:\n      - name: order_id\n        data_tests: [unique, not_null]\n",
            )
    }

    /// Two targets, `dev` and `prod`, that share a database.
    pub(crate) fn with_two_targets(self) -> Self {
        let profiles = self.profiles("shop", &[("dev", "dev"), ("prod", "prod")]);
        self.file("profiles.yml", &profiles)
    }

    /// Adds or replaces a file.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
        self
    }

    /// Adds what is in a folder.
    pub(crate) fn copy(mut self, folder: &Path) -> Self {
        let mut open = vec![folder.to_owned()];
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(&next).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                let inside = path
                    .strip_prefix(folder)
                    .expect("below it")
                    .to_string_lossy()
                    .into_owned();
                let text = fs::read_to_string(&path).expect("a text");
                self = self.file(&inside, &text);
            }
        }
        self
    }

    /// A path below the project's folder.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Rows of a query in the project's database, cells with `|` between them.
    #[track_caller]
    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        if let Some(database) = &self.database {
            return database.rows(sql);
        }
        let connection = duckdb::Connection::open(self.path("shop.duckdb")).expect("a database");
        let sql = format!("select concat_ws('|', *columns(*)) from ({sql})");
        let mut statement = connection.prepare(&sql).expect("a query");
        let found = statement.query_map([], |row| row.get(0)).expect("rows");
        found.map(|row| row.expect("a row")).collect()
    }

    /// Runs statements in the project's database.
    #[track_caller]
    pub(crate) fn sql(&self, sql: &str) {
        if let Some(database) = &self.database {
            return database.execute(sql);
        }
        let connection = duckdb::Connection::open(self.path("shop.duckdb")).expect("a database");
        connection.execute_batch(sql).expect("executed");
    }

    /// Runs `refract` here.
    pub(crate) fn refract(&self, arguments: &[&str]) -> Run {
        self.refract_with(arguments, &[])
    }

    /// Runs `refract` here with more environment variables.
    pub(crate) fn refract_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        run(self.folder.path(), arguments, variables)
    }
}

/// What a run of the binary came to.
pub(crate) struct Run {
    arguments: String,
    folder: PathBuf,
    output: Output,
}

fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refract"));
    command.args(arguments).current_dir(folder);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("DBT_") || text == "NO_COLOR" || text == "COLUMNS" {
            command.env_remove(&name);
        }
    }
    // Nothing of this machine's user: no ~/.dbt, one time zone, one width.
    command
        .env("HOME", folder)
        .env("TZ", "UTC")
        .env("COLUMNS", "100")
        .envs(variables.iter().copied());
    let output = command.output().expect("the binary runs");
    Run {
        arguments: arguments.join(" "),
        folder: folder.to_owned(),
        output,
    }
}

impl Run {
    /// The exit code.
    pub(crate) fn code(&self) -> i32 {
        self.output.status.code().expect("not ended by a signal")
    }

    /// Standard output as it is.
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).expect("UTF-8")
    }

    /// Standard error as it is.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).expect("UTF-8")
    }

    /// Both, after checking the exit code.
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "{}", self.whole());
        self
    }

    /// Both, after checking that the command did well.
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(
            self.code(),
            0,
            "refract {}\n{}\n{}",
            self.arguments,
            self.stdout(),
            self.stderr()
        );
        self
    }

    /// Lines of standard output.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.stdout().lines().map(str::to_owned).collect()
    }

    /// Everything in one text, for a snapshot.
    pub(crate) fn whole(&self) -> String {
        format!(
            "$ refract {}\nexit code: {}\n----- stdout\n{}----- stderr\n{}",
            self.arguments,
            self.code(),
            self.stdout(),
            self.stderr()
        )
    }
}

/// Compares a run with its snapshot; times, paths and ids are replaced first.
pub(crate) fn check(name: &str, run: &Run) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let real = run.folder.canonicalize().expect("the project's folder");
    for folder in [&real, &run.folder] {
        settings.add_filter(&regex_literal(&folder.to_string_lossy()), "[project]");
    }
    settings.add_filter(r"(?m)^\d\d:\d\d:\d\d  ", "[time]  ");
    settings.add_filter(
        r"\d+ hours \d+ minutes and [\d.]+ seconds \([\d.]+s\)",
        "[duration]",
    );
    settings.add_filter(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "[id]");
    settings.add_filter(r"\d+\.\d\ds\b", "[seconds]");
    settings.add_filter(r"\d+ macros", "[n] macros");
    settings.add_filter(r"\bshop_of_\d+\b", "shop");
    // What PostgreSQL tells of a statement, where DuckDB tells nothing. All its databases here have names of one length,
    // on which depends how much of a line its errors show.
    settings.add_filter(r"\[(SELECT \d+|MERGE \d+|CREATE VIEW) in ", "[OK in ");
    settings.add_filter(r"refract=\d+\.\d+\.\d+", "refract=[version]");
    settings.bind(|| insta::assert_snapshot!(name, run.whole()));
}

fn regex_literal(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            if c.is_alphanumeric() {
                vec![c]
            } else {
                vec!['\\', c]
            }
        })
        .collect()
}
