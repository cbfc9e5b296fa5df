//! `refract docs lineage`.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use compiler::artifacts::catalog::Catalog;
use compiler::diag::Diagnostic;
use compiler::index::{self, CatalogIndex, Impact, IndexNode};
use compiler::lineage::{ColumnAt, ColumnLineage, Knowledge, Reached, Use};
use serde_json::{Map, Value, json};

use super::Exit;
use super::context::Context;
use super::failure::Failure;
use crate::cli::docs::{LineageArgs, LineageOutput};
use crate::lineage;

/// Says where the columns of a node come from, or where one column comes from and goes.
pub fn lineage(context: &Context, args: &LineageArgs) -> Result<Exit, Failure> {
    let project = context.open()?;
    let catalog = read_catalog(&project.target_path.join("catalog.json"))?;
    let target = &project.target_path;
    let made = lineage::read(
        &project.manifest,
        catalog.as_ref(),
        target,
        Some(&project.root),
        None,
    );
    let view = View {
        index: index::build(&project.manifest, catalog.as_ref(), None, None),
        lineage: made.lineage(),
    };
    let (position, column) = view.find(&args.name)?;
    let text = match (column, args.output) {
        (column, LineageOutput::Markdown) => view.impact(position, column).markdown(&view.index),
        (column, LineageOutput::Json) => view.json(position, column, args).to_string(),
        (None, LineageOutput::Text) if args.downstream => {
            view.impact(position, None).text(&view.index)
        }
        (None, LineageOutput::Text) => view.node(position),
        (Some(at), LineageOutput::Text) => view.column(position, at, args),
    };
    let text = text.trim_end();
    let mut data = Map::new();
    data.insert("msg".into(), text.into());
    context.console.product("ColumnLineage", "Z900", text, data);
    Ok(Exit::Fine)
}

pub(super) fn read_catalog(path: &Path) -> Result<Option<Catalog>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let message = format!("cannot read {}: {error}", path.display());
            return Err(Diagnostic::error("artifact", message).into());
        }
    };
    serde_json::from_str(&text).map(Some).map_err(|error| {
        let message = format!("{} is not what dbt writes: {error}", path.display());
        Diagnostic::error("artifact", message)
            .hint("write it again: refract docs generate")
            .into()
    })
}

struct View<'a> {
    index: CatalogIndex,
    lineage: &'a ColumnLineage,
}

impl View<'_> {
    /// A node by name, label or unique id, or a column after a dot behind it.
    fn find(&self, name: &str) -> Result<(u32, Option<ColumnAt>), Failure> {
        if let Some(node) = self.node_called(name) {
            return Ok((node, None));
        }
        let Some((node, column)) = name
            .rsplit_once('.')
            .and_then(|(node, column)| Some((self.node_called(node)?, column)))
        else {
            return Err(Diagnostic::error(
                "unknown-node",
                format!("no model, snapshot, seed or source is called '{name}'"),
            )
            .hint("name it as ref() does, a source as source.table, and a column after a dot")
            .into());
        };
        let id = self.id(node);
        let lineage = self.lineage.position(id);
        let at = lineage.and_then(|position| self.lineage.column(position, column));
        if at.is_some() {
            return Ok((node, at));
        }
        let message = format!("no column '{column}' is known of {id}");
        Err(Diagnostic::error("unknown-column", message)
            .hint(self.why_unknown(node))
            .into())
    }

    fn node_called(&self, name: &str) -> Option<u32> {
        let has_columns = |node: &IndexNode| self.lineage.position(&node.unique_id).is_some();
        let is_called = |node: &IndexNode| {
            node.unique_id == name
                || node.label() == name
                || (node.source.is_none() && node.name == name)
        };
        let found = self
            .index
            .nodes
            .iter()
            .position(|node| is_called(node) && has_columns(node))?;
        Some(found as u32)
    }

    fn id(&self, node: u32) -> &str {
        &self.index.nodes[node as usize].unique_id
    }

    fn why_unknown(&self, node: u32) -> &'static str {
        let knowledge = self
            .lineage
            .position(self.id(node))
            .map(|at| self.lineage.nodes[at as usize].knowledge);
        match knowledge {
            Some(Knowledge::NotCompiled) => "there is no compiled SQL of it: run refract compile",
            Some(Knowledge::NotSql) => {
                "it is not SQL: describe its columns, or run refract docs generate"
            }
            _ => "run refract docs generate to read columns from the warehouse",
        }
    }

    fn impact(&self, node: u32, column: Option<ColumnAt>) -> Impact {
        match column {
            Some(at) => Impact::of_column(&self.index, self.lineage, at),
            None => Impact::of_node(&self.index, node),
        }
    }

    /// `stg_orders.amount`.
    fn name(&self, at: ColumnAt) -> String {
        let id = &self.lineage.node(at).unique_id;
        let node = self.index.nodes.iter().find(|node| node.unique_id == *id);
        let label = node.map_or_else(|| id.clone(), IndexNode::label);
        format!("{label}.{}", self.lineage.at(at).name)
    }

    /// Every column of a node with what it is made of.
    fn node(&self, node: u32) -> String {
        let mut text = format!("{}\n", self.id(node));
        let Some(position) = self.lineage.position(self.id(node)) else {
            return text;
        };
        let lineage = &self.lineage.nodes[position as usize];
        let width = lineage
            .columns
            .iter()
            .map(|column| column.name.chars().count())
            .max()
            .unwrap_or_default();
        for column in &lineage.columns {
            let inputs: Vec<String> = column
                .inputs
                .iter()
                .map(|(at, usage)| format!("{usage} of {}", self.name(*at)))
                .collect();
            let unknown = if column.gaps.is_empty() {
                ""
            } else {
                " (not fully known)"
            };
            let line = format!("  {:width$}  {}{unknown}", column.name, inputs.join(", "));
            let _ = writeln!(text, "{}", line.trim_end());
        }
        if !lineage.filters.is_empty() {
            let filters: Vec<String> = lineage.filters.iter().map(|at| self.name(*at)).collect();
            let _ = writeln!(text, "rows depend on {}", filters.join(", "));
        }
        for gap in &lineage.gaps {
            let _ = writeln!(text, "not known: {gap}");
        }
        if matches!(
            lineage.knowledge,
            Knowledge::NotCompiled | Knowledge::NotSql
        ) {
            let _ = writeln!(text, "not known: {}", self.why_unknown(node));
        }
        text
    }

    /// Where a column comes from, where it goes, or both where neither is asked for.
    fn column(&self, node: u32, at: ColumnAt, args: &LineageArgs) -> String {
        let mut text = String::new();
        let both = args.upstream == args.downstream;
        if both || args.upstream {
            let _ = writeln!(text, "{} comes from", self.name(at));
            let upstream = self.lineage.upstream(at);
            if upstream.is_empty() {
                let _ = writeln!(text, "  nothing that is known");
            }
            for reached in upstream {
                let _ = writeln!(text, "  {}", self.step(&reached));
            }
            let column = self.lineage.at(at);
            for gap in &column.gaps {
                let gap = &self.lineage.node(at).gaps[*gap as usize];
                let _ = writeln!(text, "  not known: {gap}");
            }
        }
        if both || args.downstream {
            text.push_str(&self.impact(node, Some(at)).text(&self.index));
        }
        text
    }

    fn step(&self, reached: &Reached) -> String {
        let how = match reached.usage {
            Use::Copy => "copied",
            Use::Transform => "transformed",
        };
        let indent = "  ".repeat(reached.steps.saturating_sub(1) as usize);
        format!("{indent}{} ({how})", self.name(reached.at))
    }

    fn json(&self, node: u32, column: Option<ColumnAt>, args: &LineageArgs) -> Value {
        let Some(at) = column else {
            let position = self.lineage.position(self.id(node)).unwrap_or_default();
            let lineage = &self.lineage.nodes[position as usize];
            let columns = lineage.columns.iter().map(|column| {
                let inputs = column.inputs.iter().map(|(at, usage)| {
                    let mut input = self.place(*at);
                    input["usage"] = usage.as_str().into();
                    input
                });
                let gaps = column
                    .gaps
                    .iter()
                    .map(|gap| lineage.gaps[*gap as usize].as_str());
                json!({
                    "name": column.name,
                    "inputs": inputs.collect::<Vec<_>>(),
                    "gaps": gaps.collect::<Vec<_>>(),
                })
            });
            return json!({
                "unique_id": lineage.unique_id,
                "columns": columns.collect::<Vec<_>>(),
                "rows": lineage.filters.iter().map(|at| self.place(*at)).collect::<Vec<_>>(),
                "gaps": lineage.gaps,
            });
        };
        let both = args.upstream == args.downstream;
        let list = |steps: Vec<Reached>| {
            let steps = steps.iter().map(|reached| {
                let mut step = self.place(reached.at);
                step["usage"] = reached.usage.as_str().into();
                step["steps"] = reached.steps.into();
                step
            });
            Value::from(steps.collect::<Vec<_>>())
        };
        let mut answer = self.place(at);
        if both || args.upstream {
            answer["upstream"] = list(self.lineage.upstream(at));
        }
        if both || args.downstream {
            let affected = self.lineage.readers().affected(&[at]);
            let rows = affected.filtered.iter();
            let ids = rows.map(|node| self.lineage.nodes[*node as usize].unique_id.as_str());
            answer["rows_of"] = json!(ids.collect::<Vec<_>>());
            answer["downstream"] = list(affected.columns);
        }
        answer
    }

    fn place(&self, at: ColumnAt) -> Value {
        json!({
            "unique_id": self.lineage.node(at).unique_id,
            "column": self.lineage.at(at).name,
        })
    }
}
