//! The semantic layer: read, completed with dbt's defaults and linked, so that artifacts hold them.
//!
//! Two languages say the same things: the older one in `semantic_models` with measures and `type_params`, and the
//! newer one inside `models` and their columns. See <https://docs.getdbt.com/docs/build/semantic-models>.

mod from_models;
mod link;
mod metric_rules;
mod metrics;
mod osi;
mod query_items;
mod saved_queries;
mod semantic_models;
pub(super) mod shapes;
mod time_spine;
mod validate;

pub(super) use osi::losses;
use serde_json::{Map, Value as Json, json};

use super::assemble::Loader;
use super::config::Shape;
use super::properties::Entry;
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::parse::python::str_of;

/// Grains that the plural may be used of, as in `7 days`.
pub(super) const GRAINS: [&str; 11] = [
    "nanosecond",
    "microsecond",
    "millisecond",
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "quarter",
    "year",
];

/// A part of the semantic layer before it is put among the others of its kind.
struct Part {
    /// Its kind's word in unique ids.
    kind: &'static str,
    name: String,
    fqn: Vec<String>,
    config: Map<String, Json>,
    value: Map<String, Json>,
}

impl Loader {
    /// An entry of `metrics`, `semantic_models` or `saved_queries`.
    pub(super) fn add_semantic(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        if !shapes::fits(entry, diagnostics) {
            self.semantic_is_whole = false;
            return;
        }
        match entry.key {
            "metrics" => self.add_metric(entry, diagnostics),
            "semantic_models" => self.add_semantic_model(entry, diagnostics),
            "saved_queries" => self.add_saved_query(entry, diagnostics),
            _ => {}
        }
    }

    /// Links the semantic layer and holds it against its rules. Where a part of it could not be read, what refers to
    /// that part is not worth a word.
    pub(super) fn finish_semantic(&mut self, diagnostics: &mut Diagnostics) {
        let mut told = Diagnostics::default();
        self.link_semantic(&mut told);
        self.validate_time_spines(&mut told);
        self.validate_semantic(&mut told);
        if self.semantic_is_whole {
            diagnostics.extend(told);
        }
    }

    /// The name a part has in selectors, its config, and its config as written.
    fn semantic_config(
        &self,
        entry: &Entry,
        name: &str,
        shape: Shape,
        given: &Map<String, Json>,
        written: &Map<String, Json>,
    ) -> (Vec<String>, Map<String, Json>, Map<String, Json>) {
        let fqn = self.fqn(entry.package, entry.file.folders(), name);
        let cascade = self.cascade(entry.package, shape, &fqn);
        let config = cascade.rendered(given, &Map::new());
        let unrendered = cascade.unrendered(written, &Map::new());
        (fqn, config, unrendered)
    }

    /// Puts a part among the others of its kind, or among what is switched off.
    fn keep_semantic(&mut self, entry: &Entry, part: Part, diagnostics: &mut Diagnostics) {
        let package = &self.packages[entry.package].file.name;
        let unique_id = format!("{}.{package}.{}", part.kind, part.name);
        let enabled = part.config.get("enabled") != Some(&Json::Bool(false));
        let mut value = object(json!({
            "name": part.name,
            "resource_type": part.kind,
            "package_name": package,
            "path": entry.file.path,
            "original_file_path": entry.file.original_path,
            "unique_id": unique_id,
            "fqn": part.fqn,
        }));
        value.extend(part.value);
        value.insert(
            "group".into(),
            part.config.get("group").cloned().unwrap_or_default(),
        );
        value.insert("config".into(), Json::Object(part.config));
        value.insert("created_at".into(), json!(self.created_at));
        let value = Json::Object(value);
        if !enabled {
            self.disabled_semantic.push((unique_id, value));
            return;
        }
        let place = entry.place(entry.at);
        self.insert_semantic(part.kind, &part.name, unique_id, value, place, diagnostics);
    }

    /// Keeps a part under its unique id, and tells where there is one already.
    fn insert_semantic(
        &mut self,
        kind: &str,
        name: &str,
        unique_id: String,
        value: Json,
        place: Span,
        diagnostics: &mut Diagnostics,
    ) {
        let list = match kind {
            "metric" => &mut self.metrics,
            "semantic_model" => &mut self.semantic_models,
            _ => &mut self.saved_queries,
        };
        if list.insert(unique_id.clone(), value).is_some() {
            let what = kind.replace('_', " ");
            let error = Diagnostic::error(
                "semantic-duplicate",
                format!("there is a second {what} called '{name}'"),
            )
            .at(place.clone())
            .hint("rename or remove one of them");
            diagnostics.push(match self.semantic_places.get(&unique_id) {
                Some(other) => error.label(other.clone(), "the other one"),
                None => error,
            });
        }
        self.semantic_places.insert(unique_id, place);
    }
}

fn object(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

/// `defaults` with what is given over it.
pub(super) fn filled(given: &Json, defaults: Json) -> Json {
    let mut whole = object(defaults);
    for (key, value) in given.as_object().into_iter().flatten() {
        if !value.is_null() {
            whole.insert(key.clone(), value.clone());
        }
    }
    Json::Object(whole)
}

/// An expression is text, even where YAML reads a number.
/// What is given with the words in small letters that dbt takes in any.
fn lowered(mut given: Json) -> Json {
    const WORDS: [&str; 6] = [
        "agg",
        "calculation",
        "period_agg",
        "type",
        "window_agg",
        "window_choice",
    ];
    match &mut given {
        Json::Object(map) => {
            for (key, value) in map.iter_mut() {
                match value {
                    Json::String(text) if WORDS.contains(&key.as_str()) => {
                        *text = text.to_lowercase();
                    }
                    Json::Object(params) if key == "type_params" => {
                        if let Some(Json::String(grain)) = params.get_mut("time_granularity") {
                            *grain = grain.to_lowercase();
                        }
                        *value = lowered(std::mem::take(value));
                    }
                    _ if key == "config" || key == "meta" => {}
                    _ => *value = lowered(std::mem::take(value)),
                }
            }
        }
        Json::Array(items) => {
            for item in items {
                *item = lowered(std::mem::take(item));
            }
        }
        _ => {}
    }
    given
}

/// The word in small letters, where it is one.
fn lower_word(given: &Json) -> Json {
    match given.as_str() {
        Some(text) => text.to_lowercase().into(),
        None => given.clone(),
    }
}

fn text_of(value: Option<&Json>) -> Json {
    match value {
        None | Some(Json::Null) => Json::Null,
        Some(value) => str_of(value).into(),
    }
}

/// `1 month` as count and granularity.
fn window(value: &Json) -> Json {
    let parts = value.as_str().and_then(|text| text.split_once(' '));
    match parts.and_then(|(count, grain)| {
        Some((
            count.trim().parse::<i64>().ok()?,
            grain.trim().to_lowercase(),
        ))
    }) {
        Some((count, grain)) => {
            let singular = grain
                .strip_suffix('s')
                .filter(|grain| GRAINS.contains(grain));
            json!({"count": count, "granularity": singular.unwrap_or(&grain)})
        }
        None => Json::Null,
    }
}

fn where_filter(value: &Json) -> Json {
    let filters: Vec<Json> = match value {
        Json::String(_) => vec![value.clone()],
        Json::Array(items) => items.clone(),
        _ => return Json::Null,
    };
    let filters: Vec<Json> = filters
        .iter()
        .map(|filter| json!({"where_sql_template": filter}))
        .collect();
    json!({"where_filters": filters})
}

/// The `meta` that a dimension, entity or measure has of its own, over that of its semantic model.
fn element_config(model: &Map<String, Json>, own: Option<&Json>) -> Json {
    let mut meta = object(model.get("meta").cloned().unwrap_or_default());
    meta.extend(object(own.cloned().unwrap_or_default()));
    json!({"meta": meta})
}

/// `config: {meta: …}` of a mapping.
fn meta_of(value: &Json) -> Option<&Json> {
    value.get("config").and_then(|config| config.get("meta"))
}
