//! Windows of event time: the batches that a microbatch model is built in, and the part of the data that `--sample`
//! reads. The arithmetic is dbt's (`dbt.materializations.incremental.microbatch`), in UTC throughout.

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc,
};
use serde_json::Value as Json;

use crate::artifacts::manifest::Node;
use crate::diag::{Diagnostic, Span};

/// From a moment to just before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// The first moment that belongs to it.
    pub start: DateTime<Utc>,
    /// The first moment after it.
    pub end: DateTime<Utc>,
}

impl Window {
    /// What lies in both.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self {
            start: self.start.max(other.start),
            end: self.end.min(other.end),
        }
    }

    /// The window as a condition on a column.
    #[must_use]
    pub fn condition(self, column: &str) -> String {
        let (start, end) = (python_text(self.start), python_text(self.end));
        format!("{column} >= '{start}' and {column} < '{end}'")
    }

    /// Reads `--sample`: `3 days`, or `{'start': '2024-01-01', 'end': '2024-02-01'}`. A number counts back from `now`.
    pub fn sample(text: &str, now: DateTime<Utc>) -> Result<Self, String> {
        if text.trim_start().starts_with('{') {
            return Self::of_yaml(text);
        }
        let [count, grain] = text.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(format!(
                "'{text}' is not a number and a unit, such as '3 days'"
            ));
        };
        let back: u32 = count
            .parse()
            .map_err(|_| format!("'{count}' is not a whole number"))?;
        let grain = grain.to_lowercase();
        let Some(size) = BatchSize::parse(grain.trim_end_matches('s')) else {
            return Err(format!("'{grain}' is none of hours, days, months, years"));
        };
        let start = match size {
            BatchSize::Hour => now.checked_sub_signed(TimeDelta::hours(back.into())),
            BatchSize::Day => now.checked_sub_days(Days::new(back.into())),
            BatchSize::Month => now.checked_sub_months(Months::new(back)),
            BatchSize::Year => now.checked_sub_months(Months::new(back.saturating_mul(12))),
        };
        let start = start.ok_or_else(|| format!("'{text}' reaches too far back"))?;
        Ok(Self { start, end: now })
    }

    fn of_yaml(text: &str) -> Result<Self, String> {
        let read = crate::yaml::load(text, "--sample").map_err(|error| error.message)?;
        let read = read.root.to_json();
        let side = |name: &str| {
            let given = read.get(name).and_then(Json::as_str);
            let given = given.ok_or_else(|| format!("'{text}' has no '{name}'"))?;
            moment(given).ok_or_else(|| format!("'{given}' is not a time such as 2024-01-31"))
        };
        Self::checked(side("start")?, side("end")?)
    }

    /// A window that is not empty.
    pub fn checked(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, String> {
        if start < end {
            Ok(Self { start, end })
        } else {
            Err("the start must lie before the end".to_owned())
        }
    }
}

/// A time as people write it: a date, with or without a time of day and an offset. What has no offset is UTC.
#[must_use]
pub fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    let text = text.replacen(' ', "T", 1);
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok())
        .map(|naive| naive.and_utc())
        .or_else(|| Some(DateTime::parse_from_rfc3339(&text).ok()?.to_utc()))
}

/// A moment as Python prints it.
fn python_text(moment: DateTime<Utc>) -> String {
    let form = if moment.nanosecond() == 0 {
        "%Y-%m-%d %H:%M:%S+00:00"
    } else {
        "%Y-%m-%d %H:%M:%S%.6f+00:00"
    };
    moment.format(form).to_string()
}

/// How long a batch is: `batch_size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchSize {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A month of the calendar.
    Month,
    /// A year of the calendar.
    Year,
}

impl BatchSize {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "hour" => Self::Hour,
            "day" => Self::Day,
            "month" => Self::Month,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// The start of the batch that a moment lies in.
    fn truncate(self, moment: DateTime<Utc>) -> DateTime<Utc> {
        let date = moment.date_naive();
        let hour = if self == Self::Hour { moment.hour() } else { 0 };
        let day = match self {
            Self::Hour | Self::Day => Some(date),
            Self::Month => date.with_day(1),
            Self::Year => NaiveDate::from_yo_opt(date.year(), 1),
        };
        day.and_then(|day| day.and_hms_opt(hour, 0, 0))
            .map_or(moment, |start| start.and_utc())
    }

    /// The start of the batch that comes `count` batches after the one that a moment lies in.
    fn offset(self, moment: DateTime<Utc>, count: i32) -> DateTime<Utc> {
        let start = self.truncate(moment);
        let months = |months: Months| {
            if count < 0 {
                start.checked_sub_months(months)
            } else {
                start.checked_add_months(months)
            }
        };
        let moved = match self {
            Self::Hour => start.checked_add_signed(TimeDelta::hours(count.into())),
            Self::Day => start.checked_add_signed(TimeDelta::days(count.into())),
            Self::Month => months(Months::new(count.unsigned_abs())),
            Self::Year => months(Months::new(count.unsigned_abs().saturating_mul(12))),
        };
        moved.unwrap_or(start)
    }

    /// A moment, or the next start of a batch after it.
    fn ceiling(self, moment: DateTime<Utc>) -> DateTime<Utc> {
        let start = self.truncate(moment);
        if start == moment {
            moment
        } else {
            self.offset(start, 1)
        }
    }

    /// A batch by its start: `2024-09`, `2024-09-17`, `2024-09-17T16`.
    fn label(self, start: DateTime<Utc>) -> String {
        let form = match self {
            Self::Hour => "%Y-%m-%dT%H",
            Self::Day => "%Y-%m-%d",
            Self::Month => "%Y-%m",
            Self::Year => "%Y",
        };
        start.format(form).to_string()
    }
}

/// One batch of a microbatch model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// The rows that it is about.
    pub window: Window,
    /// Its length, as far as the last batch is not shorter.
    pub size: BatchSize,
    /// Whether it goes into a table that is there: `is_incremental()` in the materialization.
    pub incremental: bool,
}

impl Batch {
    /// What lines and files call it: `2024-09-17`.
    #[must_use]
    pub fn label(&self) -> String {
        self.size.label(self.window.start)
    }

    /// `model.batch.id`.
    #[must_use]
    pub fn id(&self) -> String {
        self.label().replace('-', "")
    }
}

/// What a microbatch model says of its batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Microbatch {
    /// `batch_size`.
    pub size: BatchSize,
    begin: DateTime<Utc>,
    lookback: i32,
}

impl Microbatch {
    /// Whether a model is built in batches.
    #[must_use]
    pub fn is_of(node: &Node) -> bool {
        node.config.materialized() == "incremental"
            && node.config.text("incremental_strategy") == Some("microbatch")
    }

    /// Reads a microbatch model's configuration: `event_time`, `begin` and `batch_size` must be there.
    pub fn of(node: &Node) -> Result<Self, Diagnostic> {
        let refuse = |key: &str, wanted: &str| {
            let given = match node.config.get(key) {
                None | Some(Json::Null) => String::new(),
                Some(other) => format!(", not {other}"),
            };
            let article = if key.starts_with('e') { "an" } else { "a" };
            let message = format!(
                "microbatch model '{}' must provide {article} '{key}': {wanted}{given}",
                node.name
            );
            Diagnostic::error("microbatch-config", message).at(Span::file(&node.original_file_path))
        };
        let config = &node.config;
        if config.text("event_time").is_none() {
            return Err(refuse(
                "event_time",
                "the column that tells when a row happened",
            ));
        }
        let begin = config.text("begin").and_then(moment).ok_or_else(|| {
            refuse(
                "begin",
                "the time of the earliest data, such as '2024-01-01'",
            )
        })?;
        let size = config.text("batch_size").and_then(BatchSize::parse);
        let size = size.ok_or_else(|| refuse("batch_size", "hour, day, month or year"))?;
        let lookback = match config.get("lookback") {
            None | Some(Json::Null) => Some(1),
            Some(given) => given.as_i64().and_then(|count| i32::try_from(count).ok()),
        };
        let lookback = lookback.ok_or_else(|| refuse("lookback", "a whole number"))?;
        if !matches!(
            config.get("concurrent_batches"),
            None | Some(Json::Null | Json::Bool(_))
        ) {
            return Err(refuse("concurrent_batches", "true or false"));
        }
        Ok(Self {
            size,
            begin,
            lookback,
        })
    }

    /// The batches to build, in order: the window asked for, else from `begin` on where the table is made anew, else
    /// the last `lookback` batches and the one that `now` lies in.
    #[must_use]
    pub fn batches(
        &self,
        incremental: bool,
        asked: Option<Window>,
        now: DateTime<Utc>,
    ) -> Vec<Window> {
        let size = self.size;
        let end = size.ceiling(asked.map_or(now, |window| window.end));
        let mut start = match asked {
            Some(window) => size.truncate(window.start),
            None if !incremental => size.truncate(self.begin),
            None => size.offset(end, -(self.lookback.saturating_add(1))),
        };
        let mut batches = Vec::new();
        loop {
            let next = size.offset(start, 1);
            let last = next >= end || next <= start;
            let end = if last { end } else { next };
            batches.push(Window { start, end });
            if last {
                return batches;
            }
            start = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifacts::Config;
    use serde_json::json;

    fn at(text: &str) -> DateTime<Utc> {
        moment(text).unwrap()
    }

    fn window(start: &str, end: &str) -> Window {
        Window::checked(at(start), at(end)).unwrap()
    }

    fn microbatch(size: &str, lookback: i64) -> Microbatch {
        let config = json!({
            "materialized": "incremental", "incremental_strategy": "microbatch", "event_time": "at",
            "begin": "2024-01-30 12:00:00", "batch_size": size, "lookback": lookback,
        });
        let Json::Object(config) = config else {
            unreachable!()
        };
        let node = Node {
            config: Config(config),
            ..Node::default()
        };
        assert!(Microbatch::is_of(&node));
        Microbatch::of(&node).unwrap()
    }

    fn labels(size: &str, windows: &[Window]) -> Vec<String> {
        let size = BatchSize::parse(size).unwrap();
        windows
            .iter()
            .map(|window| size.label(window.start))
            .collect()
    }

    #[test]
    fn a_first_build_begins_at_begin() {
        let now = at("2024-02-02T01:30:00");
        for (size, expected) in [
            (
                "day",
                vec!["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-02"],
            ),
            ("month", vec!["2024-01", "2024-02"]),
            ("year", vec!["2024"]),
        ] {
            let batches = microbatch(size, 1).batches(false, None, now);
            assert_eq!(labels(size, &batches), expected);
        }
    }

    #[test]
    fn a_later_build_goes_back_by_lookback() {
        let batches = |lookback, now| {
            let found = microbatch("hour", lookback).batches(true, None, at(now));
            labels("hour", &found)
        };
        assert_eq!(
            batches(1, "2024-03-01T00:30:00"),
            ["2024-02-29T23", "2024-03-01T00"]
        );
        assert_eq!(batches(0, "2024-03-01T00:30:00"), ["2024-03-01T00"]);
        assert_eq!(
            batches(1, "2024-03-01T00:00:00"),
            ["2024-02-29T22", "2024-02-29T23"]
        );
    }

    #[test]
    fn a_window_asked_for_is_cut_into_batches() {
        let asked = window("2024-05-15", "2024-07-01");
        let found = microbatch("month", 3).batches(true, Some(asked), at("2030-01-01"));
        assert_eq!(
            found,
            [
                window("2024-05-01", "2024-06-01"),
                window("2024-06-01", "2024-07-01")
            ]
        );
    }

    #[test]
    fn a_sample_is_a_number_of_units_or_two_times() {
        let now = at("2024-03-31T06:00:00");
        let sample = |text| Window::sample(text, now);
        assert_eq!(sample("1 month").unwrap().start, at("2024-02-29T06:00:00"));
        assert_eq!(sample("3 days").unwrap().start, at("2024-03-28T06:00:00"));
        assert_eq!(
            sample("{'start': '2024-01-01', 'end': '2024-01-02 06:00:00'}").unwrap(),
            window("2024-01-01", "2024-01-02T06:00:00")
        );
        for wrong in [
            "3",
            "many days",
            "3 moons",
            "{start: 2024-01-01}",
            "{start: '2', end: '3'}",
        ] {
            assert!(sample(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn conditions_print_times_as_python_does() {
        let odd = Window {
            start: at("2024-01-01T00:00:00.5"),
            end: at("2024-01-02"),
        };
        assert_eq!(
            odd.condition("at"),
            "at >= '2024-01-01 00:00:00.500000+00:00' and at < '2024-01-02 00:00:00+00:00'"
        );
    }
}
