//! The two warehouses of the suite: a built project to start from, and copies of it to break.

use serde_json::{Value, json};
use server::adapter::Connection;
use tempfile::TempDir;

use crate::project::{Shop, States};
use crate::server::{PASSWORD, config, connect, run};
use crate::small_disk;

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    DuckDb,
    Postgres,
    /// As a role that is no superuser and owns neither database nor schema.
    PostgresAsBuilder,
    /// A server of its own on a small disk.
    PostgresOnSmallDisk,
}

impl Kind {
    /// A connection of the server's owner.
    fn connect(self, mut changes: Value) -> Connection {
        if matches!(self, Self::PostgresOnSmallDisk) {
            changes["port"] = json!(small_disk::port());
        }
        connect(changes)
    }
}

/// The role of [`Kind::PostgresAsBuilder`].
pub(crate) const BUILDER: &str = "builder";

/// A project built at version 1, and what its warehouse holds at versions 1 and 2.
pub(crate) struct Base {
    kind: Kind,
    name: &'static str,
    folder: TempDir,
    shop: Shop,
    pub(crate) old: States,
    pub(crate) new: States,
}

impl Base {
    /// `name` tells this base's databases from those of other tests.
    pub(crate) fn new(kind: Kind, name: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if !matches!(kind, Kind::DuckDb) {
            run(&kind.connect(json!({})), &format!("create database {name}"));
        }
        if matches!(kind, Kind::PostgresAsBuilder) {
            let role = format!("create role {BUILDER} login password '{PASSWORD}'");
            let rights = format!("grant all on schema public to {BUILDER}");
            run(&kind.connect(json!({})), &role);
            run(&kind.connect(json!({"dbname": name})), &rights);
        }
        let shop = Shop::write(folder.path().join("base"), output(kind, name));
        shop.build_well(1);
        let old = shop.states();
        let mut base = Self {
            kind,
            name,
            folder,
            shop,
            old,
            new: States::new(),
        };
        let upgraded = base.copy("new");
        upgraded.build_well(2);
        base.new = upgraded.states();
        assert_eq!(
            base.old.keys().collect::<Vec<_>>(),
            base.new.keys().collect::<Vec<_>>()
        );
        base
    }

    /// A copy of project and warehouse at version 1.
    pub(crate) fn copy(&self, name: &str) -> Shop {
        let database = format!("{}_{name}", self.name);
        if !matches!(self.kind, Kind::DuckDb) {
            let sql = format!("create database {database} template {}", self.name);
            run(&self.kind.connect(json!({})), &sql);
        }
        let folder = self.folder.path().join(name);
        self.shop.copy(folder, output(self.kind, &database))
    }

    /// Ends what a dead client left at work in a copy's database.
    pub(crate) fn settle(&self, name: &str) {
        if !matches!(self.kind, Kind::DuckDb) {
            let sql = format!(
                "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '{}_{name}'",
                self.name
            );
            run(&self.kind.connect(json!({})), &sql);
        }
    }

    /// Forgets a copy.
    pub(crate) fn remove(&self, name: &str, shop: Shop) {
        std::fs::remove_dir_all(shop.folder).unwrap();
        if !matches!(self.kind, Kind::DuckDb) {
            let sql = format!("drop database {}_{name} with (force)", self.name);
            run(&self.kind.connect(json!({})), &sql);
        }
    }

    /// Whatever happened: each relation is the old one or the new one, and nothing else is there but temporary names.
    #[track_caller]
    pub(crate) fn assert_old_or_new(&self, states: &States, moment: &str) {
        for name in self.old.keys() {
            let state = states.get(name);
            let state = state.unwrap_or_else(|| panic!("{moment}: {name} is missing"));
            let known = [&self.old[name], &self.new[name]];
            assert!(known.contains(&state), "{moment}: {name} has {state}");
        }
        for name in states.keys().filter(|name| !self.old.contains_key(*name)) {
            assert!(name.contains("__dbt_"), "{moment}: {name} is nobody's");
        }
    }
}

pub(crate) fn output(kind: Kind, database: &str) -> Value {
    match kind {
        Kind::DuckDb => json!({"type": "duckdb", "path": "dev.duckdb"}),
        Kind::Postgres | Kind::PostgresAsBuilder | Kind::PostgresOnSmallDisk => {
            let mut output = config(json!({"type": "postgres", "dbname": database}));
            if matches!(kind, Kind::PostgresAsBuilder) {
                output["user"] = json!(BUILDER);
            }
            if matches!(kind, Kind::PostgresOnSmallDisk) {
                output["port"] = json!(small_disk::port());
            }
            output["pass"] = output["password"].take();
            output.as_object_mut().unwrap().remove("password");
            output
        }
    }
}
