//! Numbers, times and durations as people read them.

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike};

/// Milliseconds since 1970 of an ISO 8601 time; a time without an offset counts as UTC, as dbt writes it.
pub fn parse_time(text: &str) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    let naive = text.trim_end_matches('Z').replacen(' ', "T", 1);
    NaiveDateTime::parse_from_str(&naive, "%Y-%m-%dT%H:%M:%S%.f")
        .ok()
        .map(|time| time.and_utc().timestamp_millis())
}

/// `22 Nov 2026, 12:40 UTC`; the text itself where it is no time.
pub fn date_time(text: &str) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let Some(time) = parse_time(text).and_then(DateTime::from_timestamp_millis) else {
        return text.to_owned();
    };
    let month = MONTHS[time.month0() as usize % 12];
    format!(
        "{} {month} {}, {:02}:{:02} UTC",
        time.day(),
        time.year(),
        time.hour(),
        time.minute()
    )
}

/// How long ago a time was: `just now`, `5 min ago`, `3 h ago`, `2 days ago`; later times read `in 5 min`.
pub fn ago(now: i64, text: &str) -> String {
    let Some(then) = parse_time(text) else {
        return text.to_owned();
    };
    let seconds = (now - then) / 1000;
    if seconds.abs() < 45 {
        return "just now".to_owned();
    }
    let span = rough(seconds.unsigned_abs());
    if seconds < 0 {
        format!("in {span}")
    } else {
        format!("{span} ago")
    }
}

/// A span in its largest unit: `5 min`, `3 h`, `2 days`, `4 months`.
pub fn rough(seconds: u64) -> String {
    let (value, unit) = match seconds {
        0..=89 => return format!("{seconds} s"),
        90..=5_399 => (seconds.div_ceil(60).max(1), "min"),
        5_400..=172_799 => ((seconds + 1_800) / 3_600, "h"),
        172_800..=5_183_999 => (seconds / 86_400, "days"),
        5_184_000..=63_071_999 => (seconds / 2_592_000, "months"),
        _ => (seconds / 31_536_000, "years"),
    };
    format!("{value} {unit}")
}

/// A run time: `42 ms`, `1.4 s`, `2 min 5 s`, `1 h 3 min`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "–".to_owned();
    }
    if seconds < 0.9995 {
        return format!("{:.0} ms", seconds * 1000.0);
    }
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    if whole < 3_600 {
        format!("{} min {} s", whole / 60, whole % 60)
    } else {
        format!("{} h {} min", whole / 3_600, whole % 3_600 / 60)
    }
}

/// A whole number with thin spaces between thousands: `12 345`.
pub fn number(value: usize) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{2009}');
        }
        out.push(digit);
    }
    out
}

/// `1 model`, `2 models`; irregular plurals give both words.
pub fn plural(value: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(value), if value == 1 { one } else { many })
}

/// A share in whole percent; nothing of nothing has none. Only what is complete reads 100, only what is empty 0.
pub fn percent(part: u32, whole: u32) -> Option<u32> {
    if whole == 0 {
        return None;
    }
    let exact = f64::from(part) * 100.0 / f64::from(whole);
    Some(match part {
        0 => 0,
        _ if part >= whole => 100,
        _ => (exact.round() as u32).clamp(1, 99),
    })
}

/// `text` cut to `most` characters with an ellipsis.
pub fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_an_offset_are_the_same_moment() {
        let with = parse_time("2026-11-22T12:40:00Z");
        assert!(with.is_some());
        assert_eq!(with, parse_time("2026-11-22T12:40:00"));
        assert_eq!(with, parse_time("2026-11-22 12:40:00.000"));
        assert_eq!(with, parse_time("2026-11-22T13:40:00+01:00"));
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn relative_times_use_the_largest_unit_that_reads_well() {
        let now = parse_time("2026-11-22T12:00:00Z").unwrap();
        for (then, want) in [
            ("2026-11-22T11:59:40Z", "just now"),
            ("2026-11-22T11:55:00Z", "5 min ago"),
            ("2026-11-22T09:00:00Z", "3 h ago"),
            ("2026-11-21T12:00:00Z", "24 h ago"),
            ("2026-11-19T12:00:00Z", "3 days ago"),
            ("2026-08-22T12:00:00Z", "3 months ago"),
            ("2026-11-22T12:05:00Z", "in 5 min"),
            ("not a time", "not a time"),
        ] {
            assert_eq!(ago(now, then), want);
        }
    }

    #[test]
    fn durations_and_numbers() {
        assert_eq!(duration(0.0421), "42 ms");
        assert_eq!(duration(1.44), "1.4 s");
        assert_eq!(duration(125.2), "2 min 5 s");
        assert_eq!(duration(3_800.0), "1 h 3 min");
        assert_eq!(number(1_234_567), "1\u{2009}234\u{2009}567");
        assert_eq!(plural(1, "query", "queries"), "1 query");
        assert_eq!(
            date_time("2026-11-22T12:40:09.123Z"),
            "22 Nov 2026, 12:40 UTC"
        );
    }

    #[test]
    fn a_share_is_only_complete_when_it_is() {
        assert_eq!(percent(0, 0), None);
        assert_eq!(percent(999, 1000), Some(99));
        assert_eq!(percent(1, 1000), Some(1));
        assert_eq!(percent(5, 5), Some(100));
    }
}
