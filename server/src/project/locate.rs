//! Where `dbt_project.yml` and `profiles.yml` are looked for, as dbt does.

use std::env;
use std::path::{Path, PathBuf};

use super::ProjectError;

/// The project's folder: the one given, `DBT_PROJECT_DIR`, or the nearest one upwards from the working folder.
pub fn find_project(given: Option<&Path>) -> Result<PathBuf, ProjectError> {
    let here = working_folder()?;
    let given = given
        .map(Path::to_path_buf)
        .or_else(|| folder_from_env("DBT_PROJECT_DIR"));
    if let Some(given) = given {
        let folder = here.join(given);
        if !folder.is_dir() {
            return Err(ProjectError::NoFolder(folder));
        }
        if !folder.join("dbt_project.yml").is_file() {
            return Err(ProjectError::NoProject(folder));
        }
        return Ok(folder.canonicalize().unwrap_or(folder));
    }
    here.ancestors()
        .find(|folder| folder.join("dbt_project.yml").is_file())
        .map(Path::to_path_buf)
        .ok_or(ProjectError::NoProject(here))
}

/// The `profiles.yml` to use: `--profiles-dir`, `DBT_PROFILES_DIR`, the working folder, the project's folder, `~/.dbt`.
/// A folder that was named is the only one looked in. Where there is none, the folders looked in.
pub fn find_profiles(
    given: Option<&Path>,
    project: &Path,
) -> Result<Result<PathBuf, Vec<PathBuf>>, ProjectError> {
    let here = working_folder()?;
    let named = given
        .map(Path::to_path_buf)
        .or_else(|| folder_from_env("DBT_PROFILES_DIR"));
    let folders = if let Some(folder) = named {
        vec![here.join(folder)]
    } else {
        let mut folders = vec![here];
        if !folders.iter().any(|folder| folder == project) {
            folders.push(project.to_path_buf());
        }
        folders.extend(env::home_dir().map(|home| home.join(".dbt")));
        folders
    };
    let found = folders
        .iter()
        .map(|folder| folder.join("profiles.yml"))
        .find(|file| file.is_file());
    Ok(found.ok_or(folders))
}

fn folder_from_env(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn working_folder() -> Result<PathBuf, ProjectError> {
    env::current_dir().map_err(|error| ProjectError::Unreadable {
        path: PathBuf::from("."),
        reason: error.to_string(),
    })
}
