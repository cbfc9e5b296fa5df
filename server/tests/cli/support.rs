//! Small projects on disk, and the one way in which this suite runs the binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A project in a folder of its own.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// An empty folder.
    pub(crate) fn empty_folder() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder for the project"),
        }
    }

    /// `dbt_project.yml` and a DuckDB profile with one thread, so that the order of lines is certain.
    pub(crate) fn new() -> Self {
        Self::empty_folder()
            .file("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\n")
            .file(
                "profiles.yml",
                "shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: shop.duckdb\n      threads: 1\n",
            )
    }

    /// A seed, a view over it, a table over that, and their tests; all is well with it.
    pub(crate) fn shop() -> Self {
        Self::new()
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
        self.file(
            "profiles.yml",
            "shop:\n  target: dev\n  outputs:\n    \
             dev: {type: duckdb, path: shop.duckdb, schema: dev, threads: 1}\n    \
             prod: {type: duckdb, path: shop.duckdb, schema: prod, threads: 1}\n",
        )
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
