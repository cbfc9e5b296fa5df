//! `adapter.parse_index`: an index as a model's `indexes` describe it.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use md5::{Digest, Md5};
use minijinja::value::{Object, ValueKind};
use minijinja::{Error, State, Value};

use crate::jinja::ProjectScope;
use crate::jinja::values::{Args, fail, list_of, no_method, type_name};

/// An index: its columns, whether they are unique together and, on PostgreSQL, its method.
#[derive(Debug)]
struct IndexObject {
    columns: Vec<String>,
    unique: bool,
    /// The method by which it is built, where one is named.
    method: Option<String>,
    /// Whether the warehouse has methods.
    has_methods: bool,
    /// When the command began.
    moment: String,
}

/// Reads an index; none of none. What is no index is an error, as it is under dbt.
pub(super) fn parse(raw: &Value, scope: &ProjectScope) -> Result<Value, Error> {
    if raw.is_none() || raw.is_undefined() {
        return Ok(Value::from(()));
    }
    if raw.kind() != ValueKind::Map {
        let message = format!("an index is a mapping, not {}", type_name(raw));
        return Err(fail(message));
    }
    let has_methods = scope.adapter_type != "duckdb";
    let mut index = IndexObject {
        columns: Vec::new(),
        unique: false,
        method: None,
        has_methods,
        moment: scope.world.started_at().to_rfc3339(),
    };
    for key in raw.try_iter()? {
        let value = raw.get_item(&key)?;
        match key.as_str().unwrap_or_default() {
            "columns" if value.kind() == ValueKind::Seq => {
                index.columns = value.try_iter()?.map(|name| name.to_string()).collect();
            }
            "columns" => return Err(fail("'columns' of an index is a list of names")),
            "unique" if value.kind() == ValueKind::Bool => index.unique = value.is_true(),
            "unique" => return Err(fail("'unique' of an index is true or false")),
            "type" if has_methods => {
                index.method = (!value.is_none()).then(|| value.to_string());
            }
            _ => {
                let known = if has_methods {
                    "columns, unique and type"
                } else {
                    "columns and unique"
                };
                return Err(fail(format!("an index has {known}, and no '{key}'")));
            }
        }
    }
    if index.columns.is_empty() {
        return Err(fail("an index wants 'columns'"));
    }
    Ok(Value::from_object(index))
}

impl IndexObject {
    /// A name that no index of an earlier command has, since its moment goes into it: 32 hexadecimal digits.
    fn name(&self, relation: &str) -> String {
        let mut parts: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        parts.extend([relation, if self.unique { "True" } else { "False" }]);
        if self.has_methods {
            parts.push(self.method.as_deref().unwrap_or("None"));
        }
        parts.push(&self.moment);
        let mut name = String::new();
        for byte in Md5::digest(parts.join("_").as_bytes()) {
            let _ = write!(name, "{byte:02x}");
        }
        name
    }
}

impl Object for IndexObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "columns" => list_of(self.columns.iter().map(|name| Value::from(name.as_str()))),
            "unique" => Value::from(self.unique),
            "type" if self.has_methods => Value::from(self.method.as_deref()),
            _ => return None,
        })
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "render" => {
                let relation = Args::new(method, args).need(0, "relation")?;
                Ok(Value::from(self.name(&relation.to_string())))
            }
            _ => Err(no_method("an index", method)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Index ({})>", self.columns.join(", "))
    }
}
