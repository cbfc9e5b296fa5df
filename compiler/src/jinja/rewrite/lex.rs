//! Cuts Jinja text into data, tags and comments, and tags into tokens.

use std::borrow::Cow;

/// Why a text is not Jinja, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    pub(crate) offset: usize,
    pub(crate) hint: Option<String>,
}

impl SyntaxError {
    pub(crate) fn new(message: impl Into<String>, offset: usize) -> Self {
        Self {
            message: message.into(),
            offset,
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Name,
    Text,
    Number,
    Operator,
}

/// A token of a tag, by its bytes in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What a piece of a template is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PieceKind {
    Data,
    Comment,
    /// `{% raw %}…{% endraw %}`, whole.
    Raw,
    /// `{{ … }}`.
    Variable(Vec<Token>),
    /// `{% … %}`.
    Tag(Vec<Token>),
}

/// A piece of a template, by its bytes in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) kind: PieceKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// `-` or `+` after the opening delimiter.
    pub(crate) open_mark: Option<u8>,
    /// `-` or `+` before the closing delimiter.
    pub(crate) close_mark: Option<u8>,
}

impl Piece {
    /// The tokens of a tag; empty for the rest.
    pub(crate) fn tag_tokens(&self) -> &[Token] {
        match &self.kind {
            PieceKind::Tag(tokens) => tokens,
            _ => &[],
        }
    }

    /// The word that a tag starts with.
    pub(crate) fn word<'a>(&self, source: &'a str) -> Option<&'a str> {
        let first = self
            .tag_tokens()
            .first()
            .filter(|token| token.kind == Kind::Name)?;
        Some(&source[first.start..first.end])
    }
}

/// Cuts a text into pieces, without gaps.
pub(crate) fn pieces(source: &str) -> Result<Vec<Piece>, SyntaxError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = next_open(source, at) {
        if start > at {
            found.push(data(at, start));
        }
        let piece = piece_at(source, start)?;
        at = piece.end;
        found.push(piece);
    }
    if source.len() > at {
        found.push(data(at, source.len()));
    }
    Ok(found)
}

/// Where the next delimiter opens, from `at` on.
pub(crate) fn next_open(source: &str, at: usize) -> Option<usize> {
    find_open(&source.as_bytes()[at..]).map(|offset| at + offset)
}

/// The piece whose delimiter opens at `start`.
pub(crate) fn piece_at(source: &str, start: usize) -> Result<Piece, SyntaxError> {
    match source.as_bytes()[start + 1] {
        b'#' => comment(source, start),
        b'%' => match raw(source, start)? {
            Some(piece) => Ok(piece),
            None => tag(source, start, *b"%}"),
        },
        _ => tag(source, start, *b"}}"),
    }
}

fn find_open(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(2)
        .position(|pair| pair[0] == b'{' && matches!(pair[1], b'{' | b'%' | b'#'))
}

fn data(start: usize, end: usize) -> Piece {
    Piece {
        kind: PieceKind::Data,
        start,
        end,
        open_mark: None,
        close_mark: None,
    }
}

fn mark(bytes: &[u8], at: usize) -> Option<u8> {
    bytes
        .get(at)
        .copied()
        .filter(|byte| matches!(byte, b'-' | b'+'))
}

fn comment(source: &str, start: usize) -> Result<Piece, SyntaxError> {
    let Some(length) = source[start + 2..].find("#}") else {
        return Err(
            SyntaxError::new("this comment is never closed", start).hint("close it with #}")
        );
    };
    let end = start + 2 + length + 2;
    Ok(Piece {
        kind: PieceKind::Comment,
        start,
        end,
        open_mark: mark(source.as_bytes(), start + 2),
        close_mark: None,
    })
}

/// A raw block, where one starts at `start`.
fn raw(source: &str, start: usize) -> Result<Option<Piece>, SyntaxError> {
    let Some(open_end) = word_tag(source, start, "raw") else {
        return Ok(None);
    };
    let mut at = open_end;
    while let Some(offset) = source[at..].find("{%") {
        if let Some(end) = word_tag(source, at + offset, "endraw") {
            let kind = PieceKind::Raw;
            return Ok(Some(Piece {
                kind,
                start,
                end,
                open_mark: None,
                close_mark: None,
            }));
        }
        at += offset + 2;
    }
    Err(SyntaxError::new("this raw block is never closed", start)
        .hint("close it with {% endraw %}"))
}

/// The end of the tag at `start` where it is nothing but `word`.
pub(crate) fn word_tag(source: &str, start: usize, word: &str) -> Option<usize> {
    let rest = source[start..].strip_prefix("{%")?;
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest).trim_start();
    let rest = rest.strip_prefix(word)?.trim_start();
    let rest = rest
        .strip_prefix(['-', '+'])
        .unwrap_or(rest)
        .strip_prefix("%}")?;
    Some(source.len() - rest.len())
}

fn tag(source: &str, start: usize, close: [u8; 2]) -> Result<Piece, SyntaxError> {
    let bytes = source.as_bytes();
    let open_mark = mark(bytes, start + 2);
    let mut at = start + 2 + usize::from(open_mark.is_some());
    let mut tokens = Vec::new();
    let mut depth = Vec::new();
    loop {
        at += space(&source[at..]);
        let Some(&byte) = bytes.get(at) else {
            let shown = if close == *b"%}" { "%}" } else { "}}" };
            let message = format!(
                "this {} tag is never closed",
                if close == *b"%}" { "{%" } else { "{{" }
            );
            return Err(SyntaxError::new(message, start).hint(format!("close it with {shown}")));
        };
        if depth.is_empty() {
            let close_mark = mark(bytes, at).filter(|_| bytes[at + 1..].starts_with(&close));
            let delimiter = at + usize::from(close_mark.is_some());
            if bytes[delimiter..].starts_with(&close) {
                let kind = if close == *b"%}" {
                    PieceKind::Tag(tokens)
                } else {
                    PieceKind::Variable(tokens)
                };
                return Ok(Piece {
                    kind,
                    start,
                    end: delimiter + 2,
                    open_mark,
                    close_mark,
                });
            }
        }
        let (kind, end) = token_end(source, at)?;
        if kind == Kind::Operator {
            match byte {
                b'(' | b'[' | b'{' => depth.push((byte, at)),
                b')' | b']' | b'}' => match depth.pop() {
                    Some((open, _)) if closes(open, byte) => {}
                    Some((open, place)) => {
                        let message = format!("'{}' is closed by '{}'", open as char, byte as char);
                        return Err(SyntaxError::new(message, place));
                    }
                    None => {
                        return Err(SyntaxError::new(
                            format!("unexpected '{}'", byte as char),
                            at,
                        ));
                    }
                },
                b'%' if source[at..].starts_with("%}") => {
                    if let Some((open, place)) = depth.last() {
                        return Err(SyntaxError::new(
                            format!("'{}' is never closed", *open as char),
                            *place,
                        ));
                    }
                }
                _ => {}
            }
        }
        tokens.push(Token {
            kind,
            start: at,
            end,
        });
        at = end;
    }
}

/// How many bytes of white space `text` starts with. To Jinja2, as to Python, Unicode's spaces are some.
fn space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// `source` with spaces for the white space in its tags that is not ASCII, byte for byte.
pub(crate) fn with_plain_space<'a>(source: &'a str, pieces: &[Piece]) -> Cow<'a, str> {
    if source.is_ascii() {
        return Cow::Borrowed(source);
    }
    let mut plain = Cow::Borrowed(source);
    for piece in pieces {
        let (PieceKind::Tag(tokens) | PieceKind::Variable(tokens)) = &piece.kind else {
            continue;
        };
        let mut at = piece.start;
        let ends = tokens.iter().map(|token| (token.start, token.end));
        for (start, end) in ends.chain([(piece.end, piece.end)]) {
            if !source[at..start].is_ascii() {
                let spaced: String = source[at..start]
                    .chars()
                    .map(|c| {
                        if c.is_ascii() {
                            c.to_string()
                        } else {
                            " ".repeat(c.len_utf8())
                        }
                    })
                    .collect();
                plain.to_mut().replace_range(at..start, &spaced);
            }
            at = end;
        }
    }
    plain
}

fn closes(open: u8, close: u8) -> bool {
    matches!((open, close), (b'(', b')') | (b'[', b']') | (b'{', b'}'))
}

fn token_end(source: &str, at: usize) -> Result<(Kind, usize), SyntaxError> {
    let bytes = source.as_bytes();
    let rest = &source[at..];
    let first = rest.chars().next().unwrap_or(' ');
    if first == '\'' || first == '"' {
        return Ok((Kind::Text, text_end(bytes, at)?));
    }
    if first.is_ascii_digit() {
        return Ok((Kind::Number, number_end(bytes, at)));
    }
    if first.is_alphabetic() || first == '_' {
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        return Ok((Kind::Name, at + length));
    }
    let two = rest.as_bytes().get(..2).unwrap_or_default();
    if matches!(two, b"**" | b"//" | b"==" | b"!=" | b"<=" | b">=") {
        return Ok((Kind::Operator, at + 2));
    }
    if "+-*/%~<>=()[]{},.:|;".contains(first) {
        return Ok((Kind::Operator, at + 1));
    }
    Err(SyntaxError::new(format!("unexpected '{first}'"), at))
}

fn text_end(bytes: &[u8], at: usize) -> Result<usize, SyntaxError> {
    let quote = bytes[at];
    let mut end = at + 1;
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'\\' => end += 2,
            _ if byte == quote => return Ok(end + 1),
            _ => end += 1,
        }
    }
    Err(SyntaxError::new("this string is never closed", at)
        .hint("close it with the quote that it starts with"))
}

fn number_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    let digits = |mut end: usize| {
        while bytes
            .get(end)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        {
            end += 1;
        }
        end
    };
    end = digits(end);
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end = digits(end + 1);
    }
    let exponent = end > at && matches!(bytes[end - 1], b'e' | b'E') && bytes[at] != b'0';
    if exponent
        && matches!(bytes.get(end), Some(b'+' | b'-'))
        && bytes.get(end + 1).is_some_and(u8::is_ascii_digit)
    {
        end = digits(end + 1);
    }
    end
}
