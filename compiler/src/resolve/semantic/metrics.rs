//! Metrics: those with `type_params`, which measures feed, and those without, which aggregate by themselves.

use serde_json::{Map, Value as Json, json};

use super::{Part, filled, lowered, object, text_of, where_filter, window};
use crate::diag::{Diagnostic, Diagnostics};
use crate::parse::python::str_of;
use crate::resolve::assemble::Loader;
use crate::resolve::columns::map_of;
use crate::resolve::config::Shape;
use crate::resolve::properties::Entry;

/// The semantic model that metrics of a `models` entry belong to.
pub(super) struct Home<'a> {
    pub(super) semantic_model: &'a str,
    pub(super) agg_time_dimension: Option<&'a Json>,
}

impl Loader {
    /// An entry of `metrics` at the top of a file.
    pub(super) fn add_metric(&mut self, entry: &Entry, diagnostics: &mut Diagnostics) {
        let given = lowered(Json::Object(entry.node.to_json()));
        let written = map_of(entry.raw.get("config"));
        if given.get("type_params").is_some() {
            self.add_metric_of_measures(entry, &given, &written, diagnostics);
        } else {
            self.add_own_metric(entry, &given, &written, None, diagnostics);
        }
    }

    /// A metric with `type_params`.
    pub(super) fn add_metric_of_measures(
        &mut self,
        entry: &Entry,
        given: &Json,
        written: &Map<String, Json>,
        diagnostics: &mut Diagnostics,
    ) {
        let params = given.get("type_params").unwrap_or(&Json::Null);
        let whole = json!({
            "measure": measure(params.get("measure")),
            "numerator": metric(params.get("numerator")),
            "denominator": metric(params.get("denominator")),
            "expr": text_of(params.get("expr")),
            "window": window(params.get("window").unwrap_or(&Json::Null)),
            "grain_to_date": params.get("grain_to_date"),
            "metrics": metrics(params.get("metrics")),
            "conversion_type_params": params.get("conversion_type_params").map_or(Json::Null, |given| conversion(given, given)),
            "cumulative_type_params": cumulative(given, params),
            "is_private": null,
        });
        self.keep_metric(entry, given, written, &whole, true, diagnostics);
    }

    /// A metric in the newer language, with its parameters at the top.
    pub(super) fn add_own_metric(
        &mut self,
        entry: &Entry,
        given: &Json,
        written: &Map<String, Json>,
        home: Option<&Home<'_>>,
        diagnostics: &mut Diagnostics,
    ) {
        let kind = given.get("type").and_then(Json::as_str);
        if home.is_none() && given.get("agg").is_some_and(|agg| !agg.is_null()) {
            let name = given.get("name").and_then(Json::as_str).unwrap_or_default();
            let message = format!("simple metric '{name}' belongs to no semantic model");
            diagnostics.push(
                Diagnostic::error("metric-home", message)
                    .at(entry.place(entry.at))
                    .hint("move it under `metrics:` of the model that it aggregates"),
            );
            return;
        }
        let conversion = match kind {
            Some("conversion") => conversion(given, &Json::Null),
            _ => Json::Null,
        };
        let cumulative = match kind {
            Some("cumulative") => json!({
                "window": window(given.get("window").unwrap_or(&Json::Null)),
                "grain_to_date": given.get("grain_to_date"),
                "period_agg": given.get("period_agg").cloned().unwrap_or_else(|| "first".into()),
                "metric": metric(given.get("input_metric")),
            }),
            _ => Json::Null,
        };
        let params = json!({
            "numerator": metric(given.get("numerator")),
            "denominator": metric(given.get("denominator")),
            "expr": text_of(given.get("expr")),
            "metrics": metrics(given.get("input_metrics")),
            "conversion_type_params": conversion,
            "cumulative_type_params": cumulative,
            "metric_aggregation_params": home.map_or(Json::Null, |home| aggregation(given, home)),
            "join_to_timespine": given.get("join_to_timespine"),
            "is_private": given.get("hidden").and_then(Json::as_bool).unwrap_or(false),
        });
        self.keep_metric(entry, given, written, &params, false, diagnostics);
    }

    fn keep_metric(
        &mut self,
        entry: &Entry,
        given: &Json,
        written: &Map<String, Json>,
        params: &Json,
        has_meta: bool,
        diagnostics: &mut Diagnostics,
    ) {
        for odd in odd_windows(given) {
            let message = format!("'{odd}' is no window of a metric");
            diagnostics.push(
                Diagnostic::error("metric-window", message)
                    .at(entry.place(entry.at))
                    .hint("write a count and a granularity, such as `28 days`"),
            );
        }
        let name = given.get("name").and_then(Json::as_str).unwrap_or_default();
        let own = object(given.get("config").cloned().unwrap_or_default());
        let (fqn, config, unrendered) =
            self.semantic_config(entry, name, Shape::Metric, &own, written);
        let meta = match config.get("meta").filter(|meta| **meta != json!({})) {
            _ if !has_meta => json!({}),
            Some(meta) => meta.clone(),
            None => given.get("meta").cloned().unwrap_or_else(|| json!({})),
        };
        let tags = given.get("tags").filter(|_| has_meta);
        let text = |key: &str| given.get(key).filter(|value| !value.is_null()).cloned();
        let value = object(json!({
            "description": text("description").unwrap_or_else(|| "".into()),
            "label": text("label").unwrap_or_else(|| name.into()),
            "type": text("type").unwrap_or_else(|| "simple".into()),
            "type_params": filled(params, json!({
                "measure": null, "input_measures": [], "numerator": null, "denominator": null, "expr": null,
                "window": null, "grain_to_date": null, "metrics": [], "conversion_type_params": null,
                "cumulative_type_params": null, "metric_aggregation_params": null, "fill_nulls_with": null,
                "join_to_timespine": false, "is_private": null,
            })),
            "filter": where_filter(given.get("filter").unwrap_or(&Json::Null)),
            "metadata": null,
            "time_granularity": given.get("time_granularity"),
            "unrendered_config": unrendered,
            "sources": [],
            "depends_on": {"macros": [], "nodes": []},
            "refs": [],
            "metrics": [],
            "meta": meta,
            "tags": tags.cloned().unwrap_or_else(|| json!([])),
        }));
        let part = Part {
            kind: "metric",
            name: name.to_owned(),
            fqn,
            config,
            value,
        };
        self.keep_semantic(entry, part, diagnostics);
    }
}

/// Windows, wherever they stand in a metric, that are no count of something.
fn odd_windows(given: &Json) -> Vec<String> {
    let params = given.get("type_params").unwrap_or(&Json::Null);
    let inputs = [given.get("input_metrics"), params.get("metrics")];
    let inputs = inputs.into_iter().flatten().filter_map(Json::as_array);
    let offsets = inputs
        .flatten()
        .filter_map(|input| input.get("offset_window"));
    let nested = ["cumulative_type_params", "conversion_type_params"];
    let nested = nested.into_iter().filter_map(|key| params.get(key));
    let windows = [given, params].into_iter().chain(nested);
    windows
        .filter_map(|of| of.get("window"))
        .chain(offsets)
        .filter(|value| !value.is_null() && window(value).is_null())
        .map(str_of)
        .collect()
}

/// How a simple metric aggregates.
fn aggregation(given: &Json, home: &Home<'_>) -> Json {
    let Some(agg) = given.get("agg").filter(|agg| !agg.is_null()) else {
        return Json::Null;
    };
    let percentile = given.get("percentile_type").and_then(Json::as_str);
    let is = |word: &str| percentile.is_some_and(|kind| kind.eq_ignore_ascii_case(word));
    let time = given
        .get("agg_time_dimension")
        .filter(|name| !name.is_null());
    let additive = match given.get("non_additive_dimension") {
        None | Some(Json::Null) => Json::Null,
        Some(dimension) => json!({
            "name": dimension.get("name"),
            "window_choice": dimension.get("window_agg").cloned().unwrap_or_else(|| "min".into()),
            "window_groupings": dimension.get("group_by").cloned().unwrap_or_else(|| json!([])),
        }),
    };
    json!({
        "semantic_model": home.semantic_model,
        "agg": agg,
        "agg_params": {
            "percentile": given.get("percentile"),
            "use_discrete_percentile": is("discrete"),
            "use_approximate_percentile": is("continuous"),
        },
        "agg_time_dimension": time.or(home.agg_time_dimension),
        "non_additive_dimension": additive,
    })
}

/// What a conversion counts. Measures are in `measures`, which is null where metrics take their place.
fn conversion(given: &Json, measures: &Json) -> Json {
    if !given.is_object() {
        return Json::Null;
    }
    let (base, converted) = if measures.is_null() {
        (
            metric(given.get("base_metric")),
            metric(given.get("conversion_metric")),
        )
    } else {
        (Json::Null, Json::Null)
    };
    let calculation = given.get("calculation").filter(|word| !word.is_null());
    json!({
        "entity": given.get("entity"),
        "base_measure": measure(measures.get("base_measure")),
        "conversion_measure": measure(measures.get("conversion_measure")),
        "base_metric": base,
        "conversion_metric": converted,
        "calculation": calculation.cloned().unwrap_or_else(|| "conversion_rate".into()),
        "window": window(given.get("window").unwrap_or(&Json::Null)),
        "constant_properties": given.get("constant_properties"),
    })
}

/// What a cumulative metric sums up over; its window may stand in `type_params` too.
fn cumulative(given: &Json, params: &Json) -> Json {
    if given.get("type").and_then(Json::as_str) != Some("cumulative") {
        return Json::Null;
    }
    let nested = params.get("cumulative_type_params").unwrap_or(&Json::Null);
    let either = |key: &str| {
        let value = nested.get(key).filter(|value| !value.is_null());
        value.or_else(|| params.get(key)).cloned()
    };
    json!({
        "window": window(&either("window").unwrap_or_default()),
        "grain_to_date": either("grain_to_date"),
        "period_agg": nested.get("period_agg").cloned().unwrap_or_else(|| "first".into()),
        "metric": null,
    })
}

fn measure(value: Option<&Json>) -> Json {
    input(
        value,
        json!({"name": null, "filter": null, "alias": null, "join_to_timespine": false, "fill_nulls_with": null}),
    )
}

fn metric(value: Option<&Json>) -> Json {
    input(
        value,
        json!({"name": null, "filter": null, "alias": null, "offset_window": null, "offset_to_grain": null}),
    )
}

fn metrics(value: Option<&Json>) -> Vec<Json> {
    let items = value.and_then(Json::as_array).into_iter().flatten();
    items.map(|value| metric(Some(value))).collect()
}

/// An input by name, or with its own settings.
fn input(value: Option<&Json>, defaults: Json) -> Json {
    let mut whole = match value {
        None | Some(Json::Null) => return Json::Null,
        Some(value @ Json::Object(_)) => filled(value, defaults),
        Some(name) => filled(&json!({"name": name}), defaults),
    };
    whole["filter"] = where_filter(&whole["filter"]);
    if whole.get("offset_window").is_some() {
        whole["offset_window"] = window(&whole["offset_window"]);
    }
    whole
}
