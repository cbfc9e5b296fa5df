//! Time spines: models of one row per point in time. Rules of dbt 1.12, `contracts/graph/unparsed.py` and
//! `contracts/graph/semantic_manifest.py`.

use serde_json::Value as Json;

use super::GRAINS;
use crate::artifacts::manifest::{Node, ResourceType};
use crate::artifacts::semantic::FORMER_TIME_SPINE;
use crate::diag::{Diagnostic, Diagnostics};
use crate::resolve::assemble::Loader;

impl Loader {
    /// Tells of time spines whose columns do not fit, and of a semantic layer that has none of days or finer.
    pub(in crate::resolve) fn validate_time_spines(&self, diagnostics: &mut Diagnostics) {
        let mut finest = usize::MAX;
        for draft in self.nodes.values() {
            let Some(spine) = &draft.node.time_spine else {
                continue;
            };
            match grain(&draft.node, spine) {
                Ok(grain) => finest = finest.min(grain),
                Err(message) => diagnostics.push(
                    Diagnostic::error(
                        "time-spine",
                        format!("time_spine of {}: {message}", draft.node.unique_id),
                    )
                    .at(draft.patched_at.clone().unwrap_or_else(|| draft.place())),
                ),
            }
        }
        let day = GRAINS.iter().position(|grain| *grain == "day");
        let has_former = self.nodes.values().any(|draft| {
            draft.node.name == FORMER_TIME_SPINE
                && matches!(
                    draft.node.resource_type,
                    ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot
                )
        });
        let Some(semantic_model) = self.semantic_models.keys().next() else {
            return;
        };
        if has_former || Some(finest) <= day {
            return;
        }
        let error = Diagnostic::error(
            "time-spine-missing",
            "the semantic layer requires a time spine model with the granularity day or smaller, and there is none",
        )
        .hint("add a model of one row per day, with `time_spine: {standard_granularity_column: date_day}` and the column's `granularity: day`");
        diagnostics.push(match self.semantic_places.get(semantic_model) {
            Some(place) => error.at(place.clone()),
            None => error,
        });
    }
}

/// The place among [`GRAINS`] of a spine's granularity.
fn grain(node: &Node, spine: &Json) -> Result<usize, String> {
    let names = || {
        let names: Vec<&str> = node.columns.keys().map(String::as_str).collect();
        names.join(", ")
    };
    let column = spine["standard_granularity_column"]
        .as_str()
        .ok_or("it wants a standard_granularity_column")?;
    let found = node.columns.get(column).ok_or_else(|| {
        format!(
            "standard_granularity_column '{column}' is none of the model's columns: {}",
            names()
        )
    })?;
    let granularity = found
        .granularity
        .as_deref()
        .ok_or_else(|| format!("column '{column}' has no granularity"))?;
    for custom in spine["custom_granularities"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let Some(column) = custom["column_name"].as_str().or(custom["name"].as_str()) else {
            return Err("a custom granularity has no name".to_owned());
        };
        if !node.columns.contains_key(column) {
            return Err(format!(
                "column '{column}' of a custom granularity is none of the model's: {}",
                names()
            ));
        }
    }
    let lower = granularity.to_lowercase();
    GRAINS
        .iter()
        .position(|grain| *grain == lower)
        .ok_or_else(|| {
            format!(
                "granularity '{granularity}' of column '{column}' is none of {}",
                GRAINS.join(", ")
            )
        })
}
