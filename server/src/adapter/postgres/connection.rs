//! One PostgreSQL connection behind the compiler's warehouse trait.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use compiler::adapter::{Column, Response, Rows, Table, Warehouse, WarehouseError};
use deadpool_postgres::Client as Session;
use futures_util::{SinkExt, TryStreamExt};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::interrupt::Line;
use super::login::Door;
use super::{failure, split, tag, types, values};

/// How long an idle session may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How much of a bulk load goes over the wire at once.
const CHUNK: usize = 1 << 16;

/// A connection to a server. Where it is lost, the call that notices fails, and the next one connects anew.
pub(super) struct PgConnection {
    door: Arc<Door>,
    line: Arc<Line>,
    state: Mutex<State>,
}

struct State {
    /// `None` once it is lost.
    session: Option<Session>,
    in_transaction: bool,
    /// Whether a session was lost inside a transaction that nobody has ended since.
    lost_work: bool,
}

impl PgConnection {
    pub(super) fn new(door: Arc<Door>, line: Arc<Line>, session: Session) -> Self {
        line.attach(&session);
        let state = State {
            session: Some(session),
            in_transaction: false,
            lost_work: false,
        };
        Self {
            door,
            line,
            state: Mutex::new(state),
        }
    }

    /// The client's state survives a panic elsewhere: the server keeps it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session there is, or a new one.
    fn session<'a>(&self, session: &'a mut Option<Session>) -> Result<&'a Session, WarehouseError> {
        if session.is_none() {
            let made = self.door.enter();
            let made = made.map_err(|error| WarehouseError::Connection(error.to_string()))?;
            self.line.attach(&made);
            *session = Some(made);
        }
        session
            .as_ref()
            .ok_or_else(|| self.lost("no session was made"))
    }

    /// Does `work` on a session. An error ends the transaction, in which PostgreSQL would let nothing run any more.
    fn run<T>(
        &self,
        state: &mut State,
        sql: &str,
        work: impl AsyncFnOnce(&Client) -> Result<T, Error>,
    ) -> Result<T, WarehouseError> {
        if state.lost_work {
            return Err(self.lost("its transaction is undone"));
        }
        let session = self.session(&mut state.session)?;
        let busy = self.line.busy();
        let result = self.door.wait(work(session));
        let interrupted = busy.end();
        let error = match result {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if failure::is_lost(&error) {
            return Err(self.lose(state, &error));
        }
        state.in_transaction = false;
        self.transact(state, "rollback")?;
        if interrupted && error.code() == Some(&SqlState::QUERY_CANCELED) {
            return Err(WarehouseError::Cancelled);
        }
        Err(self.refused(&error, sql))
    }

    /// Runs BEGIN, COMMIT or ROLLBACK on the session there is; nobody interrupts it.
    fn transact(&self, state: &mut State, word: &str) -> Result<(), WarehouseError> {
        let Some(session) = &state.session else {
            return Ok(());
        };
        let result = self.door.wait(session.batch_execute(word));
        result.map_err(|error| {
            if failure::is_lost(&error) {
                self.lose(state, &error)
            } else {
                self.refused(&error, word)
            }
        })
    }

    fn lose(&self, state: &mut State, error: &Error) -> WarehouseError {
        state.session = None;
        state.lost_work = std::mem::take(&mut state.in_transaction);
        self.lost(&failure::render(error, ""))
    }

    fn lost(&self, reason: &str) -> WarehouseError {
        let address = self.door.settings.address();
        let reason = self.door.redactor.apply(reason);
        WarehouseError::Connection(format!("lost {address}: {reason}"))
    }

    fn refused(&self, error: &Error, sql: &str) -> WarehouseError {
        let text = failure::render(error, sql);
        WarehouseError::Database(self.door.redactor.apply(&text))
    }
}

impl Drop for PgConnection {
    /// Gives the session back to the pool, unless it may hold locks there that nobody would let go of.
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(session) = state.session.take() else {
            return;
        };
        let undone = self.door.wait(async {
            let rollback = session.batch_execute("rollback");
            tokio::time::timeout(PATIENCE, rollback).await
        });
        if !matches!(undone, Ok(Ok(()))) {
            drop(Session::take(session));
        }
    }
}

impl Warehouse for PgConnection {
    fn adapter_type(&self) -> &'static str {
        "postgres"
    }

    fn ready(&self) -> Result<(), WarehouseError> {
        let mut state = self.lock();
        if let Some(session) = &state.session {
            let answer = self.door.wait(session.simple_query(""));
            if answer.is_err_and(|error| failure::is_lost(&error)) {
                state.session = None;
                state.lost_work = false;
                state.in_transaction = false;
            }
        }
        self.session(&mut state.session).map(|_| ())
    }

    fn execute(
        &self,
        sql: &str,
        fetch: bool,
        limit: Option<usize>,
    ) -> Result<(Response, Table), WarehouseError> {
        let Some(last) = split::statements(sql).pop() else {
            let response = Response {
                message: "OK".to_owned(),
                ..Response::default()
            };
            return Ok((response, Table::default()));
        };
        let mut state = self.lock();
        let keep = if fetch {
            limit.unwrap_or(usize::MAX)
        } else {
            0
        };
        let answer = self.run(&mut state, sql, async |client| {
            answer(client, sql, keep).await
        })?;
        let response = tag::response(last, answer.count);
        if !fetch || !answer.has_rows {
            return Ok((response, Table::default()));
        }
        let columns = self.run(&mut state, last, async |client| columns(client, last).await)?;
        let rows = answer.rows.iter().map(|row| {
            let cells = columns.iter().enumerate();
            cells
                .map(|(index, (_, kind))| values::cell(kind, row.get(index)))
                .collect()
        });
        let table = Table {
            rows: rows.collect(),
            columns: columns.into_iter().map(|(column, _)| column).collect(),
        };
        Ok((response, table))
    }

    fn begin(&self) -> Result<(), WarehouseError> {
        let mut state = self.lock();
        if state.in_transaction || self.door.settings.autocommit {
            return Ok(());
        }
        self.run(&mut state, "begin", async |client| {
            client.batch_execute("begin").await
        })?;
        state.in_transaction = true;
        Ok(())
    }

    fn commit(&self) -> Result<(), WarehouseError> {
        let mut state = self.lock();
        if std::mem::take(&mut state.lost_work) {
            return Err(self.lost("what was not committed is undone"));
        }
        if !std::mem::take(&mut state.in_transaction) {
            return Ok(());
        }
        let committed = self.transact(&mut state, "commit");
        committed.map_err(|error| match error {
            WarehouseError::Connection(reason) => WarehouseError::Connection(format!(
                "{reason}; it was committing, and whether its work is kept is not known"
            )),
            refused => refused,
        })
    }

    fn rollback(&self) -> Result<(), WarehouseError> {
        let mut state = self.lock();
        state.lost_work = false;
        state.in_transaction = false;
        // Tried even where none was begun here: SQL of the project may have opened one. Else this is a warning only.
        self.transact(&mut state, "rollback")
    }

    fn load_rows(
        &self,
        relation: &str,
        columns: &[String],
        rows: &mut Rows<'_>,
    ) -> Result<u64, WarehouseError> {
        let mut state = self.lock();
        let sql = format!("copy {relation} ({}) from stdin", columns.join(", "));
        let copied = self.run(&mut state, &sql, async |client| {
            copy(client, &sql, rows).await
        });
        match copied {
            Ok(Ok(count)) => Ok(count),
            Ok(Err(error)) => {
                // The server was told to forget what it was sent.
                state.in_transaction = false;
                self.transact(&mut state, "rollback")?;
                Err(error)
            }
            Err(WarehouseError::Database(text)) => Err(failure::misfit(text, columns)),
            Err(error) => Err(error),
        }
    }

    fn default_database(&self) -> String {
        self.door.settings.database.clone()
    }
}

/// What the last statement of a text answered.
struct Answer {
    has_rows: bool,
    rows: Vec<tokio_postgres::SimpleQueryRow>,
    /// Rows that it returned or touched.
    count: u64,
}

/// Runs all statements in one go, as psycopg2 does: outside of a transaction they share an implicit one.
/// Of the last one's rows, the first `keep` are kept.
async fn answer(client: &Client, sql: &str, keep: usize) -> Result<Answer, Error> {
    let mut answer = Answer {
        has_rows: false,
        rows: Vec::new(),
        count: 0,
    };
    let mut ended = false;
    let mut messages = pin!(client.simple_query_raw(sql).await?);
    while let Some(message) = messages.try_next().await? {
        if std::mem::take(&mut ended) {
            answer.has_rows = false;
            answer.rows.clear();
        }
        match message {
            SimpleQueryMessage::RowDescription(_) => answer.has_rows = true,
            SimpleQueryMessage::Row(row) if answer.rows.len() < keep => answer.rows.push(row),
            SimpleQueryMessage::CommandComplete(count) => {
                answer.count = count;
                ended = true;
            }
            _ => {}
        }
    }
    Ok(answer)
}

/// The columns that a statement gives. Asked for after it ran, when all that it reads is there.
async fn columns(
    client: &Client,
    statement: &str,
) -> Result<Vec<(Column, tokio_postgres::types::Type)>, Error> {
    let prepared = client.prepare(statement).await?;
    let columns = prepared.columns().iter().map(|column| {
        let kind = column.type_();
        let data_type = types::name(kind, column.type_modifier());
        let name = column.name().to_owned();
        (Column { name, data_type }, kind.clone())
    });
    Ok(columns.collect())
}

/// Sends the rows as they come. Where one cannot be had, its error is the answer and nothing is loaded.
async fn copy(
    client: &Client,
    sql: &str,
    rows: &mut Rows<'_>,
) -> Result<Result<u64, WarehouseError>, Error> {
    let mut sink = pin!(client.copy_in::<_, Bytes>(sql).await?);
    let mut text = Vec::new();
    for row in rows {
        match row {
            Ok(row) => values::copy_line(&mut text, &row),
            // Letting go of an unfinished copy takes it back.
            Err(error) => return Ok(Err(error)),
        }
        if text.len() > CHUNK {
            sink.send(Bytes::from(std::mem::take(&mut text))).await?;
        }
    }
    sink.send(Bytes::from(text)).await?;
    sink.finish().await.map(Ok)
}
