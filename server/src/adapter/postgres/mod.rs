//! PostgreSQL: a connection per worker thread, from a pool with a small runtime of its own behind the synchronous trait.

mod connection;
mod failure;
mod interrupt;
mod login;
mod settings;
mod split;
mod tag;
mod tls;
mod types;
mod values;

use std::sync::Arc;

use self::connection::PgConnection;
use self::interrupt::Line;
use self::login::Door;
use self::settings::Settings;
use super::{ConnectError, Connection, Connector, Patience, Target};
use crate::redact::Redactor;

/// A PostgreSQL target, with the connections to it that nobody uses at the moment.
pub struct Postgres {
    door: Arc<Door>,
}

impl Postgres {
    /// Reads the target and its certificates; the first connection shows whether it can be reached.
    pub(super) fn open(target: &Target, patience: &Patience<'_>) -> Result<Self, ConnectError> {
        let settings = Settings::of(target)?;
        let tls = tls::connector(&settings).map_err(|reason| ConnectError::Profile {
            output: target.name.clone(),
            reason,
        })?;
        let mut secrets = target.secrets.clone();
        // A password of digits alone is a number in the profile.
        let password = settings.password.iter();
        secrets.extend(password.map(|password| password.expose().to_owned()));
        let redactor = Redactor::of_profile(&target.config, &secrets);
        let door = Door::new(settings, tls, redactor, patience.cancel.clone())?;
        Ok(Self {
            door: Arc::new(door),
        })
    }
}

impl Connector for Postgres {
    fn connect(&self) -> Result<Connection, ConnectError> {
        let session = self.door.enter()?;
        let line = Arc::new(Line::new(Arc::clone(&self.door)));
        let warehouse = PgConnection::new(Arc::clone(&self.door), Arc::clone(&line), session);
        Ok(Connection {
            warehouse: Arc::new(warehouse),
            interrupt: line,
        })
    }

    fn redact(&self, text: &str) -> String {
        self.door.redactor.apply(text)
    }
}
