//! What a unit test puts in place of the project's own names while its model is compiled.

use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};
use serde_json::Value as Json;

use super::values::from_json;

/// Stand-ins for sources, `this`, macros and environment variables.
#[derive(Debug, Default)]
pub struct UnitTestScope {
    /// Answers of macros and values of other names.
    pub macros: Vec<MacroOverride>,
    /// Values of `env_var()`.
    pub env_vars: IndexMap<String, Json>,
    /// `(source, table)` to the id of the ephemeral model that stands in for it.
    pub sources: IndexMap<(String, String), String>,
    /// Ids of inputs to the names of their CTEs, without prefix.
    pub ctes: IndexMap<String, String>,
    /// Id of the input that stands for the tested model itself.
    pub this: Option<String>,
}

/// One entry of `overrides: macros:`.
#[derive(Debug)]
pub struct MacroOverride {
    /// The package before the dot, where there is one.
    pub package: Option<String>,
    /// The macro, or another name of the context.
    pub name: String,
    /// What it is, or what calling it gives.
    pub value: Json,
}

impl From<(String, Json)> for MacroOverride {
    fn from((name, value): (String, Json)) -> Self {
        let (package, name) = match name.split_once('.') {
            Some((package, name)) => (Some(package.to_owned()), name.to_owned()),
            None => (None, name),
        };
        Self {
            package,
            name,
            value,
        }
    }
}

impl UnitTestScope {
    /// What stands for `name`; a plain name wins over the same one with `dbt.` before it.
    pub(crate) fn global(&self, name: &str) -> Option<&Json> {
        self.find(None, name)
            .or_else(|| self.find(Some("dbt"), name))
    }

    /// What stands for `package.name`; a macro of dbt is meant by its plain name too.
    pub(crate) fn in_package(&self, package: &str, name: &str) -> Option<&Json> {
        let plain = || (package == "dbt").then(|| self.find(None, name)).flatten();
        plain().or_else(|| self.find(Some(package), name))
    }

    fn find(&self, package: Option<&str>, name: &str) -> Option<&Json> {
        self.macros
            .iter()
            .find(|known| known.package.as_deref() == package && known.name == name)
            .map(|known| &known.value)
    }
}

/// A macro that answers the same to every call.
#[derive(Debug)]
pub(crate) struct ConstantMacro(Json);

impl ConstantMacro {
    pub(crate) fn value(answer: &Json) -> Value {
        Value::from_object(Self(answer.clone()))
    }
}

impl Object for ConstantMacro {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Ok(from_json(&self.0))
    }
}
