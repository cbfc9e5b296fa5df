//! Keeps secrets out of what drivers say.

use serde_json::{Map, Value};

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

/// Values that must not be shown. Shorter ones than three characters are left alone: taking them out would
/// mangle every message and hide nothing.
#[derive(Clone, Default)]
pub struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    /// The secrets of a profile output, and some more.
    pub fn new(config: &Map<String, Value>, more: &[String]) -> Self {
        let mut secrets: Vec<String> = more.to_vec();
        collect(config, &mut secrets);
        secrets.retain(|secret| secret.len() > 2);
        // The longest first, so that a secret inside another leaves no rest of it.
        secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        Self { secrets }
    }

    /// The text without them.
    pub fn clean(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret.as_str(), "*****")
        })
    }
}

fn collect(config: &Map<String, Value>, secrets: &mut Vec<String>) {
    for (key, value) in config {
        match value {
            Value::String(text) if SECRET_KEYS.contains(&key.to_lowercase().as_str()) => {
                secrets.push(text.clone());
            }
            Value::Object(inner) => collect(inner, secrets),
            Value::Array(items) => {
                for item in items.iter().filter_map(Value::as_object) {
                    collect(item, secrets);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Redactor;

    #[test]
    fn values_of_secret_keys_are_taken_out_of_texts() {
        let config = json!({"path": "dev.duckdb", "secrets": [{"type": "s3", "secret": "hunter22", "key_id": "AKIA77"}]});
        let redactor = Redactor::new(config.as_object().unwrap(), &["envsecret".to_owned()]);
        assert_eq!(
            redactor.clean("dev.duckdb said AKIA77 with hunter22 and envsecret is wrong"),
            "dev.duckdb said ***** with ***** and ***** is wrong"
        );
    }
}
