//! One PostgreSQL connection behind the compiler's warehouse trait.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use compiler::adapter::{Column, Response, Table, Warehouse, WarehouseError};

use super::failure::Failure;
use super::interrupt::Line;
use super::login::Door;
use super::session::{Answer, Field, Session};
use super::{types, values};

/// A connection to a server. Where it is lost, the statement that noticed fails, and the next one connects anew.
pub(super) struct PostgresConnection {
    door: Arc<Door>,
    line: Arc<Line>,
    state: Mutex<State>,
}

struct State {
    /// `None` once it is lost.
    session: Option<Session>,
    /// Whether the session was lost inside a transaction that nobody has ended since.
    lost_work: bool,
    /// Names of types that the server was asked for.
    names: BTreeMap<(u32, i32), String>,
}

impl PostgresConnection {
    pub(super) fn new(door: Arc<Door>, line: Arc<Line>, session: Session) -> Self {
        line.set_key(session.key);
        let state = State {
            session: Some(session),
            lost_work: false,
            names: BTreeMap::new(),
        };
        Self {
            door,
            line,
            state: Mutex::new(state),
        }
    }

    /// The driver's state survives a panic elsewhere: each call leaves it whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work` on a session. A refusal ends the transaction, in which PostgreSQL would let nothing run any more.
    fn with<T>(
        &self,
        state: &mut State,
        sql: &str,
        work: impl FnOnce(&mut Session) -> Result<T, Failure>,
    ) -> Result<T, WarehouseError> {
        if state.lost_work {
            return Err(self.lost("its transaction went with an earlier connection"));
        }
        let session = if let Some(session) = &mut state.session {
            session
        } else {
            let session = self
                .door
                .enter()
                .map_err(|error| WarehouseError::Connection(error.to_string()))?;
            self.line.set_key(session.key);
            state.session.insert(session)
        };
        let before = session.in_transaction();
        let busy = self.line.busy();
        let result = work(session);
        let interrupted = busy.end();
        match result {
            Ok(answer) => Ok(answer),
            Err(Failure::Refused(error)) => {
                if session.in_transaction() {
                    self.end_transaction(state, "rollback")?;
                }
                if interrupted && error.is_canceled() {
                    return Err(WarehouseError::Cancelled);
                }
                let text = error.render(sql);
                Err(WarehouseError::Database(self.door.redactor.clean(&text)))
            }
            Err(Failure::Lost(reason)) => {
                state.session = None;
                state.lost_work = before;
                Err(self.lost(&reason))
            }
        }
    }

    /// Runs COMMIT or ROLLBACK, which nobody interrupts.
    fn end_transaction(&self, state: &mut State, word: &str) -> Result<(), WarehouseError> {
        let Some(session) = &mut state.session else {
            return Ok(());
        };
        match session.run(word, 0) {
            Ok(_) => Ok(()),
            Err(Failure::Refused(error)) => {
                let text = error.render(word);
                Err(WarehouseError::Database(self.door.redactor.clean(&text)))
            }
            Err(Failure::Lost(reason)) => {
                state.session = None;
                Err(self.lost(&reason))
            }
        }
    }

    fn lost(&self, reason: &str) -> WarehouseError {
        let address = self.door.settings.address();
        let reason = self.door.redactor.clean(reason);
        WarehouseError::Connection(format!("lost {address}: {reason}"))
    }

    /// The table of an answer. Types that are not built in are asked for by name.
    fn table(&self, state: &mut State, answer: Answer) -> Result<Table, WarehouseError> {
        let mut columns = Vec::with_capacity(answer.fields.len());
        for field in &answer.fields {
            columns.push(Column {
                name: field.name.clone(),
                data_type: self.type_name(state, field)?,
            });
        }
        let rows = answer.rows.iter().map(|row| {
            let cells = row.iter().zip(&answer.fields);
            cells
                .map(|(value, field)| values::cell(field.kind, value.as_deref()))
                .collect()
        });
        Ok(Table {
            columns,
            rows: rows.collect(),
        })
    }

    fn type_name(&self, state: &mut State, field: &Field) -> Result<String, WarehouseError> {
        let key = (field.kind, field.modifier);
        if let Some(name) =
            types::name(key.0, key.1).or_else(|| state.names.get(&key).cloned())
        {
            return Ok(name);
        }
        let sql = format!("select pg_catalog.format_type({}, {})", key.0, key.1);
        let answer = self.with(state, &sql, |session| session.run(&sql, 1))?;
        let value = answer.rows.first().and_then(|row| row.first()).cloned();
        let name = String::from_utf8_lossy(&value.flatten().unwrap_or_default()).into_owned();
        state.names.insert(key, name.clone());
        Ok(name)
    }
}

impl Warehouse for PostgresConnection {
    fn adapter_type(&self) -> &'static str {
        "postgres"
    }

    fn execute(
        &self,
        sql: &str,
        fetch: bool,
        limit: Option<usize>,
    ) -> Result<(Response, Table), WarehouseError> {
        let mut state = self.lock();
        let keep = if fetch { limit.unwrap_or(usize::MAX) } else { 0 };
        let answer = self.with(&mut state, sql, |session| session.run(sql, keep))?;
        let response = response(answer.tag.as_deref());
        let table = if fetch {
            self.table(&mut state, answer)?
        } else {
            Table::default()
        };
        Ok((response, table))
    }

    fn begin(&self) -> Result<(), WarehouseError> {
        let mut state = self.lock();
        if self.door.settings.autocommit {
            return Ok(());
        }
        self.with(&mut state, "begin", |session| {
            if session.in_transaction() {
                return Ok(());
            }
            session.run("begin", 0).map(drop)
        })
    }

    fn commit(&self) -> Result<(), WarehouseError> {
        let mut state = self.lock();
        if state.lost_work {
            state.lost_work = false;
            return Err(self.lost("what it had not committed is undone"));
        }
        match &state.session {
            Some(session) if session.in_transaction() => self.end_transaction(&mut state, "commit"),
            _ => Ok(()),
        }
    }

    fn rollback(&self) -> Result<(), WarehouseError> {
        let mut state = self.lock();
        state.lost_work = false;
        match &state.session {
            // SQL of the project may have opened it.
            Some(session) if session.in_transaction() => self.end_transaction(&mut state, "rollback"),
            _ => Ok(()),
        }
    }

    fn load_rows(&self, relation: &str, table: &Table) -> Result<u64, WarehouseError> {
        let mut state = self.lock();
        let sql = format!("copy {relation} from stdin");
        let lines = table.rows.iter().map(|row| values::copy_line(row));
        self.with(&mut state, &sql, |session| session.copy_in(&sql, lines))?;
        Ok(table.rows.len() as u64)
    }

    fn default_database(&self) -> String {
        self.door.settings.database.clone()
    }
}

/// What dbt-postgres makes of a command tag: `INSERT 0 3` is the command INSERT with three rows.
fn response(tag: Option<&str>) -> Response {
    let Some(tag) = tag else {
        return Response {
            message: "OK".to_owned(),
            ..Response::default()
        };
    };
    let (numbers, words): (Vec<&str>, Vec<&str>) = tag
        .split_whitespace()
        .partition(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    Response {
        message: tag.to_owned(),
        code: words.join(" "),
        // -1 is the driver's word for "no rows to count".
        rows_affected: Some(
            numbers
                .last()
                .and_then(|count| count.parse().ok())
                .unwrap_or(-1),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::response;

    #[test]
    fn a_command_tag_gives_code_and_rows() {
        let check = |tag: &str, code: &str, rows: i64| {
            let response = response(Some(tag));
            assert_eq!(response.message, tag);
            assert_eq!(response.code, code);
            assert_eq!(response.rows_affected, Some(rows));
        };
        check("SELECT 42", "SELECT", 42);
        check("INSERT 0 3", "INSERT", 3);
        check("CREATE VIEW", "CREATE VIEW", -1);
    }
}
