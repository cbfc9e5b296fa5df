//! A contract as Open Data Contract Standard 3.1.0, <https://bitol-io.github.io/open-data-contract-standard/>.
//!
//! What the standard has no field for goes into `customProperties`, so that nothing is lost. States of promises
//! are not exported: the document says what is promised, not what the last build did.

use serde_json::{Map, Value, json};

use super::judge::never_null;
use super::types::{Logical, logical};
use super::view::{ContractColumn, ContractView};
use super::yaml_text;

/// The contract as a YAML document.
pub fn odcs_yaml(view: &ContractView) -> String {
    yaml_text::document(&odcs(view))
}

/// The contract as the JSON form of the document.
pub fn odcs(view: &ContractView) -> Value {
    let mut document = Map::new();
    document.insert("apiVersion".into(), json!("v3.1.0"));
    document.insert("kind".into(), json!("DataContract"));
    document.insert("id".into(), json!(view.unique_id));
    document.insert("name".into(), json!(view.name));
    // The standard demands a version; a contract without one says so.
    document.insert(
        "version".into(),
        json!(view.version.as_deref().unwrap_or("unversioned")),
    );
    document.insert("status".into(), json!("active"));
    if !view.description.is_empty() {
        document.insert("description".into(), json!({ "purpose": view.description }));
    }
    document.insert("schema".into(), json!([schema(view)]));
    if let Some(owner) = &view.owner {
        document.insert("team".into(), json!({ "name": owner }));
    }
    if let Some(freshness) = freshness(view) {
        document.insert("slaProperties".into(), json!([freshness]));
    }
    let consumers = consumers(view);
    if !consumers.is_empty() {
        document.insert(
            "customProperties".into(),
            json!([{ "property": "consumers", "value": consumers }]),
        );
    }
    Value::Object(document)
}

fn schema(view: &ContractView) -> Value {
    let mut schema = Map::new();
    schema.insert("name".into(), json!(view.name));
    schema.insert("logicalType".into(), json!("object"));
    if let Some(relation) = &view.relation_name {
        schema.insert(
            "physicalName".into(),
            json!(relation.replace(['"', '`'], "")),
        );
    }
    if !view.grain.is_empty() {
        let text = format!("one row for each {}", view.grain.join(", "));
        schema.insert("dataGranularityDescription".into(), json!(text));
    }
    let properties: Vec<Value> = view
        .columns
        .iter()
        .map(|column| property(view, column))
        .collect();
    if !properties.is_empty() {
        schema.insert("properties".into(), Value::Array(properties));
    }
    Value::Object(schema)
}

fn property(view: &ContractView, column: &ContractColumn) -> Value {
    let mut property = Map::new();
    property.insert("name".into(), json!(column.name));
    let logical = column.data_type.as_deref().and_then(logical);
    if let Some(logical) = logical {
        property.insert("logicalType".into(), json!(logical.word()));
    }
    if let Some(data_type) = &column.data_type {
        property.insert("physicalType".into(), json!(data_type));
    }
    if !column.description.is_empty() {
        property.insert("description".into(), json!(column.description));
    }
    let place = view
        .grain
        .iter()
        .position(|name| name.eq_ignore_ascii_case(&column.name));
    if let Some(place) = place {
        property.insert("primaryKey".into(), json!(true));
        property.insert("primaryKeyPosition".into(), json!(place + 1));
        if view.grain.len() == 1 {
            property.insert("unique".into(), json!(true));
        }
    }
    if column.null_meaning.as_deref().is_some_and(never_null) {
        property.insert("required".into(), json!(true));
    }
    let mut custom = Vec::new();
    let mut note = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            custom.push(json!({ "property": name, "value": value }));
        }
    };
    note("window", column.window.as_ref().map(|window| json!(window)));
    note(
        "nullMeaning",
        column.null_meaning.as_ref().map(|meaning| json!(meaning)),
    );
    note("unit", column.unit.as_ref().map(|unit| json!(unit)));
    let mut options = Map::new();
    for (bound, standard, own) in [
        (&column.min, "minimum", "rangeMin"),
        (&column.max, "maximum", "rangeMax"),
    ] {
        let Some(bound) = bound else { continue };
        if fits(logical, bound) {
            options.insert(standard.into(), bound.clone());
        } else {
            note(own, Some(bound.clone()));
        }
    }
    if !options.is_empty() {
        property.insert("logicalTypeOptions".into(), Value::Object(options));
    }
    if !custom.is_empty() {
        property.insert("customProperties".into(), Value::Array(custom));
    }
    Value::Object(property)
}

/// Whether the standard takes a bound of this kind for the type.
fn fits(logical: Option<Logical>, bound: &Value) -> bool {
    match logical {
        Some(Logical::Integer | Logical::Number) => bound.is_number(),
        Some(Logical::Date | Logical::Timestamp | Logical::Time) => bound.is_string(),
        _ => false,
    }
}

/// The greatest age as the standard's latency: time from the fact to the data.
fn freshness(view: &ContractView) -> Option<Value> {
    let (count, unit) = view.max_age.as_deref()?.split_once(' ')?;
    let mut sla = Map::new();
    sla.insert("property".into(), json!("latency"));
    sla.insert("value".into(), json!(count.parse::<u64>().ok()?));
    sla.insert("unit".into(), json!(unit));
    let element = view
        .freshness_column
        .as_ref()
        .map(|column| format!("{}.{column}", view.name));
    sla.insert(
        "element".into(),
        json!(element.as_ref().unwrap_or(&view.name)),
    );
    Some(Value::Object(sla))
}

fn consumers(view: &ContractView) -> Vec<Value> {
    let consumer = |consumer: &super::view::Consumer| {
        let mut map = Map::new();
        map.insert("name".into(), json!(consumer.name));
        for (key, value) in [("team", &consumer.team), ("contact", &consumer.contact)] {
            if let Some(value) = value {
                map.insert(key.into(), json!(value));
            }
        }
        if !consumer.columns.is_empty() {
            map.insert("columns".into(), json!(consumer.columns));
        }
        Value::Object(map)
    };
    view.consumers.iter().map(consumer).collect()
}
