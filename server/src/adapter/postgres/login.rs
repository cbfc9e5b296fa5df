//! From a profile to a pool of connections: encryption, log-in, further tries.

use std::pin::Pin;
use std::time::Duration;

use deadpool_postgres::{
    Client, Connect, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod,
};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, Error, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failure;
use super::settings::{Settings, SslMode};
use crate::adapter::ConnectError;
use crate::execute::CancelToken;
use crate::redact::Redactor;

/// More connections than any server takes: how many there are is for the run to say.
const MOST: usize = 1024;

/// What a session forgets before somebody else gets it: all that deadpool's `Clean` takes away, behind a transaction that
/// may have been left open.
const FORGET: &str = "ROLLBACK; CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; \
                      SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES;";

/// A server, how to get into it, and the sessions there are with it.
pub(super) struct Door {
    pub(super) settings: Settings,
    /// `None` where connections are never encrypted.
    pub(super) tls: Option<MakeRustlsConnect>,
    pub(super) redactor: Redactor,
    /// Ends the wait between two tries.
    cancel: CancelToken,
    pool: Pool,
    /// What drives the connections.
    runtime: Runtime,
}

impl Door {
    pub(super) fn new(
        settings: Settings,
        tls: Option<MakeRustlsConnect>,
        redactor: Redactor,
        cancel: CancelToken,
    ) -> Result<Self, ConnectError> {
        let forget = match settings.role.as_deref().map(set_role) {
            Some(role) => format!("{FORGET} {role};"),
            None => FORGET.to_owned(),
        };
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Custom(forget),
        };
        let way = Way {
            settings: settings.clone(),
            tls: tls.clone(),
        };
        // How to connect is for the way to say.
        let manager = Manager::from_connect(Config::new(), way, recycling);
        let pool = Pool::builder(manager).max_size(MOST).build();
        let system = |error: &dyn std::fmt::Display| ConnectError::Driver(error.to_string());
        let mut builder = Builder::new_multi_thread();
        builder
            .worker_threads(1)
            .thread_name("postgres")
            .enable_all();
        Ok(Self {
            settings,
            tls,
            redactor,
            cancel,
            pool: pool.map_err(|error| system(&error))?,
            runtime: builder.build().map_err(|error| system(&error))?,
        })
    }

    /// Waits for what goes over a connection.
    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// A session of the pool, or a new one; as with dbt-postgres after `retries` further tries at the most, 0, 1, 4, 9… seconds apart.
    pub(super) fn enter(&self) -> Result<Client, ConnectError> {
        let mut attempt = 0;
        loop {
            let error = match self.wait(self.pool.get()) {
                Ok(session) => return Ok(session),
                Err(PoolError::Backend(error)) => error,
                Err(other) => return Err(ConnectError::Driver(other.to_string())),
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

/// How a connection is made.
struct Way {
    settings: Settings,
    tls: Option<MakeRustlsConnect>,
}

/// A client and what drives its connection.
type Made = (tokio_postgres::Client, JoinHandle<()>);

impl Connect for Way {
    fn connect(
        &self,
        _: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<Made, Error>> + Send + '_>> {
        Box::pin(self.attempt())
    }
}

impl Way {
    /// One try, which is two where a plain and an encrypted way are both allowed.
    async fn attempt(&self) -> Result<Made, Error> {
        let (way, other) = match (&self.tls, self.settings.ssl_mode) {
            (None, _) => (false, None),
            (Some(_), SslMode::Allow) => (false, Some(true)),
            (Some(_), SslMode::Prefer) => (true, Some(false)),
            (Some(_), _) => (true, None),
        };
        match (self.log_in(way).await, other) {
            (Err(error), Some(other)) if depends_on_encryption(&error) => {
                self.log_in(other).await.map_err(|_| error)
            }
            (result, _) => result,
        }
    }

    async fn log_in(&self, encrypted: bool) -> Result<Made, Error> {
        let config = self.settings.driver(encrypted);
        // How a connection ends, the next call on it tells.
        let (client, driver) = if let Some(tls) = self.tls.clone().filter(|_| encrypted) {
            let (client, connection) = config.connect(tls).await?;
            (client, tokio::spawn(async { drop(connection.await) }))
        } else {
            let (client, connection) = config.connect(NoTls).await?;
            (client, tokio::spawn(async { drop(connection.await) }))
        };
        if let Some(role) = &self.settings.role {
            client.batch_execute(&set_role(role)).await?;
        }
        Ok((client, driver))
    }
}

/// The role as it stands in the profile, so that a name in capitals is folded as with dbt.
fn set_role(role: &str) -> String {
    format!("set role {role}")
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
