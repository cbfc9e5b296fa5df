//! Relations that a killed run left behind: only those with our temporary names, made for a node of this project.

use compiler::adapter::{Cell, Table, WarehouseError};
use compiler::artifacts::manifest::Manifest;
use compiler::world::World;
use indexmap::IndexSet;

use super::context::{Context, Line};
use super::event::Level;
use super::outcome::RunError;

/// What the names of relations that are being built or put aside end in, before the run's id.
const ENDINGS: [&str; 2] = ["__dbt_tmp_", "__dbt_backup_"];

/// Drops what dead runs left in these schemas. Nothing else of ours can be at work there: the warehouse file has one
/// process, and a process runs one thing at a time.
pub(super) fn drop_all(
    context: &Context,
    line: &Line,
    places: &IndexSet<(Option<String>, String)>,
) -> Result<(), RunError> {
    if line.warehouse.adapter_type() != "duckdb" {
        return Ok(());
    }
    let failed = |error: WarehouseError| RunError::Warehouse(error.to_string());
    let own = run_id(context.project.world.invocation_id());
    let sql = "select table_catalog, table_schema, table_name, table_type from information_schema.tables \
               where table_name like '%\\_\\_dbt\\_%' escape '\\'";
    let (_, table) = line.warehouse.execute(sql, true, None).map_err(failed)?;
    for leftover in leftovers(&table, &context.project.manifest, places, &own) {
        line.warehouse
            .execute(&leftover.drop_sql(), false, None)
            .map_err(failed)?;
        context.log(
            Level::Debug,
            format!("dropped {}, left by a run that was killed", leftover.name),
        );
    }
    Ok(())
}

/// The part of an invocation's id that temporary names carry.
fn run_id(invocation: &str) -> String {
    invocation.chars().filter(|c| *c != '-').take(8).collect()
}

#[derive(Debug, PartialEq, Eq)]
struct Leftover {
    database: String,
    schema: String,
    name: String,
    is_view: bool,
}

impl Leftover {
    fn drop_sql(&self) -> String {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let kind = if self.is_view { "view" } else { "table" };
        let parts = [&self.database, &self.schema, &self.name].map(|part| quoted(part));
        format!("drop {kind} if exists {} cascade", parts.join("."))
    }
}

fn leftovers(
    table: &Table,
    manifest: &Manifest,
    places: &IndexSet<(Option<String>, String)>,
    own: &str,
) -> Vec<Leftover> {
    let aliases: IndexSet<String> = manifest
        .nodes
        .values()
        .map(|node| node.alias.to_lowercase())
        .collect();
    let text = |cell: Option<&Cell>| match cell {
        Some(Cell::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let found = table.rows.iter().map(|row| Leftover {
        database: text(row.first()),
        schema: text(row.get(1)),
        name: text(row.get(2)),
        is_view: text(row.get(3)).eq_ignore_ascii_case("view"),
    });
    let ours = |leftover: &Leftover| {
        let here = places.iter().any(|(database, schema)| {
            schema.eq_ignore_ascii_case(&leftover.schema)
                && database
                    .as_ref()
                    .is_none_or(|database| database.eq_ignore_ascii_case(&leftover.database))
        });
        let base = base_name(&leftover.name, own);
        here && base.is_some_and(|base| aliases.contains(&base.to_lowercase()))
    };
    found.filter(ours).collect()
}

/// The relation that a temporary name was made for; `None` for other names and for those of this run.
fn base_name<'a>(name: &'a str, own: &str) -> Option<&'a str> {
    ENDINGS.iter().find_map(|ending| {
        let (base, run) = name.rsplit_once(ending)?;
        let hexadecimal = run.len() == 8 && run.bytes().all(|byte| byte.is_ascii_hexdigit());
        (hexadecimal && run != own && !base.is_empty()).then_some(base)
    })
}

#[cfg(test)]
mod tests {
    use compiler::artifacts::manifest::Node;

    use super::*;

    #[test]
    fn only_temporary_names_of_known_nodes_in_our_schemas_count() {
        let mut manifest = Manifest::default();
        manifest.nodes.insert(
            "model.p.orders".into(),
            Node {
                alias: "orders".into(),
                ..Node::default()
            },
        );
        let row = |schema: &str, name: &str, kind: &str| {
            ["dev", schema, name, kind]
                .map(|text| Cell::Text(text.to_owned()))
                .to_vec()
        };
        let table = Table {
            columns: Vec::new(),
            rows: vec![
                row("main", "orders__dbt_tmp_0a1b2c3d", "VIEW"),
                row("main", "orders__dbt_backup_0a1b2c3d", "BASE TABLE"),
                row("main", "orders__dbt_tmp_ffffffff", "BASE TABLE"),
                row("main", "orders__dbt_tmp", "BASE TABLE"),
                row("main", "orders__dbt_tmp_customers", "BASE TABLE"),
                row("main", "unknown__dbt_tmp_0a1b2c3d", "BASE TABLE"),
                row("other", "orders__dbt_tmp_0a1b2c3d", "BASE TABLE"),
            ],
        };
        let places = [(Some("DEV".to_owned()), "main".to_owned())]
            .into_iter()
            .collect();
        let found = leftovers(
            &table,
            &manifest,
            &places,
            &run_id("ffffffff-ffff-4000-8000-000000000000"),
        );
        let statements: Vec<String> = found.iter().map(Leftover::drop_sql).collect();
        assert_eq!(
            statements,
            [
                "drop view if exists \"dev\".\"main\".\"orders__dbt_tmp_0a1b2c3d\" cascade",
                "drop table if exists \"dev\".\"main\".\"orders__dbt_backup_0a1b2c3d\" cascade",
            ]
        );
    }
}
