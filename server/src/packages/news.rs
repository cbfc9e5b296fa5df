//! What is told while packages are resolved and installed, under dbt's names of events.

use serde_json::Value;

use crate::console::{Console, Record};
use crate::execute::Level;

/// Tells.
#[derive(Clone)]
pub struct News {
    console: Console,
    /// How many warnings `--warn-error` made errors of.
    fatal: std::rc::Rc<std::cell::Cell<usize>>,
}

impl News {
    /// Tells on this console.
    pub fn new(console: Console) -> Self {
        Self {
            console,
            fatal: std::rc::Rc::default(),
        }
    }

    /// Never shows these.
    pub fn hide(&self, secrets: Vec<String>) {
        self.console.hide(secrets);
    }

    /// Whether a warning stops the command.
    pub fn is_fatal(&self) -> bool {
        self.fatal.get() > 0
    }

    fn tell(&self, name: &str, code: &str, level: Level, message: String, data: &[(&str, &str)]) {
        let record = Record::new(name, code, level, message);
        self.console.log(
            data.iter()
                .fold(record, |record, (key, value)| record.with(key, *value)),
        );
    }

    fn warn(&self, name: &'static str, code: &'static str, message: String) {
        if self.console.warn(name, code, message) {
            self.fatal.set(self.fatal.get() + 1);
        }
    }

    /// Nothing to do.
    pub fn nothing_wanted(&self, file: &str) {
        self.tell(
            "DepsNoPackagesFound",
            "M013",
            Level::Info,
            format!("No packages were found in {file}"),
            &[],
        );
    }

    /// A package's turn.
    pub fn installing(&self, package: &str) {
        self.tell(
            "DepsStartPackageInstall",
            "M014",
            Level::Info,
            format!("Installing {package}"),
            &[("package_name", package)],
        );
    }

    /// It is in place. `note` says where it came from, if not from the network.
    pub fn installed(&self, version: &str, note: Option<&str>) {
        let note = note.map(|note| format!(" ({note})")).unwrap_or_default();
        self.tell(
            "DepsInstallInfo",
            "M015",
            Level::Info,
            format!("Installed from {version}{note}"),
            &[("version_name", version)],
        );
    }

    /// How it stands to the newest version.
    pub fn compared(&self, version: &str, latest: &str) {
        if version == latest {
            self.tell(
                "DepsUpToDate",
                "M017",
                Level::Info,
                "Up to date!".to_owned(),
                &[],
            );
        } else {
            let message = format!("Updated version available: {latest}");
            self.tell(
                "DepsUpdateAvailable",
                "M016",
                Level::Info,
                message,
                &[("version_latest", latest)],
            );
        }
    }

    /// A part of a repository.
    pub fn subdirectory(&self, folder: &str) {
        self.tell(
            "DepsListSubdirectory",
            "M018",
            Level::Info,
            format!("and subdirectory {folder}"),
            &[("subdirectory", folder)],
        );
    }

    /// Which packages have newer versions.
    pub fn updates(&self, packages: &[String], file: &str) {
        let message = format!(
            "Newer versions exist of {}: change {file} to have them, or run refract deps --upgrade if it allows them already",
            packages.join(", ")
        );
        let list: Vec<Value> = packages
            .iter()
            .map(|name| Value::from(name.as_str()))
            .collect();
        self.console.log(
            Record::new("DepsNotifyUpdatesAvailable", "M019", Level::Info, message)
                .with("packages", list),
        );
    }

    /// The lock file is new.
    pub fn locked(&self, path: &str) {
        self.tell(
            "DepsLockUpdating",
            "M031",
            Level::Info,
            format!("Updating lock file: {path}"),
            &[("lock_filepath", path)],
        );
    }

    /// `--add-package` did its work.
    pub fn added(&self, package: &str, version: Option<&str>, path: &str) {
        let version = version
            .map(|version| format!("@{version}"))
            .unwrap_or_default();
        self.tell(
            "DepsAddPackage",
            "M032",
            Level::Info,
            format!("Added {package}{version} to {path}"),
            &[
                ("package_name", package),
                ("version", &version),
                ("packages_filepath", path),
            ],
        );
    }

    /// `--add-package` took an older entry out.
    pub fn replaced(&self, entry: &str) {
        self.tell(
            "DepsFoundDuplicatePackage",
            "M033",
            Level::Info,
            format!("Taking out the entry that it replaces: {entry}"),
            &[],
        );
    }

    /// The hub asks to use another name.
    pub fn renamed(&self, old: &str, new: &str) {
        let message = format!("package {old} is now called {new}: change the name in packages.yml");
        self.warn("PackageRedirectDeprecation", "D001", message);
    }

    /// A git package whose code may change from day to day.
    pub fn unpinned(&self, url: &str, revision: Option<&str>) {
        let what = match revision {
            Some(branch) => format!("follows the branch {branch}"),
            None => "names no revision, so it follows the default branch".to_owned(),
        };
        let message = format!(
            "the git package {url} {what} and may change under you: name a tag or a commit as its revision, or set `warn-unpinned: false`"
        );
        self.warn("DepsUnpinned", "M029", message);
    }

    /// The lock file cannot say where a package is without giving a secret away.
    pub fn scrubbed(&self, address: &str) {
        let message = format!(
            "{address} holds the value of a secret variable: the lock file gets a masked address, which cannot be fetched. Write the variable as {{{{ env_var('...') }}}} in packages.yml instead"
        );
        self.warn("DepsScrubbedPackageName", "M035", message);
    }

    /// The cache stands in for the hub.
    pub fn hub_is_down(&self, reason: &str) {
        self.warn(
            "DepsOffline",
            "M036",
            format!("{reason}; going by what the hub said last"),
        );
    }

    /// The cache stands in for a repository or archive.
    pub fn source_is_down(&self, source: &str, reason: &str) {
        self.warn(
            "DepsOffline",
            "M036",
            format!("cannot reach {source}: {reason}; using what the cache holds"),
        );
    }

    /// A file of the cache is not what was fetched.
    pub fn damaged(&self, package: &str) {
        self.warn(
            "DepsCacheDamaged",
            "M037",
            format!("the cached archive of {package} is damaged; fetching it again"),
        );
    }

    /// An archive is not what it was.
    pub fn changed(&self, package: &str, before: &str, now: &str) {
        let message = format!(
            "the archive of {package} is another one than before: SHA-256 was {before}, is {now}"
        );
        self.warn("DepsArchiveChanged", "M038", message);
    }

    /// Links that are not installed.
    pub fn links_left_out(&self, package: &str, links: &[String]) {
        let message = format!(
            "left out of {package}, since they lead outside of it: {}",
            links.join(", ")
        );
        self.warn("DepsLinksLeftOut", "M039", message);
    }

    /// Somebody else works on the project.
    pub fn waiting(&self, holder: &str) {
        self.tell(
            "Note",
            "Z050",
            Level::Info,
            format!("Everything is fetched; waiting for {holder} to end"),
            &[],
        );
    }

    /// For the log: a request.
    pub fn asking(&self, url: &str) {
        self.tell(
            "RegistryProgressGETRequest",
            "M008",
            Level::Debug,
            format!("asking {url}"),
            &[("url", url)],
        );
    }

    /// A try is made again.
    pub fn again(&self, attempt: u32, all: u32, reason: &str) {
        let message = format!("{reason}; trying again ({attempt} of {})", all - 1);
        self.tell("RetryExternalCall", "M020", Level::Info, message, &[]);
    }
}
