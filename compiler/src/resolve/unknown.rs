//! Calls of macros that do not exist. dbt finds them when the node is compiled; here they are told before anything runs.

use std::collections::HashSet;

use super::assemble::Loader;
use super::draft::Draft;
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::jinja::CONTEXT_NAMES;
use crate::near::did_you_mean;
use crate::parse::expr::{Expr, parse};
use crate::parse::template::{Piece, pieces, statement_expressions};

/// What a template may call beside dbt's own names: Jinja's functions, and names that stand in some places only.
const JINJA: [&str; 15] = [
    "batch",
    "caller",
    "columns",
    "cycler",
    "dict",
    "joiner",
    "kwargs",
    "lipsum",
    "loop",
    "namespace",
    "range",
    "self",
    "statement",
    "super",
    "varargs",
];

/// Words that may stand before a bracket without calling anything.
const KEYWORDS: [&str; 8] = ["and", "elif", "else", "if", "in", "is", "not", "or"];

impl Loader {
    /// Tells the macros that a node's code calls and nobody defines.
    pub(super) fn warn_unknown_macros(&self, draft: &Draft, diagnostics: &mut Diagnostics) {
        let code = &draft.node.raw_code;
        let package = &draft.node.package_name;
        let is_known = |(name, is_owner): (&str, bool)| {
            is_in_context(name)
                || self.library.find(package, name).is_some()
                || is_owner && self.is_package(name)
        };
        // Nearly all code calls what is known, which can be seen without reading its expressions.
        if called_names(code).into_iter().all(is_known) {
            return;
        }
        let locals = local_names(code);
        let mut told = HashSet::new();
        each_call(code, &mut |target| {
            let Some(name) = self.unknown(target, &draft.node.package_name, &locals) else {
                return;
            };
            if !told.insert(name.clone()) {
                return;
            }
            let at = code.find(&format!("{name}(")).unwrap_or_default();
            let line = code[..at].matches('\n').count();
            let column = code[..at]
                .rsplit('\n')
                .next()
                .unwrap_or_default()
                .chars()
                .count()
                + 1;
            diagnostics.push(
                Diagnostic::warning("macro-not-found", format!("there is no macro '{name}'"))
                    .at(Span::at(&draft.file, draft.line + line, column))
                    .hint(self.hint(&name)),
            );
        });
    }

    /// The name of a callee that is neither a macro, nor the context's, nor the code's own.
    fn unknown(&self, target: &Expr, package: &str, locals: &HashSet<String>) -> Option<String> {
        let known = |name: &str| {
            is_in_context(name)
                || locals.contains(name)
                || self.library.find(package, name).is_some()
        };
        match target {
            Expr::Name(name) => (!known(name)).then(|| name.clone()),
            // A package that is there answers for itself, with an error.
            Expr::Attribute(owner, name) => match &**owner {
                Expr::Name(owner) if !known(owner) && !self.is_package(owner) => {
                    Some(format!("{owner}.{name}"))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn is_package(&self, name: &str) -> bool {
        self.library
            .options()
            .internal_packages
            .iter()
            .any(|package| package == name)
            || self
                .packages
                .iter()
                .any(|package| package.file.name == name)
    }

    fn hint(&self, name: &str) -> String {
        if let Some((package, _)) = name.split_once('.') {
            return format!("package '{package}' is not installed; run `refract deps`");
        }
        did_you_mean(
            name,
            self.library.macros().map(|source| source.name.as_str()),
        )
        .unwrap_or_else(|| "check the name; a macro stands in a file under macro-paths".into())
    }
}

fn is_in_context(name: &str) -> bool {
    CONTEXT_NAMES.binary_search(&name).is_ok() || JINJA.binary_search(&name).is_ok()
}

/// What stands before each opening bracket in the tags of `code`: the name, or the first name of a path, which then is
/// an owner. More than what is called, since strings are not told apart, but never less.
fn called_names(code: &str) -> Vec<(&str, bool)> {
    let mut names = Vec::new();
    for piece in pieces(code) {
        let (Piece::Output(inner) | Piece::Statement(inner)) = piece else {
            continue;
        };
        for (at, _) in inner.match_indices('(') {
            let before = inner[..at].trim_end();
            let in_path = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
            let path = &before[before.trim_end_matches(in_path).len()..];
            let is_filter = before[..before.len() - path.len()]
                .trim_end()
                .ends_with('|');
            if !is_filter && !path.is_empty() && !KEYWORDS.contains(&path) {
                let (name, rest) = path.split_once('.').unwrap_or((path, ""));
                names.push((name, !rest.is_empty()));
            }
        }
    }
    names
}

fn each_call(code: &str, visit: &mut impl FnMut(&Expr)) {
    for piece in pieces(code) {
        let parts = match piece {
            Piece::Text(_) => continue,
            Piece::Output(inner) => vec![inner],
            Piece::Statement(inner) => statement_expressions(inner),
        };
        for expr in parts.into_iter().filter_map(parse) {
            expr.walk(&mut |part| {
                if let Expr::Call(target, _) = part {
                    visit(target);
                }
            });
        }
    }
}

/// Names that the code itself gives: `set`, `for`, `call`, macros of its own.
fn local_names(code: &str) -> HashSet<String> {
    let mut names = HashSet::new();
    for piece in pieces(code) {
        let Piece::Statement(inner) = piece else {
            continue;
        };
        let inner = inner.trim();
        let Some((word, rest)) = inner.split_once(char::is_whitespace) else {
            continue;
        };
        let targets = match word {
            "set" => rest.split('=').next().unwrap_or_default(),
            "for" => rest.split(" in ").next().unwrap_or_default(),
            "macro" | "import" | "from" | "with" | "call" => rest,
            _ => continue,
        };
        let words = targets.split(|c: char| !(c == '_' || c.is_alphanumeric()));
        names.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }
    names
}
