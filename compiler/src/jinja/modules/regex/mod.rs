//! re: regular expressions.

mod pattern;

use std::sync::Arc;

use fancy_regex::Regex;
use minijinja::value::{Object, ObjectRepr, Tuple};
use minijinja::{Error, ErrorKind, State, Value};

use crate::jinja::values::{Args, Dict, fail, list_of, no_method};
use pattern::{Anchor, Pattern};

type Captures<'t> = fancy_regex::Captures<'t, str>;

const IGNORE_CASE: i64 = 2;
const MULTI_LINE: i64 = 8;
const DOT_ALL: i64 = 16;
const VERBOSE: i64 = 64;

#[derive(Debug)]
struct Module;

/// What a pattern found.
#[derive(Debug)]
struct Match {
    /// What was searched.
    string: String,
    groups: Vec<Option<(usize, usize, String)>>,
    names: Vec<Option<String>>,
}

/// `modules.re`.
pub(super) fn module() -> Value {
    Value::from_object(Module)
}

fn wrong(error: impl std::fmt::Display) -> Error {
    fail(format!("this regular expression cannot be used: {error}"))
}

fn compile(pattern: &Value, flags: i64) -> Result<Pattern, Error> {
    if let Some(pattern) = pattern.downcast_object_ref::<Pattern>() {
        return Ok(pattern.clone());
    }
    let text = pattern
        .as_str()
        .ok_or_else(|| fail("a pattern must be a string"))?;
    Pattern::new(text, flags).map_err(wrong)
}

/// Everything that the pattern finds, at most `limit` times; 0 for all.
fn captures<'t>(regex: &Regex, text: &'t str, limit: usize) -> Result<Vec<Captures<'t>>, Error> {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let found: Result<Vec<_>, _> = regex.captures_iter(text).take(limit).collect();
    found.map_err(wrong)
}

fn match_object(regex: &Regex, text: &str, captures: &Captures<'_>) -> Value {
    let place = |byte: usize| text[..byte].chars().count();
    let groups = captures.iter().map(|group| {
        group.map(|group| {
            (
                place(group.start()),
                place(group.end()),
                group.as_str().to_owned(),
            )
        })
    });
    Value::from_object(Match {
        string: text.to_owned(),
        groups: groups.collect(),
        names: regex
            .capture_names()
            .map(|name| name.map(str::to_owned))
            .collect(),
    })
}

fn text_of(group: Option<fancy_regex::Match<'_>>) -> &str {
    group.map_or("", |group| group.as_str())
}

/// The text that a replacement such as `\1-\g<name>` stands for.
fn expand(template: &str, captures: &Captures<'_>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 {
            let index = after[..digits].parse().unwrap_or(usize::MAX);
            out.push_str(text_of(captures.get(index)));
            rest = &after[digits..];
        } else if let Some((name, tail)) = after
            .strip_prefix("g<")
            .and_then(|tail| tail.split_once('>'))
        {
            let found = match name.parse() {
                Ok(index) => captures.get(index),
                Err(_) => captures.name(name),
            };
            out.push_str(text_of(found));
            rest = tail;
        } else {
            let mut letters = after.chars();
            match letters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            }
            rest = letters.as_str();
        }
    }
    out + rest
}

/// What stands between the places, and the groups found there, as Python's `split` has it.
fn split(regex: &Regex, text: &str, limit: usize) -> Result<Value, Error> {
    let (mut parts, mut at) = (Vec::new(), 0);
    for found in captures(regex, text, limit)? {
        let mut groups = found.iter();
        let Some(whole) = groups.next().flatten() else {
            continue;
        };
        parts.push(Value::from(&text[at..whole.start()]));
        parts.extend(groups.map(|group| Value::from(group.map(|group| group.as_str()))));
        at = whole.end();
    }
    parts.push(Value::from(&text[at..]));
    Ok(list_of(parts))
}

fn sub(
    state: &mut State<'_, '_>,
    regex: &Regex,
    with: &Value,
    text: &str,
    limit: usize,
) -> Result<(String, usize), Error> {
    let (mut out, mut at, mut count) = (String::new(), 0, 0);
    for found in captures(regex, text, limit)? {
        let Some(whole) = found.get(0) else { continue };
        out.push_str(&text[at..whole.start()]);
        if let Some(template) = with.as_str() {
            out.push_str(&expand(template, &found));
        } else {
            let one = match_object(regex, text, &found);
            out.push_str(&with.call(state, &[one])?.to_string());
        }
        at = whole.end();
        count += 1;
    }
    out.push_str(&text[at..]);
    Ok((out, count))
}

fn find_all(regex: &Regex, text: &str) -> Result<Value, Error> {
    let found = captures(regex, text, 0)?;
    Ok(list_of(found.iter().map(|captures| {
        let group = |index: usize| Value::from(text_of(captures.get(index)));
        match captures.len() {
            1 => group(0),
            2 => group(1),
            count => Value::from(Tuple::new((1..count).map(group).collect())),
        }
    })))
}

fn run(
    state: &mut State<'_, '_>,
    pattern: &Pattern,
    method: &str,
    args: &Args<'_>,
    shift: usize,
) -> Result<Value, Error> {
    let regex = pattern.regex();
    let text = |index: usize| args.text(index + shift, "string");
    let number = |index: usize, name: &str| {
        args.get(index + shift, name)
            .and_then(|number| number.as_usize())
            .unwrap_or(0)
    };
    let first = |regex: &Regex, text: &str| {
        let found = regex.captures(text).map_err(wrong)?;
        Ok(found.map_or(Value::from(()), |found| match_object(regex, text, &found)))
    };
    match method {
        "search" => first(regex, &text(0)?),
        "match" => first(&pattern.anchored(Anchor::Start).map_err(wrong)?, &text(0)?),
        "fullmatch" => first(&pattern.anchored(Anchor::Both).map_err(wrong)?, &text(0)?),
        "findall" => find_all(regex, &text(0)?),
        "finditer" => {
            let text = text(0)?;
            let found = captures(regex, &text, 0)?;
            Ok(list_of(
                found.iter().map(|one| match_object(regex, &text, one)),
            ))
        }
        "split" => split(regex, &text(0)?, number(1, "maxsplit")),
        "sub" | "subn" => {
            let with = args.need(shift, "repl")?;
            let (replaced, count) = sub(state, regex, &with, &text(1)?, number(2, "count"))?;
            Ok(if method == "sub" {
                Value::from(replaced)
            } else {
                Value::from(Tuple::from([Value::from(replaced), Value::from(count)]))
            })
        }
        _ => Err(Error::new(
            ErrorKind::UnknownMethod,
            format!("re has no function '{method}'"),
        )),
    }
}

/// Python's `re.escape`.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

impl Object for Module {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(Value::from(match key.as_str()? {
            "IGNORECASE" | "I" => IGNORE_CASE,
            "MULTILINE" | "M" => MULTI_LINE,
            "DOTALL" | "S" => DOT_ALL,
            "VERBOSE" | "X" => VERBOSE,
            "ASCII" | "A" => 256,
            "UNICODE" | "U" => 32,
            _ => return None,
        }))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        if method == "escape" {
            return Ok(Value::from(escaped(&args.text(0, "pattern")?)));
        }
        let place = match method {
            "sub" | "subn" => 4,
            "split" => 3,
            "compile" => 1,
            _ => 2,
        };
        let flags = args
            .get(place, "flags")
            .and_then(|flags| flags.as_i64())
            .unwrap_or(0);
        let pattern = compile(&args.need(0, "pattern")?, flags)?;
        if method == "compile" {
            return Ok(Value::from_object(pattern));
        }
        run(state, &pattern, method, &args, 1)
    }
}

impl Object for Pattern {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str() == Some("pattern")).then(|| Value::from(self.source.as_str()))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        run(state, self, method, &Args::new(method, args), 0)
    }
}

impl Match {
    fn group(&self, key: &Value) -> Option<&Option<(usize, usize, String)>> {
        match key.as_str() {
            Some(name) => {
                let place = self
                    .names
                    .iter()
                    .position(|known| known.as_deref() == Some(name))?;
                self.groups.get(place)
            }
            None => self.groups.get(key.as_usize()?),
        }
    }

    fn text(&self, key: &Value) -> Result<Value, Error> {
        let group = self
            .group(key)
            .ok_or_else(|| fail(format!("there is no group {key}")))?;
        Ok(Value::from(
            group.as_ref().map(|(_, _, text)| text.as_str()),
        ))
    }
}

impl Object for Match {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("string") => Some(Value::from(self.string.as_str())),
            Some("lastindex") => {
                let last = self.groups.iter().rposition(Option::is_some);
                Some(Value::from(last.filter(|place| *place > 0)))
            }
            _ => self.text(key).ok(),
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        let first = args
            .positional
            .first()
            .cloned()
            .unwrap_or_else(|| Value::from(0));
        let bounds = || {
            self.group(&first)
                .and_then(Option::as_ref)
                .map_or((-1, -1), |(a, b, _)| (*a as i64, *b as i64))
        };
        let text = |group: &Option<(usize, usize, String)>| {
            Value::from(group.as_ref().map(|(_, _, text)| text.as_str()))
        };
        Ok(match method {
            "group" if args.positional.len() > 1 => {
                let groups: Result<Vec<Value>, Error> =
                    args.positional.iter().map(|key| self.text(key)).collect();
                Value::from(Tuple::new(groups?))
            }
            "group" => self.text(&first)?,
            "groups" => {
                let default = args.get(0, "default").unwrap_or_else(|| Value::from(()));
                let or_default = |group: &Option<_>| {
                    if group.is_some() {
                        text(group)
                    } else {
                        default.clone()
                    }
                };
                Value::from(Tuple::new(
                    self.groups[1..].iter().map(or_default).collect(),
                ))
            }
            "groupdict" => {
                let pairs = self.names.iter().zip(&self.groups);
                let pairs = pairs
                    .filter_map(|(name, group)| Some((Value::from(name.as_deref()?), text(group))));
                Value::from_object(pairs.collect::<Dict>())
            }
            "start" => Value::from(bounds().0),
            "end" => Value::from(bounds().1),
            "span" => Value::from(Tuple::from([
                Value::from(bounds().0),
                Value::from(bounds().1),
            ])),
            _ => {
                return Err(no_method("a match", method));
            }
        })
    }
}
