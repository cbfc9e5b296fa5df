//! Secrets out of everything that is shown or logged.

use std::collections::BTreeSet;

use serde_json::Value;

/// What stands where a secret was.
const MASK: &str = "*****";

/// Values that must not be seen, longest first so that no tail of a longer one stays.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    /// Hides the values of all `DBT_ENV_SECRET…` variables (and `DBT_ENGINE_ENV_SECRET…`).
    pub fn of_environment(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut redactor = Self::default();
        redactor.add(variables.into_iter().filter_map(|(name, value)| {
            (name.starts_with("DBT_ENV_SECRET") || name.starts_with("DBT_ENGINE_ENV_SECRET"))
                .then_some(value)
        }));
        redactor
    }

    /// Hides more values.
    pub fn add(&mut self, secrets: impl IntoIterator<Item = String>) {
        let mut all: BTreeSet<String> = self.secrets.drain(..).collect();
        for secret in secrets {
            // A database driver may quote a secret's lines one by one, and drops white space around it.
            all.extend(
                secret
                    .lines()
                    .map(|line| line.trim().to_owned())
                    .filter(|line| !line.is_empty()),
            );
        }
        self.secrets = all.into_iter().collect();
        self.secrets
            .sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// The text without secrets.
    pub fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MASK);
            }
        }
        text
    }

    /// Takes secrets out of every text of a JSON value.
    pub fn apply_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.apply(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.apply_value(item)),
            Value::Object(map) => map.values_mut().for_each(|item| self.apply_value(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_longer_secret_stays() {
        let variables = [
            ("DBT_ENV_SECRET_A".to_owned(), "tok".to_owned()),
            ("DBT_ENV_SECRET_B".to_owned(), "token-77".to_owned()),
            ("HOME".to_owned(), "/root".to_owned()),
        ];
        let redactor = Redactor::of_environment(variables);
        assert_eq!(
            redactor.apply("a token-77 in /root, tok"),
            "a ***** in /root, *****"
        );
    }

    #[test]
    fn json_is_searched_to_the_bottom() {
        let mut redactor = Redactor::default();
        redactor.add(["pa\"ss".to_owned()]);
        let mut value = serde_json::json!({"a": [{"b": "x pa\"ss y"}]});
        redactor.apply_value(&mut value);
        assert_eq!(value, serde_json::json!({"a": [{"b": "x ***** y"}]}));
    }
}
