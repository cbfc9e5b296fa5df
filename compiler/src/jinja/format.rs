//! Python's ways of putting values into a string: `%`, `str.format` and what stands behind a `:` there.

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::modules;
use super::values::{Args, Dict, ascii, fail, repr, text, type_name};

/// Widest field and longest fraction.
const MAX_WIDTH: usize = 100_000;

/// How a value is written into its field.
#[derive(Debug, Clone)]
struct Spec {
    fill: char,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            fill: ' ',
            align: None,
            sign: None,
            alternate: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: None,
        }
    }
}

/// `text % args`.
pub(crate) fn percent(template: &str, args: &Value) -> Result<String, Error> {
    let listed: Vec<Value> = if args.is_tuple() {
        args.try_iter()?.collect()
    } else {
        vec![args.clone()]
    };
    let mut given = listed.into_iter();
    let mut rest = template.chars().peekable();
    let mut written = String::new();
    let mut named = false;
    while let Some(character) = rest.next() {
        if character != '%' {
            written.push(character);
            continue;
        }
        let mut key = None;
        if rest.next_if_eq(&'(').is_some() {
            key = Some(rest.by_ref().take_while(|c| *c != ')').collect::<String>());
        }
        let mut spec = Spec {
            align: Some('>'),
            ..Spec::default()
        };
        let mut zero = false;
        while let Some(flag) = rest.next_if(|c| "#0- +".contains(*c)) {
            match flag {
                '#' => spec.alternate = true,
                '0' => zero = true,
                '-' => spec.align = Some('<'),
                '+' => spec.sign = Some('+'),
                _ => spec.sign = spec.sign.or(Some(' ')),
            }
        }
        let mut number = |rest: &mut std::iter::Peekable<std::str::Chars<'_>>| {
            if rest.next_if_eq(&'*').is_some() {
                let width = given.next().and_then(|value| value.as_usize());
                return width.ok_or_else(|| fail("* wants an integer"));
            }
            let mut digits = String::new();
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            Ok(digits.parse().unwrap_or(0))
        };
        spec.width = number(&mut rest)?.min(MAX_WIDTH);
        if rest.next_if_eq(&'.').is_some() {
            spec.precision = Some(number(&mut rest)?.min(MAX_WIDTH));
        }
        while rest.next_if(|c| matches!(c, 'h' | 'l' | 'L')).is_some() {}
        let Some(kind) = rest.next() else {
            return Err(fail("incomplete format: the string ends after '%'"));
        };
        if kind == '%' {
            written.push('%');
            continue;
        }
        let value = match &key {
            Some(key) => {
                named = true;
                of_dict(args, key)?
            }
            None => given
                .next()
                .ok_or_else(|| fail("not enough arguments for format string"))?,
        };
        if zero && spec.align == Some('>') && kind != 's' {
            (spec.fill, spec.align) = ('0', Some('='));
        }
        written.push_str(&converted(&value, kind, spec)?);
    }
    let takes_names = !args.is_tuple() && args.as_object().is_some();
    if given.next().is_some() && !named && !takes_names {
        return Err(fail("not all arguments converted during string formatting"));
    }
    Ok(written)
}

fn of_dict(args: &Value, key: &str) -> Result<Value, Error> {
    if args.kind() != ValueKind::Map {
        return Err(fail("format requires a mapping"));
    }
    let found = Dict::pairs_of(args)?
        .into_iter()
        .find(|(name, _)| name.as_str() == Some(key));
    found
        .map(|(_, value)| value)
        .ok_or_else(|| fail(format!("there is no key '{key}' for the format string")))
}

/// One value by a `%` conversion.
fn converted(value: &Value, kind: char, spec: Spec) -> Result<String, Error> {
    let texts = |text: String| {
        let cut: String = match spec.precision {
            Some(length) => text.chars().take(length).collect(),
            None => text,
        };
        Ok(padded(&cut, "", &spec))
    };
    let numeric = value.is_number() || value.kind() == ValueKind::Bool;
    match kind {
        's' => texts(text(value)),
        'r' => texts(repr(value)),
        'a' => texts(ascii(value)),
        'c' => match (value.as_str(), value.as_usize()) {
            (Some(text), _) if text.chars().count() == 1 => texts(text.to_owned()),
            (None, Some(code)) => match u32::try_from(code).ok().and_then(char::from_u32) {
                Some(character) => texts(character.to_string()),
                None => Err(fail("%c arg not in range(0x110000)")),
            },
            _ => Err(fail("%c requires int or char")),
        },
        'd' | 'i' | 'u' if numeric => {
            let whole = match f64::try_from(value.clone()) {
                Ok(float) if value.is_number() && !value.is_integer() => {
                    Value::from(float.trunc() as i128)
                }
                _ => value.clone(),
            };
            integer(&whole, 'd', &spec)
        }
        'd' | 'i' | 'u' => Err(fail(format!(
            "%{kind} format: a real number is required, not {}",
            type_name(value)
        ))),
        'o' | 'x' | 'X' if value.is_integer() || value.kind() == ValueKind::Bool => {
            integer(value, kind, &spec)
        }
        'o' | 'x' | 'X' => Err(fail(format!(
            "%{kind} format: an integer is required, not {}",
            type_name(value)
        ))),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' if numeric => float(value, kind, &spec),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => Err(fail(format!(
            "must be real number, not {}",
            type_name(value)
        ))),
        _ => Err(fail(format!("unsupported format character '{kind}'"))),
    }
}

/// `text.format(…)`.
pub(crate) fn braces(template: &str, args: &Args<'_>) -> Result<String, Error> {
    let mut next = 0;
    filled(template, args, &mut next, 0)
}

fn filled(
    template: &str,
    args: &Args<'_>,
    next: &mut usize,
    depth: usize,
) -> Result<String, Error> {
    let mut written = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        written.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            written.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err(fail("single '}' encountered in format string"));
        }
        let end = field_end(rest)
            .ok_or_else(|| fail("expected '}' before end of string in format string"))?;
        written.push_str(&field(&rest[..end], args, next, depth)?);
        rest = &rest[end + 1..];
    }
    written.push_str(rest);
    Ok(written)
}

/// Where the field closes that starts before `text`.
fn field_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// `name!conversion:spec`.
fn field(text_of: &str, args: &Args<'_>, next: &mut usize, depth: usize) -> Result<String, Error> {
    if depth > 1 {
        return Err(fail("a format string is nested too deeply"));
    }
    let split = text_of.find([':', '!']).unwrap_or(text_of.len());
    let (name, rest) = text_of.split_at(split);
    let value = looked_up(name, args, next)?;
    let (conversion, spec) = match rest.strip_prefix('!') {
        Some(rest) => {
            let (conversion, spec) = rest.split_once(':').unwrap_or((rest, ""));
            (Some(conversion), spec)
        }
        None => (None, rest.strip_prefix(':').unwrap_or("")),
    };
    let spec = filled(spec, args, next, depth + 1)?;
    match conversion {
        None => formatted(&value, &spec),
        Some("r") => formatted(&Value::from(repr(&value)), &spec),
        Some("s") => formatted(&Value::from(text(&value)), &spec),
        Some("a") => formatted(&Value::from(ascii(&value)), &spec),
        Some(other) => Err(fail(format!("unknown conversion specifier '{other}'"))),
    }
}

/// The value of `0`, `name`, `a.b` or `a[0]`.
fn looked_up(name: &str, args: &Args<'_>, next: &mut usize) -> Result<Value, Error> {
    let split = name.find(['.', '[']).unwrap_or(name.len());
    let (first, mut rest) = name.split_at(split);
    let place = if first.is_empty() {
        if *next == usize::MAX {
            return Err(fail(
                "cannot switch from manual field specification to automatic field numbering",
            ));
        }
        *next += 1;
        Some(*next - 1)
    } else {
        first.parse::<usize>().ok()
    };
    if !first.is_empty() && place.is_some() {
        if *next != 0 && *next != usize::MAX {
            return Err(fail(
                "cannot switch from automatic field numbering to manual field specification",
            ));
        }
        *next = usize::MAX;
    }
    let mut value = match place {
        Some(place) => args.positional.get(place).cloned().ok_or_else(|| {
            fail(format!(
                "replacement index {place} out of range for positional args tuple"
            ))
        })?,
        None => args
            .named(first)
            .ok_or_else(|| fail(format!("the format string wants an argument '{first}'")))?,
    };
    while !rest.is_empty() {
        let (part, after) = if let Some(inner) = rest.strip_prefix('[') {
            inner
                .split_once(']')
                .ok_or_else(|| fail("missing ']' in format string"))?
        } else {
            let inner = &rest[1..];
            inner.split_at(inner.find(['.', '[']).unwrap_or(inner.len()))
        };
        let key = match part.parse::<i64>() {
            Ok(index) if rest.starts_with('[') => Value::from(index),
            _ => Value::from(part),
        };
        value = value.get_item(&key)?;
        if value.is_undefined() {
            return Err(fail(format!("'{name}' in the format string is not there")));
        }
        rest = after;
    }
    Ok(value)
}

/// `format(value, spec)`.
pub(crate) fn formatted(value: &Value, spec: &str) -> Result<String, Error> {
    if spec.is_empty() {
        return Ok(text(value));
    }
    if let Some(written) = modules::strftime(value, spec) {
        return written;
    }
    let read = parse(spec).ok_or_else(|| fail(format!("invalid format specifier '{spec}'")))?;
    let unknown = |kind: char| {
        fail(format!(
            "unknown format code '{kind}' for object of type '{}'",
            type_name(value)
        ))
    };
    match value.kind() {
        ValueKind::String => match read.kind {
            None | Some('s') => {
                let content = value.as_str().unwrap_or_default();
                let cut: String = match read.precision {
                    Some(length) => content.chars().take(length).collect(),
                    None => content.to_owned(),
                };
                Ok(padded(&cut, "", &read))
            }
            Some(kind) => Err(unknown(kind)),
        },
        ValueKind::Bool | ValueKind::Number => {
            let whole = value.kind() == ValueKind::Bool || value.is_integer();
            match read.kind {
                Some('d' | 'x' | 'X' | 'o' | 'b' | 'n') | None if whole => {
                    integer(value, read.kind.unwrap_or('d'), &read)
                }
                Some('c') if whole => {
                    let code = value.as_usize().and_then(|code| u32::try_from(code).ok());
                    let character = code.and_then(char::from_u32);
                    let character =
                        character.ok_or_else(|| fail("%c arg not in range(0x110000)"))?;
                    Ok(padded(&character.to_string(), "", &read))
                }
                None => float(value, 'r', &read),
                Some(kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' | 'n')) => {
                    float(value, if kind == 'n' { 'g' } else { kind }, &read)
                }
                Some(kind) => Err(unknown(kind)),
            }
        }
        _ => Err(fail(format!(
            "unsupported format string passed to {}.__format__",
            type_name(value)
        ))),
    }
}

fn parse(spec: &str) -> Option<Spec> {
    let characters: Vec<char> = spec.chars().collect();
    let is_align = |c: Option<&char>| c.is_some_and(|c| "<>=^".contains(*c));
    let mut read = Spec::default();
    let mut at = 0;
    if is_align(characters.get(1)) {
        read.fill = characters[0];
        read.align = characters.get(1).copied();
        at = 2;
    } else if is_align(characters.first()) {
        read.align = characters.first().copied();
        at = 1;
    }
    let take = |accepted: &str, at: &mut usize| {
        let found = characters
            .get(*at)
            .copied()
            .filter(|c| accepted.contains(*c));
        *at += usize::from(found.is_some());
        found
    };
    read.sign = take("+- ", &mut at);
    read.alternate = take("#", &mut at).is_some();
    if take("0", &mut at).is_some() && read.align.is_none() {
        (read.fill, read.align) = ('0', Some('='));
    }
    let number = |at: &mut usize| {
        let digits: String = characters[*at..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .collect();
        *at += digits.len();
        digits
            .parse::<usize>()
            .ok()
            .map(|number| number.min(MAX_WIDTH))
    };
    read.width = number(&mut at).unwrap_or(0);
    read.grouping = take(",_", &mut at);
    if take(".", &mut at).is_some() {
        read.precision = Some(number(&mut at)?);
    }
    read.kind = characters.get(at).copied();
    (at + usize::from(read.kind.is_some()) == characters.len()).then_some(read)
}

fn integer(value: &Value, kind: char, spec: &Spec) -> Result<String, Error> {
    let number = match value.kind() {
        ValueKind::Bool => i128::from(value.is_true()),
        _ => i128::try_from(value.clone()).map_err(|_| fail("the integer is too large"))?,
    };
    let size = number.unsigned_abs();
    let (prefix, digits) = match kind {
        'x' => ("0x", format!("{size:x}")),
        'X' => ("0X", format!("{size:X}")),
        'o' => ("0o", format!("{size:o}")),
        'b' => ("0b", format!("{size:b}")),
        _ => ("", size.to_string()),
    };
    let groups = if matches!(kind, 'x' | 'X' | 'o' | 'b') {
        4
    } else {
        3
    };
    let digits = match spec.grouping {
        Some(mark) => grouped(&digits, mark, groups),
        None => digits,
    };
    let sign = sign(number < 0, spec);
    let prefix = if spec.alternate { prefix } else { "" };
    Ok(padded(
        &digits,
        &format!("{sign}{prefix}"),
        &numbers_right(spec),
    ))
}

fn sign(negative: bool, spec: &Spec) -> String {
    match (negative, spec.sign) {
        (true, _) => "-".to_owned(),
        (false, Some(sign @ ('+' | ' '))) => sign.to_string(),
        _ => String::new(),
    }
}

/// Numbers stand at the right of their field.
fn numbers_right(spec: &Spec) -> Spec {
    Spec {
        align: spec.align.or(Some('>')),
        ..spec.clone()
    }
}

fn float(value: &Value, kind: char, spec: &Spec) -> Result<String, Error> {
    let number = match value.kind() {
        ValueKind::Bool => f64::from(u8::from(value.is_true())),
        _ => f64::try_from(value.clone())?,
    };
    let size = number.abs();
    let precision = spec.precision.unwrap_or(6);
    let mut digits = if size.is_finite() {
        match kind {
            'f' | 'F' => format!("{size:.precision$}"),
            'e' | 'E' => exponent(size, precision),
            '%' => format!("{:.precision$}%", size * 100.0),
            'r' if spec.precision.is_none() => repr(&Value::from(size)),
            'r' => general(size, precision, spec.alternate, true),
            _ => general(size, precision, spec.alternate, false),
        }
    } else if size.is_nan() {
        "nan".to_owned()
    } else {
        "inf".to_owned()
    };
    if kind.is_uppercase() {
        digits = digits.to_uppercase();
    }
    if let Some(mark) = spec.grouping {
        let split = digits.find(|c: char| !c.is_ascii_digit());
        let (whole, rest) = digits.split_at(split.unwrap_or(digits.len()));
        digits = grouped(whole, mark, 3) + rest;
    }
    let sign = sign(number.is_sign_negative(), spec);
    Ok(padded(&digits, &sign, &numbers_right(spec)))
}

/// `1.5e+03`.
fn exponent(size: f64, precision: usize) -> String {
    let text = format!("{size:.precision$e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, power) = match power.strip_prefix('-') {
        Some(power) => ('-', power),
        None => ('+', power),
    };
    format!("{digits}e{sign}{power:0>2}")
}

/// The shorter of the two forms, with that many digits; `whole` leaves `.0` at integers.
fn general(size: f64, precision: usize, alternate: bool, whole: bool) -> String {
    let precision = precision.max(1);
    let scientific = exponent(size, precision - 1);
    let power: i64 = scientific
        .split_once('e')
        .and_then(|(_, power)| power.parse().ok())
        .unwrap_or(0);
    let short = |text: &str| {
        if alternate || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    let limit = precision as i64 - i64::from(whole);
    if power < -4 || power >= limit.max(i64::from(!whole)) {
        let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
        return format!("{}e{power}", short(digits));
    }
    let decimals = usize::try_from(precision as i64 - 1 - power).unwrap_or(0);
    let fixed = short(&format!("{size:.decimals$}"));
    if whole && !fixed.contains('.') {
        return format!("{fixed}.0");
    }
    fixed
}

fn grouped(digits: &str, mark: char, size: usize) -> String {
    let mut written = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(size) {
            written.push(mark);
        }
        written.push(digit);
    }
    written
}

/// `content` after its `sign`, in a field of the width asked for.
fn padded(content: &str, sign: &str, spec: &Spec) -> String {
    let length = sign.chars().count() + content.chars().count();
    let missing = spec.width.saturating_sub(length);
    let fill = |count: usize| spec.fill.to_string().repeat(count);
    match spec.align {
        Some('>') => format!("{}{sign}{content}", fill(missing)),
        Some('=') => format!("{sign}{}{content}", fill(missing)),
        Some('^') => format!(
            "{}{sign}{content}{}",
            fill(missing / 2),
            fill(missing - missing / 2)
        ),
        _ => format!("{sign}{content}{}", fill(missing)),
    }
}
