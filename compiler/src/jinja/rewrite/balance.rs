//! Checks that every block tag is closed by its own end, so that the message can name the one that is open.

use super::lex::{Piece, SyntaxError};

/// Whether a tag opens a block that has an end.
fn opens(source: &str, piece: &Piece) -> Option<&'static str> {
    Some(match piece.word(source)? {
        "if" => "endif",
        "for" => "endfor",
        "call" => "endcall",
        "filter" => "endfilter",
        "with" => "endwith",
        "macro" => "endmacro",
        "docs" => "enddocs",
        "block" => "endblock",
        "autoescape" => "endautoescape",
        "set" => {
            let tokens = piece.tag_tokens();
            let assigns = tokens
                .iter()
                .any(|token| &source[token.start..token.end] == "=");
            let filtered = tokens
                .iter()
                .position(|token| &source[token.start..token.end] == "|");
            let first = tokens
                .iter()
                .position(|token| &source[token.start..token.end] == "=");
            let is_block =
                !assigns || filtered.is_some_and(|pipe| first.is_none_or(|equals| pipe < equals));
            return is_block.then_some("endset");
        }
        _ => return None,
    })
}

/// Checks a template.
pub(super) fn check(source: &str, pieces: &[Piece]) -> Result<(), SyntaxError> {
    let mut open: Vec<(&str, &Piece)> = Vec::new();
    for piece in pieces {
        let Some(word) = piece.word(source) else {
            continue;
        };
        if let Some(end) = opens(source, piece) {
            open.push((end, piece));
        } else if word.starts_with("end") {
            match open.pop() {
                Some((end, _)) if end == word => {}
                Some((end, opener)) => {
                    let opened = opener.word(source).unwrap_or_default();
                    let message = format!(
                        "'{word}' stands where the {{% {opened} %}} before it should be closed"
                    );
                    return Err(SyntaxError::new(message, piece.start)
                        .hint(format!("close it with {{% {end} %}}")));
                }
                None => {
                    let message = format!("'{word}' closes nothing");
                    return Err(SyntaxError::new(message, piece.start));
                }
            }
        }
    }
    match open.pop() {
        Some((end, opener)) => {
            let opened = opener.word(source).unwrap_or_default();
            let message = format!("this {{% {opened} %}} is never closed");
            Err(SyntaxError::new(message, opener.start)
                .hint(format!("close it with {{% {end} %}}")))
        }
        None => Ok(()),
    }
}
