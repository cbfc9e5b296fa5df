//! The selector methods: which elements one criterion names, before the graph is followed.

use std::collections::HashSet;

use serde_json::Value;

use super::criterion::Criterion;
use super::glob::{matches, path_matches};
use super::{Evidence, Positions};
use crate::artifacts::manifest::ResourceType;
use crate::diag::Diagnostic;
use crate::graph::universe::{Element, Universe};

/// Positions that a criterion names. `selector:` is not handled here.
pub(super) fn search(
    universe: &Universe<'_>,
    evidence: &Evidence<'_>,
    criterion: &Criterion,
) -> Result<Positions, Diagnostic> {
    let value = criterion.text();
    let test = matcher(universe, evidence, criterion, &value)?;
    let named = universe
        .elements
        .iter()
        .enumerate()
        .filter(|(_, element)| test(element));
    Ok(named.map(|(position, _)| position as u32).collect())
}

type Test<'a> = Box<dyn Fn(&Element<'_>) -> bool + 'a>;

fn matcher<'a>(
    universe: &'a Universe<'a>,
    evidence: &'a Evidence<'a>,
    criterion: &'a Criterion,
    value: &'a str,
) -> Result<Test<'a>, Diagnostic> {
    Ok(match criterion.method.as_str() {
        "fqn" => Box::new(move |element| {
            element.kind != ResourceType::Source && name_matches(element, value)
        }),
        "tag" => Box::new(move |element| element.tags.iter().any(|tag| matches(tag, value))),
        "group" => Box::new(move |element| {
            let group = element
                .config
                .and_then(|config| config.get("group"))
                .and_then(Value::as_str);
            is_node_or_metric(element.kind) && group.is_some_and(|group| matches(group, value))
        }),
        "access" => Box::new(move |element| {
            element.kind == ResourceType::Model && element.access == Some(value)
        }),
        "source" => source(value)?,
        "path" => path(universe, value),
        "file" => Box::new(move |element| {
            let file = element.path.rsplit('/').next().unwrap_or_default();
            let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            matches(file, value) || matches(stem, value)
        }),
        "package" => {
            let root_package = universe.root_package;
            let package = if value == "this" && !root_package.is_empty() {
                root_package
            } else {
                value
            };
            Box::new(move |element| matches(element.package, package))
        }
        "config" => {
            Box::new(move |element| config_matches(element, &criterion.arguments, &criterion.value))
        }
        "test_name" => Box::new(move |element| match element.kind {
            ResourceType::Test => element
                .generic_test
                .is_some_and(|name| matches(name, value)),
            ResourceType::UnitTest => matches(element.name, value),
            _ => false,
        }),
        "test_type" => test_type(value)?,
        "resource_type" => resource_type(value)?,
        "state" => {
            let Some(changes) = evidence.state else {
                return Err(missing(
                    "state",
                    "an earlier manifest",
                    "give its folder with --state",
                ));
            };
            let ids = changes.matching(value)?;
            Box::new(move |element| ids.contains(element.unique_id))
        }
        "result" => {
            let Some(results) = evidence.results else {
                return Err(missing(
                    "result",
                    "an earlier run_results.json",
                    "give its folder with --state",
                ));
            };
            let ids: HashSet<&str> = results
                .results
                .iter()
                .filter(|result| result.status.as_str() == value)
                .map(|result| result.unique_id.as_str())
                .collect();
            Box::new(move |element| ids.contains(element.unique_id))
        }
        "source_status" => source_status(evidence, value)?,
        "version" => version(value)?,
        "exposure" => named(ResourceType::Exposure, value)?,
        "metric" => named(ResourceType::Metric, value)?,
        "semantic_model" => named(ResourceType::SemanticModel, value)?,
        "saved_query" => named(ResourceType::SavedQuery, value)?,
        _ => named(ResourceType::UnitTest, value)?,
    })
}

/// Paths are those of the root project, as dbt looks for the pattern on the disk there: a package's file is
/// selected only by a path that the root project has too.
fn path<'a>(universe: &'a Universe<'a>, value: &'a str) -> Test<'a> {
    let own = universe
        .elements
        .iter()
        .filter(|element| element.package == universe.root_package);
    let paths = own
        .flat_map(|element| [Some(element.path), element.patch_path])
        .flatten();
    let found: HashSet<&str> = paths
        .flat_map(with_folders)
        .filter(|path| path_matches(path, value))
        .collect();
    Box::new(move |element| {
        with_folders(element.path).any(|path| found.contains(path))
            || element.patch_path.is_some_and(|path| found.contains(path))
    })
}

/// A path and the folders that it is in.
fn with_folders(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| {
        path.rsplit_once('/').map(|(folder, _)| folder)
    })
}

fn missing(method: &str, what: &str, hint: &str) -> Diagnostic {
    Diagnostic::error(
        "selector-needs-state",
        format!("the selector method {method} needs {what}"),
    )
    .hint(hint)
}

fn bad_value(message: String, hint: &str) -> Diagnostic {
    Diagnostic::error("selector-value", message).hint(hint)
}

fn is_node_or_metric(kind: ResourceType) -> bool {
    !matches!(
        kind,
        ResourceType::Source
            | ResourceType::Exposure
            | ResourceType::SemanticModel
            | ResourceType::SavedQuery
            | ResourceType::UnitTest
            | ResourceType::Function
    )
}

/// The name, the whole fqn from its start (with or without the package), or a pattern over its rest.
fn name_matches(element: &Element<'_>, value: &str) -> bool {
    let versioned = element.version.is_some();
    let rest = element.fqn.get(1..).unwrap_or_default();
    fqn_matches(&element.fqn, value, versioned) || fqn_matches(rest, value, versioned)
}

fn fqn_matches(fqn: &[&str], value: &str, versioned: bool) -> bool {
    let Some((last, before)) = fqn.split_last() else {
        return false;
    };
    let leaf = if versioned {
        before.last().copied().unwrap_or_default()
    } else {
        last
    };
    if leaf == value {
        return true;
    }
    let wanted: Vec<&str> = value.split('.').collect();
    if versioned {
        // `name.v2` and `name_v2` both name a version.
        let tail = &wanted[wanted.len().saturating_sub(2)..];
        if tail.join("_") == format!("{leaf}_{last}") {
            return true;
        }
    }
    let parts: Vec<&str> = fqn.iter().flat_map(|part| part.split('.')).collect();
    if parts.len() < wanted.len() {
        return false;
    }
    for (position, part) in wanted.iter().enumerate() {
        if part.contains(['*', '?', '[', ']']) {
            let pattern = wanted[position..].join(".");
            return matches(&parts[position..].join("."), &pattern)
                || (wanted.len() == 1 && matches(leaf, value));
        }
        if parts[position] != *part {
            return false;
        }
    }
    true
}

fn source(value: &str) -> Result<Test<'_>, Diagnostic> {
    let parts: Vec<&str> = value.split('.').collect();
    let (package, source, table) = match parts[..] {
        [source] => ("*", source, "*"),
        [source, table] => ("*", source, table),
        [package, source, table] => (package, source, table),
        _ => {
            let message = format!("{value} names no source");
            return Err(bad_value(
                message,
                "write source:NAME, source:NAME.TABLE or source:PACKAGE.NAME.TABLE",
            ));
        }
    };
    Ok(Box::new(move |element| {
        element.kind == ResourceType::Source
            && matches(element.package, package)
            && matches(element.source.unwrap_or_default(), source)
            && matches(element.name, table)
    }))
}

fn named(kind: ResourceType, value: &str) -> Result<Test<'_>, Diagnostic> {
    let parts: Vec<&str> = value.split('.').collect();
    let (package, name) = match parts[..] {
        [name] => ("*", name),
        [package, name] => (package, name),
        _ => {
            let message = format!("{value} names no {kind}");
            return Err(bad_value(
                message,
                &format!("write {kind}:NAME or {kind}:PACKAGE.NAME"),
            ));
        }
    };
    Ok(Box::new(move |element| {
        element.kind == kind && matches(element.package, package) && matches(element.name, name)
    }))
}

fn config_matches(element: &Element<'_>, keys: &[String], wanted: &Value) -> bool {
    let configurable = is_node_or_metric(element.kind) && element.kind != ResourceType::Metric
        || element.kind == ResourceType::Source;
    let Some(config) = element.config.filter(|_| configurable) else {
        return false;
    };
    let Some((first, rest)) = keys.split_first() else {
        return false;
    };
    let start = config.get(first);
    let found = rest
        .iter()
        .try_fold(start, |value, key| value.map(|value| value.get(key)));
    let Some(found) = found.flatten() else {
        return false;
    };
    let loose = keys == ["severity"];
    match found {
        Value::Array(items) => items.iter().any(|item| value_matches(item, wanted, loose)),
        one => value_matches(one, wanted, loose),
    }
}

/// Equal, or the words true and false for the booleans; the case of severities does not matter.
fn value_matches(found: &Value, wanted: &Value, loose: bool) -> bool {
    match (found, wanted) {
        (Value::Bool(flag), Value::String(word)) => {
            word.eq_ignore_ascii_case(if *flag { "true" } else { "false" })
        }
        (Value::String(found), Value::String(wanted)) if loose => {
            found.eq_ignore_ascii_case(wanted)
        }
        _ => found == wanted,
    }
}

fn test_type(value: &str) -> Result<Test<'_>, Diagnostic> {
    let (generic, singular, unit) = match value {
        "generic" | "schema" => (true, false, false),
        "data" => (true, true, false),
        "singular" => (false, true, false),
        "unit" => (false, false, true),
        _ => {
            let message = format!("{value} is no type of test");
            return Err(bad_value(
                message,
                "the types are generic, singular, data (both) and unit",
            ));
        }
    };
    Ok(Box::new(move |element| match element.kind {
        ResourceType::Test if element.generic_test.is_some() => generic,
        ResourceType::Test => singular,
        ResourceType::UnitTest => unit,
        _ => false,
    }))
}

fn resource_type(value: &str) -> Result<Test<'_>, Diagnostic> {
    let kind: ResourceType = serde_json::from_value(Value::String(value.to_owned())).map_err(|_| {
        let hint = "the types are model, seed, snapshot, test, analysis, source, exposure, metric, semantic_model, \
                    saved_query, unit_test and function";
        bad_value(format!("{value} is no resource type"), hint)
    })?;
    Ok(Box::new(move |element| element.kind == kind))
}

fn source_status<'a>(evidence: &'a Evidence<'a>, value: &str) -> Result<Test<'a>, Diagnostic> {
    let (Some(now), Some(before)) = (evidence.sources, evidence.sources_before) else {
        let what = "sources.json of now and of an earlier run";
        return Err(missing(
            "source_status",
            what,
            "run source freshness and give the earlier folder with --state",
        ));
    };
    if value != "fresher" {
        return Err(bad_value(
            format!("{value} is no source status"),
            "the only one is fresher",
        ));
    }
    let fresher: HashSet<&str> = now
        .results
        .iter()
        .filter(|result| {
            let earlier = before
                .results
                .iter()
                .find(|earlier| earlier.unique_id == result.unique_id);
            let then = earlier.and_then(|earlier| earlier.max_loaded_at.as_deref());
            // Both are ISO 8601 in UTC, so that their order is the order of time.
            result
                .max_loaded_at
                .as_deref()
                .is_some_and(|now| then.is_none_or(|then| now > then))
        })
        .map(|result| result.unique_id.as_str())
        .collect();
    Ok(Box::new(move |element| fresher.contains(element.unique_id)))
}

fn version(value: &str) -> Result<Test<'_>, Diagnostic> {
    if !["latest", "prerelease", "old", "none"].contains(&value) {
        let message = format!("{value} is no kind of version");
        return Err(bad_value(
            message,
            "the kinds are latest, prerelease, old and none",
        ));
    }
    Ok(Box::new(move |element| {
        if element.kind != ResourceType::Model {
            return false;
        }
        let (own, latest) = (
            element.version.as_deref(),
            element.latest_version.as_deref(),
        );
        match (value, own, latest) {
            ("none", own, _) => own.is_none(),
            ("latest", Some(own), Some(latest)) => own == latest,
            ("prerelease", Some(own), Some(latest)) => is_older(latest, own),
            ("old", Some(own), Some(latest)) => is_older(own, latest),
            _ => false,
        }
    }))
}

/// Versions compare as numbers where both are, else as text.
fn is_older(left: &str, right: &str) -> bool {
    match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(left), Ok(right)) => left < right,
        _ => left < right,
    }
}
