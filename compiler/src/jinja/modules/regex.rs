//! re: regular expressions, as far as they need neither look-around nor back references.

use std::fmt::Write as _;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Tuple};
use minijinja::{Error, ErrorKind, State, Value};
use regex::{Regex, RegexBuilder};

use crate::jinja::values::{Args, Dict, fail, list_of};

const IGNORE_CASE: i64 = 2;
const MULTI_LINE: i64 = 8;
const DOT_ALL: i64 = 16;

#[derive(Debug)]
struct Module;

/// A compiled pattern.
#[derive(Debug)]
struct Pattern(Regex);

/// What a pattern found.
#[derive(Debug)]
struct Match {
    groups: Vec<Option<(usize, usize, String)>>,
    names: Vec<Option<String>>,
}

/// `modules.re`.
pub(super) fn module() -> Value {
    Value::from_object(Module)
}

fn compile(pattern: &Value, flags: i64) -> Result<Regex, Error> {
    if let Some(pattern) = pattern.downcast_object_ref::<Pattern>() {
        return Ok(pattern.0.clone());
    }
    let text = pattern
        .as_str()
        .ok_or_else(|| fail("a pattern must be a string"))?;
    RegexBuilder::new(text)
        .case_insensitive(flags & IGNORE_CASE != 0)
        .multi_line(flags & MULTI_LINE != 0)
        .dot_matches_new_line(flags & DOT_ALL != 0)
        .build()
        .map_err(|error| fail(format!("this regular expression cannot be used: {error}")))
}

fn found(regex: &Regex, text: &str, accept: impl Fn(usize, usize) -> bool) -> Value {
    let captures = regex.captures(text).filter(|captures| {
        captures
            .get(0)
            .is_some_and(|whole| accept(whole.start(), whole.end()))
    });
    let Some(captures) = captures else {
        return Value::from(());
    };
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
        groups: groups.collect(),
        names: regex
            .capture_names()
            .map(|name| name.map(str::to_owned))
            .collect(),
    })
}

/// Python's `\1` and `\g<name>` in replacements, as the regex crate writes them.
fn replacement(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.replace('$', "$$");
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = rest[at + 1..].to_owned();
        let digits = after.chars().take_while(char::is_ascii_digit).count();
        if digits > 0 {
            let _ = write!(out, "${{{}}}", &after[..digits]);
            after[digits..].clone_into(&mut rest);
        } else if let Some((name, tail)) = after
            .strip_prefix("g<")
            .and_then(|tail| tail.split_once('>'))
        {
            let _ = write!(out, "${{{name}}}");
            tail.clone_into(&mut rest);
        } else {
            match after.chars().next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            }
            rest = after.chars().skip(1).collect();
        }
    }
    out + &rest
}

fn all(regex: &Regex, text: &str) -> Value {
    list_of(regex.captures_iter(text).map(|captures| {
        let group =
            |index: usize| Value::from(captures.get(index).map_or("", |group| group.as_str()));
        match captures.len() {
            1 => group(0),
            2 => group(1),
            count => Value::from(Tuple::new((1..count).map(group).collect())),
        }
    }))
}

fn run(
    state: &mut State<'_, '_>,
    regex: &Regex,
    method: &str,
    args: &Args<'_>,
    shift: usize,
) -> Result<Value, Error> {
    let text = |index: usize| args.text(index + shift, "string");
    Ok(match method {
        "match" | "search" | "fullmatch" => {
            let text = text(0)?;
            let anchored = match method {
                "search" => regex.clone(),
                "match" => compile(&Value::from(format!("^(?:{})", regex.as_str())), 0)?,
                _ => compile(&Value::from(format!("^(?:{})$", regex.as_str())), 0)?,
            };
            // A pattern that was compiled with flags keeps them only itself; its leftmost match decides then.
            match method {
                "search" => found(regex, &text, |_, _| true),
                "match" if regex.is_match(&text) && !anchored.is_match(&text) => {
                    found(regex, &text, |start, _| start == 0)
                }
                _ => found(&anchored, &text, |_, _| true),
            }
        }
        "findall" => all(regex, &text(0)?),
        "finditer" => list_of(
            regex
                .find_iter(&text(0)?)
                .map(|whole| Value::from(whole.as_str())),
        ),
        "split" => {
            let text = text(0)?;
            let limit = args
                .get(1 + shift, "maxsplit")
                .and_then(|limit| limit.as_usize())
                .unwrap_or(0);
            let parts: Vec<&str> = if limit == 0 {
                regex.split(&text).collect()
            } else {
                regex.splitn(&text, limit + 1).collect()
            };
            list_of(parts.into_iter().map(Value::from))
        }
        "sub" => {
            let with = args.need(shift, "repl")?;
            let text = args.text(1 + shift, "string")?;
            let count = args
                .get(2 + shift, "count")
                .and_then(|count| count.as_usize())
                .unwrap_or(0);
            if let Some(with) = with.as_str() {
                Value::from(regex.replacen(&text, count, replacement(with)).into_owned())
            } else {
                let mut out = String::new();
                let mut at = 0;
                for whole in
                    regex
                        .find_iter(&text)
                        .take(if count == 0 { usize::MAX } else { count })
                {
                    out.push_str(&text[at..whole.start()]);
                    let one = found(regex, whole.as_str(), |_, _| true);
                    out.push_str(&with.call(state, &[one])?.to_string());
                    at = whole.end();
                }
                out.push_str(&text[at..]);
                Value::from(out)
            }
        }
        _ => {
            return Err(Error::new(
                ErrorKind::UnknownMethod,
                format!("re has no function '{method}'"),
            ));
        }
    })
}

impl Object for Module {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(Value::from(match key.as_str()? {
            "IGNORECASE" | "I" => IGNORE_CASE,
            "MULTILINE" | "M" => MULTI_LINE,
            "DOTALL" | "S" => DOT_ALL,
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
            return Ok(Value::from(regex::escape(&args.text(0, "pattern")?)));
        }
        let place = match method {
            "sub" => 4,
            "split" => 3,
            "compile" => 1,
            _ => 2,
        };
        let flags = args
            .get(place, "flags")
            .and_then(|flags| flags.as_i64())
            .unwrap_or(0);
        let regex = compile(&args.need(0, "pattern")?, flags)?;
        if method == "compile" {
            return Ok(Value::from_object(Pattern(regex)));
        }
        run(state, &regex, method, &args, 1)
    }
}

impl Object for Pattern {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str() == Some("pattern")).then(|| Value::from(self.0.as_str()))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        run(state, &self.0, method, &Args::new(method, args), 0)
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
        self.text(key).ok()
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
            "groups" => Value::from(Tuple::new(self.groups[1..].iter().map(text).collect())),
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
                return Err(Error::new(
                    ErrorKind::UnknownMethod,
                    format!("a match has no method '{method}'"),
                ));
            }
        })
    }
}
