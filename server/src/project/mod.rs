//! A dbt project on the disk: where it is, which profile it runs with, and what the compiler makes of it.

mod locate;
mod world;

use std::path::PathBuf;
use std::sync::Arc;

use compiler::artifacts::manifest::Manifest;
use compiler::diag::Diagnostics;
use serde_json::{Map, Value};

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
    /// There is no `profiles.yml`.
    #[error("no profiles.yml found; looked in {}", .0.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "))]
    NoProfiles(Vec<PathBuf>),
    /// A file or folder cannot be read.
    #[error("cannot read {}: {reason}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's words.
        reason: String,
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
}

/// An opened project with all that is odd or wrong in its files.
pub struct Opened {
    /// The project; usable for a run only where `diagnostics` holds no errors.
    pub project: Arc<Project>,
    /// What to tell the user.
    pub diagnostics: Diagnostics,
}
