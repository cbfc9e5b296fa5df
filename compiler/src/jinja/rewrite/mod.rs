//! Rewrites dbt's Jinja2 into what upstream minijinja takes, line by line at the same place.
//!
//! Besides expressions (see [`expression`]), call blocks change: `{% call(x) f(y) %}BODY{% endcall %}` becomes
//! `{{ f(y, caller=({…}|_lambda(N))) }}`. minijinja binds its own macros to one render, while every macro of ours is
//! a template of its own; so BODY becomes a template too, with the values of the names it uses handed along.

mod balance;
mod edits;
mod expression;
mod lex;
mod signature;

use edits::Edits;
pub(crate) use edits::SourceMap;
use expression::Expressions;
pub(crate) use lex::{
    Kind, Piece, PieceKind, SyntaxError, Token, next_open, piece_at, pieces, with_plain_space,
    word_tag,
};
pub(crate) use signature::{Parameter, parse_signature};

/// A template as minijinja takes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rewritten {
    pub(crate) text: String,
    pub(crate) map: SourceMap,
    /// Bodies of call blocks, in the order of their numbers.
    pub(crate) lambdas: Vec<Lambda>,
    /// The single expression that the whole text is, where it is nothing else.
    pub(crate) sole: Option<Sole>,
    /// Whether the text is free of Jinja.
    pub(crate) plain: bool,
}

/// What a text that is one `{{ … }}` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sole {
    /// Only literals: dbt's native rule leaves its text.
    Constant,
    /// Anything else: dbt's native rule hands back the value.
    Value,
}

/// The body of a call block.
#[derive(Debug, Clone)]
pub(crate) struct Lambda {
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) text: String,
    pub(crate) map: SourceMap,
}

/// Rewrites the Jinja of `source`.
pub(crate) fn rewrite(source: &str) -> Result<Rewritten, SyntaxError> {
    let pieces = pieces(source)?;
    balance::check(source, &pieces)?;
    let source = &*with_plain_space(source, &pieces);
    let mut rewriter = Rewriter {
        source,
        lambdas: Vec::new(),
    };
    let mut edits = Edits::default();
    let mut names = Vec::new();
    rewriter.range(&pieces, &mut edits, &mut names)?;
    let plain = pieces.iter().all(|piece| piece.kind == PieceKind::Data);
    let sole = match pieces.as_slice() {
        [
            Piece {
                kind: PieceKind::Variable(tokens),
                ..
            },
        ] => Some(sole(source, tokens)),
        _ => None,
    };
    let (text, map) = edits.apply(source, 0, source.len());
    Ok(Rewritten {
        text,
        map,
        lambdas: rewriter.lambdas,
        sole,
        plain,
    })
}

pub(crate) fn sole(source: &str, tokens: &[Token]) -> Sole {
    let constant = tokens.iter().all(|token| match token.kind {
        Kind::Name => matches!(
            &source[token.start..token.end],
            "true"
                | "True"
                | "false"
                | "False"
                | "none"
                | "None"
                | "not"
                | "and"
                | "or"
                | "if"
                | "else"
                | "in"
        ),
        _ => true,
    });
    let container = tokens
        .first()
        .is_some_and(|token| matches!(&source[token.start..token.end], "[" | "{" | "("));
    if constant && !container {
        Sole::Constant
    } else {
        Sole::Value
    }
}

struct Rewriter<'a> {
    source: &'a str,
    lambdas: Vec<Lambda>,
}

impl Rewriter<'_> {
    fn range(
        &mut self,
        pieces: &[Piece],
        edits: &mut Edits,
        names: &mut Vec<String>,
    ) -> Result<(), SyntaxError> {
        let mut index = 0;
        while index < pieces.len() {
            let piece = &pieces[index];
            match &piece.kind {
                PieceKind::Variable(tokens) => {
                    let mut reader = Expressions::new(self.source, tokens, piece.end, edits, names);
                    reader.tuple(true)?;
                    reader.finish()?;
                }
                PieceKind::Tag(tokens) if piece.word(self.source) == Some("call") => {
                    let end = self.matching_endcall(pieces, index)?;
                    self.call(&pieces[index..=end], tokens, edits, names)?;
                    index = end;
                }
                PieceKind::Tag(tokens) => self.tag(piece, tokens, edits, names)?,
                _ => {}
            }
            index += 1;
        }
        Ok(())
    }

    fn tag(
        &mut self,
        piece: &Piece,
        tokens: &[Token],
        edits: &mut Edits,
        names: &mut Vec<String>,
    ) -> Result<(), SyntaxError> {
        let Some(first) = tokens.first() else {
            return Err(SyntaxError::new("this tag is empty", piece.start));
        };
        let word = piece.word(self.source).unwrap_or_default();
        // A docs block in a template is a macro to dbt that nothing calls.
        if let Some(tag) = match word {
            "docs" => Some("macro _docs()"),
            "enddocs" => Some("endmacro"),
            _ => None,
        } {
            let end = tokens.last().unwrap_or(first).end;
            edits.replace(first.start, end, tag);
            return Ok(());
        }
        let mut reader = Expressions::new(self.source, &tokens[1..], piece.end, edits, names);
        match word {
            "if" | "elif" => {
                reader.tuple(false)?;
            }
            "set" => {
                reader.target()?;
                if reader.take("=").is_some() {
                    reader.tuple(true)?;
                } else {
                    while reader.take("|").is_some() {
                        reader.filter()?;
                    }
                }
            }
            "for" => {
                reader.target()?;
                reader.expect("in")?;
                reader.items_of_loop()?;
                if reader.take("if").is_some() {
                    reader.expression()?;
                }
                reader.take("recursive");
            }
            "do" => {
                reader.tuple(true)?;
                reader.finish()?;
                if !reader.was_call {
                    edits.replace(first.start, first.end, "set _unused =");
                }
                return Ok(());
            }
            "with" => {
                while reader.peek().is_some() {
                    reader.target()?;
                    reader.expect("=")?;
                    reader.expression()?;
                    reader.take(",");
                }
            }
            "filter" => {
                reader.filter()?;
                while reader.take("|").is_some() {
                    reader.filter()?;
                }
            }
            _ => return Ok(()),
        }
        reader.finish()
    }

    /// The index of the `endcall` that closes the call block at `index`.
    fn matching_endcall(&self, pieces: &[Piece], index: usize) -> Result<usize, SyntaxError> {
        let mut depth = 0_usize;
        for (offset, piece) in pieces[index..].iter().enumerate() {
            match piece.word(self.source) {
                Some("call") => depth += 1,
                Some("endcall") => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(index + offset);
            }
        }
        Err(
            SyntaxError::new("this call block is never closed", pieces[index].start)
                .hint("close it with {% endcall %}"),
        )
    }

    /// A whole call block: the tag, its body, the closing tag.
    fn call(
        &mut self,
        pieces: &[Piece],
        tokens: &[Token],
        edits: &mut Edits,
        names: &mut Vec<String>,
    ) -> Result<(), SyntaxError> {
        let (open, close) = (&pieces[0], &pieces[pieces.len() - 1]);
        let mut reader = Expressions::new(self.source, &tokens[1..], open.end, edits, names);
        let mut parameters = Vec::new();
        if reader.is("(") {
            parameters = signature::read(self.source, &mut reader)?;
        }
        let (_, end) = reader.or()?;
        reader.finish()?;
        if !reader.was_call {
            return Err(SyntaxError::new(
                "a call block wants a call, such as {% call statement('main') %}",
                open.start,
            ));
        }
        let header_end = tokens[0].end;
        let has_parameters = self.source[header_end..].trim_start().starts_with('(');
        let call_start = if has_parameters {
            self.after_parentheses(tokens)
        } else {
            header_end
        };
        let (number, captured) =
            self.body(&pieces[1..pieces.len() - 1], open, close, parameters, names)?;
        let separator = if self.source[..end - 1].trim_end().ends_with(['(', ',']) {
            ""
        } else {
            ", "
        };
        let captured: Vec<String> = captured
            .iter()
            .map(|name| format!("\"{name}\": {name}"))
            .collect();
        let mark =
            |mark: Option<u8>| mark.map_or(String::new(), |byte| char::from(byte).to_string());
        let header_lines = self.newlines(open.start, call_start);
        edits.replace(
            open.start,
            call_start,
            format!("{{{{{}{header_lines} ", mark(open.open_mark)),
        );
        let lines = self.newlines(end, close.end);
        edits.replace(
            end - 1,
            close.end,
            format!(
                "{separator}caller=({{{}}}|_lambda({number}))){lines}{}}}}}",
                captured.join(", "),
                mark(close.close_mark)
            ),
        );
        Ok(())
    }

    /// Where the call starts that follows the parameters of a call block.
    fn after_parentheses(&self, tokens: &[Token]) -> usize {
        let mut depth = 0_usize;
        for token in &tokens[1..] {
            match &self.source[token.start..token.end] {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return token.end;
            }
        }
        tokens[0].end
    }

    fn newlines(&self, start: usize, end: usize) -> String {
        "\n".repeat(self.source[start..end].matches('\n').count())
    }

    /// Makes the body a lambda; answers its number and the names that it uses.
    fn body(
        &mut self,
        pieces: &[Piece],
        open: &Piece,
        close: &Piece,
        parameters: Vec<Parameter>,
        names: &mut Vec<String>,
    ) -> Result<(usize, Vec<String>), SyntaxError> {
        let mut edits = Edits::default();
        let mut used = Vec::new();
        self.range(pieces, &mut edits, &mut used)?;
        let body = &self.source[open.end..close.start];
        let start = match open.close_mark {
            Some(b'-') => open.end + body.len() - body.trim_start().len(),
            _ => open.end,
        };
        let end = match close.open_mark {
            Some(b'-') => (open.end + body.trim_end().len()).max(start),
            _ => close.start,
        };
        let (text, map) = edits.apply(self.source, start, end);
        for name in &used {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        used.retain(|name| {
            !matches!(
                name.as_str(),
                "true" | "True" | "false" | "False" | "none" | "None" | "self" | "not"
            ) && !parameters.iter().any(|parameter| &parameter.name == name)
        });
        self.lambdas.push(Lambda {
            parameters,
            text,
            map,
        });
        Ok((self.lambdas.len() - 1, used))
    }
}
