//! Recursive descent over the tokens, in Jinja2's order of precedence.

use serde_json::Value;

use super::lexer::{Token, tokens};
use super::{Args, Expr};

/// Deeper nesting than this is no expression that a person wrote.
const DEEPEST: usize = 200;

/// Reads one expression; `None` where the text is none.
pub fn parse(text: &str) -> Option<Expr> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
    };
    let expr = parser.tuple_or_expression()?;
    (parser.at == parser.tokens.len()).then_some(expr)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol);
        self.at += usize::from(found);
        found
    }

    fn keyword(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(found)) if found == word);
        self.at += usize::from(found);
        found
    }

    fn next_is(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol)
    }

    fn name(&mut self) -> Option<String> {
        match self.peek()? {
            Token::Name(name) => {
                let name = name.clone();
                self.at += 1;
                Some(name)
            }
            _ => None,
        }
    }

    fn tuple_or_expression(&mut self) -> Option<Expr> {
        let first = self.expression()?;
        if !self.next_is(",") {
            return Some(first);
        }
        let mut items = vec![first];
        while self.symbol(",") {
            if self.peek().is_none() || self.next_is(")") {
                break;
            }
            items.push(self.expression()?);
        }
        Some(Expr::Tuple(items))
    }

    fn expression(&mut self) -> Option<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut expr = self.or()?;
        while self.keyword("if") {
            let test = self.or()?;
            let otherwise = if self.keyword("else") {
                Some(Box::new(self.expression()?))
            } else {
                None
            };
            expr = Expr::Conditional(Box::new(expr), Box::new(test), otherwise);
        }
        self.depth -= 1;
        Some(expr)
    }

    fn or(&mut self) -> Option<Expr> {
        let mut left = self.and()?;
        while self.keyword("or") {
            left = Expr::Binary("Or", Box::new(left), Box::new(self.and()?));
        }
        Some(left)
    }

    fn and(&mut self) -> Option<Expr> {
        let mut left = self.not()?;
        while self.keyword("and") {
            left = Expr::Binary("And", Box::new(left), Box::new(self.not()?));
        }
        Some(left)
    }

    fn not(&mut self) -> Option<Expr> {
        if self.keyword("not") {
            Some(Expr::Unary("Not", Box::new(self.not()?)))
        } else {
            self.compare()
        }
    }

    fn compare(&mut self) -> Option<Expr> {
        let first = self.sum()?;
        let mut rest = Vec::new();
        loop {
            let operator = if self.symbol("==") {
                "=="
            } else if self.symbol("!=") {
                "!="
            } else if self.symbol("<=") {
                "<="
            } else if self.symbol(">=") {
                ">="
            } else if self.symbol("<") {
                "<"
            } else if self.symbol(">") {
                ">"
            } else if self.keyword("in") {
                "in"
            } else if matches!(self.tokens.get(self.at..self.at + 2), Some([Token::Name(a), Token::Name(b)]) if a == "not" && b == "in")
            {
                self.at += 2;
                "not in"
            } else {
                break;
            };
            rest.push((operator, self.sum()?));
        }
        Some(if rest.is_empty() {
            first
        } else {
            Expr::Compare(Box::new(first), rest)
        })
    }

    fn sum(&mut self) -> Option<Expr> {
        let mut left = self.concat()?;
        loop {
            let node = if self.symbol("+") {
                "Add"
            } else if self.symbol("-") {
                "Sub"
            } else {
                return Some(left);
            };
            left = Expr::Binary(node, Box::new(left), Box::new(self.concat()?));
        }
    }

    fn concat(&mut self) -> Option<Expr> {
        let first = self.product()?;
        if !self.next_is("~") {
            return Some(first);
        }
        let mut parts = vec![first];
        while self.symbol("~") {
            parts.push(self.product()?);
        }
        Some(Expr::Concat(parts))
    }

    fn product(&mut self) -> Option<Expr> {
        let mut left = self.unary(true)?;
        loop {
            let node = if self.symbol("*") {
                "Mul"
            } else if self.symbol("//") {
                "FloorDiv"
            } else if self.symbol("/") {
                "Div"
            } else if self.symbol("%") {
                "Mod"
            } else {
                return Some(left);
            };
            left = Expr::Binary(node, Box::new(left), Box::new(self.unary(true)?));
        }
    }

    fn unary(&mut self, with_filter: bool) -> Option<Expr> {
        let node = if self.symbol("-") {
            Expr::Unary("Neg", Box::new(self.unary(false)?))
        } else if self.symbol("+") {
            Expr::Unary("Pos", Box::new(self.unary(false)?))
        } else {
            let primary = self.primary()?;
            self.postfix(primary)?
        };
        let node = if self.symbol("**") {
            Expr::Binary("Pow", Box::new(node), Box::new(self.unary(true)?))
        } else {
            node
        };
        if with_filter {
            self.filters(node)
        } else {
            Some(node)
        }
    }

    fn primary(&mut self) -> Option<Expr> {
        let token = self.peek()?.clone();
        self.at += 1;
        match token {
            Token::Name(name) => Some(Expr::Name(name)),
            Token::Literal(value) => Some(Expr::Const(value)),
            Token::Text(mut text) => {
                while let Some(Token::Text(more)) = self.peek() {
                    text.push_str(more);
                    self.at += 1;
                }
                Some(Expr::Const(Value::String(text)))
            }
            Token::Symbol("(") => {
                if self.symbol(")") {
                    return Some(Expr::Tuple(Vec::new()));
                }
                let inner = self.tuple_or_expression()?;
                self.symbol(")").then_some(inner)
            }
            Token::Symbol("[") => Some(Expr::List(self.items("]")?)),
            Token::Symbol("{") => self.dict(),
            Token::Symbol(_) => None,
        }
    }

    fn items(&mut self, close: &str) -> Option<Vec<Expr>> {
        let mut items = Vec::new();
        while !self.symbol(close) {
            items.push(self.expression()?);
            if !self.symbol(",") {
                return self.symbol(close).then_some(items);
            }
        }
        Some(items)
    }

    fn dict(&mut self) -> Option<Expr> {
        let mut pairs = Vec::new();
        while !self.symbol("}") {
            let key = self.expression()?;
            if !self.symbol(":") {
                return None;
            }
            pairs.push((key, self.expression()?));
            if !self.symbol(",") {
                return self.symbol("}").then_some(Expr::Dict(pairs));
            }
        }
        Some(Expr::Dict(pairs))
    }

    fn postfix(&mut self, mut expr: Expr) -> Option<Expr> {
        loop {
            expr = if self.symbol(".") {
                match self.peek()?.clone() {
                    Token::Name(name) => {
                        self.at += 1;
                        Expr::Attribute(Box::new(expr), name)
                    }
                    Token::Literal(value @ Value::Number(_)) => {
                        self.at += 1;
                        Expr::Item(Box::new(expr), Box::new(Expr::Const(value)))
                    }
                    _ => return None,
                }
            } else if self.symbol("[") {
                let index = self.subscript()?;
                Expr::Item(Box::new(expr), Box::new(index))
            } else if self.symbol("(") {
                Expr::Call(Box::new(expr), self.arguments()?)
            } else {
                return Some(expr);
            };
        }
    }

    fn subscript(&mut self) -> Option<Expr> {
        let mut parts: Vec<Option<Box<Expr>>> = Vec::new();
        loop {
            let ends = self.next_is(":") || self.next_is("]");
            parts.push(if ends {
                None
            } else {
                Some(Box::new(self.expression()?))
            });
            if !self.symbol(":") {
                break;
            }
        }
        if !self.symbol("]") {
            return None;
        }
        let mut parts = parts.into_iter();
        match (parts.next()?, parts.next(), parts.next(), parts.next()) {
            (Some(index), None, None, None) => Some(*index),
            (start, Some(stop), step, None) => Some(Expr::Slice(start, stop, step.flatten())),
            _ => None,
        }
    }

    fn arguments(&mut self) -> Option<Args> {
        let mut args = Args::default();
        while !self.symbol(")") {
            if self.symbol("**") {
                args.double_star = Some(Box::new(self.expression()?));
            } else if self.symbol("*") {
                args.star = Some(Box::new(self.expression()?));
            } else if let (Some(Token::Name(name)), Some(Token::Symbol("="))) =
                (self.peek(), self.tokens.get(self.at + 1))
            {
                let name = name.clone();
                self.at += 2;
                args.named.push((name, self.expression()?));
            } else {
                args.positional.push(self.expression()?);
            }
            if !self.symbol(",") {
                return self.symbol(")").then_some(args);
            }
        }
        Some(args)
    }

    fn filters(&mut self, mut expr: Expr) -> Option<Expr> {
        loop {
            if self.symbol("|") {
                let name = self.dotted_name()?;
                let args = if self.symbol("(") {
                    self.arguments()?
                } else {
                    Args::default()
                };
                expr = Expr::Filter(Box::new(expr), name, args);
            } else if self.keyword("is") {
                let negated = self.keyword("not");
                let name = match self.peek()? {
                    Token::Literal(Value::Null) => {
                        self.at += 1;
                        "none".to_owned()
                    }
                    Token::Literal(Value::Bool(value)) => {
                        let name = value.to_string();
                        self.at += 1;
                        name
                    }
                    _ => self.dotted_name()?,
                };
                let args = self.test_arguments()?;
                let test = Expr::Test(Box::new(expr), name, args);
                expr = if negated {
                    Expr::Unary("Not", Box::new(test))
                } else {
                    test
                };
            } else if self.symbol("(") {
                expr = Expr::Call(Box::new(expr), self.arguments()?);
            } else {
                return Some(expr);
            }
        }
    }

    fn test_arguments(&mut self) -> Option<Args> {
        if self.symbol("(") {
            return self.arguments();
        }
        let word_ends =
            |name: &str| matches!(name, "else" | "or" | "and" | "is" | "if" | "in" | "not");
        let takes_one = match self.peek() {
            Some(Token::Name(name)) => !word_ends(name),
            Some(Token::Literal(_) | Token::Text(_) | Token::Symbol("[" | "{")) => true,
            _ => false,
        };
        let mut args = Args::default();
        if takes_one {
            let primary = self.primary()?;
            args.positional.push(self.postfix(primary)?);
        }
        Some(args)
    }

    fn dotted_name(&mut self) -> Option<String> {
        let mut name = self.name()?;
        while self.symbol(".") {
            name.push('.');
            name.push_str(&self.name()?);
        }
        Some(name)
    }
}
