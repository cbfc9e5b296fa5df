//! What filters and saved queries name: `Dimension('order__kind').grain('month')` and its like. Rules of MetricFlow's
//! `parsing/text_input`, `parsing/where_filter`, `validations/where_filters.py` and `validations/saved_query.py`.

use serde_json::Value as Json;

use super::GRAINS;
use super::metric_rules::Layer;
use super::validate::{Findings, items, text_at};
use crate::parse::expr::{Args, Expr, parse};
use crate::parse::template::{Piece, pieces};

/// What a date can be taken apart into.
const DATE_PARTS: [&str; 6] = ["day", "dow", "doy", "month", "quarter", "year"];

/// The time of every metric.
const METRIC_TIME: &str = "metric_time";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dimension,
    TimeDimension,
    Entity,
    Metric,
}

/// One thing that a query names.
#[derive(Debug, Clone, PartialEq)]
struct Item {
    kind: Kind,
    name: String,
    path: Vec<String>,
    grain: Option<String>,
    date_part: Option<String>,
    group_by: Vec<String>,
    descending: Option<bool>,
}

impl Kind {
    const ALL: [(&'static str, Self, &'static [&'static str]); 4] = [
        ("Dimension", Self::Dimension, &["name", "entity_path"]),
        (
            "TimeDimension",
            Self::TimeDimension,
            &[
                "time_dimension_name",
                "time_granularity_name",
                "entity_path",
                "descending",
                "date_part_name",
            ],
        ),
        ("Entity", Self::Entity, &["entity_name", "entity_path"]),
        ("Metric", Self::Metric, &["metric_name", "group_by"]),
    ];
}

/// The arguments of a call in the order of `names`.
fn arguments<'a>(
    called: &str,
    args: &'a Args,
    names: &[&str],
) -> Result<Vec<Option<&'a Expr>>, String> {
    let mut found: Vec<Option<&Expr>> = args.positional.iter().map(Some).collect();
    if found.len() > names.len() {
        return Err(format!("{called}() takes {} arguments", names.len()));
    }
    found.resize(names.len(), None);
    for (name, value) in &args.named {
        let place = names.iter().position(|known| known == name);
        let place = place.ok_or_else(|| format!("{called}() has no argument '{name}'"))?;
        found[place] = Some(value);
    }
    if found[0].is_none() {
        return Err(format!("{called}() wants '{}'", names[0]));
    }
    Ok(found)
}

fn text_of(value: Option<&Expr>) -> Option<String> {
    value.and_then(Expr::as_text).map(str::to_owned)
}

fn texts_of(value: Option<&Expr>) -> Vec<String> {
    match value {
        Some(Expr::List(items) | Expr::Tuple(items)) => items
            .iter()
            .filter_map(|item| text_of(Some(item)))
            .collect(),
        _ => Vec::new(),
    }
}

fn flag_of(value: Option<&Expr>) -> Option<bool> {
    value.and_then(Expr::literal)?.as_bool()
}

impl Item {
    /// What an expression names; none where it is something else. Only what is ordered by is `descending`.
    fn read(expr: &Expr, ordering: bool) -> Result<Option<Self>, String> {
        let Expr::Call(target, args) = expr else {
            return Ok(None);
        };
        match &**target {
            Expr::Name(name) => {
                let Some((called, kind, names)) =
                    Kind::ALL.into_iter().find(|(known, ..)| known == name)
                else {
                    return Ok(None);
                };
                let found = arguments(called, args, names)?;
                let name = text_of(found[0])
                    .ok_or_else(|| format!("{called}() wants a name, in quotes"))?;
                let mut item = Self {
                    kind,
                    name,
                    path: Vec::new(),
                    grain: None,
                    date_part: None,
                    group_by: Vec::new(),
                    descending: None,
                };
                match kind {
                    Kind::Metric => item.group_by = texts_of(found[1]),
                    Kind::TimeDimension => {
                        item.grain = text_of(found[1]);
                        item.path = texts_of(found[2]);
                        item.descending = flag_of(found[3]);
                        item.date_part = text_of(found[4]);
                    }
                    Kind::Dimension | Kind::Entity => item.path = texts_of(found[1]),
                }
                Ok(Some(item))
            }
            Expr::Attribute(owner, method) => {
                let Some(mut item) = Self::read(owner, ordering)? else {
                    return Ok(None);
                };
                let is_dimension = item.kind == Kind::Dimension;
                let argument = args.positional.first();
                let argument = argument.or(args.named.first().map(|(_, value)| value));
                match method.as_str() {
                    "grain" if is_dimension => item.grain = text_of(argument),
                    "date_part" if is_dimension => item.date_part = text_of(argument),
                    "descending" if is_dimension || ordering => item.descending = flag_of(argument),
                    _ => return Err(format!("'.{method}()' cannot stand there")),
                }
                Ok(Some(item))
            }
            _ => Ok(None),
        }
    }

    /// The name without entities before it and a granularity behind it, and the granularity.
    fn taken_apart(&self, grains: &[&str]) -> Result<(String, Option<String>), String> {
        let mut parts: Vec<&str> = self.name.split("__").collect();
        let last = parts.last().copied().unwrap_or_default();
        let has_custom = self.kind == Kind::TimeDimension || self.is_time();
        let is_grain =
            parts.len() > 1 && (GRAINS.contains(&last) || has_custom && grains.contains(&last));
        let from_name = is_grain.then(|| parts.pop()).flatten();
        let element = parts.pop().unwrap_or_default();
        match self.kind {
            Kind::Metric => return Ok((self.name.clone(), None)),
            Kind::Entity if from_name.is_some() => {
                return Err(format!("'{}' ends in a granularity", self.name));
            }
            Kind::Entity => {}
            Kind::Dimension | Kind::TimeDimension => {
                if parts.len() != 1 && element != METRIC_TIME {
                    return Err(format!(
                        "'{}' is not written as entity__dimension",
                        self.name
                    ));
                }
            }
        }
        if let (Some(named), Some(given)) = (from_name, &self.grain)
            && self.is_time()
            && named != given
        {
            return Err(format!(
                "'{}' has two granularities, {named} and {given}",
                self.name
            ));
        }
        let grain = from_name.map(str::to_owned).or_else(|| self.grain.clone());
        Ok((element.to_owned(), grain.filter(|_| self.is_time())))
    }

    fn is_time(&self) -> bool {
        self.kind == Kind::TimeDimension || self.grain.is_some() || self.date_part.is_some()
    }

    /// The element that is named, and its granularity where it is a time. `grains` are those of the project's own.
    fn checked(&self, grains: &[&str]) -> Result<(String, Option<String>), String> {
        let found = self.taken_apart(grains)?;
        if let Some(part) = &self.date_part
            && !DATE_PARTS.contains(&part.to_lowercase().as_str())
        {
            return Err(format!(
                "'{part}' is no part of a date: {}",
                DATE_PARTS.join(", ")
            ));
        }
        if self.kind == Kind::Metric && self.group_by.is_empty() {
            return Err(format!("Metric('{}') wants a group_by", self.name));
        }
        Ok(found)
    }
}

/// What the tags of a template name.
fn items_of(template: &str, ordering: bool) -> Result<Vec<Item>, String> {
    let mut found = Vec::new();
    for piece in pieces(template) {
        let Piece::Output(inner) = piece else {
            continue;
        };
        let expr = parse(inner).ok_or_else(|| format!("'{}' is no expression", inner.trim()))?;
        if let Some(item) = Item::read(&expr, ordering)? {
            found.push(item);
            continue;
        }
        let mut unknown = None;
        expr.walk(&mut |part| {
            if let Expr::Name(name) = part
                && !Kind::ALL.iter().any(|(known, ..)| known == name)
            {
                unknown.get_or_insert_with(|| name.clone());
            }
        });
        if let Some(name) = unknown {
            return Err(format!(
                "'{name}' is not known there: Dimension, TimeDimension, Entity and Metric are"
            ));
        }
    }
    Ok(found)
}

/// The one thing that a text names, which stands without tags.
fn item_of(text: &str, ordering: bool) -> Result<Item, String> {
    let mut found = items_of(&format!("{{{{ {text} }}}}"), ordering)?;
    match (found.pop(), found.is_empty()) {
        (Some(item), true) => Ok(item),
        _ => Err("it names no Dimension, TimeDimension, Entity or Metric".to_owned()),
    }
}

/// Tells what is wrong with the filters of metrics.
pub(super) fn check_metrics(findings: &mut Findings, layer: &Layer<'_>) {
    for (id, metric) in layer.metrics {
        let params = &metric["type_params"];
        let mut holders = vec![metric];
        holders.extend(["measure", "numerator", "denominator"].map(|key| &params[key]));
        holders.extend(items(params, "metrics"));
        for holder in holders {
            layer.filters(findings, id, &holder["filter"]);
        }
    }
}

/// Tells what is wrong with the filters, groups, order and limit of a saved query.
pub(super) fn check_saved_query(
    findings: &mut Findings,
    layer: &Layer<'_>,
    id: &str,
    query: &Json,
) {
    let params = &query["query_params"];
    layer.filters(findings, id, &params["where"]);
    let mut known = Vec::new();
    for name in items(params, "metrics").filter_map(Json::as_str) {
        known.extend(item_of(&format!("Metric('{name}')"), false));
    }
    let mut sound = true;
    for text in items(params, "group_by").filter_map(Json::as_str) {
        let item = item_of(text, false);
        let named = item.clone().and_then(|item| item.checked(&layer.grains));
        match named {
            Ok((element, _)) if !layer.is_element(&element) => {
                let message = format!("group_by '{text}': there is no '{element}'");
                findings.add(id, message);
            }
            Ok(_) => {}
            Err(reason) => findings.add(id, format!("group_by '{text}': {reason}")),
        }
        sound &= item.is_ok();
        known.extend(item);
    }
    for text in items(params, "order_by").filter_map(Json::as_str) {
        match item_of(text, true) {
            _ if !sound => {}
            Ok(mut item) => {
                item.descending = None;
                if !known.contains(&item) {
                    let message =
                        format!("order_by '{text}' is none of the query's metrics and groups");
                    findings.add(id, message);
                }
            }
            Err(reason) => findings.add(id, format!("order_by '{text}': {reason}")),
        }
    }
    if params["limit"].as_i64().is_some_and(|limit| limit < 0) {
        findings.add(id, format!("limit {} is below 0", params["limit"]));
    }
}

impl Layer<'_> {
    fn filters(&self, findings: &mut Findings, id: &str, filter: &Json) {
        for filter in items(filter, "where_filters") {
            let Some(template) = text_at(filter, "where_sql_template") else {
                continue;
            };
            let named = items_of(template, false).and_then(|items| {
                let checked = items.iter().map(|item| item.checked(&self.grains));
                checked.collect::<Result<Vec<_>, _>>()
            });
            match named {
                Err(reason) => findings.add(id, format!("filter '{}': {reason}", template.trim())),
                Ok(named) => {
                    for grain in named.into_iter().filter_map(|(_, grain)| grain) {
                        if !GRAINS.contains(&grain.to_lowercase().as_str())
                            && !self.grains.contains(&grain.to_lowercase().as_str())
                        {
                            let message = format!(
                                "filter '{}': '{grain}' is no granularity",
                                template.trim()
                            );
                            findings.warn(id, message);
                        }
                    }
                }
            }
        }
    }

    /// Whether a query can be grouped by it.
    fn is_element(&self, name: &str) -> bool {
        let named = |value: &Json| text_at(value, "name") == Some(name);
        name == METRIC_TIME
            || self.metrics.values().any(named)
            || self.semantic_models.values().any(|model| {
                items(model, "dimensions")
                    .chain(items(model, "entities"))
                    .any(named)
            })
    }
}
