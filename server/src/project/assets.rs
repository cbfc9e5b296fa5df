//! `asset-paths`: what the project's descriptions show, put beside the artifacts.

use std::fs;
use std::io;
use std::path::{Component, Path};

use super::Project;

/// An asset folder that was not copied.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// It would be copied to somewhere else, or over what it is copied from.
    #[error("the asset path '{0}' is not a folder of its own inside the project: it is left out")]
    Outside(String),
    /// The disk refused.
    #[error("cannot copy the assets of '{path}': {reason}")]
    Copy {
        /// As `asset-paths` has it.
        path: String,
        /// The system's words.
        reason: io::Error,
    },
}

/// Puts each folder of `asset-paths` into the target folder, in place of what an earlier command put there; those that
/// are not there are left out, as dbt 1.12 does. Hands back what could not be copied.
pub fn copy(project: &Project) -> Vec<AssetError> {
    let copied = project.file.paths.assets.iter().map(|path| {
        let from = project.root.join(path);
        let to = project.target_path.join(path);
        if !is_inside(path) || from.starts_with(&project.target_path) || to.starts_with(&from) {
            return Err(AssetError::Outside(path.clone()));
        }
        if !from.is_dir() {
            return Ok(());
        }
        replace(&from, &to).map_err(|reason| AssetError::Copy {
            path: path.clone(),
            reason,
        })
    });
    copied.filter_map(Result::err).collect()
}

/// Whether a path stays below where it begins, and is not that place itself.
fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn replace(from: &Path, to: &Path) -> io::Result<()> {
    match fs::remove_dir_all(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => copy_folder(from, to),
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let goal = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &goal)?;
        } else {
            fs::copy(entry.path(), goal)?;
        }
    }
    Ok(())
}
