//! What a model that is built in batches must say before anything runs.

use serde_json::Value;

use super::assemble::Loader;
use crate::artifacts::manifest::{Node, ResourceType};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::event_time::Microbatch;
use crate::parse::behavior::BATCHED_STRATEGIES;

impl Loader {
    /// Refuses microbatch models without their configuration, and warns of those whose inputs cannot be filtered.
    pub(super) fn check_microbatches(&self, diagnostics: &mut Diagnostics) {
        let models = self.nodes.values().map(|draft| &draft.node);
        let models: Vec<&Node> = models
            .filter(|node| node.resource_type == ResourceType::Model && Microbatch::is_of(node))
            .collect();
        for node in &models {
            if let Err(error) = Microbatch::of(node) {
                diagnostics.push(error);
            } else if let Some(input) = self.oddly_timed_input(node) {
                let message = format!(
                    "microbatch model '{}' reads {input}, whose 'event_time' is not text",
                    node.name
                );
                diagnostics.push(
                    Diagnostic::error("microbatch-inputs", message)
                        .at(Span::file(&node.original_file_path))
                        .hint("event_time is the name of a column"),
                );
            } else if !self.has_timed_input(node) {
                let message = format!(
                    "microbatch model '{}' reads no ref or source that has an 'event_time'",
                    node.name
                );
                diagnostics.push(
                    Diagnostic::warning("microbatch-inputs", message)
                        .at(Span::file(&node.original_file_path))
                        .hint(
                            "each batch then reads all rows; give an input the config event_time",
                        ),
                );
            }
        }
        if !models.is_empty() {
            diagnostics.0.extend(self.own_strategy());
        }
        diagnostics.0.extend(self.batches_one_by_one());
    }

    /// Warns of a strategy that dbt does not call for each batch, since the project says so.
    fn own_strategy(&self) -> Option<Diagnostic> {
        let project = &self.packages[0].file;
        let name = "get_incremental_microbatch_sql";
        let own = self
            .library
            .macros()
            .find(|found| found.name == name && !self.library.is_internal(found))?;
        if project.behavior.is_on(BATCHED_STRATEGIES) {
            return None;
        }
        let message = format!(
            "'{name}' of '{}' is called for each batch",
            own.package_name
        );
        let hint = format!(
            "dbt calls it once for the whole model while `{BATCHED_STRATEGIES}` is false, which is deprecated"
        );
        let warning = Diagnostic::warning("microbatch-macro", message);
        Some(warning.at(Span::line(&own.file, own.line)).hint(hint))
    }

    /// Warns of batches that are to be built side by side where the warehouse's adapter cannot.
    fn batches_one_by_one(&self) -> Option<Diagnostic> {
        let adapter = self.scope.adapter_type.as_str();
        let forced = self
            .nodes
            .values()
            .filter(|draft| draft.node.config.flag("concurrent_batches") == Some(true));
        let count = forced.count();
        if adapter == "duckdb" || count == 0 {
            return None;
        }
        let models = if count == 1 {
            "model has"
        } else {
            "models have"
        };
        let message = format!(
            "{count} {models} the config 'concurrent_batches: true', and {adapter} builds batches one after the other"
        );
        Some(Diagnostic::warning("batches-one-by-one", message).hint("leave the config out"))
    }

    fn has_timed_input(&self, node: &Node) -> bool {
        let mut times = node
            .depends_on
            .nodes
            .iter()
            .filter_map(|id| self.event_time(id));
        times.any(Value::is_string)
    }

    fn oddly_timed_input<'a>(&self, node: &'a Node) -> Option<&'a str> {
        let is_odd = |time: &Value| !(time.is_string() || time.is_null() || *time == false);
        let mut ids = node.depends_on.nodes.iter();
        ids.find(|id| self.event_time(id).is_some_and(is_odd))
            .map(String::as_str)
    }

    fn event_time(&self, id: &str) -> Option<&Value> {
        let config = self.nodes.get(id).map(|draft| &draft.node.config);
        let config = config.or_else(|| self.sources.get(id).map(|source| &source.config));
        config?.get("event_time")
    }
}
