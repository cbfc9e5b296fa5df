//! A trial: resolve the few files, compile the model, follow its columns.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexSet;
use serde_json::{Map, Value, json};

use super::files::{Files, world_path};
use super::types::{Need, Outcome, Problem, Trial, TriedColumn, TriedInput, Workbench};
use crate::adapter::{Response, Rows, Table, Warehouse, WarehouseError};
use crate::artifacts::catalog::{Catalog, CatalogColumn, CatalogTable};
use crate::artifacts::manifest::{Manifest, Node, Ref};
use crate::compile::compile_node;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::jinja::adapter::{Relation, RelationCache, RelationType};
use crate::jinja::{LogLevel, RunContext, Runtime};
use crate::lineage::ProjectLineage;
use crate::resolve::{LoadOptions, Project, load};
use crate::world::World;

/// How often a trial is begun anew to put names for variables that are not set.
const MAX_ROUNDS: usize = 8;

/// How many errors are told where no file of the project could be read for them.
const MAX_FOREIGN: usize = 3;

/// Compiles a model under another text, and tells what came of it. Never fails: what is wrong is in the outcome.
pub fn attempt(bench: &Workbench, trial: &Trial) -> Outcome {
    let mut unset = BTreeSet::new();
    for _ in 0..MAX_ROUNDS {
        let files = Arc::new(Files::new(bench, trial, unset.clone()));
        let (outcome, diagnostics) = once(bench, trial, &files);
        let known = unset.len();
        unset.extend(files.asked().into_iter().filter(|name| {
            let quoted = format!("'{name}'");
            let without = diagnostics.0.iter();
            without
                .filter(|one| one.code == "env-var-missing")
                .any(|one| one.message.contains(&quoted))
        }));
        if unset.len() == known {
            return Outcome {
                unset: unset.into_iter().collect(),
                ..outcome
            };
        }
    }
    Outcome::default()
}

/// One round, with everything that was told of the project.
fn once(bench: &Workbench, trial: &Trial, files: &Arc<Files>) -> (Outcome, Diagnostics) {
    let loaded = load(Arc::clone(files) as Arc<dyn World>, options(bench));
    let mut diagnostics = loaded.diagnostics;
    let path = trial
        .nodes
        .iter()
        .find(|node| node.unique_id == trial.unique_id)
        .map(|node| world_path(bench, node, &node.path))
        .unwrap_or_default();
    let node = loaded
        .project
        .as_ref()
        .and_then(|project| project.manifest.nodes.get(&trial.unique_id).cloned());
    let (Some(project), Some(node)) = (&loaded.project, node) else {
        let mut outcome = Outcome {
            problems: problems(&diagnostics, &path),
            ..Outcome::default()
        };
        if outcome.problems.is_empty() {
            outcome.problems = foreign(&diagnostics, loaded.project.as_ref(), trial);
        }
        return (outcome, diagnostics);
    };
    let mut outcome = Outcome {
        problems: problems(&diagnostics, &path),
        needs: needs(&project.manifest, &node),
        materialized: node.config.materialized().to_owned(),
        relation_name: node.relation_name.clone(),
        reads: node.depends_on.nodes.clone(),
        ..Outcome::default()
    };
    if outcome.problems.iter().any(|problem| problem.is_error) {
        return (outcome, diagnostics);
    }
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let runtime = Arc::new(runtime(project, trial, &node, &warnings));
    match compile_node(&project.library, &project.scope, &runtime) {
        Ok(compiled) => {
            columns(project, trial, &node, &compiled.sql, &mut outcome);
            outcome.sql = Some(compiled.sql);
        }
        Err(error) => {
            outcome.problems.push(problem(&error, &path));
            diagnostics.push(error);
        }
    }
    let mut warnings = warnings.lock().unwrap_or_else(PoisonError::into_inner);
    outcome.problems.append(&mut warnings);
    settle(&mut outcome.problems);
    (outcome, diagnostics)
}

/// Errors first, and nothing besides them that is said of the same line: parsing warns of what compiling refuses.
fn settle(problems: &mut Vec<Problem>) {
    let errors: BTreeSet<usize> = problems
        .iter()
        .filter(|problem| problem.is_error && problem.file.is_none())
        .map(|problem| problem.line)
        .collect();
    problems.retain(|problem| problem.is_error || !errors.contains(&problem.line));
    problems.sort_by_key(|problem| !problem.is_error);
}

fn options(bench: &Workbench) -> LoadOptions {
    let target = &bench.target;
    let outputs = json!({
        target.profile.as_str(): {
            "target": target.name,
            "outputs": {
                target.name.as_str(): {
                    "type": target.kind,
                    "database": target.database,
                    "schema": target.schema,
                    "threads": target.threads,
                },
            },
        },
    });
    LoadOptions {
        profile: Some(target.profile.clone()),
        target: Some(target.name.clone()),
        vars: bench.vars.clone(),
        // JSON is YAML.
        profiles_yaml: Some(("profiles.yml".to_owned(), outputs.to_string())),
        command: "compile".to_owned(),
        flags: Map::from_iter([("FULL_REFRESH".to_owned(), Value::Bool(false))]),
        ..LoadOptions::default()
    }
}

/// What is told of the model's own file, errors first.
fn problems(diagnostics: &Diagnostics, path: &str) -> Vec<Problem> {
    let own = diagnostics.0.iter().filter(|diagnostic| {
        let span = diagnostic.span.as_ref();
        span.is_some_and(|span| span.file == path)
    });
    own.map(|one| problem(one, path)).collect()
}

/// Why the model is not there at all.
fn foreign(diagnostics: &Diagnostics, project: Option<&Project>, trial: &Trial) -> Vec<Problem> {
    let disabled = project.and_then(|project| project.manifest.disabled.as_ref());
    if disabled.is_some_and(|disabled| disabled.contains_key(&trial.unique_id)) {
        return vec![Problem {
            is_error: true,
            message: "the model is disabled under this text".to_owned(),
            ..Problem::default()
        }];
    }
    let errors = diagnostics.0.iter();
    let mut told: Vec<Problem> = errors
        .filter(|one| one.severity == Severity::Error)
        .take(MAX_FOREIGN)
        .map(|one| problem(one, ""))
        .collect();
    if told.is_empty() {
        told.push(Problem {
            is_error: true,
            message: "the text makes another node of this file, or none".to_owned(),
            ..Problem::default()
        });
    }
    told
}

fn problem(diagnostic: &Diagnostic, path: &str) -> Problem {
    let span = diagnostic.span.clone().unwrap_or_default();
    Problem {
        is_error: diagnostic.severity == Severity::Error,
        message: diagnostic.message.clone(),
        hint: diagnostic.hint.clone(),
        file: Some(span.file).filter(|file| file != path && !file.is_empty()),
        line: span.line,
        column: span.column,
    }
}

/// What the model and the ephemeral models in front of it read that is not there.
fn needs(manifest: &Manifest, node: &Node) -> Vec<Need> {
    let mut readers = IndexSet::from([node.unique_id.as_str()]);
    let mut needs = BTreeSet::new();
    let mut next = 0;
    while let Some(reader) = readers.get_index(next).copied() {
        next += 1;
        let Some(reader) = manifest.nodes.get(reader) else {
            continue;
        };
        readers.extend(reader.depends_on.nodes.iter().filter_map(|id| {
            let read = manifest.nodes.get(id)?;
            read.is_ephemeral().then_some(id.as_str())
        }));
        let refs = reader.refs.iter().filter(|one| !is_there(manifest, one));
        needs.extend(refs.map(|one| Need::Ref {
            package: one.package.clone(),
            name: one.name.clone(),
        }));
        let sources = reader.sources.iter().filter_map(|parts| match &parts[..] {
            [source, table] => Some((source, table)),
            _ => None,
        });
        let absent = sources.filter(|(source, table)| {
            let mut known = manifest.sources.values();
            !known.any(|one| one.source_name == **source && one.name == **table)
        });
        needs.extend(absent.map(|(source, table)| Need::Source {
            source: source.clone(),
            table: table.clone(),
        }));
    }
    needs.into_iter().collect()
}

fn is_there(manifest: &Manifest, one: &Ref) -> bool {
    manifest.nodes.values().any(|node| {
        node.name == one.name
            && one
                .package
                .as_ref()
                .is_none_or(|package| *package == node.package_name)
            && one
                .version
                .as_ref()
                .is_none_or(|wanted| node.version.as_ref().map(version) == Some(version(wanted)))
    })
}

fn version(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn runtime(
    project: &Project,
    trial: &Trial,
    node: &Node,
    warnings: &Arc<Mutex<Vec<Problem>>>,
) -> Runtime {
    let cache = RelationCache::new();
    // All schemas are known to be empty, but for the model's own table where that is there.
    for one in project.manifest.nodes.values() {
        let database = one.database.as_deref().unwrap_or_default();
        cache.set_schema(database, &one.schema, Vec::new());
    }
    if trial.exists {
        let (database, schema) = (node.database.as_deref(), Some(node.schema.as_str()));
        let quoting = project.scope.quoting;
        let mut own = Relation::new(database, schema, Some(&node.alias), quoting);
        own.kind = Some(RelationType::Table);
        cache.add(&own);
    }
    let warnings = Arc::clone(warnings);
    let run = RunContext {
        manifest: Arc::new(project.manifest.clone()),
        cache: Arc::new(cache),
        log: Arc::new(move |line| {
            if matches!(line.level, LogLevel::Warn(_)) {
                let mut warnings = warnings.lock().unwrap_or_else(PoisonError::into_inner);
                warnings.push(Problem {
                    message: line.message,
                    ..Problem::default()
                });
            }
        }),
        fatal_warnings: Arc::default(),
        selected_resources: Arc::new(vec![node.unique_id.clone()]),
        schemas: Arc::default(),
        results: Arc::default(),
        deferred: Arc::default(),
        sample: None,
        injects_ctes: true,
        graph: Arc::default(),
    };
    let absent = Absent {
        adapter_type: project.profile.adapter_type.clone(),
        database: project.profile.database.clone(),
    };
    Runtime::new(run, Arc::new(node.clone()), Arc::new(absent))
}

/// Follows the columns of the SQL to those of the given nodes.
fn columns(project: &Project, trial: &Trial, node: &Node, sql: &str, outcome: &mut Outcome) {
    let mut catalog = Catalog::default();
    for given in &trial.nodes {
        if let Some(names) = &given.columns
            && given.unique_id != node.unique_id
        {
            let columns = names.iter().enumerate().map(|(index, name)| {
                let column = CatalogColumn {
                    name: name.clone(),
                    index: index as i64 + 1,
                    ..CatalogColumn::default()
                };
                (name.clone(), column)
            });
            let table = CatalogTable {
                columns: columns.collect(),
                ..CatalogTable::default()
            };
            catalog.nodes.insert(given.unique_id.clone(), table);
        }
    }
    // Resolving switches off what reads something that is not there, and the inputs of inputs were not given.
    let mut manifest = project.manifest.clone();
    for one in manifest.nodes.values_mut() {
        one.config.0.insert("enabled".into(), true.into());
    }
    let of_model = |one: &Node| (one.unique_id == node.unique_id).then(|| sql.to_owned());
    let lineage = ProjectLineage::new(&manifest, Some(&catalog), &of_model, None);
    let lineage = lineage.lineage();
    let Some(position) = lineage.position(&node.unique_id) else {
        return;
    };
    let made = &lineage.nodes[position as usize];
    outcome.gaps.clone_from(&made.gaps);
    outcome.columns = made
        .columns
        .iter()
        .map(|column| TriedColumn {
            name: column.name.clone(),
            inputs: column
                .inputs
                .iter()
                .map(|(at, usage)| TriedInput {
                    unique_id: lineage.node(*at).unique_id.clone(),
                    column: lineage.at(*at).name.clone(),
                    usage: *usage,
                })
                .collect(),
            unknown: column
                .gaps
                .iter()
                .filter_map(|gap| made.gaps.get(*gap as usize).cloned())
                .collect(),
        })
        .collect();
}

/// The warehouse of a page: there is none.
struct Absent {
    adapter_type: String,
    database: String,
}

impl Warehouse for Absent {
    fn adapter_type(&self) -> &str {
        &self.adapter_type
    }

    fn execute(
        &self,
        _sql: &str,
        _fetch: bool,
        _limit: Option<usize>,
    ) -> Result<(Response, Table), WarehouseError> {
        Err(WarehouseError::Database(
            "the model asks the warehouse while it is compiled, and here is none".to_owned(),
        ))
    }

    fn begin(&self) -> Result<(), WarehouseError> {
        Ok(())
    }

    fn commit(&self) -> Result<(), WarehouseError> {
        Ok(())
    }

    fn rollback(&self) -> Result<(), WarehouseError> {
        Ok(())
    }

    fn load_rows(
        &self,
        _relation: &str,
        _columns: &[String],
        _rows: &mut Rows<'_>,
    ) -> Result<u64, WarehouseError> {
        Ok(0)
    }

    fn default_database(&self) -> String {
        self.database.clone()
    }
}
