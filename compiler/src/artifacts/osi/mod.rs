//! `osi_document.json` as dbt 1.12 writes it: the semantic layer as an "Open Semantic Interchange" document.
//!
//! The format knows datasets, their keys, and metrics as whole SQL expressions; what it cannot say is left out, and
//! told in [`Loss`]es.

mod filters;
mod measures;
mod metrics;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::manifest::Manifest;
use super::semantic::semantic_manifest;

/// The format's words for types, and those of the semantic layer.
pub(crate) const DATATYPES: [(&str, &str); 10] = [
    ("String", "string"),
    ("Integer", "integer"),
    ("Decimal", "decimal"),
    ("Float", "float"),
    ("Boolean", "boolean"),
    ("Date", "date"),
    ("Time", "time"),
    ("DateTime", "datetime"),
    ("DateTimeTz", "datetime_tz"),
    ("Opaque", "opaque"),
];

/// The language of all expressions.
const DIALECT: &str = "ANSI_SQL";

/// Code of the warnings about what the file cannot hold.
pub const OSI_LOSS: &str = "osi-loss";

/// What the format cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// A natural entity is no key.
    NaturalEntity(String),
    /// A conversion metric is left out.
    Conversion(String),
    /// A metric that is hidden, or stands for a measure alone, is left out.
    Private(String),
    /// A cumulative metric is there without its window.
    Window(String),
}

impl Loss {
    /// The name of the metric that it is about.
    #[must_use]
    pub fn metric(&self) -> Option<&str> {
        match self {
            Self::NaturalEntity(_) => None,
            Self::Conversion(name) | Self::Private(name) | Self::Window(name) => Some(name),
        }
    }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (what, name, why) = match self {
            Self::NaturalEntity(name) => ("entity", name, "is no key there, since it is natural"),
            Self::Conversion(name) => ("metric", name, "is left out, since it is a conversion"),
            Self::Private(name) => ("metric", name, "is left out, since it is private"),
            Self::Window(name) => ("metric", name, "is there without its window and grain"),
        };
        write!(f, "osi_document.json: {what} '{name}' {why}")
    }
}

/// The whole file, and what is lost in it.
#[must_use]
pub fn osi_document(manifest: &Manifest) -> (Value, Vec<Loss>) {
    let mut whole = semantic_manifest(manifest);
    let mut models = taken(&mut whole["semantic_models"]);
    let mut found = taken(&mut whole["metrics"]);
    measures::aggregate(&mut models, &mut found);
    let mut losses = Vec::new();
    let datasets: Vec<Value> = models.iter().map(dataset).collect();
    let relationships = relationships(&models, &mut losses);
    let metrics = metrics::metrics(&found, &mut losses);
    let mut model = Map::new();
    model.insert("name".into(), "semantic_model".into());
    model.insert("datasets".into(), datasets.into());
    for (key, list) in [("relationships", relationships), ("metrics", metrics)] {
        if !list.is_empty() {
            model.insert(key.into(), list.into());
        }
    }
    let document = json!({"version": "0.1.1", "dialects": [DIALECT], "semantic_model": [model]});
    (document, losses)
}

fn taken(list: &mut Value) -> Vec<Value> {
    match list.take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

fn dataset(model: &Value) -> Value {
    let fields = ["entities", "dimensions", "measures"]
        .into_iter()
        .flat_map(|kind| items(model, kind).map(move |item| field(item, kind == "dimensions")));
    let fields: Vec<Value> = fields.collect();
    let keys = |kind: &str| -> Vec<&str> {
        let entities = items(model, "entities").filter(|entity| entity["type"] == kind);
        entities.map(expression_of).collect()
    };
    let primary = keys("primary").last().map(|key| json!([key]));
    let unique: Vec<Value> = keys("unique").iter().map(|key| json!([key])).collect();
    set(&[
        ("name", model["name"].clone()),
        ("source", model["node_relation"]["relation_name"].clone()),
        ("primary_key", primary.into()),
        ("unique_keys", list(unique)),
        ("description", model["description"].clone()),
        ("fields", list(fields)),
    ])
}

fn field(item: &Value, is_dimension: bool) -> Value {
    let datatype = DATATYPES
        .iter()
        .find(|(_, word)| is_dimension && item["datatype"] == *word);
    let dimension = is_dimension.then(|| json!({"is_time": item["type"] == "time"}));
    set(&[
        ("name", item["name"].clone()),
        ("expression", expression(expression_of(item))),
        ("dimension", dimension.into()),
        ("datatype", datatype.map(|(word, _)| *word).into()),
        ("label", item["label"].clone()),
        ("description", item["description"].clone()),
    ])
}

/// Each pair of datasets with an entity of the same name can be joined: the one that has it as a key comes second.
fn relationships(models: &[Value], losses: &mut Vec<Loss>) -> Vec<Value> {
    let mut by_name: IndexMap<&str, Vec<(&str, &str, bool)>> = IndexMap::new();
    for model in models {
        for entity in items(model, "entities") {
            let name = text(&entity["name"]);
            if entity["type"] == "natural" {
                losses.push(Loss::NaturalEntity(name.to_owned()));
                continue;
            }
            let is_key = entity["type"] == "primary" || entity["type"] == "unique";
            let entry = (text(&model["name"]), expression_of(entity), is_key);
            by_name.entry(name).or_default().push(entry);
        }
    }
    let mut found = Vec::new();
    for (name, entries) in by_name {
        for (number, a) in entries.iter().enumerate() {
            for b in entries.iter().skip(number + 1).filter(|b| b.0 != a.0) {
                let is_in_order = match (a.2, b.2) {
                    (true, false) => false,
                    (false, true) => true,
                    _ => a.0 <= b.0,
                };
                let (from, to) = if is_in_order { (a, b) } else { (b, a) };
                found.push(json!({
                    "name": format!("{}__{}__{name}", from.0, to.0),
                    "from": from.0,
                    "to": to.0,
                    "from_columns": [from.1],
                    "to_columns": [to.1],
                }));
            }
        }
    }
    found
}

fn expression(sql: &str) -> Value {
    json!({"dialects": [{"dialect": DIALECT, "expression": sql}]})
}

/// What an element is made of: its expression, or the column of its name.
fn expression_of(item: &Value) -> &str {
    item["expr"].as_str().unwrap_or_else(|| text(&item["name"]))
}

/// What is not null, in this order.
fn set(fields: &[(&str, Value)]) -> Value {
    let given = fields.iter().filter(|(_, value)| !value.is_null());
    Value::Object(
        given
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect(),
    )
}

fn list(items: Vec<Value>) -> Value {
    if items.is_empty() {
        Value::Null
    } else {
        items.into()
    }
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
