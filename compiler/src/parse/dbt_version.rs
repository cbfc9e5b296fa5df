//! `require-dbt-version`: which versions of dbt a project or package says it works with.

use std::cmp::Ordering;

use crate::DBT_VERSION;
use crate::diag::{Diagnostic, Span};

/// One bound, such as `>=1.3.0`.
#[derive(Debug, PartialEq)]
struct Bound {
    matcher: Matcher,
    numbers: [u64; 3],
    /// `None` for a release, which comes after all of its prereleases.
    prerelease: Option<Vec<Part>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Matcher {
    Exact,
    Above { inclusive: bool },
    Below { inclusive: bool },
}

/// A part of a prerelease; numbers come before words.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Word(String),
}

impl Bound {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (matcher, version) = [
            (">=", Matcher::Above { inclusive: true }),
            ("<=", Matcher::Below { inclusive: true }),
            (">", Matcher::Above { inclusive: false }),
            ("<", Matcher::Below { inclusive: false }),
            ("=", Matcher::Exact),
        ]
        .into_iter()
        .find_map(|(sign, matcher)| Some((matcher, text.strip_prefix(sign)?)))
        .unwrap_or((Matcher::Exact, text));
        let version = version.split_once('+').map_or(version, |(base, _)| base);
        let digits = version
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .unwrap_or(version.len());
        let (base, prerelease) = version.split_at(digits);
        let mut numbers = base.split('.').map(number);
        let numbers = [numbers.next()??, numbers.next()??, numbers.next()??];
        if base.split('.').count() != 3 {
            return None;
        }
        let prerelease = prerelease.strip_prefix('-').unwrap_or(prerelease);
        let part = |part: &str| number(part).map_or_else(|| Part::Word(part.into()), Part::Number);
        Some(Self {
            matcher,
            numbers,
            prerelease: (!prerelease.is_empty()).then(|| prerelease.split('.').map(part).collect()),
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let by_prerelease = || match (&self.prerelease, &other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(own), Some(other)) => own.cmp(other),
        };
        self.numbers.cmp(&other.numbers).then_with(by_prerelease)
    }

    /// Whether some version meets both.
    fn meets(&self, other: &Self) -> bool {
        let order = self.compare(other);
        match (self.matcher, other.matcher) {
            (Matcher::Exact, Matcher::Exact) => order.is_eq(),
            (Matcher::Above { inclusive: own }, Matcher::Below { inclusive: others }) => {
                order.is_lt() || (order.is_eq() && own && others)
            }
            (Matcher::Above { inclusive }, Matcher::Exact) => {
                order.is_lt() || (order.is_eq() && inclusive)
            }
            (Matcher::Below { inclusive }, Matcher::Exact) => {
                order.is_gt() || (order.is_eq() && inclusive)
            }
            (Matcher::Below { .. }, Matcher::Above { .. })
            | (Matcher::Exact, Matcher::Above { .. } | Matcher::Below { .. }) => other.meets(self),
            (Matcher::Above { .. }, Matcher::Above { .. })
            | (Matcher::Below { .. }, Matcher::Below { .. }) => true,
        }
    }
}

/// A number without leading zeros.
fn number(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (plain && (text == "0" || !text.starts_with('0')))
        .then(|| text.parse().ok())
        .flatten()
}

/// Why the project or package `name` cannot be used with this version of dbt, as dbt judges it when it reads `file`.
/// What is no version is an error also where versions are not checked (`--no-version-check`).
pub(crate) fn complaint(
    name: &str,
    required: &[String],
    check: bool,
    file: &str,
) -> Option<Diagnostic> {
    let texts: Vec<&str> = required.iter().flat_map(|text| text.split(',')).collect();
    let mut bounds = Vec::new();
    for text in &texts {
        let Some(bound) = Bound::parse(text) else {
            let message = format!("require-dbt-version of '{name}': '{text}' is not a version");
            return Some(
                Diagnostic::error("dbt-version-malformed", message)
                    .at(Span::file(file))
                    .hint("versions have three numbers, as in \">=1.3.0,<2.0.0\""),
            );
        };
        bounds.push(bound);
    }
    if !check {
        return None;
    }
    let hint = format!("use another version of '{name}', or give --no-version-check");
    let error = |message: String| {
        Diagnostic::error("dbt-version", message)
            .at(Span::file(file))
            .hint(hint.clone())
    };
    let wanted = texts.join(",");
    let mut pairs = bounds.iter().enumerate();
    if pairs.any(|(index, bound)| bounds[index + 1..].iter().any(|other| !bound.meets(other))) {
        let message = format!("no version of dbt is what '{name}' asks for: {wanted}");
        return Some(error(message));
    }
    let own = Bound::parse(DBT_VERSION)?;
    if bounds.iter().all(|bound| bound.meets(&own)) {
        return None;
    }
    Some(error(format!(
        "'{name}' asks for dbt {wanted}, but Refract works as dbt {DBT_VERSION}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code of the complaint; nothing where all is well. dbt 1.12.6 answers each of these in the same way.
    fn check(required: &[&str]) -> Option<&'static str> {
        let required: Vec<String> = required.iter().map(|&text| text.to_owned()).collect();
        complaint("shop", &required, true, "dbt_project.yml").map(|found| found.code)
    }

    #[test]
    fn versions_of_dbt_are_judged_as_dbt_does() {
        for fine in [
            &[][..],
            &[">=1.3.0", "<2.0.0"],
            &[">=1.3.0,<2.0.0"],
            &["1.12.6"],
            &["=1.12.6"],
            &[">=1.12.6-b1"],
            &["<=1.12.6"],
        ] {
            assert_eq!(check(fine), None, "{fine:?}");
        }
        for wrong in [
            &[">2.0.0"][..],
            &["<1.12.6"],
            &[">1.12.6"],
            &["1.12.5"],
            &["<1.12.6-b1"],
            &[">=2.0.0", "<1.0.0"],
            &[">1.12.6", "<1.12.6"],
            &["1.12.6", "1.12.5"],
        ] {
            assert_eq!(check(wrong), Some("dbt-version"), "{wrong:?}");
        }
        for malformed in ["1.0", "==1.12.6", "!=1.3.0", "1.02.0", "1.2.3.4", ""] {
            assert_eq!(
                check(&[malformed]),
                Some("dbt-version-malformed"),
                "{malformed}"
            );
        }
    }

    #[test]
    fn the_check_can_be_left_out() {
        let required = [">=2.0.0".to_owned()];
        assert!(complaint("shop", &required, false, "dbt_project.yml").is_none());
        let told = complaint("shop", &required, true, "dbt_project.yml").unwrap();
        assert_eq!(
            told.message,
            "'shop' asks for dbt >=2.0.0, but Refract works as dbt 1.12.6"
        );
    }
}
