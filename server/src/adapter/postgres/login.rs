//! From a profile to a connection: encryption, log-in, further tries.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failure;
use super::settings::{Settings, SslMode};
use crate::adapter::ConnectError;
use crate::execute::CancelToken;
use crate::redact::Redactor;

/// A server and how to get into it.
pub(super) struct Door {
    pub(super) settings: Settings,
    /// `None` where connections are never encrypted.
    pub(super) tls: Option<MakeRustlsConnect>,
    pub(super) redactor: Redactor,
    /// Ends the wait between two tries.
    pub(super) cancel: CancelToken,
}

/// A logged-in connection. Its runtime turns only while a call waits.
pub(super) struct Session {
    pub(super) runtime: Runtime,
    pub(super) client: Client,
    /// Whether it is encrypted as far as this side decides, which a cancel request must be as well.
    pub(super) encrypted: bool,
}

impl Door {
    /// A new session; as with dbt-postgres after `retries` further tries at the most, 0, 1, 4, 9… seconds apart.
    pub(super) fn enter(&self) -> Result<Session, ConnectError> {
        let mut attempt = 0;
        loop {
            let error = match self.attempt() {
                Ok(session) => return Ok(session),
                Err(Refusal::System(text)) => return Err(ConnectError::Driver(text)),
                Err(Refusal::Server(error)) => error,
            };
            if attempt >= self.settings.retries || !may_pass(&error) {
                return Err(ConnectError::Driver(
                    self.redactor.apply(&self.describe(&error)),
                ));
            }
            if self
                .cancel
                .wait(Duration::from_secs(u64::from(attempt).pow(2)))
            {
                return Err(ConnectError::Cancelled);
            }
            attempt += 1;
        }
    }

    /// One try, which is two where a plain and an encrypted way are both allowed.
    fn attempt(&self) -> Result<Session, Refusal> {
        let (way, other) = match (&self.tls, self.settings.ssl_mode) {
            (None, _) => (false, None),
            (Some(_), SslMode::Allow) => (false, Some(true)),
            (Some(_), SslMode::Prefer) => (true, Some(false)),
            (Some(_), _) => (true, None),
        };
        match (self.log_in(way), other) {
            (Err(Refusal::Server(error)), Some(other)) if depends_on_encryption(&error) => {
                self.log_in(other).map_err(|_| Refusal::Server(error))
            }
            (result, _) => result,
        }
    }

    fn log_in(&self, encrypted: bool) -> Result<Session, Refusal> {
        let runtime = runtime().map_err(|error| Refusal::System(error.to_string()))?;
        let config = self.settings.driver(encrypted);
        // What drives the connection runs while calls wait. How it ends, the next call tells.
        let client = runtime.block_on(async {
            match self.tls.clone().filter(|_| encrypted) {
                Some(tls) => config.connect(tls).await.map(|(client, connection)| {
                    tokio::spawn(async move { drop(connection.await) });
                    client
                }),
                None => config.connect(NoTls).await.map(|(client, connection)| {
                    tokio::spawn(async move { drop(connection.await) });
                    client
                }),
            }
        })?;
        if let Some(role) = &self.settings.role {
            // As it stands, so that a name in capitals is folded as with dbt.
            runtime.block_on(client.batch_execute(&format!("set role {role}")))?;
        }
        Ok(Session {
            runtime,
            client,
            encrypted,
        })
    }

    fn describe(&self, error: &Error) -> String {
        let reason = failure::render(error, "");
        let hint = match error.code() {
            Some(&SqlState::INVALID_PASSWORD) => "look at user and password in the profile",
            Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
                "look at user and sslmode in the profile, and at the server's pg_hba.conf"
            }
            Some(&SqlState::INVALID_CATALOG_NAME) => {
                "create the database, or look at dbname in the profile"
            }
            Some(&SqlState::TOO_MANY_CONNECTIONS) => {
                "use fewer threads, or raise the server's max_connections"
            }
            Some(_) => "look at the profile",
            None if reason.ends_with("password missing") => {
                "the server asks for a password: add one to the profile"
            }
            None => "is the server running, and are host, port and sslmode right in the profile?",
        };
        format!(
            "cannot connect to {}: {reason}\nHINT:  {hint}",
            self.settings.address()
        )
    }
}

enum Refusal {
    Server(Error),
    /// This machine has no means for a connection.
    System(String),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

/// A runtime that lives on the thread that waits on it.
pub(super) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Whether the same try may succeed later: nobody answered, or the server is starting, stopping or full.
fn may_pass(error: &Error) -> bool {
    match error.code() {
        Some(code) => [
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::ADMIN_SHUTDOWN,
        ]
        .contains(code),
        None => failure::is_lost(error),
    }
}

/// Whether an error may be one of the encrypted or the plain way alone.
fn depends_on_encryption(error: &Error) -> bool {
    match error.code() {
        // What pg_hba.conf says for one kind of connection it need not say for the other.
        Some(code) => *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        None => error.to_string().contains("TLS"),
    }
}
