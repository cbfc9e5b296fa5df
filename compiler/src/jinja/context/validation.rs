//! `validation.any('a', 'b')`: what `config.get()` and `config.require()` may hold a setting against.

use std::sync::Arc;

use minijinja::value::Object;
use minijinja::{Error, ErrorKind, State, Value};

use crate::diag::Diagnostic;
use crate::jinja::failure::raise;
use crate::jinja::values::Args;

/// `validation`.
#[derive(Debug)]
pub(super) struct Validation;

impl Object for Validation {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "any" => Ok(Value::from_object(OneOf(args.to_vec()))),
            _ => Err(Error::new(
                ErrorKind::UnknownMethod,
                format!("validation has no function '{method}'"),
            )),
        }
    }
}

/// Takes one of these values.
#[derive(Debug)]
struct OneOf(Vec<Value>);

impl Object for OneOf {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let value = Args::new("validator", args).need(0, "value")?;
        if self.0.contains(&value) {
            return Ok(Value::from(()));
        }
        let known: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        let message = format!("'{value}' is none of {}", known.join(", "));
        Err(raise(Diagnostic::error("config-value", message)))
    }
}
