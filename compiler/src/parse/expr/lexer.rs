//! Tokens of an expression.

use serde_json::Value;

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(String),
    Literal(Value),
    /// A text literal; neighbours join.
    Text(String),
    Symbol(&'static str),
}

const SYMBOLS: [&str; 27] = [
    "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[",
    "]", "{", "}", ",", ":", ".", "|", ";", "!",
];

/// Cuts text into tokens; `None` where something is no token.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' || first == '\'' {
            let (value, length) = text_literal(rest, first)?;
            tokens.push(Token::Text(value));
            length
        } else if first.is_ascii_digit() {
            let (value, length) = number(rest)?;
            tokens.push(Token::Literal(value));
            length
        } else if first == '_' || first.is_alphabetic() {
            let length = rest
                .find(|c: char| !(c == '_' || c.is_alphanumeric()))
                .unwrap_or(rest.len());
            tokens.push(name(&rest[..length]));
            length
        } else {
            let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol))?;
            tokens.push(Token::Symbol(symbol));
            symbol.len()
        };
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

fn name(word: &str) -> Token {
    match word {
        "true" | "True" => Token::Literal(Value::Bool(true)),
        "false" | "False" => Token::Literal(Value::Bool(false)),
        "none" | "None" => Token::Literal(Value::Null),
        _ => Token::Name(word.into()),
    }
}

fn number(text: &str) -> Option<(Value, usize)> {
    let digits = |text: &str| {
        text.bytes()
            .take_while(|b| b.is_ascii_digit() || *b == b'_')
            .count()
    };
    let mut length = digits(text);
    let mut float = false;
    if text[length..].starts_with('.') {
        let fraction = digits(&text[length + 1..]);
        if fraction > 0 {
            length += 1 + fraction;
            float = true;
        }
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(&text[length + 1 + sign..]);
        if exponent > 0 {
            length += 1 + sign + exponent;
            float = true;
        }
    }
    let plain = text[..length].replace('_', "");
    let value = if float {
        Value::from(plain.parse::<f64>().ok()?)
    } else {
        Value::from(plain.parse::<i64>().ok()?)
    };
    Some((value, length))
}

/// The value of a text literal and its length with quotes.
fn text_literal(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == quote {
            return Some((value, at + 1));
        }
        if character != '\\' {
            value.push(character);
            continue;
        }
        match characters.next()?.1 {
            'n' => value.push('\n'),
            't' => value.push('\t'),
            'r' => value.push('\r'),
            '\n' => {}
            escaped @ ('\\' | '\'' | '"') => value.push(escaped),
            other => {
                value.push('\\');
                value.push(other);
            }
        }
    }
    None
}
