//! The corpus: templates that dbt and we must render alike. `expected.py` writes what dbt makes of `cases.jinja`.
//!
//! A case is a line `=== name`, macros between `[[` and `]]` if it has any, and the template.

use super::tests::{library, scope};
use super::{Captured, Phase, Template, render};

/// Cases as name, macros and template.
fn cases() -> Vec<(&'static str, &'static str, &'static str)> {
    let parts = include_str!("cases.jinja").split("=== ").skip(1);
    let split = |part: &'static str| {
        let (name, text) = part.split_once('\n').unwrap();
        match text
            .strip_prefix("[[ ")
            .and_then(|rest| rest.split_once(" ]]\n"))
        {
            Some((macros, text)) => (name, macros, text),
            None => (name, "", text),
        }
    };
    parts.map(split).collect()
}

#[test]
fn templates_render_as_under_dbt() {
    let expected: serde_json::Value = serde_json::from_str(include_str!("expected.json")).unwrap();
    let mut wrong = Vec::new();
    for (name, macros, text) in cases() {
        let template = Template {
            name,
            text,
            file: "case.sql",
            line: 1,
            column: 1,
        };
        let phase = Phase::Parse(Captured::new(None));
        let found = render(&library(macros), &scope(), &phase, "shop", template);
        let wanted = expected[name]["text"].as_str().map(str::to_owned);
        match (found, wanted) {
            (Ok(found), Some(wanted)) if found == wanted => {}
            (Err(_), None) => {}
            (found, wanted) => wrong.push(format!("{name}\n  dbt: {wanted:?}\n  we:  {found:?}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
