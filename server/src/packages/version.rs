//! Versions and ranges as dbt reads them. <https://docs.getdbt.com/docs/build/packages#version>, semver.org with
//! dbt's own rules for prereleases and for which bound wins.

use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

/// Operator, three numbers, and what follows them. dbt lets the dash before a prerelease go: `1.0.0rc1`.
static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    let number = r"(?:0|[1-9]\d*)";
    let part = r"(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)";
    let text = format!(
        r"^(?P<matcher>>=|>|<|<=|=)?(?P<major>{number})\.(?P<minor>{number})\.(?P<patch>{number})(?:-?(?P<pre>{part}(?:\.{part})*))?(?:\+(?P<build>[0-9A-Za-z-]*(?:\.[0-9A-Za-z-]*)*))?$"
    );
    Regex::new(&text).expect("the pattern is a constant")
});

/// How a version is meant in a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matcher {
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `=` or nothing.
    Exact,
}

impl Matcher {
    fn as_str(self) -> &'static str {
        match self {
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Exact => "=",
        }
    }

    fn is_lower(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual)
    }

    fn is_upper(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual)
    }
}

/// A version, or one bound of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// How it is meant.
    pub matcher: Matcher,
    numbers: [u64; 3],
    /// `rc.1` of `1.0.0-rc.1`.
    pub prerelease: Option<String>,
    build: Option<String>,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{}{major}.{minor}.{patch}", self.matcher.as_str())?;
        if let Some(prerelease) = &self.prerelease {
            write!(f, "-{prerelease}")?;
        }
        match &self.build {
            Some(build) => write!(f, "+{build}"),
            None => Ok(()),
        }
    }
}

impl Version {
    /// Reads `1.2.3`, `>=1.2.3-rc.1` and the like; `None` where it is no version.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = VERSION.captures(text)?;
        let number = |name: &str| parts[name].parse().ok();
        let matcher = match parts.name("matcher").map(|found| found.as_str()) {
            Some(">") => Matcher::Greater,
            Some(">=") => Matcher::GreaterOrEqual,
            Some("<") => Matcher::Less,
            Some("<=") => Matcher::LessOrEqual,
            _ => Matcher::Exact,
        };
        let text = |name: &str| {
            parts
                .name(name)
                .map(|found| found.as_str().to_owned())
                .filter(|text| !text.is_empty())
        };
        Some(Self {
            matcher,
            numbers: [number("major")?, number("minor")?, number("patch")?],
            prerelease: text("pre"),
            build: text("build"),
        })
    }

    /// dbt's order: numbers, then prereleases, then which bound is the narrower one.
    pub fn compare(&self, other: &Self) -> Ordering {
        use Matcher::{Greater, GreaterOrEqual, Less, LessOrEqual};
        let numbers = self.numbers.cmp(&other.numbers);
        if numbers != Ordering::Equal {
            return numbers;
        }
        match (&self.prerelease, &other.prerelease) {
            (None, None) => {}
            // `<2.0.0` leaves 2.0.0-rc1 out.
            (None, Some(_)) if self.matcher == Matcher::Less => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (Some(_), None) => return Ordering::Less,
            (Some(a), Some(b)) => match compare_prereleases(a, b) {
                Ordering::Equal => {}
                other => return other,
            },
        }
        match (self.matcher, other.matcher) {
            (GreaterOrEqual, LessOrEqual) | (LessOrEqual, GreaterOrEqual) => Ordering::Equal,
            (Less, LessOrEqual) | (GreaterOrEqual, Greater) => Ordering::Less,
            (a, b) if a.is_upper() && b.is_lower() => Ordering::Less,
            (LessOrEqual, Less) | (Greater, GreaterOrEqual) => Ordering::Greater,
            (a, b) if a.is_lower() && b.is_upper() => Ordering::Greater,
            _ => Ordering::Equal,
        }
    }
}

fn compare_prereleases(a: &str, b: &str) -> Ordering {
    for (a, b) in a.split('.').zip(b.split('.')) {
        let order = match (a.parse::<u64>(), b.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => a.cmp(b),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// No version can satisfy all bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict;

/// From a version to a version; `None` is open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Range {
    start: Option<Version>,
    end: Option<Version>,
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.start, &self.end) {
            (None, None) => f.write_str("any"),
            (Some(one), None) | (None, Some(one)) => one.fmt(f),
            (Some(start), Some(end)) if start == end => start.fmt(f),
            (Some(start), Some(end)) => write!(f, "{start}, {end}"),
        }
    }
}

impl From<&Version> for Range {
    fn from(version: &Version) -> Self {
        let bound = Some(version.clone());
        match version.matcher {
            Matcher::Exact => Self {
                start: bound.clone(),
                end: bound,
            },
            Matcher::Greater | Matcher::GreaterOrEqual => Self {
                start: bound,
                end: None,
            },
            Matcher::Less | Matcher::LessOrEqual => Self {
                start: None,
                end: bound,
            },
        }
    }
}

impl Range {
    /// What all of these allow.
    pub fn of(versions: &[Version]) -> Result<Self, Conflict> {
        // dbt begins with the last one; among contradicting bounds that decides which of them is kept.
        let Some((last, rest)) = versions.split_last() else {
            return Ok(Self::default());
        };
        rest.iter().try_fold(Self::from(last), |range, version| {
            range.narrow(&Self::from(version))
        })
    }

    /// Whether a version lies in it.
    pub fn allows(&self, version: &Version) -> bool {
        let mut all = vec![version.clone()];
        all.extend(self.start.clone());
        all.extend(self.end.clone());
        Self::of(&all).is_ok()
    }

    fn narrow(self, other: &Self) -> Result<Self, Conflict> {
        let exact = |bound: &Option<Version>| {
            bound
                .as_ref()
                .is_some_and(|version| version.matcher == Matcher::Exact)
        };
        let range = if exact(&self.start) && exact(&other.start) {
            let (Some(a), Some(b)) = (&self.start, &other.start) else {
                return Err(Conflict);
            };
            if a.compare(b) != Ordering::Equal {
                return Err(Conflict);
            }
            Self {
                start: self.start.clone(),
                end: self.start,
            }
        } else {
            Self {
                start: combine(self.start, other.start.clone(), Ordering::Less)?,
                end: combine(self.end, other.end.clone(), Ordering::Greater)?,
            }
        };
        match (&range.start, &range.end) {
            (Some(start), Some(end)) if start.compare(end) == Ordering::Greater => Err(Conflict),
            _ => Ok(range),
        }
    }
}

/// The narrower of two bounds on one side. `yields` is how a bound of this side lies to a version inside:
/// less for lower bounds, greater for upper ones.
fn combine(
    a: Option<Version>,
    b: Option<Version>,
    yields: Ordering,
) -> Result<Option<Version>, Conflict> {
    let (a, b) = match (a, b) {
        (Some(a), Some(b)) => (a, b),
        (one, other) => return Ok(one.or(other)),
    };
    let (bound, exact) = match (a.matcher == Matcher::Exact, b.matcher == Matcher::Exact) {
        (false, false) => return Ok(Some(if a.compare(&b) == yields { b } else { a })),
        (true, _) => (b, a),
        (false, true) => (a, b),
    };
    let order = bound.compare(&exact);
    let inclusive = matches!(
        bound.matcher,
        Matcher::GreaterOrEqual | Matcher::LessOrEqual
    );
    if order == yields || (order == Ordering::Equal && inclusive) {
        Ok(Some(exact))
    } else {
        Err(Conflict)
    }
}

/// Those that may be installed, oldest first: prereleases only where they are asked for. What is no version is left out.
pub fn installable(versions: &[String], prereleases: bool) -> Vec<(Version, String)> {
    let mut found: Vec<(Version, String)> = versions
        .iter()
        .filter_map(|text| Some((Version::parse(text)?, text.clone())))
        .filter(|(version, _)| prereleases || version.prerelease.is_none())
        .collect();
    found.sort_by(|(a, _), (b, _)| a.compare(b));
    found
}

/// The newest in the range.
pub fn newest(range: &Range, versions: &[(Version, String)]) -> Option<String> {
    let mut best: Option<&(Version, String)> = None;
    for candidate in versions {
        let newer = best.is_none_or(|(best, _)| best.compare(&candidate.0) == Ordering::Less);
        if newer && range.allows(&candidate.0) {
            best = Some(candidate);
        }
    }
    best.map(|(_, text)| text.clone())
}

#[cfg(test)]
#[path = "version_tests.rs"]
mod tests;
