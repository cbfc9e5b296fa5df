//! Nodes and the graph as macros see them: mappings whose fields are made when asked for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object};
use minijinja::{Error, State, Value};
use serde_json::{Value as Json, json};

use super::{Args, Dict, dict_read, from_json, no_method};
use crate::artifacts::manifest::{Column, Manifest, Node, ResourceType, Source};
use crate::artifacts::write::node_json;
use crate::event_time::Batch;
use crate::jinja::macro_object::Anything;
use crate::jinja::modules::utc_value;

const NODE_KEYS: &[&str] = &[
    "database",
    "schema",
    "name",
    "resource_type",
    "package_name",
    "path",
    "original_file_path",
    "unique_id",
    "fqn",
    "alias",
    "checksum",
    "config",
    "tags",
    "description",
    "columns",
    "meta",
    "group",
    "docs",
    "patch_path",
    "build_path",
    "unrendered_config",
    "created_at",
    "relation_name",
    "raw_code",
    "language",
    "refs",
    "sources",
    "metrics",
    "functions",
    "depends_on",
    "compiled_path",
    "compiled",
    "compiled_code",
    "extra_ctes_injected",
    "extra_ctes",
    "contract",
];
const MODEL_KEYS: &[&str] = &[
    "access",
    "constraints",
    "version",
    "latest_version",
    "deprecation_date",
    "primary_key",
    "time_spine",
    "defer_relation",
];
const TEST_KEYS: &[&str] = &[
    "column_name",
    "file_key_name",
    "attached_node",
    "test_metadata",
];
const FUNCTION_KEYS: &[&str] = &["returns", "arguments", "overloads"];

const SEED_KEYS: &[&str] = &["root_path"];
const SOURCE_KEYS: &[&str] = &[
    "database",
    "schema",
    "name",
    "resource_type",
    "package_name",
    "path",
    "original_file_path",
    "unique_id",
    "fqn",
    "source_name",
    "source_description",
    "loader",
    "identifier",
    "quoting",
    "loaded_at_field",
    "loaded_at_query",
    "freshness",
    "external",
    "description",
    "columns",
    "meta",
    "source_meta",
    "tags",
    "config",
    "patch_path",
    "unrendered_config",
    "relation_name",
    "created_at",
];

/// A node of the project, in the form of `manifest.json`.
#[derive(Debug)]
pub(crate) struct NodeObject {
    kind: NodeKind,
    /// What a macro changed with `node.update()`. The graph hands out another object each time, as dbt's does.
    changes: Mutex<IndexMap<String, Value>>,
}

#[derive(Debug)]
enum NodeKind {
    /// A node on its own, with the batch of it that is built.
    Own(Arc<Node>, Option<Batch>),
    /// A node that is parsed: what it does not have yet is taken lightly.
    Parsed(Arc<Node>),
    /// A node of the manifest, by place.
    Node(Arc<Manifest>, usize),
    /// A source of the manifest, by place.
    Source(Arc<Manifest>, usize),
}

impl NodeObject {
    fn new(kind: NodeKind) -> Self {
        Self {
            kind,
            changes: Mutex::default(),
        }
    }

    /// A node that is built, with the batch of it.
    pub(crate) fn own(node: &Arc<Node>, batch: Option<Batch>) -> Self {
        Self::new(NodeKind::Own(Arc::clone(node), batch))
    }

    /// A node that is parsed.
    pub(crate) fn parsed(node: &Arc<Node>) -> Self {
        Self::new(NodeKind::Parsed(Arc::clone(node)))
    }

    fn node(&self) -> Option<&Node> {
        match &self.kind {
            NodeKind::Own(node, _) | NodeKind::Parsed(node) => Some(node),
            NodeKind::Node(manifest, place) => {
                manifest.nodes.get_index(*place).map(|(_, node)| node)
            }
            NodeKind::Source(..) => None,
        }
    }

    fn changes(&self) -> MutexGuard<'_, IndexMap<String, Value>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn field(&self, key: &str) -> Option<Value> {
        if let Some(value) = self.changes().get(key) {
            return Some(value.clone());
        }
        let json = match &self.kind {
            NodeKind::Source(manifest, place) => {
                source_field(manifest.sources.get_index(*place)?.1, key)
            }
            _ => node_field(self.node()?, key),
        };
        match (json, &self.kind) {
            (Some(json), _) => Some(from_json(&json)),
            (None, NodeKind::Own(_, Some(batch))) if key == "batch" => Some(batch_value(batch)),
            (None, NodeKind::Parsed(_)) => Some(Value::from_object(Anything)),
            (None, _) => None,
        }
    }

    /// The keys with those that `update()` added.
    fn keys(&self) -> Vec<String> {
        let own = self.own_keys();
        let mut keys: Vec<String> = own.iter().map(|key| (*key).to_owned()).collect();
        let changes = self.changes();
        let added = changes.keys().filter(|key| !own.contains(&key.as_str()));
        keys.extend(added.cloned());
        keys
    }

    fn own_keys(&self) -> Vec<&'static str> {
        let Some(node) = self.node() else {
            return SOURCE_KEYS.to_vec();
        };
        let more = match node.resource_type {
            ResourceType::Model => MODEL_KEYS,
            ResourceType::Test => TEST_KEYS,
            ResourceType::Seed => SEED_KEYS,
            ResourceType::Function => FUNCTION_KEYS,
            _ => &[],
        };
        NODE_KEYS.iter().chain(more).copied().collect()
    }
}

impl Object for NodeObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.field(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.keys().into_iter().map(Value::from).collect())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        let pair = |key: String| {
            let value = self.field(&key).unwrap_or_else(|| Value::from(()));
            (Value::from(key), value)
        };
        match method {
            "update" => {
                let mut pairs = match args.get(0, "values") {
                    Some(values) => Dict::pairs_of(&values)?,
                    None => Vec::new(),
                };
                let named = args.pairs().into_iter();
                pairs.extend(named.map(|(name, value)| (Value::from(name), value)));
                let pairs = pairs
                    .into_iter()
                    .map(|(key, value)| (key.to_string(), value));
                self.changes().extend(pairs);
                Ok(Value::from(()))
            }
            "get" => {
                let key = args.text(0, "key")?;
                Ok(self
                    .field(&key)
                    .or_else(|| args.get(1, "default"))
                    .unwrap_or_else(|| Value::from(())))
            }
            "to_dict" => Ok(Value::from_object(
                self.keys().into_iter().map(pair).collect::<Dict>(),
            )),
            _ => {
                let pairs: Vec<_> = self.keys().into_iter().map(pair).collect();
                dict_read(&pairs, method, &args)?.ok_or_else(|| no_method("a node", method))
            }
        }
    }
}

/// `model.batch`: `{id, event_time_start, event_time_end}`.
fn batch_value(batch: &Batch) -> Value {
    let fields = [
        ("id", Value::from(batch.id())),
        ("event_time_start", utc_value(batch.window.start)),
        ("event_time_end", utc_value(batch.window.end)),
    ];
    let pairs = fields.map(|(name, value)| (Value::from(name), value));
    Value::from_object(pairs.into_iter().collect::<Dict>())
}

/// A node as macros see it: a mapping in the form of `manifest.json`.
pub fn node_value(node: &Arc<Node>) -> Value {
    Value::from_object(NodeObject::own(node, None))
}

fn text(value: Option<&String>) -> Json {
    value.map_or(Json::Null, |text| Json::from(text.as_str()))
}

fn columns<'a>(columns: impl Iterator<Item = (&'a String, &'a Column)>) -> Json {
    Json::Object(
        columns
            .map(|(name, column)| (name.clone(), column_json(column)))
            .collect(),
    )
}

fn column_json(column: &Column) -> Json {
    json!({
        "name": column.name,
        "description": column.description,
        "meta": column.meta,
        "data_type": column.data_type,
        "constraints": column.constraints,
        "quote": column.quote,
        "config": column.config,
        "tags": column.tags,
        "granularity": column.granularity,
    })
}

fn node_field(node: &Node, key: &str) -> Option<Json> {
    Some(match key {
        "database" => text(node.database.as_ref()),
        "schema" => json!(node.schema),
        "name" => json!(node.name),
        "resource_type" => json!(node.resource_type.as_str()),
        "package_name" => json!(node.package_name),
        "path" => json!(node.path),
        "original_file_path" => json!(node.original_file_path),
        "unique_id" => json!(node.unique_id),
        "fqn" => json!(node.fqn),
        "alias" | "identifier" => json!(node.alias),
        "checksum" => json!({ "name": node.checksum.name, "checksum": node.checksum.checksum }),
        "config" => Json::Object(node.config.0.clone()),
        "tags" => json!(node.tags),
        "description" => json!(node.description),
        "columns" => columns(node.columns.iter()),
        "meta" => Json::Object(node.meta.clone()),
        "group" => text(node.group.as_ref()),
        "docs" => json!({ "show": node.docs.show, "node_color": node.docs.node_color }),
        "patch_path" => text(node.patch_path.as_ref()),
        "build_path" => text(node.build_path.as_ref()),
        "unrendered_config" => Json::Object(node.unrendered_config.clone()),
        "created_at" => json!(node.created_at),
        "relation_name" => text(node.relation_name.as_ref()),
        "raw_code" | "raw_sql" => json!(node.raw_code),
        "language" => json!(node.language),
        "refs" => node
            .refs
            .iter()
            .map(|item| json!({ "name": item.name, "package": item.package, "version": item.version }))
            .collect(),
        "sources" => json!(node.sources),
        "metrics" => json!(node.metrics),
        "functions" => json!(node.functions),
        "depends_on" => json!({ "macros": node.depends_on.macros, "nodes": node.depends_on.nodes }),
        "compiled_path" => text(node.compiled_path.as_ref()),
        "compiled" => json!(node.compiled),
        "compiled_code" | "compiled_sql" => text(node.compiled_code.as_ref()),
        "extra_ctes_injected" => json!(node.extra_ctes_injected),
        "extra_ctes" => node.extra_ctes.iter().map(|cte| json!({ "id": cte.id, "sql": cte.sql })).collect(),
        "contract" => json!({
            "enforced": node.contract.enforced,
            "alias_types": node.contract.alias_types,
            "checksum": node.contract.checksum,
        }),
        _ => return kind_field(node, key),
    })
}

/// Fields that only some kinds of nodes have.
fn kind_field(node: &Node, key: &str) -> Option<Json> {
    let value = |value: &Option<Json>| value.clone().unwrap_or(Json::Null);
    Some(match (key, node.resource_type) {
        ("access", ResourceType::Model) => text(node.access.as_ref()),
        ("constraints", ResourceType::Model) => json!(node.constraints),
        ("version", ResourceType::Model) => value(&node.version),
        ("latest_version", ResourceType::Model) => value(&node.latest_version),
        ("deprecation_date", ResourceType::Model) => text(node.deprecation_date.as_ref()),
        ("primary_key", ResourceType::Model) => json!(node.primary_key),
        ("time_spine", ResourceType::Model) => value(&node.time_spine),
        ("defer_relation", _) => value(&node.defer_relation),
        ("root_path", _) => text(node.root_path.as_ref()),
        ("column_name", ResourceType::Test) => text(node.column_name.as_ref()),
        ("file_key_name", ResourceType::Test) => text(node.file_key_name.as_ref()),
        ("attached_node", ResourceType::Test) => text(node.attached_node.as_ref()),
        ("test_metadata", ResourceType::Test) => match &node.test_metadata {
            Some(test) => {
                json!({ "name": test.name, "kwargs": test.kwargs, "namespace": test.namespace })
            }
            None => Json::Null,
        },
        ("arguments", ResourceType::Function) => json!(node.arguments),
        ("returns", ResourceType::Function) => value(&node.returns),
        ("overloads", ResourceType::Function) => json!(node.overloads),
        ("index", _) => json!(node.index),
        _ => return None,
    })
}

fn source_field(source: &Source, key: &str) -> Option<Json> {
    Some(match key {
        "database" => text(source.database.as_ref()),
        "schema" => json!(source.schema),
        "name" => json!(source.name),
        "resource_type" => json!("source"),
        "package_name" => json!(source.package_name),
        "path" => json!(source.path),
        "original_file_path" => json!(source.original_file_path),
        "unique_id" => json!(source.unique_id),
        "fqn" => json!(source.fqn),
        "source_name" => json!(source.source_name),
        "source_description" => json!(source.source_description),
        "loader" => json!(source.loader),
        "identifier" => json!(source.identifier),
        "quoting" => Json::Object(source.quoting.clone()),
        "loaded_at_field" => text(source.loaded_at_field.as_ref()),
        "loaded_at_query" => text(source.loaded_at_query.as_ref()),
        "freshness" => serde_json::to_value(&source.freshness).unwrap_or(Json::Null),
        "external" => source.external.clone().unwrap_or(Json::Null),
        "description" => json!(source.description),
        "columns" => columns(source.columns.iter()),
        "meta" => Json::Object(source.meta.clone()),
        "source_meta" => Json::Object(source.source_meta.clone()),
        "tags" => json!(source.tags),
        "config" => Json::Object(source.config.0.clone()),
        "patch_path" => text(source.patch_path.as_ref()),
        "unrendered_config" => Json::Object(source.unrendered_config.clone()),
        "relation_name" => text(source.relation_name.as_ref()),
        "created_at" => json!(source.created_at),
        _ => return None,
    })
}

/// `graph.nodes` or `graph.sources`: by unique id.
#[derive(Debug)]
struct GraphPart {
    manifest: Arc<Manifest>,
    sources: bool,
}

impl GraphPart {
    fn item(&self, place: usize) -> Value {
        let manifest = Arc::clone(&self.manifest);
        let kind = if self.sources {
            NodeKind::Source(manifest, place)
        } else {
            NodeKind::Node(manifest, place)
        };
        Value::from_object(NodeObject::new(kind))
    }

    fn pairs(&self) -> Vec<(Value, Value)> {
        let keys: Vec<&String> = if self.sources {
            self.manifest.sources.keys().collect()
        } else {
            self.manifest.nodes.keys().collect()
        };
        keys.into_iter()
            .enumerate()
            .map(|(place, key)| (Value::from(key.as_str()), self.item(place)))
            .collect()
    }
}

impl Object for GraphPart {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let place = if self.sources {
            self.manifest.sources.get_index_of(key)
        } else {
            self.manifest.nodes.get_index_of(key)
        };
        place.map(|place| self.item(place))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.pairs().into_iter().map(|(key, _)| key).collect())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        if method == "get" {
            let found = self.get_value(&args.need(0, "key")?);
            return Ok(found
                .or_else(|| args.get(1, "default"))
                .unwrap_or_else(|| Value::from(())));
        }
        dict_read(&self.pairs(), method, &args)?.ok_or_else(|| no_method("a dict", method))
    }
}

fn functions(manifest: &Manifest) -> Value {
    let pairs = manifest
        .functions
        .iter()
        .map(|(id, node)| (Value::from(id.as_str()), from_json(&node_json(node))));
    Value::from_object(pairs.collect::<Dict>())
}

/// `graph`: all nodes and sources; exposures, metrics and groups as JSON.
pub(crate) fn graph(manifest: &Arc<Manifest>) -> Value {
    let part = |sources| {
        Value::from_object(GraphPart {
            manifest: Arc::clone(manifest),
            sources,
        })
    };
    let whole = |json: Result<Json, serde_json::Error>| from_json(&json.unwrap_or_default());
    let pairs = [
        ("nodes", part(false)),
        ("sources", part(true)),
        (
            "exposures",
            whole(serde_json::to_value(&manifest.exposures)),
        ),
        ("metrics", whole(serde_json::to_value(&manifest.metrics))),
        ("groups", whole(serde_json::to_value(&manifest.groups))),
        (
            "semantic_models",
            whole(serde_json::to_value(&manifest.semantic_models)),
        ),
        (
            "saved_queries",
            whole(serde_json::to_value(&manifest.saved_queries)),
        ),
        ("functions", functions(manifest)),
    ];
    Value::from_object(
        pairs
            .into_iter()
            .map(|(key, value)| (Value::from(key), value))
            .collect::<Dict>(),
    )
}
