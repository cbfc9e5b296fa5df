//! Models with a deprecation date, and models that read them: `check_for_model_deprecations` of dbt 1.12.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::artifacts::manifest::{Manifest, Node, ResourceType};
use crate::diag::{Diagnostic, Span};

/// A warning for each model past its date, and for each model that reads one with a date.
pub(super) fn deprecations(manifest: &Manifest, now: DateTime<Utc>) -> Vec<Diagnostic> {
    let is_model = |node: &&Node| node.resource_type == ResourceType::Model;
    let mut found = Vec::new();
    for node in manifest.nodes.values().filter(is_model) {
        let Some(date) = &node.deprecation_date else {
            continue;
        };
        let is_past = DateTime::parse_from_rfc3339(date).is_ok_and(|date| date < now);
        let name = called(node);
        let day = date.split('T').next().unwrap_or(date);
        let place = |node: &Node| Span::file(node.original_file_path.clone());
        if is_past {
            let message = format!("{name} has passed its deprecation date of {day}");
            let warning = Diagnostic::warning("deprecated-model", message).at(place(node));
            found.push(warning.hint("switch it off, or remove it"));
        }
        let readers = manifest
            .child_map
            .as_ref()
            .and_then(|all| all.get(&node.unique_id));
        let readers = readers.into_iter().flatten();
        for reader in readers
            .filter_map(|id| manifest.nodes.get(id))
            .filter(is_model)
        {
            let (code, when) = if is_past {
                ("deprecated-reference", "was deprecated on")
            } else {
                ("upcoming-reference-deprecation", "is to be deprecated on")
            };
            let message = format!("{} reads {name}, which {when} {day}", called(reader));
            let warning = Diagnostic::warning(code, message).at(place(reader));
            found.push(match newer(node) {
                Some(version) => warning.hint(format!(
                    "there is a newer version: ref('{}', '{}', v={version})",
                    node.package_name, node.name
                )),
                None => warning.hint("read something else before it is gone"),
            });
        }
    }
    found
}

fn called(node: &Node) -> String {
    match node.version.as_ref().map(text) {
        Some(version) => format!("{}.v{version}", node.name),
        None => node.name.clone(),
    }
}

/// The latest version, where the model is another.
fn newer(node: &Node) -> Option<String> {
    let (own, latest) = (node.version.as_ref()?, node.latest_version.as_ref()?);
    (text(own) != text(latest)).then(|| latest.to_string())
}

fn text(version: &Value) -> String {
    version
        .as_str()
        .map_or_else(|| version.to_string(), str::to_owned)
}
