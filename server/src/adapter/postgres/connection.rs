//! One PostgreSQL connection behind the compiler's warehouse trait.

use std::fmt::Write as _;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use compiler::adapter::{Cell, Column, Response, Table, Warehouse, WarehouseError};
use futures_util::SinkExt;
use tokio::runtime::Runtime;
use tokio_postgres::error::SqlState;
use tokio_postgres::{CancelToken, Client, NoTls, SimpleQueryMessage};

use super::{split, tag, values};
use crate::adapter::{Interrupt, Redactor};

/// How much of a bulk load goes over the wire at once.
const CHUNK: usize = 1 << 16;

/// A connection with a small runtime of its own, which turns only while a call waits.
pub(super) struct PgConnection {
    state: Mutex<State>,
    database: String,
    redactor: Arc<Redactor>,
    cancel: CancelToken,
}

struct State {
    runtime: Runtime,
    client: Client,
    in_transaction: bool,
}

impl PgConnection {
    pub(super) fn new(runtime: Runtime, client: Client, database: String, redactor: Arc<Redactor>) -> Self {
        let cancel = client.cancel_token();
        Self { state: Mutex::new(State { runtime, client, in_transaction: false }), database, redactor, cancel }
    }

    pub(super) fn interrupt(&self) -> Arc<dyn Interrupt> {
        Arc::new(Handle(self.cancel.clone()))
    }

    /// The client's state survives a panic elsewhere: the server keeps it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, error: &tokio_postgres::Error) -> WarehouseError {
        if error.code() == Some(&SqlState::QUERY_CANCELED) {
            return WarehouseError::Cancelled;
        }
        let text = self.redactor.clean(&message(error));
        if error.is_closed() { WarehouseError::Connection(text) } else { WarehouseError::Database(text) }
    }

    fn transact(&self, state: &mut State, word: &str) -> Result<(), WarehouseError> {
        state.runtime.block_on(state.client.batch_execute(word)).map_err(|error| self.error(&error))
    }
}

impl Warehouse for PgConnection {
    fn adapter_type(&self) -> &'static str {
        "postgres"
    }

    fn execute(&self, sql: &str, fetch: bool, limit: Option<usize>) -> Result<(Response, Table), WarehouseError> {
        let statements = split::statements(sql);
        let Some((last, before)) = statements.split_last() else {
            return Ok((Response { message: "OK".to_owned(), ..Response::default() }, Table::default()));
        };
        let mut state = self.lock();
        let outcome = state.runtime.block_on(run(&state.client, before, last, fetch, limit));
        outcome.map_err(|error| {
            let error = self.error(&error);
            // PostgreSQL lets nothing run in a transaction that failed. A lost connection has none.
            state.in_transaction = false;
            let _ = self.transact(&mut state, "rollback");
            error
        })
    }

    fn begin(&self) -> Result<(), WarehouseError> {
        let mut state = self.lock();
        if !state.in_transaction {
            self.transact(&mut state, "begin")?;
            state.in_transaction = true;
        }
        Ok(())
    }

    fn commit(&self) -> Result<(), WarehouseError> {
        let mut state = self.lock();
        if state.in_transaction {
            state.in_transaction = false;
            self.transact(&mut state, "commit")?;
        }
        Ok(())
    }

    fn rollback(&self) -> Result<(), WarehouseError> {
        let mut state = self.lock();
        state.in_transaction = false;
        // Outside of a transaction this is a warning only.
        self.transact(&mut state, "rollback")
    }

    fn load_rows(&self, relation: &str, table: &Table) -> Result<u64, WarehouseError> {
        let state = self.lock();
        let copied = state.runtime.block_on(copy(&state.client, relation, table));
        copied.map_err(|error| self.error(&error))
    }

    fn default_database(&self) -> String {
        self.database.clone()
    }
}

struct Handle(CancelToken);

impl Interrupt for Handle {
    fn interrupt(&self) {
        // Cancelling is a request on a connection of its own; what cannot be cancelled now is asked for again.
        if let Ok(runtime) = super::runtime() {
            let _ = runtime.block_on(self.0.cancel_query(NoTls));
        }
    }
}

/// Runs all statements; the rows are the last one's. Types come from preparing it, values as text.
async fn run(
    client: &Client,
    before: &[&str],
    last: &str,
    fetch: bool,
    limit: Option<usize>,
) -> Result<(Response, Table), tokio_postgres::Error> {
    if !before.is_empty() {
        client.batch_execute(&before.join(";\n")).await?;
    }
    let mut table = Table::default();
    let mut types = Vec::new();
    if fetch {
        let statement = client.prepare(last).await?;
        for column in statement.columns() {
            types.push(column.type_().clone());
            table.columns.push(Column { name: column.name().to_owned(), data_type: values::type_name(column.type_()) });
        }
    }
    let mut rows = 0;
    for message in client.simple_query(last).await? {
        match message {
            SimpleQueryMessage::Row(row) if fetch && table.rows.len() < limit.unwrap_or(usize::MAX) => {
                let cells = types.iter().enumerate().map(|(index, kind)| values::cell(kind, row.get(index)));
                table.rows.push(cells.collect());
            }
            SimpleQueryMessage::CommandComplete(count) => rows = count,
            _ => {}
        }
    }
    Ok((tag::response(last, rows), table))
}

async fn copy(client: &Client, relation: &str, table: &Table) -> Result<u64, tokio_postgres::Error> {
    let sink = client.copy_in::<_, Bytes>(&format!("copy {relation} from stdin with (format csv)")).await?;
    let mut sink = pin!(sink);
    let mut text = String::new();
    for row in &table.rows {
        for (index, cell) in row.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            write_cell(&mut text, cell);
        }
        text.push('\n');
        if text.len() > CHUNK {
            sink.send(Bytes::from(std::mem::take(&mut text))).await?;
        }
    }
    sink.send(Bytes::from(text)).await?;
    sink.finish().await
}

/// A field of CSV: NULL is nothing, everything else is quoted.
fn write_cell(text: &mut String, cell: &Cell) {
    let value = match cell {
        Cell::Null => return,
        Cell::Bool(value) => value.to_string(),
        Cell::Int(value) => value.to_string(),
        Cell::Float(value) => value.to_string(),
        Cell::Decimal(value) | Cell::Text(value) | Cell::Date(value) | Cell::Timestamp(value) => value.replace('"', "\"\""),
    };
    // Writing to a String cannot fail.
    let _ = write!(text, "\"{value}\"");
}

/// The server's words, as psql shows them.
pub(super) fn message(error: &tokio_postgres::Error) -> String {
    let Some(database) = error.as_db_error() else {
        let source = std::error::Error::source(error);
        return source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    };
    let mut text = database.message().to_owned();
    for (word, part) in [("DETAIL", database.detail()), ("HINT", database.hint())] {
        if let Some(part) = part {
            let _ = write!(text, "\n{word}:  {part}");
        }
    }
    text
}
