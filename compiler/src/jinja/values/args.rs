//! Arguments of a call, by position or name.

use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, Value};

use super::fail;

/// Arguments of a call.
pub(crate) struct Args<'a> {
    function: &'a str,
    pub(crate) positional: &'a [Value],
    named: Option<Kwargs>,
}

impl<'a> Args<'a> {
    pub(crate) fn new(function: &'a str, args: &'a [Value]) -> Self {
        match args.split_last() {
            Some((last, rest)) if last.is_kwargs() => Self {
                function,
                positional: rest,
                named: Kwargs::try_from(last.clone()).ok(),
            },
            _ => Self {
                function,
                positional: args,
                named: None,
            },
        }
    }

    /// The argument at `index`, or by `name`.
    pub(crate) fn get(&self, index: usize, name: &str) -> Option<Value> {
        self.positional
            .get(index)
            .cloned()
            .or_else(|| self.named(name))
    }

    /// The argument by name only.
    pub(crate) fn named(&self, name: &str) -> Option<Value> {
        self.named
            .as_ref()
            .filter(|named| named.has(name))
            .and_then(|named| named.peek(name).ok())
    }

    /// As [`Args::get`], an error where it is missing.
    pub(crate) fn need(&self, index: usize, name: &str) -> Result<Value, Error> {
        self.get(index, name).ok_or_else(|| {
            fail(format!(
                "{}() is missing its argument '{name}'",
                self.function
            ))
        })
    }

    /// An error where more arguments stand by position.
    pub(crate) fn at_most(&self, count: usize) -> Result<(), Error> {
        let given = self.positional.len();
        if given > count {
            let function = self.function;
            return Err(fail(format!(
                "{function}() takes at most {count} argument(s), got {given}"
            )));
        }
        Ok(())
    }

    /// A text argument; an error where it is missing or something else.
    pub(crate) fn text(&self, index: usize, name: &str) -> Result<String, Error> {
        let value = self.need(index, name)?;
        match value.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(fail(format!(
                "the argument '{name}' of {}() must be a string, not {}",
                self.function,
                super::type_name(&value)
            ))),
        }
    }

    /// A text argument; `None` where it is missing, undefined or none.
    pub(crate) fn maybe_text(&self, index: usize, name: &str) -> Option<String> {
        let value = self
            .get(index, name)
            .filter(|value| !value.is_none() && !value.is_undefined())?;
        Some(value.to_string())
    }

    /// A truth value; `default` where it is missing.
    pub(crate) fn flag(&self, index: usize, name: &str, default: bool) -> bool {
        self.get(index, name)
            .map_or(default, |value| value.is_true())
    }

    /// All named arguments, in order.
    pub(crate) fn pairs(&self) -> Vec<(String, Value)> {
        let Some(named) = &self.named else {
            return Vec::new();
        };
        named
            .args()
            .filter_map(|name| Some((name.to_owned(), named.peek(name).ok()?)))
            .collect()
    }
}

/// The error of a method that `what` does not have.
pub(crate) fn no_method(what: &str, method: &str) -> Error {
    Error::new(
        ErrorKind::UnknownMethod,
        format!("{what} has no method '{method}'"),
    )
}
