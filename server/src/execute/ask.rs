//! What is asked of a project without running its nodes: the catalog, a macro, rows, a connection.

use std::sync::Arc;

use chrono::Utc;
use compiler::adapter::WarehouseError;
use compiler::artifacts::manifest::{Node, ResourceType};
use compiler::artifacts::results::Status;
use compiler::compile;
use compiler::diag::{Diagnostic, Span};
use indexmap::IndexSet;
use serde_json::{Map, Value};

use super::context::Context;
use super::options::Command;
use super::outcome::{Generated, Outcome, RunError, ShowTarget, Shown};
use super::runner::Runner;
use super::watch::Watch;
use super::{catalog, files, result};

impl Runner {
    /// Reads the catalog of the selected nodes and all sources into `catalog.json`, compiling the nodes first where
    /// `compile` is set.
    pub fn generate(
        &self,
        selected: &IndexSet<String>,
        compile: bool,
    ) -> Result<Generated, RunError> {
        let compiled = if compile {
            Some(self.run(Command::Generate, selected)?)
        } else {
            None
        };
        let context = self.context(Command::Generate, selected)?;
        let line = context.connect(&self.cancel)?;
        let _watch = Watch::new(&self.cancel, vec![Arc::clone(&line.interrupt)]);
        let mut catalog = catalog::read(&context, &line);
        catalog.nodes.retain(|id, _| selected.contains(id));
        let path = self.project.target_path.join("catalog.json");
        files::write_json(&path, &catalog)?;
        Ok(Generated {
            catalog,
            path,
            compiled,
        })
    }

    /// Calls one macro (`name` or `package.name`) with named arguments. What it leaves uncommitted is undone, as with dbt.
    pub fn run_operation(
        &self,
        name: &str,
        args: &Map<String, Value>,
    ) -> Result<Outcome, RunError> {
        let context = self.context(Command::RunOperation, &IndexSet::new())?;
        let line = context.connect(&self.cancel)?;
        let _watch = Watch::new(&self.cancel, vec![Arc::clone(&line.interrupt)]);
        let begun = Utc::now();
        let node = context.operation(name);
        let runtime = Arc::new(context.runtime(Arc::clone(&node), &line));
        let outcome =
            compile::run_operation(&self.project.library, &context.scope, &runtime, name, args);
        let undone = line.warehouse.rollback();
        let package = name
            .split_once('.')
            .map_or(self.project.scope.project_name.as_str(), |(package, _)| {
                package
            });
        let plain = name.rsplit('.').next().unwrap_or(name);
        let known = self.project.library.find(package, plain);
        let id = known.map_or_else(
            || format!("macro.{package}.{plain}"),
            |source| source.unique_id.clone(),
        );
        let error = outcome
            .err()
            .or_else(|| undone.err().map(|error| database_error(&error)));
        let mut result = result::result(
            &id,
            if error.is_some() {
                Status::Error
            } else {
                Status::Success
            },
        );
        result.failures = Some(i64::from(error.is_some()));
        result.message = error.map(|error| context.redact(&result::plain_message(&error)));
        result.timing = vec![result::timing(plain, begun)];
        result.execution_time = result::seconds_since(begun);
        "main".clone_into(&mut result.thread_id);
        self.finish(
            Command::RunOperation,
            None,
            vec![result],
            &[],
            result::seconds_since(begun),
        )
    }

    /// Compiles a node, or SQL from the command line, and fetches its first rows. `None` fetches all.
    pub fn show(&self, what: ShowTarget<'_>, limit: Option<usize>) -> Result<Shown, RunError> {
        let context = self.context(Command::Show, &IndexSet::new())?;
        let line = context.connect(&self.cancel)?;
        let _watch = Watch::new(&self.cancel, vec![Arc::clone(&line.interrupt)]);
        let node = self.shown_node(&context, what)?;
        let failed = |error: Diagnostic| node_error(&context, &node, error);
        let (library, scope) = (&self.project.library, &context.scope);
        let runtime = Arc::new(context.runtime(Arc::clone(&node), &line));
        let compiled = compile::compile_node(library, scope, &runtime).map_err(failed)?;
        let sql = compile::metadata::show_sql(
            library,
            scope,
            &runtime,
            &compiled.sql,
            limit.map(|limit| limit as u64),
        )
        .map_err(failed)?;
        let (_, table) = line
            .warehouse
            .execute(&sql, true, limit)
            .map_err(|error| failed(database_error(&error)))?;
        Ok(Shown {
            name: node.name.clone(),
            sql: compiled.sql,
            table,
        })
    }

    /// Compiles SQL from the command line.
    pub fn compile_inline(&self, sql: &str) -> Result<String, RunError> {
        let context = self.context(Command::Compile, &IndexSet::new())?;
        let line = context.connect(&self.cancel)?;
        let _watch = Watch::new(&self.cancel, vec![Arc::clone(&line.interrupt)]);
        let node = self.shown_node(&context, ShowTarget::Inline(sql))?;
        let runtime = Arc::new(context.runtime(Arc::clone(&node), &line));
        let compiled = compile::compile_node(&self.project.library, &context.scope, &runtime);
        Ok(compiled
            .map_err(|error| node_error(&context, &node, error))?
            .sql)
    }

    /// Opens a connection and runs a trivial query, as `debug` does.
    pub fn check_connection(&self) -> Result<(), RunError> {
        let context = self.context(Command::Show, &IndexSet::new())?;
        let line = context.connect(&self.cancel)?;
        line.warehouse
            .execute("select 1 as id", true, None)
            .map(|_| ())
            .map_err(|error| RunError::Warehouse(error.to_string()))
    }

    fn shown_node(&self, context: &Context, what: ShowTarget<'_>) -> Result<Arc<Node>, RunError> {
        match what {
            ShowTarget::Node(id) => self
                .project
                .manifest
                .nodes
                .get(id)
                .map(|node| Arc::new(node.clone()))
                .ok_or_else(|| RunError::Request(format!("there is no node '{id}'"))),
            ShowTarget::Inline(sql) => {
                let mut node = Node::clone(&context.operation("inline_query"));
                node.resource_type = ResourceType::SqlOperation;
                node.unique_id = format!("sql_operation.{}.inline_query", node.package_name);
                "inline_query".clone_into(&mut node.original_file_path);
                sql.clone_into(&mut node.raw_code);
                Ok(Arc::new(node))
            }
        }
    }
}

fn database_error(error: &WarehouseError) -> Diagnostic {
    Diagnostic::error("database-error", error.to_string())
}

/// What is wrong with a node, without secrets.
fn node_error(context: &Context, node: &Node, mut error: Diagnostic) -> RunError {
    error.message = context.redact(&error.message);
    if error.span.is_none() {
        error = error.at(Span::file(&node.original_file_path));
    }
    RunError::Project(error.into())
}
