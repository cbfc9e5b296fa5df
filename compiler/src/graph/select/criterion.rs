//! One criterion, such as `2+tag:nightly+1`, and how it is read.

use serde_json::{Map, Value};

use crate::diag::Diagnostic;

/// The selector methods, in the order in which they are told to the user.
pub const METHODS: [&str; 22] = [
    "fqn",
    "tag",
    "group",
    "access",
    "source",
    "path",
    "file",
    "package",
    "config",
    "test_name",
    "test_type",
    "resource_type",
    "state",
    "exposure",
    "metric",
    "result",
    "source_status",
    "version",
    "semantic_model",
    "saved_query",
    "unit_test",
    "selector",
];

/// How tests come along with what they test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Indirect {
    /// A test comes along if any of its parents is selected.
    #[default]
    Eager,
    /// A test comes along if all of its parents are selected.
    Cautious,
    /// A test comes along if all of its parents are selected or upstream of what is selected.
    Buildable,
    /// No test comes along.
    Empty,
}

impl Indirect {
    /// From dbt's word.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "eager" => Self::Eager,
            "cautious" => Self::Cautious,
            "buildable" => Self::Buildable,
            "empty" => Self::Empty,
            _ => return None,
        })
    }
}

/// How far to follow the graph; `None` is no step, `Some(None)` all the way.
pub(super) type Steps = Option<Option<usize>>;

/// One criterion.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Criterion {
    /// As written, for messages.
    pub(super) raw: String,
    /// One of [`METHODS`].
    pub(super) method: String,
    /// What follows the method after dots, as in `config.meta.owner`.
    pub(super) arguments: Vec<String>,
    /// What to look for; text unless YAML gave another type.
    pub(super) value: Value,
    /// `@`: descendants and all of their ancestors.
    pub(super) childrens_parents: bool,
    pub(super) parents: Steps,
    pub(super) children: Steps,
    pub(super) indirect: Indirect,
}

impl Criterion {
    /// Reads dbt's short form: `@`, or `n+`, then `method.argument:`, then the value, then `+n`.
    pub(super) fn parse(raw: &str, indirect: Indirect) -> Result<Self, Diagnostic> {
        let (childrens_parents, rest) = raw
            .strip_prefix('@')
            .map_or((false, raw), |rest| (true, rest));
        let (parents, rest) = leading_steps(rest);
        let (method, rest) = leading_method(rest);
        let (value, children) = trailing_steps(rest);
        let (method, arguments) = match method {
            Some(method) => split_method(method),
            None => (default_method(value).to_owned(), Vec::new()),
        };
        Self {
            raw: raw.to_owned(),
            method,
            arguments,
            value: Value::String(value.to_owned()),
            childrens_parents,
            parents,
            children,
            indirect,
        }
        .checked()
    }

    /// The mapping that says the same in `selectors.yml`; depths are text, as in dbt's manifest.
    pub(super) fn written_out(&self) -> Value {
        let method = [self.method.clone()]
            .into_iter()
            .chain(self.arguments.iter().cloned())
            .collect::<Vec<_>>()
            .join(".");
        let mut map = Map::new();
        map.insert("method".into(), method.into());
        map.insert("value".into(), self.value.clone());
        if self.childrens_parents {
            map.insert("childrens_parents".into(), true.into());
        }
        for (key, steps) in [("parents", self.parents), ("children", self.children)] {
            let Some(depth) = steps else { continue };
            map.insert(key.into(), true.into());
            if let Some(depth) = depth {
                map.insert(format!("{key}_depth"), depth.to_string().into());
            }
        }
        Value::Object(map)
    }

    /// Refuses unknown methods and operators that contradict each other.
    pub(super) fn checked(self) -> Result<Self, Diagnostic> {
        if self.childrens_parents && self.children.is_some() {
            let message = format!("the selector {} has both @ in front and + behind", self.raw);
            return Err(Diagnostic::error("selector-operators", message)
                .hint("@ follows the descendants already; leave the + behind out"));
        }
        if !METHODS.contains(&self.method.as_str()) {
            let message = format!("unknown selector method {} in {}", self.method, self.raw);
            return Err(Diagnostic::error("selector-method", message)
                .hint(format!("the methods are {}", METHODS.join(", "))));
        }
        Ok(self)
    }

    /// The value as text.
    pub(super) fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// `config.meta.owner` → method and arguments.
pub(super) fn split_method(written: &str) -> (String, Vec<String>) {
    let mut parts = written.split('.').map(str::to_owned);
    (parts.next().unwrap_or_default(), parts.collect())
}

/// The method of a value without one: a path has a slash, a file one of three endings, all else is a name.
pub(super) fn default_method(value: &str) -> &'static str {
    let lower = value.to_lowercase();
    if value.contains('/') {
        "path"
    } else if [".sql", ".py", ".csv"]
        .iter()
        .any(|ending| lower.ends_with(ending))
    {
        "file"
    } else {
        "fqn"
    }
}

fn leading_steps(text: &str) -> (Steps, &str) {
    let rest = text.trim_start_matches(|character: char| character.is_ascii_digit());
    match rest.strip_prefix('+') {
        Some(after) => (Some(text[..text.len() - rest.len()].parse().ok()), after),
        None => (None, text),
    }
}

fn trailing_steps(text: &str) -> (&str, Steps) {
    let rest = text.trim_end_matches(|character: char| character.is_ascii_digit());
    match rest.strip_suffix('+') {
        Some(before) => (before, Some(text[rest.len()..].parse().ok())),
        None => (text, None),
    }
}

fn leading_method(text: &str) -> (Option<&str>, &str) {
    match text.split_once(':') {
        Some((method, rest))
            if !method.is_empty()
                && method
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '_' || c == '.') =>
        {
            (Some(method), rest)
        }
        _ => (None, text),
    }
}
