//! What a YAML document has to look like: dbt checks its files against JSON schemas before it reads them, and refuses a
//! file where something does not fit. Here a mistake is told with its place, and what is expected there.

use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::near::{alternatives, did_you_mean};

use super::value::{At, Mapping, Node, Value};

/// What a value may be.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Anything at all.
    Any,
    Text,
    Date,
    Bool,
    Whole,
    Number,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, in capitals or not.
    AnyCase(&'static [&'static str]),
    List(&'static Shape),
    /// A mapping with any keys.
    Map,
    /// A mapping with these keys.
    Fields(&'static Fields),
    /// Any of these.
    OneOf(&'static [Shape]),
    /// Or nothing: the key without a value.
    OrNull(&'static Shape),
}

/// The keys of a mapping.
#[derive(Debug)]
pub(crate) struct Fields {
    /// Each key with its shape.
    pub keys: &'static [(&'static str, Shape)],
    /// Keys that have to be there.
    pub required: &'static [&'static str],
    /// Whether other keys are a mistake.
    pub closed: bool,
}

/// Tells what does not fit; says whether everything did. `place` puts a position into its file.
pub(crate) fn check(
    name: &str,
    node: &Node,
    shape: &Shape,
    place: &dyn Fn(At) -> Span,
    diagnostics: &mut Diagnostics,
) -> bool {
    let before = diagnostics.0.len();
    check_value(name, node, shape, place, diagnostics);
    diagnostics.0.len() == before
}

/// The same for the keys of a mapping that is there for certain.
pub(crate) fn check_fields(
    name: &str,
    mapping: &Mapping,
    at: At,
    fields: &Fields,
    place: &dyn Fn(At) -> Span,
    diagnostics: &mut Diagnostics,
) -> bool {
    let before = diagnostics.0.len();
    check_keys(name, mapping, at, fields, place, diagnostics);
    diagnostics.0.len() == before
}

fn check_value(
    name: &str,
    node: &Node,
    shape: &Shape,
    place: &dyn Fn(At) -> Span,
    diagnostics: &mut Diagnostics,
) {
    if fits(node, shape) {
        return;
    }
    // A mapping or list of the right kind has something wrong inside, which is what to point at.
    match (&node.value, inner(node, shape)) {
        (Value::Mapping(mapping), Some(Shape::Fields(fields))) => {
            check_keys(name, mapping, node.at, fields, place, diagnostics);
        }
        (Value::Sequence(items), Some(Shape::List(item_shape))) => {
            for item in items {
                check_value(
                    &format!("an item of {name}"),
                    item,
                    item_shape,
                    place,
                    diagnostics,
                );
            }
        }
        _ => {
            let found = match &node.value {
                Value::String(text) if text.chars().count() <= 40 => format!("'{text}'"),
                _ => node.kind().to_owned(),
            };
            let message = format!("{name} takes {}, found {found}", expected(shape));
            let mut mistake = Diagnostic::error("property-type", message).at(place(node.at));
            if let Some(hint) = hint(node, shape) {
                mistake = mistake.hint(hint);
            }
            diagnostics.push(mistake);
        }
    }
}

fn check_keys(
    name: &str,
    mapping: &Mapping,
    at: At,
    fields: &Fields,
    place: &dyn Fn(At) -> Span,
    diagnostics: &mut Diagnostics,
) {
    for required in fields.required {
        if !mapping.contains(required) {
            let message = format!("{name} has no '{required}'");
            diagnostics.push(
                Diagnostic::error("property-missing", message)
                    .at(place(at))
                    .hint(format!("add `{required}:` to it")),
            );
        }
    }
    for (key, entry) in mapping.entries() {
        match fields.keys.iter().find(|(known, _)| *known == key) {
            Some((_, shape)) => {
                check_value(&format!("'{key}'"), &entry.value, shape, place, diagnostics);
            }
            None if fields.closed => {
                let message = format!("{name} has no key '{key}'");
                let names = fields.keys.iter().map(|(known, _)| *known);
                let listed = || {
                    let names: Vec<&str> = names.clone().collect();
                    format!("it takes {}", names.join(", "))
                };
                diagnostics.push(
                    Diagnostic::error("property-unknown-key", message)
                        .at(place(entry.key_at))
                        .hint(did_you_mean(key, names.clone()).unwrap_or_else(listed)),
                );
            }
            None => {}
        }
    }
}

/// The part of the shape that a mapping or list was meant to fit.
fn inner<'a>(node: &Node, shape: &'a Shape) -> Option<&'a Shape> {
    match shape {
        Shape::OrNull(shape) => inner(node, shape),
        Shape::OneOf(shapes) => shapes.iter().find_map(|shape| inner(node, shape)),
        Shape::Fields(_) if node.as_mapping().is_some() => Some(shape),
        Shape::List(_) if node.as_sequence().is_some() => Some(shape),
        _ => None,
    }
}

fn fits(node: &Node, shape: &Shape) -> bool {
    match shape {
        Shape::Any => true,
        Shape::Text => matches!(node.value, Value::String(_)),
        Shape::Date => matches!(node.value, Value::Date(_)),
        Shape::Bool => matches!(node.value, Value::Bool(_)),
        Shape::Whole => matches!(node.value, Value::Int(_)),
        Shape::Number => matches!(node.value, Value::Int(_) | Value::Float(_)),
        Shape::Word(words) => {
            matches!(&node.value, Value::String(text) if words.contains(&text.as_str()))
        }
        Shape::AnyCase(words) => {
            matches!(&node.value, Value::String(text) if words.contains(&text.to_lowercase().as_str()))
        }
        Shape::List(shape) => node
            .as_sequence()
            .is_some_and(|items| items.iter().all(|item| fits(item, shape))),
        Shape::Map => node.as_mapping().is_some(),
        Shape::Fields(fields) => node
            .as_mapping()
            .is_some_and(|mapping| fit(mapping, fields)),
        Shape::OneOf(shapes) => shapes.iter().any(|shape| fits(node, shape)),
        Shape::OrNull(shape) => node.is_null() || fits(node, shape),
    }
}

fn fit(mapping: &Mapping, fields: &Fields) -> bool {
    let has_all = fields.required.iter().all(|key| mapping.contains(key));
    has_all
        && mapping.iter().all(|(key, value)| {
            match fields.keys.iter().find(|(known, _)| *known == key) {
                Some((_, shape)) => fits(value, shape),
                None => !fields.closed,
            }
        })
}

/// What a shape takes, in words.
fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Any => "anything".to_owned(),
        Shape::Text => "text".to_owned(),
        Shape::Date => "a date".to_owned(),
        Shape::Bool => "true or false".to_owned(),
        Shape::Whole => "a whole number".to_owned(),
        Shape::Number => "a number".to_owned(),
        Shape::Word(words) | Shape::AnyCase(words) => alternatives(words),
        Shape::List(item) => match item {
            Shape::Text => "a list of texts".to_owned(),
            Shape::Map | Shape::Fields(_) => "a list of mappings".to_owned(),
            _ => "a list".to_owned(),
        },
        Shape::Map | Shape::Fields(_) => "a mapping".to_owned(),
        Shape::OneOf(shapes) => {
            let words: Vec<String> = shapes.iter().map(expected).collect();
            words.join(" or ")
        }
        Shape::OrNull(shape) => expected(shape),
    }
}

/// The way out of the commonest mistakes.
fn hint(node: &Node, shape: &Shape) -> Option<&'static str> {
    let takes_text = match shape {
        Shape::OrNull(shape) => matches!(shape, Shape::Text),
        shape => matches!(shape, Shape::Text),
    };
    match &node.value {
        Value::Null => Some("write a value, or leave the key out"),
        Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Date(_) if takes_text => {
            Some("put it in quotes")
        }
        Value::Mapping(_) if takes_text => Some("put it in quotes, braces are YAML's own"),
        _ => None,
    }
}
