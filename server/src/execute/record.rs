//! What a run writes down for others: metadata, the manifest with its compiled SQL, what `on-run-end` hooks see.

use std::sync::Arc;

use chrono::Utc;
use compiler::artifacts::manifest::{Manifest, Node};
use compiler::artifacts::osi::osi_document;
use compiler::artifacts::results::{ResultsMetadata, RunResult, Status};
use compiler::artifacts::semantic::semantic_manifest;
use compiler::artifacts::write::{self, ManifestJson};
use compiler::world::World;
use indexmap::IndexSet;
use serde_json::Value;

use super::context::Context;
use super::files;
use super::outcome::RunError;
use super::result::time;
use crate::project::Project;

/// `metadata` of an artifact; `schema` is the end of its schema's address, such as `run-results/v6`.
pub(super) fn metadata(project: &Project, schema: &str) -> ResultsMetadata {
    let known = &project.manifest.metadata;
    ResultsMetadata {
        dbt_schema_version: format!("https://schemas.getdbt.com/dbt/{schema}.json"),
        dbt_version: known.dbt_version.clone(),
        generated_at: time(Utc::now()),
        invocation_id: Some(project.world.invocation_id().to_owned()),
        invocation_started_at: Some(time(project.world.started_at())),
        env: known.env.clone(),
    }
}

/// Writes `manifest.json` of a project as it was resolved, with nothing compiled, `semantic_manifest.json` and
/// `osi_document.json`.
pub fn write_resolved(project: &Project) -> Result<(), RunError> {
    write_manifest(project, &[])
}

/// Writes `manifest.json` with the nodes as they were compiled, and beside it `semantic_manifest.json` and
/// `osi_document.json`.
pub(super) fn write_manifest(project: &Project, compiled: &[Arc<Node>]) -> Result<(), RunError> {
    let path = project.target_path.join("manifest.json");
    let compiled = compiled
        .iter()
        .map(|node| (node.unique_id.as_str(), &**node));
    let manifest = ManifestJson {
        manifest: &project.manifest,
        compiled: compiled.collect(),
    };
    files::write_json(&path, &manifest)?;
    let path = project.target_path.join("semantic_manifest.json");
    files::write_json(&path, &semantic_manifest(&project.manifest))?;
    let path = project.target_path.join("osi_document.json");
    files::write_json(&path, &osi_document(&project.manifest).0)
}

/// Where relations were built, each place once: `database_schemas` of `on-run-end` hooks.
pub(super) fn built_schemas(
    context: &Context,
    results: &[RunResult],
) -> Vec<(Option<String>, String)> {
    let places: IndexSet<_> = results
        .iter()
        .filter(|result| !result.status.is_failure() && result.status != Status::Skipped)
        .filter_map(|result| context.project.manifest.node(&result.unique_id))
        .filter(|node| context.is_relational(node))
        .map(|node| (node.database.clone(), node.schema.clone()))
        .collect();
    places.into_iter().collect()
}

/// Results as `on-run-end` hooks see them: each with its whole node. Hooks that went well are left out, as dbt does.
pub(super) fn results_with_nodes(manifest: &Manifest, results: &[RunResult]) -> Vec<Value> {
    results
        .iter()
        .filter(|result| result.thread_id != "main" || result.status == Status::Error)
        .filter_map(|result| {
            let mut value = serde_json::to_value(result).ok()?;
            if let (Some(object), Some(node)) =
                (value.as_object_mut(), manifest.node(&result.unique_id))
            {
                object.insert("node".to_owned(), write::node_json(node));
            }
            Some(value)
        })
        .collect()
}
