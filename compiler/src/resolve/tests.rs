//! Generic tests: one node for each test of a column, a model or a source.

mod definition;

use std::sync::Arc;

use md5::{Digest, Md5};
use serde_json::{Map, Value as Json};

use super::assemble::Loader;
use super::columns::ColumnEntry;
use super::draft::Draft;
use super::nodes::{add_captured, written_config};
use super::properties::Entry;
use crate::artifacts::manifest::{Checksum, Node as ManifestNode, Ref, ResourceType, TestMetadata};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::jinja::adapter::quoted_name;
use crate::near::did_you_mean;
use crate::parse::files::SourceFile;
use crate::parse::python::{repr, str_of};
use crate::parse::statics::{Reference, reference};
use crate::parse::template::{calls, has_jinja};
use crate::parse::test_call;
use crate::yaml::Node;

pub(super) use definition::Definition;

/// What tests are attached to.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub package: usize,
    pub file: Arc<SourceFile>,
    /// Name of the model, seed, snapshot or table.
    pub name: String,
    /// The source, where it is a table of one.
    pub source: Option<String>,
    /// `models`, `seeds`, `snapshots`, `sources`.
    pub key: &'static str,
    /// Version of the model.
    pub version: Option<Json>,
    /// Whether column names are quoted.
    pub quote_columns: bool,
    /// Tags that all tests get.
    pub tags: Vec<String>,
}

impl Target {
    /// A model, seed or snapshot.
    pub(super) fn node(entry: &Entry, version: Option<Json>) -> Self {
        Self {
            package: entry.package,
            file: entry.file.clone(),
            name: entry.name.clone(),
            source: None,
            key: entry.key,
            version,
            quote_columns: entry
                .node
                .get("quote_columns")
                .and_then(Node::as_bool)
                .unwrap_or(false),
            tags: Vec::new(),
        }
    }

    /// `ref('x')` or `source('a', 'b')`.
    fn reference(&self) -> String {
        match (&self.source, &self.version) {
            (Some(source), _) => format!("source('{source}', '{}')", self.name),
            (None, Some(version)) => format!("ref('{}', version='{}')", self.name, str_of(version)),
            (None, None) => format!("ref('{}')", self.name),
        }
    }

    /// The name that test names are made of.
    fn test_name_part(&self) -> String {
        match (&self.source, &self.version) {
            (Some(source), _) => format!("{source}_{}", self.name),
            (None, Some(version)) => format!("{}_v{}", self.name, str_of(version)),
            (None, None) => self.name.clone(),
        }
    }

    fn place(&self, at: crate::yaml::At) -> Span {
        at.in_file(&self.file.world_path)
    }
}

impl Loader {
    /// Adds one test.
    pub(super) fn add_test(
        &mut self,
        target: &Target,
        test: &Node,
        column: Option<&ColumnEntry>,
        diagnostics: &mut Diagnostics,
    ) {
        let column_name = column.map(|column| {
            let quoted = column.quote.unwrap_or(target.quote_columns);
            if quoted {
                quoted_name(&column.column.name)
            } else {
                column.column.name.clone()
            }
        });
        let definition =
            match Definition::read(self, target, test, column_name.as_deref(), diagnostics) {
                Ok(definition) => definition,
                Err(mut error) => {
                    error.span.get_or_insert_with(|| target.place(test.at));
                    diagnostics.push(error);
                    return;
                }
            };
        let mut tags = target.tags.clone();
        tags.extend(
            column
                .map(|column| column.column.tags.clone())
                .unwrap_or_default(),
        );
        tags.extend(definition.tags());
        tags.sort();
        tags.dedup();
        let mut draft = self.test_node(target, &definition, column_name, tags);
        draft.line = test.at.line;
        draft.patched_at = Some(target.place(test.at));
        self.parse_test(&mut draft, target, &definition, test, diagnostics);
        if target.source.is_none() {
            self.attach(&mut draft.node, target);
        }
        self.add(draft, diagnostics);
    }

    fn test_node(
        &self,
        target: &Target,
        definition: &Definition,
        column_name: Option<String>,
        tags: Vec<String>,
    ) -> Box<Draft> {
        let project = &self.packages[target.package].file.name;
        let mut fqn = vec![project.clone()];
        let mut folders: Vec<String> = target
            .file
            .original_path
            .split('/')
            .skip(1)
            .map(str::to_owned)
            .collect();
        folders.pop();
        fqn.extend(folders);
        fqn.push(definition.full_name.clone());
        let metadata = TestMetadata {
            name: definition.name.clone(),
            kwargs: definition.args.clone(),
            namespace: definition.namespace.clone(),
        };
        let hash = test_hash(&definition.full_name, &metadata);
        let node = ManifestNode {
            database: Some(self.profile.database.clone()),
            schema: self.profile.schema.clone(),
            name: definition.full_name.clone(),
            alias: definition.full_name.clone(),
            resource_type: ResourceType::Test,
            package_name: project.clone(),
            path: format!("{}.sql", definition.short_name),
            original_file_path: target.file.original_path.clone(),
            unique_id: format!("test.{project}.{}.{hash}", definition.full_name),
            fqn,
            tags,
            checksum: Checksum {
                name: "none".into(),
                checksum: String::new(),
            },
            raw_code: definition.raw_code(),
            column_name,
            file_key_name: Some(format!(
                "{}.{}",
                target.key,
                target.source.as_ref().unwrap_or(&target.name)
            )),
            description: definition.description.clone(),
            test_metadata: Some(metadata),
            created_at: self.created_at,
            ..ManifestNode::default()
        };
        Draft::new(node, target.package, &target.file.world_path)
    }

    /// Finds the test's macro and what its arguments refer to.
    fn parse_test(
        &mut self,
        draft: &mut Draft,
        target: &Target,
        definition: &Definition,
        test: &Node,
        diagnostics: &mut Diagnostics,
    ) {
        let package = definition
            .namespace
            .clone()
            .unwrap_or_else(|| draft.node.package_name.clone());
        let macro_name = format!("test_{}", definition.name);
        let found = match &definition.namespace {
            Some(namespace) => self.library.find_in(namespace, &macro_name),
            None => self.library.find(&package, &macro_name),
        };
        let Some(found) = found else {
            // Nothing stands in the way of the other nodes: the test fails when it is compiled, as under dbt.
            diagnostics.push(self.unknown_test(target, definition, test));
            draft.call.clone_from(&definition.config);
            read_references(&mut draft.node, target, definition);
            self.apply_config(draft, &Map::new(), &Map::new(), diagnostics);
            return;
        };
        let internal = self
            .library
            .options()
            .internal_packages
            .contains(&found.package_name);
        if let Some(key) = definition.unknown_argument().filter(|_| internal) {
            let message = format!("the test '{}' takes no argument '{key}'", definition.name);
            diagnostics.push(
                Diagnostic::error("test-unknown-argument", message)
                    .at(target.place(test.at))
                    .hint("check the spelling; settings stand under `config:`"),
            );
        }
        // dbt looks this one up without the namespace that the test is named with.
        let first = self
            .library
            .find_anywhere(&draft.node.package_name, &macro_name);
        let first = first.unwrap_or(found).unique_id.clone();
        draft.node.depends_on.macros.push(first);
        draft.call.clone_from(&definition.config);
        let plain = internal && matches!(definition.name.as_str(), "not_null" | "unique");
        if !plain {
            draft.written = written_config(&draft.node.raw_code);
        }
        if plain || internal && !self.overrides_builtins(&draft.node.package_name) {
            if !plain {
                draft.node.depends_on.macros.extend(
                    self.library
                        .find(&package, "get_where_subquery")
                        .map(|found| found.unique_id.clone()),
                );
            }
            read_references(&mut draft.node, target, definition);
            if !plain {
                // The code repeats the settings in a `config()` call, which adds to lists.
                merge_call(&mut draft.call, &definition.config);
            }
            self.apply_config(draft, &Map::new(), &Map::new(), diagnostics);
            return;
        }
        let tags = draft.node.tags.clone();
        self.apply_config(draft, &Map::new(), &Map::new(), diagnostics);
        draft.configured = false;
        draft.node.tags = tags;
        let code = test_call::code(&draft.node);
        match self.capture(draft, &code, draft.line) {
            Ok(captured) => {
                merge_call(&mut draft.call, &captured.config);
                add_captured(draft, captured, diagnostics);
            }
            Err(mut error) => {
                error.span.get_or_insert_with(|| target.place(test.at));
                diagnostics.push(error);
            }
        }
        self.apply_config(draft, &Map::new(), &Map::new(), diagnostics);
    }

    fn unknown_test(&self, target: &Target, definition: &Definition, test: &Node) -> Diagnostic {
        let name = match &definition.namespace {
            Some(namespace) => format!("{namespace}.{}", definition.name),
            None => definition.name.clone(),
        };
        let error = Diagnostic::warning(
            "test-not-found",
            format!("there is no generic test '{name}'"),
        )
        .at(target.place(test.at));
        if let Some(namespace) = &definition.namespace
            && !self
                .packages
                .iter()
                .any(|package| package.file.name == *namespace)
        {
            return error.hint(format!(
                "package '{namespace}' is not installed; run `refract deps`"
            ));
        }
        let names: Vec<&str> = self
            .library
            .macros()
            .filter_map(|source| source.name.strip_prefix("test_"))
            .collect();
        match did_you_mean(&definition.name, names) {
            Some(hint) => error.hint(hint),
            None => error.hint(format!(
                "define it with `{{% test {}(model, column_name) %}}` in tests/generic or macros",
                definition.name
            )),
        }
    }

    fn attach(&self, test: &mut ManifestNode, target: &Target) {
        let package = &self.packages[target.package].file.name;
        let node = match self
            .names
            .find(&target.name, Some(package), target.version.as_ref())
        {
            Some(unique_id) => self.nodes.get(&unique_id),
            None => self
                .disabled
                .iter()
                .find(|draft| draft.node.name == target.name),
        };
        if let Some(node) = node {
            test.attached_node = Some(node.node.unique_id.clone());
            test.group.clone_from(&node.node.group);
        }
    }
}

/// Joins a later `config()` call to the settings so far: tags add up, `meta` merges, the rest is replaced.
fn merge_call(call: &mut Map<String, Json>, later: &Map<String, Json>) {
    let list = |value: &Json| match value {
        Json::Array(items) => items.clone(),
        other => vec![other.clone()],
    };
    for (key, value) in later {
        let joined = match (key.as_str(), call.get(key), value) {
            ("tags", Some(before), after) => {
                Json::Array(list(before).into_iter().chain(list(after)).collect())
            }
            ("meta", Some(Json::Object(before)), Json::Object(after)) => Json::Object(
                before
                    .iter()
                    .chain(after)
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect(),
            ),
            _ => value.clone(),
        };
        call.insert(key.clone(), joined);
    }
}

/// References in the arguments of a built-in test, which needs no rendering for them.
fn read_references(node: &mut ManifestNode, target: &Target, definition: &Definition) {
    for (name, value) in &definition.args {
        if name == "model" {
            if let Some(source) = &target.source {
                node.sources.push(vec![source.clone(), target.name.clone()]);
                continue;
            }
            // The built-in tests of one column take the version as it stands, the others as rendered text.
            let plain = matches!(definition.name.as_str(), "not_null" | "unique");
            let spelt = |version: &Json| {
                if plain {
                    version.clone()
                } else {
                    Json::String(str_of(version))
                }
            };
            node.refs.push(Ref {
                name: target.name.clone(),
                package: None,
                version: target.version.as_ref().map(spelt),
            });
        } else if name != "column_name" {
            read_value(node, value);
        }
    }
}

fn read_value(node: &mut ManifestNode, value: &Json) {
    match value {
        Json::String(text) => {
            if let Some(found) = reference(text) {
                push(node, found);
            } else if has_jinja(text) {
                for call in calls(text, "ref").into_iter().chain(calls(text, "source")) {
                    if let Some(found) = reference(&call.source()) {
                        push(node, found);
                    }
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| read_value(node, item)),
        Json::Object(map) => map.values().for_each(|item| read_value(node, item)),
        _ => {}
    }
}

fn push(node: &mut ManifestNode, found: Reference) {
    match found {
        Reference::Ref(reference) => node.refs.push(reference),
        Reference::Source(source) => node.sources.push(source),
    }
}

/// The end of a test's unique id: ten digits of a hash over name and arguments.
fn test_hash(name: &str, metadata: &TestMetadata) -> String {
    fn hashable(value: &Json) -> Json {
        match value {
            Json::Object(map) => {
                let mut sorted: Vec<_> = map.iter().collect();
                sorted.sort_by(|left, right| left.0.cmp(right.0));
                Json::Object(
                    sorted
                        .into_iter()
                        .map(|(key, value)| (key.clone(), hashable(value)))
                        .collect(),
                )
            }
            Json::Array(items) => Json::Array(items.iter().map(hashable).collect()),
            other => Json::String(str_of(other)),
        }
    }
    let mut whole = Map::new();
    whole.insert(
        "kwargs".into(),
        hashable(&Json::Object(metadata.kwargs.clone())),
    );
    whole.insert("name".into(), Json::String(metadata.name.clone()));
    whole.insert(
        "namespace".into(),
        Json::String(metadata.namespace.clone().unwrap_or_else(|| "None".into())),
    );
    let digest = md5_hex(&format!("{name}{}", repr(&Json::Object(whole))));
    digest[digest.len() - 10..].to_owned()
}

/// MD5 in hexadecimal, as dbt identifies things by.
pub(super) fn md5_hex(text: &str) -> String {
    super::nodes::hex(&Md5::digest(text.as_bytes()))
}
