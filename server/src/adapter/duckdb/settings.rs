//! The keys of a DuckDB profile output, as dbt-duckdb documents them.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::files::Files;
use crate::adapter::{ConnectError, Target};

/// Whether an output lives in files, as its database or attached to it.
pub(crate) fn has_files(config: &Map<String, Value>) -> bool {
    let path = config.get("path").and_then(Value::as_str);
    let attached = config.get("attach").and_then(Value::as_array);
    path.is_some_and(|path| path != ":memory:") || attached.is_some_and(|list| !list.is_empty())
}

/// What a DuckDB output asks for.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// The file; `None` in memory.
    pub(super) file: Option<PathBuf>,
    /// Name of the file's catalog.
    pub(super) database: String,
    /// Options that the database is opened with.
    pub(super) config_options: Vec<(String, String)>,
    /// SQL that runs once: extensions, secrets, attached databases. Each with what it is for.
    pub(super) once: Vec<(&'static str, String)>,
    /// SQL that runs on every connection.
    pub(super) each: Vec<String>,
    /// Where files of the project lie.
    pub(super) files: Files,
    /// BEGIN, COMMIT and ROLLBACK do nothing.
    pub(super) disable_transactions: bool,
}

impl Settings {
    pub(super) fn of(target: &Target) -> Result<Self, ConnectError> {
        let wrong = |reason: String| ConnectError::Profile {
            output: target.name.clone(),
            reason,
        };
        let config = &target.config;
        let path = config
            .get("path")
            .and_then(Value::as_str)
            .unwrap_or(":memory:");
        if is_elsewhere(path) {
            return Err(wrong(format!(
                "path '{path}' is no file on this machine, and as main database that is not supported; attach it instead"
            )));
        }
        refuse(config).map_err(wrong)?;
        let file = (path != ":memory:").then(|| target.root.join(path));
        let database = file
            .as_deref()
            .map_or_else(|| "memory".to_owned(), catalog_name);
        if let Some(named) = config.get("database").and_then(Value::as_str)
            && !named.eq_ignore_ascii_case(&database)
            && !attached_names(config)
                .iter()
                .any(|name| name.eq_ignore_ascii_case(named))
        {
            return Err(wrong(format!(
                "database '{named}' is neither that of path '{path}' ('{database}') nor attached"
            )));
        }
        Ok(Self {
            file,
            database,
            config_options: pairs(config.get("config_options")),
            once: once(config, &target.root).map_err(wrong)?,
            each: pairs(config.get("settings"))
                .into_iter()
                .map(|(key, value)| format!("set {key} = {}", literal(&value)))
                .collect(),
            files: Files::new(&target.root),
            disable_transactions: config
                .get("disable_transactions")
                .and_then(Value::as_bool)
                .unwrap_or(false),
        })
    }
}

/// What stands in profiles of dbt-duckdb and cannot be done here.
fn refuse(config: &Map<String, Value>) -> Result<(), String> {
    for (key, instead) in [
        ("plugins", ""),
        (
            "filesystems",
            "; DuckDB's own extensions httpfs and azure read buckets, with 'secrets'",
        ),
        ("remote", ""),
    ] {
        let asked = config.get(key).is_some_and(|value| match value {
            Value::Array(items) => !items.is_empty(),
            value => !value.is_null(),
        });
        if asked {
            return Err(format!(
                "'{key}' runs Python code, which is not supported{instead}"
            ));
        }
    }
    match config
        .get("use_credential_provider")
        .and_then(Value::as_str)
    {
        None | Some("aws") => Ok(()),
        Some(other) => Err(format!(
            "use_credential_provider is 'aws' or nothing, not '{other}'"
        )),
    }
}

/// Whether a path has a scheme, such as `md:`, `s3://` or `postgres:`.
fn is_elsewhere(path: &str) -> bool {
    let scheme = path.split_once(':').map(|(scheme, _)| scheme);
    // One letter is a drive.
    scheme
        .is_some_and(|scheme| scheme.len() > 1 && scheme.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// The catalog that DuckDB gives a file: its name up to the first dot.
fn catalog_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = name.rsplit(':').next().unwrap_or_default();
    name.trim_start_matches('.')
        .split('.')
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn attached_names(config: &Map<String, Value>) -> Vec<String> {
    objects(config.get("attach"))
        .filter_map(|entry| {
            let alias = entry
                .get("alias")
                .and_then(Value::as_str)
                .map(str::to_owned);
            alias.or_else(|| Some(catalog_name(Path::new(entry.get("path")?.as_str()?))))
        })
        .collect()
}

fn once(config: &Map<String, Value>, root: &Path) -> Result<Vec<(&'static str, String)>, String> {
    let mut statements = Vec::new();
    let sets = |list: &str| {
        let settings = config.get(list).and_then(Value::as_object);
        settings.is_some_and(|settings| settings.contains_key("file_search_path"))
    };
    if !sets("settings") && !sets("config_options") {
        let root = literal(&root.to_string_lossy());
        statements.push(("setting", format!("set global file_search_path = {root}")));
    }
    for extension in config
        .get("extensions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        match extension {
            Value::String(name) => {
                statements.push(("extension", format!("install {name}")));
                statements.push(("extension", format!("load {name}")));
            }
            Value::Object(entry) => {
                let name = required(entry, "name", "extensions")?;
                let repository = required(entry, "repo", "extensions")?;
                statements.push(("extension", format!("install {name} from {repository}")));
                statements.push(("extension", format!("load {name}")));
            }
            other => {
                return Err(format!(
                    "'extensions' holds {other}, which is neither a name nor a mapping"
                ));
            }
        }
    }
    for (index, entry) in objects(config.get("secrets")).enumerate() {
        statements.push(("secret", secret(entry, index)?));
    }
    if config
        .get("use_credential_provider")
        .and_then(Value::as_str)
        == Some("aws")
    {
        statements.push((
            "secret",
            "create or replace secret _refract_aws (type s3, provider credential_chain)".to_owned(),
        ));
    }
    for entry in objects(config.get("attach")) {
        statements.push(("attach", attach(entry, root)?));
    }
    Ok(statements)
}

/// `CREATE SECRET` of an entry of `secrets`; nameless ones get dbt-duckdb's names.
fn secret(entry: &Map<String, Value>, index: usize) -> Result<String, String> {
    let kind = required(entry, "type", "secrets")?;
    let name = entry
        .get("name")
        .and_then(Value::as_str)
        .map_or_else(|| format!("_dbt_secret_{}", index + 1), str::to_owned);
    let persistent = if entry.get("persistent").and_then(Value::as_bool) == Some(true) {
        "persistent "
    } else {
        ""
    };
    let mut parameters = vec![format!("type {kind}")];
    for (key, value) in entry {
        match (key.as_str(), value) {
            ("type" | "name" | "persistent", _) | (_, Value::Null) => {}
            ("provider" | "extra_http_headers", Value::String(word)) => {
                parameters.push(format!("{key} {word}"));
            }
            ("scope", Value::Array(scopes)) => {
                parameters.extend(
                    scopes
                        .iter()
                        .map(|scope| format!("scope {}", literal(&plain(scope)))),
                );
            }
            (_, Value::Object(map)) => {
                let items: Vec<String> = map
                    .iter()
                    .map(|(key, value)| format!("{}: {}", literal(key), literal(&plain(value))))
                    .collect();
                parameters.push(format!("{key} map {{{}}}", items.join(", ")));
            }
            (_, Value::Array(items)) => {
                let items: Vec<String> = items.iter().map(|item| literal(&plain(item))).collect();
                parameters.push(format!("{key} array [{}]", items.join(", ")));
            }
            _ => parameters.push(format!("{key} {}", literal(&plain(value)))),
        }
    }
    Ok(format!(
        "create or replace {persistent}secret {name} ({})",
        parameters.join(", ")
    ))
}

/// `ATTACH` of an entry of `attach`. A file's path starts at the project, as the main database's does.
fn attach(entry: &Map<String, Value>, root: &Path) -> Result<String, String> {
    let path = required(entry, "path", "attach")?;
    let further = entry.get("options").and_then(Value::as_object);
    let kind = entry.get("type").or_else(|| further?.get("type"));
    let kind = kind.and_then(Value::as_str).unwrap_or("duckdb");
    let is_file = ["duckdb", "sqlite"].contains(&kind.to_lowercase().as_str())
        && !path.is_empty()
        && !path.starts_with(':')
        && !is_elsewhere(path);
    let place = if is_file {
        root.join(path).to_string_lossy().into_owned()
    } else {
        path.to_owned()
    };
    let mut sql = format!("attach if not exists {}", literal(&place));
    if let Some(alias) = entry.get("alias").and_then(Value::as_str) {
        sql += " as ";
        sql += alias;
    }
    let mut options = Vec::new();
    for key in ["type", "secret"] {
        let own = entry.get(key).and_then(Value::as_str);
        let other = further
            .and_then(|options| options.get(key))
            .and_then(Value::as_str);
        if own.is_some() && other.is_some() {
            return Err(format!(
                "'{key}' of attached '{path}' stands both in the entry and in its options"
            ));
        }
        options.extend(own.or(other).map(|value| format!("{key} {value}")));
    }
    let truth = |map: &Map<String, Value>| {
        map.get("read_only")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    };
    if truth(entry) || further.is_some_and(truth) {
        options.push("read_only".to_owned());
    }
    for (key, value) in further.into_iter().flatten() {
        match (key.as_str(), value) {
            ("type" | "secret" | "read_only", _) | (_, Value::Null | Value::Bool(false)) => {}
            (_, Value::Bool(true)) => options.push(key.clone()),
            (_, Value::String(text)) if is_quoted(text) => options.push(format!("{key} {text}")),
            (_, Value::String(text)) => options.push(format!("{key} {}", literal(text))),
            _ => options.push(format!("{key} {value}")),
        }
    }
    if !options.is_empty() {
        sql = format!("{sql} ({})", options.join(", "));
    }
    Ok(sql)
}

fn is_quoted(text: &str) -> bool {
    let text = text.trim();
    ['\'', '"']
        .iter()
        .any(|quote| text.len() > 1 && text.starts_with(*quote) && text.ends_with(*quote))
}

fn required<'a>(entry: &'a Map<String, Value>, key: &str, list: &str) -> Result<&'a str, String> {
    entry
        .get(key)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("an entry of '{list}' has no '{key}'"))
}

/// The entries of a list of mappings; one mapping alone counts as a list of one.
fn objects(value: Option<&Value>) -> impl Iterator<Item = &Map<String, Value>> {
    let items: Vec<&Value> = match value {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(single @ Value::Object(_)) => vec![single],
        _ => Vec::new(),
    };
    items.into_iter().filter_map(Value::as_object)
}

fn pairs(value: Option<&Value>) -> Vec<(String, String)> {
    value
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), plain(value)))
        .collect()
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A SQL string.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::{Value, json};

    use super::Settings;
    use crate::adapter::Target;

    fn settings(config: Value) -> Result<Settings, String> {
        let Value::Object(config) = config else {
            panic!("not a mapping")
        };
        let target = Target {
            name: "dev".into(),
            kind: "duckdb".into(),
            config,
            secrets: Vec::new(),
            root: PathBuf::from("/project"),
        };
        Settings::of(&target).map_err(|error| error.to_string())
    }

    #[test]
    fn the_catalog_is_named_after_the_file_up_to_its_first_dot() {
        let database = |path: &str| settings(json!({"path": path})).unwrap().database;
        assert_eq!(database("data/my.db.duckdb"), "my");
        assert_eq!(database(".hidden.duckdb"), "hidden");
        assert_eq!(database(":memory:"), "memory");
        assert_eq!(
            settings(json!({"path": "data/dev.duckdb"})).unwrap().file,
            Some(PathBuf::from("/project/data/dev.duckdb"))
        );
    }

    #[test]
    fn extensions_secrets_and_attached_databases_become_statements_in_that_order() {
        let found = settings(json!({
            "extensions": ["json", {"name": "h3", "repo": "community"}],
            "secrets": [{"type": "s3", "key_id": "a'b", "region": "eu", "scope": ["s3://x", "s3://y"]}],
            "attach": [{"path": "other.duckdb", "alias": "other", "read_only": true, "options": {"BLOCK_SIZE": 16384}}],
            "settings": {"memory_limit": "1GB", "threads": 2}
        }))
        .unwrap();
        let once: Vec<&str> = found.once.iter().map(|(_, sql)| sql.as_str()).collect();
        assert_eq!(
            once,
            [
                "set global file_search_path = '/project'",
                "install json",
                "load json",
                "install h3 from community",
                "load h3",
                "create or replace secret _dbt_secret_1 (type s3, key_id 'a''b', region 'eu', scope 's3://x', scope 's3://y')",
                "attach if not exists '/project/other.duckdb' as other (read_only, BLOCK_SIZE 16384)",
            ]
        );
        assert_eq!(
            found.each,
            ["set memory_limit = '1GB'", "set threads = '2'"]
        );
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        assert_eq!(
            settings(json!({"path": "dev.duckdb", "database": "prod"})).unwrap_err(),
            "profile output 'dev': database 'prod' is neither that of path 'dev.duckdb' ('dev') nor attached"
        );
        assert_eq!(
            settings(json!({"plugins": [{"module": "excel"}]})).unwrap_err(),
            "profile output 'dev': 'plugins' runs Python code, which is not supported"
        );
        assert_eq!(
            settings(json!({"filesystems": [{"fs": "s3"}]})).unwrap_err(),
            "profile output 'dev': 'filesystems' runs Python code, which is not supported; DuckDB's own extensions httpfs and azure read buckets, with 'secrets'"
        );
        assert_eq!(
            settings(json!({"path": "s3://bucket/dev.duckdb"})).unwrap_err(),
            "profile output 'dev': path 's3://bucket/dev.duckdb' is no file on this machine, and as main database that is not supported; attach it instead"
        );
        assert_eq!(
            settings(json!({"use_credential_provider": "gcp"})).unwrap_err(),
            "profile output 'dev': use_credential_provider is 'aws' or nothing, not 'gcp'"
        );
    }

    #[test]
    fn what_is_attached_from_elsewhere_keeps_its_words() {
        let found = settings(json!({"attach": [
            {"path": "dbname=shop host=db", "type": "postgres", "alias": "shop"},
            {"path": "ducklake:lake.ducklake"},
            {"path": "s3://bucket/x.duckdb", "alias": "x"}
        ]}))
        .unwrap();
        let attached: Vec<&str> = found.once[1..]
            .iter()
            .map(|(_, sql)| sql.as_str())
            .collect();
        assert_eq!(
            attached,
            [
                "attach if not exists 'dbname=shop host=db' as shop (type postgres)",
                "attach if not exists 'ducklake:lake.ducklake'",
                "attach if not exists 's3://bucket/x.duckdb' as x",
            ]
        );
    }
}
