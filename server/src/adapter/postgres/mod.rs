//! PostgreSQL: a connection per worker thread, spoken to in its own protocol.
//!
//! The protocol's messages are the `postgres-protocol` crate's. The full client above it, `tokio-postgres`, keeps the
//! command tag and the column types of simple queries to itself, and both are what dbt's results are made of.

mod connection;
mod failure;
mod interrupt;
mod login;
mod session;
mod settings;
mod stream;
mod tls;
mod types;
mod values;

use std::sync::Arc;

use self::connection::PostgresConnection;
use self::interrupt::Line;
use self::login::Door;
use self::settings::Settings;
use super::{ConnectError, Connection, Connector, Patience, Redactor, Target};

/// A PostgreSQL target. Nothing is connected until a connection is asked for.
pub struct Postgres {
    door: Arc<Door>,
}

impl Postgres {
    /// Reads the profile and the certificates that it names.
    pub(super) fn open(target: &Target, patience: &Patience<'_>) -> Result<Self, ConnectError> {
        let settings = Settings::of(target)?;
        let tls = tls::config(&settings).map_err(|reason| ConnectError::Profile {
            output: target.name.clone(),
            reason,
        })?;
        let mut secrets = target.secrets.clone();
        // A password of digits alone is a number in the profile.
        secrets.extend(settings.password.iter().map(|password| password.expose().to_owned()));
        let door = Door {
            settings,
            tls,
            redactor: Redactor::new(&target.config, &secrets),
            cancel: patience.cancel.clone(),
        };
        Ok(Self {
            door: Arc::new(door),
        })
    }
}

impl Connector for Postgres {
    fn connect(&self) -> Result<Connection, ConnectError> {
        let session = self.door.enter()?;
        let line = Arc::new(Line::new(Arc::clone(&self.door)));
        let warehouse =
            PostgresConnection::new(Arc::clone(&self.door), Arc::clone(&line), session);
        Ok(Connection {
            warehouse: Arc::new(warehouse),
            interrupt: line,
        })
    }

    fn redact(&self, text: &str) -> String {
        self.door.redactor.clean(text)
    }
}
