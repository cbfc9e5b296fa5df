//! User-defined functions: a node for each file, what property files say about them, and `function()` calls.
//!
//! See <https://docs.getdbt.com/docs/build/udfs>.

use serde_json::{Map, Value as Json, json};

use super::assemble::Loader;
use super::columns;
use super::draft::Draft;
use super::patch::{Found, read_patch};
use super::properties::Entry;
use super::references::RefTarget;
use crate::artifacts::manifest::{Node as ManifestNode, ResourceType};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::near::did_you_mean;
use crate::yaml::{Mapping, Node};

impl Loader {
    /// Functions of one package.
    pub(super) fn add_functions(&mut self, package: usize, diagnostics: &mut Diagnostics) {
        let files = self.files(package, |files| &files.functions);
        self.add_read(&files, diagnostics, |loader, file, text, told| {
            let fqn = loader.fqn(package, file.folders(), file.stem());
            let mut draft =
                loader.sql_node(ResourceType::Function, package, file, &file.path, fqn, text);
            // What a function returns stands in its properties; dbt writes this where they are missing.
            draft.node.returns = Some(json!({"data_type": "INVALID_TYPE", "description": null}));
            let path = file.path.to_lowercase();
            match path.rsplit('.').next() {
                Some("py") => draft.node.language = "python".into(),
                Some("js") => {
                    draft.node.language = "javascript".into();
                    told.push(
                        Diagnostic::error(
                            "function-language",
                            format!(
                                "function '{}' is written in JavaScript, which {} does not run",
                                draft.node.name, loader.scope.adapter_type
                            ),
                        )
                        .at(draft.place())
                        .hint("write its body in SQL"),
                    );
                }
                _ => {
                    loader.parse_code(&mut draft, told);
                    return draft;
                }
            }
            loader.apply_config(&mut draft, &Map::new(), &Map::new(), told);
            draft
        });
    }

    /// An entry of `functions`.
    pub(super) fn patch_function(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let mut patch = read_patch(entry, diagnostics);
        patch.columns.clear(); // what a function gives has no columns of its own, as with dbt
        let signature = Signature::read(entry, &entry.node, diagnostics);
        let Some(returns) = signature.returns.clone() else {
            diagnostics.push(
                Diagnostic::error(
                    "function-returns",
                    format!("function '{}' does not say what it returns", entry.name),
                )
                .at(entry.place(entry.at))
                .hint("add `returns: {data_type: …}`"),
            );
            return;
        };
        let overloads = overloads(entry, diagnostics);
        for found in self.find_patched(entry, ResourceType::Function, diagnostics) {
            self.apply(found, entry, &patch, diagnostics);
            let (Found::Enabled(at) | Found::Disabled(at)) = found;
            let draft = match found {
                Found::Enabled(_) => &mut self.nodes[at],
                Found::Disabled(_) => &mut self.disabled[at],
            };
            draft.node.arguments.clone_from(&signature.arguments);
            draft.node.returns = Some(returns.clone());
            if matches!(found, Found::Enabled(_)) {
                let unique_id = draft.node.unique_id.clone();
                self.absorb(&unique_id, entry, &overloads, diagnostics);
            }
        }
    }

    /// Takes the files of overloads into their function: they are no functions of their own.
    fn absorb(
        &mut self,
        unique_id: &str,
        entry: &Entry,
        overloads: &[(String, Signature, Option<Json>)],
        diagnostics: &mut Diagnostics,
    ) {
        let package = self.packages[entry.package].file.name.clone();
        for (defined_in, signature, description) in overloads {
            let overload_id = format!("function.{package}.{defined_in}");
            let overload = (overload_id != unique_id)
                .then(|| self.nodes.shift_remove(&overload_id))
                .flatten();
            let Some(overload) = overload else {
                let reason = if overload_id == unique_id {
                    "which is the function itself"
                } else {
                    "for which there is no file, or which another function has"
                };
                diagnostics.push(
                    Diagnostic::error(
                        "function-overload",
                        format!(
                            "an overload of function '{}' is defined in '{defined_in}', {reason}",
                            entry.name
                        ),
                    )
                    .at(entry.place(entry.at))
                    .hint(format!("write its body in functions/{defined_in}.sql")),
                );
                continue;
            };
            let Some(draft) = self.nodes.get_mut(unique_id) else {
                return;
            };
            let (into, from) = (&mut draft.node, overload.node);
            add_missing(&mut into.refs, from.refs);
            add_missing(&mut into.sources, from.sources);
            add_missing(&mut into.functions, from.functions);
            into.overloads.push(json!({
                "defined_in": defined_in,
                "arguments": signature.arguments,
                "returns": signature.returns,
                "description": description,
                "raw_body": from.raw_code,
                "compiled_body": null,
            }));
        }
    }

    /// What functions may not be: arguments without a default after ones that have one.
    pub(super) fn check_functions(&self, diagnostics: &mut Diagnostics) {
        for draft in self.nodes.values().filter(|draft| draft.is_function()) {
            let mut arguments = draft.node.arguments.iter();
            let has_default = |argument: &&Json| !argument["default_value"].is_null();
            if !arguments.any(|argument| has_default(&argument)) {
                continue;
            }
            if let Some(bare) = arguments.find(|argument| !has_default(argument)) {
                let place = draft.patched_at.clone().unwrap_or_else(|| draft.place());
                let name = bare["name"].as_str().unwrap_or_default();
                diagnostics.push(
                    Diagnostic::error(
                        "function-arguments",
                        format!(
                            "argument '{name}' of function '{}' has no default, but one before it has",
                            draft.node.name
                        ),
                    )
                    .at(place)
                    .hint("give it a `default_value`, or put it before those that have one"),
                );
            }
        }
    }

    /// The unique ids of the functions that a node calls.
    pub(super) fn function_targets(
        &self,
        draft: &Draft,
        place_of: impl Fn(&str) -> Span,
        diagnostics: &mut Diagnostics,
    ) -> Vec<String> {
        let node = &draft.node;
        let mut found = Vec::new();
        for call in &node.functions {
            let (package, name) = match call.as_slice() {
                [name] => (None, name),
                [package, name] => (Some(package.as_str()), name),
                _ => continue,
            };
            let error = match self.find_function(&node.package_name, package, name) {
                RefTarget::Node(id) => {
                    found.push(id);
                    continue;
                }
                RefTarget::Disabled(id) => Diagnostic::error(
                    "function-disabled",
                    format!(
                        "{} calls function '{name}', which is disabled",
                        node.unique_id
                    ),
                )
                .hint(format!("enable {id}, or remove the call")),
                RefTarget::Missing => self.missing_function(node, package, name),
            };
            diagnostics.push(error.at(place_of(name)));
        }
        found
    }

    fn find_function(&self, asker: &str, package: Option<&str>, name: &str) -> RefTarget {
        let root = self.packages[0].file.name.as_str();
        let packages = package.map_or_else(|| vec![root, asker], |package| vec![package]);
        let ids = packages
            .iter()
            .map(|package| format!("function.{package}.{name}"));
        let is_enabled = |id: &String| {
            let draft = self.nodes.get(id);
            draft.is_some_and(|draft| draft.node.config.enabled())
        };
        if let Some(id) = ids.into_iter().find(is_enabled) {
            return RefTarget::Node(id);
        }
        let named = |draft: &Draft| {
            let node = &draft.node;
            draft.is_function()
                && node.name == name
                && package.is_none_or(|package| node.package_name == package)
        };
        let drafts = || self.nodes.values().filter(|draft| named(draft));
        if let Some(draft) = drafts().find(|draft| draft.node.config.enabled()) {
            return RefTarget::Node(draft.node.unique_id.clone());
        }
        match drafts()
            .chain(self.disabled.iter().filter(|draft| named(draft)))
            .next()
        {
            Some(draft) => RefTarget::Disabled(draft.node.unique_id.clone()),
            None => RefTarget::Missing,
        }
    }

    fn missing_function(
        &self,
        node: &ManifestNode,
        package: Option<&str>,
        name: &str,
    ) -> Diagnostic {
        let place = package.map_or_else(String::new, |package| format!(" in package '{package}'"));
        let error = Diagnostic::error(
            "function-not-found",
            format!(
                "{} calls function '{name}'{place}, which is not in the project",
                node.unique_id
            ),
        );
        let functions = self.nodes.values().filter(|draft| draft.is_function());
        match did_you_mean(name, functions.map(|draft| draft.node.name.as_str())) {
            Some(hint) => error.hint(hint),
            None => error.hint(
                "check the name, or add the function; one that the warehouse has is called without function()",
            ),
        }
    }
}

/// The entries of `overloads`: the name of the file that each is defined in, and its signature.
fn overloads(
    entry: &Entry,
    diagnostics: &mut Diagnostics,
) -> Vec<(String, Signature, Option<Json>)> {
    let items = columns::items(entry, entry.node.get("overloads"), "overloads", diagnostics);
    let mappings = items.iter().filter_map(Node::as_mapping);
    let mut found = Vec::new();
    for overload in mappings {
        let Some(defined_in) = overload.set("defined_in").and_then(Node::scalar_text) else {
            diagnostics.push(
                Diagnostic::error(
                    "function-overload",
                    format!("an overload of function '{}' has no file", entry.name),
                )
                .at(entry.place(entry.at))
                .hint("add `defined_in:` with the file's name, without `.sql`"),
            );
            continue;
        };
        let description = overload.get("description").map(Node::to_json);
        let signature = Signature::read(entry, overload, diagnostics);
        found.push((defined_in, signature, description));
    }
    found
}

/// What a function takes and gives.
struct Signature {
    arguments: Vec<Json>,
    returns: Option<Json>,
}

impl Signature {
    fn read(entry: &Entry, node: &Mapping, diagnostics: &mut Diagnostics) -> Self {
        let items = columns::items(entry, node.get("arguments"), "arguments", diagnostics);
        let mut arguments = Vec::new();
        for argument in items.iter().filter_map(Node::as_mapping) {
            let text = |key: &str| argument.set(key).and_then(Node::scalar_text);
            let (Some(name), Some(data_type)) = (text("name"), text("data_type")) else {
                diagnostics.push(
                    Diagnostic::error(
                        "function-arguments",
                        format!(
                            "an argument of function '{}' lacks its name or its type",
                            entry.name
                        ),
                    )
                    .at(entry.place(entry.at))
                    .hint("write `- {name: …, data_type: …}`"),
                );
                continue;
            };
            arguments.push(json!({
                "name": name,
                "data_type": data_type,
                "description": text("description"),
                "default_value": argument.get("default_value").map(Node::to_json),
            }));
        }
        let returns = node.set("returns").and_then(Node::as_mapping);
        let returns = returns.and_then(|returns| {
            let text = |key: &str| returns.set(key).and_then(Node::scalar_text);
            Some(json!({"data_type": text("data_type")?, "description": text("description")}))
        });
        Self { arguments, returns }
    }
}

fn add_missing<T: PartialEq>(into: &mut Vec<T>, from: Vec<T>) {
    for item in from {
        if !into.contains(&item) {
            into.push(item);
        }
    }
}
