//! Reads expressions by Jinja2's grammar and notes what minijinja wants said otherwise.
//!
//! | Jinja2 | becomes | because |
//! |---|---|---|
//! | `[a, b]`, `{a: b}` | `([a, b]\|_list)`, `({a: b}\|_dict)` | lists and dicts that can be changed |
//! | `a + b`, `- * / // % ~ < <= > >= in` | `((a)\|_add(b))` and so on | Python's types and errors |
//! | `-a`, `+a` | `((a)\|_neg)`, `((a)\|_pos)` | the same |
//! | `for x in a` | `for x in ((a)\|_items)` | a string has a length, `none` has no items |
//! | `a[1:2]` | `(a\|_slice(1,2,none))` | a slice of a list is a list |
//! | `a, b` | `(a, b)` | tuples without parentheses |
//! | `'\d'`, `'\a'` | Python's meaning of escapes | |

use super::edits::Edits;
use super::lex::{Kind, SyntaxError, Token};

/// Deepest nesting of expressions.
const MAX_DEPTH: usize = 120;

pub(crate) struct Expressions<'a> {
    source: &'a str,
    tokens: &'a [Token],
    at: usize,
    end: usize,
    edits: &'a mut Edits,
    names: &'a mut Vec<String>,
    /// Whether the last expression was a plain call.
    pub(crate) was_call: bool,
    depth: usize,
}

type Extent = Result<(usize, usize), SyntaxError>;

impl<'a> Expressions<'a> {
    /// A reader of `tokens`; `end` is where the tag closes.
    pub(crate) fn new(
        source: &'a str,
        tokens: &'a [Token],
        end: usize,
        edits: &'a mut Edits,
        names: &'a mut Vec<String>,
    ) -> Self {
        Self {
            source,
            tokens,
            at: 0,
            end,
            edits,
            names,
            was_call: false,
            depth: 0,
        }
    }

    pub(crate) fn text(&self, token: Token) -> &'a str {
        &self.source[token.start..token.end]
    }

    pub(crate) fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn peek_text(&self) -> &'a str {
        self.peek().map_or("", |token| self.text(token))
    }

    /// Whether the next token is this name or operator.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.peek()
            .is_some_and(|token| token.kind != Kind::Text && self.text(token) == text)
    }

    pub(crate) fn next(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// Takes the next token if it is this name or operator.
    pub(crate) fn take(&mut self, text: &str) -> Option<Token> {
        if self.is(text) { self.next() } else { None }
    }

    pub(crate) fn expect(&mut self, text: &str) -> Result<Token, SyntaxError> {
        self.take(text)
            .ok_or_else(|| self.unexpected(&format!("'{text}'")))
    }

    pub(crate) fn name(&mut self) -> Result<Token, SyntaxError> {
        match self.peek() {
            Some(token) if token.kind == Kind::Name => {
                self.at += 1;
                Ok(token)
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    pub(crate) fn unexpected(&self, wanted: &str) -> SyntaxError {
        match self.peek() {
            Some(token) => SyntaxError::new(
                format!("unexpected '{}', expected {wanted}", self.text(token)),
                token.start,
            ),
            None => SyntaxError::new(
                format!("unexpected end of tag, expected {wanted}"),
                self.end,
            ),
        }
    }

    /// Asserts that nothing is left.
    pub(crate) fn finish(&self) -> Result<(), SyntaxError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unexpected("the end of the tag")),
        }
    }

    /// Note that a name is assigned here; it is not a use.
    pub(crate) fn target(&mut self) -> Result<(), SyntaxError> {
        loop {
            if self.take("(").is_some() {
                self.target()?;
                self.expect(")")?;
            } else {
                self.name()?;
                while self.take(".").is_some() {
                    self.name()?;
                }
            }
            if self.take(",").is_none()
                || self.is("=")
                || self.is("in")
                || self.is(")")
                || self.peek().is_none()
            {
                return Ok(());
            }
        }
    }

    /// `a, b` or one expression; a bare tuple gets parentheses.
    pub(crate) fn tuple(&mut self, conditional: bool) -> Extent {
        let (start, mut end) = self.one(conditional)?;
        if !self.is(",") {
            return Ok((start, end));
        }
        while let Some(comma) = self.take(",") {
            end = comma.end;
            if self.peek().is_none() || self.is("recursive") || self.is("if") {
                break;
            }
            end = self.one(conditional)?.1;
        }
        self.edits.open(start, "(");
        self.edits.close(end, ")");
        self.was_call = false;
        Ok((start, end))
    }

    /// What a loop runs over.
    pub(crate) fn items_of_loop(&mut self) -> Result<(), SyntaxError> {
        let (start, end) = self.tuple(false)?;
        self.edits.open(start, "((");
        self.edits.close(end, ")|_items)");
        Ok(())
    }

    fn one(&mut self, conditional: bool) -> Extent {
        if conditional {
            self.expression()
        } else {
            self.or()
        }
    }

    /// An expression with an inline `if`.
    pub(crate) fn expression(&mut self) -> Extent {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let at = self.peek().map_or(self.end, |token| token.start);
            return Err(SyntaxError::new("this expression is nested too deeply", at));
        }
        let (start, mut end) = self.or()?;
        while self.take("if").is_some() {
            end = self.or()?.1;
            if self.take("else").is_some() {
                end = self.expression()?.1;
            }
            self.was_call = false;
        }
        self.depth -= 1;
        Ok((start, end))
    }

    pub(crate) fn or(&mut self) -> Extent {
        let (start, mut end) = self.and()?;
        while self.take("or").is_some() {
            end = self.and()?.1;
            self.was_call = false;
        }
        Ok((start, end))
    }

    fn and(&mut self) -> Extent {
        let (start, mut end) = self.not()?;
        while self.take("and").is_some() {
            end = self.not()?.1;
            self.was_call = false;
        }
        Ok((start, end))
    }

    fn not(&mut self) -> Extent {
        if let Some(token) = self.take("not") {
            let (_, end) = self.not()?;
            self.was_call = false;
            return Ok((token.start, end));
        }
        self.compare()
    }

    /// One comparison becomes a filter; a chain of them is minijinja's.
    fn compare(&mut self) -> Extent {
        let (start, mut end) = self.sum()?;
        let mut operators = Vec::new();
        while let Some(first) = self.peek().filter(|token| token.kind != Kind::Text) {
            let last = match self.text(first) {
                "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" => first,
                "not" => match self.tokens.get(self.at + 1) {
                    Some(next) if self.text(*next) == "in" => *next,
                    _ => break,
                },
                _ => break,
            };
            self.at += if first.start == last.start { 1 } else { 2 };
            operators.push((first, last));
            end = self.sum()?.1;
            self.was_call = false;
        }
        if let [(first, last)] = operators[..] {
            let filter = match self.text(first) {
                "<" => "_lt",
                "<=" => "_le",
                ">" => "_gt",
                ">=" => "_ge",
                "in" => "_in",
                "not" => "_notin",
                _ => return Ok((start, end)),
            };
            self.infix(start, first.start, last.end, end, filter);
        }
        Ok((start, end))
    }

    fn sum(&mut self) -> Extent {
        let (start, mut end) = self.concat()?;
        loop {
            if let Some(operator) = self.take("+") {
                end = self.concat()?.1;
                self.infix(start, operator.start, operator.end, end, "_add");
            } else if let Some(operator) = self.take("-") {
                end = self.concat()?.1;
                self.infix(start, operator.start, operator.end, end, "_sub");
            } else {
                return Ok((start, end));
            }
            self.was_call = false;
        }
    }

    /// Makes the operator at `from..to` between `start` and `end` a filter.
    fn infix(&mut self, start: usize, from: usize, to: usize, end: usize, filter: &str) {
        self.edits.open(start, "((");
        let lines = self.source[from..to].matches('\n').count();
        self.edits
            .replace(from, to, format!(")|{filter}({}", "\n".repeat(lines)));
        self.edits.close(end, "))");
    }

    fn concat(&mut self) -> Extent {
        let (start, mut end) = self.product()?;
        while let Some(operator) = self.take("~") {
            end = self.product()?.1;
            self.infix(start, operator.start, operator.end, end, "_concat");
            self.was_call = false;
        }
        Ok((start, end))
    }

    fn product(&mut self) -> Extent {
        let (start, mut end) = self.power()?;
        loop {
            let filter = match self.peek_text() {
                "*" => "_mul",
                "/" => "_div",
                "//" => "_floordiv",
                "%" => "_mod",
                _ => return Ok((start, end)),
            };
            let Some(operator) = self.next().filter(|token| token.kind == Kind::Operator) else {
                return Ok((start, end));
            };
            end = self.power()?.1;
            self.infix(start, operator.start, operator.end, end, filter);
            self.was_call = false;
        }
    }

    fn power(&mut self) -> Extent {
        let (start, mut end) = self.unary(true)?;
        while self.take("**").is_some() {
            end = self.unary(true)?.1;
            self.was_call = false;
        }
        Ok((start, end))
    }

    fn unary(&mut self, filters: bool) -> Extent {
        let sign = self.take("-").map(|token| (token, "_neg"));
        let sign = sign.or_else(|| self.take("+").map(|token| (token, "_pos")));
        let (start, mut end) = if let Some((token, filter)) = sign {
            let (_, end) = self.unary(false)?;
            self.edits.replace(token.start, token.end, "((");
            self.edits.close(end, format!(")|{filter})"));
            self.was_call = false;
            (token.start, end)
        } else {
            let (start, end) = self.primary()?;
            (start, self.postfix(start, end)?)
        };
        if filters {
            end = self.filters(end)?;
        }
        Ok((start, end))
    }

    fn primary(&mut self) -> Extent {
        let Some(token) = self.peek() else {
            return Err(self.unexpected("an expression"));
        };
        self.was_call = false;
        let text = self.text(token);
        match token.kind {
            Kind::Name => {
                if matches!(text, "in" | "is" | "and" | "or" | "if" | "else") {
                    return Err(self.unexpected("an expression"));
                }
                self.at += 1;
                if !self.names.iter().any(|known| known == text) {
                    self.names.push(text.to_owned());
                }
            }
            Kind::Number => self.at += 1,
            Kind::Text => {
                let mut end = token.end;
                while let Some(part) = self.peek().filter(|part| part.kind == Kind::Text) {
                    self.escapes(part);
                    end = part.end;
                    self.at += 1;
                }
                return Ok((token.start, end));
            }
            Kind::Operator => {
                self.at += 1;
                let end = match text {
                    "(" => self.items(")", false)?,
                    "[" => {
                        let end = self.items("]", false)?;
                        self.edits.open(token.start, "(");
                        self.edits.close(end, "|_list)");
                        end
                    }
                    "{" => {
                        let end = self.items("}", true)?;
                        self.edits.open(token.start, "(");
                        self.edits.close(end, "|_dict)");
                        end
                    }
                    _ => {
                        self.at -= 1;
                        return Err(self.unexpected("an expression"));
                    }
                };
                self.was_call = false;
                return Ok((token.start, end));
            }
        }
        Ok((token.start, token.end))
    }

    /// Items up to `close`; pairs of a dict where `pairs`. Answers where they end.
    fn items(&mut self, close: &str, pairs: bool) -> Result<usize, SyntaxError> {
        loop {
            if let Some(token) = self.take(close) {
                return Ok(token.end);
            }
            self.expression()?;
            if pairs {
                self.expect(":")?;
                self.expression()?;
            }
            if self.take(",").is_none() {
                return self.expect(close).map(|token| token.end);
            }
        }
    }

    fn postfix(&mut self, start: usize, mut end: usize) -> Result<usize, SyntaxError> {
        loop {
            if self.take(".").is_some() {
                match self.peek() {
                    Some(token) if matches!(token.kind, Kind::Name | Kind::Number) => {
                        self.at += 1;
                        end = token.end;
                    }
                    _ => return Err(self.unexpected("a name")),
                }
                self.was_call = false;
            } else if let Some(open) = self.take("[") {
                end = self.subscript(start, open)?;
                self.was_call = false;
            } else if self.is("(") {
                end = self.arguments()?;
                self.was_call = true;
            } else {
                return Ok(end);
            }
        }
    }

    fn subscript(&mut self, start: usize, open: Token) -> Result<usize, SyntaxError> {
        let has_start = !self.is(":");
        if has_start {
            let (item, mut end) = self.expression()?;
            if self.is(",") {
                while self.take(",").is_some() && !self.is("]") {
                    end = self.expression()?.1;
                }
                self.edits.open(item, "(");
                self.edits.close(end, ")");
            }
            if let Some(close) = self.take("]") {
                return Ok(close.end);
            }
        }
        self.edits.open(start, "(");
        self.edits.replace(
            open.start,
            open.end,
            if has_start {
                "|_slice("
            } else {
                "|_slice(none"
            },
        );
        while let Some(colon) = self.take(":") {
            let empty = self.is(":") || self.is("]");
            self.edits
                .replace(colon.start, colon.end, if empty { ",none" } else { "," });
            if !empty {
                self.expression()?;
            }
        }
        let close = self.expect("]")?;
        self.edits.replace(close.start, close.end, "))");
        Ok(close.end)
    }

    /// `(a, *b, c=d, **e)`. Answers where it ends.
    fn arguments(&mut self) -> Result<usize, SyntaxError> {
        self.expect("(")?;
        loop {
            if let Some(token) = self.take(")") {
                return Ok(token.end);
            }
            if self.take("*").is_none() && self.take("**").is_none() {
                let keyword = self.peek().is_some_and(|token| token.kind == Kind::Name)
                    && self
                        .tokens
                        .get(self.at + 1)
                        .is_some_and(|next| self.text(*next) == "=");
                if keyword {
                    self.at += 2;
                }
            }
            self.expression()?;
            if self.take(",").is_none() {
                return self.expect(")").map(|token| token.end);
            }
        }
    }

    fn filters(&mut self, mut end: usize) -> Result<usize, SyntaxError> {
        loop {
            if self.take("|").is_some() {
                end = self.filter()?;
                self.was_call = false;
            } else if self.take("is").is_some() {
                self.take("not");
                end = self.dotted()?;
                if self.is("(") {
                    end = self.arguments()?;
                } else if self.is_test_argument() {
                    let (start, first) = self.primary()?;
                    end = self.postfix(start, first)?;
                }
                if self.is("is") {
                    return Err(self
                        .unexpected("'and'")
                        .hint("tests cannot be chained: write `x is a and x is b`"));
                }
                self.was_call = false;
            } else if self.is("(") {
                end = self.arguments()?;
                self.was_call = true;
            } else {
                return Ok(end);
            }
        }
    }

    /// A filter's name and arguments, after the `|`.
    pub(crate) fn filter(&mut self) -> Result<usize, SyntaxError> {
        let end = self.dotted()?;
        if self.is("(") {
            self.arguments()
        } else {
            Ok(end)
        }
    }

    fn dotted(&mut self) -> Result<usize, SyntaxError> {
        let mut end = self.name()?.end;
        while self.take(".").is_some() {
            end = self.name()?.end;
        }
        Ok(end)
    }

    fn is_test_argument(&self) -> bool {
        let Some(token) = self.peek() else {
            return false;
        };
        match token.kind {
            Kind::Name => !matches!(
                self.text(token),
                "else" | "or" | "and" | "is" | "if" | "in" | "not"
            ),
            Kind::Text | Kind::Number => true,
            Kind::Operator => matches!(self.text(token), "[" | "{"),
        }
    }

    /// Says escapes of a string that Python and minijinja read differently.
    fn escapes(&mut self, token: Token) {
        let text = self.text(token);
        if !text.contains('\\') {
            return;
        }
        let mut at = 1;
        while let Some(offset) = text[at..text.len() - 1].find('\\') {
            let start = at + offset;
            let escaped = text[start + 1..].chars().next().unwrap_or(' ');
            let mut length = 1 + escaped.len_utf8();
            let code = |from: usize, count: usize| {
                text.get(from..from + count)
                    .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            };
            let changed = match escaped {
                '/' => Some("\\\\/".to_owned()),
                'a' => Some("\\x07".to_owned()),
                'v' => Some("\\x0b".to_owned()),
                'U' => code(start + 2, 8)
                    .and_then(char::from_u32)
                    .map(|character| {
                        length = 10;
                        character.to_string()
                    }),
                'x' if code(start + 2, 2).is_none() => Some("\\\\x".to_owned()),
                'u' if code(start + 2, 4).is_none() => Some("\\\\u".to_owned()),
                _ => None,
            };
            if let Some(changed) = changed {
                self.edits
                    .replace(token.start + start, token.start + start + length, changed);
            }
            at = start + length;
        }
    }
}
