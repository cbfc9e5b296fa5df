//! The hub: <https://hub.getdbt.com>, or a mirror that `DBT_PACKAGE_HUB_URL` names.
//!
//! It answers `api/v1/index.json` with a list of names, and `api/v1/NAMESPACE/NAME.json` with all versions of a package.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use compiler::diag::Diagnostics;
use serde_json::{Map, Value};

use super::cache::Cache;
use super::http::{Client, FetchError};
use super::news::News;
use super::spec::{self, Entry};
use super::version::{Range, Version};

const PUBLIC_HUB: &str = "https://hub.getdbt.com/";
/// The version of dbt that packages are told to be installed with.
pub const DBT_VERSION: &str = "1.12.6";
const TIMEOUT: Duration = Duration::from_secs(30);
const MOST_BYTES: u64 = 64 << 20;

/// The hub as it answered during this command.
pub struct Hub<'a> {
    base: String,
    client: &'a Client,
    cache: &'a Cache,
    news: &'a News,
    answers: RefCell<BTreeMap<String, Rc<Value>>>,
    /// Whether it did not answer once; then it is not asked again.
    down: RefCell<bool>,
    /// Packages whose new name was told.
    renamed: RefCell<BTreeSet<String>>,
}

/// One version of a package.
#[derive(Debug, Clone)]
pub struct Release {
    /// The project's name: the folder that it is installed in.
    pub name: String,
    /// Packages that it needs.
    pub packages: Vec<Entry>,
    /// Where its archive is.
    pub tarball: String,
}

impl<'a> Hub<'a> {
    /// The hub that the environment names.
    pub fn new(
        env: &dyn Fn(&str) -> Option<String>,
        client: &'a Client,
        cache: &'a Cache,
        news: &'a News,
    ) -> Self {
        let mut base = env("DBT_PACKAGE_HUB_URL")
            .filter(|url| !url.is_empty())
            .unwrap_or_else(|| PUBLIC_HUB.to_owned());
        if !base.ends_with('/') {
            base.push('/');
        }
        Self {
            base,
            client,
            cache,
            news,
            answers: RefCell::default(),
            down: RefCell::new(false),
            renamed: RefCell::default(),
        }
    }

    /// The hub's address, as a person may see it.
    pub fn shown(&self) -> String {
        super::shown::address(&self.base)
    }

    /// Whether a name is in the index.
    pub fn knows(&self, package: &str) -> Result<bool, FetchError> {
        let index = self.ask("index", |answer| match answer {
            Value::Array(_) => Ok(()),
            _ => Err("no list of packages".to_owned()),
        })?;
        Ok(index
            .as_array()
            .is_some_and(|names| names.iter().any(|name| name.as_str() == Some(package))))
    }

    /// Names in the index that somebody may have meant.
    pub fn near(&self, package: &str) -> Option<String> {
        let index = self.ask("index", |_| Ok(())).ok()?;
        let names = index.as_array()?.iter().filter_map(Value::as_str);
        compiler::near::did_you_mean(package, names)
    }

    /// The versions that work with `DBT_VERSION`, or all.
    pub fn versions(&self, package: &str, check: bool) -> Result<Vec<String>, FetchError> {
        let answer = self.package(package)?;
        self.tell_of_new_name(package, &answer);
        let versions = answer.get("versions").and_then(Value::as_object);
        Ok(versions
            .into_iter()
            .flatten()
            .filter(|(_, release)| !check || is_compatible(release))
            .map(|(version, _)| version.clone())
            .collect())
    }

    /// One version.
    pub fn release(&self, package: &str, version: &str) -> Result<Release, FetchError> {
        let answer = self.package(package)?;
        let missing = |what: &str| FetchError::Nonsense {
            url: super::shown::address(&self.url(package)),
            reason: format!("no {what} for version {version}"),
        };
        let release = answer.pointer(&format!(
            "/versions/{}",
            version.replace('~', "~0").replace('/', "~1")
        ));
        let release = release.ok_or_else(|| missing("entry"))?;
        let text = |path: &str| {
            release
                .pointer(path)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let name = text("/name")
            .filter(|name| spec::is_folder_name(name))
            .ok_or_else(|| missing("usable name"))?;
        let tarball = text("/downloads/tarball").ok_or_else(|| missing("archive"))?;
        let mut diagnostics = Diagnostics::default();
        let none = Value::Array(Vec::new());
        let packages = spec::of_json(
            release.get("packages").unwrap_or(&none),
            package,
            &mut diagnostics,
        );
        match diagnostics.errors().next() {
            Some(error) => Err(FetchError::Nonsense {
                url: super::shown::address(&self.url(package)),
                reason: format!("a package entry that makes no sense: {}", error.message),
            }),
            None => Ok(Release {
                name,
                packages,
                tarball,
            }),
        }
    }

    fn package(&self, package: &str) -> Result<Rc<Value>, FetchError> {
        self.ask(package, |answer| {
            let map = answer.as_object().ok_or("no package description")?;
            has(map, &["name", "versions"])?;
            let versions = map["versions"]
                .as_object()
                .ok_or("no mapping of versions")?;
            // As dbt has it, a key may be missing in old versions; the chosen one is looked at when it is chosen.
            let keys: Map<String, Value> = versions
                .values()
                .filter_map(Value::as_object)
                .flat_map(|release| release.keys())
                .map(|key| (key.clone(), Value::Null))
                .collect();
            has(&keys, &["name", "packages", "downloads"])
        })
    }

    fn tell_of_new_name(&self, package: &str, answer: &Value) {
        let new = |key: &str| {
            answer
                .get(key)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        if new("redirectnamespace").is_none() && new("redirectname").is_none() {
            return;
        }
        if !self.renamed.borrow_mut().insert(package.to_owned()) {
            return;
        }
        let old = package.split_once('/').unwrap_or(("", package));
        let space = new("redirectnamespace")
            .or_else(|| new("namespace"))
            .unwrap_or(old.0);
        let name = new("redirectname").or_else(|| new("name")).unwrap_or(old.1);
        self.news.renamed(package, &format!("{space}/{name}"));
    }

    fn url(&self, name: &str) -> String {
        format!("{}api/v1/{name}.json", self.base)
    }

    /// An answer, from the hub or, while it is down, as it was last.
    fn ask(
        &self,
        name: &str,
        check: impl Fn(&Value) -> Result<(), String>,
    ) -> Result<Rc<Value>, FetchError> {
        if let Some(answer) = self.answers.borrow().get(name) {
            return Ok(Rc::clone(answer));
        }
        let url = self.url(name);
        let read = |body: &[u8]| -> Result<Value, String> {
            let answer =
                serde_json::from_slice(body).map_err(|error| format!("broken JSON: {error}"))?;
            check(&answer).map(|()| answer)
        };
        let kept = || self.cache.answer(&url).and_then(|body| read(&body).ok());
        if *self.down.borrow()
            && let Some(answer) = kept()
        {
            return Ok(self.remember(name, answer));
        }
        self.news.asking(&super::shown::address(&url));
        let fetched = self.client.fetch(&url, TIMEOUT, MOST_BYTES, |body| {
            read(&body).map(|answer| (answer, body))
        });
        match fetched {
            Ok((answer, body)) => {
                self.cache.keep_answer(&url, &body);
                Ok(self.remember(name, answer))
            }
            Err(error) if error.is_outage() => {
                let Some(answer) = kept() else {
                    return Err(error);
                };
                if !self.down.replace(true) {
                    self.news.hub_is_down(&error.to_string());
                }
                Ok(self.remember(name, answer))
            }
            Err(error) => Err(error),
        }
    }

    fn remember(&self, name: &str, answer: Value) -> Rc<Value> {
        let answer = Rc::new(answer);
        self.answers
            .borrow_mut()
            .insert(name.to_owned(), Rc::clone(&answer));
        answer
    }
}

fn has(map: &Map<String, Value>, keys: &[&str]) -> Result<(), String> {
    match keys.iter().find(|key| !map.contains_key(**key)) {
        Some(key) => Err(format!("an answer without '{key}'")),
        None => Ok(()),
    }
}

/// Whether a version says that it works with `DBT_VERSION`. What says nothing, or nothing readable, does.
fn is_compatible(release: &Value) -> bool {
    let wanted: Vec<&str> = match release.get("require_dbt_version") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut versions: Vec<Version> = Version::parse(DBT_VERSION).into_iter().collect();
    versions.extend(
        wanted
            .into_iter()
            .flat_map(|text| text.split(','))
            .filter_map(|text| Version::parse(text.trim())),
    );
    Range::of(&versions).is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_compatible;
    use serde_json::json;

    #[test]
    fn require_dbt_version_is_kept() {
        for (wanted, fits) in [
            (json!(null), true),
            (json!([]), true),
            (json!([">=1.3.0", "<2.0.0"]), true),
            (json!([">=1.3.0", "<1.12.0"]), false),
            (json!(">=1.12.0"), true),
            (json!(">=2.0.0"), false),
            (json!([">=1.13.0-b1"]), false),
        ] {
            assert_eq!(
                is_compatible(&json!({ "require_dbt_version": wanted })),
                fits,
                "{wanted}"
            );
        }
    }
}
