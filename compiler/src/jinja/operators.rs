//! `+`, `-` and `%` as Python has them.

use minijinja::formatting::{FormatStyle, format};
use minijinja::value::{Kwargs, ObjectRepr, Tuple, ValueKind};
use minijinja::{Error, Value};

use super::macro_object::Anything;
use super::modules;
use super::values::{Dict, Set, fail, list_of, type_name};

fn unsupported(operator: &str, a: &Value, b: &Value) -> Error {
    let name = |value: &Value| {
        if value.is_undefined() {
            "Undefined"
        } else {
            type_name(value)
        }
    };
    fail(format!(
        "unsupported operand type(s) for {operator}: '{}' and '{}'",
        name(a),
        name(b)
    ))
}

fn is_anything(value: &Value) -> bool {
    value.downcast_object_ref::<Anything>().is_some()
}

/// Numbers, where both are numbers or truth values.
enum Pair {
    Integers(i128, i128),
    Floats(f64, f64),
}

fn numbers(a: &Value, b: &Value) -> Option<Pair> {
    let numeric = |value: &Value| value.is_number() || value.kind() == ValueKind::Bool;
    if !numeric(a) || !numeric(b) {
        return None;
    }
    let integer = |value: &Value| match value.kind() {
        ValueKind::Bool => Some(i128::from(value.is_true())),
        _ if value.is_integer() => i128::try_from(value.clone()).ok(),
        _ => None,
    };
    let float = |value: &Value| match integer(value) {
        Some(integer) => Some(integer as f64),
        None => f64::try_from(value.clone()).ok(),
    };
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => Some(Pair::Integers(a, b)),
        _ => Some(Pair::Floats(float(a)?, float(b)?)),
    }
}

fn integer(value: Option<i128>) -> Result<Value, Error> {
    let value = value.ok_or_else(|| fail("the result is too large an integer"))?;
    Ok(i64::try_from(value).map_or_else(|_| Value::from(value), Value::from))
}

/// `a + b`.
pub(crate) fn add(a: &Value, b: &Value) -> Result<Value, Error> {
    if let (Some(left), Some(right)) = (a.as_str(), b.as_str()) {
        return Ok(Value::from([left, right].concat()));
    }
    match numbers(a, b) {
        Some(Pair::Integers(left, right)) => return integer(left.checked_add(right)),
        Some(Pair::Floats(left, right)) => return Ok(Value::from(left + right)),
        None => {}
    }
    if is_anything(a) || is_anything(b) {
        return Ok(Value::from_object(Anything));
    }
    if a.is_tuple() && b.is_tuple() {
        return Ok(Value::from(Tuple::new(
            a.try_iter()?.chain(b.try_iter()?).collect(),
        )));
    }
    if is_sequence(a) && is_sequence(b) {
        return Ok(list_of(a.try_iter()?.chain(b.try_iter()?)));
    }
    if let Some(sum) = modules::add(a, b) {
        return Ok(sum);
    }
    if a.as_str().is_some() && !b.is_undefined() {
        return Err(fail(format!(
            "can only concatenate str (not \"{}\") to str",
            type_name(b)
        )));
    }
    Err(unsupported("+", a, b))
}

fn is_sequence(value: &Value) -> bool {
    !value.is_tuple()
        && value
            .as_object()
            .is_some_and(|object| matches!(object.repr(), ObjectRepr::Seq | ObjectRepr::Iterable))
        && value.downcast_object_ref::<Set>().is_none()
}

/// `a - b`.
pub(crate) fn subtract(a: &Value, b: &Value) -> Result<Value, Error> {
    match numbers(a, b) {
        Some(Pair::Integers(left, right)) => return integer(left.checked_sub(right)),
        Some(Pair::Floats(left, right)) => return Ok(Value::from(left - right)),
        None => {}
    }
    if is_anything(a) || is_anything(b) {
        return Ok(Value::from_object(Anything));
    }
    if let (Some(left), Some(_)) = (
        a.downcast_object_ref::<Set>(),
        b.downcast_object_ref::<Set>(),
    ) {
        let right: Vec<Value> = b.try_iter()?.collect();
        let _ = left;
        return Set::from_iterable(&list_of(a.try_iter()?.filter(|item| !right.contains(item))));
    }
    modules::subtract(a, b).ok_or_else(|| unsupported("-", a, b))
}

/// `a % b`: the remainder, or formatting where `a` is a string.
pub(crate) fn modulo(a: &Value, b: &Value) -> Result<Value, Error> {
    if let Some(text) = a.as_str() {
        let args: Vec<Value> = if b.is_tuple() {
            b.try_iter()?.collect()
        } else if b.kind() == ValueKind::Map && b.downcast_object_ref::<Dict>().is_some() {
            let pairs = Dict::pairs_of(b)?
                .into_iter()
                .map(|(key, value)| (key.to_string(), value));
            vec![pairs.collect::<Kwargs>().into()]
        } else {
            vec![b.clone()]
        };
        return format(FormatStyle::Printf, text, &args).map(Value::from);
    }
    match numbers(a, b) {
        Some(Pair::Integers(_, 0)) => Err(fail("integer modulo by zero")),
        Some(Pair::Integers(left, right)) => {
            let remainder = left.rem_euclid(right.abs());
            integer(Some(if right < 0 && remainder != 0 {
                remainder + right
            } else {
                remainder
            }))
        }
        Some(Pair::Floats(_, 0.0)) => Err(fail("float modulo by zero")),
        Some(Pair::Floats(left, right)) => {
            let remainder = left % right;
            Ok(Value::from(
                if remainder != 0.0 && (remainder < 0.0) != (right < 0.0) {
                    remainder + right
                } else {
                    remainder
                },
            ))
        }
        None => Err(unsupported("%", a, b)),
    }
}
