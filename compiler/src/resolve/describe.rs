//! Descriptions: `doc()` and other Jinja in them.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::assemble::Loader;
use crate::artifacts::manifest::{Column, Doc, ResourceType};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::jinja::{Captured, Library, Phase, ProjectScope, Template, render};
use crate::near::did_you_mean;
use crate::parse::expr::{Expr, parse};
use crate::parse::template::{Piece, calls, has_jinja, pieces};

/// Renders descriptions.
struct Describer<'a> {
    docs: &'a IndexMap<String, Doc>,
    root: &'a str,
    library: &'a Library,
    scope: &'a Arc<ProjectScope>,
}

/// Whose description it is.
struct Owner<'a> {
    package: &'a str,
    name: &'a str,
    place: Span,
}

impl Loader {
    /// Renders all descriptions and notes the docs blocks that they use.
    pub(super) fn describe(&mut self, diagnostics: &mut Diagnostics) {
        let root = self.packages[0].file.name.clone();
        let docs = std::mem::take(&mut self.docs);
        let describer = Describer {
            docs: &docs,
            root: &root,
            library: &self.library,
            scope: &self.scope,
        };
        // dbt keeps what is said of functions as it is written.
        let drafts = self.nodes.values_mut();
        for draft in drafts.filter(|draft| draft.node.resource_type != ResourceType::Function) {
            let place = draft.patched_at.clone().unwrap_or_else(|| draft.place());
            let node = &mut draft.node;
            let owner = Owner {
                package: &node.package_name,
                name: &node.unique_id,
                place,
            };
            node.doc_blocks = describer.describe(&mut node.description, &owner, diagnostics);
            describer.describe_columns(&mut node.columns, &owner, diagnostics);
        }
        for source in self.sources.values_mut() {
            let place = self
                .source_places
                .get(&source.unique_id)
                .cloned()
                .unwrap_or_default();
            let owner = Owner {
                package: &source.package_name,
                name: &source.unique_id,
                place,
            };
            source.doc_blocks = describer.describe(&mut source.description, &owner, diagnostics);
            describer.describe(&mut source.source_description, &owner, diagnostics);
            describer.describe_columns(&mut source.columns, &owner, diagnostics);
        }
        for exposure in self.exposures.values_mut() {
            let place = self
                .exposure_places
                .get(&exposure.unique_id)
                .cloned()
                .unwrap_or_default();
            let owner = Owner {
                package: &exposure.package_name,
                name: &exposure.unique_id,
                place,
            };
            describer.describe(&mut exposure.description, &owner, diagnostics);
        }
        for list in [
            &mut self.metrics,
            &mut self.semantic_models,
            &mut self.saved_queries,
        ] {
            for (unique_id, value) in list {
                let place = self.semantic_places.get(unique_id).cloned();
                describer.describe_semantic(unique_id, value, place, diagnostics);
            }
        }
        for found in self.macros.values_mut() {
            let place = Span::file(&found.original_file_path);
            let owner = Owner {
                package: &found.package_name,
                name: &found.unique_id,
                place,
            };
            describer.describe(&mut found.description, &owner, diagnostics);
            for argument in &mut found.arguments {
                describer.describe(&mut argument.description, &owner, diagnostics);
            }
        }
        self.docs = docs;
    }
}

impl Describer<'_> {
    fn describe_columns(
        &self,
        columns: &mut IndexMap<String, Column>,
        owner: &Owner<'_>,
        diagnostics: &mut Diagnostics,
    ) {
        for column in columns.values_mut() {
            column.doc_blocks = self.describe(&mut column.description, owner, diagnostics);
        }
    }

    /// A part of the semantic layer, and its dimensions, measures and entities.
    fn describe_semantic(
        &self,
        unique_id: &str,
        value: &mut Value,
        place: Option<Span>,
        diagnostics: &mut Diagnostics,
    ) {
        let package = value["package_name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let owner = Owner {
            package: &package,
            name: unique_id,
            place: place.unwrap_or_default(),
        };
        let mut describe = |value: &mut Value| {
            if let Some(Value::String(text)) = value.get_mut("description") {
                self.describe(text, &owner, diagnostics);
            }
        };
        describe(value);
        for key in ["dimensions", "measures", "entities"] {
            let elements = value.get_mut(key).and_then(Value::as_array_mut);
            elements.into_iter().flatten().for_each(&mut describe);
        }
    }

    /// Renders one description; answers with the docs blocks that it names.
    fn describe(
        &self,
        text: &mut String,
        owner: &Owner<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Vec<String> {
        if !has_jinja(text) {
            return Vec::new();
        }
        let used = calls(text, "doc")
            .iter()
            .filter_map(|call| self.find(call, owner.package))
            .map(|doc| doc.unique_id.clone())
            .collect();
        match self.render(text, owner) {
            Ok(rendered) => *text = rendered,
            Err(error) => diagnostics.push(error.at(owner.place.clone())),
        }
        used
    }

    /// The block that a `doc()` call names.
    fn find(&self, call: &Expr, package: &str) -> Option<&Doc> {
        let (_, args) = call.as_call()?;
        let names: Vec<&str> = args
            .positional
            .iter()
            .map(Expr::as_text)
            .collect::<Option<_>>()?;
        match names.as_slice() {
            [name] => [self.root, package]
                .iter()
                .find_map(|package| self.docs.get(&format!("doc.{package}.{name}")))
                .or_else(|| self.docs.values().find(|doc| doc.name == *name)),
            [package, name] => self.docs.get(&format!("doc.{package}.{name}")),
            _ => None,
        }
    }

    fn render(&self, text: &str, owner: &Owner<'_>) -> Result<String, Diagnostic> {
        // Blocks are put in as marks, so that what they hold is not rendered again.
        let mut blocks: Vec<&str> = Vec::new();
        let mut marked = String::new();
        let mut copied = 0;
        // Most descriptions are one call of doc() and need no template.
        let mut sole = None;
        for piece in pieces(text) {
            let Piece::Output(inner) = piece else {
                continue;
            };
            let is_doc = |expr: &Expr| expr.as_call().is_some_and(|(name, _)| name == "doc");
            let Some(call) = parse(inner).filter(is_doc) else {
                continue;
            };
            let doc = self
                .find(&call, owner.package)
                .ok_or_else(|| self.missing(&call, owner))?;
            let start = inner.as_ptr() as usize - text.as_ptr() as usize;
            if start == 2 && text.len() == start + inner.len() + 2 {
                sole = Some(doc.block_contents.clone());
            }
            marked.push_str(&text[copied..start]);
            marked.extend(["'", &mark(blocks.len()), "'"]);
            copied = start + inner.len();
            blocks.push(&doc.block_contents);
        }
        if let Some(contents) = sole {
            return Ok(contents);
        }
        marked.push_str(&text[copied..]);
        let phase = Phase::Parse(Captured::new(None));
        let template = Template {
            name: owner.name,
            text: &marked,
            file: &owner.place.file,
            line: owner.place.line.max(1),
            column: 1,
        };
        // Variables are those of the root project, whoever's description it is (dbt's `process_docs`).
        let rendered = render(self.library, self.scope, &phase, self.root, template)?;
        let mut result = rendered;
        for (index, block) in blocks.iter().enumerate() {
            result = result.replacen(&mark(index), block, 1);
        }
        Ok(result)
    }

    fn missing(&self, call: &Expr, owner: &Owner<'_>) -> Diagnostic {
        let error = Diagnostic::error(
            "doc-not-found",
            format!(
                "{} is described by {}, and there is no such docs block",
                owner.name,
                call.source()
            ),
        );
        let wanted = call
            .as_call()
            .and_then(|(_, args)| args.positional.last())
            .and_then(Expr::as_text)
            .unwrap_or_default();
        match did_you_mean(wanted, self.docs.values().map(|doc| doc.name.as_str())) {
            Some(hint) => error.hint(hint),
            None => error.hint(format!(
                "write `{{% docs {wanted} %}} … {{% enddocs %}}` in a Markdown file"
            )),
        }
    }
}

/// Stands for a docs block while the rest of a description is rendered.
fn mark(index: usize) -> String {
    format!("\u{1}{index}\u{2}")
}
