//! `--warn-error` and `--warn-error-options`: which warnings stop the command, and which are not even shown.

use compiler::diag::Diagnostic;
use serde_json::{Map, Value};

/// Names of dbt 1.12's events, one a line, with the word for all deprecations.
const NAMES: &str = include_str!("dbt_1.txt");

/// Names that dbt 1.12 passes over because only dbt v2 has them.
const NAMES_OF_V2: &str = include_str!("dbt_2.txt");

/// Warnings that only Refract has.
const OWN_NAMES: [&str; 12] = [
    "Assets",
    "History",
    "LogFile",
    "MacroNotFound",
    "ProfileKeyWithoutEffect",
    "ProfileUnknownKey",
    "ProjectFlagNotBuilt",
    "ProjectUnknownFlag",
    "ProjectUnknownKey",
    "PropertyUnknownKey",
    "RunLeft",
    "UnknownKey",
];

/// dbt's word for all of its deprecations.
pub const DEPRECATIONS: &str = "Deprecations";

/// Which warnings count as errors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WarnError {
    /// All of them, but for the names in `keep` and `silence`.
    pub all: bool,
    /// Names that are errors.
    pub error: Vec<String>,
    /// Names that stay warnings.
    pub keep: Vec<String>,
    /// Names that are not shown.
    pub silence: Vec<String>,
    /// Names that were given under the old keys `include` and `exclude`.
    pub by_old_keys: bool,
}

impl WarnError {
    /// Reads dbt's `warn_error_options`: `error` (once `include`), `warn` (once `exclude`), `silence`, each a list of
    /// names; `error` may be `all`. An unknown name is a mistake, as it is to dbt.
    pub fn from_options(options: &Map<String, Value>) -> Result<Self, Diagnostic> {
        let mut read = Self {
            by_old_keys: options.contains_key("include") || options.contains_key("exclude"),
            ..Self::default()
        };
        match either(options, "error", "include")? {
            Some(Value::String(word)) if is_all(word) => {
                read.all = true;
                read.error = vec![word.clone()];
            }
            given => read.error = names(given, "error")?,
        }
        // dbt takes `all` in a list for a name, of which there is none.
        read.keep = names(either(options, "warn", "exclude")?, "warn")?;
        read.silence = names(options.get("silence"), "silence")?;
        let names_deprecations = |list: &[String]| list.iter().any(|name| name == DEPRECATIONS);
        if !read.keep.is_empty()
            && !read.all
            && !names_deprecations(&read.error)
            && !names_deprecations(&read.silence)
        {
            let message = "warn_error_options: 'warn' says what stays a warning, and nothing else is made an error";
            return Err(mistake(message.to_owned()).hint("add 'error: all', or leave 'warn' out"));
        }
        Ok(read)
    }

    /// Whether a warning stops the command. `names` is how it may be called, the most particular first; the first one
    /// that is listed decides.
    pub fn is_error(&self, names: &[&str]) -> bool {
        for name in names {
            if listed(&self.keep, name) || listed(&self.silence, name) {
                return false;
            }
            if listed(&self.error, name) {
                return true;
            }
        }
        self.all
    }

    /// Whether a warning is not even shown; see [`Self::is_error`].
    pub fn is_silent(&self, names: &[&str]) -> bool {
        let decides = |name: &&&str| {
            listed(&self.silence, name) || listed(&self.keep, name) || listed(&self.error, name)
        };
        let decisive = names.iter().find(decides);
        decisive.is_some_and(|name| listed(&self.silence, name))
    }
}

fn listed(list: &[String], name: &str) -> bool {
    list.iter().any(|one| one == name)
}

fn is_all(word: &str) -> bool {
    word == "all" || word == "*"
}

fn mistake(message: String) -> Diagnostic {
    Diagnostic::error("warn-error-options", message)
}

/// The value under a key or under its old name, not under both.
fn either<'a>(
    options: &'a Map<String, Value>,
    key: &str,
    old: &str,
) -> Result<Option<&'a Value>, Diagnostic> {
    match (options.get(key), options.get(old)) {
        (Some(_), Some(_)) => Err(mistake(format!(
            "warn_error_options: '{old}' is the old name of '{key}', and both are given"
        ))),
        (new, old) => Ok(new.or(old)),
    }
}

/// A list of names under `key`.
fn names(given: Option<&Value>, key: &str) -> Result<Vec<String>, Diagnostic> {
    let list = match given {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list.clone(),
        // dbt wants a list; one name alone is as clear.
        Some(Value::String(one)) if is_known(one) => vec![one.as_str().into()],
        Some(other) => {
            let all = if key == "error" { "'all' or " } else { "" };
            return Err(mistake(format!(
                "warn_error_options: '{key}' takes {all}a list of names, found {other}"
            )));
        }
    };
    list.iter().map(|name| checked(name, key)).collect()
}

fn checked(name: &Value, key: &str) -> Result<String, Diagnostic> {
    match name.as_str() {
        Some(name) if is_known(name) => Ok(name.to_owned()),
        Some(name) => {
            let message =
                format!("warn_error_options: there is no warning called '{name}' ('{key}')");
            let near = compiler::near::nearest(name, NAMES.lines().chain(OWN_NAMES));
            Err(match near.first() {
                Some(near) => mistake(message).hint(format!("did you mean '{near}'?")),
                None => mistake(message),
            })
        }
        None => Err(mistake(format!(
            "warn_error_options: '{key}' takes names, found {name}"
        ))),
    }
}

/// Whether a warning can be called so: by dbt's name, or by Refract's own code (`project-unknown-key`) or its name.
fn is_known(name: &str) -> bool {
    let is_code = name.chars().all(|c| c.is_ascii_lowercase() || c == '-') && name.contains('-');
    is_code
        || name == DEPRECATIONS
        || OWN_NAMES.contains(&name)
        || [NAMES, NAMES_OF_V2]
            .iter()
            .any(|list| list.lines().any(|known| known == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: Value) -> Result<WarnError, Diagnostic> {
        WarnError::from_options(options.as_object().expect("a mapping"))
    }

    #[test]
    fn the_most_particular_name_decides() {
        let rules = read(serde_json::json!({
            "error": ["Deprecations", "DeprecatedModel"],
            "silence": ["ExposureNameDeprecation", "UnusedTables"],
        }))
        .expect("read");
        assert!(rules.is_error(&["ConfigLogPathDeprecation", DEPRECATIONS]));
        assert!(!rules.is_error(&["ExposureNameDeprecation", DEPRECATIONS]));
        assert!(rules.is_silent(&["ExposureNameDeprecation", DEPRECATIONS]));
        assert!(!rules.is_silent(&["DeprecatedModel", "UnusedTables"]));
        let rules =
            read(serde_json::json!({"error": "all", "warn": ["NoNodesForSelectionCriteria"]}))
                .expect("read");
        assert!(rules.is_error(&["Anything"]));
        assert!(!rules.is_error(&["NoNodesForSelectionCriteria"]));
    }

    #[test]
    fn the_old_keys_are_known() {
        let rules = read(serde_json::json!({"include": "*", "exclude": ["UnusedTables"]}));
        let rules = rules.expect("read");
        assert!(rules.all && rules.by_old_keys);
        assert!(!rules.is_error(&["UnusedTables"]));
    }

    #[test]
    fn mistakes_are_told() {
        let told = |options: Value| {
            let mistake = read(options).expect_err("a mistake");
            format!("{} [{}]", mistake.message, mistake.hint.unwrap_or_default())
        };
        let all = [
            serde_json::json!({"error": ["UnusedTable"]}),
            serde_json::json!({"error": "some"}),
            serde_json::json!({"error": ["all"]}),
            serde_json::json!({"error": [3]}),
            serde_json::json!({"error": "all", "include": "all"}),
            serde_json::json!({"warn": ["UnusedTables"]}),
        ];
        let told: Vec<String> = all.into_iter().map(told).collect();
        assert_eq!(
            told,
            [
                "warn_error_options: there is no warning called 'UnusedTable' ('error') [did you mean 'UnusedTables'?]",
                "warn_error_options: 'error' takes 'all' or a list of names, found \"some\" []",
                "warn_error_options: there is no warning called 'all' ('error') []",
                "warn_error_options: 'error' takes names, found 3 []",
                "warn_error_options: 'include' is the old name of 'error', and both are given []",
                "warn_error_options: 'warn' says what stays a warning, and nothing else is made an error \
                 [add 'error: all', or leave 'warn' out]",
            ]
        );
    }
}
