//! What is taken out of a catalog before it leaves.

use serde_json::Value;

/// Something that readers outside need not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// SQL, Jinja and macros, and what a warehouse said about them.
    Sql,
    /// `meta`, and with it the feature contracts.
    Meta,
    /// Names and addresses of owners and of those whom contracts name.
    Owners,
    /// Where files are.
    Paths,
}

impl Part {
    /// Keys of dbt's artifacts whose values go, wherever they stand.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Sql => &[
                "raw_code",
                "compiled_code",
                "raw_sql",
                "compiled_sql",
                "macro_sql",
                "extra_ctes",
                "message",
            ],
            Self::Meta => &["meta"],
            Self::Owners => &["owner", "email", "contact", "consumers"],
            Self::Paths => &[
                "path",
                "original_file_path",
                "patch_path",
                "build_path",
                "compiled_path",
                "root_path",
                "message",
            ],
        }
    }
}

/// Takes parts out of artifacts; by default none.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    keys: Vec<&'static str>,
}

impl Redaction {
    /// Takes these parts out.
    pub fn of(parts: &[Part]) -> Self {
        Self {
            keys: parts.iter().flat_map(|part| part.keys()).copied().collect(),
        }
    }

    /// The JSON text of an artifact without them. What is no JSON stays, for its reader to complain about.
    pub(super) fn apply(&self, text: String) -> String {
        if self.keys.is_empty() {
            return text;
        }
        match serde_json::from_str(&text) {
            Ok(mut value) => {
                self.empty(&mut value);
                value.to_string()
            }
            Err(_) => text,
        }
    }

    /// Empties a value's parts that are to go.
    pub(super) fn empty(&self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (key, inner) in map.iter_mut() {
                    match inner {
                        // Its keys are names of columns, not of fields.
                        Value::Object(columns) if key == "columns" => {
                            columns.values_mut().for_each(|column| self.empty(column));
                        }
                        inner if self.keys.contains(&key.as_str()) => *inner = nothing_like(inner),
                        inner => self.empty(inner),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.empty(item)),
            _ => {}
        }
    }
}

/// An empty value of the same kind, so that a reader finds what it expects.
fn nothing_like(value: &Value) -> Value {
    match value {
        Value::String(_) => Value::from(""),
        Value::Array(_) => Value::Array(Vec::new()),
        Value::Object(_) => Value::Object(serde_json::Map::new()),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(parts: &[Part], value: &Value) -> Value {
        let text = Redaction::of(parts).apply(value.to_string());
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn fields_go_and_columns_of_the_same_name_stay() {
        let node = serde_json::json!({
            "raw_code": "select 1", "path": "a.sql", "extra_ctes": [{"sql": "x"}],
            "meta": {"owner": "Ann"}, "patch_path": null,
            "columns": {"owner": {"name": "owner", "meta": {"email": "a@b"}}, "path": {"name": "path"}},
        });
        assert_eq!(
            redacted(&[Part::Sql, Part::Paths], &node),
            serde_json::json!({
                "raw_code": "", "path": "", "extra_ctes": [],
                "meta": {"owner": "Ann"}, "patch_path": null,
                "columns": {"owner": {"name": "owner", "meta": {"email": "a@b"}}, "path": {"name": "path"}},
            })
        );
        assert_eq!(
            redacted(&[Part::Owners], &node)["columns"]["owner"],
            serde_json::json!({"name": "owner", "meta": {"email": ""}})
        );
        assert_eq!(
            redacted(&[Part::Meta], &node)["meta"],
            serde_json::json!({})
        );
        assert_eq!(redacted(&[], &node), node);
    }

    #[test]
    fn what_is_no_json_stays_for_its_reader() {
        assert_eq!(Redaction::of(&[Part::Sql]).apply("{".to_owned()), "{");
    }
}
