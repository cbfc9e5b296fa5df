//! Changes that break an enforced contract: dbt 1.12's rules, `ModelNode.same_contract` and `same_contract_removed` in
//! `dbt/contracts/graph/nodes.py`.

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use crate::artifacts::manifest::{Manifest, Node, ResourceType};
use crate::diag::{Diagnostic, Span};

/// A model without versions breaks its contract.
pub const UNVERSIONED: &str = "unversioned-breaking-change";

/// What of an earlier manifest's contracts is broken: a warning for a model without versions, an error for a version.
pub fn breaking_changes(now: &Manifest, before: &Manifest) -> Vec<Diagnostic> {
    let at = DateTime::parse_from_rfc3339(&now.metadata.generated_at).ok();
    let enforced =
        |node: &&Node| node.resource_type == ResourceType::Model && node.contract.enforced;
    let mut found = Vec::new();
    for old in before.nodes.values().filter(enforced) {
        let broken = match now.nodes.get(&old.unique_id) {
            Some(node) => broken(node, old),
            None => removed(now, old, at),
        };
        if !broken.is_empty() {
            found.push(told(now.nodes.get(&old.unique_id).unwrap_or(old), &broken));
        }
    }
    found
}

fn told(node: &Node, broken: &[String]) -> Diagnostic {
    let message = format!(
        "breaking change to the enforced contract of {}: {}",
        node.unique_id,
        broken.join("; ")
    );
    let hint = "add columns and leave those that are there, or make a new version of the model";
    let change = match node.version {
        None => Diagnostic::warning(UNVERSIONED, message),
        Some(_) => Diagnostic::error("contract-breaking-change", message),
    };
    change
        .at(Span::file(node.original_file_path.clone()))
        .hint(hint)
}

/// Why a model that is gone is missed; one that is past its deprecation date is not.
fn removed(now: &Manifest, old: &Node, at: Option<DateTime<FixedOffset>>) -> Vec<String> {
    let disabled = now
        .disabled
        .as_ref()
        .and_then(|all| all.get(&old.unique_id)?.first());
    let (is_enforced, date) = match disabled {
        Some(node) => (
            node["contract"]["enforced"] == true,
            node["deprecation_date"].as_str(),
        ),
        None => (true, old.deprecation_date.as_deref()),
    };
    let date = date.and_then(|date| DateTime::parse_from_rfc3339(date).ok());
    let is_past = matches!((date, at), (Some(date), Some(at)) if date < at);
    match disabled {
        _ if !is_enforced || is_past => Vec::new(),
        Some(_) => vec!["it was disabled".to_owned()],
        None => vec!["it was deleted or renamed".to_owned()],
    }
}

/// What of the contract of `old` no longer holds.
fn broken(node: &Node, old: &Node) -> Vec<String> {
    let mut broken = Vec::new();
    if !node.contract.enforced {
        broken.push("it is no longer enforced".to_owned());
    } else if node.contract.checksum == old.contract.checksum {
        return broken;
    }
    let mut add = |what: &str, names: Vec<String>| {
        if !names.is_empty() {
            broken.push(format!("{what} {}", names.join(", ")));
        }
    };
    let mut names: Vec<&String> = old.columns.keys().collect();
    names.sort();
    let gone = names
        .iter()
        .filter(|name| !node.columns.contains_key(**name));
    add(
        "columns were removed:",
        gone.map(ToString::to_string).collect(),
    );
    let pairs = names.iter().filter_map(|name| {
        let pair = (&old.columns[*name], node.columns.get(*name)?);
        Some((*name, pair.0, pair.1))
    });
    let retyped = pairs.clone().filter_map(|(name, was, is)| {
        let shown = |given: Option<&String>| given.map_or("none", String::as_str).to_owned();
        (base_type(was.data_type.as_deref()) != base_type(is.data_type.as_deref())).then(|| {
            format!(
                "{name} ({} to {})",
                shown(was.data_type.as_ref()),
                shown(is.data_type.as_ref())
            )
        })
    });
    add("types were changed:", retyped.collect());
    if !holds_constraints(old) {
        return broken;
    }
    let lost = pairs.flat_map(|(name, was, is)| {
        let lost = lost(&was.constraints, &is.constraints);
        lost.map(move |constraint| format!("{} of {name}", label(constraint)))
    });
    let mut constraints: Vec<String> = lost.collect();
    constraints.extend(lost_of(old, node));
    add("constraints were removed:", constraints);
    let has_constraints = !old.constraints.is_empty()
        || old
            .columns
            .values()
            .any(|column| !column.constraints.is_empty());
    if has_constraints && !holds_constraints(node) {
        let change = format!("{} to {}", materialized(old), materialized(node));
        add(
            "the materialization that held its constraints was changed:",
            vec![change],
        );
    }
    broken
}

fn lost_of(old: &Node, node: &Node) -> Vec<String> {
    let lost = lost(&old.constraints, &node.constraints);
    lost.map(|constraint| {
        let columns = constraint["columns"].as_array().into_iter().flatten();
        let columns: Vec<&str> = columns.filter_map(Value::as_str).collect();
        format!(
            "{} of the model ({})",
            label(constraint),
            columns.join(", ")
        )
    })
    .collect()
}

/// Constraints that the adapter enforces, all but custom ones, and that are no longer there.
fn lost<'c>(was: &'c [Value], is: &'c [Value]) -> impl Iterator<Item = &'c Value> {
    was.iter()
        .filter(|constraint| constraint["type"] != "custom" && !is.contains(constraint))
}

fn label(constraint: &Value) -> &str {
    let name = constraint["name"].as_str();
    name.or(constraint["type"].as_str()).unwrap_or("constraint")
}

/// A type without its size, which may change.
fn base_type(given: Option<&str>) -> Option<String> {
    let given = given?;
    let base = given.split('(').next().unwrap_or(given);
    Some(base.trim().to_lowercase())
}

fn holds_constraints(node: &Node) -> bool {
    matches!(materialized(node), "table" | "incremental")
}

fn materialized(node: &Node) -> &str {
    node.config.text("materialized").unwrap_or("view")
}
