//! Operators of dates, moments, times and the spans between them. `None` where the values are something else.

use std::cmp::Ordering;

use chrono::Duration;
use minijinja::{Error, Value};

use super::{Clock, Day, Moment, Span};
use crate::jinja::values::fail;

/// `a + b` where one is a date or moment and the other a timedelta.
pub(crate) fn add(a: &Value, b: &Value) -> Option<Value> {
    let (base, span) = match b.downcast_object_ref::<Span>() {
        Some(span) => (a, span),
        None => (b, a.downcast_object_ref::<Span>()?),
    };
    shift(base, span.0)
}

/// `a - b` of dates, moments and timedeltas.
pub(crate) fn subtract(a: &Value, b: &Value) -> Option<Value> {
    if let Some(span) = b.downcast_object_ref::<Span>() {
        return shift(a, -span.0);
    }
    if let (Some(a), Some(b)) = (
        a.downcast_object_ref::<Moment>(),
        b.downcast_object_ref::<Moment>(),
    ) {
        return Some(Value::from_object(Span(a.utc() - b.utc())));
    }
    let (a, b) = (
        a.downcast_object_ref::<Day>()?,
        b.downcast_object_ref::<Day>()?,
    );
    Some(Value::from_object(Span(a.0 - b.0)))
}

fn shift(base: &Value, span: Duration) -> Option<Value> {
    if let Some(moment) = base.downcast_object_ref::<Moment>() {
        let local = moment.local.checked_add_signed(span)?;
        return Some(Value::from_object(Moment {
            local,
            zone: moment.zone,
        }));
    }
    if let Some(day) = base.downcast_object_ref::<Day>() {
        return Some(Value::from_object(Day(day
            .0
            .checked_add_signed(Duration::days(span.num_days()))?)));
    }
    let other = base.downcast_object_ref::<Span>()?;
    Some(Value::from_object(Span(other.0.checked_add(&span)?)))
}

/// How two of one class compare.
pub(crate) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (
        a.downcast_object_ref::<Moment>(),
        b.downcast_object_ref::<Moment>(),
    ) {
        return Some(a.utc().cmp(&b.utc()));
    }
    if let (Some(a), Some(b)) = (
        a.downcast_object_ref::<Day>(),
        b.downcast_object_ref::<Day>(),
    ) {
        return Some(a.0.cmp(&b.0));
    }
    if let (Some(a), Some(b)) = (
        a.downcast_object_ref::<Clock>(),
        b.downcast_object_ref::<Clock>(),
    ) {
        return Some(a.0.cmp(&b.0));
    }
    let (a, b) = (
        a.downcast_object_ref::<Span>()?,
        b.downcast_object_ref::<Span>()?,
    );
    Some(a.0.cmp(&b.0))
}

fn micros(span: &Span) -> f64 {
    span.0.num_microseconds().unwrap_or(i64::MAX) as f64
}

fn span_of(micros: f64) -> Result<Value, Error> {
    if micros.abs() > 8.64e19 {
        return Err(fail("the timedelta is too long"));
    }
    Ok(Value::from_object(Span(Duration::microseconds(
        micros.round_ties_even() as i64,
    ))))
}

fn number(value: &Value) -> Option<f64> {
    f64::try_from(value.clone())
        .ok()
        .filter(|_| value.is_number())
}

/// `a * b` of a span and a number.
pub(crate) fn multiply(a: &Value, b: &Value) -> Option<Result<Value, Error>> {
    let (span, factor) = match a.downcast_object_ref::<Span>() {
        Some(span) => (span, number(b)?),
        None => (b.downcast_object_ref::<Span>()?, number(a)?),
    };
    Some(span_of(micros(span) * factor))
}

/// `a / b` of a span and a number, or of two spans.
pub(crate) fn divide(a: &Value, b: &Value) -> Option<Result<Value, Error>> {
    let span = a.downcast_object_ref::<Span>()?;
    let other = b.downcast_object_ref::<Span>();
    let divisor = other.map_or_else(|| number(b), |other| Some(micros(other)))?;
    if divisor == 0.0 {
        return Some(Err(fail("division by zero")));
    }
    let quotient = micros(span) / divisor;
    Some(match other {
        Some(_) => Ok(Value::from(quotient)),
        None => span_of(quotient),
    })
}

/// `a // b` of a span and a number, or of two spans.
pub(crate) fn floor_divide(a: &Value, b: &Value) -> Option<Result<Value, Error>> {
    let span = a.downcast_object_ref::<Span>()?;
    let other = b.downcast_object_ref::<Span>();
    let divisor = other.map_or_else(|| number(b), |other| Some(micros(other)))?;
    if divisor == 0.0 {
        return Some(Err(fail("integer division or modulo by zero")));
    }
    let quotient = (micros(span) / divisor).floor();
    Some(match other {
        Some(_) => Ok(Value::from(quotient as i64)),
        None => span_of(quotient),
    })
}

/// `a % b` of two spans.
pub(crate) fn remainder(a: &Value, b: &Value) -> Option<Result<Value, Error>> {
    let (span, other) = (
        a.downcast_object_ref::<Span>()?,
        b.downcast_object_ref::<Span>()?,
    );
    if other.0.is_zero() {
        return Some(Err(fail("integer division or modulo by zero")));
    }
    let (size, unit) = (micros(span), micros(other));
    Some(span_of(size - (size / unit).floor() * unit))
}
