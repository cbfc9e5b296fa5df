//! Python's operators: arithmetic, order, membership, concatenation.

use std::cmp::Ordering;

use minijinja::value::{ObjectRepr, Tuple, ValueKind};
use minijinja::{Error, Value};

use super::format;
use super::macro_object::Anything;
use super::modules;
use super::values::{List, Set, fail, list_of, text, type_name};

/// Longest string and list that multiplying makes.
const MAX_REPEATED: usize = 10_000_000;

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
    if let Some(template) = a.as_str() {
        return format::percent(template, b).map(Value::from);
    }
    if let Some(rest) = modules::remainder(a, b) {
        return rest;
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

fn either_is_anything(a: &Value, b: &Value) -> Option<Value> {
    (is_anything(a) || is_anything(b)).then(|| Value::from_object(Anything))
}

/// `a * b`.
pub(crate) fn multiply(a: &Value, b: &Value) -> Result<Value, Error> {
    match numbers(a, b) {
        Some(Pair::Integers(left, right)) => return integer(left.checked_mul(right)),
        Some(Pair::Floats(left, right)) => return Ok(Value::from(left * right)),
        None => {}
    }
    if let Some(anything) = either_is_anything(a, b) {
        return Ok(anything);
    }
    if let Some(scaled) = modules::multiply(a, b) {
        return scaled;
    }
    let whole = |value: &Value| value.is_integer() || value.kind() == ValueKind::Bool;
    let (repeated, count) = if whole(b) { (a, b) } else { (b, a) };
    let times = count
        .as_i64()
        .filter(|_| whole(count))
        .map(|times| usize::try_from(times).unwrap_or(0));
    let Some(times) = times else {
        return Err(unsupported("*", a, b));
    };
    let fits = |length: usize| match length.checked_mul(times) {
        Some(total) if total <= MAX_REPEATED => Ok(()),
        _ => Err(fail("the repeated value is too long")),
    };
    if let Some(text) = repeated.as_str() {
        fits(text.len())?;
        return Ok(Value::from(text.repeat(times)));
    }
    if !repeated.is_tuple() && repeated.downcast_object_ref::<List>().is_none() {
        return Err(unsupported("*", a, b));
    }
    let items: Vec<Value> = repeated.try_iter()?.collect();
    fits(items.len())?;
    let all = items.iter().cycle().take(items.len() * times).cloned();
    Ok(if repeated.is_tuple() {
        Value::from(Tuple::new(all.collect()))
    } else {
        list_of(all)
    })
}

/// `a / b`.
pub(crate) fn divide(a: &Value, b: &Value) -> Result<Value, Error> {
    let by_zero = || Err(fail("division by zero"));
    match numbers(a, b) {
        Some(Pair::Integers(_, 0) | Pair::Floats(_, 0.0)) => return by_zero(),
        Some(Pair::Integers(left, right)) => return Ok(Value::from(left as f64 / right as f64)),
        Some(Pair::Floats(left, right)) => return Ok(Value::from(left / right)),
        None => {}
    }
    if let Some(anything) = either_is_anything(a, b) {
        return Ok(anything);
    }
    modules::divide(a, b).unwrap_or_else(|| Err(unsupported("/", a, b)))
}

/// `a // b`.
pub(crate) fn floor_divide(a: &Value, b: &Value) -> Result<Value, Error> {
    let by_zero = || Err(fail("integer division or modulo by zero"));
    match numbers(a, b) {
        Some(Pair::Integers(_, 0) | Pair::Floats(_, 0.0)) => return by_zero(),
        Some(Pair::Integers(left, right)) => {
            let down = left % right != 0 && (left < 0) != (right < 0);
            return integer((left / right).checked_sub(i128::from(down)));
        }
        Some(Pair::Floats(left, right)) => return Ok(Value::from((left / right).floor())),
        None => {}
    }
    if let Some(anything) = either_is_anything(a, b) {
        return Ok(anything);
    }
    modules::floor_divide(a, b).unwrap_or_else(|| Err(unsupported("//", a, b)))
}

/// `-a`.
pub(crate) fn negate(a: &Value) -> Result<Value, Error> {
    match numbers(a, a) {
        Some(Pair::Integers(number, _)) => return integer(number.checked_neg()),
        Some(Pair::Floats(number, _)) => return Ok(Value::from(-number)),
        None => {}
    }
    if is_anything(a) {
        return Ok(a.clone());
    }
    modules::multiply(a, &Value::from(-1)).unwrap_or_else(|| {
        Err(fail(format!(
            "bad operand type for unary -: '{}'",
            type_name(a)
        )))
    })
}

/// `+a`.
pub(crate) fn positive(a: &Value) -> Result<Value, Error> {
    match numbers(a, a) {
        Some(Pair::Integers(number, _)) => integer(Some(number)),
        Some(Pair::Floats(number, _)) => Ok(Value::from(number)),
        None => Err(fail(format!(
            "bad operand type for unary +: '{}'",
            type_name(a)
        ))),
    }
}

/// `a ~ b`.
pub(crate) fn concatenate(a: &Value, b: &Value) -> Value {
    Value::from([text(a), text(b)].concat())
}

/// `a in b`.
pub(crate) fn contains(a: &Value, b: &Value) -> Result<bool, Error> {
    if let Some(text) = b.as_str() {
        return match a.as_str() {
            Some(part) => Ok(text.contains(part)),
            None => Err(fail(format!(
                "'in <string>' requires string as left operand, not {}",
                type_name(a)
            ))),
        };
    }
    if b.is_undefined() {
        return Ok(false);
    }
    let refused = || {
        fail(format!(
            "argument of type '{}' is not iterable",
            type_name(b)
        ))
    };
    let object = b.as_object().ok_or_else(refused)?;
    match object.repr() {
        ObjectRepr::Map => Ok(object.get_value(a).is_some()),
        ObjectRepr::Plain if object.try_iter().is_none() => Err(refused()),
        _ => Ok(b.try_iter()?.any(|item| item == *a)),
    }
}

/// How `a` and `b` compare by `operator`; `None` where neither comes first. An error where Python knows no order.
pub(crate) fn order(operator: &str, a: &Value, b: &Value) -> Result<Option<Ordering>, Error> {
    match numbers(a, b) {
        Some(Pair::Integers(left, right)) => return Ok(Some(left.cmp(&right))),
        Some(Pair::Floats(left, right)) => return Ok(left.partial_cmp(&right)),
        None => {}
    }
    if let (Some(left), Some(right)) = (a.as_str(), b.as_str()) {
        return Ok(Some(left.cmp(right)));
    }
    if is_anything(a) || is_anything(b) {
        return Ok(None);
    }
    if let Some(found) = modules::order(a, b) {
        return Ok(Some(found));
    }
    if let (Some(left), Some(right)) = (
        a.downcast_object_ref::<Set>(),
        b.downcast_object_ref::<Set>(),
    ) {
        return Ok(left.order(right));
    }
    let lists =
        a.downcast_object_ref::<List>().is_some() && b.downcast_object_ref::<List>().is_some();
    let tuples = a.is_tuple() && b.is_tuple();
    if !lists && !tuples {
        return Err(fail(format!(
            "'{operator}' not supported between instances of '{}' and '{}'",
            type_name(a),
            type_name(b)
        )));
    }
    let (left, right): (Vec<Value>, Vec<Value>) =
        (a.try_iter()?.collect(), b.try_iter()?.collect());
    match left.iter().zip(&right).find(|(left, right)| left != right) {
        Some((left, right)) => order(operator, left, right),
        None => Ok(Some(left.len().cmp(&right.len()))),
    }
}

/// `a < b` and its kin.
pub(crate) fn compare(operator: &str, a: &Value, b: &Value) -> Result<bool, Error> {
    let found = order(operator, a, b)?;
    Ok(found.is_some_and(|found| match operator {
        "<" => found.is_lt(),
        "<=" => found.is_le(),
        ">" => found.is_gt(),
        _ => found.is_ge(),
    }))
}

/// Values in the order of their keys; those with equal keys stay as they stand.
pub(crate) fn sorted(mut keyed: Vec<(Value, Value)>, reverse: bool) -> Result<Vec<Value>, Error> {
    let mut wrong = None;
    keyed.sort_by(|(a, _), (b, _)| {
        let (a, b) = if reverse { (b, a) } else { (a, b) };
        if a == b {
            return Ordering::Equal;
        }
        order("<", a, b)
            .unwrap_or_else(|error| {
                wrong.get_or_insert(error);
                None
            })
            .unwrap_or(Ordering::Equal)
    });
    match wrong {
        Some(error) => Err(error),
        None => Ok(keyed.into_iter().map(|(_, value)| value).collect()),
    }
}
