//! A node's code as a warehouse takes it: SQL, or Python with what resolves its calls.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde_json::Value as Json;

use crate::artifacts::manifest::{InjectedCte, Node, ResourceType};
use crate::diag::{Diagnostic, Span};
use crate::jinja::{self, Library, Phase, ProjectScope, Quoting, RunContext, Runtime, Template};
use crate::parse::test_call;

use super::inject_ctes;

/// The longest chain of ephemeral models that is followed; resolving refuses cycles, so only a broken manifest is deeper.
const MAX_EPHEMERAL_DEPTH: usize = 100;

/// What compiling a node gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compiled {
    /// The SQL, ephemeral models in front of it.
    pub sql: String,
    /// Whether the ephemeral models are not in front of it.
    pub without_ctes: bool,
    /// The ephemeral models that it needs, each once, every one after those that it reads itself.
    pub extra_ctes: Vec<InjectedCte>,
    /// Bodies of a function's overloads, in their order.
    pub overloads: Vec<String>,
    /// What foreign keys point at, as written (`ref('customers')`), and the relation that it is.
    pub foreign_keys: IndexMap<String, String>,
}

impl Compiled {
    /// The node with the outcome written into it, as materializations and `manifest.json` want it.
    #[must_use]
    pub fn write_into(self, mut node: Node) -> Node {
        node.compiled = true;
        node.compiled_code = Some(self.sql);
        node.extra_ctes_injected = !self.without_ctes;
        node.extra_ctes = self.extra_ctes;
        for (overload, body) in node.overloads.iter_mut().zip(self.overloads) {
            overload["compiled_body"] = body.into();
        }
        let of_columns = node.columns.values_mut().map(|one| &mut one.constraints);
        for constraints in of_columns.chain([&mut node.constraints]) {
            for constraint in constraints {
                if let Some(to) = constraint.get_mut("to")
                    && let Some(relation) = to.as_str().and_then(|to| self.foreign_keys.get(to))
                {
                    *to = relation.as_str().into();
                }
            }
        }
        node
    }
}

/// Compiles the runtime's node: its code rendered with `execute` true, ephemeral models injected as CTEs.
pub fn compile_node(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
) -> Result<Compiled, Diagnostic> {
    let mut extra_ctes = Vec::new();
    let mut sql = render_node(library, scope, runtime, 0, &mut extra_ctes)?;
    let without_ctes = !runtime.run.injects_ctes;
    if !without_ctes {
        sql = inject_ctes(&sql, &extra_ctes);
    }
    Ok(Compiled {
        sql,
        without_ctes,
        extra_ctes,
        overloads: overloads(library, scope, runtime)?,
        foreign_keys: foreign_keys(library, scope, runtime)?,
    })
}

/// The bodies of a function's overloads.
fn overloads(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
) -> Result<Vec<String>, Diagnostic> {
    let node = &runtime.node;
    let bodies = node
        .overloads
        .iter()
        .filter_map(|overload| overload["raw_body"].as_str());
    let phase = Phase::Execute(Arc::clone(runtime));
    bodies
        .map(|body| {
            let template = Template {
                name: &node.unique_id,
                text: body,
                file: &node.original_file_path,
                line: 1,
                column: 1,
            };
            jinja::render(library, scope, &phase, &node.package_name, template)
        })
        .collect()
}

/// The relations that the node's foreign keys point at, by `to` as written. They are named whole, whatever part of
/// their rows the command reads.
fn foreign_keys(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
) -> Result<IndexMap<String, String>, Diagnostic> {
    let node = &runtime.node;
    if node.resource_type != ResourceType::Model {
        return Ok(IndexMap::new()); // keys of seeds and snapshots are not made, as with dbt
    }
    let of_columns = node.columns.values().flat_map(|one| &one.constraints);
    let pointers: IndexSet<&str> = of_columns
        .chain(&node.constraints)
        .filter(|one| one.get("type").and_then(Json::as_str) == Some("foreign_key"))
        .filter_map(|one| one.get("to")?.as_str())
        .collect();
    if pointers.is_empty() {
        return Ok(IndexMap::new());
    }
    let mut scope = ProjectScope::clone(scope);
    scope.flags.insert("EMPTY".to_owned(), Json::Bool(false));
    let scope = Arc::new(scope);
    let run = RunContext {
        sample: None,
        graph: Arc::default(),
        ..runtime.run.clone()
    };
    let (owner, warehouse) = (Arc::clone(node), Arc::clone(&runtime.warehouse));
    let phase = Phase::Execute(Arc::new(Runtime::new(run, owner, warehouse)));
    pointers
        .into_iter()
        .map(|to| {
            let template = Template {
                name: &node.unique_id,
                text: &format!("{{{{ {to} }}}}"),
                file: &node.original_file_path,
                line: 1,
                column: 1,
            };
            let relation = jinja::render(library, &scope, &phase, &node.package_name, template)?;
            Ok((to.to_owned(), relation))
        })
        .collect()
}

/// A Python model's code as it is, and after it what `py_script_postfix` makes to resolve its calls of `dbt`. Relations
/// are not quoted there, as dbt has it (`Compiler._compile_code`).
fn python_code(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
) -> Result<String, Diagnostic> {
    let node = &runtime.node;
    let mut scope = ProjectScope::clone(scope);
    scope.quoting = Quoting {
        database: false,
        schema: false,
        identifier: false,
    };
    let template = Template {
        name: &node.unique_id,
        text: "{{ py_script_postfix(model) }}",
        file: &node.original_file_path,
        line: 1,
        column: 1,
    };
    let phase = Phase::Execute(Arc::clone(runtime));
    let postfix = jinja::render(
        library,
        &Arc::new(scope),
        &phase,
        &node.package_name,
        template,
    )?;
    Ok(format!("{}\n\n{postfix}", node.raw_code))
}

/// A node's own SQL. The ephemeral models that it reads are added to `ctes`, after those that they read in turn,
/// unless they are there already: the outermost `with` holds them all.
fn render_node(
    library: &Library,
    scope: &Arc<ProjectScope>,
    runtime: &Arc<Runtime>,
    depth: usize,
    ctes: &mut Vec<InjectedCte>,
) -> Result<String, Diagnostic> {
    let node = &runtime.node;
    let refuse = |code, message: String| {
        Err(Diagnostic::error(code, message).at(Span::file(&node.original_file_path)))
    };
    if depth > MAX_EPHEMERAL_DEPTH {
        return refuse(
            "ephemeral-depth",
            "ephemeral models are nested too deeply, or in a circle".to_owned(),
        );
    }
    if node.language == "python" && node.resource_type == ResourceType::Model {
        return python_code(library, scope, runtime);
    }
    if node.language != "sql" {
        return refuse(
            "language",
            format!(
                "'{}' is written in {}, and only SQL can be run",
                node.name, node.language
            ),
        );
    }
    let code = test_call::code(node);
    let template = Template {
        name: &node.unique_id,
        text: &code,
        file: &node.original_file_path,
        line: 1,
        column: 1,
    };
    let sql = jinja::render(
        library,
        scope,
        &Phase::Execute(Arc::clone(runtime)),
        &node.package_name,
        template,
    )?;
    for id in runtime.ephemerals() {
        if ctes.iter().any(|known| known.id == id) {
            continue;
        }
        if !runtime.run.injects_ctes {
            // The word is dbt's, for SQL that nobody asked for.
            let sql = "None".to_owned();
            ctes.push(InjectedCte { id, sql });
            continue;
        }
        let Some(ephemeral) = runtime.run.manifest.nodes.get(&id) else {
            return refuse(
                "ephemeral-missing",
                format!(
                    "'{}' reads '{id}', which is not in the project",
                    node.unique_id
                ),
            );
        };
        let input = runtime
            .unit_test
            .as_ref()
            .and_then(|test| test.ctes.get(&id));
        let name = format!("__dbt__cte__{}", input.unwrap_or(&ephemeral.alias));
        let own = Runtime::new(
            runtime.run.clone(),
            Arc::new(ephemeral.clone()),
            Arc::clone(&runtime.warehouse),
        );
        let body = render_node(library, scope, &Arc::new(own), depth + 1, ctes)?;
        ctes.push(InjectedCte {
            id,
            sql: format!(" {name} as (\n{body}\n)"),
        });
    }
    Ok(sql)
}
