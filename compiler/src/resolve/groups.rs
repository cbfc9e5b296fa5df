//! Groups that nodes name: `check_valid_group_config` of dbt 1.12.

use serde_json::Value;

use crate::artifacts::manifest::Manifest;
use crate::diag::{Diagnostic, Span};
use crate::near::nearest;

/// A mistake for each node, metric, semantic model and saved query whose group is not in the project.
pub(super) fn unknown_groups(manifest: &Manifest) -> Vec<Diagnostic> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let known: Vec<String> = manifest
        .groups
        .values()
        .filter_map(|group| text(group, "name"))
        .collect();
    let nodes = manifest.nodes.values().filter_map(|node| {
        let group = node.group.clone()?;
        Some((group, &node.unique_id, node.original_file_path.clone()))
    });
    let others = [
        &manifest.metrics,
        &manifest.semantic_models,
        &manifest.saved_queries,
    ];
    let others = others.into_iter().flatten().filter_map(|(id, value)| {
        let file = text(value, "original_file_path").unwrap_or_default();
        Some((text(value, "group")?, id, file))
    });
    nodes
        .chain(others)
        .filter(|(group, _, _)| !group.is_empty() && !known.contains(group))
        .map(|(group, id, file)| {
            let near = nearest(&group, known.iter().map(String::as_str));
            let hint = match near.first() {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!("define it: `groups: [{{name: {group}, owner: {{name: …}}}}]`"),
            };
            Diagnostic::error(
                "group-not-found",
                format!("there is no group '{group}' ({id})"),
            )
            .at(Span::file(file))
            .hint(hint)
        })
        .collect()
}
