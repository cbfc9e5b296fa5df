//! Putting packages into the packages folder: unpacked beside, then moved into place, so that no half package is seen.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use compiler::diag::Diagnostic;

use super::files;
use super::resolve::{Package, Pinned};
use super::sources::{Sources, git_error};

/// Folders of this prefix are passed over by dbt and Refract when they look for packages.
const STAGE: &str = "__refract-";

/// A packages folder that is being filled. Dropped before [`Install::finish`], it leaves everything as it was.
pub struct Install<'a> {
    folder: PathBuf,
    stage: tempfile::TempDir,
    sources: &'a Sources<'a>,
    names: Vec<String>,
}

impl<'a> Install<'a> {
    /// Begins beside what is installed.
    pub fn begin(folder: &Path, root: &Path, sources: &'a Sources<'a>) -> Result<Self, Diagnostic> {
        guard(folder, root)?;
        fs::create_dir_all(folder).map_err(|error| file_error(folder, "make", &error))?;
        let stage = tempfile::Builder::new()
            .prefix(STAGE)
            .tempdir_in(folder)
            .map_err(|error| file_error(folder, "write into", &error))?;
        Ok(Self {
            folder: folder.to_owned(),
            stage,
            sources,
            names: Vec::new(),
        })
    }

    /// Fetches one package. Says whether it came out of the cache.
    pub fn add(&mut self, package: &Package) -> Result<bool, Diagnostic> {
        let to = self.stage.path().join(&package.name);
        let cached = match &package.pinned {
            Pinned::Hub {
                package: name,
                version,
                release,
                ..
            } => {
                let cached = self.sources.unpack(
                    &release.tarball,
                    &format!("{name} {version}"),
                    true,
                    &to,
                )?;
                check_project(&to, name)?;
                cached
            }
            Pinned::Tarball { url, name } => {
                self.sources.unpack(url.meant.expose(), name, false, &to)?
            }
            Pinned::Git {
                url,
                sha,
                subdirectory,
                ..
            } => {
                fs::create_dir(&to).map_err(|error| file_error(&to, "make", &error))?;
                self.sources
                    .export(url, sha, subdirectory.as_deref(), &to)
                    .map_err(|error| git_error(&error))?;
                !self.sources.is_fresh(sha)
            }
            Pinned::Local { path } => {
                let folder = self.sources.local(path);
                let real = folder
                    .canonicalize()
                    .map_err(|error| file_error(&folder, "read", &error))?;
                link_or_copy(&real, &to)?;
                false
            }
        };
        self.names.push(package.name.clone());
        Ok(cached)
    }

    /// Moves everything into place, and what is no longer wanted away.
    pub fn finish(self) -> Result<(), Diagnostic> {
        let old = self.stage.path().join("__old");
        fs::create_dir(&old).map_err(|error| file_error(&old, "make", &error))?;
        for name in &self.names {
            let place = self.folder.join(name);
            put_away(&place, &old.join(name))?;
            let from = self.stage.path().join(name);
            fs::rename(&from, &place)
                .map_err(|error| file_error(&place, "put a package at", &error))?;
        }
        let entries =
            fs::read_dir(&self.folder).map_err(|error| file_error(&self.folder, "read", &error))?;
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !self.names.contains(&name) && entry.path() != self.stage.path() {
                put_away(&entry.path(), &old.join(&name))?;
            }
        }
        Ok(())
    }
}

fn put_away(place: &Path, away: &Path) -> Result<(), Diagnostic> {
    match fs::rename(place, away) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Mounted folders cannot be moved.
        Err(_) => files::remove(place).map_err(|error| file_error(place, "take away", &error)),
    }
}

/// Takes everything out of the packages folder.
pub fn clear(folder: &Path, root: &Path) -> Result<(), Diagnostic> {
    guard(folder, root)?;
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries.filter_map(Result::ok) {
        files::remove(&entry.path())
            .map_err(|error| file_error(&entry.path(), "take away", &error))?;
    }
    Ok(())
}

/// All that stands in the packages folder is replaced; so it must not be the project, or a folder around it.
fn guard(folder: &Path, root: &Path) -> Result<(), Diagnostic> {
    let folder = files::normal(folder);
    let real = folder.canonicalize().unwrap_or_else(|_| folder.clone());
    let real_root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let in_the_way = files::normal(root).starts_with(&folder)
        || real_root.starts_with(&real)
        || real.join("dbt_project.yml").exists();
    if !in_the_way {
        return Ok(());
    }
    let message = format!(
        "packages cannot be installed into {}: deps replaces all that is in it",
        folder.display()
    );
    Err(Diagnostic::error("packages-folder", message).hint(
        "set packages-install-path in dbt_project.yml to a folder of its own, such as dbt_packages",
    ))
}

fn check_project(folder: &Path, name: &str) -> Result<(), Diagnostic> {
    if folder.join("dbt_project.yml").is_file() {
        return Ok(());
    }
    Err(Diagnostic::error(
        "package-missing",
        format!("the archive of {name} holds no dbt_project.yml"),
    ))
}

fn link_or_copy(real: &Path, place: &Path) -> Result<(), Diagnostic> {
    files::symlink(real, place)
        .or_else(|_| files::copy_folder(real, place))
        .map_err(|error| file_error(place, "link", &error))
}

/// A file that cannot be read or written.
pub fn file_error(path: &Path, doing: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::error(
        "file",
        format!("cannot {doing} {}: {error}", path.display()),
    )
}
