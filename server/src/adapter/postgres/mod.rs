//! PostgreSQL: a connection per worker thread, each with a small runtime of its own behind the synchronous trait.

mod connection;
mod settings;
mod split;
mod tag;
mod values;

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::NoTls;

use self::connection::{PgConnection, message};
use self::settings::Settings;
use super::{ConnectError, Connection, Connector, Redactor, Target};

/// A PostgreSQL target. It holds nothing open; connections do.
pub struct Postgres {
    settings: Settings,
    redactor: Arc<Redactor>,
}

impl Postgres {
    /// Reads the target; the first connection shows whether it can be reached.
    pub(super) fn open(target: &Target) -> Result<Self, ConnectError> {
        Ok(Self {
            settings: Settings::of(target)?,
            redactor: Arc::new(Redactor::new(&target.config, &target.secrets)),
        })
    }
}

impl Connector for Postgres {
    fn connect(&self) -> Result<Connection, ConnectError> {
        let failed = |error: &tokio_postgres::Error| ConnectError::Driver(self.redactor.clean(&message(error)));
        let runtime = runtime().map_err(|error| ConnectError::Driver(error.to_string()))?;
        let mut attempt = 0;
        let (client, connection) = loop {
            attempt += 1;
            match runtime.block_on(self.settings.config.connect(NoTls)) {
                Ok(pair) => break pair,
                Err(error) if attempt >= self.settings.attempts || error.as_db_error().is_some() => {
                    return Err(failed(&error));
                }
                Err(_) => {}
            }
        };
        // The driver's half runs while the client's calls wait. How it ends, the client's next call tells.
        runtime.spawn(async move {
            let _ = connection.await;
        });
        for sql in &self.settings.each {
            runtime.block_on(client.batch_execute(sql)).map_err(|error| failed(&error))?;
        }
        let warehouse =
            PgConnection::new(runtime, client, self.settings.database.clone(), Arc::clone(&self.redactor));
        let interrupt = warehouse.interrupt();
        Ok(Connection { warehouse: Arc::new(warehouse), interrupt })
    }

    fn redact(&self, text: &str) -> String {
        self.redactor.clean(text)
    }
}

/// A runtime that lives on the thread that waits on it.
fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
