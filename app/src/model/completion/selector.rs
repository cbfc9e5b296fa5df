//! What can stand in a selector: methods, their values, and names.

use std::collections::BTreeMap;

use compiler::artifacts::manifest::ResourceType;
use compiler::index::{CatalogIndex, IndexNode};

use super::{Completion, best};

/// Methods that the page can follow, with what their values are.
const METHODS: [(&str, &str); 17] = [
    ("tag", "a tag"),
    ("source", "a source or one of its tables"),
    ("path", "a folder or file"),
    ("config.materialized", "a materialization"),
    ("resource_type", "a kind of resource"),
    ("package", "a package"),
    ("group", "a group"),
    ("access", "who may refer to it"),
    (
        "exposure",
        "an exposure and, with + before it, all that it needs",
    ),
    ("metric", "a metric"),
    ("semantic_model", "a semantic model"),
    ("saved_query", "a saved query"),
    ("version", "latest, prerelease, old or none"),
    ("test_name", "the name of a generic test"),
    ("test_type", "generic, singular, data or unit"),
    ("file", "a file's name"),
    ("state", "what changed since the artifacts of --state"),
];

/// What can stand where the caret is, a byte of the text.
pub fn complete(index: &CatalogIndex, text: &str, caret: usize) -> Completion {
    let before = text.get(..caret).unwrap_or(text);
    let word = before.rfind([' ', ',', '\t']).map_or(0, |at| at + 1);
    // `@`, `+` and `2+` stand before what is completed.
    let typed = before[word..].trim_start_matches(['@', '+']);
    let steps = typed.trim_start_matches(|c: char| c.is_ascii_digit());
    let typed = steps.strip_prefix('+').unwrap_or(typed);
    let start = before.len() - typed.len();
    // A `+` behind it ends it.
    if typed.contains('+') {
        return Completion::default();
    }
    let (lead, typed, candidates) = match typed.split_once(':') {
        Some((method, value)) => (method.len() + 1, value, values(index, method)),
        None => (0, typed, names(index)),
    };
    let rest = text[before.len()..]
        .find([' ', ',', '\t', '+'])
        .unwrap_or(text.len() - before.len());
    Completion {
        range: start + lead..before.len() + rest,
        suggestions: best(candidates, typed),
        tail: "",
    }
}

/// Names of what `fqn` selects, and the methods.
fn names(index: &CatalogIndex) -> BTreeMap<String, String> {
    let nodes = index.nodes.iter().filter(|node| {
        !node.hidden && !matches!(node.kind, ResourceType::Source | ResourceType::UnitTest)
    });
    let about =
        |node: &IndexNode| format!("{} in {}", node.kind.as_str().replace('_', " "), node.path);
    let mut names: BTreeMap<String, String> =
        nodes.map(|node| (node.name.clone(), about(node))).collect();
    for (method, about) in METHODS {
        names.insert(format!("{method}:"), about.to_owned());
    }
    names
}

fn values(index: &CatalogIndex, method: &str) -> BTreeMap<String, String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |value: &str| {
        if !value.is_empty() {
            *counts.entry(value.to_owned()).or_default() += 1;
        }
    };
    for node in index.nodes.iter().filter(|node| !node.hidden) {
        let of_kind = |kind: ResourceType| {
            if node.kind == kind {
                node.name.as_str()
            } else {
                ""
            }
        };
        match method {
            "tag" => node.tags.iter().for_each(|tag| count(tag)),
            "source" => {
                if let Some(source) = &node.source {
                    count(source);
                    count(&format!("{source}.{}", node.name));
                }
            }
            "path" => std::iter::successors(Some(node.path.as_str()), |path| {
                Some(path.rsplit_once('/')?.0)
            })
            .for_each(&mut count),
            "file" => count(node.path.rsplit('/').next().unwrap_or_default()),
            "config.materialized" => count(node.materialized()),
            "resource_type" => count(node.kind.as_str()),
            "package" => count(&node.package),
            "group" => count(node.group.as_deref().unwrap_or_default()),
            "access" => count(node.access.as_deref().unwrap_or_default()),
            "exposure" => count(of_kind(ResourceType::Exposure)),
            "metric" => count(of_kind(ResourceType::Metric)),
            "semantic_model" => count(of_kind(ResourceType::SemanticModel)),
            "saved_query" => count(of_kind(ResourceType::SavedQuery)),
            _ => {}
        }
    }
    for test in &index.tests {
        match method {
            "test_name" => count(
                test.test
                    .as_deref()
                    .map_or("", |name| name.rsplit('.').next().unwrap_or(name)),
            ),
            "tag" => test.tags.iter().for_each(|tag| count(tag)),
            _ => {}
        }
    }
    let fixed: &[&str] = match method {
        "version" => &["latest", "prerelease", "old", "none"],
        "test_type" => &["generic", "singular", "data", "unit"],
        "state" => &[
            "modified",
            "modified.body",
            "modified.configs",
            "modified.contract",
            "modified.macros",
            "modified.relation",
            "new",
            "old",
            "unmodified",
        ],
        _ => &[],
    };
    let fixed = fixed.iter().map(|word| ((*word).to_owned(), String::new()));
    let about = |count: usize| {
        if count > 1 {
            format!("{count} resources")
        } else {
            String::new()
        }
    };
    counts
        .into_iter()
        .map(|(value, count)| (value, about(count)))
        .chain(fixed)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::in_folders;

    fn at(text: &str) -> String {
        let catalog = in_folders(&[
            "marts/fct_orders",
            "marts/orders_daily",
            "staging/stg_orders",
        ]);
        let caret = text.find('|').unwrap();
        let text = text.replace('|', "");
        let completion = complete(&catalog.index, &text, caret);
        completion.all_put(&text)
    }

    #[test]
    fn names_that_begin_with_what_is_typed_come_first() {
        assert_eq!(at("ord|"), "orders_daily | fct_orders | stg_orders");
        assert_eq!(at("tag:x,2+fct|"), "tag:x,2+fct_orders");
        assert_eq!(at("@stg| path:x"), "@stg_orders path:x");
        assert_eq!(at("+fct|_or+1"), "+fct_orders+1");
        assert_eq!(at("fct_orders|"), "");
        assert_eq!(at("fct_orders+|"), "");
    }

    #[test]
    fn methods_and_their_values_are_offered() {
        assert_eq!(at("config|"), "config.materialized:");
        assert_eq!(at("config.materialized:|"), "config.materialized:table");
        assert_eq!(
            at("path:models/m|"),
            "path:models/marts | path:models/marts/fct_orders.sql | path:models/marts/orders_daily.sql"
        );
        assert_eq!(at("+resource_type:m|"), "+resource_type:model");
        assert_eq!(
            at("version:l|"),
            "version:latest | version:old | version:prerelease"
        );
        assert_eq!(at("nothing:|"), "");
    }
}
