//! Property files: which entries they hold, and what each entry may say.

use std::sync::Arc;

use super::assemble::Loader;
use super::property_shapes;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::near::did_you_mean;
use crate::parse::files::SourceFile;
use crate::parse::packages::unreadable;
use crate::parse::render::{Step, YamlRenderer};
use crate::world::map_each;
use crate::yaml::{self, Mapping, Node, Value};

/// One entry of one list of a property file.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub package: usize,
    pub file: Arc<SourceFile>,
    /// The list: `models`, `seeds`, …
    pub key: &'static str,
    pub name: String,
    pub at: yaml::At,
    /// The entry, rendered where dbt renders it now.
    pub node: Mapping,
    /// The entry as written.
    pub raw: Mapping,
}

impl Entry {
    /// A place in the entry's file.
    pub(super) fn place(&self, at: yaml::At) -> crate::diag::Span {
        at.in_file(&self.file.world_path)
    }
}

const LISTS: [&str; 14] = [
    "models",
    "seeds",
    "snapshots",
    "sources",
    "macros",
    "data_tests",
    "analyses",
    "exposures",
    "functions",
    "metrics",
    "groups",
    "semantic_models",
    "unit_tests",
    "saved_queries",
];

/// How many property files are held at a time. Their trees take many times the room of their text, so that all of
/// them at once would be the most that reading a project ever needs.
const AT_A_TIME: usize = 16;

impl Loader {
    /// Reads all property files and puts what they say onto the nodes.
    pub(super) fn add_properties(&mut self, diagnostics: &mut Diagnostics) {
        let mut source_entries = Vec::new();
        for package in 0..self.packages.len() {
            let files = self.files(package, |files| &files.properties);
            for files in files.chunks(AT_A_TIME) {
                let loader = &*self;
                let read = map_each(&*loader.world, files, |file| {
                    let mut told = Diagnostics::default();
                    (loader.entries(package, file, &mut told), told)
                });
                for (entries, told) in read {
                    diagnostics.extend(told);
                    self.add_entries(entries, &mut source_entries, diagnostics);
                }
            }
        }
        self.add_sources(source_entries, diagnostics);
    }

    /// Puts what one file says onto the nodes; entries of `sources` are kept for later.
    fn add_entries(
        &mut self,
        entries: Vec<Entry>,
        source_entries: &mut Vec<Entry>,
        diagnostics: &mut Diagnostics,
    ) {
        if entries
            .iter()
            .any(|entry| entry.key == "snapshots" && entry.node.contains("relation"))
        {
            for entry in entries.iter().filter(|entry| entry.key == "snapshots") {
                self.add_yaml_snapshot(entry, diagnostics);
            }
            self.index_names();
        }
        // As dbt orders them, which shows in the lists of `semantic_manifest.json`.
        let mut entries = entries;
        entries.sort_by_key(|entry| match entry.key {
            "metrics" => 1,
            "semantic_models" => 2,
            _ => 0,
        });
        for entry in entries {
            match entry.key {
                "models" => self.patch_model(&entry, diagnostics),
                "seeds" | "snapshots" => self.patch_testable(&entry, diagnostics),
                "functions" => self.patch_function(&entry, diagnostics),
                "analyses" => self.patch_analysis(&entry, diagnostics),
                "data_tests" => self.patch_singular_test(&entry, diagnostics),
                "macros" => self.patch_macro(&entry, diagnostics),
                "sources" => source_entries.push(entry),
                "exposures" => self.add_exposure(&entry, diagnostics),
                "groups" => self.add_group(&entry, diagnostics),
                "unit_tests" => self.add_unit_test(&entry, diagnostics),
                _ => self.add_semantic(&entry, diagnostics),
            }
        }
    }

    fn entries(
        &self,
        package: usize,
        file: &SourceFile,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Entry> {
        let text = match self.world.read(&file.world_path) {
            Ok(text) => text,
            Err(error) => {
                diagnostics.push(unreadable(&file.world_path, &error));
                return Vec::new();
            }
        };
        // dbt reads the text without its last line break, which shows in a folded description at the end.
        let document = match yaml::load(text.trim_end(), &file.world_path) {
            Ok(document) => document,
            Err(error) => {
                diagnostics.push(error);
                return Vec::new();
            }
        };
        let root_package = package == 0;
        if root_package {
            for (key, at) in &document.duplicates {
                diagnostics.push(
                    Diagnostic::warning(
                        "yaml-duplicate-key",
                        format!("'{key}' stands twice in the same mapping; the last one counts"),
                    )
                    .at(at.in_file(&file.world_path))
                    .hint("remove one of them"),
                );
            }
        }
        let root = match document.root.value {
            Value::Mapping(root) => root,
            Value::Null => return Vec::new(),
            _ => {
                diagnostics.push(
                    Diagnostic::error(
                        "properties-invalid",
                        format!("a mapping is expected, found {}", document.root.kind()),
                    )
                    .at(document.root.at.in_file(&file.world_path))
                    .hint("a property file starts with `models:`, `sources:` or the like"),
                );
                return Vec::new();
            }
        };
        let file = Arc::new(file.clone());
        let mut entries = Vec::new();
        for (key, entry) in root.entries() {
            let Some(list) = LISTS.iter().find(|list| **list == key) else {
                if root_package {
                    warn_unknown_list(key, entry.key_at, &file, diagnostics);
                }
                continue;
            };
            let mut told = Diagnostics::default();
            self.list_entries(package, &file, list, &entry.value, &mut entries, &mut told);
            if !root_package {
                told.0
                    .retain(|diagnostic| diagnostic.severity == Severity::Error);
            }
            diagnostics.extend(told);
        }
        // Sources are patched and tested last, whatever the order in the file.
        entries
    }

    fn list_entries(
        &self,
        package: usize,
        file: &Arc<SourceFile>,
        list: &'static str,
        value: &Node,
        entries: &mut Vec<Entry>,
        diagnostics: &mut Diagnostics,
    ) {
        let path = &file.world_path;
        let Some(items) = value.as_sequence() else {
            diagnostics.push(
                Diagnostic::error(
                    "properties-list",
                    format!("'{list}' takes a list, found {}", value.kind()),
                )
                .at(value.at.in_file(path))
                .hint("start each entry with `- name: …`, or leave the key out"),
            );
            return;
        };
        for item in items {
            let Some(raw) = item.as_mapping() else {
                diagnostics.push(
                    Diagnostic::error(
                        "properties-entry",
                        format!("an entry of '{list}' is a mapping, found {}", item.kind()),
                    )
                    .at(item.at.in_file(path))
                    .hint("write `- name: …`"),
                );
                continue;
            };
            let Some(name) = name_of(list, raw) else {
                diagnostics.push(
                    Diagnostic::error(
                        "properties-name",
                        format!("an entry of '{list}' has no name"),
                    )
                    .at(item.at.in_file(path))
                    .hint("add `name:` to it"),
                );
                continue;
            };
            let renderer = YamlRenderer {
                library: &self.library,
                scope: &self.scope,
                package: &self.packages[package].file.name,
                file: path,
                strict: list == "sources",
            };
            let rendered =
                renderer.render(item, &|steps| is_rendered_later(list, steps), diagnostics);
            let Value::Mapping(node) = rendered.value else {
                continue;
            };
            let name = name_of(list, &node).unwrap_or(name);
            let entry = Entry {
                package,
                file: file.clone(),
                key: list,
                name,
                at: item.at,
                node,
                raw: raw.clone(),
            };
            if !property_shapes::fits(&entry, diagnostics) {
                continue;
            }
            super::patch::warn_unknown_keys(&entry, diagnostics);
            entries.push(entry);
        }
    }
}

/// What an entry is called.
fn name_of(list: &str, entry: &Mapping) -> Option<String> {
    let name = entry
        .set("name")
        .or_else(|| entry.set("model").filter(|_| list == "semantic_models"));
    name.and_then(Node::scalar_text)
}

fn warn_unknown_list(key: &str, at: yaml::At, file: &SourceFile, diagnostics: &mut Diagnostics) {
    if matches!(key, "version" | "anchors") {
        return;
    }
    let warning = Diagnostic::warning(
        "properties-unknown-key",
        format!("'{key}' is not known in a property file"),
    )
    .at(at.in_file(&file.world_path));
    diagnostics.push(match did_you_mean(key, LISTS) {
        Some(hint) => warning.hint(hint),
        None => warning.hint(format!("a property file holds: {}", LISTS.join(", "))),
    });
}

/// Whether dbt leaves the value at this path of an entry for later: tests, descriptions, hooks and freshness queries.
fn is_rendered_later(list: &str, path: &[Step<'_>]) -> bool {
    let key = |index: usize| match path.get(index) {
        Some(Step::Key(key)) => *key,
        _ => "",
    };
    let late = |key: &str| {
        matches!(
            key,
            "tests" | "data_tests" | "description" | "loaded_at_query"
        )
    };
    let entry = |offset: usize| {
        late(key(offset))
            || (late(key(offset + 1)) && path.len() == offset + 2)
            || (key(offset) == "config"
                && matches!(
                    key(offset + 1),
                    "pre_hook" | "post_hook" | "pre-hook" | "post-hook" | "loaded_at_query"
                ))
            || (matches!(
                key(offset),
                "columns" | "dimensions" | "measures" | "entities" | "metrics"
            ) && late(key(offset + 2)))
            || (key(offset) == "derived_semantics"
                && matches!(key(offset + 1), "dimensions" | "entities")
                && late(key(offset + 3)))
            || (key(offset) == "versions"
                && (late(key(offset + 2))
                    || (key(offset + 2) == "columns" && late(key(offset + 4)))))
    };
    let filter = [1, 2]
        .iter()
        .any(|back| path.len() >= *back && key(path.len() - back) == "filter");
    match list {
        "sources" => {
            matches!(key(0), "description" | "loaded_at_query")
                || (key(0) == "config" && key(1) == "loaded_at_query")
                || (key(0) == "tables" && entry(2))
        }
        "macros" => key(0) == "description" || (key(0) == "arguments" && key(2) == "description"),
        "metrics" => filter || entry(0),
        "saved_queries" => (key(0) == "query_params" && key(1) == "where") || entry(0),
        _ => (key(0) == "metrics" && filter) || entry(0),
    }
}
