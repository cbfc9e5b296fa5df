//! Values on the command line that are YAML.

use compiler::diag::Diagnostic;
use serde_json::{Map, Value};

/// The value of `--vars`, `--args` and the like: a YAML (or JSON) mapping.
pub fn mapping(option: &str, text: &str) -> Result<Map<String, Value>, Diagnostic> {
    let example = format!("write it like this: {option} '{{name: value}}'");
    let complaint = |what: String| Diagnostic::error("option-yaml", what).hint(example.clone());
    let document = compiler::yaml::load(text, option).map_err(|error| {
        complaint(format!(
            "the value of {option} is not valid YAML: {}",
            error.message
        ))
    })?;
    match document.root.to_json() {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        other => Err(complaint(format!(
            "the value of {option} must be a mapping, not {}",
            kind(&other)
        ))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "a list",
        Value::String(_) => "text",
        Value::Number(_) => "a number",
        Value::Bool(_) => "true or false",
        Value::Null => "nothing",
        Value::Object(_) => "a mapping",
    }
}
