//! SQL text → one statement.

use sqlparser::ast::Statement;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace, Word};

use super::dialect::Dialect;

/// Queries and parentheses may be as deep as this; the parser refuses deeper ones.
const DEPTH: usize = 128;

/// Why SQL could not be read. Line and column count from 1; 0 where the parser does not say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) message: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The only statement of a text; a semicolon at its end does not matter.
pub(super) fn statement(sql: &str, dialect: Dialect) -> Result<Statement, Unreadable> {
    let syntax = dialect.syntax();
    let mut tokens = Tokenizer::new(syntax, sql)
        .tokenize_with_location()
        .map_err(|error| {
            unreadable(
                &error.message,
                error.location.line as u32,
                error.location.column as u32,
            )
        })?;
    if dialect == Dialect::DuckDb {
        simplify(&mut tokens);
    }
    let mut statements = Parser::new(syntax)
        .with_recursion_limit(DEPTH)
        .with_tokens_with_locations(tokens)
        .parse_statements()
        .map_err(|error| located(&error.to_string()))?;
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => Ok(statement),
        (None, _) => Err(unreadable("there is no SQL", 0, 0)),
        (Some(_), false) => Err(unreadable("there are several statements", 0, 0)),
    }
}

fn unreadable(message: &str, line: u32, column: u32) -> Unreadable {
    Unreadable {
        message: format!("the SQL cannot be read: {message}"),
        line,
        column,
    }
}

/// The parser says the place as ` at Line: 1, Column: 2` at the end of its words.
fn located(message: &str) -> Unreadable {
    let message = message.trim_start_matches("sql parser error: ");
    let place = message.rsplit_once(" at Line: ").and_then(|(text, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((text, line.parse().ok()?, column.parse().ok()?))
    });
    let (text, line, column) = place.unwrap_or((message, 0, 0));
    let mut letters = text.chars();
    let lower: String = letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default();
    unreadable(&lower, line, column)
}

/// Takes away words of DuckDB that the parser does not know and that say nothing about columns: which kind of join
/// it is, and whether a CTE is kept.
fn simplify(tokens: &mut [TokenWithSpan]) {
    let places: Vec<usize> = (0..tokens.len())
        .filter(|place| !matches!(tokens[*place].token, Token::Whitespace(_)))
        .collect();
    let word = |tokens: &[TokenWithSpan], place: Option<&usize>| match place
        .map(|place| &tokens[*place].token)
    {
        Some(Token::Word(Word {
            value,
            quote_style: None,
            ..
        })) => value.to_ascii_uppercase(),
        _ => String::new(),
    };
    for (at, place) in places.iter().enumerate() {
        let next = word(tokens, places.get(at + 1));
        let joins = matches!(next.as_str(), "JOIN" | "LEFT" | "RIGHT" | "FULL" | "INNER");
        let drop = match word(tokens, Some(place)).as_str() {
            "ASOF" | "POSITIONAL" => joins,
            "MATERIALIZED" => {
                at > 0
                    && matches!(word(tokens, places.get(at - 1)).as_str(), "AS" | "NOT" | "")
                    && places
                        .get(at + 1)
                        .is_some_and(|next| tokens[*next].token == Token::LParen)
            }
            "NOT" => next == "MATERIALIZED",
            _ => false,
        };
        if drop {
            tokens[*place].token = Token::Whitespace(Whitespace::Space);
        }
    }
}
