//! `config`: recorded while parsing, read while executing.

use std::sync::Arc;

use minijinja::value::Object;
use minijinja::{Error, ErrorKind, State, Value};
use serde_json::{Map, Value as Json};

use super::RenderContext;
use crate::diag::Diagnostic;
use crate::jinja::failure::raise;
use crate::jinja::values::{Args, from_json, to_json};
use crate::jinja::{JinjaWarning, Phase};

/// `config`.
pub(super) fn value(context: &Arc<RenderContext>) -> Value {
    Value::from_object(ConfigObject(Arc::clone(context)))
}

#[derive(Debug)]
struct ConfigObject(Arc<RenderContext>);

/// Adds one `config()` call to those before.
fn record(config: &mut Map<String, Json>, name: &str, value: Json) {
    let key = match name {
        "pre_hook" => "pre-hook",
        "post_hook" => "post-hook",
        other => other,
    };
    let list = |value: Json| match value {
        Json::Array(items) => items,
        Json::Null => Vec::new(),
        one => vec![one],
    };
    match (key, config.get_mut(key), value) {
        ("tags" | "pre-hook" | "post-hook" | "packages", Some(known), value) => {
            let mut items = list(known.take());
            items.extend(list(value));
            *known = Json::Array(items);
        }
        ("meta" | "docs" | "column_types", Some(Json::Object(known)), Json::Object(more)) => {
            known.extend(more);
        }
        ("grants", Some(Json::Object(known)), Json::Object(more)) => {
            for (privilege, grantees) in more {
                match privilege.strip_prefix('+') {
                    Some(plain) => {
                        let mut all = known.shift_remove(plain).map(list).unwrap_or_default();
                        all.extend(list(grantees));
                        known.insert(plain.to_owned(), Json::Array(all));
                    }
                    None => {
                        known.insert(privilege, grantees);
                    }
                }
            }
        }
        (key, _, value) => {
            config.insert(key.to_owned(), value);
        }
    }
}

impl ConfigObject {
    /// A value of the running node's configuration.
    fn stored(&self, name: &str) -> Option<Value> {
        let Phase::Execute(runtime) = &self.0.phase else {
            return None;
        };
        let config = &runtime.node.config.0;
        let other = match name {
            "pre_hook" => "pre-hook",
            "post_hook" => "post-hook",
            name => name,
        };
        config
            .get(name)
            .or_else(|| config.get(other))
            .map(from_json)
    }

    fn get(&self, args: &Args<'_>) -> Result<Value, Error> {
        let name = args.text(0, "name")?;
        let default = args.get(1, "default").unwrap_or_else(|| Value::from(()));
        if !self.0.executes() {
            return Ok(Value::from(""));
        }
        self.warn_of_meta(&name)?;
        let found = self
            .stored(&name)
            .filter(|value| !value.is_none() || default.is_none());
        Ok(found.unwrap_or(default))
    }

    /// What stands under `meta` alone is no setting: `get()` does not find it.
    fn warn_of_meta(&self, name: &str) -> Result<(), Error> {
        if self.stored(name).is_some() || self.meta(name).is_none() {
            return Ok(());
        }
        let message = format!(
            "config.get('{name}') finds nothing: '{name}' stands under 'meta', where config.meta_get('{name}') looks"
        );
        super::base::warn(&self.0, JinjaWarning::MetaKey, &message)
    }

    fn meta(&self, name: &str) -> Option<Value> {
        let meta = self.stored("meta")?;
        meta.get_item(&Value::from(name))
            .ok()
            .filter(|value| !value.is_undefined())
    }

    fn missing(&self, name: &str) -> Error {
        let node = self
            .0
            .node()
            .map_or("the model", |node| node.unique_id.as_str());
        let message = format!("{node} does not define the required config '{name}'");
        raise(
            Diagnostic::error("missing-config", message)
                .hint(format!("set it with config({name}=…) or in the properties")),
        )
    }

    fn persists(&self, part: &str) -> Value {
        let persist = self.stored("persist_docs").unwrap_or_default();
        Value::from(persist.get_attr(part).is_ok_and(|flag| flag.is_true()))
    }
}

impl Object for ConfigObject {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match &self.0.phase {
            Phase::Execute(_) => self.stored(key.as_str()?),
            Phase::Parse(_) => None,
        }
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let args = Args::new("config", args);
        let Phase::Parse(captured) = &self.0.phase else {
            return Ok(Value::from(""));
        };
        let named = args.pairs();
        if args.positional.len() + usize::from(!named.is_empty()) != 1 {
            let message = "config() takes named values, or one dict and nothing beside it";
            return Err(raise(Diagnostic::error("config-arguments", message)));
        }
        let mut pairs: Vec<(String, Json)> = Vec::new();
        if let Some(first) = args.positional.first() {
            let Json::Object(map) = to_json(first) else {
                let message = "config() wants named values or one dict";
                return Err(raise(Diagnostic::error("config-arguments", message)));
            };
            pairs.extend(map);
        }
        pairs.extend(
            named
                .iter()
                .map(|(name, value)| (name.clone(), to_json(value))),
        );
        for (one, other) in [("pre_hook", "pre-hook"), ("post_hook", "post-hook")] {
            let given = |wanted: &str| pairs.iter().any(|(name, _)| name == wanted);
            if given(one) && given(other) {
                let message =
                    format!("config() is given '{one}' and '{other}', which are the same");
                return Err(raise(Diagnostic::error("config-arguments", message)));
            }
        }
        let mut state = captured.lock();
        for (name, value) in pairs {
            record(&mut state.config, &name, value);
        }
        Ok(Value::from(""))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        let found = self.answer(method, &args)?;
        // While parsing nothing is held against it, and what may be missing only beside a default.
        let validator = match method {
            "require" | "meta_require" => args.get(1, "validator"),
            "get" | "meta_get" => args
                .get(2, "validator")
                .filter(|_| args.get(1, "default").is_some_and(|value| !value.is_none())),
            _ => None,
        };
        if let Some(validator) = validator.filter(|one| self.0.executes() && !one.is_none()) {
            validator.call(state, std::slice::from_ref(&found))?;
        }
        Ok(found)
    }
}

impl ConfigObject {
    /// What a function of `config` answers.
    fn answer(&self, method: &str, args: &Args<'_>) -> Result<Value, Error> {
        match method {
            "get" => self.get(args),
            "require" => {
                let name = args.text(0, "name")?;
                if !self.0.executes() {
                    return Ok(Value::from(""));
                }
                self.warn_of_meta(&name)?;
                self.stored(&name).ok_or_else(|| self.missing(&name))
            }
            "meta_get" => {
                let found = self.meta(&args.text(0, "name")?);
                Ok(found
                    .or_else(|| args.get(1, "default"))
                    .unwrap_or_else(|| Value::from(())))
            }
            "meta_require" => {
                let name = args.text(0, "name")?;
                if !self.0.executes() {
                    return Ok(Value::from(""));
                }
                self.meta(&name)
                    .ok_or_else(|| self.missing(&format!("meta.{name}")))
            }
            "set" => {
                if let Phase::Parse(captured) = &self.0.phase {
                    let value = to_json(&args.need(1, "value")?);
                    record(&mut captured.lock().config, &args.text(0, "name")?, value);
                }
                Ok(Value::from(""))
            }
            "persist_relation_docs" => Ok(self.persists("relation")),
            "persist_column_docs" => Ok(self.persists("columns")),
            _ => Err(Error::new(
                ErrorKind::UnknownMethod,
                format!("config has no function '{method}'"),
            )),
        }
    }
}
