//! Packages: what `refract deps` fetches and puts into the packages folder.
//!
//! | file | what |
//! |---|---|
//! | [`spec`], [`entry`] | entries of `packages.yml`, of the hub's answers and of the lock |
//! | [`project`] | the files of a project that speak about packages |
//! | [`version`] | versions and ranges |
//! | [`resolve`], [`listing`] | one version of each package, with what the packages need |
//! | [`sources`] | hub, repositories, archives and folders, each asked once |
//! | [`hub`], [`git`], [`revision`], [`archive`], [`links`], [`http`] | what they are reached with |
//! | [`cache`] | what was fetched before |
//! | [`install`] | the packages folder |
//! | [`lock`], [`add`], [`dump`] | files that are written |
//! | [`news`], [`shown`] | what is told, and what is not |

pub mod add;
pub mod archive;
pub mod cache;
pub mod dump;
mod entry;
pub mod files;
pub mod git;
pub mod http;
pub mod hub;
pub mod install;
mod links;
mod listing;
pub mod lock;
pub mod news;
pub mod project;
pub mod resolve;
mod revision;
pub mod shown;
pub mod sources;
pub mod spec;
pub mod version;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use compiler::diag::{Diagnostic, Diagnostics};
use compiler::world::World;
use serde_json::{Map, Value};

use crate::execute::CancelToken;
use crate::redact::Redactor;
use crate::store::{Claim, RunLock};
use add::Addition;
use cache::Cache;
use http::Client;
use hub::Hub;
use install::{Install, file_error};
use news::News;
use project::{Files, Reading, Wanted};
use resolve::{Package, Pinned, Resolver};
use sources::Sources;
use spec::Entry;

/// The project whose packages they are.
pub struct Setup {
    /// Its folder.
    pub root: PathBuf,
    /// Its packages folder.
    pub install: PathBuf,
    /// Its name.
    pub name: String,
    /// `--vars`.
    pub vars: Map<String, Value>,
    /// Whether releases for other versions of dbt are left out.
    pub version_check: bool,
    /// Files and environment.
    pub world: Arc<dyn World>,
    /// Stops the work.
    pub cancel: CancelToken,
}

/// What is to be done.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Decide on versions anew, whatever the lock says.
    pub upgrade: bool,
    /// Write the lock only.
    pub lock: bool,
    /// A package to add first.
    pub add: Option<Addition>,
}

/// Does it. Warnings about the packages file come back; everything else is told on the way.
pub fn run(setup: &Setup, request: &Request, news: &News) -> Result<Diagnostics, Diagnostics> {
    let world = Arc::clone(&setup.world);
    let files = Files::read(&setup.root)?;
    for text in [&files.packages, &files.dependencies].into_iter().flatten() {
        news.hide(shown::credentials(text));
    }
    let env = |name: &str| setup.world.env_var(name);
    if let Some(addition) = &request.add {
        news.hide(shown::credentials(&addition.name));
        add_package(setup, addition, news)?;
    }
    let reading = Reading {
        world: &setup.world,
        vars: &setup.vars,
    };
    let (wanted, warnings) = reading.root(&Files::read(&setup.root)?)?;
    let cache = Cache::open(&env)
        .map_err(|error| file_error(&std::env::temp_dir(), "write into", &error))?;
    let again = news.clone();
    let client = Client::new(
        Box::new(move |name| world.env_var(name)),
        setup.cancel.clone(),
        Box::new(move |attempt, all, reason| again.again(attempt, all, reason)),
    )
    .map_err(|error| Diagnostic::error("network", error.to_string()))?;
    let hub = Hub::new(&env, &client, &cache, news);
    let sources = Sources::new(
        hub,
        (&cache, &client, news),
        &setup.root,
        &setup.world,
        &setup.vars,
    );
    let work = Work {
        setup,
        news,
        resolver: Resolver {
            sources: &sources,
            version_check: setup.version_check,
            root_name: setup.name.clone(),
        },
        wanted,
    };
    work.run(request)?;
    Ok(warnings)
}

struct Work<'a> {
    setup: &'a Setup,
    news: &'a News,
    resolver: Resolver<'a>,
    wanted: Wanted,
}

impl Work<'_> {
    fn run(&self, request: &Request) -> Result<(), Diagnostics> {
        let file = self.setup.root.join(lock::FILE);
        if self.wanted.entries.is_empty() {
            self.news.nothing_wanted(if self.wanted.file.is_empty() {
                "packages.yml"
            } else {
                self.wanted.file
            });
            // Without a lock file deps never had a hand in the folder: what stands there is somebody's own.
            if file.is_file() && !request.lock {
                install::clear(&self.setup.install, &self.setup.root)?;
                fs::remove_file(&file).map_err(|error| file_error(&file, "remove", &error))?;
            }
            return Ok(());
        }
        let hash = lock::hash(&self.wanted.entries);
        let mut text = read(&file)?;
        let is_current = text.as_deref().and_then(lock::hash_in).as_deref() == Some(&hash);
        if request.upgrade || !is_current {
            text = Some(self.lock(&file, &hash)?);
        }
        self.stop_if_asked()?;
        match text {
            Some(text) if !request.lock => self.install(&text),
            _ => Ok(()),
        }
    }

    /// Decides on versions and writes them down.
    fn lock(&self, file: &Path, hash: &str) -> Result<String, Diagnostics> {
        let packages = self.resolver.resolve(self.wanted.entries.clone())?;
        for package in &packages {
            self.warn_of_moving_revision(&package.pinned);
        }
        self.stop_if_asked()?;
        let scrubber = Redactor::of_environment(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
        let entries = packages
            .iter()
            .map(|package| self.lock_entry(package, &scrubber))
            .collect();
        let text = lock::text(entries, hash);
        write_beside(file, &text)?;
        self.news.locked(&file.display().to_string());
        Ok(text)
    }

    fn warn_of_moving_revision(&self, pinned: &Pinned) {
        if let Pinned::Git {
            url,
            asked,
            warn_unpinned: true,
            ..
        } = pinned
            && asked
                .as_deref()
                .is_none_or(|revision| matches!(revision, "HEAD" | "main" | "master"))
        {
            self.news.unpinned(
                &url.shown(),
                asked.as_deref().filter(|revision| *revision != "HEAD"),
            );
        }
    }

    fn lock_entry(&self, package: &Package, scrubber: &Redactor) -> Map<String, Value> {
        let mut entry = Map::new();
        let mut put = |key: &str, value: &str| {
            entry.insert(key.to_owned(), Value::from(value));
        };
        let scrub = |address: &spec::Address| {
            let text = scrubber.apply(&address.written);
            if text != address.written {
                self.news.scrubbed(&text);
            }
            text
        };
        put("name", &package.name);
        match &package.pinned {
            Pinned::Hub {
                package, version, ..
            } => {
                put("package", package);
                put("version", version);
            }
            Pinned::Git {
                url,
                sha,
                subdirectory,
                private,
                ..
            } => {
                put(
                    if private.is_some() { "private" } else { "git" },
                    &scrub(url),
                );
                put("revision", sha);
                if let Some(folder) = subdirectory {
                    put("subdirectory", folder);
                }
                if let Some(provider) = private
                    .as_ref()
                    .and_then(|private| private.provider.as_ref())
                {
                    put("provider", provider);
                }
            }
            Pinned::Tarball { url, name } => {
                put("tarball", &scrub(url));
                put("name", name);
            }
            Pinned::Local { path } => put("local", path),
        }
        entry
    }

    /// Installs what the lock names.
    fn install(&self, text: &str) -> Result<(), Diagnostics> {
        let reading = self.resolver.sources.reading();
        let entries: Vec<Entry> = reading.lock(text, lock::FILE).map_err(with_way_out)?;
        let packages = self.resolver.locked(entries).map_err(with_way_out)?;
        let mut install =
            Install::begin(&self.setup.install, &self.setup.root, self.resolver.sources)?;
        let mut outdated = Vec::new();
        for package in &packages {
            self.stop_if_asked()?;
            self.news.installing(&package.pinned.shown());
            let cached = install.add(package).map_err(|error| match error.span {
                None => Diagnostic {
                    span: package.origin.place.clone(),
                    ..error
                },
                Some(_) => error,
            })?;
            self.tell_installed(package, cached, &mut outdated);
        }
        // A run that is under way reads its packages to its end.
        let turn = RunLock::acquire(
            &self.setup.root,
            "refract deps",
            &Claim::everything(),
            None,
            &self.setup.cancel,
            |holder| self.news.waiting(holder),
        )
        .map_err(|error| Diagnostic::error("run-lock", error.to_string()))?;
        install.finish()?;
        drop(turn);
        if !outdated.is_empty() {
            self.news.updates(&outdated, self.wanted.file);
        }
        Ok(())
    }

    fn tell_installed(&self, package: &Package, cached: bool, outdated: &mut Vec<String>) {
        let note = cached.then_some("from the cache");
        match &package.pinned {
            Pinned::Hub {
                package,
                version,
                latest,
                ..
            } => {
                self.news.installed(&format!("version {version}"), note);
                self.news.compared(version, latest);
                if version != latest {
                    outdated.push(package.clone());
                }
            }
            Pinned::Git {
                sha, subdirectory, ..
            } => {
                self.news.installed(&format!("revision {sha}"), note);
                if let Some(folder) = subdirectory {
                    self.news.subdirectory(folder);
                }
            }
            Pinned::Tarball { url, .. } => self
                .news
                .installed(&format!("tarball (url: {})", url.shown()), note),
            Pinned::Local { path } => self.news.installed(&format!("<local @ {path}>"), note),
        }
    }

    fn stop_if_asked(&self) -> Result<(), Diagnostic> {
        match self.setup.cancel.reason() {
            Some(reason) => Err(Diagnostic::error(
                "stopped",
                format!("{reason}; the packages are as they were"),
            )),
            None if self.news.is_fatal() => Err(Diagnostic::error(
                "warn-error",
                "a warning counts as an error; the packages are as they were",
            )),
            None => Ok(()),
        }
    }
}

/// What is wrong with a lock file is mended by making it anew.
fn with_way_out(mut errors: Diagnostics) -> Diagnostics {
    for error in &mut errors.0 {
        if error.code != "hub-unreachable" && error.code != "git" {
            error.hint = Some("refract deps --upgrade makes package-lock.yml anew".to_owned());
        }
    }
    errors
}

fn read(path: &Path) -> Result<Option<String>, Diagnostic> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file_error(path, "read", &error)),
    }
}

/// Writes a file so that it is the old one or the new one, with the old one's permissions.
fn write_beside(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let failed = |error: std::io::Error| file_error(path, "write", &error);
    let beside = path.with_extension("yml.refract");
    fs::write(&beside, text).map_err(failed)?;
    if let Ok(found) = fs::metadata(path) {
        fs::set_permissions(&beside, found.permissions()).map_err(failed)?;
    }
    fs::rename(&beside, path).map_err(failed)
}

fn add_package(setup: &Setup, addition: &Addition, news: &News) -> Result<(), Diagnostics> {
    let reading = Reading {
        world: &setup.world,
        vars: &setup.vars,
    };
    let mut files = Files::read(&setup.root)?;
    let (wanted, _) = reading.root(&files)?;
    let name = if wanted.file.is_empty() {
        "packages.yml"
    } else {
        wanted.file
    };
    let slot = match name {
        "dependencies.yml" => &mut files.dependencies,
        _ => &mut files.packages,
    };
    let (text, replaced) = add::edit(slot.as_deref().unwrap_or_default(), name, addition)?;
    *slot = Some(text.clone());
    // What makes no sense is told before the file is touched; its place is in the file that is not written.
    reading.root(&files).map_err(|mut errors| {
        for error in &mut errors.0 {
            error.span = None;
        }
        errors
    })?;
    let path = setup.root.join(name);
    write_beside(&path, &text)?;
    for entry in replaced {
        news.replaced(&entry);
    }
    news.added(
        &addition.name,
        addition.version.as_deref(),
        &path.display().to_string(),
    );
    Ok(())
}
