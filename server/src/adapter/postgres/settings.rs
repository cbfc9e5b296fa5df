//! The keys of a PostgreSQL profile output, as dbt-postgres documents them.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio_postgres::config::SslMode;

use crate::adapter::{ConnectError, Target};

/// What a PostgreSQL output asks for.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) config: tokio_postgres::Config,
    pub(super) database: String,
    /// SQL that runs on every new connection.
    pub(super) each: Vec<String>,
    /// How often to try to connect.
    pub(super) attempts: u64,
}

impl Settings {
    pub(super) fn of(target: &Target) -> Result<Self, ConnectError> {
        let wrong = |reason: String| ConnectError::Profile { output: target.name.clone(), reason };
        let map = &target.config;
        let needed = |names: &[&str]| {
            text(map, names).ok_or_else(|| wrong(format!("'{}' is missing", names.join("' or '"))))
        };
        let mut config = tokio_postgres::Config::new();
        let database = needed(&["dbname", "database"])?;
        config.host(needed(&["host"])?).user(needed(&["user"])?).dbname(&database);
        config.port(number(map, "port").and_then(|port| u16::try_from(port).ok()).unwrap_or(5432));
        if let Some(password) = text(map, &["password", "pass"]) {
            config.password(password);
        }
        config.application_name(text(map, &["application_name"]).unwrap_or_else(|| "refract".to_owned()));
        config.connect_timeout(Duration::from_secs(number(map, "connect_timeout").unwrap_or(10)));
        if let Some(idle) = number(map, "keepalives_idle").filter(|idle| *idle > 0) {
            config.keepalives_idle(Duration::from_secs(idle));
        }
        match text(map, &["sslmode"]).as_deref() {
            None | Some("disable" | "allow" | "prefer") => config.ssl_mode(SslMode::Disable),
            Some(mode) => {
                return Err(wrong(format!("sslmode '{mode}' is not supported; connections are not encrypted yet")));
            }
        };
        let identifier = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let mut each = vec!["set datestyle to iso, ymd".to_owned()];
        if let Some(role) = text(map, &["role"]) {
            each.push(format!("set role {}", identifier(&role)));
        }
        if let Some(path) = text(map, &["search_path"]) {
            each.push(format!("set search_path to {path}"));
        }
        Ok(Self { config, database, each, attempts: number(map, "retries").unwrap_or(1) + 1 })
    }
}

fn text(map: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match map.get(*name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn number(map: &Map<String, Value>, name: &str) -> Option<u64> {
    text(map, &[name])?.parse().ok()
}
