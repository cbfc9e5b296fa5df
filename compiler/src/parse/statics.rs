//! Models whose Jinja is nothing but `ref`, `source` and `config` with literals: they need no rendering.
//!
//! dbt has such a reader too; what it takes decides how `unrendered_config` is written, so this one takes the same.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::expr::{Args, Expr, parse};
use super::template::{Piece, pieces};
use crate::artifacts::manifest::Ref;

/// What a simple model asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statics {
    /// `ref()` calls in order.
    pub refs: Vec<Ref>,
    /// `source()` calls in order, each once.
    pub sources: Vec<Vec<String>>,
    /// Arguments of `config()` calls in order.
    pub config: Vec<(String, Value)>,
}

/// Reads a simple model; `None` where it has to be rendered.
pub fn read(text: &str) -> Option<Statics> {
    let mut statics = Statics::default();
    for piece in pieces(text) {
        match piece {
            Piece::Text(_) => {}
            Piece::Output(inner) => statics.add(inner)?,
            Piece::Statement(_) => return None,
        }
    }
    let trimmed =
        text.contains("{{-") || text.contains("-}}") || text.contains("{{+") || text.contains("{%");
    (!trimmed).then_some(statics)
}

/// A `ref(…)` or `source(…)` with literal arguments, as YAML values have it.
pub fn reference(text: &str) -> Option<Reference> {
    let expr = parse(text.trim())?;
    let (name, args) = expr.as_call()?;
    match name {
        "ref" => ref_call(args).map(Reference::Ref),
        "source" => source_call(args).map(Reference::Source),
        _ => None,
    }
}

/// What [`reference()`] reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Reference {
    /// `ref(…)`
    Ref(Ref),
    /// `source(…)` as `[source, table]`
    Source(Vec<String>),
}

impl Statics {
    fn add(&mut self, inner: &str) -> Option<()> {
        if has_lowercase_literal(inner) {
            return None;
        }
        let expr = parse(&with_backslashes_kept(inner))?;
        let Some((name, args)) = expr.as_call() else {
            return plain_literal(&expr).map(|_| ());
        };
        match name {
            "ref" => self.refs.push(ref_call(args)?),
            "source" => {
                let source = source_call(args)?;
                if !self.sources.contains(&source) {
                    self.sources.push(source);
                }
            }
            "config" => {
                if args.named.is_empty()
                    || !args.positional.is_empty()
                    || args.star.is_some()
                    || args.double_star.is_some()
                {
                    return None;
                }
                for (key, value) in &args.named {
                    if matches!(key.as_str(), "pre_hook" | "post_hook") {
                        return None;
                    }
                    self.config.push((key.clone(), plain_literal(value)?));
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// The `config()` calls as one mapping: tags add up, mappings that dbt merges are merged, the rest is replaced.
    pub fn config_map(&self) -> Map<String, Value> {
        let mut map = Map::new();
        for (key, value) in &self.config {
            map.insert(key.clone(), value.clone());
        }
        map
    }
}

/// The text with its escapes escaped: dbt's reader leaves backslashes in texts as they are written.
fn with_backslashes_kept(inner: &str) -> Cow<'_, str> {
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut kept = String::with_capacity(inner.len() + 8);
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        kept.push(character);
        if character == '\\' {
            kept.push('\\');
            match characters.next() {
                Some(escaped @ ('\\' | '\'' | '"')) => kept.extend(['\\', escaped]),
                other => kept.extend(other),
            }
        }
    }
    Cow::Owned(kept)
}

/// `true`, `false` and `none` in Jinja's spelling; only Python's is simple to dbt.
fn has_lowercase_literal(inner: &str) -> bool {
    let mut quote = None;
    let mut word = String::new();
    let is_literal = |word: &str| matches!(word, "true" | "false" | "none" | "None");
    for character in inner.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            None if character == '"' || character == '\'' => quote = Some(character),
            None if character.is_alphanumeric() || character == '_' => {
                word.push(character);
                continue;
            }
            _ => {}
        }
        if is_literal(&word) {
            return true;
        }
        word.clear();
    }
    is_literal(&word)
}

/// Text, booleans, and lists and mappings of them.
fn plain_literal(expr: &Expr) -> Option<Value> {
    match expr {
        Expr::Const(Value::Number(_) | Value::Null) | Expr::Tuple(_) | Expr::Unary(..) => None,
        Expr::List(items) => items
            .iter()
            .map(plain_literal)
            .collect::<Option<_>>()
            .map(Value::Array),
        Expr::Dict(pairs) => {
            let pairs = pairs
                .iter()
                .map(|(key, value)| Some((key.as_text()?.to_owned(), plain_literal(value)?)));
            pairs.collect::<Option<_>>().map(Value::Object)
        }
        other => other.literal(),
    }
}

fn ref_call(args: &Args) -> Option<Ref> {
    if args.star.is_some() || args.double_star.is_some() {
        return None;
    }
    let texts: Vec<&str> = args
        .positional
        .iter()
        .map(Expr::as_text)
        .collect::<Option<_>>()?;
    let (package, name) = match texts.as_slice() {
        [name] => (None, *name),
        [package, name] => (Some((*package).to_owned()), *name),
        _ => return None,
    };
    let version = match args.named.as_slice() {
        [] => None,
        [(key, value)] if key == "v" || key == "version" => Some(value.literal()?),
        _ => return None,
    };
    Some(Ref {
        name: name.into(),
        package,
        version,
    })
}

fn source_call(args: &Args) -> Option<Vec<String>> {
    if args.star.is_some() || args.double_star.is_some() {
        return None;
    }
    let mut texts: Vec<String> = args
        .positional
        .iter()
        .map(|arg| arg.as_text().map(str::to_owned))
        .collect::<Option<_>>()?;
    for (key, value) in &args.named {
        let expected = if texts.is_empty() {
            "source_name"
        } else {
            "table_name"
        };
        if key != expected {
            return None;
        }
        texts.push(value.as_text()?.to_owned());
    }
    (texts.len() == 2).then_some(texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn simple_models_are_read() {
        let statics =
            read("{{ config(materialized='table', tags=['a'], on=True) }} select * from {{ ref('p', 'a', v=2) }} {# x #} join {{ source('s', 't') }}")
                .expect("is simple");
        assert_eq!(
            Value::Object(statics.config_map()),
            json!({"materialized": "table", "tags": ["a"], "on": true})
        );
        assert_eq!(
            statics.refs,
            vec![Ref {
                name: "a".into(),
                package: Some("p".into()),
                version: Some(json!(2))
            }]
        );
        assert_eq!(statics.sources, vec![vec!["s".to_owned(), "t".to_owned()]]);
        assert_eq!(read("select 1"), Some(Statics::default()));
    }

    #[test]
    fn backslashes_stay_as_dbt_leaves_them() {
        let statics =
            read(r#"{{ config(a='it\'s \\ a\nb', meta={'b': "x\"y"}) }}"#).expect("is simple");
        assert_eq!(
            Value::Object(statics.config_map()),
            json!({"a": r"it\'s \\ a\nb", "meta": {"b": r#"x\"y"#}})
        );
    }

    #[test]
    fn all_else_is_rendered() {
        for text in [
            "{{ config(a=1) }}",
            "{{ config(a=true) }}",
            "{{- ref('a') }}",
            "{% if x %}{% endif %}",
            "{{ this }}",
            "{{ ref(x) }}",
            "{{ config(pre_hook='x') }}",
            "{{ ref('a') | upper }}",
            "{{ m('x') }}",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn references_in_yaml_are_read() {
        assert_eq!(
            reference("source('a', 'b')"),
            Some(Reference::Source(vec!["a".into(), "b".into()]))
        );
        assert_eq!(
            reference("ref('a') "),
            Some(Reference::Ref(Ref {
                name: "a".into(),
                ..Ref::default()
            }))
        );
        assert_eq!(reference("ref(a)"), None);
    }
}
