//! DuckDB, embedded: one instance per file, a connection per worker thread.

mod connection;
mod database;
mod files;
mod settings;
mod types;
mod values;

use std::sync::{Arc, PoisonError};

use self::connection::{DuckDbConnection, message};
use self::database::{Database, patiently};
use self::settings::Settings;
use super::{ConnectError, Connection, Connector, Patience, Target};
use crate::redact::Redactor;

pub(super) use self::settings::has_files;

/// An open DuckDB target.
pub struct DuckDb {
    database: Arc<Database>,
    settings: Settings,
    redactor: Arc<Redactor>,
}

impl DuckDb {
    /// Opens the file (or memory), loads extensions, makes secrets and attaches databases.
    pub(super) fn open(target: &Target, patience: &Patience<'_>) -> Result<Self, ConnectError> {
        let settings = Settings::of(target)?;
        let redactor = Arc::new(Redactor::of_profile(&target.config, &target.secrets));
        let prepare = |connection: &duckdb::Connection| {
            for (purpose, sql) in &settings.once {
                patiently(patience, || {
                    let done = connection.execute_batch(sql);
                    done.map_err(|error| {
                        let text = format!("{purpose}: {}", message(&error));
                        ConnectError::Driver(redactor.apply(&text))
                    })
                })?;
            }
            Ok(())
        };
        let database = Database::open(&settings, patience, prepare)?;
        Ok(Self {
            database,
            settings,
            redactor,
        })
    }

    fn driver_error(&self, error: &duckdb::Error) -> ConnectError {
        ConnectError::Driver(self.redactor.apply(&message(error)))
    }
}

impl Connector for DuckDb {
    fn connect(&self) -> Result<Connection, ConnectError> {
        let root = self
            .database
            .root
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let connection = root
            .try_clone()
            .map_err(|error| self.driver_error(&error))?;
        drop(root);
        for sql in &self.settings.each {
            connection
                .execute_batch(sql)
                .map_err(|error| self.driver_error(&error))?;
        }
        let warehouse = DuckDbConnection::new(
            connection,
            &self.settings,
            Arc::clone(&self.redactor),
            Arc::clone(&self.database),
        );
        let interrupt = warehouse.interrupt();
        Ok(Connection {
            warehouse: Arc::new(warehouse),
            interrupt,
        })
    }

    fn redact(&self, text: &str) -> String {
        self.redactor.apply(text)
    }
}
