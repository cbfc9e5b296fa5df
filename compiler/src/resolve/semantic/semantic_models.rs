//! Entries of `semantic_models`, and the metrics that their measures ask for.

use serde_json::{Map, Value as Json, json};

use super::{Part, element_config, filled, lowered, meta_of, object, text_of};
use crate::diag::{Diagnostic, Diagnostics};
use crate::parse::statics::{Reference, reference};
use crate::resolve::assemble::Loader;
use crate::resolve::columns::map_of;
use crate::resolve::config::Shape;
use crate::resolve::properties::Entry;

/// A semantic model, in whichever language it is written.
pub(super) struct SemanticModel {
    pub(super) name: String,
    /// `ref('…')`
    pub(super) model: String,
    pub(super) description: Json,
    pub(super) label: Json,
    pub(super) defaults: Json,
    pub(super) primary_entity: Json,
    pub(super) config: Map<String, Json>,
    pub(super) written: Map<String, Json>,
    pub(super) entities: Vec<Json>,
    pub(super) dimensions: Vec<Json>,
    pub(super) measures: Vec<Json>,
}

impl Loader {
    /// An entry of `semantic_models`.
    pub(super) fn add_semantic_model(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let given = lowered(Json::Object(entry.node.to_json()));
        let get = |key: &str| given.get(key).cloned().unwrap_or_default();
        let each = |key: &str| {
            let items = given.get(key).and_then(Json::as_array);
            items.cloned().unwrap_or_default()
        };
        let model = SemanticModel {
            name: entry.name.clone(),
            model: get("model").as_str().unwrap_or_default().to_owned(),
            description: get("description"),
            label: get("label"),
            defaults: match get("defaults") {
                Json::Null => Json::Null,
                defaults => filled(&defaults, json!({"agg_time_dimension": null})),
            },
            primary_entity: get("primary_entity"),
            config: object(get("config")),
            written: map_of(entry.raw.get("config")),
            entities: each("entities"),
            dimensions: each("dimensions"),
            measures: each("measures"),
        };
        let config = self.keep_semantic_model(entry, model, diagnostics);
        for measure in each("measures") {
            if measure.get("create_metric") == Some(&Json::Bool(true)) {
                self.add_metric_of_measure(entry, &measure, &config, diagnostics);
            }
        }
    }

    /// Completes a semantic model and keeps it; answers with its config.
    pub(super) fn keep_semantic_model(
        &mut self,
        entry: &Entry,
        model: SemanticModel,
        diagnostics: &mut Diagnostics,
    ) -> Map<String, Json> {
        let refs = if let Some(Reference::Ref(found)) = reference(&model.model) {
            json!([found])
        } else {
            let message = format!("semantic model '{}' needs `model: ref('…')`", model.name);
            let at = entry.node.get("model").map_or(entry.at, |node| node.at);
            diagnostics.push(Diagnostic::error("semantic-model", message).at(entry.place(at)));
            json!([])
        };
        let (fqn, config, unrendered) = self.semantic_config(
            entry,
            &model.name,
            Shape::SemanticModel,
            &model.config,
            &model.written,
        );
        let every = |items: &[Json], complete: &dyn Fn(&Json) -> Json| -> Vec<Json> {
            items
                .iter()
                .map(|item| {
                    let mut whole = complete(item);
                    whole["config"] = element_config(&config, meta_of(item));
                    whole
                })
                .collect()
        };
        let value = object(json!({
            "model": model.model,
            "node_relation": null,
            "description": model.description,
            "label": model.label,
            "defaults": model.defaults,
            "entities": every(&model.entities, &entity),
            "measures": every(&model.measures, &measure),
            "dimensions": every(&model.dimensions, &dimension),
            "metadata": null,
            "depends_on": {"macros": [], "nodes": []},
            "refs": refs,
            "unrendered_config": unrendered,
            "primary_entity": model.primary_entity,
        }));
        let part = Part {
            kind: "semantic_model",
            name: model.name,
            fqn,
            config: config.clone(),
            value,
        };
        self.keep_semantic(entry, part, diagnostics);
        config
    }

    /// The metric of a measure with `create_metric: true`.
    fn add_metric_of_measure(
        &mut self,
        entry: &Entry,
        measure: &Json,
        model: &Map<String, Json>,
        diagnostics: &mut Diagnostics,
    ) {
        let name = measure.get("name").cloned().unwrap_or_default();
        let or = |key: &str, other: Json| {
            let value = measure.get(key).filter(|value| !value.is_null());
            value.cloned().unwrap_or(other)
        };
        let words = name.as_str().unwrap_or_default();
        let config = json!({"enabled": model.get("enabled"), "meta": model.get("meta")});
        let metric = json!({
            "name": name,
            "label": or("label", name.clone()),
            "type": "simple",
            "type_params": {"measure": name, "expr": or("expr", name.clone())},
            // Tools show these words, so that they are the same as dbt's.
            "description": or("description", format!("Metric created from measure {words}").into()),
            "config": config,
        });
        self.add_metric_of_measures(entry, &metric, &object(config), diagnostics);
    }
}

/// What of `known` is given, with nulls for the rest.
fn picked(given: &Json, known: &[&str]) -> Json {
    let value = |key: &&str| {
        (
            String::from(*key),
            given.get(*key).cloned().unwrap_or_default(),
        )
    };
    Json::Object(known.iter().map(value).collect())
}

fn entity(given: &Json) -> Json {
    let known = ["name", "type", "description", "label", "role", "expr"];
    let mut entity = picked(given, &known);
    entity["expr"] = text_of(given.get("expr"));
    entity
}

fn measure(given: &Json) -> Json {
    let known = [
        "name",
        "agg",
        "description",
        "label",
        "create_metric",
        "expr",
        "agg_params",
        "non_additive_dimension",
        "agg_time_dimension",
    ];
    let mut measure = picked(given, &known);
    // The metric that a measure asks for is made already, and dbt writes that none is to be made.
    measure["create_metric"] = false.into();
    measure["expr"] = text_of(given.get("expr"));
    for (key, defaults) in [
        (
            "agg_params",
            json!({"percentile": null, "use_discrete_percentile": false, "use_approximate_percentile": false}),
        ),
        (
            "non_additive_dimension",
            json!({"name": null, "window_choice": "min", "window_groupings": []}),
        ),
    ] {
        if measure[key].is_object() {
            measure[key] = filled(&measure[key], defaults);
        }
    }
    measure
}

fn dimension(given: &Json) -> Json {
    let known = [
        "name",
        "type",
        "description",
        "label",
        "is_partition",
        "type_params",
        "expr",
        "metadata",
        "config",
        "datatype",
    ];
    let mut dimension = picked(given, &known);
    dimension["is_partition"] = (given.get("is_partition") == Some(&Json::Bool(true))).into();
    dimension["expr"] = text_of(given.get("expr"));
    if dimension["type_params"].is_object() {
        let params = &mut dimension["type_params"];
        *params = filled(
            params,
            json!({"time_granularity": null, "validity_params": null}),
        );
        if params["validity_params"].is_object() {
            params["validity_params"] = filled(
                &params["validity_params"],
                json!({"is_start": false, "is_end": false}),
            );
        }
    }
    for key in ["metadata", "datatype"] {
        dimension[key] = Json::Null;
    }
    dimension
}
