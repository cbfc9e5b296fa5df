//! Values as Python has them: lists and dicts that can be changed, sets, results of queries, nodes.

mod args;
mod dict;
mod json;
mod list;
mod node;
mod range;
mod record;
mod repr;
mod seed;
mod set;
mod table;
mod table_text;
mod view;

pub(crate) use args::{Args, no_method};
pub(crate) use dict::{Dict, DictClass, read_method as dict_read};
pub(crate) use json::{dump, is_opaque, strict_json};
pub use json::{dumps, from_json, to_json};
pub(crate) use list::{List, list_of, slice};
pub use node::node_value;
pub(crate) use node::{NodeObject, graph};
pub(crate) use range::Range;
pub(crate) use record::Record;
pub(crate) use repr::{ascii, float_text, is_printable, repr, text};
pub(crate) use seed::SeedTable;
pub(crate) use set::Set;
pub(crate) use table::RowObject;
pub use table::{TableObject, cell_value};
pub(crate) use table_text::agate_type;
pub(crate) use view::View;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

/// An error with this text.
pub(crate) fn fail(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// What Python calls the value's type.
pub(crate) fn type_name(value: &Value) -> &'static str {
    if value.is_tuple() {
        return "tuple";
    }
    if value.downcast_object_ref::<Set>().is_some() {
        return "set";
    }
    if let Some(name) = crate::jinja::modules::type_name(value) {
        return name;
    }
    match value.kind() {
        ValueKind::Undefined => "Undefined",
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq => "list",
        ValueKind::Iterable => "generator",
        ValueKind::Map => "dict",
        _ => "object",
    }
}

/// Fails where Python could not use the value as a key of a dict or an item of a set.
pub(crate) fn hashable(value: &Value) -> Result<(), Error> {
    let changes = value.downcast_object_ref::<List>().is_some()
        || value.downcast_object_ref::<Dict>().is_some()
        || value.downcast_object_ref::<Set>().is_some();
    if changes {
        return Err(fail(format!("unhashable type: '{}'", type_name(value))));
    }
    Ok(())
}

/// The items of an iterable as Python's `iter()` takes them: a string's characters, a dict's keys.
pub(crate) fn iterated(value: &Value) -> Result<Vec<Value>, Error> {
    if let Some(text) = value.as_str() {
        return Ok(text.chars().map(|c| Value::from(c.to_string())).collect());
    }
    let refused = || fail(format!("'{}' object is not iterable", type_name(value)));
    if value.is_none() {
        return Err(refused());
    }
    match value.try_iter() {
        Ok(items) => Ok(items.collect()),
        Err(_) => Err(refused()),
    }
}
