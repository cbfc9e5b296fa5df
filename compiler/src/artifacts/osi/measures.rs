//! Metrics over measures as metrics that aggregate by themselves, as MetricFlow has them for newer readers.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::{items, text};

/// Gives every simple metric its own aggregation, and cumulative and conversion metrics simple ones to be made of.
pub(super) fn aggregate(models: &mut [Value], metrics: &mut Vec<Value>) {
    for model in &mut *models {
        in_lower_case(model);
        for measure in model["measures"].as_array_mut().into_iter().flatten() {
            let name = measure["name"].clone();
            to_sum(measure, &name, false);
            to_sum(measure, &name, true);
        }
    }
    let mut measures: HashMap<String, Measure> = HashMap::new();
    for model in &*models {
        for measure in items(model, "measures") {
            let found = Measure {
                name: text(&measure["name"]).to_owned(),
                expr: match measure["expr"].as_str() {
                    Some(expr) if !expr.is_empty() => expr.to_owned(),
                    _ => text(&measure["name"]).to_owned(),
                },
                aggregation: json!({
                    "semantic_model": model["name"],
                    "agg": measure["agg"],
                    "agg_params": measure["agg_params"],
                    "agg_time_dimension": measure["agg_time_dimension"],
                    "non_additive_dimension": measure["non_additive_dimension"],
                }),
            };
            measures.insert(found.name.clone(), found);
        }
    }
    for metric in metrics.iter_mut().filter(|it| it["type"] == "simple") {
        if let Some(measure) = measures.get(text(&metric["type_params"]["measure"]["name"])) {
            flatten(metric, measure);
        }
    }
    replace_inputs(metrics, &measures);
    for metric in metrics.iter_mut().filter(|it| it["type"] == "simple") {
        let name = metric["name"].clone();
        let params = &mut metric["type_params"];
        if let Some(measure) = measures.get(text(&params["measure"]["name"])) {
            params["expr"] = measure.expr.clone().into();
        }
        if params["metric_aggregation_params"].is_object() {
            let mut whole = params["metric_aggregation_params"].take();
            whole["expr"] = params["expr"].take();
            to_sum(&mut whole, &name, true);
            to_sum(&mut whole, &name, false);
            params["expr"] = whole["expr"].take();
            params["metric_aggregation_params"] = whole;
        }
    }
}

/// A measure as what a simple metric takes from it.
struct Measure {
    name: String,
    expr: String,
    aggregation: Value,
}

fn in_lower_case(model: &mut Value) {
    let lower = |value: &mut Value| {
        if let Some(name) = value.as_str() {
            *value = name.to_lowercase().into();
        }
    };
    lower(&mut model["name"]);
    for kind in ["measures", "entities", "dimensions"] {
        for item in model[kind].as_array_mut().into_iter().flatten() {
            lower(&mut item["name"]);
        }
    }
}

/// Writes counts as sums and medians as percentiles, or, by `is_count` false, sums of conditions as sums.
fn to_sum(item: &mut Value, name: &Value, is_count: bool) {
    let expr = item["expr"].as_str().filter(|expr| !expr.is_empty());
    let expr = expr.unwrap_or_else(|| text(name));
    match item["agg"].as_str() {
        Some("sum_boolean") if !is_count => {
            item["expr"] = format!("CASE WHEN {expr} THEN 1 ELSE 0 END").into();
            item["agg"] = "sum".into();
        }
        Some("count") if is_count => {
            if expr != "1" {
                item["expr"] = format!("CASE WHEN {expr} IS NOT NULL THEN 1 ELSE 0 END").into();
            }
            item["agg"] = "sum".into();
        }
        Some("median") if is_count => {
            item["agg"] = "percentile".into();
            if item["agg_params"].is_null() {
                item["agg_params"] =
                    json!({"use_discrete_percentile": false, "use_approximate_percentile": false});
            }
            item["agg_params"]["percentile"] = 0.5.into();
        }
        _ => {}
    }
}

/// Gives a simple metric what its measure says.
fn flatten(metric: &mut Value, measure: &Measure) {
    if !metric["type_params"]["metric_aggregation_params"].is_null() {
        return;
    }
    let input = metric["type_params"]["measure"].take();
    let mut filters: Vec<Value> = items(&input["filter"], "where_filters").cloned().collect();
    filters.extend(items(&metric["filter"], "where_filters").cloned());
    // The measure's own list is the one that the metric's filters are put to.
    let shared = match &input["filter"] {
        Value::Null => Value::Null,
        _ => json!({"where_filters": filters}),
    };
    if !filters.is_empty() {
        metric["filter"] = json!({"where_filters": filters});
    }
    let params = &mut metric["type_params"];
    if !input["fill_nulls_with"].is_null() {
        params["fill_nulls_with"] = input["fill_nulls_with"].clone();
    }
    if input["join_to_timespine"] == true {
        params["join_to_timespine"] = true.into();
    }
    params["metric_aggregation_params"] = measure.aggregation.clone();
    if params["expr"].is_null() {
        params["expr"] = measure.expr.clone().into();
    }
    params["measure"] = plain_input(&measure.name, shared);
}

fn plain_input(measure: &str, filter: Value) -> Value {
    json!({"name": measure, "filter": filter, "alias": null, "join_to_timespine": false, "fill_nulls_with": null})
}

/// Makes cumulative and conversion metrics of simple metrics where they are made of measures.
fn replace_inputs(metrics: &mut Vec<Value>, measures: &HashMap<String, Measure>) {
    let mut known: HashMap<String, String> = HashMap::new();
    for number in 0..metrics.len() {
        let params = &metrics[number]["type_params"];
        let conversion = &params["conversion_type_params"];
        let wanted = match metrics[number]["type"].as_str() {
            Some("cumulative") => vec![(
                "cumulative_type_params",
                "metric",
                params["measure"].clone(),
                !params["cumulative_type_params"]["metric"].is_null(),
            )],
            Some("conversion") => vec![
                (
                    "conversion_type_params",
                    "base_metric",
                    conversion["base_measure"].clone(),
                    !conversion["base_metric"].is_null(),
                ),
                (
                    "conversion_type_params",
                    "conversion_metric",
                    conversion["conversion_measure"].clone(),
                    !conversion["conversion_metric"].is_null(),
                ),
            ],
            _ => Vec::new(),
        };
        for (group, key, input, is_set) in wanted {
            let Some(measure) = measures.get(text(&input["name"])).filter(|_| !is_set) else {
                continue;
            };
            let name = simple_metric(metrics, measure, &input, &mut known);
            metrics[number]["type_params"][group][key] =
                json!({"name": name, "filter": input["filter"], "alias": input["alias"]});
        }
    }
}

/// The name of the metric that is this measure and nothing else; there is one afterwards.
fn simple_metric(
    metrics: &mut Vec<Value>,
    measure: &Measure,
    input: &Value,
    known: &mut HashMap<String, String>,
) -> String {
    let fill = &input["fill_nulls_with"];
    let is_joined = input["join_to_timespine"] == true;
    let key = format!("{} {fill} {is_joined}", measure.name);
    if let Some(name) = known.get(&key) {
        return name.clone();
    }
    let mut built = json!({
        "type": "simple",
        "filter": null,
        "type_params": {
            "measure": plain_input(&measure.name, Value::Null),
            "expr": measure.expr,
            "metric_aggregation_params": measure.aggregation,
            "join_to_timespine": is_joined,
            "fill_nulls_with": fill,
            "is_private": true,
        },
    });
    let name = metrics
        .iter()
        .find(|metric| is_same(metric, &built))
        .map(|metric| text(&metric["name"]).to_owned());
    let name = name.unwrap_or_else(|| {
        let name = new_name(metrics, &measure.name, fill, is_joined);
        built["name"] = name.clone().into();
        metrics.push(built);
        name
    });
    known.insert(key, name.clone());
    name
}

fn is_same(metric: &Value, built: &Value) -> bool {
    let (own, other) = (&metric["type_params"], &built["type_params"]);
    let keys = [
        "metric_aggregation_params",
        "join_to_timespine",
        "fill_nulls_with",
        "expr",
        "window",
        "grain_to_date",
    ];
    metric["type"] == built["type"]
        && keys.into_iter().all(|key| own[key] == other[key])
        && ["filter", "time_granularity"]
            .into_iter()
            .all(|key| metric[key] == built[key])
        && (own["measure"].is_null() || own["measure"] == other["measure"])
}

fn new_name(metrics: &[Value], measure: &str, fill: &Value, is_joined: bool) -> String {
    let mut base = measure.to_owned();
    if let Some(fill) = fill.as_i64() {
        let sign = if fill < 0 { "neg_" } else { "" };
        base = format!("{base}_fill_nulls_with_{sign}{}", fill.abs());
    }
    if is_joined {
        base.push_str("_join_to_timespine");
    }
    let taken: HashSet<&str> = metrics.iter().map(|metric| text(&metric["name"])).collect();
    let names = (1..).map(|number| format!("{base}_{number}"));
    let mut names = std::iter::once(base.clone()).chain(names);
    names
        .find(|name| !taken.contains(name.as_str()))
        .unwrap_or(base)
}
