//! Packages: `packages.yml` and `dependencies.yml` say what a project wants, the install folder what is there.

use super::project::PROJECT_FILE;
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::world::{World, WorldError};
use crate::yaml::{self, Node};

/// Where a package's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFolder {
    /// Folder relative to the root project; empty for the root project itself.
    pub folder: String,
}

impl PackageFolder {
    /// A path of the package as a path of the world.
    pub fn join(&self, path: &str) -> String {
        join(&self.folder, path)
    }
}

/// Two paths as one.
pub fn join(folder: &str, path: &str) -> String {
    match (folder.is_empty(), path.is_empty()) {
        (true, _) => path.to_owned(),
        (false, true) => folder.to_owned(),
        _ => format!("{folder}/{path}"),
    }
}

/// The code of the mistake that packages are to be fetched.
pub const NOT_INSTALLED: &str = "packages-not-installed";

/// Finds the folders of all packages that a project depends on: those installed under `install_path`, and those
/// that `packages.yml` names with `local:`, wherever they are. Nothing is fetched.
pub fn find(
    world: &dyn World,
    install_path: &str,
    diagnostics: &mut Diagnostics,
) -> Vec<PackageFolder> {
    let mut found: Vec<PackageFolder> = Vec::new();
    match world.folders(install_path) {
        Ok(names) => {
            for name in names {
                let folder = PackageFolder {
                    folder: join(install_path, &name),
                };
                if exists(world, &folder.join(PROJECT_FILE)) {
                    found.push(folder);
                }
            }
        }
        Err(error) => diagnostics.push(unreadable(install_path, &error)),
    }
    let mut wanted = Wanted::default();
    wanted.read(world, "", diagnostics);
    // What is installed and was fetched; a `local:` package may be installed too.
    let is_installed = |(folder, _): &&(String, Span)| {
        project_name(world, folder)
            .is_some_and(|name| exists(world, &join(&join(install_path, &name), PROJECT_FILE)))
    };
    let fetched = found.len()
        - wanted
            .local
            .iter()
            .filter(is_installed)
            .count()
            .min(found.len());
    for folder in wanted.local {
        if !exists(world, &join(&folder.0, PROJECT_FILE)) {
            diagnostics.push(
                Diagnostic::error("package-not-found", format!("there is no dbt project in '{}'", folder.0))
                    .at(folder.1)
                    .hint("`local:` takes the path of a folder with a dbt_project.yml, relative to this project"),
            );
            continue;
        }
        found.push(PackageFolder { folder: folder.0 });
    }
    // Only a count can be checked: what a remote package is called stands in its own dbt_project.yml.
    if wanted.remote > fetched {
        let message = match fetched {
            0 => format!("packages are wanted but '{install_path}' has none"),
            _ => format!(
                "{} packages are wanted but '{install_path}' has {fetched}",
                wanted.remote
            ),
        };
        diagnostics.push(
            Diagnostic::error(NOT_INSTALLED, message)
                .at(wanted.remote_at.unwrap_or_default())
                .hint("run `refract deps`, or copy an installed `dbt_packages` folder here"),
        );
    }
    found
}

/// The name that a package's project file gives it.
fn project_name(world: &dyn World, folder: &str) -> Option<String> {
    let path = join(folder, PROJECT_FILE);
    let document = yaml::load(&world.read(&path).ok()?, &path).ok()?;
    let name = document.root.as_mapping()?.set("name")?.as_str()?;
    Some(name.to_owned())
}

/// The keys by one of which an entry says where its package is.
const KINDS: [&str; 5] = ["git", "local", "package", "private", "tarball"];

#[derive(Default)]
struct Wanted {
    local: Vec<(String, Span)>,
    remote: usize,
    remote_at: Option<Span>,
}

impl Wanted {
    fn read(&mut self, world: &dyn World, base: &str, diagnostics: &mut Diagnostics) {
        for name in ["packages.yml", "dependencies.yml"] {
            let path = join(base, name);
            let Ok(text) = world.read(&path) else {
                continue;
            };
            let document = match yaml::load(&text, &path) {
                Ok(document) => document,
                Err(error) => {
                    diagnostics.push(error);
                    continue;
                }
            };
            let packages = document
                .root
                .as_mapping()
                .and_then(|map| map.set("packages"));
            if let Some(odd) = packages.filter(|packages| packages.as_sequence().is_none()) {
                let message = format!("'packages' is a list, found {}", odd.kind());
                diagnostics.push(
                    Diagnostic::error("package-entry", message)
                        .at(odd.at.in_file(&path))
                        .hint("write each package as an entry of its own: `- local: ../shared`"),
                );
            }
            for package in packages.and_then(Node::as_sequence).unwrap_or_default() {
                self.add(world, base, &path, package, diagnostics);
            }
        }
    }

    fn add(
        &mut self,
        world: &dyn World,
        base: &str,
        file: &str,
        package: &Node,
        diagnostics: &mut Diagnostics,
    ) {
        let place = package.at.in_file(file);
        let Some(mapping) = package.as_mapping() else {
            diagnostics.push(
                Diagnostic::error(
                    "package-entry",
                    format!("a package is a mapping, found {}", package.kind()),
                )
                .at(place)
                .hint("for example `- local: ../shared` or `- package: dbt-labs/dbt_utils`"),
            );
            return;
        };
        if !KINDS.iter().any(|kind| mapping.contains(kind)) {
            diagnostics.push(
                Diagnostic::error(
                    "package-entry",
                    "the entry does not say where its package is",
                )
                .at(place)
                .hint(format!("name one of {}", KINDS.join(", "))),
            );
            return;
        }
        if let Some(odd) = mapping.set("local").filter(|path| path.as_str().is_none()) {
            let message = format!("'local' takes the path of a folder, found {}", odd.kind());
            diagnostics.push(
                Diagnostic::error("package-entry", message)
                    .at(odd.at.in_file(file))
                    .hint("write the path as text: `- local: ../shared`"),
            );
            return;
        }
        let Some(path) = mapping.set("local").and_then(Node::as_str) else {
            // dbt counts what the project itself names.
            if base.is_empty() {
                self.remote += 1;
                self.remote_at.get_or_insert(place);
            }
            return;
        };
        // dbt takes every path from the root project; a package's own folder counts where nothing is there.
        let from_root = normalize(path);
        let folder = if exists(world, &join(&from_root, PROJECT_FILE)) {
            from_root
        } else {
            normalize(&join(base, path))
        };
        if self.local.iter().any(|(known, _)| *known == folder) {
            return;
        }
        self.local.push((folder.clone(), place));
        self.read(world, &folder, diagnostics);
    }
}

/// A path without `.` and inner `..`.
fn normalize(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if path.starts_with('/') {
        format!("/{joined}")
    } else {
        joined
    }
}

fn exists(world: &dyn World, path: &str) -> bool {
    world.read(path).is_ok()
}

pub(crate) fn unreadable(path: &str, error: &WorldError) -> Diagnostic {
    Diagnostic::error("file-unreadable", error.to_string()).at(Span::file(path))
}

#[cfg(test)]
mod tests {
    use super::normalize;

    #[test]
    fn paths_are_normalized() {
        assert_eq!(normalize("./a/../b//c/."), "b/c");
        assert_eq!(normalize("../x/../y"), "../y");
    }
}
