//! Python's range.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, Value};

use super::{Args, fail, type_name};

/// Most integers that a range may hold: templates cannot use more in any time that a user would wait.
const MAX_LENGTH: i64 = 100_000;

/// Evenly spaced integers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    start: i64,
    stop: i64,
    step: i64,
}

impl Range {
    /// `range(stop)`, `range(start, stop)`, `range(start, stop, step)`.
    pub(crate) fn create(args: &Args<'_>) -> Result<Value, Error> {
        let integer = |value: &Value| {
            let whole = value.is_integer() || value.kind() == minijinja::value::ValueKind::Bool;
            value.as_i64().filter(|_| whole).ok_or_else(|| {
                fail(format!(
                    "'{}' object cannot be interpreted as an integer",
                    type_name(value)
                ))
            })
        };
        let range = match args.positional {
            [stop] => Self {
                start: 0,
                stop: integer(stop)?,
                step: 1,
            },
            [start, stop] => Self {
                start: integer(start)?,
                stop: integer(stop)?,
                step: 1,
            },
            [start, stop, step] => Self {
                start: integer(start)?,
                stop: integer(stop)?,
                step: integer(step)?,
            },
            _ => return Err(fail("range() takes one to three integers")),
        };
        if range.step == 0 {
            return Err(fail("range() arg 3 must not be zero"));
        }
        if range.length() > MAX_LENGTH {
            return Err(fail(format!(
                "the range is too big: more than {MAX_LENGTH} items"
            )));
        }
        Ok(Value::from_object(range))
    }

    fn length(self) -> i64 {
        let span = if self.step > 0 {
            self.stop.saturating_sub(self.start)
        } else {
            self.start.saturating_sub(self.stop)
        };
        let step = self.step.saturating_abs();
        (span.max(0)).saturating_add(step - 1) / step
    }

    fn at(self, place: i64) -> Value {
        Value::from(self.start + place * self.step)
    }
}

impl Object for Range {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let place = key.as_i64()?;
        let place = if place < 0 {
            self.length() + place
        } else {
            place
        };
        (0..self.length()).contains(&place).then(|| self.at(place))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values((0..self.length()).map(|place| self.at(place)).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        usize::try_from(self.length()).ok()
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "range({}, {}", self.start, self.stop)?;
        if self.step != 1 {
            write!(f, ", {}", self.step)?;
        }
        f.write_str(")")
    }
}
