//! Names that point at nodes: `ref`, `source`, `this`, `model`, `graph` and what a run selected.

use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::value::Tuple;
use minijinja::{Error, State, Value};
use serde_json::Value as Json;

use super::RenderContext;
use crate::artifacts::Config;
use crate::artifacts::manifest::{Column, Node, Ref, ResourceType, Source};
use crate::diag::{Diagnostic, Span};
use crate::event_time::Window;
use crate::jinja::adapter::{Relation, RelationObject, RelationType, exists, place_of};
use crate::jinja::failure::raise;
use crate::jinja::values::{Args, Record, from_json, graph, list_of, to_json, type_name};
use crate::jinja::{Phase, ProjectScope, Quoting, Runtime, UnitTestScope};

pub(super) fn value(context: &Arc<RenderContext>, name: &str) -> Option<Value> {
    Some(match name {
        "ref" => context.function("ref", reference),
        "source" => context.function("source", source),
        "function" => context.function("function", function),
        "metric" => context.function("metric", |context, _, args| {
            if let Phase::Parse(captured) = &context.phase {
                let parts = args.positional.iter().map(ToString::to_string).collect();
                captured.lock().metrics.push(parts);
            }
            Ok(args.positional.last().cloned().unwrap_or_default())
        }),
        "this" => context
            .node()
            .map_or(Value::from(()), |node| this(context, node)),
        "model" => context.model(),
        "graph" => match &context.phase {
            Phase::Execute(runtime) => {
                let run = &runtime.run;
                run.graph.get_or_init(|| graph(&run.manifest)).clone()
            }
            Phase::Parse(_) => graph(&Arc::default()),
        },
        "database" => context.node().map_or(Value::UNDEFINED, |node| {
            Value::from(node.database.as_deref())
        }),
        "schema" => context
            .node()
            .map_or(Value::UNDEFINED, |node| Value::from(node.schema.as_str())),
        "selected_resources" => match &context.phase {
            Phase::Execute(runtime) => list_of(
                runtime
                    .run
                    .selected_resources
                    .iter()
                    .map(|id| Value::from(id.as_str())),
            ),
            Phase::Parse(_) => list_of([]),
        },
        "schemas" => list_of(
            schemas(context)
                .into_iter()
                .map(|(_, schema)| Value::from(schema)),
        ),
        "database_schemas" => list_of(schemas(context).into_iter().map(|(database, schema)| {
            Value::from(Tuple::from([Value::from(database), Value::from(schema)]))
        })),
        "results" => match &context.phase {
            Phase::Execute(runtime) => list_of(runtime.run.results.iter().map(Record::of)),
            Phase::Parse(_) => list_of([]),
        },
        "compiled_code" | "compiled_sql" | "sql" => match context.node() {
            Some(node) if context.executes() => Value::from(node.compiled_code.as_deref()),
            _ => return None,
        },
        "pre_hooks" => hooks(context.node()?, "pre-hook"),
        "post_hooks" => hooks(context.node()?, "post-hook"),
        _ => return None,
    })
}

/// Hooks of a node as `[{sql, transaction, index}]`.
fn hooks(node: &Node, key: &str) -> Value {
    node.config.get(key).map_or_else(|| list_of([]), from_json)
}

fn schemas(context: &RenderContext) -> Vec<(Option<String>, String)> {
    match &context.phase {
        Phase::Execute(runtime) => runtime.run.schemas.to_vec(),
        Phase::Parse(_) => Vec::new(),
    }
}

fn this(context: &RenderContext, node: &Node) -> Value {
    if matches!(node.resource_type, ResourceType::Operation) {
        return Value::from(());
    }
    if let (Phase::Execute(runtime), Some(test)) = (&context.phase, context.unit_test()) {
        let Some(input) = &test.this else {
            return Value::from(());
        };
        return RelationObject::of(input_cte(runtime, test, input));
    }
    RelationObject::of(relation_of(node, context.scope.quoting))
}

/// The CTE of a unit test's input, which the test's SQL then needs.
fn input_cte(runtime: &Runtime, test: &UnitTestScope, input: &str) -> Relation {
    runtime.lock().ephemerals.insert(input.to_owned());
    let name = test
        .ctes
        .get(input)
        .map(|name| format!("__dbt__cte__{name}"));
    let quoting = Quoting {
        database: false,
        schema: false,
        identifier: false,
    };
    let mut relation = Relation::new(None, None, name.as_deref(), quoting);
    relation.kind = Some(RelationType::Cte);
    relation
}

/// The relation of a node. As with dbt, its own `quoting` config does nothing.
pub fn relation_of(node: &Node, quoting: Quoting) -> Relation {
    let alias = if node.alias.is_empty() {
        &node.name
    } else {
        &node.alias
    };
    Relation::new(
        node.database.as_deref(),
        Some(&node.schema),
        Some(alias),
        quoting,
    )
}

fn over(quoting: Quoting, own: &Json) -> Quoting {
    let part = |name: &str, default: bool| own.get(name).and_then(Json::as_bool).unwrap_or(default);
    Quoting {
        database: part("database", quoting.database),
        schema: part("schema", quoting.schema),
        identifier: part("identifier", quoting.identifier),
    }
}

/// What `ref()` and `source()` answer: with `--empty` a relation that is read as if it had no rows, for a batch and with
/// `--sample` one that is read for a window of its event time.
fn read(
    context: &RenderContext,
    runtime: &Runtime,
    relation: Relation,
    timed: &Timed<'_>,
) -> Value {
    let empty = context.scope.flags.get("EMPTY") == Some(&Json::Bool(true));
    let condition = window(runtime).and_then(|window| Some(window.condition(&timed.column()?)));
    let limit = empty.then_some(0);
    RelationObject::part(relation, limit, condition, &context.scope.adapter_type)
}

/// The window of event time that the runtime's node reads of its inputs.
fn window(runtime: &Runtime) -> Option<Window> {
    if !matches!(
        runtime.node.resource_type,
        ResourceType::Model | ResourceType::Snapshot
    ) {
        return None;
    }
    let sample = runtime.run.sample;
    match runtime.batch {
        Some(batch) => Some(sample.map_or(batch.window, |sample| batch.window.within(sample))),
        None => sample,
    }
}

/// What an input says of its event time.
struct Timed<'a> {
    config: &'a Config,
    columns: &'a IndexMap<String, Column>,
    /// `quoting: column` of a source.
    quoted: bool,
}

impl Timed<'_> {
    /// The column as SQL has it; `None` where the input has no `event_time`.
    fn column(&self) -> Option<String> {
        let name = self.config.text("event_time")?;
        let own = self.columns.values().find(|column| column.name == name);
        let quoted = own.and_then(|column| column.quote).unwrap_or(self.quoted);
        Some(if quoted {
            format!("\"{name}\"")
        } else {
            name.to_owned()
        })
    }
}

fn reference(
    context: &Arc<RenderContext>,
    _: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let text = |value: &Value, what: &str| {
        if let Some(text) = value.as_str() {
            Ok(text.to_owned())
        } else {
            let message = format!(
                "the {what} that ref() is given must be a string, not {}",
                type_name(value)
            );
            Err(raise(Diagnostic::error("ref-arguments", message)))
        }
    };
    let (package, name) = match args.positional {
        [name] => (None, text(name, "name")?),
        [package, name] => (Some(text(package, "package")?), text(name, "name")?),
        other => {
            let message = format!("ref() takes one or two arguments, got {}", other.len());
            return Err(raise(
                Diagnostic::error("ref-arguments", message)
                    .hint("write ref('model') or ref('package', 'model')"),
            ));
        }
    };
    let version = args
        .named("version")
        .or_else(|| args.named("v"))
        .filter(|version| !version.is_none());
    let wanted = Ref {
        name,
        package,
        version: version.map(|version| to_json(&version)),
    };
    match &context.phase {
        Phase::Parse(captured) => {
            captured.lock().refs.push(wanted);
            Ok(context.node().map_or(Value::from(""), |node| {
                RelationObject::of(relation_of(node, context.scope.quoting))
            }))
        }
        Phase::Execute(runtime) => resolve(context, runtime, &wanted),
    }
}

fn resolve(context: &Arc<RenderContext>, runtime: &Runtime, wanted: &Ref) -> Result<Value, Error> {
    let shown = match &wanted.package {
        Some(package) => format!("ref('{package}', '{}')", wanted.name),
        None => format!("ref('{}')", wanted.name),
    };
    let Some(node) = find_node(context, runtime, wanted) else {
        if context.unit_test().is_some() {
            return Err(raise(no_input(runtime, &shown)));
        }
        let message = format!(
            "{} asks for {shown}, which is not in the project",
            runtime.node.unique_id
        );
        return Err(raise(Diagnostic::error("ref-not-found", message)));
    };
    let asker = &runtime.node;
    let free = matches!(
        asker.resource_type,
        ResourceType::Operation | ResourceType::SqlOperation
    );
    if !free
        && asker.unique_id != node.unique_id
        && !asker.depends_on.nodes.contains(&node.unique_id)
    {
        let message = format!(
            "{} asks for {shown} only while it runs, so it may run too early",
            asker.unique_id
        );
        let hint = format!("say so at the top of the model: -- depends_on: {{{{ {shown} }}}}");
        return Err(raise(
            Diagnostic::error("ref-not-declared", message).hint(hint),
        ));
    }
    let mut relation = relation_of(node, context.scope.quoting);
    if node.is_ephemeral() {
        if asker.resource_type == ResourceType::Operation {
            let message = format!(
                "{} cannot use the ephemeral model '{}'",
                asker.unique_id, node.name
            );
            return Err(raise(
                Diagnostic::error("ephemeral-operation", message)
                    .hint("only models, tests and snapshots can"),
            ));
        }
        relation.identifier = relation
            .identifier
            .map(|name| format!("__dbt__cte__{name}"));
        relation.kind = Some(RelationType::Cte);
        runtime.lock().ephemerals.insert(node.unique_id.clone());
    } else if let Some(place) = runtime.run.deferred.place(
        &node.unique_id,
        || runtime.run.selected_resources.contains(&node.unique_id),
        || exists(context, runtime, &relation),
    )? {
        relation.database.clone_from(&place.database);
        relation.schema = Some(place.schema.clone());
        relation.identifier = Some(place.alias.clone());
    }
    let timed = Timed {
        config: &node.config,
        columns: &node.columns,
        quoted: false,
    };
    Ok(read(context, runtime, relation, &timed))
}

/// The node that a `ref()` means: among the node's own dependencies, then by dbt's order of packages.
fn find_node<'a>(context: &RenderContext, runtime: &'a Runtime, wanted: &Ref) -> Option<&'a Node> {
    let nodes = &runtime.run.manifest.nodes;
    let own = runtime
        .node
        .depends_on
        .nodes
        .iter()
        .filter_map(|id| nodes.get(id));
    if let Some(node) = own
        .clone()
        .find(|node| is_wanted(node, wanted, &runtime.node.package_name))
    {
        return Some(node);
    }
    if let Some(node) = own
        .clone()
        .find(|node| wanted.package.is_none() && is_wanted(node, wanted, &node.package_name))
    {
        return Some(node);
    }
    let packages = match &wanted.package {
        Some(package) => vec![package.as_str()],
        None => vec![
            runtime.node.package_name.as_str(),
            context.scope.project_name.as_str(),
        ],
    };
    let direct = packages.iter().find_map(|package| {
        let by_kind = |kind: &str| nodes.get(&format!("{kind}.{package}.{}", wanted.name));
        ["model", "seed", "snapshot"]
            .into_iter()
            .find_map(by_kind)
            .filter(|node| is_wanted(node, wanted, package))
    });
    let mut ranked = packages
        .iter()
        .map(|package| nodes.values().find(|node| is_wanted(node, wanted, package)));
    direct
        .or_else(|| ranked.find_map(|found| found))
        .or_else(|| {
            nodes.values().find(|node| {
                wanted.package.is_none() && is_wanted(node, wanted, &node.package_name)
            })
        })
}

fn is_wanted(node: &Node, wanted: &Ref, package: &str) -> bool {
    let version = |value: &Json| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    node.name == wanted.name
        && matches!(
            node.resource_type,
            ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot
        )
        && node.package_name == wanted.package.as_deref().unwrap_or(package)
        && match (&wanted.version, &node.version) {
            (Some(wanted), Some(own)) => version(wanted) == version(own),
            (Some(_), None) => false,
            (None, Some(own)) => node
                .latest_version
                .as_ref()
                .is_none_or(|latest| version(latest) == version(own)),
            (None, None) => true,
        }
}

fn source(
    context: &Arc<RenderContext>,
    _: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let [source, table] = args.positional else {
        let message = format!(
            "source() takes exactly two arguments, got {}",
            args.positional.len()
        );
        return Err(raise(
            Diagnostic::error("source-arguments", message).hint("write source('source', 'table')"),
        ));
    };
    let (source, table) = (source.to_string(), table.to_string());
    match &context.phase {
        Phase::Parse(captured) => {
            captured.lock().sources.push(vec![source, table]);
            Ok(context.node().map_or(Value::from(""), |node| {
                RelationObject::of(relation_of(node, context.scope.quoting))
            }))
        }
        Phase::Execute(runtime) => {
            if let Some(test) = context.unit_test() {
                let name = (source, table);
                let Some(input) = test.sources.get(&name) else {
                    let shown = format!("source('{}', '{}')", name.0, name.1);
                    return Err(raise(no_input(runtime, &shown)));
                };
                return Ok(RelationObject::of(input_cte(runtime, test, input)));
            }
            if let Some(found) = find_source(context, runtime, &source, &table) {
                let timed = Timed {
                    config: &found.config,
                    columns: &found.columns,
                    quoted: found.quoting.get("column").and_then(Json::as_bool) == Some(true),
                };
                // The project's `quoting` counts for no source that is read (dbt's `RuntimeSourceResolver`).
                let relation =
                    relation_of_source(&context.scope, found, Quoting::default()).map_err(raise)?;
                Ok(read(context, runtime, relation, &timed))
            } else {
                let asker = &runtime.node.unique_id;
                let message = format!(
                    "{asker} asks for source('{source}', '{table}'), which is not in the project"
                );
                Err(raise(Diagnostic::error("source-not-found", message)))
            }
        }
    }
}

/// `function('name')` or `function('package', 'name')`: what SQL calls it by.
fn function(
    context: &Arc<RenderContext>,
    _: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    if !matches!(args.positional.len(), 1 | 2) {
        let message = format!(
            "function() takes one or two arguments, got {}",
            args.positional.len()
        );
        return Err(raise(
            Diagnostic::error("function-arguments", message)
                .hint("write function('name') or function('package', 'name')"),
        ));
    }
    let parts: Vec<String> = args.positional.iter().map(ToString::to_string).collect();
    let callable = |node: &Node| {
        // The project's `quoting` counts for no function that is called (dbt's `RuntimeFunctionResolver`).
        let mut relation = relation_of(node, Quoting::default());
        relation.kind = Some(RelationType::Function);
        relation
    };
    let runtime = match &context.phase {
        Phase::Parse(captured) => {
            captured.lock().functions.push(parts);
            let relation = context.node().map(|node| callable(node));
            return Ok(relation.map_or(Value::from(""), RelationObject::of));
        }
        Phase::Execute(runtime) => runtime,
    };
    let Some(found) = find_function(context, runtime, &parts) else {
        let shown = parts.join("', '");
        let message = format!(
            "{} asks for function('{shown}'), which is not in the project",
            runtime.node.unique_id
        );
        return Err(raise(Diagnostic::error("function-not-found", message)));
    };
    let mut relation = callable(found);
    // Warehouses list tables and views only, so that what this run builds counts as there and nothing else.
    let is_selected = || runtime.run.selected_resources.contains(&found.unique_id);
    let place = runtime
        .run
        .deferred
        .place(&found.unique_id, is_selected, || {
            Ok::<bool, Error>(is_selected())
        })?;
    if let Some(place) = place {
        relation.database.clone_from(&place.database);
        relation.schema = Some(place.schema.clone());
        relation.identifier = Some(place.alias.clone());
    }
    Ok(RelationObject::of(relation))
}

/// The function that a call means: of the package that it names, else by dbt's order of packages.
fn find_function<'a>(
    context: &RenderContext,
    runtime: &'a Runtime,
    parts: &[String],
) -> Option<&'a Node> {
    let functions = &runtime.run.manifest.functions;
    let of = |package: &str, name: &str| functions.get(&format!("function.{package}.{name}"));
    match parts {
        [package, name] => of(package, name),
        [name] => of(&context.scope.project_name, name)
            .or_else(|| of(&runtime.node.package_name, name))
            .or_else(|| functions.values().find(|node| node.name == *name)),
        _ => None,
    }
}

/// The relation of a source, quoted as it says and otherwise as given; on DuckDB it may be a file.
pub(crate) fn relation_of_source(
    scope: &ProjectScope,
    source: &Source,
    quoting: Quoting,
) -> Result<Relation, Diagnostic> {
    let quoting = over(quoting, &Json::Object(source.quoting.clone()));
    let mut relation = Relation::new(
        source.database.as_deref(),
        Some(&source.schema),
        Some(&source.identifier),
        quoting,
    );
    if scope.adapter_type == "duckdb" {
        relation.place = place_of(source).map_err(|reason| {
            let name = format!("{}.{}", source.source_name, source.name);
            Diagnostic::error("source-location", format!("source '{name}': {reason}"))
                .at(Span::file(&source.original_file_path))
        })?;
    }
    Ok(relation)
}

/// A model reads something that its unit test says nothing about.
fn no_input(runtime: &Runtime, shown: &str) -> Diagnostic {
    let message = format!(
        "the unit test '{}' gives no rows for {shown}, which its model reads",
        runtime.node.name
    );
    Diagnostic::error("unit-test-input", message).hint(format!("add an input: `- input: {shown}`"))
}

fn find_source<'a>(
    context: &RenderContext,
    runtime: &'a Runtime,
    source: &str,
    table: &str,
) -> Option<&'a Source> {
    let sources = &runtime.run.manifest.sources;
    [
        runtime.node.package_name.as_str(),
        context.scope.project_name.as_str(),
    ]
    .into_iter()
    .find_map(|package| sources.get(&format!("source.{package}.{source}.{table}")))
    .or_else(|| {
        sources
            .values()
            .find(|found| found.source_name == source && found.name == table)
    })
}
