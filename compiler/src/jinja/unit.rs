//! A template with the way back from what minijinja compiled to the user's file.

use minijinja::Error;
use std::fmt::Write as _;

use super::rewrite::{Parameter, Rewritten, rewrite};
use super::scan::{diagnostic, position};
use crate::diag::{Diagnostic, Span};

/// A macro's body, a model's text or a YAML string, ready to compile.
#[derive(Debug)]
pub(crate) struct Unit {
    /// Unique id or file.
    pub(crate) name: String,
    /// How messages call it.
    pub(crate) title: String,
    file: String,
    line: usize,
    column: usize,
    source: String,
    pub(crate) rewritten: Rewritten,
    /// What is compiled: the rewritten text after the defaults of the arguments.
    pub(crate) text: String,
    prelude: usize,
    pub(crate) takes_varargs: bool,
    pub(crate) takes_kwargs: bool,
    pub(crate) takes_caller: bool,
}

/// Where a text stands.
pub(crate) struct Origin<'a> {
    pub(crate) name: &'a str,
    pub(crate) title: &'a str,
    pub(crate) file: &'a str,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Unit {
    /// Rewrites `source`; `parameters` are the arguments whose defaults stand in front.
    pub(crate) fn new(
        source: &str,
        origin: &Origin<'_>,
        parameters: &[Parameter],
    ) -> Result<Self, Diagnostic> {
        let rewritten = rewrite(source).map_err(|error| {
            diagnostic(
                &error,
                source,
                origin.file,
                origin.line,
                origin.column.max(1),
            )
        })?;
        let prelude = defaults(parameters);
        let text = format!("{prelude}{}", rewritten.text);
        let mentions = |word: &str| source.contains(word);
        Ok(Self {
            name: origin.name.to_owned(),
            title: origin.title.to_owned(),
            file: origin.file.to_owned(),
            line: origin.line,
            column: origin.column.max(1),
            source: source.to_owned(),
            text,
            prelude: prelude.len(),
            takes_varargs: mentions("varargs"),
            takes_kwargs: mentions("kwargs"),
            takes_caller: mentions("caller"),
            rewritten,
        })
    }

    /// The name under which a call block's body is compiled.
    pub(crate) fn lambda_name(&self, number: usize) -> String {
        format!("{}#{number}", self.name)
    }

    /// What is compiled for a call block's body.
    pub(crate) fn lambda_text(&self, number: usize) -> Option<String> {
        let lambda = self.rewritten.lambdas.get(number)?;
        Some(format!("{}{}", defaults(&lambda.parameters), lambda.text))
    }

    /// The place of a byte of the source in the user's file.
    fn span(&self, offset: usize) -> Span {
        let (line, column) = position(&self.source, offset);
        let column = if line == 1 {
            self.column + column - 1
        } else {
            column
        };
        Span::at(&self.file, self.line + line - 1, column)
    }

    /// The place that an error names, and the source text there.
    pub(crate) fn place(&self, error: &Error) -> (Span, Option<String>) {
        let lambda = error
            .name()
            .and_then(|name| name.split_once('#'))
            .and_then(|(_, number)| number.parse().ok());
        let (map, prelude) =
            match lambda.and_then(|number: usize| self.rewritten.lambdas.get(number)) {
                Some(lambda) => (&lambda.map, defaults(&lambda.parameters).len()),
                None => (&self.rewritten.map, self.prelude),
            };
        match error.range() {
            Some(range) if range.start < prelude => (self.span(0), None),
            Some(range) => {
                let start = map.original(range.start - prelude).min(self.source.len());
                let end = map
                    .original(range.end.saturating_sub(prelude))
                    .clamp(start, self.source.len());
                let start = self.path_start(start);
                (
                    self.span(start),
                    self.source.get(start..end).map(str::to_owned),
                )
            }
            None => {
                let down = error.line().unwrap_or(1).max(1) - 1;
                (Span::line(&self.file, self.line + down), None)
            }
        }
    }

    /// Where the dotted name starts that an offset is in the middle of: minijinja places the error of `a.b()` at `.b()`.
    fn path_start(&self, offset: usize) -> usize {
        let before = self.source.get(..offset).unwrap_or_default();
        let rest = self.source.get(offset..).unwrap_or_default();
        if !before.ends_with('.') && !rest.starts_with('.') {
            return offset;
        }
        before
            .trim_end_matches(|c: char| c.is_alphanumeric() || c == '_' || c == '.')
            .len()
    }

    /// The start of the text in the user's file.
    pub(crate) fn start(&self) -> Span {
        self.span(0)
    }
}

/// Tags that set the arguments that were not given to their defaults, in order, on one line.
fn defaults(parameters: &[Parameter]) -> String {
    let mut text = String::new();
    for Parameter { name, default } in parameters {
        if let Some(default) = default {
            let _ = write!(
                text,
                "{{% if {name} is _unset %}}{{% set {name} = {default} %}}{{% endif %}}"
            );
        }
    }
    text
}
