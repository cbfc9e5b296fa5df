//! Documented columns and constraints.

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::properties::Entry;
use crate::artifacts::manifest::Column;
use crate::diag::{Diagnostic, Diagnostics};
use crate::yaml::{Mapping, Node, Value};

/// A column as a property file has it.
#[derive(Debug, Clone)]
pub(super) struct ColumnEntry {
    pub column: Column,
    /// Tests as written.
    pub tests: Vec<Node>,
    /// Whether the name is quoted in its tests; `None` follows the node.
    pub quote: Option<bool>,
}

const CONSTRAINTS: [&str; 6] = [
    "check",
    "not_null",
    "unique",
    "primary_key",
    "foreign_key",
    "custom",
];

/// Reads a `columns` list.
pub(super) fn read(
    entry: &Entry,
    node: Option<&Node>,
    diagnostics: &mut Diagnostics,
) -> Vec<ColumnEntry> {
    let mut columns = Vec::new();
    for item in items(entry, node, "columns", diagnostics) {
        let Some(mapping) = item.as_mapping() else {
            diagnostics.push(
                Diagnostic::error(
                    "column-entry",
                    format!("a column is a mapping, found {}", item.kind()),
                )
                .at(entry.place(item.at))
                .hint("write `- name: my_column`"),
            );
            continue;
        };
        // A version's `- include: all` is not a column.
        if mapping.contains("include") || mapping.contains("exclude") {
            continue;
        }
        let Some(name) = mapping.set("name").and_then(Node::scalar_text) else {
            diagnostics.push(
                Diagnostic::error("column-name", "a column has no name")
                    .at(entry.place(item.at))
                    .hint("add `name:` to it"),
            );
            continue;
        };
        columns.push(column(entry, mapping, name, diagnostics));
    }
    columns
}

/// The keys of a column that dbt knows.
const KEYS: &[&str] = &[
    "name",
    "description",
    "meta",
    "data_type",
    "constraints",
    "docs",
    "config",
    "data_tests",
    "tests",
    "quote",
    "tags",
    "granularity",
    "dimension",
    "entity",
];

fn column(
    entry: &Entry,
    mapping: &Mapping,
    name: String,
    diagnostics: &mut Diagnostics,
) -> ColumnEntry {
    let config = mapping.set("config").and_then(Node::as_mapping);
    let mut tags = tags_of(mapping.get("tags"));
    for tag in config
        .map(|config| tags_of(config.get("tags")))
        .unwrap_or_default()
    {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let mut meta = map_of(mapping.get("meta"));
    meta.extend(
        config
            .map(|config| map_of(config.get("meta")))
            .unwrap_or_default(),
    );
    let quote = mapping.set("quote").and_then(Node::as_bool);
    let text = |key: &str| mapping.set(key).and_then(Node::scalar_text);
    let description = text("description").unwrap_or_default();
    let column = Column {
        description: description.clone(),
        data_type: text("data_type"),
        constraints: constraints(entry, mapping.get("constraints"), false, diagnostics),
        quote,
        config: [
            ("meta".to_owned(), Json::Object(meta.clone())),
            ("tags".to_owned(), json!(tags)),
        ]
        .into_iter()
        .collect(),
        granularity: text("granularity"),
        dimension: mapping.set("dimension").map(|node| {
            element(
                node,
                json!({"name": name, "type": null, "description": description, "label": null, "is_partition": false,
                    "config": {}, "validity_params": null}),
            )
        }),
        entity: mapping.set("entity").map(|node| {
            element(
                node,
                json!({"name": name, "type": null, "description": description, "label": null, "config": {}}),
            )
        }),
        doc_blocks: Vec::new(),
        extra: mapping
            .iter()
            .filter(|(key, _)| !KEYS.contains(key))
            .map(|(key, node)| (key.to_owned(), node.to_json()))
            .collect(),
        name,
        meta,
        tags,
    };
    ColumnEntry {
        column,
        tests: tests_of(entry, mapping, diagnostics),
        quote,
    }
}

/// What a column is to the semantic layer: one word, or a mapping with the column's name and description where it has
/// none of its own.
fn element(node: &Node, defaults: Json) -> Json {
    match node.to_json() {
        given @ Json::Object(_) => super::semantic::filled(&given, defaults),
        word => word,
    }
}

/// The columns by name, for the manifest.
pub(super) fn by_name(columns: &[ColumnEntry]) -> IndexMap<String, Column> {
    columns
        .iter()
        .map(|entry| (entry.column.name.clone(), entry.column.clone()))
        .collect()
}

/// The tests under `data_tests` or `tests`.
pub(super) fn tests_of(
    entry: &Entry,
    mapping: &Mapping,
    diagnostics: &mut Diagnostics,
) -> Vec<Node> {
    let old = mapping.set("tests");
    let new = mapping.set("data_tests");
    if let (Some(old), Some(_)) = (old, new) {
        diagnostics.push(
            Diagnostic::error("tests-twice", "both 'tests' and 'data_tests' are given")
                .at(entry.place(old.at))
                .hint("move all tests under 'data_tests'"),
        );
    }
    items(entry, new.or(old), "data_tests", diagnostics).to_vec()
}

/// The items of a list; anything else is told.
pub(super) fn items<'a>(
    entry: &Entry,
    node: Option<&'a Node>,
    key: &str,
    diagnostics: &mut Diagnostics,
) -> &'a [Node] {
    match node.map(|node| (&node.value, node)) {
        None | Some((Value::Null, _)) => &[],
        Some((Value::Sequence(items), _)) => items,
        Some((_, node)) => {
            diagnostics.push(
                Diagnostic::error(
                    "wrong-type",
                    format!("'{key}' takes a list, found {}", node.kind()),
                )
                .at(entry.place(node.at)),
            );
            &[]
        }
    }
}

/// Tags: one text or a list.
pub(super) fn tags_of(node: Option<&Node>) -> Vec<String> {
    match node.map(|node| &node.value) {
        Some(Value::Sequence(items)) => items.iter().filter_map(Node::scalar_text).collect(),
        Some(Value::String(tag)) => vec![tag.clone()],
        _ => Vec::new(),
    }
}

/// A mapping as JSON; empty where it is none.
pub(super) fn map_of(node: Option<&Node>) -> Map<String, Json> {
    node.and_then(Node::as_mapping)
        .map(Mapping::to_json)
        .unwrap_or_default()
}

/// Constraints with their defaults; those of a model have `columns` too.
pub(super) fn constraints(
    entry: &Entry,
    node: Option<&Node>,
    of_model: bool,
    diagnostics: &mut Diagnostics,
) -> Vec<Json> {
    let mut constraints = Vec::new();
    for item in items(entry, node, "constraints", diagnostics) {
        let mapping = item.as_mapping();
        let kind = mapping
            .and_then(|map| map.set("type"))
            .and_then(Node::as_str)
            .unwrap_or_default();
        let Some(mapping) = mapping.filter(|_| CONSTRAINTS.contains(&kind)) else {
            diagnostics.push(
                Diagnostic::error(
                    "constraint-type",
                    format!("'{kind}' is no type of constraint"),
                )
                .at(entry.place(item.at))
                .hint(format!("it is one of {}", CONSTRAINTS.join(", "))),
            );
            continue;
        };
        let get = |key: &str, default: Json| mapping.set(key).map_or(default, Node::to_json);
        let mut constraint = Map::new();
        constraint.insert("type".into(), kind.into());
        constraint.insert("name".into(), get("name", Json::Null));
        constraint.insert("expression".into(), get("expression", Json::Null));
        constraint.insert(
            "warn_unenforced".into(),
            get("warn_unenforced", true.into()),
        );
        constraint.insert(
            "warn_unsupported".into(),
            get("warn_unsupported", true.into()),
        );
        constraint.insert("to".into(), get("to", Json::Null));
        constraint.insert("to_columns".into(), get("to_columns", json!([])));
        if of_model {
            constraint.insert("columns".into(), get("columns", json!([])));
        }
        constraints.push(Json::Object(constraint));
    }
    constraints
}
