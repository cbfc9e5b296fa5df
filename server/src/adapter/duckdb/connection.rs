//! One DuckDB connection behind the compiler's warehouse trait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use compiler::adapter::{Cell, Column, Response, Rows, Table, Warehouse, WarehouseError};
use duckdb::InterruptHandle;
use duckdb::arrow::array::Array;
use duckdb::core::{LogicalTypeHandle, LogicalTypeId};
use duckdb::types::{ToSql, ToSqlOutput, Value, ValueRef};

use super::database::Database;
use super::files::Files;
use super::settings::Settings;
use super::{types, values};
use crate::adapter::Interrupt;
use crate::redact::Redactor;

/// A connection to a [`Database`], which it keeps open.
pub(super) struct DuckDbConnection {
    state: Mutex<State>,
    default_database: String,
    transactions: bool,
    redactor: Arc<Redactor>,
    files: Files,
    _database: Arc<Database>,
}

struct State {
    connection: duckdb::Connection,
    /// Whether [`Warehouse::begin`] opened a transaction that nobody ended.
    in_transaction: bool,
    /// Whether a transaction may be open that [`Warehouse::begin`] does not know of.
    may_be_open: bool,
}

impl DuckDbConnection {
    pub(super) fn new(
        connection: duckdb::Connection,
        settings: &Settings,
        redactor: Arc<Redactor>,
        database: Arc<Database>,
    ) -> Self {
        let state = Mutex::new(State {
            connection,
            in_transaction: false,
            may_be_open: false,
        });
        Self {
            state,
            default_database: settings.database.clone(),
            transactions: !settings.disable_transactions,
            redactor,
            files: settings.files.clone(),
            _database: database,
        }
    }

    pub(super) fn interrupt(&self) -> Arc<dyn Interrupt> {
        Arc::new(Handle(self.lock().connection.interrupt_handle()))
    }

    /// The driver's state survives a panic elsewhere: each call leaves it whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, error: &duckdb::Error) -> WarehouseError {
        let text = message(error);
        if text.starts_with("INTERRUPT Error") {
            return WarehouseError::Cancelled;
        }
        WarehouseError::Database(self.redactor.apply(&text))
    }

    /// Runs one of BEGIN, COMMIT, ROLLBACK; `harmless` is in the error that means there was nothing to do.
    fn transact(
        &self,
        state: &mut State,
        word: &str,
        harmless: &str,
    ) -> Result<(), WarehouseError> {
        if !self.transactions {
            return Ok(());
        }
        match state.connection.execute_batch(word) {
            Err(error) if !message(&error).contains(harmless) => Err(self.error(&error)),
            _ => Ok(()),
        }
    }
}

impl Warehouse for DuckDbConnection {
    fn adapter_type(&self) -> &'static str {
        "duckdb"
    }

    fn execute(
        &self,
        sql: &str,
        fetch: bool,
        limit: Option<usize>,
    ) -> Result<(Response, Table), WarehouseError> {
        let response = Response {
            message: "OK".to_owned(),
            ..Response::default()
        };
        if is_blank(sql) {
            return Ok((response, Table::default()));
        }
        let mut state = self.lock();
        state.may_be_open |= mentions_transaction(sql);
        match run(&state.connection, sql, fetch, limit) {
            Ok(table) => Ok((response, table)),
            Err(error) => {
                let error = self.error(&error);
                // DuckDB lets nothing run in a transaction that failed.
                state.in_transaction = false;
                self.transact(&mut state, "rollback", "no transaction is active")?;
                Err(error)
            }
        }
    }

    fn begin(&self) -> Result<(), WarehouseError> {
        let mut state = self.lock();
        if !state.in_transaction {
            self.transact(&mut state, "begin transaction", "within a transaction")?;
            state.in_transaction = true;
        }
        Ok(())
    }

    fn commit(&self) -> Result<(), WarehouseError> {
        let mut state = self.lock();
        if state.in_transaction {
            state.in_transaction = false;
            // A hook's own COMMIT may have ended it.
            self.transact(&mut state, "commit", "no transaction is active")?;
        }
        Ok(())
    }

    fn rollback(&self) -> Result<(), WarehouseError> {
        let mut state = self.lock();
        let open = std::mem::take(&mut state.in_transaction) | state.may_be_open;
        if !open {
            return Ok(());
        }
        state.may_be_open = false;
        // Also where the profile asks for no transactions: SQL of the project, or a macro, may have opened one.
        match state.connection.execute_batch("rollback") {
            Err(error) if !message(&error).contains("no transaction is active") => {
                Err(self.error(&error))
            }
            _ => Ok(()),
        }
    }

    fn load_rows(
        &self,
        relation: &str,
        columns: &[String],
        rows: &mut Rows<'_>,
    ) -> Result<u64, WarehouseError> {
        let parts = name_parts(relation);
        let (catalog, schema, name) = match parts.as_slice() {
            [catalog, schema, name] => (catalog.as_str(), schema.as_str(), name.as_str()),
            [schema, name] => (
                self.default_database.as_str(),
                schema.as_str(),
                name.as_str(),
            ),
            _ => {
                return Err(WarehouseError::Database(format!(
                    "'{relation}' is not a complete name of a table"
                )));
            }
        };
        let state = self.lock();
        let place = [catalog, schema, name];
        let known = described(&state.connection, place).map_err(|error| self.error(&error))?;
        let columns = columns.iter().map(|column| {
            // The appender, unlike SQL, tells capitals from small letters and keeps the white space around a name.
            let wanted = name_parts(column.trim()).join(".");
            let found = known
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(&wanted));
            found.cloned().unwrap_or((wanted, String::new()))
        });
        let columns: Vec<(String, String)> = columns.collect();
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let mut appender = state
            .connection
            .appender_with_columns_to_catalog_and_db(name, catalog, schema, &names)
            .map_err(|error| self.error(&error))?;
        let mut count = 0;
        for row in rows {
            let row = row?;
            let bound = duckdb::appender_params_from_iter(row.iter().map(Bound));
            if let Err(error) = appender.append_row(bound) {
                let reason = match self.error(&error) {
                    WarehouseError::Database(reason) => reason,
                    other => return Err(other),
                };
                drop(appender);
                return Err(WarehouseError::Misfit {
                    reason,
                    row: count,
                    column: misfit(&state.connection, &columns, &row),
                });
            }
            count += 1;
        }
        appender.flush().map_err(|error| self.error(&error))?;
        Ok(count)
    }

    fn stage_file(&self, location: &str, replaces: bool) -> Result<String, WarehouseError> {
        let staged = self.files.stage(location, replaces);
        staged.map_err(|error| unwritten(location, &error))
    }

    fn publish_file(&self, location: &str) -> Result<(), WarehouseError> {
        let published = self.files.publish(location);
        published.map_err(|error| unwritten(location, &error))
    }

    fn default_database(&self) -> String {
        self.default_database.clone()
    }
}

fn unwritten(location: &str, error: &std::io::Error) -> WarehouseError {
    WarehouseError::Database(format!("'{location}' cannot be written: {error}"))
}

struct Handle(Arc<InterruptHandle>);

impl Interrupt for Handle {
    fn interrupt(&self) {
        self.0.interrupt();
    }
}

/// A cell on its way into a table: DuckDB casts text to the column's type.
struct Bound<'a>(&'a Cell);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> duckdb::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Cell::Null => ToSqlOutput::Owned(Value::Null),
            Cell::Bool(value) => ToSqlOutput::Owned(Value::Boolean(*value)),
            Cell::Int(value) => ToSqlOutput::Owned(Value::BigInt(*value)),
            Cell::Float(value) => ToSqlOutput::Owned(Value::Double(*value)),
            Cell::Decimal(text) | Cell::Text(text) | Cell::Date(text) | Cell::Timestamp(text) => {
                ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
            }
        })
    }
}

/// Names and types of a table's columns.
fn described(
    connection: &duckdb::Connection,
    [catalog, schema, table]: [&str; 3],
) -> duckdb::Result<Vec<(String, String)>> {
    let sql = "select column_name, data_type from duckdb_columns()
               where database_name = ? and schema_name = ? and table_name = ?";
    let mut statement = connection.prepare(sql)?;
    let columns = statement.query_map([catalog, schema, table], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    columns.collect()
}

/// Which cell of a row does not fit the column, of this name and type, that it is for; if that can be told.
fn misfit(
    connection: &duckdb::Connection,
    columns: &[(String, String)],
    row: &[Cell],
) -> Option<usize> {
    let fits = |kind: &str, cell: &Cell| {
        let sql = format!("select ? is null or try_cast(? as {kind}) is not null");
        connection.query_row(&sql, [Bound(cell), Bound(cell)], |row| row.get(0))
    };
    let mut cells = columns.iter().zip(row);
    cells.position(|((_, kind), cell)| fits(kind, cell).is_ok_and(|fits: bool| !fits))
}

/// Runs all statements of `sql`; the rows are the last one's.
fn run(
    connection: &duckdb::Connection,
    sql: &str,
    fetch: bool,
    limit: Option<usize>,
) -> duckdb::Result<Table> {
    let mut table = Table::default();
    if !fetch {
        // A prepared statement is planned twice where other connections change the catalog in between.
        connection.execute_batch(sql)?;
        return Ok(table);
    }
    let mut statement = connection.prepare(sql)?;
    statement.execute([])?;
    let schema = statement.schema();
    let kinds: Vec<_> = (0..schema.fields().len())
        .map(|index| statement.column_logical_type(index))
        .collect();
    for (field, kind) in schema.fields().iter().zip(&kinds) {
        table.columns.push(Column {
            name: field.name().clone(),
            data_type: types::name(kind),
        });
    }
    let kinds: Vec<LogicalTypeId> = kinds.iter().map(LogicalTypeHandle::id).collect();
    let limit = limit.unwrap_or(usize::MAX);
    while table.rows.len() < limit {
        let Some(batch) = statement.step()? else {
            break;
        };
        for row in 0..batch.len().min(limit - table.rows.len()) {
            let cells = batch
                .columns()
                .iter()
                .zip(&kinds)
                .map(|(array, &kind)| values::cell(array, row, kind));
            table.rows.push(cells.collect());
        }
    }
    Ok(table)
}

/// Whether SQL of the project may open a transaction: `begin`, `start transaction`.
fn mentions_transaction(sql: &str) -> bool {
    let mut words = sql.split(|c: char| !c.is_ascii_alphabetic());
    words.any(|word| word.eq_ignore_ascii_case("begin") || word.eq_ignore_ascii_case("transaction"))
}

/// The driver's words alone.
pub(super) fn message(error: &duckdb::Error) -> String {
    match error {
        duckdb::Error::DuckDBFailure(_, Some(text)) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether there is nothing but space, comments and semicolons, which DuckDB refuses to run.
fn is_blank(sql: &str) -> bool {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else {
            return rest.is_empty();
        }
    }
}

/// The parts of a quoted name: `"a"."b.c"` → `a`, `b.c`.
fn name_parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut characters = name.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                push(&mut parts, '"');
            }
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            _ => push(&mut parts, c),
        }
    }
    parts
}

fn push(parts: &mut [String], c: char) {
    if let Some(last) = parts.last_mut() {
        last.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::{is_blank, name_parts};

    #[test]
    fn quoted_names_split_at_the_dots_between_their_parts() {
        assert_eq!(
            name_parts(r#""dev"."my.schema"."a""b""#),
            ["dev", "my.schema", "a\"b"]
        );
        assert_eq!(name_parts("main.orders"), ["main", "orders"]);
    }

    #[test]
    fn comments_alone_are_nothing_to_run() {
        assert!(is_blank(" -- one\n/* two\n */ ;\n"));
        assert!(!is_blank("/* x */ select 1"));
    }
}
