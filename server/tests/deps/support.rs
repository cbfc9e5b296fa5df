//! Projects on disk with a home of their own, and git repositories.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::hub::Hub;

/// A project, a home, a cache, all in one folder.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// A project that wants these packages.
    pub(crate) fn new(packages: &str) -> Self {
        let project = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        project.file(
            "dbt_project.yml",
            "name: shop\nversion: '1.0'\nprofile: shop\n",
        );
        project.file("packages.yml", packages);
        project
    }

    /// Writes a file of the project.
    pub(crate) fn file(&self, path: &str, text: &str) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
        self
    }

    /// A path below the project's folder.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("project").join(path)
    }

    /// A folder beside the project's.
    pub(crate) fn beside(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A file's text.
    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The versions that the installed packages say of themselves: `name version`, sorted.
    pub(crate) fn installed(&self) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.path("dbt_packages"))
            .into_iter()
            .flatten()
        {
            let folder = entry.expect("an entry").path();
            let text = fs::read_to_string(folder.join("dbt_project.yml")).unwrap_or_default();
            let version = text
                .lines()
                .find_map(|line| line.strip_prefix("version: '"));
            let name = folder
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            found.push(format!(
                "{name} {}",
                version.unwrap_or("?").trim_end_matches('\'')
            ));
        }
        found.sort();
        found
    }

    /// The command that runs `refract` against a hub.
    pub(crate) fn command(&self, hub: &Hub, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_refract"));
        command.args(arguments).current_dir(self.path(""));
        quiet_environment(&mut command, self.folder.path());
        command
            .env("DBT_PACKAGE_HUB_URL", hub.url("/"))
            .env("REFRACT_DEPS_RETRIES", "0");
        command
    }

    /// Runs `refract` against a hub.
    pub(crate) fn run(&self, hub: &Hub, arguments: &[&str]) -> Run {
        self.run_with(hub, arguments, &[])
    }

    /// The same with more variables.
    pub(crate) fn run_with(
        &self,
        hub: &Hub,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Run {
        let mut command = self.command(hub, arguments);
        command.envs(variables.iter().copied());
        let output = command.output().expect("the binary runs");
        Run {
            line: arguments.join(" "),
            output,
            folder: self.folder.path().to_owned(),
        }
    }
}

/// Nothing of this machine's user: no proxies, no configuration, no cache.
fn quiet_environment(command: &mut Command, home: &Path) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_lowercase();
        let mine = text.starts_with("dbt_")
            || text.starts_with("git_")
            || text.ends_with("_proxy")
            || [
                "no_color",
                "columns",
                "requests_ca_bundle",
                "curl_ca_bundle",
                "ssl_cert_file",
            ]
            .contains(&text.as_str());
        if mine {
            command.env_remove(&name);
        }
    }
    command
        .env("HOME", home.join("home"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("TZ", "UTC")
        .env("COLUMNS", "100");
}

/// What a run came to.
pub(crate) struct Run {
    line: String,
    output: Output,
    folder: PathBuf,
}

impl Run {
    /// The exit code.
    pub(crate) fn code(&self) -> i32 {
        self.output.status.code().expect("not ended by a signal")
    }

    /// Both outputs in one.
    pub(crate) fn text(&self) -> String {
        format!(
            "{}{}",
            String::from_utf8_lossy(&self.output.stdout),
            String::from_utf8_lossy(&self.output.stderr)
        )
    }

    /// After checking that it did well.
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code(), 0, "refract {}\n{}", self.line, self.text());
        self
    }

    /// After checking that it did not.
    pub(crate) fn fails(self) -> Self {
        assert_eq!(self.code(), 2, "refract {}\n{}", self.line, self.text());
        self
    }

    /// After checking that this is said.
    pub(crate) fn says(self, what: &str) -> Self {
        assert!(
            self.text().contains(what),
            "no '{what}' in\n{}",
            self.text()
        );
        self
    }

    /// After checking that this is not said.
    pub(crate) fn says_no(self, what: &str) -> Self {
        assert!(!self.text().contains(what), "'{what}' in\n{}", self.text());
        self
    }
}

/// Compares a run with its snapshot; times, paths, ports and commits are replaced first.
pub(crate) fn check(name: &str, run: &Run) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for folder in [
        run.folder.canonicalize().expect("there"),
        run.folder.clone(),
    ] {
        settings.add_filter(&literal(&folder.to_string_lossy()), "[folder]");
    }
    settings.add_filter(r"(?m)^\d\d:\d\d:\d\d  ", "[time]  ");
    settings.add_filter(r"127\.0\.0\.1:\d+", "[hub]");
    settings.add_filter(r"\b[0-9a-f]{64}\b", "[sha256]");
    settings.add_filter(r"\b[0-9a-f]{40}\b", "[commit]");
    settings.add_filter(r"refract=\d+\.\d+\.\d+", "refract=[version]");
    let whole = format!(
        "$ refract {}\nexit code: {}\n{}",
        run.line,
        run.code(),
        run.text()
    );
    settings.bind(|| insta::assert_snapshot!(name, whole));
}

fn literal(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            if c.is_alphanumeric() {
                vec![c]
            } else {
                vec!['\\', c]
            }
        })
        .collect()
}

/// A git repository with a package in it.
pub(crate) struct Repository {
    folder: PathBuf,
}

impl Repository {
    /// A new one, with one commit on `main`.
    pub(crate) fn new(folder: PathBuf, name: &str) -> Self {
        fs::create_dir_all(&folder).expect("made");
        let repository = Self { folder };
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository.commit(name, "1.0.0");
        repository
    }

    /// Commits a version; gives the commit's hash.
    pub(crate) fn commit(&self, name: &str, version: &str) -> String {
        self.file(
            "dbt_project.yml",
            &format!("name: {name}\nversion: '{version}'\n"),
        )
    }

    /// Commits a file; gives the commit's hash.
    pub(crate) fn file(&self, path: &str, text: &str) -> String {
        let place = self.folder.join(path);
        fs::create_dir_all(place.parent().expect("a parent")).expect("made");
        fs::write(place, text).expect("written");
        self.commit_all()
    }

    /// Commits whatever changed; gives the commit's hash.
    pub(crate) fn commit_all(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// `file://…`.
    pub(crate) fn url(&self) -> String {
        format!("file://{}", self.folder.display())
    }

    /// Runs git in it.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        quiet_environment(&mut command, &self.folder);
        let output = command
            .args([
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@b.c",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .expect("git runs");
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}
