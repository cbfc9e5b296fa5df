//! From what is wanted to what is installed: one version of each package, with all that the packages need themselves.

use std::collections::BTreeSet;

use compiler::diag::{Diagnostic, Diagnostics};
use indexmap::IndexMap;

use super::hub::{DBT_VERSION, Release};
use super::listing::{Listing, Wanted, conflict, one_revision, place, versions};
use super::sources::{Sources, git_error, unreachable};
use super::spec::{Address, Entry, Origin, Private, Source};
use super::version::{Range, Version, installable, newest};

/// A package whose version is decided.
#[derive(Debug, Clone)]
pub enum Pinned {
    /// A release of the hub's.
    Hub {
        package: String,
        version: String,
        latest: String,
        release: Release,
    },
    /// A commit.
    Git {
        url: Address,
        sha: String,
        /// The revision as it was asked for.
        asked: Option<String>,
        subdirectory: Option<String>,
        warn_unpinned: bool,
        private: Option<Private>,
    },
    /// An archive.
    Tarball { url: Address, name: String },
    /// A folder.
    Local { path: String },
}

impl Pinned {
    /// What people call it.
    pub fn shown(&self) -> String {
        match self {
            Self::Hub { package, .. } => package.clone(),
            Self::Git {
                url, subdirectory, ..
            } => match subdirectory {
                Some(folder) => format!("{}/{folder}", url.shown()),
                None => url.shown(),
            },
            Self::Tarball { name, .. } => name.clone(),
            Self::Local { path } => path.clone(),
        }
    }
}

/// A package whose version is decided, and its project's name.
#[derive(Debug, Clone)]
pub struct Package {
    /// Which.
    pub pinned: Pinned,
    /// The folder that it is installed in.
    pub name: String,
    /// Who asked for it first.
    pub origin: Origin,
}

/// Decides on versions.
pub struct Resolver<'a> {
    /// Where packages come from.
    pub sources: &'a Sources<'a>,
    /// Whether releases that are not for this version of dbt are left out.
    pub version_check: bool,
    /// The root project's name, which no package may have.
    pub root_name: String,
}

impl Resolver<'_> {
    /// All packages that are wanted, and all that these need, level by level as dbt does.
    pub fn resolve(&self, entries: Vec<Entry>) -> Result<Vec<Package>, Diagnostics> {
        let mut errors = Diagnostics::default();
        let mut pending = Listing::default();
        pending.add_entries(entries, &mut errors);
        let mut all = Listing::default();
        let mut seen = BTreeSet::new();
        while !pending.packages.is_empty() && !errors.has_errors() {
            let mut next = Listing::default();
            for (_, wanted) in pending.packages {
                let decided = all
                    .add(wanted)
                    .map_err(Diagnostics::from)
                    .and_then(|key| self.decide(&all.packages[&key]));
                match decided {
                    // A release that was seen has nothing new to ask for; packages that need each other end here.
                    Ok((pinned, (_, needs))) if seen.insert(identity(&pinned)) => {
                        next.add_entries(needs, &mut errors);
                    }
                    Ok(_) => {}
                    Err(more) => errors.extend(more),
                }
            }
            pending = next;
        }
        if errors.has_errors() {
            return Err(errors);
        }
        let packages = self.pin_all(&all)?;
        self.check_names(&packages)?;
        Ok(packages)
    }

    /// The packages of a lock file: as they are named there, without what they need.
    pub fn locked(&self, entries: Vec<Entry>) -> Result<Vec<Package>, Diagnostics> {
        let mut errors = Diagnostics::default();
        let mut all = Listing::default();
        all.add_entries(entries, &mut errors);
        if errors.has_errors() {
            return Err(errors);
        }
        self.pin_all(&all)
    }

    fn pin_all(&self, all: &Listing) -> Result<Vec<Package>, Diagnostics> {
        let mut errors = Diagnostics::default();
        let mut packages = Vec::new();
        for wanted in all.packages.values() {
            let origin = wanted.asks[0].0.clone();
            match self.decide(wanted) {
                Ok((pinned, (name, _))) => packages.push(Package {
                    pinned,
                    name,
                    origin,
                }),
                Err(more) => errors.extend(more),
            }
        }
        if errors.has_errors() {
            Err(errors)
        } else {
            Ok(packages)
        }
    }

    /// A package's version, its project's name, and what it needs itself.
    fn decide(&self, wanted: &Wanted) -> Result<(Pinned, (String, Vec<Entry>)), Diagnostics> {
        let pinned = self.pin(wanted)?;
        let needs = self.needs(&pinned).map_err(|errors| {
            Diagnostics(
                errors
                    .0
                    .into_iter()
                    .map(|error| place(error, wanted))
                    .collect(),
            )
        })?;
        Ok((pinned, needs))
    }

    fn pin(&self, wanted: &Wanted) -> Result<Pinned, Diagnostics> {
        match &wanted.source {
            Source::Hub {
                package,
                prerelease,
                ..
            } => Ok(self.release(package, *prerelease, wanted)?),
            Source::Git {
                url,
                subdirectory,
                private,
                ..
            } => {
                let revision = one_revision(wanted)?;
                let commit = self
                    .sources
                    .commit(url, revision.as_deref())
                    .map_err(|error| place(git_error(&error), wanted))?;
                Ok(Pinned::Git {
                    url: url.clone(),
                    sha: commit.sha,
                    asked: revision,
                    subdirectory: subdirectory.clone(),
                    warn_unpinned: wanted.asks.iter().all(|(_, source)| {
                        matches!(
                            source,
                            Source::Git {
                                warn_unpinned: true,
                                ..
                            }
                        )
                    }),
                    private: private.clone(),
                })
            }
            Source::Tarball { url, name } => Ok(Pinned::Tarball {
                url: url.clone(),
                name: name.clone(),
            }),
            Source::Local { path } => Ok(Pinned::Local { path: path.clone() }),
        }
    }

    /// The newest release that all allow who want it.
    fn release(
        &self,
        package: &str,
        prerelease: bool,
        wanted: &Wanted,
    ) -> Result<Pinned, Diagnostic> {
        let failed = |error| place(unreachable("hub-unreachable", package, &error), wanted);
        if !self.sources.hub.knows(package).map_err(failed)? {
            let message = format!(
                "package {package} is not on the hub {}",
                self.sources.hub.shown()
            );
            let hint = self.sources.hub.near(package);
            return Err(place(
                Diagnostic::error("package-unknown", message).hint(hint.unwrap_or_else(|| {
                    "check the name; what is in a repository only is named with `git:`".to_owned()
                })),
                wanted,
            ));
        }
        let versions: Vec<Version> = wanted
            .asks
            .iter()
            .flat_map(|(_, source)| versions(source))
            .cloned()
            .collect();
        let range = Range::of(&versions).map_err(|_| conflict(package, wanted))?;
        let available = self
            .sources
            .hub
            .versions(package, self.version_check)
            .map_err(failed)?;
        let prereleases = prerelease || versions.iter().any(|version| version.prerelease.is_some());
        let candidates = installable(&available, prereleases);
        let Some(version) = newest(&range, &candidates) else {
            let shown: Vec<&str> = candidates.iter().map(|(_, text)| text.as_str()).collect();
            let mut hint = match shown.as_slice() {
                [] => "it has no version that could be installed".to_owned(),
                shown => format!("it has {}", shown.join(", ")),
            };
            let everything = self.sources.hub.versions(package, false).map_err(failed)?;
            if everything.len() > available.len() {
                hint = format!(
                    "{hint}\nversions that are not for dbt {DBT_VERSION} are left out; --no-version-check takes them in"
                );
            }
            let message = format!("no version of package {package} fits {range}");
            return Err(place(
                Diagnostic::error("package-version", message).hint(hint),
                wanted,
            ));
        };
        let release = self
            .sources
            .hub
            .release(package, &version)
            .map_err(failed)?;
        let latest = candidates
            .last()
            .map_or_else(|| version.clone(), |(_, text)| text.clone());
        Ok(Pinned::Hub {
            package: package.to_owned(),
            version,
            latest,
            release,
        })
    }

    /// A package's project name, and what it needs itself.
    fn needs(&self, pinned: &Pinned) -> Result<(String, Vec<Entry>), Diagnostics> {
        let sources = self.sources;
        let who = pinned.shown();
        match pinned {
            Pinned::Hub { release, .. } => Ok((release.name.clone(), release.packages.clone())),
            Pinned::Local { path } => {
                let folder = sources.local(path);
                let (name, mut entries) = sources.needs(&folder, path)?;
                for entry in &mut entries {
                    self.settle_local(entry, path);
                }
                Ok((name, entries))
            }
            Pinned::Git {
                url,
                sha,
                subdirectory,
                ..
            } => {
                let folder = temporary()?;
                sources
                    .export(url, sha, subdirectory.as_deref(), folder.path())
                    .map_err(|error| git_error(&error))?;
                sources.needs(folder.path(), &who)
            }
            Pinned::Tarball { url, name } => {
                let folder = temporary()?;
                let to = folder.path().join("package");
                sources.unpack(url.meant.expose(), name, false, &to)?;
                let (_, entries) = sources.needs(&to, &who)?;
                Ok((name.clone(), entries))
            }
        }
    }

    /// A local package's own local packages: dbt looks for them from the root project; if nothing is there, the folder
    /// that names them counts.
    fn settle_local(&self, entry: &mut Entry, named_in: &str) {
        if let Source::Local { path } = &mut entry.source {
            let has_project =
                |path: &str| self.sources.local(path).join("dbt_project.yml").is_file();
            let beside = super::files::normal(&std::path::Path::new(named_in).join(&path))
                .to_string_lossy()
                .into_owned();
            if !has_project(path) && has_project(&beside) {
                *path = beside;
            }
        }
    }

    fn check_names(&self, packages: &[Package]) -> Result<(), Diagnostic> {
        let mut seen: IndexMap<&str, &Package> = IndexMap::new();
        for package in packages {
            let name = package.name.as_str();
            if name == self.root_name {
                let message = format!(
                    "package {} has the name of this project, '{name}'",
                    package.pinned.shown()
                );
                return Err(package
                    .origin
                    .error("package-name-twice", message)
                    .hint("rename one of the two in its dbt_project.yml"));
            }
            if let Some(first) = seen.insert(name, package) {
                let message = format!(
                    "packages {} and {} are both called '{name}'",
                    first.pinned.shown(),
                    package.pinned.shown()
                );
                return Err(package
                    .origin
                    .error("package-name-twice", message)
                    .hint("keep one of them; a package from git and from the hub counts as two"));
            }
        }
        Ok(())
    }
}

fn identity(pinned: &Pinned) -> String {
    match pinned {
        Pinned::Hub {
            package, version, ..
        } => format!("{package}@{version}"),
        Pinned::Git {
            url,
            sha,
            subdirectory,
            ..
        } => format!("{}@{sha} {subdirectory:?}", url.meant.expose()),
        Pinned::Tarball { url, .. } => url.meant.expose().to_owned(),
        Pinned::Local { path } => path.clone(),
    }
}

fn temporary() -> Result<tempfile::TempDir, Diagnostic> {
    tempfile::tempdir().map_err(|error| {
        Diagnostic::error("file", format!("cannot make a temporary folder: {error}"))
    })
}
