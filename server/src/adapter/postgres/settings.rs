//! The keys of a PostgreSQL profile output, as dbt-postgres documents them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use compiler::secret::Secret;
use serde_json::{Map, Value};
use tokio_postgres::{Config, config};

use crate::adapter::{ConnectError, Target};

/// Whether and how a connection is encrypted, in libpq's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SslMode {
    /// Never.
    Disable,
    /// Only where the server refuses a plain connection.
    Allow,
    /// Where the server can.
    Prefer,
    /// Always; the server's certificate is looked at only where a root certificate is given.
    Require,
    /// Always, with a certificate from a known authority.
    VerifyCa,
    /// Always, with a certificate from a known authority for this very host.
    VerifyFull,
}

/// What a PostgreSQL output asks for.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// A host name, an address, or a folder with the server's socket.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: Option<Secret>,
    pub(super) database: String,
    /// `SET ROLE` after connecting.
    pub(super) role: Option<String>,
    pub(super) search_path: Option<String>,
    pub(super) application_name: String,
    /// `None` waits for as long as the system does.
    pub(super) connect_timeout: Option<Duration>,
    /// Silence after which the connection is probed; `None` for the system's default.
    pub(super) keepalives_idle: Option<Duration>,
    /// Further tries where the server cannot be reached.
    pub(super) retries: u32,
    /// BEGIN, COMMIT and ROLLBACK do nothing.
    pub(super) autocommit: bool,
    pub(super) ssl_mode: SslMode,
    pub(super) ssl_root_certificate: Option<PathBuf>,
    pub(super) ssl_certificate: Option<PathBuf>,
    pub(super) ssl_key: Option<PathBuf>,
}

impl Settings {
    pub(super) fn of(target: &Target) -> Result<Self, ConnectError> {
        Self::read(&target.config, &target.root).map_err(|reason| ConnectError::Profile {
            output: target.name.clone(),
            reason,
        })
    }

    fn read(config: &Map<String, Value>, root: &Path) -> Result<Self, String> {
        let path = |key: &str| Ok::<_, String>(text(config, &[key])?.map(|path| root.join(path)));
        Ok(Self {
            host: required(config, &["host"])?,
            port: number(config, "port")?
                .ok_or("'port' is missing")?
                .try_into()
                .map_err(|_| "'port' is no number from 0 to 65535")?,
            user: required(config, &["user"])?,
            password: text(config, &["password", "pass"])?.map(Secret::new),
            database: required(config, &["dbname", "database"])?,
            role: text(config, &["role"])?,
            search_path: text(config, &["search_path"])?,
            application_name: text(config, &["application_name"])?
                .unwrap_or_else(|| "refract".to_owned()),
            connect_timeout: seconds(number(config, "connect_timeout")?.unwrap_or(10)),
            keepalives_idle: seconds(number(config, "keepalives_idle")?.unwrap_or(0)),
            retries: number(config, "retries")?.map_or(Ok(1), |count| {
                u32::try_from(count).map_err(|_| "'retries' is too large")
            })?,
            autocommit: config
                .get("autocommit")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            ssl_mode: ssl_mode(text(config, &["sslmode"])?.as_deref())?,
            ssl_root_certificate: path("sslrootcert")?,
            ssl_certificate: path("sslcert")?,
            ssl_key: path("sslkey")?,
        })
    }

    /// Whether the host is the folder of the server's socket, which is never encrypted.
    pub(super) fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    /// What the driver is told; `encrypted` where this attempt may or must be.
    pub(super) fn driver(&self, encrypted: bool) -> Config {
        let mut config = Config::new();
        config
            .host(&self.host)
            .port(self.port)
            .user(&self.user)
            .dbname(&self.database)
            .application_name(&self.application_name)
            .ssl_mode(match self.ssl_mode {
                _ if !encrypted => config::SslMode::Disable,
                SslMode::Prefer => config::SslMode::Prefer,
                _ => config::SslMode::Require,
            });
        if let Some(password) = &self.password {
            config.password(password.expose());
        }
        if let Some(timeout) = self.connect_timeout {
            config.connect_timeout(timeout);
        }
        if let Some(idle) = self.keepalives_idle {
            config.keepalives_idle(idle);
        }
        let date_style = "-c DateStyle=ISO";
        config.options(match &self.search_path {
            Some(path) => {
                let path = path.replace('\\', "\\\\").replace(' ', "\\ ");
                format!("{date_style} -c search_path={path}")
            }
            None => date_style.to_owned(),
        });
        config
    }

    /// Where the server is and who asks, for messages.
    pub(super) fn address(&self) -> String {
        format!(
            "PostgreSQL at {}:{} (database '{}', user '{}')",
            self.host, self.port, self.database, self.user
        )
    }
}

fn ssl_mode(word: Option<&str>) -> Result<SslMode, String> {
    Ok(match word {
        None | Some("prefer") => SslMode::Prefer,
        Some("disable") => SslMode::Disable,
        Some("allow") => SslMode::Allow,
        Some("require") => SslMode::Require,
        Some("verify-ca") => SslMode::VerifyCa,
        Some("verify-full") => SslMode::VerifyFull,
        Some(other) => {
            return Err(format!(
                "sslmode '{other}' is none of disable, allow, prefer, require, verify-ca, verify-full"
            ));
        }
    })
}

/// The first key that has a value. Empty text counts as none.
fn text(config: &Map<String, Value>, keys: &[&str]) -> Result<Option<String>, String> {
    for key in keys {
        match config.get(*key) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.is_empty() => {}
            Some(Value::String(text)) => return Ok(Some(text.clone())),
            // A user or password of digits alone is a number in YAML.
            Some(Value::Number(number)) => return Ok(Some(number.to_string())),
            Some(_) => return Err(format!("'{key}' is no text")),
        }
    }
    Ok(None)
}

fn required(config: &Map<String, Value>, keys: &[&str]) -> Result<String, String> {
    text(config, keys)?.ok_or_else(|| format!("'{}' is missing", keys[0]))
}

/// A whole number, written as one or as text.
fn number(config: &Map<String, Value>, key: &str) -> Result<Option<u64>, String> {
    let found = match config.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_u64(),
    };
    found
        .map(Some)
        .ok_or_else(|| format!("'{key}' is no whole number"))
}

fn seconds(count: u64) -> Option<Duration> {
    (count > 0).then(|| Duration::from_secs(count))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use super::{Settings, SslMode};

    fn settings(changes: Value) -> Result<Settings, String> {
        let mut config =
            json!({"host": "db", "port": 5432, "user": "ann", "pass": "pw-1", "dbname": "shop"});
        let (Value::Object(config), Value::Object(changes)) = (&mut config, changes) else {
            panic!("not a mapping")
        };
        config.extend(changes);
        Settings::read(config, Path::new("/project"))
    }

    #[test]
    fn the_keys_of_dbt_and_their_other_names_are_read() {
        let found = settings(json!({
            "port": "5433", "sslmode": "verify-full", "sslrootcert": "root.crt", "retries": 3, "connect_timeout": 0
        }))
        .unwrap();
        assert_eq!((found.port, found.retries), (5433, 3));
        assert_eq!(found.password.as_ref().unwrap().expose(), "pw-1");
        assert_eq!(
            (found.database.as_str(), found.connect_timeout),
            ("shop", None)
        );
        assert_eq!(found.ssl_mode, SslMode::VerifyFull);
        assert_eq!(
            found.ssl_root_certificate.as_deref(),
            Some(Path::new("/project/root.crt"))
        );
        assert!(!format!("{found:?}").contains("pw-1"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refusal = |changes| settings(changes).unwrap_err();
        assert_eq!(refusal(json!({"host": null})), "'host' is missing");
        assert_eq!(refusal(json!({"dbname": ""})), "'dbname' is missing");
        assert_eq!(
            refusal(json!({"port": "many"})),
            "'port' is no whole number"
        );
        assert_eq!(
            refusal(json!({"port": 70000})),
            "'port' is no number from 0 to 65535"
        );
        assert_eq!(
            refusal(json!({"sslmode": "full"})),
            "sslmode 'full' is none of disable, allow, prefer, require, verify-ca, verify-full"
        );
    }
}
