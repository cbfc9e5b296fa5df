//! Git repositories, by the `git` of the user: branches, tags, commits, through bare repositories in the cache.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::cache::key;
use super::links;
use super::revision::{choose, is_commit};
use super::shown;
use super::spec::Address;

/// Why a repository could not be used.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no `git`.
    #[error("git is not installed")]
    Missing,
    /// The repository cannot be reached, and the cache does not hold what is wanted.
    #[error("cannot reach {url}: {reason}")]
    Unreachable { url: String, reason: String },
    /// The repository is there, the revision not.
    #[error("{url} has no branch, tag or commit '{revision}'")]
    NoRevision { url: String, revision: String },
    /// The revision has no such folder.
    #[error("{url} has no folder '{folder}' at {commit}")]
    NoFolder {
        url: String,
        folder: String,
        commit: String,
    },
    /// Something else.
    #[error("git failed on {url}: {reason}")]
    Failed { url: String, reason: String },
    /// A disk failed.
    #[error("cannot use {}: {error}", path.display())]
    Disk { path: PathBuf, error: io::Error },
}

/// A commit in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its full hash.
    pub sha: String,
    /// Why the repository could not be asked, where the cache's last knowledge of the revision is used.
    pub stale: Option<String>,
    /// Whether nothing had to be fetched.
    pub from_cache: bool,
}

/// One repository.
pub struct Repository<'a> {
    url: &'a Address,
    /// Its bare copy in the cache.
    folder: PathBuf,
    /// Where relative addresses start.
    project: &'a Path,
    /// One command at a time works on it.
    _lock: File,
}

impl<'a> Repository<'a> {
    /// Opens, or makes, the repository's place in the cache.
    pub fn open(url: &'a Address, folder: PathBuf, project: &'a Path) -> Result<Self, GitError> {
        let disk = |error| GitError::Disk {
            path: folder.clone(),
            error,
        };
        fs::create_dir_all(&folder).map_err(disk)?;
        let lock = File::create(folder.join("refract.lock")).map_err(disk)?;
        lock.lock().map_err(disk)?;
        let new = !folder.join("HEAD").is_file();
        let repository = Self {
            url,
            folder,
            project,
            _lock: lock,
        };
        if new {
            repository.git(&["init", "--quiet", "--bare"])?;
        }
        Ok(repository)
    }

    /// Makes sure that a revision's commit is in the cache. `None` is the default branch.
    pub fn find(&self, revision: Option<&str>) -> Result<Commit, GitError> {
        let revision = revision.unwrap_or("HEAD");
        if is_commit(revision) {
            return self.commit(revision);
        }
        let kept = format!("refs/refract/revision/{}", key(revision));
        let url = self.url.meant.expose();
        let listed = match self.run(&[
            "ls-remote",
            "--quiet",
            "--",
            url,
            revision,
            &format!("{revision}^{{}}"),
        ])? {
            output if output.status.success() => output,
            output => return self.last_known(&kept, &self.reason(&output)),
        };
        let Some((reference, sha)) = choose(&String::from_utf8_lossy(&listed.stdout), revision)
        else {
            return self.abbreviated(revision);
        };
        if self.holds(&sha)? {
            self.git(&["update-ref", &kept, &sha])?;
            return Ok(Commit {
                sha,
                stale: None,
                from_cache: true,
            });
        }
        let wanted = format!("+{reference}:{kept}");
        let fetched = self.run(&[
            "fetch",
            "--quiet",
            "--depth",
            "1",
            "--no-tags",
            "--",
            url,
            &wanted,
        ])?;
        if !fetched.status.success() {
            return Err(self.unreachable(self.reason(&fetched)));
        }
        let sha = self.git(&[
            "rev-parse",
            "--verify",
            "--quiet",
            &format!("{kept}^{{commit}}"),
        ])?;
        Ok(Commit {
            sha: sha.trim().to_owned(),
            stale: None,
            from_cache: false,
        })
    }

    fn commit(&self, sha: &str) -> Result<Commit, GitError> {
        let found = |from_cache| Commit {
            sha: sha.to_owned(),
            stale: None,
            from_cache,
        };
        if self.holds(sha)? {
            return Ok(found(true));
        }
        let url = self.url.meant.expose();
        let kept = format!("+{sha}:refs/refract/commit/{sha}");
        let fetched = self.run(&[
            "fetch",
            "--quiet",
            "--depth",
            "1",
            "--no-tags",
            "--",
            url,
            &kept,
        ])?;
        if fetched.status.success() && self.holds(sha)? {
            return Ok(found(false));
        }
        // Servers may refuse to hand out a commit by its hash; then all there is has to come.
        self.fetch_all()?;
        if self.holds(sha)? {
            return Ok(found(false));
        }
        Err(GitError::NoRevision {
            url: self.url.shown(),
            revision: sha.to_owned(),
        })
    }

    /// A hash cut short: dbt takes full ones only, git both.
    fn abbreviated(&self, revision: &str) -> Result<Commit, GitError> {
        let missing = || GitError::NoRevision {
            url: self.url.shown(),
            revision: revision.to_owned(),
        };
        let is_short =
            (7..40).contains(&revision.len()) && revision.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_short {
            return Err(missing());
        }
        self.fetch_all()?;
        let found = self.run(&[
            "rev-parse",
            "--verify",
            "--quiet",
            &format!("{revision}^{{commit}}"),
        ])?;
        if !found.status.success() {
            return Err(missing());
        }
        let sha = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        Ok(Commit {
            sha,
            stale: None,
            from_cache: false,
        })
    }

    fn fetch_all(&self) -> Result<(), GitError> {
        let shallow = self.git(&["rev-parse", "--is-shallow-repository"])?;
        let mut arguments = vec!["fetch", "--quiet", "--no-tags"];
        if shallow.trim() == "true" {
            arguments.push("--unshallow");
        }
        arguments.extend([
            "--",
            self.url.meant.expose(),
            "+refs/heads/*:refs/refract/heads/*",
            "+refs/tags/*:refs/refract/tags/*",
        ]);
        let fetched = self.run(&arguments)?;
        if fetched.status.success() {
            return Ok(());
        }
        Err(self.unreachable(self.reason(&fetched)))
    }

    /// What a revision was when the repository last answered.
    fn last_known(&self, kept: &str, reason: &str) -> Result<Commit, GitError> {
        let found = self.run(&[
            "rev-parse",
            "--verify",
            "--quiet",
            &format!("{kept}^{{commit}}"),
        ])?;
        let sha = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        if !found.status.success() || !self.holds(&sha)? {
            return Err(self.unreachable(reason.to_owned()));
        }
        Ok(Commit {
            sha,
            stale: Some(reason.to_owned()),
            from_cache: true,
        })
    }

    fn holds(&self, sha: &str) -> Result<bool, GitError> {
        Ok(self
            .run(&["cat-file", "-e", &format!("{sha}^{{commit}}")])?
            .status
            .success())
    }

    /// Writes the files of a commit, or of one folder in it, into an empty folder. Gives the links that were left out
    /// since they lead outside.
    pub fn export(
        &self,
        sha: &str,
        subdirectory: Option<&str>,
        to: &Path,
    ) -> Result<Vec<String>, GitError> {
        let disk = |path: &Path| {
            let path = path.to_owned();
            move |error| GitError::Disk { path, error }
        };
        let tree = match subdirectory
            .map(|path| path.trim_matches('/'))
            .filter(|path| !path.is_empty() && *path != ".")
        {
            None => format!("{sha}^{{tree}}"),
            Some(folder) => {
                let tree = format!("{sha}:{}", folder.trim_start_matches("./"));
                let kind = self.run(&["cat-file", "-t", &tree])?;
                if String::from_utf8_lossy(&kind.stdout).trim() != "tree" {
                    return Err(GitError::NoFolder {
                        url: self.url.shown(),
                        folder: folder.to_owned(),
                        commit: sha[..sha.len().min(7)].to_owned(),
                    });
                }
                tree
            }
        };
        let index = tempfile::tempdir().map_err(disk(&std::env::temp_dir()))?;
        let index = index.path().join("index");
        let prefix = format!("--prefix={}/", to.display());
        for arguments in [
            vec!["read-tree", tree.as_str()],
            vec!["checkout-index", "--all", "--force", &prefix],
        ] {
            let mut command = self.command();
            command
                .env("GIT_INDEX_FILE", &index)
                .args(["-c", "core.bare=false"])
                .arg("--work-tree")
                .arg(to)
                .args(&arguments);
            let output = run(&mut command)?;
            if !output.status.success() {
                return Err(GitError::Failed {
                    url: self.url.shown(),
                    reason: self.reason(&output),
                });
            }
        }
        let mut left_out = Vec::new();
        links::drop_outside(to, to, &mut left_out).map_err(disk(to))?;
        Ok(left_out)
    }

    /// Runs git and gives what it says; a failure is an error.
    fn git(&self, arguments: &[&str]) -> Result<String, GitError> {
        let output = self.run(arguments)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(GitError::Failed {
            url: self.url.shown(),
            reason: self.reason(&output),
        })
    }

    fn run(&self, arguments: &[&str]) -> Result<Output, GitError> {
        let output = run(self.command().args(arguments))?;
        if arguments.first() == Some(&"fetch") {
            // git writes the address into it, credentials and all.
            let note = self.folder.join("FETCH_HEAD");
            super::files::remove(&note).map_err(|error| GitError::Disk { path: note, error })?;
        }
        Ok(output)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("git");
        // A hook that runs refract has variables of its own repository set.
        for name in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_OBJECT_DIRECTORY",
            "GIT_COMMON_DIR",
            "GIT_NAMESPACE",
            "GIT_PREFIX",
        ] {
            command.env_remove(name);
        }
        command
            .current_dir(self.project)
            .env("LC_ALL", "C")
            .env("GIT_DIR", &self.folder)
            .env("GIT_HTTP_LOW_SPEED_LIMIT", "100")
            .env("GIT_HTTP_LOW_SPEED_TIME", "30")
            .args([
                "-c",
                "core.hooksPath=/dev/null",
                "-c",
                "advice.detachedHead=false",
                "-c",
                "gc.auto=0",
            ])
            .stdin(Stdio::null());
        if !io::IsTerminal::is_terminal(&io::stdin()) {
            // Nobody is there to type a password.
            command.env("GIT_TERMINAL_PROMPT", "0");
        }
        command
    }

    fn unreachable(&self, reason: String) -> GitError {
        GitError::Unreachable {
            url: self.url.shown(),
            reason,
        }
    }

    /// What git complains of, without credentials.
    fn reason(&self, output: &Output) -> String {
        let text = String::from_utf8_lossy(&output.stderr);
        let text = text.replace(self.url.meant.expose(), &self.url.shown());
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let told = lines
            .iter()
            .rev()
            .find(|line| line.starts_with("fatal:") || line.starts_with("error:"));
        let first = told.or(lines.last()).copied().unwrap_or("it says nothing");
        shown::text(
            first
                .trim_start_matches("fatal: ")
                .trim_start_matches("error: "),
        )
    }
}

fn run(command: &mut Command) -> Result<Output, GitError> {
    command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => GitError::Missing,
        _ => GitError::Disk {
            path: PathBuf::from("git"),
            error,
        },
    })
}
