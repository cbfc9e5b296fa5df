//! The catalog index and its details, made from the artifacts in the target folder and read anew when they change.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use compiler::artifacts::catalog::Catalog;
use compiler::artifacts::manifest::Manifest;
use compiler::artifacts::results::{ResultsMetadata, RunResults, SourcesResults};
use compiler::contract::Facts;
use compiler::index::search::SearchTexts;
use compiler::index::{self, Changes, NodeDetail, Side};
use compiler::lineage::{ColumnLineage, ProjectLineage};
use indexmap::IndexMap;
use serde::de::DeserializeOwned;

use super::images;
use super::redaction::Redaction;
use crate::lineage::{self, compiled_before};
use crate::store::{History, StoreError};

/// Why the catalog cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// There are no artifacts.
    #[error("there is no {}", .0.display())]
    Missing(PathBuf),
    /// An artifact is not what dbt writes, or cannot be read.
    #[error("{0}")]
    Artifact(String),
    /// The history cannot be read.
    #[error(transparent)]
    History(#[from] StoreError),
}

const FILES: [&str; 4] = [
    "manifest.json",
    "catalog.json",
    "run_results.json",
    "sources.json",
];

/// When each of the files was last written, and how far the history has come.
type Version = ([Option<SystemTime>; FILES.len()], Option<String>);

/// Artifacts as they were last read.
pub(crate) struct CatalogReader {
    folder: PathBuf,
    /// The project's folder, where a project is served.
    root: Option<PathBuf>,
    history: Option<Arc<History>>,
    read: Mutex<Option<(Version, Arc<Artifacts>)>>,
    lineage: Mutex<Option<(Arc<Artifacts>, ProjectLineage)>>,
    redaction: Redaction,
}

/// One reading of the target folder.
pub(crate) struct Artifacts {
    pub(crate) manifest: Manifest,
    catalog: Option<Catalog>,
    results: Option<RunResults>,
    sources: Option<SourcesResults>,
    since: IndexMap<String, String>,
    pub(crate) index: Bytes,
    pub(crate) etag: String,
    /// Paths of the images that descriptions show.
    pub(crate) images: BTreeSet<String>,
}

impl CatalogReader {
    pub(crate) fn new(
        folder: PathBuf,
        root: Option<PathBuf>,
        history: Option<Arc<History>>,
    ) -> Self {
        Self {
            folder,
            root,
            history,
            read: Mutex::new(None),
            lineage: Mutex::new(None),
            redaction: Redaction::default(),
        }
    }

    /// Takes things out of what is read.
    pub(crate) fn redacted(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// The folder of the artifacts.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The project's name, if the manifest was read already or can be.
    pub(crate) fn project_name(&self) -> Option<String> {
        self.current()
            .ok()
            .and_then(|artifacts| artifacts.manifest.metadata.project_name.clone())
    }

    /// The artifacts as they are now.
    pub(crate) fn current(&self) -> Result<Arc<Artifacts>, CatalogError> {
        let version = self.version()?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, artifacts)) = read.as_ref()
            && *known == version
        {
            return Ok(Arc::clone(artifacts));
        }
        let artifacts = Arc::new(self.load()?);
        *read = Some((version, Arc::clone(&artifacts)));
        Ok(artifacts)
    }

    fn version(&self) -> Result<Version, CatalogError> {
        let times = FILES.map(|name| {
            fs::metadata(self.folder.join(name))
                .and_then(|data| data.modified())
                .ok()
        });
        let newest = match &self.history {
            Some(history) => history.last_finished()?,
            None => None,
        };
        Ok((times, newest))
    }

    fn load(&self) -> Result<Artifacts, CatalogError> {
        let [manifest, catalog, results, sources] = FILES.map(|name| self.folder.join(name));
        let text = read(&manifest)?.ok_or_else(|| CatalogError::Missing(manifest.clone()))?;
        let text = self.redaction.apply(text);
        let images = images::shown(&text);
        let manifest = compiler::artifacts::read::manifest(&text)
            .map_err(|error| CatalogError::Artifact(error.to_string()))?;
        let catalog: Option<Catalog> = self.parse(&catalog)?;
        let sources: Option<SourcesResults> = self.parse(&sources)?;
        let results = self.merge(self.parse(&results)?.filter(ran_something))?;
        let since = self
            .history
            .as_ref()
            .map(|history| history.since())
            .transpose()?
            .unwrap_or_default();
        let mut artifacts = Artifacts {
            manifest,
            catalog,
            results,
            sources,
            since,
            index: Bytes::new(),
            etag: String::new(),
            images,
        };
        let index = serde_json::to_vec(&index::from_facts(&artifacts.facts()))
            .map_err(|error| CatalogError::Artifact(error.to_string()))?;
        artifacts.etag = format!("\"{:x}\"", fingerprint(&index));
        artifacts.index = Bytes::from(index);
        Ok(artifacts)
    }

    /// The column lineage of the artifacts, made when it is first asked for and again, for what changed, after each
    /// reading of other artifacts.
    pub(crate) fn lineage(&self, artifacts: &Arc<Artifacts>) -> Arc<ColumnLineage> {
        let mut made = self.lineage.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, project)) = made.as_ref()
            && Arc::ptr_eq(of, artifacts)
        {
            return Arc::clone(project.lineage());
        }
        let project = lineage::read(
            &artifacts.manifest,
            artifacts.catalog.as_ref(),
            &self.folder,
            self.root.as_deref(),
            made.as_ref().map(|(_, project)| project),
        );
        let answer = Arc::clone(project.lineage());
        *made = Some((Arc::clone(artifacts), project));
        answer
    }

    /// Everything about one node; `None` where there is no such node.
    pub(crate) fn detail(&self, artifacts: &Arc<Artifacts>, id: &str) -> Option<NodeDetail> {
        self.described(artifacts, &artifacts.facts(), id)
    }

    /// Everything about all that has a page or can be asked for, with unique ids.
    pub(crate) fn details(&self, artifacts: &Arc<Artifacts>) -> Vec<(String, NodeDetail)> {
        let facts = artifacts.facts();
        let index = index::from_facts(&facts);
        let nodes = index.nodes.into_iter().map(|node| node.unique_id);
        let tests = index.tests.into_iter().map(|test| test.unique_id);
        let others = index.macros.into_iter().chain(index.docs);
        let ids = nodes.chain(tests).chain(others.map(|item| item.unique_id));
        ids.filter_map(|id| {
            let detail = self.described(artifacts, &facts, &id)?;
            Some((id, detail))
        })
        .collect()
    }

    fn described(
        &self,
        artifacts: &Arc<Artifacts>,
        facts: &Facts<'_>,
        id: &str,
    ) -> Option<NodeDetail> {
        let mut detail = index::detail_from_facts(facts, id)?;
        if detail.compiled_code.is_none()
            && let Some(node) = artifacts.manifest.node(id)
            && let Some(root) = &self.root
        {
            detail.compiled_code = compiled_before(&self.folder, root, node);
        }
        let undescribed = |column: &index::ColumnDetail| column.description.is_empty();
        if detail.columns.iter().any(undescribed) {
            let lineage = self.lineage(artifacts);
            index::inherit_descriptions(&mut detail, &artifacts.manifest, &lineage);
        }
        Some(detail)
    }

    /// What changed since the artifacts of another folder.
    pub(crate) fn changes(
        &self,
        artifacts: &Arc<Artifacts>,
        state: &Path,
    ) -> Result<Changes, CatalogError> {
        let before = Self::new(state.to_owned(), None, None).redacted(self.redaction.clone());
        let earlier = before.current()?;
        let (now_lineage, before_lineage) = (self.lineage(artifacts), before.lineage(&earlier));
        index::changes(
            Side {
                manifest: &artifacts.manifest,
                catalog: artifacts.catalog.as_ref(),
                lineage: &now_lineage,
            },
            Side {
                manifest: &earlier.manifest,
                catalog: earlier.catalog.as_ref(),
                lineage: &before_lineage,
            },
        )
        .map_err(|error| CatalogError::Artifact(error.to_string()))
    }

    fn parse<T: DeserializeOwned>(&self, path: &Path) -> Result<Option<T>, CatalogError> {
        let Some(text) = read(path)? else {
            return Ok(None);
        };
        let parsed = serde_json::from_str(&self.redaction.apply(text));
        parsed.map(Some).map_err(|error| {
            let message = format!("{} is not what dbt writes: {error}", path.display());
            CatalogError::Artifact(message)
        })
    }

    /// The last results on disk, with those of earlier runs for nodes that the last command did not run.
    fn merge(&self, last: Option<RunResults>) -> Result<Option<RunResults>, CatalogError> {
        let Some(history) = &self.history else {
            return Ok(last);
        };
        let mut merged = history.last_results()?;
        let mut metadata = ResultsMetadata::default();
        if let Some(last) = last {
            metadata = last.metadata;
            for result in last.results {
                let newer = merged.get(&result.unique_id).is_none_or(|known| {
                    let end = |timing: &[compiler::artifacts::results::Timing]| {
                        timing
                            .iter()
                            .filter_map(|phase| phase.completed_at.clone())
                            .max()
                    };
                    end(&result.timing) >= end(&known.timing)
                });
                if newer {
                    merged.insert(result.unique_id.clone(), result);
                }
            }
        }
        if merged.is_empty() {
            return Ok(None);
        }
        let results = merged.into_values().collect();
        Ok(Some(RunResults {
            metadata,
            results,
            ..RunResults::default()
        }))
    }
}

impl Artifacts {
    fn facts(&self) -> Facts<'_> {
        Facts::new(
            &self.manifest,
            self.catalog.as_ref(),
            self.results.as_ref(),
            self.sources.as_ref(),
        )
        .with_since(&self.since)
    }

    /// Descriptions for the page's search.
    pub(crate) fn search_texts(&self) -> SearchTexts {
        let facts = self.facts();
        index::search::search_texts(&facts, &index::from_facts(&facts))
    }
}

/// Commands that only compile write `run_results.json` as well; their results say nothing of data or tests.
fn ran_something(results: &RunResults) -> bool {
    let which = results
        .args
        .get("which")
        .and_then(serde_json::Value::as_str);
    !matches!(
        which,
        Some("compile" | "generate" | "show" | "run-operation")
    )
}

fn read(path: &Path) -> Result<Option<String>, CatalogError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CatalogError::Artifact(format!(
            "cannot read {}: {error}",
            path.display()
        ))),
    }
}

/// FNV-1a: only to tell one index from the next.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
