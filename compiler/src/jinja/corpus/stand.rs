//! What the templates of the corpus are rendered in: a node that is parsed or run, a warehouse that is never asked.

use std::sync::Arc;

use crate::adapter::{Cell, Column, Response, Rows, Table, Warehouse, WarehouseError};
use crate::artifacts::manifest::Node;
use crate::diag::Diagnostic;
use crate::jinja::adapter::RelationCache;
use crate::jinja::{Captured, Phase, RunContext, Runtime, TableObject};

struct Unasked;

impl Warehouse for Unasked {
    fn adapter_type(&self) -> &'static str {
        "duckdb"
    }

    fn execute(
        &self,
        _sql: &str,
        _fetch: bool,
        _limit: Option<usize>,
    ) -> Result<(Response, Table), WarehouseError> {
        Err(WarehouseError::Connection("nobody is here".to_owned()))
    }

    fn begin(&self) -> Result<(), WarehouseError> {
        Ok(())
    }

    fn commit(&self) -> Result<(), WarehouseError> {
        Ok(())
    }

    fn rollback(&self) -> Result<(), WarehouseError> {
        Ok(())
    }

    fn load_rows(
        &self,
        _relation: &str,
        _columns: &[String],
        _rows: &mut Rows<'_>,
    ) -> Result<u64, WarehouseError> {
        Ok(0)
    }

    fn default_database(&self) -> String {
        "dev".to_owned()
    }
}

/// The phase of a model that is parsed, or of one that is run.
pub(super) fn phase(parsing: bool) -> Phase {
    let node = Arc::new(Node {
        unique_id: "model.shop.case".into(),
        name: "case".into(),
        database: Some("dev".into()),
        schema: "main".into(),
        ..Node::default()
    });
    if parsing {
        return Phase::Parse(Captured::new(Some(node)));
    }
    let run = RunContext {
        manifest: Arc::default(),
        cache: Arc::new(RelationCache::new()),
        log: Arc::new(|_| ()),
        fatal_warnings: Arc::default(),
        selected_resources: Arc::default(),
        schemas: Arc::default(),
        results: Arc::default(),
        deferred: Arc::default(),
        sample: None,
        injects_ctes: true,
        graph: Arc::default(),
    };
    let runtime =
        Runtime::new(run, node, Arc::new(Unasked)).with("table", TableObject::value(rows()));
    Phase::Execute(Arc::new(runtime))
}

/// The result of a query that the context holds as `table`.
fn rows() -> Table {
    let column = |name: &str, data_type: &str| Column {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
    };
    let row = |id, name: &str, score| vec![Cell::Int(id), Cell::Text(name.to_owned()), score];
    Table {
        columns: vec![
            column("id", "integer"),
            column("name", "text"),
            column("score", "double"),
        ],
        rows: vec![
            row(1, "ann", Cell::Float(1.5)),
            row(2, "bob", Cell::Null),
            row(3, "ann", Cell::Float(2.25)),
        ],
    }
}

/// An error as a user reads it.
pub(super) fn told(error: &Diagnostic) -> String {
    let mut lines = vec![format!("    {error}")];
    lines.extend(
        error
            .labels
            .iter()
            .map(|(span, text)| format!("      {text} ({span})")),
    );
    lines.extend(error.hint.iter().map(|hint| format!("      hint: {hint}")));
    lines.join("\n")
}
