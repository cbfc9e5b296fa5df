//! Turns minijinja's errors into diagnostics: the place in the user's file, the calls that led there, a way out.

use minijinja::{Error, ErrorKind};

use super::Library;
use super::failure;
use super::unit::Unit;
use crate::diag::Diagnostic;

/// How many calls of those that led to an error are told.
const MAX_CALLS: usize = 12;

/// Objects that are always there: what an error is about is what they do not have.
const OBJECTS: [&str; 7] = [
    "adapter", "config", "flags", "graph", "model", "target", "this",
];

/// Describes an error that came out of `unit`. A diagnostic that travels inside gets the place of the call as a label.
pub(crate) fn describe(library: &Library, unit: &Unit, error: &Error) -> Diagnostic {
    let other = error
        .name()
        .map(|name| name.split('#').next().unwrap_or(name))
        .filter(|name| *name != unit.name)
        .and_then(|name| library.unit(name));
    let unit = other.as_deref().unwrap_or(unit);
    let (span, text) = unit.place(error);
    match failure::diagnostic(error) {
        Some(mut found) if found.span.is_some() => {
            // The first calls and the outermost one are what a user can act on.
            found.labels.truncate(MAX_CALLS - 1);
            found.label(span, format!("called in {}", unit.title))
        }
        Some(found) => found.at(span),
        None => {
            let (code, message, hint) = words(library, error, text.as_deref());
            let found = Diagnostic::error(code, message).at(span);
            match hint {
                Some(hint) => found.hint(hint),
                None => found,
            }
        }
    }
}

fn words(
    library: &Library,
    error: &Error,
    text: Option<&str>,
) -> (&'static str, String, Option<String>) {
    let detail = error.detail().unwrap_or_default();
    let head = text.map(|text| {
        text.trim()
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .next()
            .unwrap_or("")
    });
    match error.kind() {
        ErrorKind::SyntaxError => ("jinja-syntax", detail.to_owned(), None),
        ErrorKind::UnknownFunction => {
            let name = detail.strip_suffix(" is unknown").unwrap_or(detail);
            (
                "jinja-undefined",
                format!("'{name}' is undefined"),
                Some(undefined_hint(library, name)),
            )
        }
        ErrorKind::UndefinedError | ErrorKind::UnknownMethod if is_undefined(detail, error) => {
            match head {
                Some(name) if !name.is_empty() => {
                    let path = text
                        .unwrap_or_default()
                        .split('(')
                        .next()
                        .unwrap_or(name)
                        .trim();
                    let is_there = OBJECTS.contains(&name);
                    let missing = if is_there {
                        let end = path.match_indices('.').nth(1);
                        &path[..end.map_or(path.len(), |(at, _)| at)]
                    } else if !path.contains('.') || library.has_package(name) {
                        path
                    } else {
                        name
                    };
                    // Whichever part of a longer path is missing, what stands before its last name is undefined.
                    let owner = path.rsplit_once('.').map_or(path, |(owner, _)| owner);
                    let message = if missing == path {
                        format!("'{path}' is undefined")
                    } else {
                        format!("'{owner}' is undefined, so '{path}' cannot be had")
                    };
                    let hint = if is_there {
                        "check the spelling, or say `| default(…)` where it may be missing"
                            .to_owned()
                    } else {
                        undefined_hint(library, name)
                    };
                    ("jinja-undefined", message, Some(hint))
                }
                _ => (
                    "jinja-undefined",
                    "an undefined value is used here".to_owned(),
                    None,
                ),
            }
        }
        ErrorKind::UnknownFilter => {
            let name = detail
                .strip_prefix("filter ")
                .and_then(|rest| rest.strip_suffix(" is unknown"))
                .unwrap_or(detail);
            (
                "jinja-unknown-filter",
                format!("there is no filter named '{name}'"),
                None,
            )
        }
        ErrorKind::UnknownTest => {
            let name = detail
                .strip_prefix("test ")
                .and_then(|rest| rest.strip_suffix(" is unknown"))
                .unwrap_or(detail);
            (
                "jinja-unknown-test",
                format!("there is no Jinja test named '{name}'"),
                None,
            )
        }
        kind if detail.is_empty() => ("jinja", kind.to_string(), None),
        _ => ("jinja", detail.to_owned(), None),
    }
}

fn is_undefined(detail: &str, error: &Error) -> bool {
    error.kind() == ErrorKind::UndefinedError || detail.contains("undefined")
}

/// What to do about an unknown name.
fn undefined_hint(library: &Library, name: &str) -> String {
    let nearest = library
        .macros()
        .map(|found| found.name.as_str())
        .filter(|candidate| {
            !candidate.starts_with("materialization_") && !candidate.starts_with("test_")
        })
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 5)
        .min();
    match nearest {
        Some((_, nearest)) => format!("did you mean '{nearest}'?"),
        None => "check the spelling; if it belongs to a package, run `refract deps` to install it"
            .to_owned(),
    }
}

/// How many characters differ.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let cost = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
