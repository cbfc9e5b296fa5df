//! Which files of a package are what.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::packages::{PackageFolder, join, unreadable};
use super::project::Paths;
use crate::diag::Diagnostics;
use crate::world::World;

/// Endings that mark a file as Jinja, behind its own.
const JINJA: [&str; 3] = [".j2", ".jinja2", ".jinja"];
const SQL: [&str; 4] = [".sql", ".sql.j2", ".sql.jinja2", ".sql.jinja"];
const DOCS: [&str; 4] = [".md", ".md.j2", ".md.jinja2", ".md.jinja"];

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path for the world, relative to the root project.
    pub world_path: String,
    /// Path relative to the package.
    pub original_path: String,
    /// Path below the folder that was searched, such as `staging/orders.sql`.
    pub path: String,
}

impl SourceFile {
    /// The file's name without its extension.
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        let bare = JINJA.iter().find_map(|ending| name.strip_suffix(ending));
        let name = bare.unwrap_or(name);
        name.rfind('.')
            .filter(|at| *at > 0)
            .map_or(name, |at| &name[..at])
    }

    /// The folders between the searched folder and the file.
    pub fn folders(&self) -> Vec<String> {
        let mut parts: Vec<String> = self.path.split('/').map(str::to_owned).collect();
        parts.pop();
        parts
    }
}

/// All files of a package by what they are.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "dbt's names")]
pub struct PackageFiles {
    pub macros: Vec<SourceFile>,
    pub generic_tests: Vec<SourceFile>,
    pub models: Vec<SourceFile>,
    pub snapshots: Vec<SourceFile>,
    pub analyses: Vec<SourceFile>,
    pub functions: Vec<SourceFile>,
    pub singular_tests: Vec<SourceFile>,
    pub seeds: Vec<SourceFile>,
    pub fixtures: Vec<SourceFile>,
    pub docs: Vec<SourceFile>,
    pub properties: Vec<SourceFile>,
    pub osi: Vec<SourceFile>,
}

/// Lists a package's files; with `jinja_extensions` also those that are marked as Jinja.
pub fn list(
    world: &dyn World,
    package: &PackageFolder,
    paths: &Paths,
    jinja_extensions: bool,
    diagnostics: &mut Diagnostics,
) -> PackageFiles {
    let extensions = |all: &'static [&'static str]| if jinja_extensions { all } else { &all[..1] };
    let (sql, docs) = (extensions(&SQL), extensions(&DOCS));
    let models: Vec<&str> = sql.iter().copied().chain([".py"]).collect();
    let mut lister = Lister {
        world,
        package,
        ignored: Ignored::read(world, package),
        listed: HashMap::new(),
        diagnostics,
    };
    let generic: Vec<String> = paths
        .tests
        .iter()
        .map(|folder| join(folder, "generic"))
        .collect();
    let mut singular_tests = lister.find(&paths.tests, sql);
    singular_tests
        .retain(|file| !matches!(file.path.split('/').next(), Some("generic" | "fixtures")));
    let fixtures: Vec<String> = paths
        .tests
        .iter()
        .map(|folder| join(folder, "fixtures"))
        .collect();
    PackageFiles {
        macros: lister.find(&paths.macros, sql),
        generic_tests: lister.find(&generic, sql),
        models: lister.find(&paths.models, &models),
        snapshots: lister.find(&paths.snapshots, sql),
        analyses: lister.find(&paths.analyses, sql),
        functions: lister.find(&paths.functions, &[".js", ".py", ".sql"]),
        singular_tests,
        seeds: lister.find(&paths.seeds, &[".csv"]),
        fixtures: lister.find(&fixtures, &[".csv", ".sql"]),
        docs: lister.find(&paths.docs, docs),
        properties: lister.find(&paths.sources(), &[".yml", ".yaml"]),
        osi: lister.find(&paths.osi, &[".json"]),
    }
}

struct Lister<'a> {
    world: &'a dyn World,
    package: &'a PackageFolder,
    ignored: Ignored,
    /// What is below each folder: models, docs and properties stand in the same ones.
    listed: HashMap<String, Vec<String>>,
    diagnostics: &'a mut Diagnostics,
}

impl Lister<'_> {
    fn find(&mut self, folders: &[String], extensions: &[&str]) -> Vec<SourceFile> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for folder in folders {
            let root = self.package.join(folder);
            let paths = match self.listed.entry(root.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => match self.world.list(&root) {
                    Ok(paths) => place.insert(paths),
                    Err(error) => {
                        self.diagnostics.push(unreadable(&root, &error));
                        continue;
                    }
                },
            };
            for world_path in paths.iter() {
                let Some(path) = below(world_path, &root) else {
                    continue;
                };
                let name = path.rsplit('/').next().unwrap_or(path);
                if name.starts_with(['.', '#', '~']) || !ends_with_any(name, extensions) {
                    continue;
                }
                let original_path = join(folder, path);
                if !self.ignored.matches(&original_path) && seen.insert(world_path.clone()) {
                    found.push(SourceFile {
                        path: path.to_owned(),
                        original_path,
                        world_path: world_path.clone(),
                    });
                }
            }
        }
        found
    }
}

/// Whether a name has one of these extensions, in small letters or capitals.
fn ends_with_any(name: &str, extensions: &[&str]) -> bool {
    extensions.iter().any(|extension| {
        let end = name
            .len()
            .checked_sub(extension.len())
            .and_then(|at| name.get(at..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(extension))
    })
}

/// The part of `path` below `folder`.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() || folder == "." {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

/// `.dbtignore`: patterns as in `.gitignore`.
struct Ignored(Vec<(regex::Regex, bool)>);

impl Ignored {
    fn read(world: &dyn World, package: &PackageFolder) -> Self {
        let Ok(text) = world.read(&package.join(".dbtignore")) else {
            return Self(Vec::new());
        };
        Self(text.lines().filter_map(pattern).collect())
    }

    fn matches(&self, path: &str) -> bool {
        self.0.iter().fold(false, |ignored, (pattern, negated)| {
            if pattern.is_match(path) {
                !negated
            } else {
                ignored
            }
        })
    }
}

/// One line of an ignore file as a pattern, and whether it takes files back in.
fn pattern(line: &str) -> Option<(regex::Regex, bool)> {
    let line = line.trim_end();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (line, negated) = line
        .strip_prefix('!')
        .map_or((line, false), |rest| (rest, true));
    let body = line.trim_end_matches('/');
    let anchored = body.trim_start_matches('/').contains('/') || body.starts_with('/');
    let mut text = String::from(if anchored { "^" } else { "(^|/)" });
    let mut rest = body.trim_start_matches('/');
    while let Some(first) = rest.chars().next() {
        if let Some(tail) = rest.strip_prefix("**/") {
            text.push_str("(.*/)?");
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix("**") {
            text.push_str(".*");
            rest = tail;
        } else {
            match first {
                '*' => text.push_str("[^/]*"),
                '?' => text.push_str("[^/]"),
                other => text.push_str(&regex::escape(&other.to_string())),
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    text.push_str("(/|$)");
    regex::Regex::new(&text).ok().map(|regex| (regex, negated))
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn ignore_patterns_work_as_in_git() {
        let check = |line: &str, path: &str, expected: bool| {
            let (regex, _) = pattern(line).expect("a pattern");
            assert_eq!(regex.is_match(path), expected, "{line} {path}");
        };
        check("*.bak.sql", "models/a.bak.sql", true);
        check("/models/old", "models/old/x.sql", true);
        check("old/", "models/old/x.sql", true);
        check("models/*.sql", "models/a/b.sql", false);
        check("models/**/b.sql", "models/a/c/b.sql", true);
        assert!(pattern("# note").is_none());
    }
}
