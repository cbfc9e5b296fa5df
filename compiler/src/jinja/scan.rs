//! Finds the top-level blocks of a project file: macros, tests, materializations, snapshots, docs.

use super::rewrite::{
    Kind, Piece, SyntaxError, Token, next_open, parse_signature, piece_at, word_tag,
};
use crate::diag::{Diagnostic, Diagnostics, Span};

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// `{% macro name(args) %}`.
    Macro,
    /// `{% materialization name, default %}` or `…, adapter='duckdb'`.
    Materialization,
    /// `{% test name(model, …) %}` (also spelt `{% data_test %}`).
    Test,
    /// `{% snapshot name %}`.
    Snapshot,
    /// `{% docs name %}`.
    Docs,
    /// Text outside any block.
    Data,
    /// A tag that would close a block, where none is open.
    Stray,
}

/// One block of a file, or the text between blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// The name as written; empty for data.
    pub name: String,
    /// The text of the arguments: `a, b=1` of a macro or test, `default` or `adapter='duckdb'` of a
    /// materialization; empty for the rest.
    pub header: String,
    /// The whole block, from `{%` to the last `%}`.
    pub text: String,
    /// What stands between the opening and the closing tag.
    pub body: String,
    /// Line of the block's first character, from 1.
    pub line: usize,
    /// Column of the block's first character, from 1.
    pub column: usize,
    /// Line of the body's first character, from 1.
    pub body_line: usize,
    /// Column of the body's first character, from 1.
    pub body_column: usize,
}

/// Cuts `text` into blocks, in order. Data blocks that are only white space are left out.
///
/// Bodies of macros, tests and materializations are cut by the `-` of their tags; those of snapshots and docs
/// are the text as it stands.
pub fn scan(text: &str, file: &str) -> Result<Vec<Block>, Diagnostic> {
    Scanner {
        text,
        blocks: Vec::new(),
    }
    .run()
    .map_err(|error| diagnostic(&error, text, file, 1, 1))
}

/// Warns of tags that close nothing; they are passed over, as dbt does.
pub fn warn_of_strays(blocks: &[Block], file: &str, diagnostics: &mut Diagnostics) {
    for stray in blocks.iter().filter(|block| block.kind == BlockKind::Stray) {
        let word = &stray.name;
        let opening = word.strip_prefix("end").unwrap_or(word);
        diagnostics.push(
            Diagnostic::warning("jinja-syntax", format!("'{word}' closes nothing"))
                .at(Span::at(file, stray.line, stray.column))
                .hint(format!(
                    "remove it, or is the {{% {opening} %}} before it missing or misspelt?"
                )),
        );
    }
}

/// A syntax error as the user sees it; `line` and `column` are where `text` starts in `file`.
pub(crate) fn diagnostic(
    error: &SyntaxError,
    text: &str,
    file: &str,
    line: usize,
    column: usize,
) -> Diagnostic {
    let (down, across) = position(text, error.offset);
    let column = if down == 1 {
        column + across - 1
    } else {
        across
    };
    let found = Diagnostic::error("jinja-syntax", &error.message).at(Span::at(
        file,
        line + down - 1,
        column,
    ));
    match &error.hint {
        Some(hint) => found.hint(hint),
        None => found,
    }
}

/// Line and column of a byte offset, both from 1.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    (line, column)
}

struct Scanner<'a> {
    text: &'a str,
    blocks: Vec<Block>,
}

impl Scanner<'_> {
    fn run(mut self) -> Result<Vec<Block>, SyntaxError> {
        let (mut at, mut data_start) = (0, 0);
        while let Some(start) = next_open(self.text, at) {
            // Text outside blocks is often prose: what is no tag there is left alone.
            let Ok(piece) = piece_at(self.text, start) else {
                at = start + 2;
                continue;
            };
            let word = piece.word(self.text).unwrap_or_default();
            let Some((kind, closing)) = kind_of(word) else {
                let opening = word.strip_prefix("end");
                if opening.is_some_and(|word| kind_of(word).is_some()) {
                    self.stray(&piece, word);
                }
                at = piece.end;
                continue;
            };
            self.data(data_start, start);
            at = self.block(&piece, kind, word, closing)?;
            data_start = at;
        }
        self.data(data_start, self.text.len());
        Ok(self.blocks)
    }

    fn data(&mut self, start: usize, end: usize) {
        let text = &self.text[start..end];
        if !text.trim().is_empty() {
            let (line, column) = position(self.text, start);
            self.blocks.push(Block {
                kind: BlockKind::Data,
                name: String::new(),
                header: String::new(),
                text: text.to_owned(),
                body: text.to_owned(),
                line,
                column,
                body_line: line,
                body_column: column,
            });
        }
    }

    fn stray(&mut self, piece: &Piece, word: &str) {
        let (line, column) = position(self.text, piece.start);
        self.blocks.push(Block {
            kind: BlockKind::Stray,
            name: word.to_owned(),
            header: String::new(),
            text: self.text[piece.start..piece.end].to_owned(),
            body: String::new(),
            line,
            column,
            body_line: line,
            body_column: column,
        });
    }

    /// Reads the block that `open` opens; answers where it ends.
    fn block(
        &mut self,
        open: &Piece,
        kind: BlockKind,
        word: &str,
        closing: &[&str],
    ) -> Result<usize, SyntaxError> {
        let (name, header) = self.header(open, kind, word)?;
        let Some((close_start, close_end, trimmed)) = self.close(open, kind, closing)? else {
            let message = format!("this {word} '{name}' is never closed");
            return Err(SyntaxError::new(message, open.start)
                .hint(format!("close it with {{% end{word} %}}")));
        };
        let raw = &self.text[open.end..close_start];
        let code = !matches!(kind, BlockKind::Snapshot | BlockKind::Docs);
        let skipped = if code && open.close_mark == Some(b'-') {
            raw.len() - raw.trim_start().len()
        } else {
            0
        };
        let body = if code && trimmed {
            raw[skipped..].trim_end()
        } else {
            &raw[skipped..]
        };
        let (line, column) = position(self.text, open.start);
        let (body_line, body_column) = position(self.text, open.end + skipped);
        self.blocks.push(Block {
            kind,
            name,
            header,
            text: self.text[open.start..close_end].to_owned(),
            body: body.to_owned(),
            line,
            column,
            body_line,
            body_column,
        });
        Ok(close_end)
    }

    fn header(
        &self,
        open: &Piece,
        kind: BlockKind,
        word: &str,
    ) -> Result<(String, String), SyntaxError> {
        let tokens = open.tag_tokens();
        let text = |token: &Token| &self.text[token.start..token.end];
        let Some(name) = tokens.get(1).filter(|token| token.kind == Kind::Name) else {
            return Err(SyntaxError::new(
                format!("this {word} has no name"),
                open.start,
            ));
        };
        let header = match (kind, tokens.get(2), tokens.last()) {
            (BlockKind::Macro | BlockKind::Test, Some(first), Some(last))
                if text(first) == "(" && text(last) == ")" =>
            {
                let header = &self.text[first.end..last.start];
                parse_signature(header).map_err(|error| SyntaxError {
                    offset: first.end + error.offset,
                    ..error
                })?;
                header
            }
            (BlockKind::Macro | BlockKind::Test, _, _) => {
                let message = format!("the {word} '{}' has no list of arguments", text(name));
                let hint = format!("write {{% {word} {}() %}}", text(name));
                return Err(SyntaxError::new(message, name.start).hint(hint));
            }
            (BlockKind::Materialization, Some(comma), Some(last)) if text(comma) == "," => {
                self.text[comma.end..last.end].trim()
            }
            _ => "",
        };
        Ok((text(name).to_owned(), header.to_owned()))
    }

    /// Where the block's closing tag starts and ends, and whether it cuts white space before it.
    fn close(
        &self,
        open: &Piece,
        kind: BlockKind,
        closing: &[&str],
    ) -> Result<Option<(usize, usize, bool)>, SyntaxError> {
        let mut at = open.end;
        while let Some(start) = next_open(self.text, at) {
            if kind == BlockKind::Docs {
                if let Some(end) = closing
                    .iter()
                    .find_map(|word| word_tag(self.text, start, word))
                {
                    return Ok(Some((start, end, false)));
                }
                at = start + 2;
                continue;
            }
            let piece = piece_at(self.text, start)?;
            let word = piece.word(self.text).unwrap_or_default();
            if closing.contains(&word) {
                return Ok(Some((start, piece.end, piece.open_mark == Some(b'-'))));
            }
            if kind_of(word).is_some() {
                return Ok(None);
            }
            at = piece.end;
        }
        Ok(None)
    }
}

/// The block that a tag's first word opens, and the words that close it.
fn kind_of(word: &str) -> Option<(BlockKind, &'static [&'static str])> {
    Some(match word {
        "macro" => (BlockKind::Macro, &["endmacro"]),
        "materialization" => (BlockKind::Materialization, &["endmaterialization"]),
        "test" | "data_test" => (BlockKind::Test, &["endtest", "enddata_test"]),
        "snapshot" => (BlockKind::Snapshot, &["endsnapshot"]),
        "docs" => (BlockKind::Docs, &["enddocs"]),
        _ => return None,
    })
}

impl Block {
    /// The macro's name as dbt's manifest has it: `test_NAME`, `materialization_NAME_ADAPTER`, or the plain name.
    pub fn macro_name(&self) -> String {
        match self.kind {
            BlockKind::Test => format!("test_{}", self.name),
            BlockKind::Materialization => {
                format!(
                    "materialization_{}_{}",
                    self.name,
                    self.adapter().unwrap_or_else(|| "default".into())
                )
            }
            _ => self.name.clone(),
        }
    }

    /// Materializations: the adapter it is for; `None` for `default`.
    pub fn adapter(&self) -> Option<String> {
        let (_, value) = self.header.split_once("adapter")?;
        let value = value.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        value[1..]
            .split_once(quote)
            .map(|(name, _)| name.to_owned())
    }

    /// Materializations: the languages it says it supports; `sql` where it says none.
    pub fn supported_languages(&self) -> Vec<String> {
        let Some((_, value)) = self.header.split_once("supported_languages") else {
            return vec!["sql".into()];
        };
        value
            .split(']')
            .next()
            .unwrap_or_default()
            .split(['\'', '"'])
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    }
}
