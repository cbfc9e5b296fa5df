//! datetime: dates, moments and the time between them.

use std::cmp::Ordering;
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use minijinja::value::{DynObject, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::pytz::{Zone, ZoneObject};
use crate::jinja::values::{Args, fail};

/// `datetime.datetime`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moment {
    pub(super) local: NaiveDateTime,
    pub(super) zone: Option<Zone>,
}

/// `datetime.date`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Day(NaiveDate);

/// `datetime.timedelta`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span(Duration);

/// A date of the form `YYYY-MM-DD`.
pub(crate) fn date_value(text: &str) -> Option<Value> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .map(|date| Value::from_object(Day(date)))
}

/// A timestamp in ISO 8601.
pub(crate) fn timestamp_value(text: &str) -> Option<Value> {
    parse_iso(text).map(Value::from_object)
}

/// A moment in UTC.
pub(crate) fn utc_value(moment: DateTime<Utc>) -> Value {
    Value::from_object(Moment {
        local: moment.naive_utc(),
        zone: Some(Zone::UTC),
    })
}

fn parse_iso(text: &str) -> Option<Moment> {
    let text = text.trim().replacen(' ', "T", 1);
    if let Ok(moment) = DateTime::parse_from_rfc3339(&text) {
        let seconds = moment.offset().local_minus_utc();
        let zone = if seconds == 0 {
            Zone::UTC
        } else {
            Zone::Fixed(seconds)
        };
        return Some(Moment {
            local: moment.naive_local(),
            zone: Some(zone),
        });
    }
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let found = formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok());
    let found = found.or_else(|| {
        NaiveDate::parse_from_str(&text, "%Y-%m-%d")
            .ok()?
            .and_hms_opt(0, 0, 0)
    });
    found.map(|local| Moment { local, zone: None })
}

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

fn formatted(local: NaiveDateTime, zone: Option<Zone>, pattern: &str) -> Result<Value, Error> {
    // Python's names for what chrono calls otherwise.
    let pattern = pattern.replace("%f", "%6f");
    let utc = zone.map(|zone| {
        local - Duration::seconds(i64::from(zone.offset_of_local(local).local_minus_utc()))
    });
    let pattern = match (zone, utc) {
        (Some(zone), Some(utc)) => {
            let seconds = zone.offset_of_local(local).local_minus_utc();
            let sign = if seconds < 0 { '-' } else { '+' };
            let offset = format!(
                "{sign}{:02}{:02}",
                seconds.abs() / 3600,
                seconds.abs() / 60 % 60
            );
            pattern
                .replace("%z", &offset)
                .replace("%Z", &zone.abbreviation(utc))
        }
        _ => pattern.replace("%z", "").replace("%Z", ""),
    };
    let items: Vec<Item<'_>> = StrftimeItems::new(&pattern).collect();
    if items.contains(&Item::Error) {
        return Err(fail(format!(
            "strftime() does not know this pattern: {pattern}"
        )));
    }
    Ok(Value::from(
        local.format_with_items(items.iter()).to_string(),
    ))
}

impl Moment {
    fn utc(&self) -> NaiveDateTime {
        match self.zone {
            Some(zone) => {
                let seconds = zone.offset_of_local(self.local).local_minus_utc();
                self.local - Duration::seconds(i64::from(seconds))
            }
            None => self.local,
        }
    }

    pub(super) fn in_zone(&self, zone: Zone) -> Self {
        let utc = self.utc();
        let seconds = zone.offset_at(utc).local_minus_utc();
        Self {
            local: utc + Duration::seconds(i64::from(seconds)),
            zone: Some(zone),
        }
    }

    fn text(&self, separator: char) -> String {
        let mut text = self
            .local
            .format(&format!("%Y-%m-%d{separator}%H:%M:%S"))
            .to_string();
        let micros = self.local.nanosecond() / 1000;
        if micros > 0 {
            let _ = write!(text, ".{micros:06}");
        }
        if let Some(zone) = self.zone {
            let seconds = zone.offset_of_local(self.local).local_minus_utc();
            let sign = if seconds < 0 { '-' } else { '+' };
            let _ = write!(
                text,
                "{sign}{:02}:{:02}",
                seconds.abs() / 3600,
                seconds.abs() / 60 % 60
            );
        }
        text
    }

    fn replace(&self, args: &Args<'_>) -> Result<Self, Error> {
        let part = |index: usize, name: &str, current: u32| {
            args.get(index, name)
                .and_then(|value| value.as_usize())
                .map_or(current, |value| value as u32)
        };
        let local = &self.local;
        let year = args
            .get(0, "year")
            .and_then(|value| value.as_i64())
            .map_or(local.year(), |year| year as i32);
        let date = NaiveDate::from_ymd_opt(
            year,
            part(1, "month", local.month()),
            part(2, "day", local.day()),
        );
        let micros = part(6, "microsecond", local.nanosecond() / 1000);
        let replaced = date.and_then(|date| {
            let (hour, minute) = (
                part(3, "hour", local.hour()),
                part(4, "minute", local.minute()),
            );
            date.and_hms_micro_opt(hour, minute, part(5, "second", local.second()), micros)
        });
        let zone = match args.get(7, "tzinfo") {
            Some(zone) if zone.is_none() => None,
            Some(zone) => zone.downcast_object_ref::<ZoneObject>().map(|zone| zone.0),
            None => self.zone,
        };
        Ok(Self {
            local: replaced.ok_or_else(|| fail("there is no such date"))?,
            zone,
        })
    }
}

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "year" => Value::from(self.local.year()),
            "month" => Value::from(self.local.month()),
            "day" => Value::from(self.local.day()),
            "hour" => Value::from(self.local.hour()),
            "minute" => Value::from(self.local.minute()),
            "second" => Value::from(self.local.second()),
            "microsecond" => Value::from(self.local.nanosecond() / 1000),
            "tzinfo" => self.zone.map_or_else(
                || Value::from(()),
                |zone| Value::from_object(ZoneObject(zone)),
            ),
            _ => return None,
        })
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        other
            .downcast_ref::<Self>()
            .map(|other| self.utc().cmp(&other.utc()))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        Ok(match method {
            "strftime" => formatted(self.local, self.zone, &args.text(0, "format")?)?,
            "isoformat" => {
                let separator = args
                    .maybe_text(0, "sep")
                    .and_then(|text| text.chars().next())
                    .unwrap_or('T');
                Value::from(self.text(separator))
            }
            "astimezone" => {
                let zone = match args.get(0, "tz").filter(|zone| !zone.is_none()) {
                    None => Zone::UTC,
                    Some(zone) => {
                        zone.downcast_object_ref::<ZoneObject>()
                            .ok_or_else(|| fail("astimezone() wants a time zone"))?
                            .0
                    }
                };
                Value::from_object(self.in_zone(zone))
            }
            "date" => Value::from_object(Day(self.local.date())),
            "replace" => Value::from_object(self.replace(&args)?),
            "timestamp" => Value::from(self.utc().and_utc().timestamp_micros() as f64 / 1e6),
            "weekday" => Value::from(self.local.weekday().num_days_from_monday()),
            "isoweekday" => Value::from(self.local.weekday().number_from_monday()),
            _ => return Err(unknown("a datetime", method)),
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(' '))
    }
}

impl Object for Day {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "year" => Value::from(self.0.year()),
            "month" => Value::from(self.0.month()),
            "day" => Value::from(self.0.day()),
            _ => return None,
        })
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
        let moment = Moment {
            local: self.0.and_time(NaiveTime::MIN),
            zone: None,
        };
        Ok(match method {
            "strftime" => formatted(moment.local, None, &args.text(0, "format")?)?,
            "isoformat" => Value::from(self.0.to_string()),
            "replace" => Value::from_object(Self(moment.replace(&args)?.local.date())),
            "weekday" => Value::from(self.0.weekday().num_days_from_monday()),
            "isoweekday" => Value::from(self.0.weekday().number_from_monday()),
            _ => return Err(unknown("a date", method)),
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Span {
    /// Whole days, rounded down, and the seconds and microseconds beyond, as Python keeps them.
    fn parts(&self) -> (i64, i64, i64) {
        let micros = self.0.num_microseconds().unwrap_or(i64::MAX);
        let day = 86_400_000_000;
        (
            micros.div_euclid(day),
            micros.rem_euclid(day) / 1_000_000,
            micros.rem_euclid(1_000_000),
        )
    }
}

impl Object for Span {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (days, seconds, micros) = self.parts();
        Some(Value::from(match key.as_str()? {
            "days" => days,
            "seconds" => seconds,
            "microseconds" => micros,
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
        _args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "total_seconds" => Ok(Value::from(
                self.0.num_microseconds().unwrap_or(i64::MAX) as f64 / 1e6,
            )),
            _ => Err(unknown("a timedelta", method)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds, micros) = self.parts();
        if days != 0 {
            write!(f, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" })?;
        }
        write!(
            f,
            "{}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )?;
        if micros > 0 {
            write!(f, ".{micros:06}")?;
        }
        Ok(())
    }
}

fn unknown(what: &str, method: &str) -> Error {
    Error::new(
        ErrorKind::UnknownMethod,
        format!("{what} has no method '{method}'"),
    )
}

/// A class of the module: callable, with its own functions.
#[derive(Debug)]
struct Class {
    name: &'static str,
    now: DateTime<Utc>,
}

/// `modules.datetime`.
pub(super) fn module(now: DateTime<Utc>) -> Value {
    Value::from_object(Class {
        name: "module",
        now,
    })
}

impl Class {
    fn function(&self, method: &str, args: &Args<'_>) -> Result<Value, Error> {
        let now = Moment {
            local: self.now.naive_utc(),
            zone: None,
        };
        Ok(match (self.name, method) {
            ("module", "datetime" | "date" | "timedelta") => return Self::make(method, args),
            ("datetime", "now") => {
                let zone = args.get(0, "tz");
                match zone
                    .as_ref()
                    .and_then(|zone| zone.downcast_object_ref::<ZoneObject>())
                {
                    Some(zone) => Value::from_object(now.in_zone(zone.0)),
                    None => Value::from_object(now),
                }
            }
            ("datetime", "utcnow" | "today") => Value::from_object(now),
            ("date", "today") => Value::from_object(Day(now.local.date())),
            ("datetime", "strptime") => {
                let (text, pattern) = (args.text(0, "date_string")?, args.text(1, "format")?);
                let chrono_pattern = pattern.replace(".%f", "%.f");
                let parsed = NaiveDateTime::parse_from_str(&text, &chrono_pattern)
                    .ok()
                    .or_else(|| {
                        NaiveDate::parse_from_str(&text, &chrono_pattern)
                            .ok()?
                            .and_hms_opt(0, 0, 0)
                    });
                let local = parsed.ok_or_else(|| {
                    fail(format!(
                        "time data '{text}' does not match format '{pattern}'"
                    ))
                })?;
                Value::from_object(Moment { local, zone: None })
            }
            ("datetime", "fromisoformat") => {
                let text = args.text(0, "date_string")?;
                timestamp_value(&text)
                    .ok_or_else(|| fail(format!("invalid isoformat string: '{text}'")))?
            }
            ("date", "fromisoformat") => {
                let text = args.text(0, "date_string")?;
                date_value(&text)
                    .ok_or_else(|| fail(format!("invalid isoformat string: '{text}'")))?
            }
            ("datetime", "combine") => {
                let day = args.need(0, "date")?;
                let day = day
                    .downcast_object_ref::<Day>()
                    .ok_or_else(|| fail("combine() wants a date"))?;
                Value::from_object(Moment {
                    local: day.0.and_time(NaiveTime::MIN),
                    zone: None,
                })
            }
            ("datetime", "fromtimestamp" | "utcfromtimestamp") => {
                let seconds = f64::try_from(args.need(0, "timestamp")?)?;
                let moment = DateTime::from_timestamp_micros((seconds * 1e6) as i64);
                let local = moment
                    .ok_or_else(|| fail("the timestamp is out of range"))?
                    .naive_utc();
                Value::from_object(Moment { local, zone: None })
            }
            _ => return Err(unknown(self.name, method)),
        })
    }

    fn make(class: &str, args: &Args<'_>) -> Result<Value, Error> {
        let number = |index: usize, name: &str| {
            args.get(index, name)
                .and_then(|value| f64::try_from(value).ok())
        };
        if class == "timedelta" {
            let units = [
                ("days", 86_400e6),
                ("seconds", 1e6),
                ("microseconds", 1.0),
                ("milliseconds", 1e3),
                ("minutes", 60e6),
                ("hours", 3600e6),
                ("weeks", 604_800e6),
            ];
            let micros: f64 = units
                .iter()
                .enumerate()
                .filter_map(|(index, (name, unit))| number(index, name).map(|count| count * unit))
                .sum();
            return Ok(Value::from_object(Span(Duration::microseconds(
                micros.round() as i64,
            ))));
        }
        let part = |index: usize, name: &str| number(index, name).unwrap_or(0.0) as u32;
        let date = NaiveDate::from_ymd_opt(
            number(0, "year").unwrap_or(0.0) as i32,
            part(1, "month"),
            part(2, "day"),
        );
        let date = date.ok_or_else(|| fail("there is no such date"))?;
        if class == "date" {
            return Ok(Value::from_object(Day(date)));
        }
        let (hour, minute, second) = (part(3, "hour"), part(4, "minute"), part(5, "second"));
        let local = date.and_hms_micro_opt(hour, minute, second, part(6, "microsecond"));
        let zone = args.get(7, "tzinfo");
        let zone = zone
            .as_ref()
            .and_then(|zone| zone.downcast_object_ref::<ZoneObject>())
            .map(|zone| zone.0);
        Ok(Value::from_object(Moment {
            local: local.ok_or_else(|| fail("there is no such time"))?,
            zone,
        }))
    }
}

impl Object for Class {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = match (self.name, key.as_str()?) {
            ("module", "datetime") => "datetime",
            ("module", "date") => "date",
            ("module", "timedelta") => "timedelta",
            ("module", "timezone") => "timezone",
            ("timezone", "utc") => return Some(Value::from_object(ZoneObject(Zone::UTC))),
            _ => return None,
        };
        Some(Value::from_object(Self {
            name,
            now: self.now,
        }))
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        Self::make(self.name, &Args::new(self.name, args))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        self.function(method, &Args::new(method, args))
    }
}
