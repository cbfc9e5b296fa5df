//! `refract ls`.

use compiler::artifacts::manifest::{Manifest, Node, ResourceType, Source};
use compiler::graph::select::kinds_of;
use serde_json::{Map, Value, json};

use super::Exit;
use super::context::Context;
use super::failure::Failure;
use super::selection::{Wanted, nothing, selected};
use crate::cli::inspect::{LsArgs, LsOutput};

/// Keys of the JSON objects where `--output-keys` does not say otherwise, in dbt's order.
const DEFAULT_KEYS: &[&str] = &[
    "name",
    "resource_type",
    "package_name",
    "original_file_path",
    "unique_id",
    "source_name",
    "alias",
    "config",
    "tags",
    "depends_on",
];

/// Lists what is selected, one a line, sorted by unique id.
pub fn ls(context: &Context, args: &LsArgs) -> Result<Exit, Failure> {
    let project = context.open_for_good()?;
    let wanted = Wanted {
        selection: &args.selection,
        kinds: Some(&args.kinds),
        default_kinds: kinds_of("list"),
        keep_empty: true,
    };
    let ids = selected(context, &project, &wanted)?;
    if ids.is_empty() {
        return nothing(context, true);
    }
    let keys: Vec<&str> = args
        .output_keys
        .iter()
        .flat_map(|words| words.split([' ', ',']))
        .filter(|key| !key.is_empty())
        .collect();
    for id in &ids {
        let Some(item) = Item::find(&project.manifest, id) else {
            continue;
        };
        let line = match args.output {
            LsOutput::Selector => item.selector(),
            LsOutput::Name => item.search_name(),
            LsOutput::Path => item.text("original_file_path"),
            LsOutput::Json => item.json(&keys).to_string(),
        };
        let mut data = Map::new();
        data.insert("msg".into(), line.clone().into());
        context.console.product("ListCmdOut", "Z049", &line, data);
    }
    Ok(Exit::Fine)
}

/// One listed resource: its kind and its fields as JSON.
struct Item {
    kind: ResourceType,
    fields: Map<String, Value>,
}

impl Item {
    fn find(manifest: &Manifest, id: &str) -> Option<Self> {
        if let Some(node) = manifest.node(id) {
            return Some(Self {
                kind: node.resource_type,
                fields: node_fields(node),
            });
        }
        if let Some(source) = manifest.sources.get(id) {
            return Some(Self {
                kind: ResourceType::Source,
                fields: source_fields(source),
            });
        }
        if let Some(exposure) = manifest.exposures.get(id) {
            let fields = serde_json::to_value(exposure).ok()?.as_object()?.clone();
            return Some(Self {
                kind: ResourceType::Exposure,
                fields,
            });
        }
        let others = [
            (&manifest.metrics, ResourceType::Metric),
            (&manifest.semantic_models, ResourceType::SemanticModel),
            (&manifest.saved_queries, ResourceType::SavedQuery),
            (&manifest.unit_tests, ResourceType::UnitTest),
        ];
        others.into_iter().find_map(|(map, kind)| {
            map.get(id).and_then(Value::as_object).map(|fields| Self {
                kind,
                fields: fields.clone(),
            })
        })
    }

    fn text(&self, key: &str) -> String {
        self.fields
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    /// The word by which `--select` finds it.
    fn selector(&self) -> String {
        let (package, name) = (self.text("package_name"), self.text("name"));
        match self.kind {
            ResourceType::Source => format!("source:{package}.{}.{name}", self.text("source_name")),
            ResourceType::Exposure
            | ResourceType::Metric
            | ResourceType::SavedQuery
            | ResourceType::SemanticModel
            | ResourceType::UnitTest => format!("{}:{package}.{name}", self.kind),
            _ => {
                let fqn = self.fields.get("fqn").and_then(Value::as_array);
                let parts: Vec<&str> = fqn
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                parts.join(".")
            }
        }
    }

    fn search_name(&self) -> String {
        let name = self.text("name");
        match (
            self.kind,
            self.fields
                .get("version")
                .filter(|version| !version.is_null()),
        ) {
            (ResourceType::Source, _) => format!("{}.{name}", self.text("source_name")),
            (ResourceType::Model, Some(version)) => {
                let version = version
                    .as_str()
                    .map_or_else(|| version.to_string(), str::to_owned);
                format!("{name}.v{version}")
            }
            _ => name,
        }
    }

    /// The object with the wanted keys; keys may be dotted, and those that the kind does not have are left out.
    fn json(&self, keys: &[&str]) -> Value {
        let mut object = Map::new();
        let wanted: &[&str] = if keys.is_empty() { DEFAULT_KEYS } else { keys };
        for key in wanted {
            let value = self.fields.get(*key).or_else(|| self.nested(key));
            if let Some(value) = value {
                object.insert((*key).to_owned(), value.clone());
            }
        }
        if self.kind == ResourceType::Model && (keys.is_empty() || keys.contains(&"direct_parents"))
        {
            let parents = self.direct_parents();
            object.insert("direct_parents".into(), parents);
        }
        Value::Object(object)
    }

    /// The value of a dotted key such as `config.materialized`.
    fn nested(&self, key: &str) -> Option<&Value> {
        let (first, rest) = key.split_once('.')?;
        rest.split('.')
            .try_fold(self.fields.get(first)?, |value, part| value.get(part))
    }

    fn direct_parents(&self) -> Value {
        self.fields
            .get("depends_on")
            .and_then(|depends| depends.get("nodes"))
            .cloned()
            .unwrap_or_else(|| json!([]))
    }
}

/// A node's fields that `ls` may show, by dbt's names.
fn node_fields(node: &Node) -> Map<String, Value> {
    let fields = json!({
        "name": node.name,
        "resource_type": node.resource_type.as_str(),
        "package_name": node.package_name,
        "path": node.path,
        "original_file_path": node.original_file_path,
        "unique_id": node.unique_id,
        "alias": node.alias,
        "database": node.database,
        "schema": node.schema,
        "fqn": node.fqn,
        "checksum": node.checksum,
        "config": node.config.0,
        "tags": node.tags,
        "meta": node.meta,
        "description": node.description,
        "group": node.group,
        "access": node.access,
        "version": node.version,
        "latest_version": node.latest_version,
        "language": node.language,
        "raw_code": node.raw_code,
        "relation_name": node.relation_name,
        "patch_path": node.patch_path,
        "refs": node.refs,
        "sources": node.sources,
        "column_name": node.column_name,
        "attached_node": node.attached_node,
        "depends_on": node.depends_on,
    });
    let mut fields = into_map(fields);
    if node.resource_type == ResourceType::Seed {
        fields.insert(
            "depends_on".into(),
            json!({"macros": node.depends_on.macros}),
        );
    }
    fields
}

fn source_fields(source: &Source) -> Map<String, Value> {
    let mut fields = serde_json::to_value(source)
        .map(into_map)
        .unwrap_or_default();
    fields.insert("resource_type".into(), "source".into());
    fields
}

fn into_map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
