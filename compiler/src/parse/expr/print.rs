//! Expressions back to text, in the two ways that dbt has.

use super::{Args, Expr};
use crate::parse::python::{repr, repr_text};

impl Expr {
    /// The expression in dbt's canonical spelling; syntax that dbt does not spell back stands as its syntax tree.
    pub fn source(&self) -> String {
        match self {
            Self::Const(value) => repr(value),
            Self::Name(name) => name.clone(),
            Self::List(items) => format!("[{}]", joined(items)),
            Self::Tuple(items) => match items.as_slice() {
                [one] => format!("({},)", one.source()),
                _ => format!("({})", joined(items)),
            },
            Self::Dict(pairs) => {
                let pairs: Vec<String> = pairs
                    .iter()
                    .map(|(key, value)| format!("{}: {}", key.source(), value.source()))
                    .collect();
                format!("{{{}}}", pairs.join(", "))
            }
            Self::Call(callee, args) => {
                let mut parts: Vec<String> = args.positional.iter().map(Self::source).collect();
                parts.extend(
                    args.named
                        .iter()
                        .map(|(name, value)| format!("{name}={}", value.source())),
                );
                parts.extend(args.star.iter().map(|star| format!("*{}", star.source())));
                parts.extend(
                    args.double_star
                        .iter()
                        .map(|stars| format!("**{}", stars.source())),
                );
                format!("{}({})", callee.source(), parts.join(", "))
            }
            Self::Attribute(inner, name) => format!("{}.{name}", inner.source()),
            Self::Item(inner, index) => format!("{}[{}]", inner.source(), index.source()),
            Self::Concat(parts) => parts
                .iter()
                .map(Self::source)
                .collect::<Vec<_>>()
                .join(" ~ "),
            Self::Compare(first, rest) => {
                let mut parts = vec![first.source()];
                for (operator, operand) in rest {
                    parts.push((*operator).to_owned());
                    parts.push(operand.source());
                }
                parts.join(" ")
            }
            Self::Unary("Not", operand) => format!("not {}", operand.source()),
            Self::Unary("Neg", operand) => format!("-{}", operand.source()),
            Self::Binary("And", left, right) => format!("{} and {}", left.source(), right.source()),
            Self::Binary("Or", left, right) => format!("{} or {}", left.source(), right.source()),
            other => other.syntax_tree(),
        }
    }

    /// The expression as Jinja2 prints its syntax tree, which dbt falls back to.
    pub fn syntax_tree(&self) -> String {
        match self {
            Self::Const(value) => format!("Const(value={})", repr(value)),
            Self::Name(name) => format!("Name(name={}, ctx='load')", repr_text(name)),
            Self::List(items) => format!("List(items=[{}])", trees(items)),
            Self::Tuple(items) => format!("Tuple(items=[{}], ctx='load')", trees(items)),
            Self::Dict(pairs) => {
                let pairs: Vec<String> = pairs
                    .iter()
                    .map(|(key, value)| {
                        format!(
                            "Pair(key={}, value={})",
                            key.syntax_tree(),
                            value.syntax_tree()
                        )
                    })
                    .collect();
                format!("Dict(items=[{}])", pairs.join(", "))
            }
            Self::Call(callee, args) => format!(
                "Call(node={}, {})",
                callee.syntax_tree(),
                args.syntax_tree()
            ),
            Self::Filter(inner, name, args) => {
                format!(
                    "Filter(node={}, name={}, {})",
                    inner.syntax_tree(),
                    repr_text(name),
                    args.syntax_tree()
                )
            }
            Self::Test(inner, name, args) => {
                format!(
                    "Test(node={}, name={}, {})",
                    inner.syntax_tree(),
                    repr_text(name),
                    args.syntax_tree()
                )
            }
            Self::Attribute(inner, name) => format!(
                "Getattr(node={}, attr={}, ctx='load')",
                inner.syntax_tree(),
                repr_text(name)
            ),
            Self::Item(inner, index) => format!(
                "Getitem(node={}, arg={}, ctx='load')",
                inner.syntax_tree(),
                index.syntax_tree()
            ),
            Self::Slice(start, stop, step) => {
                format!(
                    "Slice(start={}, stop={}, step={})",
                    optional(start.as_deref()),
                    optional(stop.as_deref()),
                    optional(step.as_deref())
                )
            }
            Self::Concat(parts) => format!("Concat(nodes=[{}])", trees(parts)),
            Self::Compare(first, rest) => {
                let operands: Vec<String> = rest
                    .iter()
                    .map(|(operator, operand)| {
                        format!(
                            "Operand(op='{}', expr={})",
                            operator_name(operator),
                            operand.syntax_tree()
                        )
                    })
                    .collect();
                format!(
                    "Compare(expr={}, ops=[{}])",
                    first.syntax_tree(),
                    operands.join(", ")
                )
            }
            Self::Unary(node, operand) => format!("{node}(node={})", operand.syntax_tree()),
            Self::Binary(node, left, right) => format!(
                "{node}(left={}, right={})",
                left.syntax_tree(),
                right.syntax_tree()
            ),
            Self::Conditional(then, test, otherwise) => {
                format!(
                    "CondExpr(test={}, expr1={}, expr2={})",
                    test.syntax_tree(),
                    then.syntax_tree(),
                    optional(otherwise.as_deref())
                )
            }
        }
    }
}

impl Args {
    fn syntax_tree(&self) -> String {
        let named: Vec<String> = self
            .named
            .iter()
            .map(|(name, value)| keyword(name, value))
            .collect();
        format!(
            "args=[{}], kwargs=[{}], dyn_args={}, dyn_kwargs={}",
            trees(&self.positional),
            named.join(", "),
            optional(self.star.as_deref()),
            optional(self.double_star.as_deref())
        )
    }
}

fn keyword(name: &str, value: &Expr) -> String {
    format!(
        "Keyword(key={}, value={})",
        repr_text(name),
        value.syntax_tree()
    )
}

fn joined(items: &[Expr]) -> String {
    items
        .iter()
        .map(Expr::source)
        .collect::<Vec<_>>()
        .join(", ")
}

fn trees(items: &[Expr]) -> String {
    items
        .iter()
        .map(Expr::syntax_tree)
        .collect::<Vec<_>>()
        .join(", ")
}

fn optional(expr: Option<&Expr>) -> String {
    expr.map_or_else(|| "None".into(), Expr::syntax_tree)
}

fn operator_name(operator: &str) -> &'static str {
    match operator {
        "==" => "eq",
        "!=" => "ne",
        "<" => "lt",
        "<=" => "lteq",
        ">" => "gt",
        ">=" => "gteq",
        "in" => "in",
        _ => "notin",
    }
}
