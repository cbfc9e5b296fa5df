//! What a run touches, by which runs are told apart that may go on side by side.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Relations of one warehouse, as `database.schema.name` in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relations {
    /// Whatever there is: nobody knows which.
    All,
    /// These.
    These(BTreeSet<String>),
}

/// What a run builds and what it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Nobody else builds or reads these meanwhile.
    pub builds: Relations,
    /// Nobody else builds these meanwhile.
    pub reads: Relations,
}

/// Where two claims meet, as a part of a sentence about the other run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meeting {
    /// At least one of them claims everything.
    Everywhere,
    /// The other one builds or reads these.
    At(&'static str, Vec<String>),
}

/// How many relations are named in a message.
const NAMED: usize = 2;

impl Relations {
    /// None at all.
    pub fn none() -> Self {
        Self::These(BTreeSet::new())
    }

    fn common(&self, other: &Self) -> Option<Vec<String>> {
        match (self, other) {
            (Self::These(one), _) | (_, Self::These(one)) if one.is_empty() => None,
            (Self::All, _) | (_, Self::All) => Some(Vec::new()),
            (Self::These(one), Self::These(two)) => {
                let both: Vec<String> = one.intersection(two).cloned().collect();
                (!both.is_empty()).then_some(both)
            }
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::All => Value::Null,
            Self::These(names) => json!(names),
        }
    }

    /// What cannot be read is taken for all.
    fn from_json(value: Option<&Value>) -> Self {
        let names = value.and_then(Value::as_array).map(|names| {
            let names = names.iter().filter_map(Value::as_str);
            names.map(str::to_owned).collect()
        });
        names.map_or(Self::All, Self::These)
    }
}

impl Claim {
    /// The whole warehouse for this run alone.
    pub fn everything() -> Self {
        Self {
            builds: Relations::All,
            reads: Relations::All,
        }
    }

    /// Nothing of the warehouse: the run waits for nobody.
    pub fn nothing() -> Self {
        Self {
            builds: Relations::none(),
            reads: Relations::none(),
        }
    }

    /// Whatever others build; it is only looked at.
    pub fn reading_all() -> Self {
        Self {
            builds: Relations::none(),
            reads: Relations::All,
        }
    }

    /// Where the two get into each other's way, if anywhere. Two that only read do not.
    pub(super) fn meets(&self, other: &Self) -> Option<Meeting> {
        let ways = [
            (&self.builds, "builds", &other.builds),
            (&self.reads, "builds", &other.builds),
            (&self.builds, "reads", &other.reads),
        ];
        ways.into_iter().find_map(|(mine, does, theirs)| {
            let common = mine.common(theirs)?;
            Some(if common.is_empty() {
                Meeting::Everywhere
            } else {
                Meeting::At(does, common)
            })
        })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"builds": self.builds.to_json(), "reads": self.reads.to_json()})
    }

    pub(super) fn from_json(value: &Value) -> Self {
        Self {
            builds: Relations::from_json(value.get("builds")),
            reads: Relations::from_json(value.get("reads")),
        }
    }
}

impl Meeting {
    /// `refract build (process 7)`, or `refract build (process 7), which builds dev.shop.orders,`.
    pub(super) fn said_of(&self, holder: &str) -> String {
        let Self::At(does, names) = self else {
            return holder.to_owned();
        };
        let named = names[..names.len().min(NAMED)].join(", ");
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{holder}, which {does} {named}{more},")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(builds: &[&str], reads: &[&str]) -> Claim {
        let these =
            |names: &[&str]| Relations::These(names.iter().map(|&name| name.to_owned()).collect());
        Claim {
            builds: these(builds),
            reads: these(reads),
        }
    }

    /// Where the first claim meets the second one, said of a run `R`.
    #[track_caller]
    fn check(one: &Claim, other: &Claim, said: Option<&str>) {
        let meeting = one.meets(other);
        assert_eq!(meeting.map(|it| it.said_of("R")).as_deref(), said);
        assert_eq!(one.meets(other).is_some(), other.meets(one).is_some());
        assert_eq!(Claim::from_json(&one.to_json()), *one);
    }

    #[test]
    fn runs_meet_where_one_builds_what_the_other_builds_or_reads() {
        let ab = claim(&["a", "b"], &["s"]);
        check(&ab, &claim(&["c"], &["s"]), None);
        check(&ab, &claim(&["b"], &[]), Some("R, which builds b,"));
        check(&ab, &claim(&["s"], &[]), Some("R, which builds s,"));
        check(&ab, &claim(&[], &["a"]), Some("R, which reads a,"));
        check(&ab, &Claim::everything(), Some("R"));
        check(&ab, &Claim::reading_all(), Some("R"));
        check(&claim(&[], &["s"]), &Claim::reading_all(), None);
        check(&Claim::everything(), &Claim::nothing(), None);
        let many = claim(&["a", "b", "c", "d"], &[]);
        check(&many, &many, Some("R, which builds a, b and 2 more,"));
    }

    #[test]
    fn what_cannot_be_read_claims_everything() {
        assert_eq!(Claim::from_json(&Value::Null), Claim::everything());
    }
}
