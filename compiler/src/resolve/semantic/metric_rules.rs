//! Rules of metrics that look at more than one of them: grains of windows, what conversions count, aliases of
//! measures. As MetricFlow's `validations/metrics.py` and `validations/measures.py` have them.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::GRAINS;
use super::validate::{Findings, items, text_at};

/// What metrics are held against.
pub(super) struct Layer<'a> {
    pub(super) semantic_models: &'a IndexMap<String, Json>,
    pub(super) metrics: &'a IndexMap<String, Json>,
    /// Grains of the project's own, of its time spines.
    pub(super) grains: Vec<&'a str>,
}

/// Tells what is wrong with the metrics.
pub(super) fn check(findings: &mut Findings, layer: &Layer<'_>) {
    let mut aliases: Vec<&str> = Vec::new();
    for (id, metric) in layer.metrics {
        layer.windows(findings, id, metric);
        constrained_twice(findings, id, metric);
        layer.aliases(findings, id, metric, &mut aliases);
        match text_at(metric, "type") {
            Some("conversion") => layer.conversion(findings, id, metric),
            Some("derived") => unused_inputs(findings, id, &metric["type_params"]),
            _ => {}
        }
    }
}

/// The expression of a derived metric names all its inputs.
fn unused_inputs(findings: &mut Findings, id: &str, params: &Json) {
    let Some(expr) = text_at(params, "expr").filter(|expr| !expr.is_empty()) else {
        let message = "a derived metric wants an `expr` that names all its inputs";
        findings.warn(id, message.to_owned());
        return;
    };
    for input in items(params, "metrics") {
        let name = text_at(input, "alias").or(text_at(input, "name"));
        if let Some(name) = name.filter(|name| !expr.contains(name)) {
            findings.warn(
                id,
                format!("its input '{name}' is not in its expr '{expr}'"),
            );
        }
    }
}

/// One of the two things that a conversion counts.
struct Counted<'a> {
    semantic_model: &'a Json,
    /// `measure 'visits'` or `metric 'visits'`.
    called: String,
    agg: &'a str,
    expr: Option<&'a str>,
}

impl<'a> Layer<'a> {
    fn windows(&self, findings: &mut Findings, id: &str, metric: &Json) {
        let params = &metric["type_params"];
        match text_at(metric, "type") {
            Some("cumulative") => {
                let either = |key: &str| {
                    let nested = &params["cumulative_type_params"][key];
                    if nested.is_null() {
                        &params[key]
                    } else {
                        nested
                    }
                    .clone()
                };
                self.window(findings, id, &either("window"), false);
                grain(findings, id, "grain_to_date", &either("grain_to_date"));
            }
            Some("conversion") => {
                let window = &params["conversion_type_params"]["window"];
                self.window(findings, id, window, false);
            }
            _ => {}
        }
        for input in items(params, "metrics") {
            self.window(findings, id, &input["offset_window"], true);
            grain(findings, id, "offset_to_grain", &input["offset_to_grain"]);
        }
    }

    /// A window is counted in a grain that there is; in one of the project's own only where `own` says so.
    fn window(&self, findings: &mut Findings, id: &str, window: &Json, own: bool) {
        let Some(grain) = text_at(window, "granularity") else {
            return;
        };
        let singular = grain.strip_suffix('s').unwrap_or(grain);
        let is_own = self.grains.contains(&grain) || self.grains.contains(&singular);
        if GRAINS.contains(&singular) || is_own && own {
            return;
        }
        let message = if is_own {
            format!("a window cannot be counted in '{grain}', a granularity of the project's own")
        } else {
            format!("a window is counted in '{grain}', which is no granularity")
        };
        findings.add(id, message);
    }

    /// Aliases of measures are names of nothing else.
    fn aliases<'b>(
        &self,
        findings: &mut Findings,
        id: &str,
        metric: &'b Json,
        known: &mut Vec<&'b str>,
    ) {
        let inputs = items(&metric["type_params"], "input_measures");
        for alias in inputs.filter_map(|it| text_at(it, "alias")) {
            findings.name(id, alias);
            let is_measure = |model: &Json| {
                items(model, "measures").any(|measure| text_at(measure, "name") == Some(alias))
            };
            if self.semantic_models.values().any(is_measure) {
                findings.add(id, format!("the alias '{alias}' is the name of a measure"));
            }
            if known.contains(&alias) {
                findings.add(id, format!("the alias '{alias}' stands at two measures"));
            }
            known.push(alias);
        }
    }

    fn conversion(&self, findings: &mut Findings, id: &str, metric: &Json) {
        let params = &metric["type_params"]["conversion_type_params"];
        let sides = ["base", "conversion"].map(|side| self.counted(findings, id, params, side));
        let [Some(base), Some(converted)] = sides else {
            return;
        };
        let entity = text_at(params, "entity").unwrap_or_default();
        for side in [&base, &converted] {
            let has = |list: &str, wanted: &str| {
                items(side.semantic_model, list).any(|it| text_at(it, "name") == Some(wanted))
            };
            let model = text_at(side.semantic_model, "name").unwrap_or_default();
            if !has("entities", entity) {
                findings.add(
                    id,
                    format!("semantic model '{model}' has no entity '{entity}'"),
                );
            }
            let counts = match side.agg {
                "count" | "count_distinct" => true,
                "sum" => side.expr == Some("1"),
                _ => false,
            };
            if !counts {
                let message = format!(
                    "a conversion counts: {} is aggregated by count, count_distinct or sum of 1, and not by {}",
                    side.called, side.agg
                );
                findings.add(id, message);
            }
        }
        for (key, side) in [
            ("base_property", &base),
            ("conversion_property", &converted),
        ] {
            let names = ["entities", "dimensions"].map(|list| items(side.semantic_model, list));
            let names: Vec<&str> = names
                .into_iter()
                .flatten()
                .filter_map(|it| text_at(it, "name"))
                .collect();
            let wanted = items(params, "constant_properties").filter_map(|it| text_at(it, key));
            for wanted in wanted.filter(|wanted| !names.contains(wanted)) {
                let model = text_at(side.semantic_model, "name").unwrap_or_default();
                findings.add(
                    id,
                    format!("semantic model '{model}' has no entity or dimension '{wanted}'"),
                );
            }
        }
    }

    /// What one side of a conversion counts, from a measure or a simple metric.
    fn counted(
        &self,
        findings: &mut Findings,
        id: &str,
        params: &Json,
        side: &str,
    ) -> Option<Counted<'a>> {
        let input =
            |kind: &str| text_at(&params[format!("{side}_{kind}")], "name").map(str::to_owned);
        match (input("measure"), input("metric")) {
            (Some(name), _) => self.counted_measure(&name),
            (None, Some(name)) => {
                let metric = self
                    .metrics
                    .values()
                    .find(|it| text_at(it, "name") == Some(&name))?;
                if text_at(metric, "type") != Some("simple") {
                    let message =
                        format!("a conversion counts simple metrics, and '{name}' is none");
                    findings.add(id, message);
                }
                self.counted_metric(&name, metric)
            }
            (None, None) => {
                findings.add(id, format!("a conversion wants a {side} measure or metric"));
                None
            }
        }
    }

    fn counted_measure(&self, name: &str) -> Option<Counted<'a>> {
        let mut all = self
            .semantic_models
            .values()
            .flat_map(|model| items(model, "measures").map(move |measure| (model, measure)));
        let (semantic_model, measure) =
            all.find(|(_, measure)| text_at(measure, "name") == Some(name))?;
        Some(Counted {
            semantic_model,
            called: format!("measure '{name}'"),
            agg: text_at(measure, "agg").unwrap_or_default(),
            expr: text_at(measure, "expr"),
        })
    }

    fn counted_metric(&self, name: &str, metric: &'a Json) -> Option<Counted<'a>> {
        let params = &metric["type_params"];
        let aggregation = &params["metric_aggregation_params"];
        let home = text_at(aggregation, "semantic_model")?;
        let mut models = self.semantic_models.values();
        Some(Counted {
            semantic_model: models.find(|model| text_at(model, "name") == Some(home))?,
            called: format!("metric '{name}'"),
            agg: text_at(aggregation, "agg").unwrap_or_default(),
            expr: text_at(params, "expr"),
        })
    }
}

fn grain(findings: &mut Findings, id: &str, key: &str, value: &Json) {
    let Some(grain) = value.as_str() else {
        return;
    };
    if !GRAINS.contains(&grain.to_lowercase().as_str()) {
        findings.add(
            id,
            format!("'{grain}' is none of the granularities that '{key}' takes"),
        );
    }
}

/// A measure that is read twice, and not in the same way, has an alias wherever it is filtered.
fn constrained_twice(findings: &mut Findings, id: &str, metric: &Json) {
    let inputs: Vec<&Json> = items(&metric["type_params"], "input_measures").collect();
    let mut told: Vec<&str> = Vec::new();
    for input in &inputs {
        let name = text_at(input, "name").unwrap_or_default();
        let differs = inputs
            .iter()
            .any(|other| text_at(other, "name") == Some(name) && other != input);
        if differs
            && !input["filter"].is_null()
            && input["alias"].is_null()
            && !told.contains(&name)
        {
            told.push(name);
            findings.add(
                id,
                format!("measure '{name}' is read more than once, and filtered: give that input an alias"),
            );
        }
    }
}
