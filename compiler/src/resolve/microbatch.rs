//! What a model that is built in batches must say before anything runs.

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
        node.depends_on.nodes.iter().any(|id| {
            let config = self.nodes.get(id).map(|draft| &draft.node.config);
            let config = config.or_else(|| self.sources.get(id).map(|source| &source.config));
            config.is_some_and(|config| config.text("event_time").is_some())
        })
    }
}
