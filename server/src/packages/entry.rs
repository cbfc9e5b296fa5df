//! Reading one entry: its kind, its keys, and what dbt hashes of it.

use compiler::diag::{Diagnostic, Diagnostics};
use compiler::jinja::dumps;
use compiler::near::did_you_mean;
use compiler::secret::Secret;
use compiler::yaml::{Mapping, Node, Value};
use serde_json::{Map, Value as Json};

use super::spec::{Address, Entry, Origin, Private, Source, is_folder_name};
use super::version::Version;

/// Keys that each kind of entry has.
const KINDS: [(&str, &[&str]); 5] = [
    ("package", &["version", "install_prerelease", "name"]),
    (
        "git",
        &["revision", "warn-unpinned", "subdirectory", "name"],
    ),
    (
        "private",
        &[
            "provider",
            "revision",
            "warn-unpinned",
            "subdirectory",
            "name",
        ],
    ),
    ("tarball", &["name"]),
    ("local", &["name"]),
];

pub(super) fn read(
    node: &Node,
    written: &Node,
    origin: Origin,
    file: Option<&str>,
    diagnostics: &mut Diagnostics,
) -> Result<Entry, Diagnostic> {
    let Some(mapping) = node.as_mapping() else {
        let message = format!("a package is a mapping, found {}", node.kind());
        return Err(origin
            .error("package-entry", message)
            .hint("for example `- package: dbt-labs/dbt_utils` with `version: 1.3.3`"));
    };
    let Some((kind, keys)) = KINDS.iter().find(|(kind, _)| mapping.contains(kind)) else {
        return Err(origin
            .error(
                "package-entry",
                "the entry does not say where the package comes from",
            )
            .hint("give it one of the keys package, git, tarball, local, private"));
    };
    if let Some(file) = file {
        unknown_keys(mapping, kind, keys, file, diagnostics);
    }
    let reader = Reader {
        mapping,
        origin: &origin,
        file,
    };
    let subject = reader
        .text(kind)?
        .filter(|text| !text.is_empty())
        .ok_or_else(|| reader.error(kind, format!("'{kind}' is empty")))?;
    let written_subject = written
        .as_mapping()
        .and_then(|map| map.set(kind))
        .and_then(Node::scalar_text)
        .unwrap_or_else(|| subject.clone());
    let address = || Address {
        meant: Secret::new(subject.clone()),
        written: written_subject.clone(),
    };
    let source = match *kind {
        "package" => hub(&reader, &subject)?,
        "git" => {
            no_option(&reader, "git", &subject)?;
            git(&reader, address(), None)?
        }
        "private" => {
            let provider = reader.text("provider")?;
            let meant = private_url(&reader, &subject, provider.as_deref())?;
            git(
                &reader,
                Address {
                    meant: Secret::new(meant),
                    written: written_subject.clone(),
                },
                Some(Private { provider }),
            )?
        }
        "tarball" => {
            let name = reader
                .text("name")?
                .filter(|name| is_folder_name(name))
                .ok_or_else(|| {
                    reader
                        .error(
                            "tarball",
                            "a tarball needs a 'name': the folder that it is installed in",
                        )
                        .hint("add `name: my_package`")
                })?;
            Source::Tarball {
                url: address(),
                name,
            }
        }
        _ => Source::Local {
            path: subject.clone(),
        },
    };
    let hashed = Secret::new(hashed(kind, &reader, written)?);
    let name = reader.text("name")?;
    Ok(Entry {
        source,
        name,
        hashed,
        origin: origin.clone(),
    })
}

fn unknown_keys(
    mapping: &Mapping,
    kind: &str,
    keys: &[&str],
    file: &str,
    diagnostics: &mut Diagnostics,
) {
    for (key, entry) in mapping.entries() {
        // Both spellings are read; dbt itself has one of each.
        if key == kind || keys.contains(&key) || keys.contains(&other_spelling(key).as_str()) {
            continue;
        }
        let near = did_you_mean(key, keys.iter().copied())
            .unwrap_or_else(|| format!("a '{kind}' entry takes: {}", keys.join(", ")));
        diagnostics.push(
            Diagnostic::warning("unknown-key", format!("unknown key '{key}' in a package"))
                .at(entry.key_at.in_file(file))
                .hint(near),
        );
    }
}

fn other_spelling(key: &str) -> String {
    match key {
        "install-prerelease" => "install_prerelease",
        "warn_unpinned" => "warn-unpinned",
        other => other,
    }
    .to_owned()
}

fn hub(reader: &Reader<'_>, package: &str) -> Result<Source, Diagnostic> {
    if !is_hub_name(package) {
        return Err(reader
            .error("package", format!("'{package}' is no name on the hub"))
            .hint("names on the hub are namespace/name, such as dbt-labs/dbt_utils"));
    }
    let Some(version) = reader.mapping.set("version") else {
        return Err(reader
            .error("package", format!("package {package} has no version"))
            .hint("say which versions will do: `version: [\">=1.0.0\", \"<2.0.0\"]`"));
    };
    let one = std::slice::from_ref(version);
    let mut versions = Vec::new();
    for node in version.as_sequence().unwrap_or(one) {
        let text = plain(node).ok_or_else(|| reader.error("version", "a version is text"))?;
        versions.push(Version::parse(&text).ok_or_else(|| {
            let error = reader.error("version", format!("'{text}' is no version of package {package}"));
            if text.contains(',') {
                let parts: Vec<String> = text.split(',').map(|part| format!("\"{}\"", part.trim())).collect();
                error.hint(format!("write bounds as a list: `version: [{}]`", parts.join(", ")))
            } else {
                error.hint("a version is three numbers, such as 1.3.0, with = < <= > or >= directly before it")
            }
        })?);
    }
    Ok(Source::Hub {
        package: package.to_owned(),
        versions,
        prerelease: reader
            .flag("install_prerelease", "install-prerelease")?
            .unwrap_or(false),
    })
}

fn git(reader: &Reader<'_>, url: Address, private: Option<Private>) -> Result<Source, Diagnostic> {
    let revision = reader.text("revision")?;
    if let Some(revision) = &revision {
        no_option(reader, "revision", revision)?;
    }
    let subdirectory = reader.text("subdirectory")?;
    if let Some(path) = &subdirectory {
        let inside = !path.starts_with('/')
            && !path.contains('\\')
            && path.split('/').all(|part| part != ".." && part != ".git");
        if !inside || path.starts_with('-') {
            return Err(reader.error(
                "subdirectory",
                format!("'{path}' is no folder inside the repository"),
            ));
        }
    }
    Ok(Source::Git {
        url,
        revision,
        subdirectory,
        warn_unpinned: reader.flag("warn-unpinned", "warn_unpinned")? != Some(false),
        private,
    })
}

/// What begins with a dash would be an option for git.
fn no_option(reader: &Reader<'_>, key: &str, value: &str) -> Result<(), Diagnostic> {
    if value.starts_with('-') || value.chars().any(char::is_control) {
        return Err(reader
            .error(key, format!("'{key}' may not begin with a dash"))
            .hint("git would take it for an option"));
    }
    Ok(())
}

/// dbt's addresses for the repositories of `private:`; git's own credentials open them.
fn private_url(
    reader: &Reader<'_>,
    name: &str,
    provider: Option<&str>,
) -> Result<String, Diagnostic> {
    if name.starts_with(['-', '/'])
        || name.chars().any(|c| c.is_control() || c.is_whitespace())
        || !name.contains('/')
    {
        return Err(reader
            .error("private", format!("'{name}' is no repository"))
            .hint("name it as organization/repository"));
    }
    match provider.unwrap_or("github") {
        "github" => Ok(format!("git@github.com:{name}.git")),
        "gitlab" => Ok(format!("git@gitlab.com:{name}.git")),
        "ado" | "azure_devops" if name.split('/').count() >= 3 => Ok(format!("git@ssh.dev.azure.com:v3/{name}")),
        provider @ ("ado" | "azure_devops") => Err(reader
            .error("private", format!("'{name}' is no repository of provider {provider}"))
            .hint("name it as organization/project/repository")),
        other => Err(reader
            .error("provider", format!("unknown provider '{other}'"))
            .hint("the providers are github, gitlab, ado, azure_devops; anything else works as `git:` with its address")),
    }
}

fn is_hub_name(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    parts.len() == 2
        && parts
            .iter()
            .all(|part| is_folder_name(part) && !part.contains(['?', '#', '%']))
}

struct Reader<'a> {
    mapping: &'a Mapping,
    origin: &'a Origin,
    file: Option<&'a str>,
}

impl Reader<'_> {
    /// An error at a key's value.
    fn error(&self, key: &str, message: impl Into<String>) -> Diagnostic {
        let error = self.origin.error("package-entry", message);
        match (self.file, self.mapping.get(key)) {
            (Some(file), Some(node)) if node.at.line > 0 => error.at(node.at.in_file(file)),
            _ => error,
        }
    }

    /// A key's value as text; numbers are text as Python prints them.
    fn text(&self, key: &str) -> Result<Option<String>, Diagnostic> {
        match self.mapping.set(key) {
            None => Ok(None),
            Some(node) => plain(node)
                .map(Some)
                .ok_or_else(|| self.error(key, format!("'{key}' is text, found {}", node.kind()))),
        }
    }

    fn flag(&self, key: &str, other: &str) -> Result<Option<bool>, Diagnostic> {
        let Some(node) = self.mapping.set(key).or_else(|| self.mapping.set(other)) else {
            return Ok(None);
        };
        node.as_bool().map(Some).ok_or_else(|| {
            self.error(
                key,
                format!("'{key}' is true or false, found {}", node.kind()),
            )
        })
    }
}

fn plain(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) | Value::Date(text) => Some(text.clone()),
        Value::Int(_) | Value::Float(_) => node.scalar_text(),
        _ => None,
    }
}

/// The JSON of an entry that dbt makes its lock's hash of: all keys of its kind, and under `unrendered` the entry as
/// it is written.
fn hashed(kind: &str, reader: &Reader<'_>, written: &Node) -> Result<String, Diagnostic> {
    let mut map = Map::new();
    let value = |key: &str| reader.mapping.get(key).map_or(Json::Null, raw_version);
    map.insert(
        kind.to_owned(),
        reader.text(kind)?.map_or(Json::Null, Json::String),
    );
    let keys = KINDS
        .iter()
        .find(|(one, _)| *one == kind)
        .map_or(&[][..], |(_, keys)| keys);
    for key in keys {
        match *key {
            "name" => {
                if let Some(name) = reader.text("name")? {
                    map.insert("name".to_owned(), Json::String(name));
                }
            }
            "install_prerelease" => {
                let given = reader
                    .mapping
                    .get("install_prerelease")
                    .or_else(|| reader.mapping.get("install-prerelease"));
                map.insert(
                    (*key).to_owned(),
                    given.map_or(Json::Bool(false), Node::to_json),
                );
            }
            "warn-unpinned" => {
                let given = reader
                    .mapping
                    .get("warn-unpinned")
                    .or_else(|| reader.mapping.get("warn_unpinned"));
                map.insert((*key).to_owned(), given.map_or(Json::Null, Node::to_json));
            }
            key => {
                map.insert(key.to_owned(), value(key));
            }
        }
    }
    map.insert("unrendered".to_owned(), written.to_json());
    Ok(dumps(&Json::Object(map), true))
}

/// dbt reads a version or revision as text or a float, so that an integer becomes text.
fn raw_version(node: &Node) -> Json {
    match &node.value {
        Value::Int(_) | Value::Bool(_) => node.scalar_text().map_or(Json::Null, Json::String),
        Value::Sequence(items) => Json::Array(items.iter().map(raw_version).collect()),
        _ => node.to_json(),
    }
}
