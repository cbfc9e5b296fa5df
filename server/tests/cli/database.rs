//! A database on PostgreSQL for one project.

use std::sync::atomic::{AtomicUsize, Ordering};

use compiler::adapter::Cell;
use serde_json::json;
use server::adapter::Connection;

use crate::postgres::{connect, rows, run};

/// A database that lives as long as its test, with the schema `main` and a connection that looks there first.
pub(crate) struct Database {
    pub(crate) name: String,
    connection: Connection,
}

impl Database {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("shop_of_{:03}", COUNT.fetch_add(1, Ordering::Relaxed));
        run(&connect(json!({})), &format!("create database {name}"));
        let connection = connect(json!({"dbname": name, "search_path": "main"}));
        run(&connection, "create schema main");
        Self { name, connection }
    }

    /// Rows of a query, cells with `|` between them.
    #[track_caller]
    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        let found = rows(&self.connection, sql).rows;
        let cells = |row: &Vec<Cell>| row.iter().map(Cell::to_string).collect::<Vec<_>>();
        found.iter().map(|row| cells(row).join("|")).collect()
    }

    /// Runs statements.
    #[track_caller]
    pub(crate) fn execute(&self, sql: &str) {
        run(&self.connection, sql);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("drop database if exists {} with (force)", self.name);
        let dropped = connect(json!({})).warehouse.execute(&sql, false, None);
        assert!(dropped.is_ok() || std::thread::panicking(), "{dropped:?}");
    }
}
