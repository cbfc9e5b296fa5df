//! Values as Python has them: lists and dicts that can be changed, sets, results of queries, nodes.

mod args;
mod dict;
mod json;
mod list;
mod node;
mod set;
mod table;

pub(crate) use args::Args;
pub(crate) use dict::{Dict, read_method as dict_read};
pub use json::{dumps, from_json, to_json};
pub(crate) use json::{is_opaque, strict_json};
pub(crate) use list::{List, list_of, slice};
pub use node::node_value;
pub(crate) use node::{NodeObject, graph};
pub(crate) use set::Set;
pub(crate) use table::RowObject;
pub use table::{TableObject, cell_value};

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

/// A float as Python's `str()` writes it.
pub(crate) fn float_text(float: f64) -> String {
    let size = float.abs();
    if float.is_finite() && size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{float:e}");
        if let Some((digits, exponent)) = text.split_once('e')
            && let Ok(exponent) = exponent.parse::<i32>()
        {
            let sign = if exponent < 0 { '-' } else { '+' };
            return format!("{digits}e{sign}{:02}", exponent.abs());
        }
    }
    Value::from(float).to_string()
}
