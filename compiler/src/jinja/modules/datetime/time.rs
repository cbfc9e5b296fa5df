//! `datetime.time`: a time of day.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use minijinja::value::{DynObject, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::formatted;
use crate::jinja::values::{Args, fail, no_method};

/// A time of day, without a zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Clock(pub(super) NaiveTime);

impl Clock {
    /// `time(hour, minute, second, microsecond)`.
    pub(super) fn create(args: &Args<'_>) -> Result<Value, Error> {
        Self(NaiveTime::MIN).changed(args)
    }

    fn changed(self, args: &Args<'_>) -> Result<Value, Error> {
        let part = |index: usize, name: &str, current: u32| match args.get(index, name) {
            None => Ok(current),
            Some(value) => value
                .as_usize()
                .and_then(|value| u32::try_from(value).ok())
                .ok_or_else(|| fail(format!("the {name} must be an integer"))),
        };
        let time = NaiveTime::from_hms_micro_opt(
            part(0, "hour", self.0.hour())?,
            part(1, "minute", self.0.minute())?,
            part(2, "second", self.0.second())?,
            part(3, "microsecond", self.0.nanosecond() / 1000)?,
        );
        time.map(|time| Value::from_object(Self(time)))
            .ok_or_else(|| fail("there is no such time"))
    }

    /// A time in ISO 8601.
    pub(super) fn parse(text: &str) -> Option<Self> {
        ["%H:%M:%S%.f", "%H:%M", "%H"]
            .iter()
            .find_map(|pattern| NaiveTime::parse_from_str(text, pattern).ok())
            .map(Self)
    }

    /// This time on the day that Python writes it by.
    pub(super) fn moment(self) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(1900, 1, 1)
            .unwrap_or_default()
            .and_time(self.0)
    }
}

impl Object for Clock {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(Value::from(match key.as_str()? {
            "hour" => self.0.hour(),
            "minute" => self.0.minute(),
            "second" => self.0.second(),
            "microsecond" => self.0.nanosecond() / 1000,
            "tzinfo" => return Some(Value::from(())),
            _ => return None,
        }))
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        other
            .downcast_ref::<Self>()
            .map(|other| self.0.cmp(&other.0))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        match method {
            "strftime" => formatted(self.moment(), None, &args.text(0, "format")?).map(Value::from),
            "isoformat" => Ok(Value::from(
                Value::from_dyn_object(Arc::clone(self)).to_string(),
            )),
            "replace" => self.changed(&args),
            _ => Err(no_method("a time", method)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%H:%M:%S"))?;
        match self.0.nanosecond() / 1000 {
            0 => Ok(()),
            micros => write!(f, ".{micros:06}"),
        }
    }
}
