//! Objects of dbt that macros take apart: a run's results with their nodes and timings, a project's variables.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object};
use minijinja::{Error, State, Value};
use serde_json::{Map, Value as Json};

use super::{Args, dict_read, from_json, list_of, no_method};

/// Fields that hold such objects, or lists of them, themselves.
const NESTED: [&str; 2] = ["node", "timing"];

/// An object with attributes, `get()` and `to_dict()`, in the form of its JSON.
#[derive(Debug)]
pub(crate) struct Record(Map<String, Json>);

impl Record {
    /// The object of a JSON object; anything else as it is.
    pub(crate) fn of(json: &Json) -> Value {
        match json {
            Json::Object(fields) => Value::from_object(Self(fields.clone())),
            Json::Array(items) => list_of(items.iter().map(Self::of)),
            other => from_json(other),
        }
    }

    fn field(&self, key: &str) -> Option<Value> {
        let json = self.0.get(key)?;
        Some(if NESTED.contains(&key) {
            Self::of(json)
        } else {
            from_json(json)
        })
    }
}

impl Object for Record {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.field(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(|key| key.as_str().into()).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.len())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        match method {
            "get" => {
                let found = self.field(&args.text(0, "key")?);
                Ok(found
                    .or_else(|| args.get(1, "default"))
                    .unwrap_or_else(|| Value::from(())))
            }
            "to_dict" => Ok(from_json(&Json::Object(self.0.clone()))),
            _ => {
                let keys = self.0.keys();
                let pairs: Vec<_> = keys
                    .filter_map(|key| Some((key.as_str().into(), self.field(key)?)))
                    .collect();
                dict_read(&pairs, method, &args)?.ok_or_else(|| no_method("a result", method))
            }
        }
    }
}
