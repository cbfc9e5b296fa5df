//! The places that packages come from, each asked once in a command.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use compiler::diag::{Diagnostic, Diagnostics};
use compiler::world::World;
use serde_json::{Map, Value};

use super::archive::{self, ArchiveError, Limits};
use super::cache::{Cache, Kept};
use super::files;
use super::git::{Commit, GitError, Repository};
use super::http::{Client, FetchError};
use super::hub::Hub;
use super::news::News;
use super::project::{Files, Reading};
use super::spec::Address;

/// Larger archives are no packages.
const MOST_BYTES: u64 = 512 << 20;

/// Hub, repositories, archives and folders.
pub struct Sources<'a> {
    /// The hub.
    pub hub: Hub<'a>,
    /// Where fetched things are kept.
    pub cache: &'a Cache,
    /// Fetches.
    pub client: &'a Client,
    /// Tells.
    pub news: &'a News,
    /// The root project's folder.
    pub root: &'a Path,
    /// The environment.
    pub world: &'a Arc<dyn World>,
    /// `--vars`.
    pub vars: &'a Map<String, Value>,
    commits: RefCell<BTreeMap<(String, Option<String>), Commit>>,
    /// Addresses of archives, and commits, that were fetched in this command.
    fresh: RefCell<BTreeSet<String>>,
    told: RefCell<BTreeSet<String>>,
}

impl<'a> Sources<'a> {
    /// Nothing is asked yet.
    pub fn new(
        hub: Hub<'a>,
        (cache, client, news): (&'a Cache, &'a Client, &'a News),
        root: &'a Path,
        world: &'a Arc<dyn World>,
        vars: &'a Map<String, Value>,
    ) -> Self {
        Self {
            hub,
            cache,
            client,
            news,
            root,
            world,
            vars,
            commits: RefCell::default(),
            fresh: RefCell::default(),
            told: RefCell::default(),
        }
    }

    /// How packages' own files are read.
    pub fn reading(&self) -> Reading<'_> {
        Reading {
            world: self.world,
            vars: self.vars,
        }
    }

    /// Whether a commit or the archive of an address was fetched in this command.
    pub fn is_fresh(&self, what: &str) -> bool {
        self.fresh.borrow().contains(what)
    }

    fn repository<'u>(&'u self, url: &'u Address) -> Result<Repository<'u>, GitError> {
        let folder = self.cache.repository(url.meant.expose());
        Repository::open(url, folder, self.root)
    }

    /// The commit that a revision is now.
    pub fn commit(&self, url: &Address, revision: Option<&str>) -> Result<Commit, GitError> {
        let key = (url.meant.expose().to_owned(), revision.map(str::to_owned));
        if let Some(commit) = self.commits.borrow().get(&key) {
            return Ok(commit.clone());
        }
        let commit = self.repository(url)?.find(revision)?;
        if !commit.from_cache {
            self.fresh.borrow_mut().insert(commit.sha.clone());
        }
        if let Some(reason) = &commit.stale {
            self.news.source_is_down(&url.shown(), reason);
        }
        self.commits.borrow_mut().insert(key, commit.clone());
        Ok(commit)
    }

    /// Writes a commit's files into a folder.
    pub fn export(
        &self,
        url: &Address,
        sha: &str,
        subdirectory: Option<&str>,
        to: &Path,
    ) -> Result<(), GitError> {
        let left_out = self.repository(url)?.export(sha, subdirectory, to)?;
        if !left_out.is_empty()
            && self
                .told
                .borrow_mut()
                .insert(format!("{} {sha}", url.shown()))
        {
            self.news.links_left_out(&url.shown(), &left_out);
        }
        Ok(())
    }

    /// Unpacks the archive of an address so that the package's files lie in `to`, which is made. The archive of a
    /// hub's release never changes, so that the cache's does. Says whether the cache's was taken.
    pub fn unpack(
        &self,
        url: &str,
        package: &str,
        fixed: bool,
        to: &Path,
    ) -> Result<bool, Diagnostic> {
        let kept = self.cache.archive(url);
        let mut before = None;
        match kept {
            Kept::Whole(path) if fixed || self.fresh.borrow().contains(url) => {
                let cached = !self.is_fresh(url);
                return unpack_file(&path, package, to).map(|()| cached);
            }
            Kept::Damaged(hash) => {
                self.news.damaged(package);
                before = Some(hash);
            }
            _ => {}
        }
        let fetched = self
            .client
            .fetch(url, self.client.download_timeout(), MOST_BYTES, |body| {
                match unpack_bytes(&body, to) {
                    // Half an archive is fetched again, as dbt does.
                    Err(ArchiveError::Broken(reason)) => {
                        Err(format!("no whole tar.gz archive: {reason}"))
                    }
                    result => Ok((result, body)),
                }
            });
        match fetched {
            Ok((result, body)) => {
                result.map_err(|error| refused(package, &error))?;
                self.keep(url, package, &body, before);
                Ok(false)
            }
            Err(error) => match self.cache.archive(url) {
                Kept::Whole(path) if error.is_outage() => {
                    self.news.source_is_down(package, &error.to_string());
                    unpack_file(&path, package, to).map(|()| true)
                }
                _ => Err(unreachable("archive-unreachable", package, &error)),
            },
        }
    }

    fn keep(&self, url: &str, package: &str, body: &[u8], before: Option<String>) {
        // A cache that cannot be written is no reason to stop.
        if let Ok((_, now)) = self.cache.keep_archive(url, body) {
            self.fresh.borrow_mut().insert(url.to_owned());
            if let Some(before) = before.filter(|before| *before != now) {
                self.news.changed(package, &before, &now);
            }
        }
    }

    /// The folder of a local package. dbt takes the path from the root project's folder, also for packages that local
    /// packages name; where nothing is there, it is taken from the folder of the package that names it.
    pub fn local(&self, path: &str) -> PathBuf {
        files::normal(&self.root.join(path))
    }

    /// The files of a package that says what it needs.
    pub fn needs(
        &self,
        folder: &Path,
        who: &str,
    ) -> Result<(String, Vec<super::spec::Entry>), Diagnostics> {
        let files = Files::read(folder)?;
        let Some(name) = files.name()? else {
            let message = match files.project {
                None => format!("{who} is no dbt project: it has no dbt_project.yml"),
                Some(_) => format!("{who} has no name in its dbt_project.yml"),
            };
            return Err(Diagnostic::error("package-missing", message).into());
        };
        if !super::spec::is_folder_name(&name) {
            let message = format!("{who} calls itself '{name}', which is no name for a folder");
            return Err(Diagnostic::error("package-name", message).into());
        }
        let entries = self.reading().package(&files, who).map_err(|mut errors| {
            for error in &mut errors.0 {
                error.message = format!("in {who}: {}", error.message);
                error.span = None;
            }
            errors
        })?;
        Ok((name, entries))
    }
}

fn unpack_file(path: &Path, package: &str, to: &Path) -> Result<(), Diagnostic> {
    let body = fs::read(path).map_err(|error| {
        Diagnostic::error("file", format!("cannot read {}: {error}", path.display()))
    })?;
    unpack_bytes(&body, to).map_err(|error| refused(package, &error))
}

/// Unpacks beside `to`, and moves the one top folder, or everything where there is no such folder, to it.
fn unpack_bytes(body: &[u8], to: &Path) -> Result<(), ArchiveError> {
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |error| ArchiveError::Disk { path, error }
    };
    let whole = to.with_extension("unpacked");
    files::remove(to).map_err(disk(to))?;
    files::remove(&whole).map_err(disk(&whole))?;
    fs::create_dir_all(&whole).map_err(disk(&whole))?;
    let result = archive::unpack(body, &whole, Limits::default());
    if let Err(error) = result {
        // What is left of it is of no use; the error is what counts.
        let _ = files::remove(&whole);
        return Err(error);
    }
    let children: Vec<PathBuf> = fs::read_dir(&whole)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect()
        })
        .map_err(disk(&whole))?;
    match children.as_slice() {
        [one] if one.symlink_metadata().is_ok_and(|found| found.is_dir()) => {
            fs::rename(one, to).map_err(disk(to))?;
            files::remove(&whole).map_err(disk(&whole))
        }
        _ => fs::rename(&whole, to).map_err(disk(to)),
    }
}

fn refused(package: &str, error: &ArchiveError) -> Diagnostic {
    Diagnostic::error("archive", format!("the archive of {package} {error}"))
        .hint("nothing was installed; ask the package's authors about this archive")
}

/// An error for what cannot be fetched.
pub fn unreachable(code: &'static str, package: &str, error: &FetchError) -> Diagnostic {
    let diagnostic = Diagnostic::error(code, format!("cannot fetch {package}: {error}"));
    match error {
        FetchError::Status { status: 401 | 403, .. } => diagnostic.hint("the server wants credentials: put them into the address with env_var('DBT_ENV_SECRET_…')"),
        FetchError::Status { status: 404, .. } => diagnostic.hint("check the address and the version"),
        FetchError::Stopped | FetchError::Setup(_) | FetchError::TooLarge { .. } => diagnostic,
        _ => diagnostic.hint(
            "check the network; HTTPS_PROXY and NO_PROXY are read, SSL_CERT_FILE names certificates, DBT_PACKAGE_HUB_URL a mirror of the hub",
        ),
    }
}

/// An error for what git could not do.
pub fn git_error(error: &GitError) -> Diagnostic {
    let diagnostic = Diagnostic::error("git", error.to_string());
    match error {
        GitError::Missing => {
            diagnostic.hint("packages from git are fetched with the git command: install it")
        }
        GitError::Unreachable { .. } => diagnostic
            .hint("check the address and your credentials: git itself must be able to clone it"),
        GitError::NoRevision { .. } => {
            diagnostic.hint("name a branch, a tag or a full commit hash as the revision")
        }
        GitError::NoFolder { .. } => diagnostic.hint("check 'subdirectory'"),
        GitError::Failed { .. } | GitError::Disk { .. } => diagnostic,
    }
}
