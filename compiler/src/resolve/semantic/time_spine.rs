//! Time spines: models of one row per point in time. Rules of dbt 1.12, `contracts/graph/unparsed.py` and
//! `contracts/graph/semantic_manifest.py`.

use serde_json::Value as Json;

use super::GRAINS;
use super::validate::{items, text_at};
use crate::artifacts::manifest::{Node, ResourceType};
use crate::artifacts::semantic::FORMER_TIME_SPINE;
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::parse::behavior::YAML_TIME_SPINES;
use crate::resolve::assemble::Loader;
use crate::resolve::draft::Draft;

impl Loader {
    /// Tells of time spines whose columns do not fit, and of a semantic layer that has none of days or finer, or odd ones.
    pub(super) fn validate_time_spines(&self, diagnostics: &mut Diagnostics) {
        let mut spines: Vec<(usize, &Draft)> = Vec::new();
        for draft in self.nodes.values() {
            let Some(spine) = &draft.node.time_spine else {
                continue;
            };
            match grain(&draft.node, spine) {
                Ok(grain) => spines.push((grain, draft)),
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
        let finest = spines.iter().map(|(grain, _)| *grain).min();
        let former = self.nodes.values().find(|draft| {
            draft.node.name == FORMER_TIME_SPINE
                && matches!(
                    draft.node.resource_type,
                    ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot
                )
        });
        let Some(semantic_model) = self.semantic_models.keys().next() else {
            return;
        };
        let place = self.semantic_places.get(semantic_model);
        if !self.metrics.is_empty() {
            diagnostics.extend(Diagnostics(self.odd_spines(&spines, place)));
            let without_day = !spines.iter().any(|(grain, _)| Some(*grain) == day);
            if let Some(former) = former
                .filter(|_| without_day && !self.packages[0].file.behavior.is_on(YAML_TIME_SPINES))
            {
                let message =
                    format!("time spine {FORMER_TIME_SPINE} has no `time_spine` properties");
                diagnostics.push(
                    Diagnostic::warning("time-spine-without-yaml", message)
                        .at(former.place())
                        .hint("describe the model with `time_spine: {standard_granularity_column: date_day}`"),
                );
            }
        }
        if former.is_some() || finest.is_some_and(|finest| Some(finest) <= day) {
            return;
        }
        let error = Diagnostic::error(
            "time-spine-missing",
            "the semantic layer requires a time spine model with the granularity day or smaller, and there is none",
        )
        .hint("add a model of one row per day, with `time_spine: {standard_granularity_column: date_day}` and the column's `granularity: day`");
        diagnostics.push(match place {
            Some(place) => error.at(place.clone()),
            None => error,
        });
    }

    /// Warns of two spines of one granularity, and of times that are finer than the finest spine.
    fn odd_spines(&self, spines: &[(usize, &Draft)], place: Option<&Span>) -> Vec<Diagnostic> {
        let mut told = Vec::new();
        let mut warn = |message: String, at: Option<Span>| {
            let warning = Diagnostic::warning("semantic-warning", message);
            told.push(match at {
                Some(at) => warning.at(at),
                None => warning,
            });
        };
        let Some(finest) = spines.iter().map(|(grain, _)| *grain).min() else {
            return told;
        };
        for (index, (grain, draft)) in spines.iter().enumerate() {
            if spines[..index].iter().any(|(known, _)| known == grain) {
                let message = format!(
                    "{} is a second time spine of the granularity {}, of which one is used",
                    draft.node.unique_id, GRAINS[*grain]
                );
                warn(message, draft.patched_at.clone());
            }
        }
        let dimensions = || {
            let models = self.semantic_models.values();
            models
                .flat_map(|model| items(model, "dimensions"))
                .filter(|dimension| dimension["type_params"].is_object())
        };
        if dimensions().next().is_none() {
            let message = "the semantic layer has no time dimension".to_owned();
            warn(message, place.cloned());
            return told;
        }
        let grains = dimensions()
            .filter_map(|dimension| text_at(&dimension["type_params"], "time_granularity"))
            .filter_map(|grain| GRAINS.iter().position(|known| *known == grain));
        if let Some(smallest) = grains.min().filter(|smallest| *smallest < finest) {
            let message = format!(
                "a time dimension has the granularity {}, and the finest time spine {}: queries by {0} may fail",
                GRAINS[smallest], GRAINS[finest]
            );
            warn(message, place.cloned());
        }
        told
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
