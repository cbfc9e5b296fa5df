//! Jinja expressions, read without running them.
//!
//! dbt keeps the text of `config()` arguments before rendering, finds `doc()` calls in descriptions and reads
//! `ref('x')` in YAML values; all of it from the syntax alone. This is the grammar of Jinja2's expressions.

mod lexer;
mod parser;
mod print;

use serde_json::Value;

pub use parser::parse;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A literal.
    Const(Value),
    /// A name.
    Name(String),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `(a, b)`
    Tuple(Vec<Expr>),
    /// `{a: b}`
    Dict(Vec<(Expr, Expr)>),
    /// `f(a, b=c)`
    Call(Box<Expr>, Args),
    /// `a | name(args)`
    Filter(Box<Expr>, String, Args),
    /// `a is name(args)`
    Test(Box<Expr>, String, Args),
    /// `a.name`
    Attribute(Box<Expr>, String),
    /// `a[b]`
    Item(Box<Expr>, Box<Expr>),
    /// `a[b:c:d]`
    Slice(Option<Box<Expr>>, Option<Box<Expr>>, Option<Box<Expr>>),
    /// `a ~ b ~ c`
    Concat(Vec<Expr>),
    /// `a < b <= c`
    Compare(Box<Expr>, Vec<(&'static str, Expr)>),
    /// `not a`, `-a`, `+a`: the name of Jinja2's node and the operand.
    Unary(&'static str, Box<Expr>),
    /// `a and b`, `a + b`, …: the name of Jinja2's node and both sides.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `a if b else c`
    Conditional(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
}

/// Arguments of a call, filter or test.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Args {
    /// By position.
    pub positional: Vec<Expr>,
    /// By name.
    pub named: Vec<(String, Expr)>,
    /// `*args`
    pub star: Option<Box<Expr>>,
    /// `**kwargs`
    pub double_star: Option<Box<Expr>>,
}

impl Expr {
    /// The literal's text, where it is a text literal.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Const(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The value, where the expression is made of literals only.
    pub fn literal(&self) -> Option<Value> {
        match self {
            Self::Const(value) => Some(value.clone()),
            Self::List(items) | Self::Tuple(items) => items
                .iter()
                .map(Self::literal)
                .collect::<Option<_>>()
                .map(Value::Array),
            Self::Dict(pairs) => {
                let pairs = pairs
                    .iter()
                    .map(|(key, value)| Some((key.as_text()?.to_owned(), value.literal()?)));
                pairs.collect::<Option<_>>().map(Value::Object)
            }
            Self::Unary("Neg", operand) => match operand.literal()? {
                Value::Number(number) => match number.as_i64() {
                    Some(integer) => Some(Value::from(-integer)),
                    None => number.as_f64().map(|float| Value::from(-float)),
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// The callee's name and arguments, where this is a call of a plain name.
    pub fn as_call(&self) -> Option<(&str, &Args)> {
        match self {
            Self::Call(callee, args) => match &**callee {
                Self::Name(name) => Some((name, args)),
                _ => None,
            },
            _ => None,
        }
    }

    /// All expressions in this one, outermost first, left to right.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Expr)) {
        visit(self);
        match self {
            Self::Const(_) | Self::Name(_) => {}
            Self::List(items) | Self::Tuple(items) | Self::Concat(items) => {
                for item in items {
                    item.walk(visit);
                }
            }
            Self::Dict(pairs) => {
                for (key, value) in pairs {
                    key.walk(visit);
                    value.walk(visit);
                }
            }
            Self::Call(inner, args) | Self::Filter(inner, _, args) | Self::Test(inner, _, args) => {
                inner.walk(visit);
                let named = args.named.iter().map(|(_, arg)| arg);
                let starred = args.star.iter().chain(&args.double_star).map(|arg| &**arg);
                for arg in args.positional.iter().chain(named).chain(starred) {
                    arg.walk(visit);
                }
            }
            Self::Attribute(inner, _) | Self::Unary(_, inner) => inner.walk(visit),
            Self::Item(left, right) | Self::Binary(_, left, right) => {
                left.walk(visit);
                right.walk(visit);
            }
            Self::Slice(start, stop, step) => {
                for part in start.iter().chain(stop).chain(step) {
                    part.walk(visit);
                }
            }
            Self::Compare(first, rest) => {
                first.walk(visit);
                for (_, operand) in rest {
                    operand.walk(visit);
                }
            }
            Self::Conditional(then, test, otherwise) => {
                test.walk(visit);
                then.walk(visit);
                if let Some(otherwise) = otherwise {
                    otherwise.walk(visit);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let expr = parse(text).unwrap_or_else(|| panic!("does not parse: {text}"));
        assert_eq!(expr.source(), expected, "{text}");
    }

    #[test]
    fn expressions_print_as_dbt_reconstructs_them() {
        check(
            "config( materialized = 'table',tags=[\"a\",'b'])",
            "config(materialized='table', tags=['a', 'b'])",
        );
        check("env_var('X')~ '_y'", "env_var('X') ~ '_y'");
        check("a.b['c'](1, *x, **y)", "a.b['c'](1, *x, **y)");
        check("not a and b or c == -1", "not a and b or c == -1");
        check(
            "x in (1,) and y not in [True, none]",
            "x in (1,) and y not in [True, None]",
        );
        check("{'a': {1: 2.0}}", "{'a': {1: 2.0}}");
    }

    #[test]
    fn what_dbt_cannot_spell_back_is_a_syntax_tree() {
        assert_eq!(
            parse("x | upper").expect("parses").source(),
            "Filter(node=Name(name='x', ctx='load'), name='upper', args=[], kwargs=[], dyn_args=None, dyn_kwargs=None)"
        );
        assert_eq!(
            parse("1 if target.name == 'a' else 2")
                .expect("parses")
                .syntax_tree(),
            "CondExpr(test=Compare(expr=Getattr(node=Name(name='target', ctx='load'), attr='name', ctx='load'), \
             ops=[Operand(op='eq', expr=Const(value='a'))]), expr1=Const(value=1), expr2=Const(value=2))"
        );
    }

    #[test]
    fn broken_text_is_no_expression() {
        for text in ["", "a b", "f(", "'open", "a |", "[1, 2"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn literals_have_values() {
        let literal = |text| parse(text).and_then(|expr| expr.literal());
        assert_eq!(
            literal("[1, 'a', {'b': -2}]"),
            Some(serde_json::json!([1, "a", {"b": -2}]))
        );
        assert_eq!(literal("'a' 'b'"), Some(serde_json::json!("ab")));
        assert_eq!(literal("x"), None);
    }
}
