//! `refract deps`: local packages are linked into place; others are used where they are installed already.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use compiler::diag::{Diagnostic, Diagnostics, Span};
use serde_json::Value;

use super::Exit;
use super::context::{Context, project_value};
use super::failure::{self, Failure, not_built};
use crate::cli::project::DepsArgs;
use crate::console::Record;
use crate::console::summary::plural;
use crate::execute::Level;
use crate::project::ProjectError;

/// One entry under `packages:`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Package {
    /// A folder, relative to the project that names it.
    Local(String),
    /// From the hub or git: its name and what the entry says.
    Remote { name: String, entry: String },
}

/// Puts packages into place. Nothing is fetched from the network.
pub fn deps(context: &Context, args: &DepsArgs) -> Result<Exit, Failure> {
    if args.lock {
        return Err(not_built(
            "--lock",
            "packages are used as they stand in the packages folder",
        ));
    }
    if let Some(package) = &args.add_package {
        return Err(not_built(
            "--add-package",
            &format!("add {package} to packages.yml by hand"),
        ));
    }
    let root = &context.settings.project_dir;
    if !root.join("dbt_project.yml").is_file() {
        return Err(ProjectError::NoProject(root.clone()).into());
    }
    let install = project_value(root, "packages-install-path");
    let install = root.join(
        install
            .as_ref()
            .and_then(Value::as_str)
            .unwrap_or("dbt_packages"),
    );
    let mut work = Work {
        context,
        install,
        missing: Diagnostics::default(),
        seen: BTreeSet::new(),
        found: 0,
    };
    work.project(root)?;
    if work.missing.has_errors() {
        return Err(work.missing.into());
    }
    let message = match work.found {
        0 => "No packages were found in packages.yml".to_owned(),
        found => format!("{} in place", plural(found, "package is", "packages are")),
    };
    context.console.info(message);
    Ok(Exit::Fine)
}

struct Work<'a> {
    context: &'a Context,
    install: PathBuf,
    missing: Diagnostics,
    seen: BTreeSet<PathBuf>,
    found: usize,
}

impl Work<'_> {
    /// Puts the packages of one project, and those of its local packages, into place.
    fn project(&mut self, root: &Path) -> Result<(), Failure> {
        for file in ["packages.yml", "dependencies.yml"] {
            for package in packages(root, file)? {
                match package {
                    Package::Local(folder) => self.local(root, file, &folder)?,
                    Package::Remote { name, entry } => self.remote(file, &name, &entry),
                }
            }
        }
        Ok(())
    }

    fn local(&mut self, root: &Path, file: &str, folder: &str) -> Result<(), Failure> {
        let path = root.join(folder);
        let name = project_value(&path, "name").and_then(|name| name.as_str().map(str::to_owned));
        let (Ok(real), Some(name)) = (path.canonicalize(), name) else {
            let message = format!(
                "local package '{folder}' is no dbt project: {} has no dbt_project.yml with a name",
                path.display()
            );
            self.missing
                .push(Diagnostic::error("package-missing", message).at(Span::file(file)));
            return Ok(());
        };
        if !self.seen.insert(real.clone()) {
            return Ok(());
        }
        self.found += 1;
        link(&real, &self.install, &name)?;
        self.tell(&name, &format!("from {folder}"));
        self.project(&real)
    }

    fn remote(&mut self, file: &str, name: &str, entry: &str) {
        let installed = installed(&self.install, name);
        if let Some(folder) = installed {
            if self.seen.insert(folder) {
                self.found += 1;
                self.tell(name, "installed already");
            }
            return;
        }
        let place = self
            .install
            .strip_prefix(&self.context.settings.project_dir)
            .unwrap_or(&self.install)
            .join(name);
        let hint = format!(
            "put the package's folder at {}: unpack its release there, or use git clone; then run refract deps again",
            place.display()
        );
        self.missing.push(
            Diagnostic::error(
                "package-missing",
                format!("package {entry} is not installed, and refract fetches none"),
            )
            .at(Span::file(file))
            .hint(hint),
        );
    }

    fn tell(&self, name: &str, how: &str) {
        self.context.console.log(
            Record::new(
                "DepsInstallInfo",
                "M015",
                Level::Info,
                format!("{name}: {how}"),
            )
            .with("version_name", name),
        );
    }
}

/// Makes the package folder a link to the local package. What is no link stays as it is.
fn link(real: &Path, install: &Path, name: &str) -> Result<(), Failure> {
    let place = install.join(name);
    fs::create_dir_all(install).map_err(|error| failure::file(install, "make", &error))?;
    match place.symlink_metadata() {
        Ok(found) if found.file_type().is_symlink() => {
            if place.canonicalize().is_ok_and(|target| target == real) {
                return Ok(());
            }
            fs::remove_file(&place).map_err(|error| failure::file(&place, "replace", &error))?;
        }
        Ok(_) => {
            let message = format!(
                "{} is in the way of the local package '{name}'",
                place.display()
            );
            return Err(Diagnostic::error("package-in-the-way", message)
                .hint("move it away")
                .into());
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failure::file(&place, "read", &error)),
    }
    symlink(real, &place).map_err(|error| failure::file(&place, "link", &error))
}

#[cfg(unix)]
fn symlink(real: &Path, place: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(real, place)
}

#[cfg(windows)]
fn symlink(real: &Path, place: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(real, place)
}

/// The folder of an installed package, by its project name or its folder's name.
fn installed(install: &Path, name: &str) -> Option<PathBuf> {
    // Repositories are often called dbt-NAME where the project is called NAME.
    let plain = |name: &str| name.replace('-', "_").trim_start_matches("dbt_").to_owned();
    let same = |other: &str| plain(other) == plain(name);
    let folders = fs::read_dir(install)
        .ok()?
        .filter_map(Result::ok)
        .map(|entry| entry.path());
    folders.into_iter().find(|folder| {
        folder.join("dbt_project.yml").is_file()
            && (folder
                .file_name()
                .and_then(|name| name.to_str())
                .is_some_and(same)
                || project_value(folder, "name")
                    .and_then(|n| n.as_str().map(same))
                    .unwrap_or(false))
    })
}

/// The entries of a packages file; none where there is no file.
fn packages(root: &Path, file: &str) -> Result<Vec<Package>, Failure> {
    let path = root.join(file);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failure::file(&path, "read", &error)),
    };
    let json = compiler::yaml::load(&text, file)?.root.to_json();
    let entries = json
        .get("packages")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    Ok(entries.iter().filter_map(read_entry).collect())
}

fn read_entry(entry: &Value) -> Option<Package> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    if let Some(folder) = text("local") {
        return Some(Package::Local(folder.to_owned()));
    }
    let version =
        entry
            .get("version")
            .or_else(|| entry.get("revision"))
            .map(|version| match version {
                Value::String(one) => one.clone(),
                Value::Array(many) => many
                    .iter()
                    .filter_map(Value::as_str)
                    .collect::<Vec<_>>()
                    .join(", "),
                other => other.to_string(),
            });
    let place = text("package")
        .or_else(|| text("git"))
        .or_else(|| text("private"))
        .or_else(|| text("tarball"))?;
    let last = place.rsplit('/').next().unwrap_or(place);
    let name = text("name").unwrap_or_else(|| last.trim_end_matches(".git"));
    // Git repositories are called dbt-utils, their packages dbt_utils.
    Some(Package::Remote {
        name: name.replace('-', "_"),
        entry: version.map_or_else(|| place.to_owned(), |version| format!("{place} {version}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(entry: Value, name: &str, shown: &str) {
        let expected = Package::Remote {
            name: name.into(),
            entry: shown.into(),
        };
        assert_eq!(read_entry(&entry), Some(expected));
    }

    #[test]
    fn entries_of_all_kinds_are_named() {
        check(
            json!({"package": "dbt-labs/dbt_utils", "version": "1.3.3"}),
            "dbt_utils",
            "dbt-labs/dbt_utils 1.3.3",
        );
        check(
            json!({"package": "a/b", "version": [">=1", "<2"]}),
            "b",
            "a/b >=1, <2",
        );
        check(
            json!({"git": "https://x.org/dbt-audit-helper.git", "revision": "main"}),
            "dbt_audit_helper",
            "https://x.org/dbt-audit-helper.git main",
        );
        assert_eq!(
            read_entry(&json!({"local": "../shared"})),
            Some(Package::Local("../shared".into()))
        );
    }

    #[test]
    fn an_installed_package_is_found_by_name_or_folder() {
        let install = tempfile::tempdir().expect("a folder");
        let folder = install.path().join("dbt-audit-helper");
        fs::create_dir(&folder).expect("made");
        fs::write(folder.join("dbt_project.yml"), "name: audit_helper\n").expect("written");
        assert_eq!(
            installed(install.path(), "dbt_audit_helper"),
            Some(folder.clone())
        );
        assert_eq!(installed(install.path(), "audit_helper"), Some(folder));
        assert_eq!(installed(install.path(), "other"), None);
    }
}
