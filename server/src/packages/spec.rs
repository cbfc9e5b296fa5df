//! Entries of `packages.yml`, `dependencies.yml`, the hub's answers and the lock file.

use compiler::diag::{Diagnostic, Diagnostics, Span};
use compiler::secret::Secret;
use compiler::yaml::{At, Node};
use serde_json::Value as Json;

use super::entry::read;
use super::shown;
use super::version::Version;

/// Who asked for a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Such as `packages.yml` or `dbt-labs/codegen`.
    pub who: String,
    /// The place, where it is a file of this project.
    pub place: Option<Span>,
}

impl Origin {
    /// An error about what was asked for here.
    pub fn error(&self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        let diagnostic = Diagnostic::error(code, message);
        match &self.place {
            Some(place) => diagnostic.at(place.clone()),
            None => diagnostic,
        }
    }
}

/// An address as it is used and as it is written; the two differ where variables stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What is asked. May hold credentials.
    pub meant: Secret,
    /// With its Jinja: what goes into the lock file.
    pub written: String,
}

impl Address {
    /// What a person may see of it.
    pub fn shown(&self) -> String {
        shown::address(self.meant.expose())
    }
}

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The hub, by `namespace/name`.
    Hub {
        package: String,
        versions: Vec<Version>,
        prerelease: bool,
    },
    /// A git repository.
    Git {
        url: Address,
        revision: Option<String>,
        subdirectory: Option<String>,
        warn_unpinned: bool,
        /// `private:` packages are git repositories of a provider.
        private: Option<Private>,
    },
    /// An archive at an address.
    Tarball { url: Address, name: String },
    /// A folder.
    Local { path: String },
}

/// What a `private:` entry says beyond its repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Private {
    /// `github`, `gitlab`, `ado` or `azure_devops`.
    pub provider: Option<String>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it comes from.
    pub source: Source,
    /// Who asked.
    pub origin: Origin,
    /// The `name` of a lock file's entry.
    pub name: Option<String>,
    /// What dbt hashes of it. Holds secrets in clear where the entry has some.
    pub hashed: Secret,
}

/// Reads a list of entries. `written` and `meant` are the same list before and after rendering.
pub fn entries(
    written: &[Node],
    meant: &[Node],
    who: &str,
    file: Option<&str>,
    diagnostics: &mut Diagnostics,
) -> Vec<Entry> {
    let mut found = Vec::new();
    for (index, node) in meant.iter().enumerate() {
        let origin = Origin {
            who: who.to_owned(),
            place: file.map(|file| node.at.in_file(file)),
        };
        let unrendered = written.get(index).unwrap_or(node);
        match read(node, unrendered, origin, file, diagnostics) {
            Ok(entry) => found.push(entry),
            Err(error) => diagnostics.push(error),
        }
    }
    found
}

/// Whether the text can name a folder directly inside the packages folder.
pub fn is_folder_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['.', '-'])
        && !text
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\' | ':'))
}

/// A version of the hub's answer as an entry: the hub speaks JSON, the entries are the same.
pub fn of_json(list: &Json, who: &str, diagnostics: &mut Diagnostics) -> Vec<Entry> {
    let nodes: Vec<Node> = list
        .as_array()
        .into_iter()
        .flatten()
        .map(|json| Node::from_json(json, At::default()))
        .collect();
    entries(&nodes, &nodes, who, None, diagnostics)
}
