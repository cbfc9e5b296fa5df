//! A node while it is being resolved: what the manifest will say, and what that is made from.

use serde_json::{Map, Value};

use super::config::{Cascade, Shape, deep_merge, overlay};
use super::config_rules;
use super::names::SETTINGS;
use crate::artifacts::manifest::{Node, ResourceType};
use crate::diag::{Diagnostic, Span};
use crate::parse::python::str_of;

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The node.
    pub node: Node,
    /// Arguments of `config()` calls, merged.
    pub call: Map<String, Value>,
    /// The same as written; empty where dbt keeps the values.
    pub written: Map<String, Value>,
    /// Index of the package.
    pub package: usize,
    /// The file, relative to the root project.
    pub file: String,
    /// Line of the code's first character in the file.
    pub line: usize,
    /// Where the node's properties stand.
    pub patched_at: Option<Span>,
    /// Whether the cascade was applied once.
    pub configured: bool,
    /// Settings that are null and may not be.
    nulls: Vec<String>,
}

/// A date as a date with a time; `None` for what is no plain date.
fn iso_time(text: &str) -> Option<String> {
    let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(format!("{date}T00:00:00"))
}

impl Draft {
    /// A node that is about to be configured.
    ///
    /// It is boxed: more than a kilobyte that moves from function to function and into maps that grow.
    pub(super) fn new(node: Node, package: usize, file: &str) -> Box<Self> {
        Box::new(Self {
            node,
            call: Map::new(),
            written: Map::new(),
            package,
            file: file.to_owned(),
            line: 1,
            patched_at: None,
            configured: false,
            nulls: Vec::new(),
        })
    }

    /// The kind of configuration that the node takes.
    pub(super) fn shape(&self) -> Shape {
        match self.node.resource_type {
            ResourceType::Model => Shape::Model,
            ResourceType::Seed => Shape::Seed,
            ResourceType::Snapshot => Shape::Snapshot,
            ResourceType::Test => Shape::Test,
            ResourceType::Function => Shape::Function,
            _ => Shape::Node,
        }
    }

    /// Whether it is a user-defined function.
    pub(super) fn is_function(&self) -> bool {
        self.node.resource_type == ResourceType::Function
    }

    /// Where the node stands, for messages.
    pub(super) fn place(&self) -> Span {
        Span::file(&self.file)
    }

    /// Applies the cascade. `patch` is the property file's `config` (`patch_written` before rendering).
    /// Returns those settings of this pass that names are generated from: a `none` in it does not fall back.
    pub(super) fn configure(
        &mut self,
        cascade: &Cascade<'_>,
        patch: &Map<String, Value>,
        patch_written: &Map<String, Value>,
    ) -> Map<String, Value> {
        let mut config = cascade.rendered(patch, &self.call);
        self.nulls = cascade.shape.without_nulls(&mut config);
        let node = &mut self.node;
        for tag in config
            .get("tags")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let tag = str_of(tag);
            if !node.tags.contains(&tag) {
                node.tags.push(tag);
            }
        }
        if let Some(Value::Object(meta)) = config.get("meta")
            && !meta.is_empty()
        {
            node.meta.clone_from(meta);
        }
        if let Some(group) = config.get("group").and_then(Value::as_str) {
            node.group = Some(group.to_owned());
        }
        if node.resource_type == ResourceType::Model {
            node.access = config
                .get("access")
                .and_then(Value::as_str)
                .map(str::to_owned);
        }
        if let Some(Value::Object(docs)) = config.get("docs") {
            node.docs.show = docs
                .get("show")
                .and_then(Value::as_bool)
                .unwrap_or(node.docs.show);
            node.docs.node_color = docs
                .get("node_color")
                .and_then(Value::as_str)
                .map(str::to_owned);
        }
        if let Some(Value::Object(contract)) = config.get("contract") {
            node.contract.enforced = contract
                .get("enforced")
                .and_then(Value::as_bool)
                .unwrap_or(false);
            node.contract.alias_types = contract
                .get("alias_types")
                .and_then(Value::as_bool)
                .unwrap_or(true);
        }
        let naming = SETTINGS
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), config.get(*key)?.clone())))
            .collect();
        let whole = patch.is_empty() && self.call.is_empty();
        if self.configured {
            overlay(&mut node.config.0, config, cascade.shape);
        } else if whole && config.keys().all(|key| key.trim() == key) {
            node.config.0 = config;
        } else {
            node.config.0 = cascade.base();
            overlay(&mut node.config.0, config, cascade.shape);
        }
        self.configured = true;
        if node.config.text("incremental_strategy") == Some("microbatch")
            && let Some(begin) = node.config.text("begin").and_then(iso_time)
        {
            node.config.0.insert("begin".into(), begin.into());
        }
        let written = if self.written.is_empty() {
            &self.call
        } else {
            &self.written
        };
        let patched = if node.resource_type == ResourceType::Test {
            patch
                .clone()
                .into_iter()
                .chain(patch_written.clone())
                .collect()
        } else {
            deep_merge(patch, patch_written)
        };
        node.unrendered_config = cascade.unrendered(&patched, written);
        naming
    }

    /// What its settings have wrong.
    pub(super) fn broken_rules(&self) -> Vec<Diagnostic> {
        let place = self.patched_at.clone().unwrap_or_else(|| self.place());
        let mut broken = config_rules::broken(&self.node, &place);
        broken.extend(self.nulls.iter().map(|key| {
            let message = format!("config '{key}' of {} has no value", self.node.unique_id);
            Diagnostic::error("config-type", message)
                .at(place.clone())
                .hint("write a value, or leave the key out")
        }));
        broken
    }
}
