//! What a Python model asks of dbt, read from its text.
//!
//! dbt reads a Python model without running it: calls of `dbt.ref`, `dbt.source`, `dbt.config`, `dbt.config.get` and
//! `dbt.config.meta_get` with literal arguments. The same calls are handed back as Jinja, which means the same.

use super::expr::{Args, Expr, parse};

/// A call whose arguments are not literals, or not in the form that dbt takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is called, such as `dbt.ref`.
    pub function: &'static str,
    /// Line of the code, from 1.
    pub line: usize,
}

const FUNCTIONS: [&str; 5] = [
    "dbt.config.meta_get",
    "dbt.config.get",
    "dbt.config",
    "dbt.source",
    "dbt.ref",
];

/// The calls of a model's code as a Jinja text.
pub fn as_jinja(code: &str) -> Result<String, Refused> {
    let mut text = String::new();
    let (mut used, mut meta) = (Keys::default(), Keys::default());
    for call in calls(code) {
        let refused = Refused {
            function: call.function,
            line: call.line,
        };
        let args = match parse(&format!("f({})", call.arguments)) {
            Some(Expr::Call(_, args)) if literals(&args) => args,
            _ => return Err(refused),
        };
        let keys = match call.function {
            "dbt.config.get" => &mut used,
            "dbt.config.meta_get" => &mut meta,
            function => {
                let name = function.trim_start_matches("dbt.");
                text.extend(["{{ ", name, "(", &call.arguments, ") }}"]);
                continue;
            }
        };
        match args.positional.as_slice() {
            [key] => keys.add(key.source(), "None".to_owned()),
            [key, default] => keys.add(key.source(), default.source()),
            _ => return Err(refused),
        }
    }
    if !(used.names.is_empty() && meta.names.is_empty()) {
        let lists = [
            ("config_keys_used", used.names),
            ("config_keys_defaults", used.defaults),
            ("meta_keys_used", meta.names),
            ("meta_keys_defaults", meta.defaults),
        ];
        let lists = lists.map(|(key, values)| format!("{key}=[{}]", values.join(", ")));
        text.extend(["{{ config(", &lists.join(", "), ") }}"]);
    }
    Ok(text)
}

#[derive(Default)]
struct Keys {
    names: Vec<String>,
    defaults: Vec<String>,
}

impl Keys {
    fn add(&mut self, name: String, default: String) {
        self.names.push(name);
        self.defaults.push(default);
    }
}

fn literals(args: &Args) -> bool {
    let named = args.named.iter().map(|(_, value)| value);
    args.star.is_none()
        && args.double_star.is_none()
        && args.positional.iter().chain(named).all(literal)
}

fn literal(expr: &Expr) -> bool {
    match expr {
        Expr::Const(_) => true,
        Expr::List(items) | Expr::Tuple(items) => items.iter().all(literal),
        Expr::Dict(pairs) => pairs
            .iter()
            .all(|(key, value)| literal(key) && literal(value)),
        Expr::Unary(_, inner) => literal(inner),
        _ => false,
    }
}

struct Call {
    function: &'static str,
    /// Without comments.
    arguments: String,
    line: usize,
}

/// The calls in the order of their names in the text.
fn calls(code: &str) -> Vec<Call> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut line = 1;
    // What stands before the place, as far as it matters: part of a longer name or path?
    let mut inside_name = false;
    while at < code.len() {
        let rest = &code[at..];
        if let Some(skipped) = text_or_comment(rest) {
            line += rest[..skipped].matches('\n').count();
            at += skipped;
            inside_name = false;
            continue;
        }
        if !inside_name {
            let called = FUNCTIONS.iter().find_map(|function| {
                let after = rest.strip_prefix(function)?;
                Some((*function, after.trim_start_matches(' ').strip_prefix('(')?))
            });
            if let Some((function, arguments)) = called {
                found.push(Call {
                    function,
                    arguments: arguments_of(arguments),
                    line,
                });
            }
        }
        let Some(character) = rest.chars().next() else {
            break;
        };
        inside_name = character.is_alphanumeric() || matches!(character, '_' | '.');
        line += usize::from(character == '\n');
        at += character.len_utf8();
    }
    found
}

/// How many bytes a text in quotes or a comment takes that `rest` starts with.
fn text_or_comment(rest: &str) -> Option<usize> {
    if rest.starts_with('#') {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let quote = ["\"\"\"", "'''", "\"", "'"]
        .into_iter()
        .find(|quote| rest.starts_with(quote))?;
    let mut at = quote.len();
    while at < rest.len() {
        if rest[at..].starts_with(quote) {
            return Some(at + quote.len());
        }
        let mut characters = rest[at..].chars();
        let character = characters.next()?;
        at += character.len_utf8();
        if character == '\\' {
            at += characters.next().map_or(0, char::len_utf8);
        }
    }
    Some(rest.len())
}

/// What stands between the parentheses, the first of which is left out.
fn arguments_of(text: &str) -> String {
    let mut arguments = String::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        if let Some(skipped) = text_or_comment(&text[at..]) {
            if character != '#' {
                arguments.push_str(&text[at..at + skipped]);
            }
            at += skipped;
            continue;
        }
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => break,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        arguments.push(character);
        at += character.len_utf8();
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_with_literals_are_read() {
        let code = "# dbt.ref('comment')\ndef model(dbt, session):\n    \"\"\"dbt.ref('docs')\"\"\"\n    dbt.config(materialized='table',  # why\n      tags=['a'])\n    df = dbt.ref('x').join(dbt.source(\"s\", 't'))\n    other.dbt.ref('no'); mydbt.ref('no')\n    return dbt.ref('p', 'y', v=2)\n";
        assert_eq!(
            as_jinja(code).unwrap(),
            "{{ config(materialized='table',  \n      tags=['a']) }}{{ ref('x') }}{{ source(\"s\", 't') }}{{ ref('p', 'y', v=2) }}"
        );
    }

    #[test]
    fn keys_of_the_config_are_collected() {
        let code = "dbt.config.get('a')\ndbt.config.get('b', 3)\ndbt.config.meta_get('c', None)\n";
        assert_eq!(
            as_jinja(code).unwrap(),
            "{{ config(config_keys_used=['a', 'b'], config_keys_defaults=[None, 3], meta_keys_used=['c'], meta_keys_defaults=[None]) }}"
        );
    }

    #[test]
    fn what_is_not_literal_is_refused() {
        assert_eq!(
            as_jinja("x = 1\ndbt.ref(name)"),
            Err(Refused {
                function: "dbt.ref",
                line: 2
            })
        );
    }
}
