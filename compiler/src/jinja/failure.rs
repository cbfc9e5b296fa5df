//! Errors that travel through minijinja: a finished diagnostic, or the value that `return()` hands back.

use std::error::Error as StdError;
use std::fmt;

use minijinja::{Error, ErrorKind, Value};

use crate::diag::Diagnostic;

/// A diagnostic on its way out.
#[derive(Debug, Clone)]
pub(crate) struct Failure(pub(crate) Box<Diagnostic>);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for Failure {}

/// The value that `return()` hands back.
#[derive(Debug)]
struct Returned(Value);

impl fmt::Display for Returned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("return")
    }
}

impl StdError for Returned {}

/// An error that carries a diagnostic; the place is filled in where it is missing.
pub(crate) fn raise(diagnostic: Diagnostic) -> Error {
    let message = diagnostic.message.clone();
    Error::new(ErrorKind::InvalidOperation, message).with_source(Failure(Box::new(diagnostic)))
}

/// What `return(value)` throws.
pub(crate) fn return_value(value: Value) -> Error {
    Error::new(ErrorKind::InvalidOperation, "return() outside of a macro")
        .with_source(Returned(value))
}

/// The value that `return()` threw, if that is what the error is.
pub(crate) fn returned(error: &Error) -> Option<Value> {
    sources(error)
        .find_map(|source| source.downcast_ref::<Returned>())
        .map(|returned| returned.0.clone())
}

/// The diagnostic inside an error.
pub(crate) fn diagnostic(error: &Error) -> Option<Diagnostic> {
    sources(error)
        .find_map(|source| source.downcast_ref::<Failure>())
        .map(|failure| (*failure.0).clone())
}

fn sources(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |source: &&(dyn StdError + 'static)| {
        (*source).source()
    })
}
