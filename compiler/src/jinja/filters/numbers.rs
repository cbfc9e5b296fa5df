//! Filters of numbers.

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, Value};

use super::filter;
use crate::jinja::operators;
use crate::jinja::values::{fail, type_name};

pub(super) fn add(environment: &mut Environment<'static>) {
    filter(environment, "int", |_, args| {
        let value = defined(args.need(0, "value")?)?;
        let base = args
            .get(2, "base")
            .and_then(|base| base.as_i64())
            .unwrap_or(10);
        Ok(integer(&value, base)
            .or_else(|| args.get(1, "default"))
            .unwrap_or_else(|| Value::from(0)))
    });
    filter(environment, "float", |_, args| {
        let value = defined(args.need(0, "value")?)?;
        Ok(float(&value)
            .map(Value::from)
            .or_else(|| args.get(1, "default"))
            .unwrap_or_else(|| Value::from(0.0)))
    });
    filter(environment, "abs", |_, args| {
        let value = args.need(0, "value")?;
        if value.kind() == ValueKind::Number && !value.is_integer() {
            return Ok(Value::from(f64::try_from(value)?.abs()));
        }
        match operators::compare("<", &value, &zero(&value)) {
            Ok(true) => operators::negate(&value),
            Ok(false) if value.kind() == ValueKind::Bool => operators::positive(&value),
            Ok(false) => Ok(value),
            Err(_) => Err(fail(format!(
                "bad operand type for abs(): '{}'",
                type_name(&value)
            ))),
        }
    });
    filter(environment, "round", |_, args| {
        let value = args.need(0, "value")?;
        let precision = args.get(1, "precision").unwrap_or_else(|| Value::from(0));
        let precision = precision
            .as_i64()
            .and_then(|precision| i32::try_from(precision).ok())
            .ok_or_else(|| fail("round wants an integer as its precision"))?;
        let method = args
            .maybe_text(2, "method")
            .unwrap_or_else(|| "common".to_owned());
        rounded(&value, precision, &method)
    });
}

/// What a value is compared with to know its sign.
fn zero(value: &Value) -> Value {
    operators::subtract(value, value).unwrap_or_else(|_| Value::from(0))
}

fn defined(value: Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(fail("an undefined value is no number"));
    }
    Ok(value)
}

fn rounded(value: &Value, precision: i32, method: &str) -> Result<Value, Error> {
    if !matches!(method, "common" | "ceil" | "floor") {
        return Err(fail("method must be common, ceil or floor"));
    }
    let whole = value.kind() == ValueKind::Bool || value.is_integer();
    let number = match value.kind() {
        ValueKind::Bool => f64::from(u8::from(value.is_true())),
        ValueKind::Number => f64::try_from(value.clone())?,
        _ => {
            return Err(fail(format!(
                "type '{}' cannot be rounded",
                type_name(value)
            )));
        }
    };
    let scale = 10_f64.powi(precision);
    Ok(match method {
        "ceil" => Value::from((number * scale).ceil() / scale),
        "floor" => Value::from((number * scale).floor() / scale),
        _ if whole && precision >= 0 => operators::positive(value)?,
        _ if whole => {
            let rounded = (number * scale).round_ties_even() / scale;
            Value::from(rounded as i64)
        }
        // Rust's writing of a float rounds its exact value, as Python's `round` does.
        _ => match usize::try_from(precision) {
            Ok(digits) => Value::from(
                format!("{number:.digits$}")
                    .parse::<f64>()
                    .unwrap_or(number),
            ),
            Err(_) => Value::from((number * scale).round_ties_even() / scale),
        },
    })
}

fn integer(value: &Value, base: i64) -> Option<Value> {
    match value.kind() {
        ValueKind::Bool => Some(Value::from(i64::from(value.is_true()))),
        ValueKind::Number if value.is_integer() => Some(value.clone()),
        ValueKind::Number => truncated(f64::try_from(value.clone()).ok()?),
        ValueKind::String => {
            let text = value.as_str()?;
            integer_text(text, base).or_else(|| truncated(float(value)?))
        }
        _ => None,
    }
}

/// A float without its fraction, as far as 128 bits go.
fn truncated(float: f64) -> Option<Value> {
    float.is_finite().then(|| whole(float.trunc() as i128))
}

/// An integer in the form that small ones have everywhere else.
fn whole(integer: i128) -> Value {
    i64::try_from(integer).map_or_else(|_| Value::from(integer), Value::from)
}

/// What Python's `int(text, base)` reads; base 0 goes by the prefix.
fn integer_text(text: &str, base: i64) -> Option<Value> {
    let text = text.trim().to_lowercase();
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text.as_str()),
    };
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find(|(prefix, of)| digits.starts_with(prefix) && (base == *of || base == 0));
    let (digits, radix) = match prefixed {
        Some((_, radix)) => (&digits[2..], radix),
        None if base == 0 => (digits, 10),
        None => (digits, base),
    };
    let radix = u32::try_from(radix)
        .ok()
        .filter(|radix| (2..=36).contains(radix))?;
    let apart = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    if apart || digits.starts_with(['-', '+']) {
        return None;
    }
    let size = i128::from_str_radix(&digits.replace('_', ""), radix).ok()?;
    Some(whole(if negative { -size } else { size }))
}

fn float(value: &Value) -> Option<f64> {
    match value.kind() {
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        ValueKind::String => value.as_str()?.trim().replace('_', "").parse().ok(),
        _ => None,
    }
}
