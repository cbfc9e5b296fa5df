//! From a profile to a logged-in session: encryption, authentication, further tries.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{self, ChannelBinding, ScramSha256};
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use rustls::ClientConfig;

use super::failure::{Failure, ServerError};
use super::session::{Key, Session};
use super::settings::{Settings, SslMode};
use super::stream::Stream;
use crate::adapter::{ConnectError, Redactor};
use crate::execute::CancelToken;

/// SQLSTATE classes and codes of refusals that time may mend: too many connections, server starting or stopping.
const PASSING: [&str; 3] = ["53", "57P03", "57P01"];

/// A server and how to get into it.
pub(super) struct Door {
    pub(super) settings: Settings,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) redactor: Redactor,
    /// Ends the wait between two tries.
    pub(super) cancel: CancelToken,
}

impl Door {
    /// A logged-in session; as dbt-postgres, `retries` further tries, 0, 1, 4, 9… seconds after the one before.
    pub(super) fn enter(&self) -> Result<Session, ConnectError> {
        let mut attempt = 0;
        loop {
            let refusal = match self.attempt() {
                Ok(session) => return Ok(session),
                Err(refusal) => refusal,
            };
            if attempt >= self.settings.retries || !refusal.may_pass {
                return Err(ConnectError::Driver(self.redactor.clean(&refusal.text)));
            }
            let wait = Duration::from_secs(u64::from(attempt).pow(2));
            if self.cancel.wait(wait) {
                return Err(ConnectError::Cancelled);
            }
            attempt += 1;
        }
    }

    fn attempt(&self) -> Result<Session, Refusal> {
        let ways: &[bool] = match (&self.tls, self.settings.ssl_mode) {
            (None, _) | (_, SslMode::Disable) => &[false],
            (Some(_), SslMode::Allow) => &[false, true],
            (Some(_), SslMode::Prefer) => &[true, false],
            (Some(_), _) => &[true],
        };
        let mut first = None;
        for &encrypted in ways {
            match self.log_in(encrypted) {
                Ok(session) => return Ok(session),
                Err(failure) => {
                    // A wrong password or database is wrong either way; what pg_hba.conf or TLS refuse may not be.
                    let other_way = matches!(&failure, Failure::Refused(error) if error.code == "28000")
                        || matches!((&failure, encrypted), (Failure::Lost(_), true));
                    first.get_or_insert(failure);
                    if !other_way {
                        break;
                    }
                }
            }
        }
        match first {
            Some(failure) => Err(self.refusal(&failure)),
            // There is at least one way, and each returns or leaves a failure.
            None => Err(self.refusal(&Failure::Lost("not tried".to_owned()))),
        }
    }

    /// Opens a way to the server, encrypted where wanted and possible.
    pub(super) fn open(&self, encrypted: bool) -> Result<Stream, Failure> {
        let stream = Stream::open(&self.settings)?;
        stream.set_timeout(self.settings.connect_timeout)?;
        let Some(config) = self.tls.as_ref().filter(|_| encrypted) else {
            return Ok(stream);
        };
        let (stream, secure) = stream.encrypt(&self.settings, config)?;
        if !secure && !matches!(self.settings.ssl_mode, SslMode::Allow | SslMode::Prefer) {
            return Err(Failure::Lost(
                "the server does not encrypt connections, which sslmode asks for".to_owned(),
            ));
        }
        Ok(stream)
    }

    fn log_in(&self, encrypted: bool) -> Result<Session, Failure> {
        let mut session = Session::new(self.open(encrypted)?);
        let options = self
            .settings
            .search_path
            .as_ref()
            .map(|path| format!("-c search_path={}", escaped(path)));
        let mut parameters = vec![
            ("user", self.settings.user.as_str()),
            ("database", self.settings.database.as_str()),
            ("application_name", self.settings.application_name.as_str()),
            ("client_encoding", "UTF8"),
            ("DateStyle", "ISO"),
        ];
        parameters.extend(options.as_deref().map(|options| ("options", options)));
        let mut message = BytesMut::new();
        frontend::startup_message(parameters, &mut message)?;
        session.send(&message)?;
        self.authenticate(&mut session)?;
        let mut key = Key::default();
        loop {
            match session.receive()? {
                Message::BackendKeyData(body) => {
                    key = Key {
                        process: body.process_id(),
                        secret: body.secret_key(),
                    };
                }
                Message::ReadyForQuery(_) => break,
                Message::ErrorResponse(body) => {
                    return Err(Failure::Refused(Box::new(ServerError::read(&body)?)));
                }
                _ => {}
            }
        }
        session.ready(key)?;
        if let Some(role) = &self.settings.role {
            // As it stands, so that a name in capitals is folded as with dbt.
            session.run(&format!("set role {role}"), 0)?;
        }
        Ok(session)
    }

    /// Answers the server's questions until it is content.
    fn authenticate(&self, session: &mut Session) -> Result<(), Failure> {
        let mut scram: Option<ScramSha256> = None;
        loop {
            let mut answer = BytesMut::new();
            match session.receive()? {
                Message::AuthenticationOk => return Ok(()),
                Message::AuthenticationCleartextPassword => {
                    frontend::password_message(self.password()?, &mut answer)?;
                }
                Message::AuthenticationMd5Password(body) => {
                    let user = self.settings.user.as_bytes();
                    let hash = md5_hash(user, self.password()?, body.salt());
                    frontend::password_message(hash.as_bytes(), &mut answer)?;
                }
                Message::AuthenticationSasl(body) => {
                    let mut mechanisms = body.mechanisms();
                    if !mechanisms.any(|name| Ok(name == sasl::SCRAM_SHA_256))? {
                        return Err(unknown_method());
                    }
                    let begun = ScramSha256::new(self.password()?, ChannelBinding::unsupported());
                    let first = begun.message();
                    frontend::sasl_initial_response(sasl::SCRAM_SHA_256, first, &mut answer)?;
                    scram = Some(begun);
                }
                Message::AuthenticationSaslContinue(body) => {
                    let scram = scram.as_mut().ok_or_else(unknown_method)?;
                    scram.update(body.data())?;
                    frontend::sasl_response(scram.message(), &mut answer)?;
                }
                Message::AuthenticationSaslFinal(body) => {
                    scram
                        .as_mut()
                        .ok_or_else(unknown_method)?
                        .finish(body.data())?;
                    continue;
                }
                Message::ErrorResponse(body) => {
                    return Err(Failure::Refused(Box::new(ServerError::read(&body)?)));
                }
                _ => return Err(unknown_method()),
            }
            session.send(&answer)?;
        }
    }

    fn password(&self) -> Result<&[u8], Failure> {
        match &self.settings.password {
            Some(password) => Ok(password.expose().as_bytes()),
            None => Err(Failure::Refused(Box::new(ServerError::of(
                "the server asks for a password, and the profile has none".to_owned(),
            )))),
        }
    }

    fn refusal(&self, failure: &Failure) -> Refusal {
        let (reason, hint, may_pass) = match failure {
            Failure::Refused(error) => (
                error.render(""),
                hint(&error.code),
                PASSING.iter().any(|code| error.code.starts_with(code)),
            ),
            Failure::Lost(reason) => (
                reason.clone(),
                Some("is the server running, and are host, port and sslmode right in the profile?"),
                true,
            ),
        };
        let hint = hint.map(|hint| format!("\nHINT:  {hint}")).unwrap_or_default();
        let address = self.settings.address();
        Refusal {
            text: format!("cannot connect to {address}: {reason}{hint}"),
            may_pass,
        }
    }
}

/// Why an attempt to get in failed.
struct Refusal {
    text: String,
    /// Whether the same attempt may succeed later.
    may_pass: bool,
}

/// What to do about a refused log-in, by SQLSTATE.
fn hint(code: &str) -> Option<&'static str> {
    match code {
        "28P01" => Some("look at user and password in the profile"),
        "28000" => Some("look at user and sslmode in the profile, and at the server's pg_hba.conf"),
        "3D000" => Some("create the database, or look at dbname in the profile"),
        "53300" => Some("use fewer threads, or raise the server's max_connections"),
        _ => None,
    }
}

fn unknown_method() -> Failure {
    Failure::Refused(Box::new(ServerError::of(
        "the server asks for a kind of authentication that is not supported; \
         password, md5 and scram-sha-256 are"
            .to_owned(),
    )))
}

/// A value inside the startup options, which end at spaces.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace(' ', "\\ ")
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => Self::other(error.message),
            Failure::Lost(reason) => Self::other(reason),
        }
    }
}
