//! A project with each materialization, in whose relations the version of the build that made them can be read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use compiler::adapter::{Cell, Table};
use indexmap::IndexSet;
use serde_json::{Map, Value, json};
use server::adapter::{Connection, Patience, Target, open};
use server::execute::{CancelToken, Command, Outcome, RunError, RunOptions, Runner, Silent};
use server::project::{OpenOptions, Project};

use crate::fault::Fault;

/// Files of the project. Each model carries the variable `version`.
const FILES: [(&str, &str); 14] = [
    (
        "dbt_project.yml",
        "{name: shop, version: '1.0', profile: shop, vars: {version: 1}, \
          on-run-start: ['create table if not exists starts (n integer)'], \
          models: {shop: {+persist_docs: {relation: true, columns: true}}}}",
    ),
    ("seeds/raw.csv", "id,name\n1,a\n2,b\n3,c\n4,d\n5,e\n"),
    (
        "models/a_view.sql",
        "select id, {{ var('version') }} as version from {{ ref('raw') }}",
    ),
    (
        "models/b_table.sql",
        "{{ config(materialized='table', indexes=[{'columns': ['id']}]) }} \
         select id, {{ var('version') }} as version from {{ ref('raw') }}",
    ),
    ("models/c_over.sql", "select * from {{ ref('b_table') }}"),
    (
        "models/d_replaced.sql",
        "{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert') }} \
         select id, version from {{ ref('b_table') }}",
    ),
    (
        "models/e_merged.sql",
        "{{ config(materialized='incremental', unique_key='id', incremental_strategy='merge') }} \
         select id, version from {{ ref('b_table') }}",
    ),
    (
        "models/f_appended.sql",
        "{{ config(materialized='incremental', incremental_strategy='append') }} \
         select id, version from {{ ref('b_table') }} \
         {% if is_incremental() %} where version > (select max(version) from {{ this }}) {% endif %}",
    ),
    (
        "models/g_view_then_table.sql",
        "{{ config(materialized='view' if var('version') == 1 else 'table') }} \
         select id, {{ var('version') }} as version from {{ ref('raw') }}",
    ),
    (
        "models/h_table_then_view.sql",
        "{{ config(materialized='table' if var('version') == 1 else 'view') }} \
         select id, {{ var('version') }} as version from {{ ref('raw') }}",
    ),
    (
        "models/i_widened.sql",
        "{{ config(materialized='incremental', unique_key='id', on_schema_change='sync_all_columns') }} \
         select id, version {% if var('version') > 1 %}, 'x' as added {% endif %} from {{ ref('b_table') }}",
    ),
    (
        "snapshots/taken.sql",
        "{% snapshot taken %}{{ config(strategy='check', unique_key='id', check_cols=['version'], \
         hard_deletes='invalidate') }} select id, version from {{ ref('b_table') }}{% endsnapshot %}",
    ),
    (
        "models/schema.yml",
        "models: [{name: b_table, description: 'version {{ var(\"version\") }}', columns: [{name: id, description: key, \
         data_tests: [unique, {not_null: {config: {store_failures: true, schema: null}}}]}]}]",
    ),
    (
        "macros/schema.sql",
        "{% macro generate_schema_name(name, node) %}{{ target.schema }}{% endmacro %}",
    ),
];

/// Relations whose rows tell which build they are of.
const RELATIONS: [&str; 11] = [
    "a_view",
    "b_table",
    "c_over",
    "d_replaced",
    "e_merged",
    "f_appended",
    "g_view_then_table",
    "h_table_then_view",
    "i_widened",
    "raw",
    "taken",
];

/// What each relation holds, in words that differ from build to build.
pub(crate) type States = BTreeMap<String, String>;

pub(crate) struct Shop {
    pub(crate) folder: PathBuf,
    output: Value,
}

impl Shop {
    /// Writes the project into a folder, with this output in its profile.
    pub(crate) fn write(folder: PathBuf, output: Value) -> Self {
        for (path, text) in FILES {
            write(&folder.join(path), text);
        }
        if output["type"] == "postgres" {
            let model = "{{ config(materialized='materialized_view') }} select id, version from {{ ref('b_table') }}";
            write(&folder.join("models/j_materialized.sql"), model);
        }
        Self::at(folder, output)
    }

    /// A project that was copied into a folder, with another output.
    pub(crate) fn at(folder: PathBuf, output: Value) -> Self {
        let profiles = json!({"shop": {"target": "dev", "outputs": {"dev": &output}}});
        write(&folder.join("profiles.yml"), &profiles.to_string());
        Self { folder, output }
    }

    /// Copies project, artifacts and (DuckDB) the warehouse to another folder.
    pub(crate) fn copy(&self, folder: PathBuf, output: Value) -> Self {
        copy(&self.folder, &folder);
        Self::at(folder, output)
    }

    /// Builds everything with one thread.
    pub(crate) fn build(&self, version: u32, fault: &Arc<Fault>) -> Result<Outcome, RunError> {
        build(&self.folder, version, fault)
    }

    /// Builds everything, and nothing may go wrong.
    #[track_caller]
    pub(crate) fn build_well(&self, version: u32) {
        let outcome = self.build(version, &Fault::never());
        let outcome = outcome.unwrap_or_else(|error| panic!("{error}"));
        for result in &outcome.results.results {
            let failed = result.status.is_failure();
            assert!(!failed, "{}: {:?}", result.unique_id, result.message);
        }
    }

    pub(crate) fn connect(&self) -> Connection {
        let target = Target {
            name: "dev".into(),
            kind: self.output["type"].as_str().unwrap().into(),
            config: serde_json::from_value(self.output.clone()).unwrap(),
            secrets: Vec::new(),
            root: self.folder.clone(),
        };
        let patience = Patience {
            timeout: std::time::Duration::from_secs(10),
            notice: &|_| {},
            cancel: &CancelToken::new(),
        };
        let connector = open(&target, &patience).unwrap_or_else(|error| panic!("{error}"));
        connector
            .connect()
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// What is in the warehouse: all relations by name; those that tell their build with what they hold.
    pub(crate) fn states(&self) -> States {
        let connection = self.connect();
        let ask = |sql: &str| connection.warehouse.execute(sql, true, None).map(|it| it.1);
        let mut names =
            "select table_name from information_schema.tables where table_schema = 'main' or \
                         table_schema = 'public'"
                .to_owned();
        if self.output["type"] == "postgres" {
            names += " union all select matviewname from pg_matviews";
        }
        let mut states: States = texts(&ask(&names).unwrap())
            .into_iter()
            .map(|name| (name, String::new()))
            .collect();
        for name in RELATIONS.into_iter().chain(["j_materialized"]) {
            let column = if name == "raw" { "id" } else { "version" };
            let sql = format!(
                "select count(*) || ' rows of ' || coalesce(min({column}), 0) || ' to ' || coalesce(max({column}), 0) \
                 from {name}"
            );
            if let Some(state) = states.get_mut(name) {
                *state = match ask(&sql) {
                    Ok(table) => texts(&table).remove(0),
                    Err(error) => error.to_string(),
                };
            }
        }
        states
    }
}

/// Builds a project from its folder.
pub(crate) fn build(folder: &Path, version: u32, fault: &Arc<Fault>) -> Result<Outcome, RunError> {
    let project = open_project(folder, version);
    let nodes = project.manifest.nodes.keys();
    let selected: IndexSet<String> = nodes.cloned().collect();
    let options = RunOptions {
        threads: Some(1),
        ..RunOptions::default()
    };
    let fault = Arc::clone(fault);
    Runner::new(project, options, Arc::new(Silent), CancelToken::new())
        .opened_by(Arc::new(move |target, patience| {
            fault.open(target, patience)
        }))
        .run(Command::Build, &selected)
}

fn open_project(folder: &Path, version: u32) -> Arc<Project> {
    let opened = server::project::open(&OpenOptions {
        project_dir: Some(folder.to_path_buf()),
        profiles_dir: Some(folder.to_path_buf()),
        vars: Map::from_iter([("version".to_owned(), json!(version))]),
        command: "build".to_owned(),
        ..OpenOptions::default()
    });
    let opened = opened.unwrap_or_else(|error| panic!("{error}"));
    assert!(!opened.diagnostics.has_errors(), "{}", opened.diagnostics);
    opened.project
}

/// The first column.
pub(crate) fn texts(table: &Table) -> Vec<String> {
    let text = |row: &Vec<Cell>| match &row[0] {
        Cell::Text(text) => text.clone(),
        other => panic!("not a text: {other:?}"),
    };
    table.rows.iter().map(text).collect()
}

pub(crate) fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
