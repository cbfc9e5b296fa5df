//! A node while it is being resolved: what the manifest will say, and what that is made from.

use serde_json::{Map, Value};

use super::config::{Cascade, Shape, deep_merge, overlay};
use super::names::SETTINGS;
use crate::artifacts::manifest::{Node, ResourceType};
use crate::diag::{Diagnostic, Span};

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
        let config = cascade.rendered(patch, &self.call);
        let node = &mut self.node;
        for tag in config
            .get("tags")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Some(tag) = tag.as_str()
                && !node.tags.iter().any(|known| known == tag)
            {
                node.tags.push(tag.to_owned());
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

    /// Settings whose type is wrong.
    pub(super) fn wrong_types(&self) -> Vec<Diagnostic> {
        let place = self.patched_at.clone().unwrap_or_else(|| self.place());
        let config = &self.node.config.0;
        let mut found = Vec::new();
        let mut expect = |key: &str, what: &str, fits: fn(&Value) -> bool| {
            if let Some(value) = config
                .get(key)
                .filter(|value| !value.is_null() && !fits(value))
            {
                found.push(
                    Diagnostic::error(
                        "config-type",
                        format!(
                            "config '{key}' of {} takes {what}, found {value}",
                            self.node.unique_id
                        ),
                    )
                    .at(place.clone())
                    .hint(format!(
                        "look at the config() call, the property file and {}",
                        crate::parse::project::PROJECT_FILE
                    )),
                );
            }
        };
        let text_or_list = |value: &Value| {
            value.is_string()
                || value
                    .as_array()
                    .is_some_and(|items| items.iter().all(Value::is_string))
        };
        expect("enabled", "true or false", Value::is_boolean);
        for key in [
            "alias",
            "schema",
            "database",
            "materialized",
            "severity",
            "where",
            "fail_calc",
            "group",
            "on_schema_change",
        ] {
            expect(key, "text", Value::is_string);
        }
        expect("tags", "text or a list of texts", text_or_list);
        expect("unique_key", "text or a list of texts", text_or_list);
        for key in [
            "meta",
            "persist_docs",
            "quoting",
            "column_types",
            "grants",
            "docs",
            "contract",
        ] {
            expect(key, "a mapping", Value::is_object);
        }
        expect("full_refresh", "true or false", Value::is_boolean);
        expect("store_failures", "true or false", Value::is_boolean);
        if self.node.resource_type == ResourceType::Test {
            expect("limit", "a number", |value| {
                value.is_i64() || value.is_u64()
            });
        }
        found.extend(self.wrong_words(&place));
        found
    }

    fn wrong_words(&self, place: &Span) -> Option<Diagnostic> {
        let node = &self.node;
        let wrong = |key: &str, found: &str, allowed: &str| {
            Diagnostic::error(
                "config-value",
                format!("'{found}' is no value of '{key}' ({})", node.unique_id),
            )
            .at(place.clone())
            .hint(format!("it takes {allowed}"))
        };
        if node.resource_type == ResourceType::Test {
            let severity = node.config.text("severity").unwrap_or("error");
            if !matches!(severity.to_lowercase().as_str(), "warn" | "error") {
                return Some(wrong("severity", severity, "warn or error"));
            }
        }
        if node.resource_type == ResourceType::Function {
            let kind = node.config.text("type").unwrap_or_default();
            if !matches!(kind, "scalar" | "aggregate" | "table") {
                return Some(wrong("type", kind, "scalar, aggregate or table"));
            }
            let volatility = node.config.text("volatility").unwrap_or("stable");
            if !matches!(volatility, "deterministic" | "stable" | "non-deterministic") {
                let words = "deterministic, stable or non-deterministic";
                return Some(wrong("volatility", volatility, words));
            }
        }
        if node.resource_type == ResourceType::Model {
            let access = node.access.as_deref().unwrap_or("protected");
            if !matches!(access, "private" | "protected" | "public") {
                return Some(wrong("access", access, "private, protected or public"));
            }
        }
        None
    }
}
