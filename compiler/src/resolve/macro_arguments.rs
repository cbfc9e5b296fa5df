//! Documented arguments of a macro, held against the macro.

use crate::artifacts::manifest::MacroArgument;

/// Names of types with how many types each takes in brackets, as dbt has them.
const TYPES: [(&str, usize); 12] = [
    ("any", 0),
    ("bool", 0),
    ("column", 0),
    ("dict", 2),
    ("float", 0),
    ("int", 0),
    ("integer", 0),
    ("list", 1),
    ("optional", 1),
    ("relation", 0),
    ("str", 0),
    ("string", 0),
];

/// What is wrong with the documented arguments of a macro that has `real` ones.
pub(super) fn complaints(
    name: &str,
    real: &[MacroArgument],
    documented: &[MacroArgument],
) -> Vec<String> {
    if documented.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (real, documented) in real.iter().zip(documented) {
        if real.name != documented.name {
            found.push(format!(
                "the macro '{name}' has an argument '{}' where '{}' is documented",
                real.name, documented.name
            ));
        }
    }
    if real.len() != documented.len() {
        found.push(format!(
            "the macro '{name}' takes {} arguments, {} are documented",
            real.len(),
            documented.len()
        ));
    }
    for argument in documented {
        let kind = argument.data_type.as_deref().unwrap_or_default();
        if !kind.trim().is_empty() && !is_type(kind) {
            found.push(format!(
                "'{kind}' is no type of an argument ('{}' of the macro '{name}')",
                argument.name
            ));
        }
    }
    found
}

/// Whether a text is a type such as `string` or `dict[str, list[int]]`.
fn is_type(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
    after_type(&text).is_some_and(str::is_empty)
}

/// What stands behind the type that a text begins with.
fn after_type(text: &str) -> Option<&str> {
    let end = text
        .find(|c: char| !c.is_ascii_lowercase())
        .unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let (_, inner) = TYPES.iter().find(|(known, _)| *known == name)?;
    for at in 0..*inner {
        rest = rest.strip_prefix(if at == 0 { '[' } else { ',' })?;
        rest = after_type(rest)?;
    }
    if *inner > 0 {
        rest = rest.strip_prefix(']')?;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_nest() {
        for good in ["string", "list[int]", "dict[str, list[optional[relation]]]"] {
            assert!(is_type(good), "{good}");
        }
        for bad in [
            "text",
            "list",
            "list[int",
            "dict[str]",
            "int[str]",
            "list[int] x",
        ] {
            assert!(!is_type(bad), "{bad}");
        }
    }

    #[test]
    fn names_and_numbers_are_compared() {
        let arguments = |names: &[&str]| -> Vec<MacroArgument> {
            let argument = |name: &&str| MacroArgument {
                name: (*name).to_owned(),
                ..MacroArgument::default()
            };
            names.iter().map(argument).collect()
        };
        let told = |real: &[&str], documented: &[&str]| {
            complaints("m", &arguments(real), &arguments(documented)).len()
        };
        assert_eq!(told(&["a", "b"], &[]), 0);
        assert_eq!(told(&["a", "b"], &["a", "b"]), 0);
        assert_eq!(told(&["a", "b"], &["b"]), 2);
    }
}
