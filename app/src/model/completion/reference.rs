//! What can stand in `ref('…')` and `source('…', '…')` of a model's text.

use std::collections::BTreeMap;

use compiler::index::CatalogIndex;

use super::{Completion, best};
use crate::model::catalog::is_refable;

/// What can stand where the caret is, a byte of the text; nothing outside of a name that is being typed.
pub fn complete(index: &CatalogIndex, text: &str, caret: usize) -> Completion {
    let before = text.get(..caret).unwrap_or(text);
    let Some(call) = Call::around(before) else {
        return Completion::default();
    };
    let candidates = match (call.function, &call.given[..]) {
        ("ref", []) => names(index, None),
        ("ref", [package]) => names(index, Some(package)),
        ("source", []) => sources(index),
        ("source", [source]) => tables(index, source),
        _ => return Completion::default(),
    };
    let behind = &text[before.len()..];
    let rest = behind
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(behind.len());
    let closed = behind[rest..].starts_with(call.quote);
    Completion {
        range: before.len() - call.typed.len()..before.len() + rest,
        suggestions: best(candidates, call.typed),
        tail: match (closed, call.quote) {
            (true, _) => "",
            (false, '"') => "\"",
            (false, _) => "'",
        },
    }
}

/// A call whose argument is being typed.
struct Call<'a> {
    function: &'static str,
    /// Arguments in front of it.
    given: Vec<&'a str>,
    quote: char,
    typed: &'a str,
}

impl<'a> Call<'a> {
    /// The call that a text ends in.
    fn around(before: &'a str) -> Option<Self> {
        let starts = ["ref", "source"].into_iter().filter_map(|function| {
            let at = before.rfind(&format!("{function}("))?;
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            (!before[..at].ends_with(is_word)).then_some((at, function))
        });
        let (at, function) = starts.max()?;
        let mut rest = before[at + function.len() + 1..].trim_start();
        let mut given = Vec::new();
        loop {
            let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
            let inside = &rest[1..];
            let Some((argument, behind)) = inside.split_once(quote) else {
                let is_name = !inside.contains(['\n', '(', ')', '{', '}']);
                return is_name.then_some(Self {
                    function,
                    given,
                    quote,
                    typed: inside,
                });
            };
            given.push(argument);
            rest = behind.trim_start().strip_prefix(',')?.trim_start();
        }
    }
}

fn names(index: &CatalogIndex, package: Option<&str>) -> BTreeMap<String, String> {
    index
        .nodes
        .iter()
        .filter(|node| is_refable(node))
        .filter(|node| package.is_none_or(|package| *node.package == *package))
        .map(|node| {
            let about = format!("{} in {}", node.kind.as_str(), node.path);
            (node.name.clone(), about)
        })
        .collect()
}

fn sources(index: &CatalogIndex) -> BTreeMap<String, String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for source in index.nodes.iter().filter_map(|node| node.source.as_ref()) {
        *counts.entry(source).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|(name, count)| {
            let noun = if count == 1 { "table" } else { "tables" };
            (name.to_owned(), format!("{count} {noun}"))
        })
        .collect()
}

fn tables(index: &CatalogIndex, source: &str) -> BTreeMap<String, String> {
    index
        .nodes
        .iter()
        .filter(|node| node.source.as_deref() == Some(source))
        .map(|node| (node.name.clone(), format!("source in {}", node.path)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::in_folders;

    fn at(text: &str) -> String {
        let catalog = in_folders(&["fct_orders", "orders_daily", "stg_orders"]);
        let caret = text.find('|').unwrap();
        let text = text.replace('|', "");
        let completion = complete(&catalog.index, &text, caret);
        completion.all_put(&text)
    }

    #[test]
    fn a_name_in_ref_is_completed_and_its_quote_closed() {
        assert_eq!(at("from {{ ref('stg|"), "from {{ ref('stg_orders'");
        assert_eq!(at("{{ ref('fct|') }} x"), "{{ ref('fct_orders') }} x");
        assert_eq!(at("{{ ref('f|ct_o') }}"), "{{ ref('fct_orders') }}");
        assert_eq!(at("{{ ref(\"dail|"), "{{ ref(\"orders_daily\"");
        assert_eq!(
            at("{{ ref( 'shop', 'stg|') }}"),
            "{{ ref( 'shop', 'stg_orders') }}"
        );
        assert_eq!(at("{{ ref('other', '|') }}"), "");
    }

    #[test]
    fn nothing_is_offered_elsewhere() {
        assert_eq!(at("select ord|"), "");
        assert_eq!(at("{{ ref('stg_orders') }} where a = 'ord|"), "");
        assert_eq!(at("{{ xref('ord|"), "");
        assert_eq!(at("{{ ref(ord|"), "");
        assert_eq!(at("{{ ref('a', 'b', 'ord|"), "");
        assert_eq!(at("{{ ref('stg_orders|') }}"), "");
    }
}
