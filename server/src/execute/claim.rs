//! Which relations a command builds and reads, so that runs keep out of each other's way and no further.

use std::collections::{BTreeSet, HashSet};

use compiler::artifacts::manifest::{Manifest, Node, ResourceType};
use compiler::jinja::Deferral;
use indexmap::IndexSet;

use super::context::is_relational;
use super::options::{Command, RunOptions};
use crate::adapter;
use crate::project::Project;
use crate::store::{Claim, Relations};

/// What `command` touches when it runs on these nodes (unique ids).
pub fn claim(
    project: &Project,
    command: Command,
    selected: &IndexSet<String>,
    options: &RunOptions,
) -> Claim {
    if adapter::is_for_one_run(&project.target) || command == Command::RunOperation {
        return Claim::everything();
    }
    if command == Command::Generate {
        return Claim::reading_all();
    }
    of_nodes(&project.manifest, command, selected, options)
}

fn of_nodes(
    manifest: &Manifest,
    command: Command,
    selected: &IndexSet<String>,
    options: &RunOptions,
) -> Claim {
    let mut reading = Reading {
        manifest,
        deferral: &options.deferral,
        names: BTreeSet::new(),
        seen: HashSet::new(),
    };
    let mut builds = BTreeSet::new();
    for id in selected {
        let own = manifest.nodes.get(id);
        match own.filter(|node| is_relational(node, options.store_failures)) {
            Some(node) if command.executes() => {
                builds.insert(name_of(node));
            }
            _ => reading.add(id),
        }
        if command == Command::Clone {
            reading.names.extend(deferred(&options.deferral, id));
        } else {
            reading.add_parents(id);
        }
        if id.starts_with("unit_test.") {
            // The types of the columns come from what the tested model reads.
            let tested = manifest.resource(id).map(|test| test.parents);
            for model in tested.into_iter().flatten() {
                reading.add_parents(model);
            }
        }
    }
    let mut reads = reading.names;
    reads.retain(|name| !builds.contains(name));
    Claim {
        builds: Relations::These(builds),
        reads: Relations::These(reads),
    }
}

/// Collects what is read.
struct Reading<'a> {
    manifest: &'a Manifest,
    deferral: &'a Deferral,
    names: BTreeSet<String>,
    seen: HashSet<&'a str>,
}

impl<'a> Reading<'a> {
    fn add_parents(&mut self, id: &str) {
        let parents = self.manifest.resource(id).map(|found| found.parents);
        for parent in parents.into_iter().flatten() {
            self.add(parent);
        }
    }

    /// A relation, and what stands behind it where it has no rows of its own: a table that is replaced takes the
    /// views over it along.
    fn add(&mut self, id: &str) {
        let manifest: &'a Manifest = self.manifest;
        if let Some(source) = manifest.sources.get(id) {
            let name = name(
                source.database.as_deref(),
                &source.schema,
                &source.identifier,
            );
            self.names.insert(name);
            return;
        }
        let Some(node) = manifest.nodes.get(id) else {
            return;
        };
        if !self.seen.insert(&node.unique_id) {
            return;
        }
        if is_relational(node, false) {
            self.names.insert(name_of(node));
            self.names.extend(deferred(self.deferral, id));
        }
        if !holds_rows(node) {
            self.add_parents(id);
        }
    }
}

fn holds_rows(node: &Node) -> bool {
    match node.resource_type {
        ResourceType::Seed | ResourceType::Snapshot => true,
        ResourceType::Model => matches!(node.config.materialized(), "table" | "incremental"),
        _ => false,
    }
}

fn deferred(deferral: &Deferral, id: &str) -> Option<String> {
    let (database, schema, alias) = deferral.name(id)?;
    Some(name(database, schema, alias))
}

fn name_of(node: &Node) -> String {
    name(node.database.as_deref(), &node.schema, &node.alias)
}

/// Names that differ in case alone may mean one relation.
fn name(database: Option<&str>, schema: &str, identifier: &str) -> String {
    let parts = [database.unwrap_or_default(), schema, identifier];
    parts.join(".").to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `seed → stg (view) → orders (table) → report (view)`, a source beside it, and a test of the report.
    fn manifest() -> Manifest {
        let mut manifest = Manifest::default();
        let nodes = [
            ("seed.p.raw", "seed", vec![]),
            ("model.p.stg", "view", vec!["seed.p.raw"]),
            (
                "model.p.orders",
                "table",
                vec!["model.p.stg", "source.p.s.t"],
            ),
            ("model.p.report", "view", vec!["model.p.orders"]),
            ("test.p.check", "test", vec!["model.p.report"]),
        ];
        for (id, materialized, parents) in nodes {
            let name = id.rsplit('.').next().unwrap_or_default();
            let node = json!({
                "unique_id": id, "name": name, "alias": name, "database": "D", "schema": "s",
                "resource_type": id.split('.').next(), "config": {"materialized": materialized},
                "depends_on": {"nodes": parents},
            });
            let mut read = Node {
                unique_id: id.to_owned(),
                alias: name.to_owned(),
                database: Some("D".to_owned()),
                schema: "s".to_owned(),
                resource_type: serde_json::from_value(node["resource_type"].clone()).unwrap(),
                config: serde_json::from_value(node["config"].clone()).unwrap(),
                ..Node::default()
            };
            read.depends_on.nodes = parents.iter().map(|&parent| parent.to_owned()).collect();
            manifest.nodes.insert(id.to_owned(), read);
        }
        manifest
    }

    #[track_caller]
    fn check(command: Command, selected: &[&str], builds: &[&str], reads: &[&str]) {
        let selected = selected.iter().map(|&id| id.to_owned()).collect();
        let claim = of_nodes(&manifest(), command, &selected, &RunOptions::default());
        let these =
            |names: &[&str]| Relations::These(names.iter().map(|&name| name.to_owned()).collect());
        assert_eq!(claim.builds, these(builds), "{selected:?}");
        assert_eq!(claim.reads, these(reads), "{selected:?}");
    }

    #[test]
    fn a_run_builds_what_is_selected_and_reads_back_to_tables() {
        check(
            Command::Run,
            &["model.p.orders"],
            &["d.s.orders"],
            &["d.s.raw", "d.s.stg"],
        );
        check(
            Command::Run,
            &["model.p.report"],
            &["d.s.report"],
            &["d.s.orders"],
        );
    }

    #[test]
    fn tests_and_compiling_only_read() {
        let read = ["d.s.orders", "d.s.report"];
        check(Command::Test, &["test.p.check"], &[], &read);
        check(Command::Compile, &["model.p.report"], &[], &read);
    }
}
