//! pytz: time zones by name.

use std::fmt;
use std::sync::Arc;

use chrono::{FixedOffset, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use minijinja::value::Object;
use minijinja::{Error, ErrorKind, State, Value};

use super::datetime::Moment;
use crate::jinja::values::{Args, fail, no_method};

/// A time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// A zone of the tz database.
    Named(Tz),
    /// So many seconds east of UTC.
    Fixed(i32),
}

impl Zone {
    pub(super) const UTC: Self = Self::Named(Tz::UTC);

    /// The offset at a moment in UTC.
    pub(super) fn offset_at(self, utc: NaiveDateTime) -> FixedOffset {
        match self {
            Self::Named(zone) => zone.offset_from_utc_datetime(&utc).fix(),
            Self::Fixed(seconds) => fixed(seconds),
        }
    }

    /// The offset at a moment on the zone's own clock; the earlier one where the clock shows it twice.
    pub(super) fn offset_of_local(self, local: NaiveDateTime) -> FixedOffset {
        match self {
            Self::Named(zone) => zone
                .offset_from_local_datetime(&local)
                .earliest()
                .map_or_else(
                    || zone.offset_from_utc_datetime(&local).fix(),
                    |offset| offset.fix(),
                ),
            Self::Fixed(seconds) => fixed(seconds),
        }
    }

    /// The abbreviation, such as `UTC` or `EST`.
    pub(super) fn abbreviation(self, utc: NaiveDateTime) -> String {
        match self {
            Self::Named(zone) => zone.from_utc_datetime(&utc).format("%Z").to_string(),
            Self::Fixed(0) => "UTC".to_owned(),
            Self::Fixed(seconds) => format!("UTC{}", fixed(seconds)),
        }
    }
}

fn fixed(seconds: i32) -> FixedOffset {
    FixedOffset::east_opt(seconds).unwrap_or_else(|| Offset::fix(&chrono::Utc))
}

/// A time zone as macros see it.
#[derive(Debug)]
pub(super) struct ZoneObject(pub(super) Zone);

impl Object for ZoneObject {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str() == Some("zone")).then(|| Value::from(self.to_text()))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        match method {
            "localize" => {
                let moment = args.need(0, "dt")?;
                let moment = moment
                    .downcast_object_ref::<Moment>()
                    .ok_or_else(|| fail("localize() wants a datetime"))?;
                Ok(Value::from_object(Moment {
                    local: moment.local,
                    zone: Some(self.0),
                }))
            }
            "normalize" => {
                let moment = args.need(0, "dt")?;
                let moment = moment
                    .downcast_object_ref::<Moment>()
                    .ok_or_else(|| fail("normalize() wants a datetime"))?;
                Ok(Value::from_object(moment.in_zone(self.0)))
            }
            _ => Err(no_method("a time zone", method)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl ZoneObject {
    fn to_text(&self) -> String {
        match self.0 {
            Zone::Named(zone) => zone.name().to_owned(),
            Zone::Fixed(seconds) => format!("UTC{}", fixed(seconds)),
        }
    }
}

#[derive(Debug)]
struct Pytz;

/// `modules.pytz`.
pub(super) fn module() -> Value {
    Value::from_object(Pytz)
}

impl Object for Pytz {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "utc" | "UTC" => Some(Value::from_object(ZoneObject(Zone::UTC))),
            _ => None,
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        match method {
            "timezone" => {
                let name = args.text(0, "zone")?;
                let zone = chrono_tz::TZ_VARIANTS
                    .iter()
                    .find(|zone| zone.name().eq_ignore_ascii_case(&name));
                let zone =
                    zone.ok_or_else(|| fail(format!("there is no time zone named '{name}'")))?;
                Ok(Value::from_object(ZoneObject(Zone::Named(*zone))))
            }
            "FixedOffset" => {
                let minutes = args.need(0, "offset")?.as_i64().unwrap_or(0);
                Ok(Value::from_object(ZoneObject(Zone::Fixed(
                    (minutes * 60) as i32,
                ))))
            }
            _ => Err(Error::new(
                ErrorKind::UnknownMethod,
                format!("pytz has no function '{method}'"),
            )),
        }
    }
}
