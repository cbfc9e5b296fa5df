//! Metrics as SQL: each is written out to the aggregates that it is made of.

use std::collections::HashMap;

use regex::{NoExpand, Regex};
use serde_json::Value;

use super::filters::{joined, sql};
use super::{Loss, expression, items, set, text};
use crate::parse::python::float_text;

/// Metrics that refer to each other in a circle are not followed beyond this.
const DEEPEST: usize = 20;

/// The metrics that the format can hold.
pub(super) fn metrics(all: &[Value], losses: &mut Vec<Loss>) -> Vec<Value> {
    let by_name = all.iter().map(|metric| (text(&metric["name"]), metric));
    let writer = Writer {
        by_name: by_name.collect(),
    };
    let mut found = Vec::new();
    for metric in all {
        let name = text(&metric["name"]).to_owned();
        if metric["type"] == "conversion" {
            losses.push(Loss::Conversion(name));
            continue;
        }
        if metric["type_params"]["is_private"] == true {
            losses.push(Loss::Private(name));
            continue;
        }
        if metric["type"] == "cumulative" {
            losses.push(Loss::Window(name));
        }
        let written = writer.written(metric, None, 0);
        found.push(set(&[
            ("name", metric["name"].clone()),
            ("expression", expression(&written.unwrap_or_default())),
            ("description", metric["description"].clone()),
        ]));
    }
    found
}

struct Writer<'a> {
    by_name: HashMap<&'a str, &'a Value>,
}

impl Writer<'_> {
    /// A metric as SQL, over the rows that a filter keeps.
    fn written(&self, metric: &Value, filter: Option<String>, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        let filter = joined(&[filter, sql(&metric["filter"])]);
        let params = &metric["type_params"];
        let input = |input: &Value| self.input(input, filter.clone(), depth);
        match metric["type"].as_str()? {
            "simple" => aggregate(metric, filter.as_deref()),
            "cumulative" => input(&params["cumulative_type_params"]["metric"]),
            "ratio" => {
                let above = input(&params["numerator"])?;
                let below = input(&params["denominator"])?;
                Some(format!("({above}) / ({below})"))
            }
            "derived" => {
                let mut whole = text(&params["expr"]).to_owned();
                for used in items(params, "metrics") {
                    let name = text(&used["name"]);
                    let word = used["alias"].as_str().unwrap_or(name);
                    let mut written = input(used)?;
                    if matches!(text(&self.by_name.get(name)?["type"]), "derived" | "ratio") {
                        written = format!("({written})");
                    }
                    let word = Regex::new(&format!(r"\b{}\b", regex::escape(word))).ok()?;
                    whole = word.replace_all(&whole, NoExpand(&written)).into_owned();
                }
                Some(whole)
            }
            _ => None,
        }
    }

    fn input(&self, input: &Value, filter: Option<String>, depth: usize) -> Option<String> {
        let metric = self.by_name.get(input["name"].as_str()?)?;
        let filter = joined(&[filter, sql(&input["filter"])]);
        self.written(metric, filter, depth + 1)
    }
}

fn aggregate(metric: &Value, filter: Option<&str>) -> Option<String> {
    let params = &metric["type_params"];
    let how = &params["metric_aggregation_params"];
    let expr = params["expr"].as_str();
    let expr = expr.unwrap_or_else(|| text(&metric["name"]));
    let column = qualified(expr, text(&how["semantic_model"]));
    let kept = match filter {
        Some(filter) => format!("CASE WHEN {filter} THEN {column} END"),
        None => column,
    };
    let simple = |name: &str| Some(format!("{name}({kept})"));
    match how["agg"].as_str()? {
        "sum" => simple("SUM"),
        "min" => simple("MIN"),
        "max" => simple("MAX"),
        "average" => simple("AVG"),
        "count_distinct" => Some(format!("COUNT(DISTINCT {kept})")),
        "percentile" => {
            let given = &how["agg_params"];
            let share = float_text(given["percentile"].as_f64().unwrap_or(0.5));
            let kind = if given["use_discrete_percentile"] == true {
                "DISC"
            } else {
                "CONT"
            };
            Some(format!(
                "PERCENTILE_{kind}({share}) WITHIN GROUP (ORDER BY {kept})"
            ))
        }
        _ => None,
    }
}

/// A column, or the count of one, with its semantic model before it; any other expression as it is.
fn qualified(expr: &str, model: &str) -> String {
    if is_word(expr) {
        return format!("{model}.{expr}");
    }
    let (before, after) = ("CASE WHEN ", " IS NOT NULL THEN 1 ELSE 0 END");
    let counted = expr
        .strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(after));
    match counted.filter(|counted| is_word(counted)) {
        Some(counted) => format!("{before}{model}.{counted}{after}"),
        None => expr.to_owned(),
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
