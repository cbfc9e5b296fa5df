//! What a plain scalar means: the resolver of YAML 1.1 as PyYAML implements it.

use super::Value;

/// The value of an unquoted scalar.
pub fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    let first = text.as_bytes()[0];
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return Value::String(text.into());
    }
    if let Some(float) = float(text) {
        return Value::Float(float);
    }
    if let Some(value) = integer(text) {
        return value;
    }
    if is_date(text) {
        return Value::Date(text.into());
    }
    Value::String(text.into())
}

fn split_sign(text: &str) -> (i64, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (-1, &text[1..]),
        Some(b'+') => (1, &text[1..]),
        _ => (1, text),
    }
}

fn all(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(allowed)
}

fn integer(text: &str) -> Option<Value> {
    let (sign, body) = split_sign(text);
    let radix = |digits: &str, radix: u32| {
        let plain = digits.replace('_', "");
        match i64::from_str_radix(&plain, radix) {
            Ok(value) => Some(Value::Int(sign * value)),
            // Python's integers have no end; the text is the nearest thing that loses nothing.
            Err(_) if !plain.is_empty() => Some(Value::String(text.into())),
            Err(_) => None,
        }
    };
    if let Some(digits) = body.strip_prefix("0b") {
        return all(digits, |b| matches!(b, b'0' | b'1' | b'_'))
            .then(|| radix(digits, 2))
            .flatten();
    }
    if let Some(digits) = body.strip_prefix("0x") {
        return all(digits, |b| b.is_ascii_hexdigit() || b == b'_')
            .then(|| radix(digits, 16))
            .flatten();
    }
    if body == "0" {
        return Some(Value::Int(0));
    }
    if let Some(digits) = body.strip_prefix('0') {
        return all(digits, |b| matches!(b, b'0'..=b'7' | b'_'))
            .then(|| radix(digits, 8))
            .flatten();
    }
    if body.contains(':') {
        return sexagesimal_parts(body).map(|parts| {
            Value::Int(
                sign * parts
                    .iter()
                    .fold(0_i64, |sum, part| sum.wrapping_mul(60).wrapping_add(*part)),
            )
        });
    }
    let starts_well = body.bytes().next().is_some_and(|b| b.is_ascii_digit());
    (starts_well && all(body, |b| b.is_ascii_digit() || b == b'_'))
        .then(|| radix(body, 10))
        .flatten()
}

/// `1:30:00` as its parts; the first may have any number of digits, the others stay below 60.
fn sexagesimal_parts(body: &str) -> Option<Vec<i64>> {
    let mut parts = body.split(':');
    let head = parts.next()?;
    if !matches!(head.bytes().next(), Some(b'1'..=b'9'))
        || !all(head, |b| b.is_ascii_digit() || b == b'_')
    {
        return None;
    }
    let mut values = vec![head.replace('_', "").parse().ok()?];
    for part in parts {
        values.push(sexagesimal_part(part)?);
    }
    Some(values)
}

fn sexagesimal_part(part: &str) -> Option<i64> {
    if part.is_empty() || part.len() > 2 || !all(part, |b| b.is_ascii_digit()) {
        return None;
    }
    part.parse().ok().filter(|value| *value < 60)
}

fn float(text: &str) -> Option<f64> {
    let (sign, body) = split_sign(text);
    let sign = sign as f64;
    match body {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        _ => {}
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(f64::NAN);
    }
    let (whole, rest) = body.split_once('.')?;
    if whole.contains(':') {
        let parts = sexagesimal_float_parts(whole)?;
        if !rest.is_empty() && !all(rest, |b| b.is_ascii_digit() || b == b'_') {
            return None;
        }
        let last: f64 = format!("{}.{}", parts.last()?, rest.replace('_', ""))
            .parse()
            .ok()?;
        let head = parts[..parts.len() - 1]
            .iter()
            .fold(0.0, |sum, part| (sum + *part as f64) * 60.0);
        return Some(sign * (head + last));
    }
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    // A signed exponent is what PyYAML wants: `1.0e3` is text, `1.0e+3` a number.
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['+', '-'])?;
        if !all(digits, |b| b.is_ascii_digit()) {
            return None;
        }
    }
    let digit = |b: u8| b.is_ascii_digit() || b == b'_';
    let fraction_fits = fraction.bytes().all(digit);
    let fits = if whole.is_empty() {
        // `.5` must not carry a sign.
        body.len() == text.len() && !fraction.is_empty() && fraction_fits
    } else {
        whole.as_bytes()[0].is_ascii_digit() && whole.bytes().all(digit) && fraction_fits
    };
    if !fits {
        return None;
    }
    let plain = body.replace('_', "");
    let plain = if plain.starts_with('.') {
        format!("0{plain}")
    } else {
        plain
    };
    plain.parse::<f64>().ok().map(|value| sign * value)
}

fn sexagesimal_float_parts(whole: &str) -> Option<Vec<i64>> {
    let mut parts = whole.split(':');
    let head = parts.next()?;
    if !head.bytes().next().is_some_and(|b| b.is_ascii_digit())
        || !all(head, |b| b.is_ascii_digit() || b == b'_')
    {
        return None;
    }
    let mut values = vec![head.replace('_', "").parse().ok()?];
    for part in parts {
        values.push(sexagesimal_part(part)?);
    }
    Some(values)
}

/// `2024-01-31`, or a date with a time after it.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |from: usize, to: usize| {
        bytes
            .get(from..to)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    if !digits(0, 4) || bytes.get(4) != Some(&b'-') {
        return false;
    }
    if bytes.len() == 10 {
        return digits(5, 7) && bytes[7] == b'-' && digits(8, 10);
    }
    let Some((date, time)) = text.split_once(['T', 't', ' ']) else {
        return false;
    };
    let date_parts: Vec<&str> = date.split('-').collect();
    let short =
        |part: &str| matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit());
    let time = time.trim_start();
    let clock: Vec<&str> = time.splitn(3, ':').collect();
    date_parts.len() == 3
        && short(date_parts[1])
        && short(date_parts[2])
        && clock.len() == 3
        && short(clock[0])
        && clock[1].len() == 2
        && clock[1].bytes().all(|b| b.is_ascii_digit())
        && clock[2].len() >= 2
        && clock[2].bytes().take(2).all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Value) {
        assert_eq!(resolve(text), expected, "{text}");
    }

    #[test]
    fn scalars_follow_pyyaml() {
        for text in ["yes", "On", "TRUE"] {
            check(text, Value::Bool(true));
        }
        for text in ["no", "OFF", "False"] {
            check(text, Value::Bool(false));
        }
        for text in ["", "~", "null"] {
            check(text, Value::Null);
        }
        check("y", Value::String("y".into()));
        check("010", Value::Int(8));
        check("08", Value::String("08".into()));
        check("0o10", Value::String("0o10".into()));
        check("0x1F", Value::Int(31));
        check("0b101", Value::Int(5));
        check("1_000", Value::Int(1000));
        check("-12", Value::Int(-12));
        check("1e3", Value::String("1e3".into()));
        check("1.0e3", Value::String("1.0e3".into()));
        check("1.0e+3", Value::Float(1000.0));
        check("1.", Value::Float(1.0));
        check(".5", Value::Float(0.5));
        check("-.5", Value::String("-.5".into()));
        check("1:30", Value::Int(90));
        check("1:30:00", Value::Int(5400));
        check("1:30.5", Value::Float(90.5));
        check("-.inf", Value::Float(f64::NEG_INFINITY));
        check("2024-01-31", Value::Date("2024-01-31".into()));
        check(
            "2024-01-31 10:00:00",
            Value::Date("2024-01-31 10:00:00".into()),
        );
        check("1.2.3", Value::String("1.2.3".into()));
        check("-", Value::String("-".into()));
        check("12abc", Value::String("12abc".into()));
    }
}
