//! A dbt project on the disk: where it is, which profile it runs with, and what the compiler makes of it.

pub mod assets;
mod locate;
mod world;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use compiler::artifacts::manifest::{Manifest, Node};
use compiler::diag::Diagnostics;
use compiler::graph::Graph;
use compiler::jinja::{Library, ProjectScope};
use compiler::parse::profile::passwords_in;
use compiler::parse::profile_keys::AUTOCOMMIT_FLAG;
use compiler::resolve::{self, LoadOptions, ProjectFile, Setting};
use compiler::workbench::{self, Workbench};
use compiler::world::World;
use serde_json::{Map, Value};

use crate::adapter::Target;

pub use locate::{find_profiles, find_project};
pub use world::DiskWorld;

/// Why a project cannot be opened at all. Mistakes inside its files are diagnostics.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// There is no `dbt_project.yml`.
    #[error("no dbt_project.yml found in {} or any folder above it", .0.display())]
    NoProject(PathBuf),
    /// The folder given does not exist.
    #[error("folder {} does not exist", .0.display())]
    NoFolder(PathBuf),
    /// A file or folder cannot be read.
    #[error("cannot read {}: {reason}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The project file, the profile or a macro is broken, so that nothing else could be read.
    #[error("{diagnostics}")]
    Broken {
        /// The project's folder, which the places are relative to.
        root: PathBuf,
        /// What is wrong.
        diagnostics: Diagnostics,
    },
}

/// How a project is opened: the command line's global flags.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// `--project-dir`; where `None`, the nearest folder upwards with a `dbt_project.yml`.
    pub project_dir: Option<PathBuf>,
    /// `--profiles-dir`.
    pub profiles_dir: Option<PathBuf>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--target`.
    pub target: Option<String>,
    /// `--vars`.
    pub vars: Map<String, Value>,
    /// `--threads`.
    pub threads: Option<usize>,
    /// `--target-path`.
    pub target_path: Option<PathBuf>,
    /// The command word, `flags.WHICH` of the Jinja context.
    pub command: String,
    /// Further `flags` of the Jinja context, names in capitals.
    pub flags: Map<String, Value>,
    /// The invocation's id; a new one where `None`.
    pub invocation_id: Option<String>,
}

/// A project that the compiler has resolved, with what a run needs beside it.
pub struct Project {
    /// The folder of `dbt_project.yml`, absolute.
    pub root: PathBuf,
    /// The folder that artifacts go to, absolute.
    pub target_path: PathBuf,
    /// Files, environment and clock of this invocation.
    pub world: Arc<DiskWorld>,
    /// The resolved project.
    pub manifest: Arc<Manifest>,
    /// All macros.
    pub library: Library,
    /// What renders share.
    pub scope: Arc<ProjectScope>,
    /// The warehouse that the profile names.
    pub target: Target,
    /// How many nodes run side by side, as the profile has it.
    pub threads: usize,
    /// Hooks that run before the first node.
    pub on_run_start: Vec<Arc<Node>>,
    /// Hooks that run after the last node.
    pub on_run_end: Vec<Arc<Node>>,
    /// `dbt_project.yml`.
    pub file: ProjectFile,
    /// Names of all packages, the root project first.
    pub packages: Vec<String>,
    /// `selectors.yml` as written.
    pub selectors: Value,
}

impl Project {
    /// A path below the project's folder, with `/` between its parts; other paths as they are.
    pub fn relative(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.root).unwrap_or(path);
        let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        if inside.is_absolute() {
            inside.to_string_lossy().into_owned()
        } else {
            parts.join("/")
        }
    }
}

/// An opened project with all that is odd or wrong in its files.
pub struct Opened {
    /// The project; usable for a run only where `diagnostics` holds no errors.
    pub project: Arc<Project>,
    /// What to tell the user.
    pub diagnostics: Diagnostics,
}

/// Finds, reads and resolves a project.
pub fn open(options: &OpenOptions) -> Result<Opened, ProjectError> {
    let Found { root, world, load } = find(options)?;
    let loaded = resolve::load(Arc::clone(&world) as Arc<dyn World>, load);
    match loaded.project {
        Some(project) => {
            let mut diagnostics = loaded.diagnostics;
            if let Err(circles) = Graph::new(&project.manifest) {
                diagnostics.extend(circles);
            }
            let project = Arc::new(Project::new(root, world, project));
            Ok(Opened {
                project,
                diagnostics,
            })
        }
        None => Err(ProjectError::Broken {
            root,
            diagnostics: loaded.diagnostics,
        }),
    }
}

/// What a page compiles the project's models with.
pub fn workbench(options: &OpenOptions) -> Result<Workbench, ProjectError> {
    let Found { root, world, load } = find(options)?;
    workbench::record(world, load).map_err(|diagnostics| ProjectError::Broken { root, diagnostics })
}

/// A project that was found and is not read yet.
struct Found {
    root: PathBuf,
    world: Arc<DiskWorld>,
    load: LoadOptions,
}

fn find(options: &OpenOptions) -> Result<Found, ProjectError> {
    let root = find_project(options.project_dir.as_deref())?;
    let mut world = DiskWorld::new(root.clone());
    if let Some(id) = &options.invocation_id {
        world = world.with_invocation_id(id);
    }
    let world = Arc::new(world);
    let (profiles_yaml, profiles_searched) =
        match find_profiles(options.profiles_dir.as_deref(), &root)? {
            Ok(file) => (Some(read_profiles(&file)?), Vec::new()),
            Err(searched) => (
                None,
                searched
                    .iter()
                    .map(|folder| folder.display().to_string())
                    .collect(),
            ),
        };
    let target_path = options
        .target_path
        .as_ref()
        .map(|path| path.to_string_lossy().into_owned());
    let target_path = target_path.or_else(|| {
        world
            .env_var("DBT_TARGET_PATH")
            .filter(|path| !path.is_empty())
    });
    let load = LoadOptions {
        profile: options.profile.clone(),
        target: options.target.clone(),
        vars: options.vars.clone(),
        profiles_yaml,
        profiles_searched,
        threads: options.threads,
        command: options.command.clone(),
        flags: options.flags.clone(),
        target_path,
    };
    Ok(Found { root, world, load })
}

impl Project {
    fn new(root: PathBuf, world: Arc<DiskWorld>, project: resolve::Project) -> Self {
        let settings = project.profile.config.iter();
        let mut config: Map<String, Value> = settings
            .map(|(key, value)| (key.clone(), value.exposed()))
            .collect();
        let keeps_transactions = project.file.flags.get(AUTOCOMMIT_FLAG) == Some(&false.into());
        if project.profile.adapter_type == "postgres" && keeps_transactions {
            config.insert("autocommit".to_owned(), false.into());
        }
        let target = Target {
            name: project.profile.target_name.clone(),
            kind: project.profile.adapter_type.clone(),
            config,
            secrets: secrets(&world, project.profile.config.values()),
            root: root.clone(),
        };
        Self {
            target_path: root.join(&project.file.target_path),
            root,
            world,
            manifest: Arc::new(project.manifest),
            library: project.library,
            scope: project.scope,
            target,
            threads: project.profile.threads,
            on_run_start: project.on_run_start.into_iter().map(Arc::new).collect(),
            on_run_end: project.on_run_end.into_iter().map(Arc::new).collect(),
            file: project.file,
            packages: project.packages,
            selectors: project.selectors,
        }
    }
}

/// What must not show anywhere: the profile's secrets and the secret variables of the environment.
fn secrets<'a>(world: &DiskWorld, settings: impl Iterator<Item = &'a Setting>) -> Vec<String> {
    let mut found: Vec<String> = world
        .env()
        .iter()
        .filter(|(name, _)| name.starts_with("DBT_ENV_SECRET"))
        .map(|(_, value)| value.clone())
        .collect();
    settings.for_each(|setting| collect(setting, &mut found));
    found
}

fn collect(setting: &Setting, found: &mut Vec<String>) {
    match setting {
        Setting::Plain(_) => {}
        Setting::Secret(secret) => {
            // A driver may tell of an address in other words, with the password in them.
            let inside = passwords_in(secret.expose()).into_iter().map(str::to_owned);
            found.extend(inside);
            found.push(secret.expose().to_owned());
        }
        Setting::List(items) => items.iter().for_each(|item| collect(item, found)),
        Setting::Map(map) => map.values().for_each(|item| collect(item, found)),
    }
}

fn read_profiles(file: &Path) -> Result<(String, String), ProjectError> {
    let text = std::fs::read_to_string(file).map_err(|error| ProjectError::Unreadable {
        path: file.to_path_buf(),
        reason: error.to_string(),
    })?;
    Ok((file.to_string_lossy().into_owned(), text))
}
