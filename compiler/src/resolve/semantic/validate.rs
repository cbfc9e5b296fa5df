//! What a semantic layer must be, beyond its shape: the rules by which dbt 1.12 (through MetricFlow) refuses one at
//! parse time. As there, nothing is looked at before a project has both metrics and semantic models.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::GRAINS;
use super::metric_rules::{self, Layer};
use super::query_items;
use crate::diag::{Diagnostic, Diagnostics};
use crate::parse::behavior::NESTED_CUMULATIVE;
use crate::resolve::assemble::Loader;

/// Names that MetricFlow keeps for itself.
const RESERVED: [&str; 2] = ["metric_time", "mf_internal_uuid"];

/// What is wrong, each with the unique id of what it is wrong with.
pub(super) struct Findings(Vec<(String, Diagnostic)>);

impl Findings {
    pub(super) fn add(&mut self, owner: &str, message: String) {
        let message = format!("{owner}: {message}");
        let error = Diagnostic::error("semantic-layer", message);
        self.0.push((owner.to_owned(), error));
    }

    /// What MetricFlow only warns of.
    pub(super) fn warn(&mut self, owner: &str, message: String) {
        self.deprecate("semantic-warning", owner, message);
    }

    fn deprecate(&mut self, code: &'static str, owner: &str, message: String) {
        let warning = Diagnostic::warning(code, format!("{owner}: {message}"));
        self.0.push((owner.to_owned(), warning));
    }

    /// A name that MetricFlow can query by.
    pub(super) fn name(&mut self, owner: &str, name: &str) {
        if !is_name(name) {
            self.add(
                owner,
                format!(
                    "invalid name '{name}': it wants two characters or more of a-z, 0-9 and single underscores, \
                     begins with a letter and ends with no underscore"
                ),
            );
        }
        let lower = name.to_lowercase();
        if GRAINS.contains(&lower.as_str()) {
            self.add(
                owner,
                format!("invalid name '{name}': it is that of a time granularity"),
            );
        }
        if RESERVED.contains(&lower.as_str()) {
            self.add(
                owner,
                format!("invalid name '{name}': MetricFlow keeps it for itself"),
            );
        }
    }

    /// No two of `items` may have the same text under `key`.
    fn unique(&mut self, owner: &str, items: &[&Json], key: &str, what: &str) {
        let mut seen: Vec<&str> = Vec::new();
        for text in items.iter().filter_map(|item| text_at(item, key)) {
            if seen.contains(&text) {
                self.add(owner, format!("the {key} '{text}' is that of two {what}"));
            }
            seen.push(text);
        }
    }
}

impl Loader {
    /// Tells everything that dbt refuses in the semantic layer.
    pub(super) fn validate_semantic(&self, diagnostics: &mut Diagnostics) {
        if self.metrics.is_empty() || self.semantic_models.is_empty() {
            return;
        }
        let mut findings = Findings(Vec::new());
        for (id, model) in &self.semantic_models {
            semantic_model(&mut findings, id, model);
        }
        across_models(&mut findings, &self.semantic_models);
        let measures: Vec<&str> = self
            .semantic_models
            .values()
            .flat_map(|model| items(model, "measures"))
            .filter_map(|measure| text_at(measure, "name"))
            .collect();
        let nested = self.packages[0].file.behavior.is_on(NESTED_CUMULATIVE);
        for (id, found) in &self.metrics {
            metric(&mut findings, id, found, &measures);
            let params = &found["type_params"];
            let top = ["window", "grain_to_date"];
            if let Some(key) = top.into_iter().find(|key| !params[*key].is_null()) {
                let message = format!(
                    "`{key}` stands under `cumulative_type_params`, unless the flag {NESTED_CUMULATIVE} is false"
                );
                if nested {
                    findings.add(id, message);
                } else {
                    findings.deprecate("cumulative-parameters", id, message);
                }
            }
        }
        let spines = self
            .nodes
            .values()
            .filter_map(|draft| draft.node.time_spine.as_ref());
        let grains = spines
            .flat_map(|spine| items(spine, "custom_granularities"))
            .filter_map(|grain| text_at(grain, "name"))
            .collect();
        let layer = Layer {
            semantic_models: &self.semantic_models,
            metrics: &self.metrics,
            grains,
        };
        metric_rules::check(&mut findings, &layer);
        query_items::check_metrics(&mut findings, &layer);
        for (id, query) in &self.saved_queries {
            query_items::check_saved_query(&mut findings, &layer, id, query);
        }
        for kind in [&self.semantic_models, &self.metrics] {
            same_label(&mut findings, kind);
        }
        for kind in [&self.semantic_models, &self.metrics, &self.saved_queries] {
            for (id, found) in kind {
                findings.name(id, text_at(found, "name").unwrap_or_default());
            }
        }
        for (owner, told) in findings.0 {
            diagnostics.push(match self.semantic_places.get(&owner) {
                Some(place) => told.at(place.clone()),
                None => told,
            });
        }
    }
}

/// What one semantic model must be by itself.
fn semantic_model(findings: &mut Findings, id: &str, model: &Json) {
    let measures: Vec<&Json> = items(model, "measures").collect();
    let entities: Vec<&Json> = items(model, "entities").collect();
    let dimensions: Vec<&Json> = items(model, "dimensions").collect();
    let elements = [
        (&measures, "measures"),
        (&entities, "entities"),
        (&dimensions, "dimensions"),
    ];
    let mut known: Vec<(&str, &str)> = Vec::new();
    for (list, what) in elements {
        findings.unique(id, list, "label", what);
        for name in list.iter().filter_map(|item| text_at(item, "name")) {
            if let Some((_, before)) = known.iter().find(|(known, _)| *known == name) {
                findings.add(
                    id,
                    format!("the name '{name}' stands among the {what}, and among the {before}"),
                );
            }
            known.push((name, what));
            findings.name(id, name);
        }
    }
    let is_time = |name: &str| {
        dimensions
            .iter()
            .any(|it| text_at(it, "name") == Some(name) && text_at(it, "type") == Some("time"))
    };
    let default = model
        .get("defaults")
        .and_then(|defaults| text_at(defaults, "agg_time_dimension"));
    if let Some(name) = default.filter(|name| !is_time(name)) {
        findings.add(
            id,
            format!("agg_time_dimension '{name}' of its defaults is none of its time dimensions"),
        );
    }
    for dimension in &dimensions {
        if text_at(dimension, "type") == Some("time")
            && dimension["type_params"]["time_granularity"].is_null()
        {
            let name = text_at(dimension, "name").unwrap_or_default();
            let message = format!("time dimension '{name}' has no time_granularity");
            findings.deprecate("time-dimension-granularity", id, message);
        }
    }
    for measure in &measures {
        measure_of(findings, id, measure, default, &is_time);
    }
    keys(findings, id, model, &entities, !dimensions.is_empty());
    validity(findings, id, &measures, &entities, &dimensions);
}

fn measure_of(
    findings: &mut Findings,
    id: &str,
    measure: &Json,
    default: Option<&str>,
    is_time: &dyn Fn(&str) -> bool,
) {
    let name = text_at(measure, "name").unwrap_or_default();
    match text_at(measure, "agg_time_dimension").or(default) {
        None => findings.add(
            id,
            format!("measure '{name}' has no agg_time_dimension, and the model has no default"),
        ),
        Some(time) if !is_time(time) => findings.add(
            id,
            format!("agg_time_dimension '{time}' of measure '{name}' is none of the model's time dimensions"),
        ),
        Some(_) => {}
    }
    let percentile = measure["agg_params"]["percentile"].as_f64();
    match text_at(measure, "agg") {
        Some("count") if measure.get("expr").is_none_or(Json::is_null) => findings.add(
            id,
            format!("measure '{name}' counts, and has no expr: give `expr: 1` to count rows"),
        ),
        Some("percentile") if !percentile.is_some_and(|at| 0.0 < at && at < 1.0) => findings.add(
            id,
            format!("measure '{name}' wants agg_params.percentile between 0 and 1"),
        ),
        _ => {}
    }
}

/// The primary entity: at most one, named in one place, and there where dimensions are.
fn keys(findings: &mut Findings, id: &str, model: &Json, entities: &[&Json], has_dimensions: bool) {
    let primary: Vec<&str> = of_type(entities, "primary");
    let named = text_at(model, "primary_entity");
    if primary.len() > 1 {
        findings.add(
            id,
            format!("more than one primary entity: {}", primary.join(", ")),
        );
    } else if let (Some(entity), Some(named)) = (primary.first(), named) {
        findings.add(
            id,
            format!("entity '{entity}' is primary, and primary_entity names '{named}'"),
        );
    } else if primary.is_empty() && named.is_none() && has_dimensions {
        findings.add(
            id,
            "it has dimensions and no primary entity: make an entity `type: primary`, or set `primary_entity`"
                .to_owned(),
        );
    }
    let natural = of_type(entities, "natural");
    if natural.len() > 1 {
        findings.add(
            id,
            format!("more than one natural entity: {}", natural.join(", ")),
        );
    }
    let has_window = items(model, "dimensions").any(has_validity);
    if !natural.is_empty() && !has_window {
        findings.add(
            id,
            "a natural entity wants time dimensions with validity_params".to_owned(),
        );
    }
}

/// Dimensions with `validity_params` are a pair, a start and an end, of a model with a natural key and no measures.
fn validity(
    findings: &mut Findings,
    id: &str,
    measures: &[&Json],
    entities: &[&Json],
    dimensions: &[&Json],
) {
    let window: Vec<&&Json> = dimensions.iter().filter(|it| has_validity(it)).collect();
    if window.is_empty() {
        return;
    }
    let marked = |key: &str| {
        let is_set = |it: &&&Json| it["type_params"]["validity_params"][key] == true;
        window.iter().copied().filter(is_set).count()
    };
    if window.len() != 2 || marked("is_start") != 1 || marked("is_end") != 1 {
        findings.add(
            id,
            "validity_params want two time dimensions, one with is_start and one with is_end"
                .to_owned(),
        );
    }
    if of_type(entities, "natural").is_empty() {
        findings.add(
            id,
            "validity_params want an entity of the type natural".to_owned(),
        );
    }
    if !of_type(entities, "primary").is_empty() || !of_type(entities, "unique").is_empty() {
        findings.add(
            id,
            "a model with validity_params has no primary and no unique entity".to_owned(),
        );
    }
    if !measures.is_empty() {
        findings.add(
            id,
            "a model with validity_params has no measures".to_owned(),
        );
    }
}

/// What models must agree on.
fn across_models(findings: &mut Findings, models: &IndexMap<String, Json>) {
    let mut elements: IndexMap<&str, (&str, &str)> = IndexMap::new();
    let mut kinds: IndexMap<&str, &str> = IndexMap::new();
    let mut pairs: IndexMap<(&str, &str), &str> = IndexMap::new();
    for (id, model) in models {
        let own = text_at(model, "name").unwrap_or_default();
        for (what, key) in [
            ("measure", "measures"),
            ("dimension", "dimensions"),
            ("entity", "entities"),
        ] {
            for name in items(model, key).filter_map(|item| text_at(item, "name")) {
                match elements.get(name) {
                    Some((before, other)) if *before != what && *other != own => findings.add(
                        id,
                        format!("'{name}' is a {what} here, and a {before} in '{other}'"),
                    ),
                    Some((_, other)) if what == "measure" && *other != own => {
                        findings.add(id, format!("measure '{name}' is one of '{other}' too"));
                    }
                    Some(_) => {}
                    None => {
                        elements.insert(name, (what, own));
                    }
                }
            }
        }
        let entities: Vec<&Json> = items(model, "entities").collect();
        let primary = text_at(model, "primary_entity")
            .or_else(|| of_type(&entities, "primary").first().copied());
        for dimension in items(model, "dimensions") {
            let name = text_at(dimension, "name").unwrap_or_default();
            let kind = text_at(dimension, "type").unwrap_or_default();
            let before = *kinds.entry(name).or_insert(kind);
            if before != kind {
                findings.add(
                    id,
                    format!("dimension '{name}' is {kind} here, and {before} in another model"),
                );
            }
            let Some(primary) = primary else { continue };
            match pairs.get(&(primary, name)) {
                Some(other) if *other != own => findings.add(
                    id,
                    format!("dimension '{name}' of the primary entity '{primary}' stands in '{other}' too"),
                ),
                _ => {
                    pairs.insert((primary, name), own);
                }
            }
        }
    }
}

fn metric(findings: &mut Findings, id: &str, metric: &Json, measures: &[&str]) {
    let params = &metric["type_params"];
    for measure in items(params, "input_measures").filter_map(|it| text_at(it, "name")) {
        if !measures.contains(&measure) {
            findings.add(
                id,
                format!("there is no measure '{measure}' in any semantic model"),
            );
        }
    }
    let inputs: Vec<&Json> = items(params, "metrics").collect();
    match text_at(metric, "type") {
        Some("derived") => {
            if inputs.is_empty() {
                findings.add(
                    id,
                    "a derived metric wants metrics to be made of".to_owned(),
                );
            }
            let names: Vec<&str> = inputs.iter().filter_map(|it| text_at(it, "name")).collect();
            for alias in inputs.iter().filter_map(|it| text_at(it, "alias")) {
                findings.name(id, alias);
                if names.contains(&alias) {
                    findings.add(id, format!("the alias '{alias}' is the name of an input"));
                }
            }
        }
        Some("cumulative") => {
            let nested = &params["cumulative_type_params"];
            let set = |key: &str| !nested[key].is_null() || !params[key].is_null();
            if set("window") && set("grain_to_date") {
                findings.add(id, "window and grain_to_date exclude each other".to_owned());
            }
        }
        _ => {}
    }
    for input in inputs {
        let name = text_at(input, "name").unwrap_or_default();
        if !input["offset_window"].is_null() && !input["offset_to_grain"].is_null() {
            findings.add(
                id,
                format!("offset_window and offset_to_grain of '{name}' exclude each other"),
            );
        }
    }
}

/// Labels are unique among metrics, and among semantic models.
fn same_label(findings: &mut Findings, all: &IndexMap<String, Json>) {
    let mut seen: IndexMap<&str, &str> = IndexMap::new();
    for (id, found) in all {
        let Some(label) = text_at(found, "label") else {
            continue;
        };
        match seen.get(label) {
            Some(other) => findings.add(id, format!("the label '{label}' is that of {other} too")),
            None => {
                seen.insert(label, id);
            }
        }
    }
}

pub(super) fn items<'a>(value: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> {
    value
        .get(key)
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
}

pub(super) fn text_at<'a>(value: &'a Json, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Json::as_str)
}

fn of_type<'a>(entities: &[&'a Json], kind: &str) -> Vec<&'a str> {
    entities
        .iter()
        .filter(|entity| text_at(entity, "type") == Some(kind))
        .filter_map(|entity| text_at(entity, "name"))
        .collect()
}

fn has_validity(dimension: &Json) -> bool {
    dimension["type_params"]["validity_params"].is_object()
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.len() >= 2
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('_')
        && !name.contains("__")
        && name.chars().all(plain)
}
