//! Names that nodes may not have: with spaces, one twice, one relation twice.

use std::collections::HashMap;

use super::assemble::Loader;
use super::draft::Draft;
use super::references::{is_refable, key};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::parse::behavior::{NAMES_WITHOUT_SPACES, SOURCE_NAMES_WITHOUT_SPACES, UNIQUE_NAMES};

impl Loader {
    /// Tells of all of them.
    pub(super) fn check_names(&self, diagnostics: &mut Diagnostics) {
        self.check_spaces(diagnostics);
        self.check_unique_names(diagnostics);
    }

    fn check_spaces(&self, diagnostics: &mut Diagnostics) {
        let behavior = &self.packages[0].file.behavior;
        let mut check = |flag: &str, what: &str, name: &str, place: Span| {
            if !name.contains(' ') {
                return;
            }
            let is_error = behavior.is_on(flag);
            let message = format!("the name of the {what} '{name}' has spaces");
            let hint = if is_error {
                format!("rename it, or set `{flag}: false` below `flags:` in dbt_project.yml")
            } else {
                "rename it".to_owned()
            };
            diagnostics.push(
                complaint(is_error, "name-with-spaces", message)
                    .at(place)
                    .hint(hint),
            );
        };
        for draft in self.nodes.values() {
            let node = &draft.node;
            check(
                NAMES_WITHOUT_SPACES,
                node.resource_type.as_str(),
                &node.name,
                draft.place(),
            );
        }
        let mut told: Vec<&str> = Vec::new();
        for source in self.sources.values() {
            if !told.contains(&source.source_name.as_str()) {
                told.push(&source.source_name);
                let place = Span::file(&source.original_file_path);
                check(
                    SOURCE_NAMES_WITHOUT_SPACES,
                    "source",
                    &source.source_name,
                    place,
                );
            }
        }
        for model in self.semantic_models.values() {
            let place = Span::file(model["original_file_path"].as_str().unwrap_or_default());
            check(
                SOURCE_NAMES_WITHOUT_SPACES,
                "semantic model",
                model["name"].as_str().unwrap_or_default(),
                place,
            );
        }
    }

    /// Two nodes that `ref()` cannot tell apart, or that are built as the same relation.
    fn check_unique_names(&self, diagnostics: &mut Diagnostics) {
        let behavior = &self.packages[0].file.behavior;
        let mut names: HashMap<(String, String), &Draft> = HashMap::new();
        let mut relations: HashMap<String, &Draft> = HashMap::new();
        for draft in self.nodes.values() {
            let node = &draft.node;
            if is_refable(node.resource_type)
                && let Some(other) = names.insert(
                    (
                        node.package_name.clone(),
                        key(&node.name, node.version.as_ref()),
                    ),
                    draft,
                )
            {
                let is_error = behavior.is_on(UNIQUE_NAMES);
                diagnostics.push(
                    complaint(
                        is_error,
                        "duplicate-name",
                        format!(
                            "a {} and a {} are both called '{}'",
                            other.node.resource_type, node.resource_type, node.name
                        ),
                    )
                    .at(draft.place())
                    .label(other.place(), "the other one")
                    .hint("ref() cannot tell them apart; rename one"),
                );
                if is_error {
                    continue;
                }
            }
            let Some(relation) = node
                .relation_name
                .as_ref()
                .filter(|_| is_refable(node.resource_type))
            else {
                continue;
            };
            if let Some(other) = relations.insert(relation.to_lowercase(), draft) {
                diagnostics.push(
                    Diagnostic::error(
                        "duplicate-relation",
                        format!(
                            "{} and {} are both built as {relation}",
                            other.node.unique_id, node.unique_id
                        ),
                    )
                    .at(draft.place())
                    .label(other.place(), "the other one")
                    .hint("give one of them another alias, schema or database"),
                );
            }
        }
    }
}

fn complaint(is_error: bool, code: &'static str, message: String) -> Diagnostic {
    if is_error {
        Diagnostic::error(code, message)
    } else {
        Diagnostic::warning(code, message)
    }
}
