//! datetime: dates, moments and the time between them.

mod arithmetic;
mod time;

use std::cmp::Ordering;
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::format::{Item, Parsed, StrftimeItems};
use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use minijinja::value::{DynObject, Object, ObjectRepr};
use minijinja::{Error, State, Value};

pub(crate) use arithmetic::{add, divide, floor_divide, multiply, order, remainder, subtract};
use time::Clock;

use super::pytz::{Zone, ZoneObject};
use crate::jinja::values::{Args, fail, no_method, type_name as type_of};
use minijinja::value::Tuple;

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

/// What Python calls the value's type, if it is of this module.
pub(crate) fn type_name(value: &Value) -> Option<&'static str> {
    let object = value.as_object()?;
    Some(if object.is::<Moment>() {
        "datetime.datetime"
    } else if object.is::<Day>() {
        "datetime.date"
    } else if object.is::<Span>() {
        "datetime.timedelta"
    } else if object.is::<Clock>() {
        "datetime.time"
    } else {
        return None;
    })
}

/// The value as Python's `repr()` writes it, if it is of this module.
pub(crate) fn repr(value: &Value) -> Option<String> {
    let class = type_name(value)?;
    if let Some(span) = value.downcast_object_ref::<Span>() {
        let (days, seconds, micros) = span.parts();
        let parts = [
            ("days", days),
            ("seconds", seconds),
            ("microseconds", micros),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(_, count)| *count != 0)
            .map(|(name, count)| format!("{name}={count}"))
            .collect();
        let parts = if parts.is_empty() {
            "0".to_owned()
        } else {
            parts.join(", ")
        };
        return Some(format!("{class}({parts})"));
    }
    let part = |name: &str| value.get_attr(name).ok().and_then(|part| part.as_i64());
    let date: Vec<i64> = ["year", "month", "day"]
        .into_iter()
        .filter_map(part)
        .collect();
    let mut clock: Vec<i64> = ["hour", "minute", "second", "microsecond"]
        .into_iter()
        .filter_map(part)
        .collect();
    while clock.len() > 2 && clock.last() == Some(&0) {
        clock.pop();
    }
    let mut parts: Vec<String> = date.iter().chain(&clock).map(ToString::to_string).collect();
    if let Some(zone) = value
        .downcast_object_ref::<Moment>()
        .and_then(|moment| moment.zone)
    {
        let zone = Value::from_object(ZoneObject(zone));
        let shown = if zone.to_string() == "UTC" {
            "<UTC>".to_owned()
        } else {
            format!("{zone:?}")
        };
        parts.push(format!("tzinfo={shown}"));
    }
    Some(format!("{class}({})", parts.join(", ")))
}

/// A date, moment or time written by a pattern; `None` where the value is something else.
pub(crate) fn strftime(value: &Value, pattern: &str) -> Option<Result<String, Error>> {
    let (local, zone) = if let Some(moment) = value.downcast_object_ref::<Moment>() {
        (moment.local, moment.zone)
    } else if let Some(day) = value.downcast_object_ref::<Day>() {
        (day.0.and_time(NaiveTime::MIN), None)
    } else {
        (value.downcast_object_ref::<Clock>()?.moment(), None)
    };
    Some(formatted(local, zone, pattern))
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

fn formatted(local: NaiveDateTime, zone: Option<Zone>, pattern: &str) -> Result<String, Error> {
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
    Ok(local.format_with_items(items.iter()).to_string())
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
            "strftime" => Value::from(formatted(self.local, self.zone, &args.text(0, "format")?)?),
            "isoformat" => {
                let separator = args
                    .maybe_text(0, "sep")
                    .and_then(|text| text.chars().next())
                    .unwrap_or('T');
                let text = self.text(separator);
                match args.maybe_text(1, "timespec").as_deref() {
                    None | Some("auto") => Value::from(text),
                    Some(spec) => Value::from(cut(&text, self.local, spec)?),
                }
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
            "time" => Value::from_object(Clock(self.local.time())),
            "replace" => Value::from_object(self.replace(&args)?),
            "utcoffset" => self.zone.map_or_else(
                || Value::from(()),
                |_| Value::from_object(Span(self.local - self.utc())),
            ),
            "tzname" => self.zone.map_or_else(
                || Value::from(()),
                |zone| Value::from(zone.abbreviation(self.utc())),
            ),
            "timestamp" => Value::from(self.utc().and_utc().timestamp_micros() as f64 / 1e6),
            _ => {
                return of_calendar(self.local, method)
                    .ok_or_else(|| no_method("a datetime", method));
            }
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
            "strftime" => Value::from(formatted(moment.local, None, &args.text(0, "format")?)?),
            "isoformat" => Value::from(self.0.to_string()),
            "replace" => Value::from_object(Self(moment.replace(&args)?.local.date())),
            _ => {
                return of_calendar(moment.local, method)
                    .ok_or_else(|| no_method("a date", method));
            }
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

    fn is_true(self: &Arc<Self>) -> bool {
        !self.0.is_zero()
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
            _ => Err(no_method("a timedelta", method)),
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

/// What dates and moments alike tell of the calendar.
fn of_calendar(local: NaiveDateTime, method: &str) -> Option<Value> {
    let tuple =
        |parts: &[i64]| Value::from(Tuple::new(parts.iter().copied().map(Value::from).collect()));
    Some(match method {
        "weekday" => Value::from(local.weekday().num_days_from_monday()),
        "isoweekday" => Value::from(local.weekday().number_from_monday()),
        "toordinal" => Value::from(local.num_days_from_ce()),
        "ctime" => Value::from(local.format("%a %b %e %H:%M:%S %Y").to_string()),
        "isocalendar" => {
            let week = local.iso_week();
            tuple(&[
                i64::from(week.year()),
                i64::from(week.week()),
                i64::from(local.weekday().number_from_monday()),
            ])
        }
        "timetuple" => tuple(&[
            i64::from(local.year()),
            i64::from(local.month()),
            i64::from(local.day()),
            i64::from(local.hour()),
            i64::from(local.minute()),
            i64::from(local.second()),
            i64::from(local.weekday().num_days_from_monday()),
            i64::from(local.ordinal()),
            -1,
        ]),
        _ => return None,
    })
}

/// An ISO text down to the unit that `timespec` names.
fn cut(text: &str, local: NaiveDateTime, timespec: &str) -> Result<String, Error> {
    let (date, rest) = text.split_at(11);
    let zone = rest.find(['+', '-']).map_or("", |at| &rest[at..]);
    let pattern = match timespec {
        "hours" => "%H",
        "minutes" => "%H:%M",
        "seconds" => "%H:%M:%S",
        "milliseconds" => "%H:%M:%S%.3f",
        "microseconds" => "%H:%M:%S%.6f",
        _ => {
            return Err(fail(format!(
                "isoformat() does not know the timespec '{timespec}'"
            )));
        }
    };
    Ok(format!("{date}{}{zone}", local.format(pattern)))
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

/// What `strptime` reads; parts that the pattern has not are those of 1900-01-01.
fn parsed(text: &str, pattern: &str) -> Option<Moment> {
    let pattern = pattern.replace(".%f", "%.f");
    let mut read = Parsed::new();
    chrono::format::parse(&mut read, text, StrftimeItems::new(&pattern)).ok()?;
    let by_day = read.ordinal().is_some() || read.weekday().is_some() && read.day().is_none();
    if !by_day || read.ordinal().is_none() {
        let has_year = read.year().is_some() || read.year_mod_100().is_some();
        (!has_year).then(|| read.set_year(1900));
        read.month().is_none().then(|| read.set_month(1));
        read.day().is_none().then(|| read.set_day(1));
    }
    if read.hour_div_12().is_none() && read.hour_mod_12().is_none() {
        read.set_hour(0).ok()?;
    }
    read.minute().is_none().then(|| read.set_minute(0));
    let date = read.to_naive_date().ok()?;
    let local = date.and_time(read.to_naive_time().ok()?);
    let zone = read.offset().map(|seconds| match seconds {
        0 => Zone::UTC,
        _ => Zone::Fixed(seconds),
    });
    Some(Moment { local, zone })
}

impl Class {
    /// `min` or `max` of dates and moments.
    fn edge(&self, lowest: bool) -> Option<Value> {
        let date = if lowest {
            NaiveDate::from_ymd_opt(1, 1, 1)?
        } else {
            NaiveDate::from_ymd_opt(9999, 12, 31)?
        };
        if self.name == "date" {
            return Some(Value::from_object(Day(date)));
        }
        let local = if lowest {
            date.and_time(NaiveTime::MIN)
        } else {
            date.and_hms_micro_opt(23, 59, 59, 999_999)?
        };
        Some(Value::from_object(Moment { local, zone: None }))
    }

    fn function(&self, method: &str, args: &Args<'_>) -> Result<Value, Error> {
        let now = Moment {
            local: self.now.naive_utc(),
            zone: None,
        };
        Ok(match (self.name, method) {
            ("module", "datetime" | "date" | "timedelta" | "time") => {
                return Self::make(method, args);
            }
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
                Value::from_object(parsed(&text, &pattern).ok_or_else(|| {
                    fail(format!(
                        "time data '{text}' does not match format '{pattern}'"
                    ))
                })?)
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
                let time = args.need(1, "time")?;
                let time = time
                    .downcast_object_ref::<Clock>()
                    .ok_or_else(|| fail("combine() wants a time"))?;
                Value::from_object(Moment {
                    local: day.0.and_time(time.0),
                    zone: None,
                })
            }
            ("date", "fromordinal") => {
                let days = args.need(0, "ordinal")?.as_i64();
                let day = days.and_then(|days| {
                    NaiveDate::from_num_days_from_ce_opt(i32::try_from(days).ok()?)
                });
                Value::from_object(Day(day.ok_or_else(|| fail("there is no such date"))?))
            }
            ("time", "fromisoformat") => {
                let text = args.text(0, "time_string")?;
                Clock::parse(&text)
                    .map(Value::from_object)
                    .ok_or_else(|| fail(format!("invalid isoformat string: '{text}'")))?
            }
            ("datetime", "fromtimestamp" | "utcfromtimestamp") => {
                let seconds = f64::try_from(args.need(0, "timestamp")?)?;
                let moment = DateTime::from_timestamp_micros((seconds * 1e6) as i64);
                let local = moment
                    .ok_or_else(|| fail("the timestamp is out of range"))?
                    .naive_utc();
                let utc = Moment { local, zone: None };
                let zone = args.get(1, "tz");
                let zone = zone
                    .as_ref()
                    .and_then(|zone| zone.downcast_object_ref::<ZoneObject>());
                Value::from_object(zone.map_or(utc.clone(), |zone| utc.in_zone(zone.0)))
            }
            _ => return Err(no_method(self.name, method)),
        })
    }

    fn make(class: &str, args: &Args<'_>) -> Result<Value, Error> {
        let number = |index: usize, name: &str| {
            args.get(index, name)
                .and_then(|value| f64::try_from(value).ok())
        };
        let wrong = args
            .positional
            .iter()
            .chain(args.pairs().iter().map(|(_, value)| value))
            .find(|value| !value.is_none() && value.as_str().is_some())
            .map(type_of);
        if let Some(wrong) = wrong {
            return Err(fail(format!("{class}() wants numbers, not '{wrong}'")));
        }
        if class == "time" {
            return Clock::create(args);
        }
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
            ("module", "time") => "time",
            ("date" | "datetime", edge @ ("min" | "max")) => return self.edge(edge == "min"),
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
