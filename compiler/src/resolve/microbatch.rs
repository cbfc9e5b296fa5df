//! What a model that is built in batches must say before anything runs.

use super::assemble::Loader;
use crate::artifacts::manifest::{Node, ResourceType};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::event_time::Microbatch;

impl Loader {
    /// Refuses microbatch models without their configuration, and warns of those whose inputs cannot be filtered.
    pub(super) fn check_microbatches(&self, diagnostics: &mut Diagnostics) {
        let models =
            self.nodes.values().map(|draft| &draft.node).filter(|node| {
                node.resource_type == ResourceType::Model && Microbatch::is_of(node)
            });
        for node in models {
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
    }

    fn has_timed_input(&self, node: &Node) -> bool {
        node.depends_on.nodes.iter().any(|id| {
            let config = self.nodes.get(id).map(|draft| &draft.node.config);
            let config = config.or_else(|| self.sources.get(id).map(|source| &source.config));
            config.is_some_and(|config| config.text("event_time").is_some())
        })
    }
}
