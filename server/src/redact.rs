//! Secrets out of everything that is shown or logged.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What stands where a secret was.
const MASK: &str = "*****";

/// Secrets shorter than this are hidden as whole words only: taken out of the middle of words they would mangle every
/// message, and the holes would tell what they are.
const SHORT: usize = 4;

/// Keys of a profile whose values are secret, wherever they stand in it.
const SECRET_KEYS: [&str; 12] = [
    "password",
    "pass",
    "token",
    "secret",
    "secret_key",
    "key_id",
    "session_token",
    "access_key",
    "private_key",
    "api_key",
    "motherduck_token",
    "connection_string",
];

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

    /// Hides the secrets of a profile's output, and more values. A secret that the output holds in the open too, such
    /// as the password `postgres` of a user and a database of that name, is none: hidden, it would take the database's
    /// name out of every statement.
    pub fn of_profile(config: &Map<String, Value>, more: &[String]) -> Self {
        let mut redactor = Self::default();
        let (mut secrets, mut open) = (Vec::new(), Vec::new());
        collect(config, &mut secrets, &mut open);
        secrets.retain(|secret| !open.contains(secret));
        redactor.add(secrets.into_iter().chain(more.iter().cloned()));
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
                text = if secret.chars().count() < SHORT {
                    replace_words(&text, secret)
                } else {
                    text.replace(secret.as_str(), MASK)
                };
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

/// The text with `word` masked where no letter, digit or `_` stands next to it.
fn replace_words(text: &str, word: &str) -> String {
    let is_part = |next: Option<char>| next.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let previous = before
            .chars()
            .next_back()
            .or_else(|| clean.chars().next_back());
        clean.push_str(before);
        let alone = !is_part(previous) && !is_part(after.chars().next());
        clean.push_str(if alone { MASK } else { word });
        rest = after;
    }
    clean + rest
}

/// The texts of an output: those of secret keys, and those of others.
fn collect(config: &Map<String, Value>, secrets: &mut Vec<String>, open: &mut Vec<String>) {
    for (key, value) in config {
        match value {
            Value::String(text) if SECRET_KEYS.contains(&key.to_lowercase().as_str()) => {
                secrets.push(text.clone());
            }
            Value::String(text) => open.push(text.clone()),
            Value::Object(inner) => collect(inner, secrets, open),
            Value::Array(items) => {
                for item in items.iter().filter_map(Value::as_object) {
                    collect(item, secrets, open);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_part_of_a_longer_secret_stays() {
        let variables = [
            ("DBT_ENV_SECRET_A".to_owned(), "toke".to_owned()),
            ("DBT_ENV_SECRET_B".to_owned(), "token-77".to_owned()),
            ("HOME".to_owned(), "/root".to_owned()),
        ];
        let redactor = Redactor::of_environment(variables);
        assert_eq!(
            redactor.apply("a token-77 in /root, toke"),
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

    #[test]
    fn short_secrets_are_hidden_as_words() {
        let mut redactor = Redactor::default();
        redactor.add(["pg".to_owned()]);
        assert_eq!(
            redactor.apply("pg: pg_catalog at pg/pgpg, pg"),
            "*****: pg_catalog at *****/pgpg, *****"
        );
    }

    #[test]
    fn values_of_secret_keys_are_taken_out_of_texts() {
        let config = json!({"path": "dev.duckdb", "secrets": [{"type": "s3", "secret": "hunter22", "key_id": "AKIA77"}]});
        let redactor = Redactor::of_profile(config.as_object().unwrap(), &["envsecret".to_owned()]);
        assert_eq!(
            redactor.apply("dev.duckdb said AKIA77 with hunter22 and envsecret is wrong"),
            "dev.duckdb said ***** with ***** and ***** is wrong"
        );
    }

    #[test]
    fn a_password_that_is_a_name_too_is_no_secret() {
        let config = json!({"user": "postgres", "password": "postgres", "dbname": "shop"});
        let config = config.as_object().unwrap();
        assert!(Redactor::of_profile(config, &[]).is_empty());
        let said = Redactor::of_profile(config, &["postgres".to_owned()]);
        assert_eq!(said.apply("postgres"), "*****");
    }
}
