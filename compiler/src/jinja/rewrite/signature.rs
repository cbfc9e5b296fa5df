//! Reads the arguments that a macro, test or call block declares.

use super::edits::Edits;
use super::expression::Expressions;
use super::lex::{SyntaxError, pieces};

/// A declared argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// The default as minijinja takes it, on one line.
    pub(crate) default: Option<String>,
}

/// Reads `a, b=1, c: list = []`: what stands between the parentheses.
pub(crate) fn parse_signature(header: &str) -> Result<Vec<Parameter>, SyntaxError> {
    if header.trim().is_empty() {
        return Ok(Vec::new());
    }
    let source = format!("{{%({header})%}}");
    let shift = |error: SyntaxError| SyntaxError {
        offset: error.offset.saturating_sub(3),
        ..error
    };
    let pieces = pieces(&source).map_err(shift)?;
    let tokens = pieces[0].tag_tokens();
    let (mut edits, mut names) = (Edits::default(), Vec::new());
    let mut reader = Expressions::new(&source, tokens, source.len() - 2, &mut edits, &mut names);
    let parameters = read(&source, &mut reader).map_err(shift)?;
    reader.finish().map_err(shift)?;
    Ok(parameters)
}

/// Reads a parenthesised list of arguments.
pub(super) fn read(
    source: &str,
    reader: &mut Expressions<'_>,
) -> Result<Vec<Parameter>, SyntaxError> {
    reader.expect("(")?;
    let mut parameters = Vec::new();
    loop {
        if reader.take(")").is_some() {
            return Ok(parameters);
        }
        let name = reader.name()?;
        let name = reader.text(name).to_owned();
        if reader.take(":").is_some() {
            type_name(reader)?;
        }
        let mut default = None;
        if reader.take("=").is_some() {
            let (start, end) = reader.expression()?;
            default = Some(rewritten(source, start, end)?);
        } else if parameters
            .last()
            .is_some_and(|last: &Parameter| last.default.is_some())
        {
            return Err(reader.unexpected(&format!(
                "a default for '{name}', since the argument before has one"
            )));
        }
        parameters.push(Parameter { name, default });
        if reader.take(",").is_none() {
            reader.expect(")")?;
            return Ok(parameters);
        }
    }
}

/// `list`, `dict[str, int]`: dbt checks the form and leaves it at that.
fn type_name(reader: &mut Expressions<'_>) -> Result<(), SyntaxError> {
    reader.name()?;
    if reader.take("[").is_some() {
        while reader.take("]").is_none() {
            type_name(reader)?;
            reader.take(",");
        }
    }
    Ok(())
}

/// A default, rewritten on its own.
fn rewritten(source: &str, start: usize, end: usize) -> Result<String, SyntaxError> {
    let tag = format!("{{{{ {} }}}}", &source[start..end]);
    let text = super::rewrite(&tag)
        .map_err(|error| SyntaxError {
            offset: start,
            ..error
        })?
        .text;
    Ok(text[2..text.len() - 2].trim().replace('\n', " "))
}
