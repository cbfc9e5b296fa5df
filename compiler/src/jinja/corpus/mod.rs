//! The corpus: templates that dbt and we must render alike, and those that both must refuse.
//!
//! | folder | holds |
//! |---|---|
//! | `lines/` | one template a line; a line of nothing but expressions is one template for each of them |
//! | `templates/` | templates under a line `=== name`, after macros between `[[` and `]]` where they have some |
//! | `errors/` | either form; every template is refused, at the line that `{#!#}` marks or at its last |
//! | `recorded/` | what dbt makes of each, written by `record.py` |
//!
//! `differences.txt` names the cases that are still answered otherwise, and why. It only shrinks.

mod stand;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::tests::{library, scope};
use super::{Template, render};
use crate::diag::Diagnostic;

/// A file of the corpus.
struct Theme {
    name: &'static str,
    text: &'static str,
    recorded: &'static str,
}

macro_rules! themes {
    ($($name:literal),* $(,)?) => {
        &[$(Theme {
            name: $name,
            text: include_str!(concat!($name, ".jinja")),
            recorded: include_str!(concat!("recorded/", $name, ".json")),
        }),*]
    };
}

const RENDERED: &[Theme] = themes![
    "lines/adapter",
    "lines/blocks",
    "lines/comparisons",
    "lines/dbt",
    "lines/dicts",
    "lines/literals",
    "lines/modules",
    "lines/numbers",
    "lines/parsing",
    "lines/sequences",
    "lines/sql",
    "lines/strings",
    "lines/table",
    "lines/undefined",
    "templates/macros",
    "templates/templates",
];

const REFUSED: &[Theme] = themes![
    "errors/arguments",
    "errors/dbt",
    "errors/places",
    "errors/syntax",
    "errors/undefined",
    "errors/values",
];

/// A template of a theme, with the macros it calls.
struct Case {
    name: String,
    macros: &'static str,
    text: String,
}

impl Theme {
    fn cases(&self) -> Vec<Case> {
        if self.text.starts_with("=== ") {
            return named(self.text);
        }
        let lines = self.text.lines();
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("## "));
        let texts = lines.flat_map(|line| {
            if line.contains("{%") {
                vec![line.to_owned()]
            } else {
                expressions(line)
            }
        });
        let case = |text: String| Case {
            name: text.clone(),
            macros: "",
            text,
        };
        texts.map(case).collect()
    }

    fn recorded(&self) -> serde_json::Value {
        serde_json::from_str(self.recorded).unwrap()
    }
}

fn named(text: &'static str) -> Vec<Case> {
    let parts = text.strip_prefix("=== ").unwrap().split("\n=== ");
    let case = |part: &'static str| {
        let (name, text) = part.split_once('\n').unwrap();
        let macros = text
            .strip_prefix("[[ ")
            .and_then(|rest| rest.split_once(" ]]\n"));
        let (macros, text) = macros.unwrap_or(("", text));
        Case {
            name: name.to_owned(),
            macros,
            text: text.to_owned(),
        }
    };
    parts.map(case).collect()
}

/// The expressions of a line, each with the brackets it stands in.
fn expressions(line: &str) -> Vec<String> {
    let line = line
        .replace("}}] [{{", "}}]\n[{{")
        .replace("}} {{", "}}\n{{");
    line.lines().map(str::to_owned).collect()
}

fn rendered(theme: &Theme, case: &Case, text: &str) -> Result<String, Diagnostic> {
    let template = Template {
        name: "model.shop.case",
        text,
        file: "models/case.sql",
        line: 1,
        column: 1,
    };
    let phase = stand::phase(theme.name == "lines/parsing");
    render(&library(case.macros), &scope(), &phase, "shop", template)
}

/// The cases that `differences.txt` names.
fn known() -> BTreeSet<&'static str> {
    let lines = include_str!("differences.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("## "))
        .collect()
}

/// Asserts that `wrong`, by theme and case, is what `differences.txt` lists of these themes.
fn check(themes: &[Theme], wrong: &BTreeMap<String, String>) {
    let new = wrong
        .iter()
        .filter(|(case, _)| !known().contains(case.as_str()));
    let new: Vec<String> = new.map(|(case, how)| format!("{case}\n{how}")).collect();
    assert!(
        new.is_empty(),
        "{} cases differ from dbt:\n{}",
        new.len(),
        new.join("\n")
    );
    let of_themes = |case: &&str| {
        themes.iter().any(|theme| {
            case.strip_prefix(theme.name)
                .is_some_and(|rest| rest.starts_with(' '))
        })
    };
    let mended: Vec<&str> = known()
        .into_iter()
        .filter(of_themes)
        .filter(|case| !wrong.contains_key(*case))
        .collect();
    assert!(
        mended.is_empty(),
        "strike these from differences.txt:\n{}",
        mended.join("\n")
    );
}

#[test]
fn templates_render_as_under_dbt() {
    let mut wrong = BTreeMap::new();
    for theme in RENDERED {
        let recorded = theme.recorded();
        for case in theme.cases() {
            let wanted = &recorded[&case.name];
            let found = rendered(theme, &case, &case.text);
            let same = match &found {
                Ok(found) => wanted.as_str() == Some(found),
                Err(_) => wanted.is_object(),
            };
            if !same {
                wrong.insert(
                    format!("{} {}", theme.name, case.name),
                    format!("  dbt: {wanted}\n  we:  {found:?}"),
                );
            }
        }
    }
    check(RENDERED, &wrong);
}

#[test]
fn errors_name_the_line_and_say_what_is_wrong() {
    let mut wrong = BTreeMap::new();
    for theme in REFUSED {
        let recorded = theme.recorded();
        let mut told = String::new();
        for case in theme.cases() {
            let text = if case.text == case.name {
                format!("select\n  1,\n{}", case.text)
            } else {
                case.text.clone()
            };
            let marked = text.lines().position(|line| line.contains("{#!#}"));
            let line = marked.map_or(text.lines().count(), |place| place + 1);
            assert!(
                recorded[&case.name].is_object(),
                "dbt renders {}",
                case.name
            );
            let how = match rendered(theme, &case, &text) {
                Ok(found) => format!("  rendered: {found:?}"),
                Err(error) => {
                    let place = error
                        .labels
                        .last()
                        .map(|(span, _)| span)
                        .or(error.span.as_ref());
                    let _ = writeln!(told, "{}\n{}", case.name, stand::told(&error));
                    if place.is_some_and(|place| place.line == line) {
                        continue;
                    }
                    format!("  not at line {line}: {}", stand::told(&error))
                }
            };
            wrong.insert(format!("{} {}", theme.name, case.name), how);
        }
        insta::assert_snapshot!(theme.name.replace('/', "_"), told);
    }
    check(REFUSED, &wrong);
}
