//! The catalog index and its details, made from the artifacts in the target folder and read anew when they change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use axum::Json;
use axum::body::Bytes;
use axum::extract;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use compiler::artifacts::catalog::Catalog;
use compiler::artifacts::manifest::{Manifest, Node};
use compiler::artifacts::results::{ResultsMetadata, RunResults, SourcesResults};
use compiler::contract::{ContractView, Facts};
use compiler::index::{self, NodeDetail};
use compiler::lineage::{ColumnLineage, ProjectLineage};
use indexmap::IndexMap;
use serde::de::DeserializeOwned;

use super::error::ApiError;
use super::state::App;
use crate::lineage::{self, compiled_before};
use crate::store::History;

const FILES: [&str; 4] = [
    "manifest.json",
    "catalog.json",
    "run_results.json",
    "sources.json",
];

/// When each of the files was last written, and how far the history has come.
type Version = ([Option<SystemTime>; FILES.len()], Option<String>);

/// Artifacts as they were last read.
pub(super) struct CatalogCache {
    folder: PathBuf,
    /// The project's folder, where a project is served.
    root: Option<PathBuf>,
    history: Option<Arc<History>>,
    read: Mutex<Option<(Version, Arc<Artifacts>)>>,
    lineage: Mutex<Option<(Arc<Artifacts>, ProjectLineage)>>,
}

/// One reading of the target folder.
pub(super) struct Artifacts {
    manifest: Manifest,
    catalog: Option<Catalog>,
    results: Option<RunResults>,
    sources: Option<SourcesResults>,
    since: IndexMap<String, String>,
    index: Bytes,
    etag: String,
}

impl CatalogCache {
    pub(super) fn new(
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
        }
    }

    /// The project's name, if the manifest was read already or can be.
    pub(super) fn project_name(&self) -> Option<String> {
        self.current()
            .ok()
            .and_then(|artifacts| artifacts.manifest.metadata.project_name.clone())
    }

    /// The artifacts as they are now.
    fn current(&self) -> Result<Arc<Artifacts>, ApiError> {
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

    fn version(&self) -> Result<Version, ApiError> {
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

    fn load(&self) -> Result<Artifacts, ApiError> {
        let [manifest, catalog, results, sources] = FILES.map(|name| self.folder.join(name));
        let text = read(&manifest)?.ok_or_else(|| {
            ApiError::not_found("no-manifest", format!("there is no {}", manifest.display()))
                .hint("build the project first: refract build && refract docs generate")
        })?;
        let manifest = compiler::artifacts::read::manifest(&text)
            .map_err(|error| ApiError::internal("manifest", error.to_string()))?;
        let catalog: Option<Catalog> = parse(&catalog)?;
        let sources: Option<SourcesResults> = parse(&sources)?;
        let results = self.merge(parse(&results)?.filter(ran_something))?;
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
        };
        let index = serde_json::to_vec(&index::from_facts(&artifacts.facts()))
            .map_err(|error| ApiError::internal("index", error.to_string()))?;
        artifacts.etag = format!("\"{:x}\"", fingerprint(&index));
        artifacts.index = Bytes::from(index);
        Ok(artifacts)
    }

    /// A node's SQL from an earlier run, where a project is served.
    fn compiled_before(&self, node: &Node) -> Option<String> {
        compiled_before(&self.folder, self.root.as_deref()?, node)
    }

    /// The column lineage of the artifacts, made when it is first asked for and again, for what changed, after each
    /// reading of other artifacts.
    fn lineage(&self, artifacts: &Arc<Artifacts>) -> Arc<ColumnLineage> {
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

    /// The last results on disk, with those of earlier runs for nodes that the last command did not run.
    fn merge(&self, last: Option<RunResults>) -> Result<Option<RunResults>, ApiError> {
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

    fn detail(&self, id: &str) -> Option<NodeDetail> {
        index::detail_from_facts(&self.facts(), id)
    }
}

/// `GET /api/v1/index`
pub(super) async fn index(
    extract::State(app): extract::State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let artifacts = blocking(move || app.catalog.current()).await??;
    let tags = [
        (header::ETAG, artifacts.etag.clone()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == artifacts.etag.as_bytes())
    {
        return Ok((StatusCode::NOT_MODIFIED, tags).into_response());
    }
    Ok((
        tags,
        [(header::CONTENT_TYPE, "application/json")],
        artifacts.index.clone(),
    )
        .into_response())
}

/// `GET /api/v1/search-texts`: descriptions for the page's search, asked for when somebody searches.
pub(super) async fn search_texts(
    extract::State(app): extract::State<Arc<App>>,
) -> Result<Response, ApiError> {
    let texts = blocking(move || {
        let artifacts = app.catalog.current()?;
        let facts = artifacts.facts();
        Ok::<_, ApiError>(index::search::search_texts(
            &facts,
            &index::from_facts(&facts),
        ))
    })
    .await??;
    Ok(Json(texts).into_response())
}

/// `GET /api/v1/column-lineage`: which columns each column is made of, asked for when somebody wants to see it.
pub(super) async fn column_lineage(
    extract::State(app): extract::State<Arc<App>>,
) -> Result<Response, ApiError> {
    let lineage = blocking(move || {
        let artifacts = app.catalog.current()?;
        Ok::<_, ApiError>(app.catalog.lineage(&artifacts))
    })
    .await??;
    Ok(Json(lineage.as_ref()).into_response())
}

/// `GET /api/v1/nodes/{id}`
pub(super) async fn node(
    extract::State(app): extract::State<Arc<App>>,
    extract::Path(id): extract::Path<String>,
) -> Result<Json<NodeDetail>, ApiError> {
    detail(app, id).await.map(Json)
}

/// The detail of a node.
pub(super) async fn detail(app: Arc<App>, id: String) -> Result<NodeDetail, ApiError> {
    blocking(move || {
        let artifacts = app.catalog.current()?;
        let mut detail = artifacts.detail(&id).ok_or_else(|| {
            ApiError::not_found("unknown-node", format!("the catalog has no '{id}'"))
        })?;
        if detail.compiled_code.is_none()
            && let Some(node) = artifacts.manifest.nodes.get(&id)
        {
            detail.compiled_code = app.catalog.compiled_before(node);
        }
        if detail
            .columns
            .iter()
            .any(|column| column.description.is_empty())
        {
            let lineage = app.catalog.lineage(&artifacts);
            index::inherit_descriptions(&mut detail, &artifacts.manifest, &lineage);
        }
        Ok(detail)
    })
    .await?
}

/// The contract of a model.
pub(super) async fn contract(app: Arc<App>, id: String) -> Result<ContractView, ApiError> {
    let name = id.clone();
    detail(app, id).await?.contract.ok_or_else(|| {
        ApiError::not_found("no-contract", format!("'{name}' has no feature contract"))
    })
}

/// Runs what reads files or SQLite beside the threads that answer requests.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| ApiError::internal("broken", "refract broke on this request"))
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

fn read(path: &Path) -> Result<Option<String>, ApiError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ApiError::internal(
            "artifact",
            format!("cannot read {}: {error}", path.display()),
        )),
    }
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ApiError> {
    let Some(text) = read(path)? else {
        return Ok(None);
    };
    serde_json::from_str(&text).map(Some).map_err(|error| {
        ApiError::internal(
            "artifact",
            format!("{} is not what dbt writes: {error}", path.display()),
        )
    })
}

/// FNV-1a: only to tell one index from the next.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
