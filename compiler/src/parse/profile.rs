//! `profiles.yml`: <https://docs.getdbt.com/docs/core/connect-data-platform/profiles.yml>.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::profile_keys;
use super::render::YamlRenderer;
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::jinja::{Library, ProjectScope};
use crate::near::did_you_mean;
use crate::secret::Secret;
use crate::world::{World, WorldError};
use crate::yaml::{self, Mapping, Node};

/// A value of a profile. What is secret cannot be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// Anyone may see it.
    Plain(Json),
    /// A password, a token, or made of `DBT_ENV_SECRET_…`.
    Secret(Secret),
    /// A list that holds secrets.
    List(Vec<Setting>),
    /// A mapping that holds secrets.
    Map(IndexMap<String, Setting>),
}

impl Setting {
    /// The value as JSON, secrets as `***`.
    pub fn shown(&self) -> Json {
        match self {
            Self::Plain(value) => value.clone(),
            Self::Secret(secret) => Json::String(secret.to_string()),
            Self::List(items) => Json::Array(items.iter().map(Self::shown).collect()),
            Self::Map(map) => Json::Object(
                map.iter()
                    .map(|(key, value)| (key.clone(), value.shown()))
                    .collect(),
            ),
        }
    }

    /// The value as JSON with its secrets, for the one place that hands it to a driver.
    pub fn exposed(&self) -> Json {
        match self {
            Self::Plain(value) => value.clone(),
            Self::Secret(secret) => Json::String(secret.expose().to_owned()),
            Self::List(items) => Json::Array(items.iter().map(Self::exposed).collect()),
            Self::Map(map) => Json::Object(
                map.iter()
                    .map(|(key, value)| (key.clone(), value.exposed()))
                    .collect(),
            ),
        }
    }
}

/// The code of the warning that flags stand in `profiles.yml`.
pub const MOVED_CONFIG: &str = "profile-config";

/// One target of one profile: what a warehouse is reached with.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The profile's name.
    pub name: String,
    /// The target's name.
    pub target_name: String,
    /// `duckdb`, `postgres`, …
    pub adapter_type: String,
    /// How many nodes run side by side.
    pub threads: usize,
    /// Database that nodes are built in.
    pub database: String,
    /// Schema that nodes are built in.
    pub schema: String,
    /// All settings of the target.
    pub config: IndexMap<String, Setting>,
    /// What is odd about them.
    pub warnings: Diagnostics,
    /// Flags below `config` of the file, the place that they had before they stood in `dbt_project.yml`.
    pub flags: Mapping,
}

impl Profile {
    /// A setting that is text and not secret.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.config.get(key) {
            Some(Setting::Plain(Json::String(text))) => Some(text),
            _ => None,
        }
    }

    /// The `target` of the Jinja context: settings without secrets, and the names.
    pub fn target_map(&self) -> Map<String, Json> {
        let mut map: Map<String, Json> = self
            .config
            .iter()
            .filter_map(|(key, setting)| match setting {
                Setting::Plain(value) => Some((key.clone(), value.clone())),
                _ => None,
            })
            .collect();
        for (key, value) in [
            ("type", &self.adapter_type),
            ("database", &self.database),
            ("schema", &self.schema),
            ("profile_name", &self.name),
            ("name", &self.target_name),
            ("target_name", &self.target_name),
        ] {
            map.insert(key.into(), Json::String(value.clone()));
        }
        if self.adapter_type == "postgres" {
            map.insert("dbname".into(), Json::String(self.database.clone()));
        }
        map.insert("threads".into(), Json::from(self.threads));
        map
    }
}

/// What the caller knows of the profile.
#[derive(Debug, Clone, Default)]
pub struct ProfileRequest<'a> {
    /// The profile's name; `--profile` over `dbt_project.yml`.
    pub profile: &'a str,
    /// Where that name stands.
    pub named_at: Option<Span>,
    /// `--target`.
    pub target: Option<&'a str>,
    /// `--threads`.
    pub threads: Option<usize>,
}

/// Reads one target of `profiles.yml`.
pub fn load(
    text: &str,
    file: &str,
    request: &ProfileRequest<'_>,
    world: &Arc<dyn World>,
    cli_vars: &Map<String, Json>,
) -> Result<Profile, Diagnostics> {
    let hidden = text.replace(SECRET_PREFIX, HIDDEN_PREFIX);
    load_hidden(&hidden, file, request, world, cli_vars).map_err(|mut errors| {
        for error in &mut errors.0 {
            error.message = error.message.replace(HIDDEN_PREFIX, SECRET_PREFIX);
            error.hint = error
                .hint
                .take()
                .map(|hint| hint.replace(HIDDEN_PREFIX, SECRET_PREFIX));
        }
        errors
    })
}

/// The same with the names of secret variables replaced.
fn load_hidden(
    text: &str,
    file: &str,
    request: &ProfileRequest<'_>,
    world: &Arc<dyn World>,
    cli_vars: &Map<String, Json>,
) -> Result<Profile, Diagnostics> {
    let document = yaml::load(text, file)?;
    let empty = Mapping::default();
    let root = document.root.as_mapping().unwrap_or(&empty);
    let profile = find_profile(root, file, request)?;
    let scope = bare_scope(Arc::new(SecretWorld(world.clone())), cli_vars);
    let library = Library::empty();
    let renderer = YamlRenderer {
        library: &library,
        scope: &scope,
        package: "",
        file,
        strict: false,
    };
    let mut diagnostics = Diagnostics::default();
    let outputs = profile
        .set("outputs")
        .and_then(Node::as_mapping)
        .ok_or_else(|| {
            Diagnostic::error(
                "profile-outputs",
                format!("profile '{}' has no outputs", request.profile),
            )
            .at(place(root, request.profile, file))
            .hint("list the targets under `outputs:`")
        })?;
    let target = match (request.target, profile.set("target")) {
        (Some(name), _) => name.to_owned(),
        (None, Some(node)) => renderer
            .render(node, &|_| false, &mut diagnostics)
            .scalar_text()
            .unwrap_or_default(),
        (None, None) => "default".into(),
    };
    let Some(output) = outputs.set(&target) else {
        diagnostics.push(no_target(&target, outputs, root, file, request));
        return Err(diagnostics);
    };
    let rendered = renderer.render(output, &|_| false, &mut diagnostics);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let settings = rendered.as_mapping().ok_or_else(|| {
        Diagnostic::error(
            "profile-output",
            format!("target '{target}' is not a mapping of settings"),
        )
        .at(output.at.in_file(file))
    })?;
    let mut profile = finish(settings, &target, request, file, output, world.as_ref())?;
    let moved = root.set("config").and_then(Node::as_mapping);
    profile.flags = moved.cloned().unwrap_or_default();
    if let Some(at) = root.key_at("config").filter(|_| !profile.flags.is_empty()) {
        let message = "flags below 'config' in profiles.yml are deprecated";
        profile.warnings.push(
            Diagnostic::warning(MOVED_CONFIG, message)
                .at(at.in_file(file))
                .hint("put them below `flags:` in dbt_project.yml"),
        );
    }
    Ok(profile)
}

fn find_profile<'a>(
    root: &'a Mapping,
    file: &str,
    request: &ProfileRequest<'_>,
) -> Result<&'a Mapping, Diagnostic> {
    if let Some(profile) = root.set(request.profile).and_then(Node::as_mapping) {
        return Ok(profile);
    }
    let names: Vec<&str> = root
        .iter()
        .map(|(name, _)| name)
        .filter(|name| *name != "config")
        .collect();
    let mut error = Diagnostic::error(
        "profile-not-found",
        format!("there is no profile '{}' in {file}", request.profile),
    );
    error = match &request.named_at {
        Some(span) => error
            .at(span.clone())
            .label(Span::file(file), "looked for it here"),
        None => error.at(Span::file(file)),
    };
    Err(error.hint(
        match (
            names.is_empty(),
            did_you_mean(request.profile, names.iter().copied()),
        ) {
            (true, _) => format!(
                "{file} holds no profile; add one named '{}'",
                request.profile
            ),
            (false, Some(near)) => format!("{near} {file} has: {}", names.join(", ")),
            (false, None) => format!("{file} has: {}", names.join(", ")),
        },
    ))
}

fn no_target(
    target: &str,
    outputs: &Mapping,
    root: &Mapping,
    file: &str,
    request: &ProfileRequest<'_>,
) -> Diagnostic {
    let names: Vec<&str> = outputs.iter().map(|(name, _)| name).collect();
    Diagnostic::error(
        "target-not-found",
        format!("profile '{}' has no target '{target}'", request.profile),
    )
    .at(place(root, request.profile, file))
    .hint(format!("its targets are: {}", names.join(", ")))
}

fn place(root: &Mapping, profile: &str, file: &str) -> Span {
    root.key_at(profile)
        .map_or_else(|| Span::file(file), |at| at.in_file(file))
}

fn finish(
    settings: &Mapping,
    target: &str,
    request: &ProfileRequest<'_>,
    file: &str,
    output: &Node,
    world: &dyn World,
) -> Result<Profile, Diagnostic> {
    let adapter_type = settings
        .set("type")
        .and_then(Node::scalar_text)
        .ok_or_else(|| {
            Diagnostic::error("profile-type", format!("target '{target}' says no type"))
                .at(output.at.in_file(file))
                .hint("add `type: duckdb` or `type: postgres`")
        })?;
    let threads = match settings.set("threads") {
        None => 1,
        Some(node) => node
            .scalar_text()
            .and_then(|text| text.trim().parse().ok())
            .filter(|threads| *threads > 0)
            .ok_or_else(|| {
                Diagnostic::error("profile-threads", "'threads' takes a number from 1")
                    .at(node.at.in_file(file))
            })?,
    };
    let config: IndexMap<String, Setting> = settings
        .iter()
        .map(|(key, node)| (key.to_owned(), setting(key, &node.to_json(), false, world)))
        .collect();
    let text = |key: &str| {
        settings
            .set(key)
            .and_then(Node::scalar_text)
            .map(|text| reveal(&text, world).0)
    };
    let database = match adapter_type.as_str() {
        "duckdb" => text("database")
            .unwrap_or_else(|| duckdb_database(&text("path").unwrap_or_else(|| ":memory:".into()))),
        _ => text("database")
            .or_else(|| text("dbname"))
            .unwrap_or_default(),
    };
    let schema = match (text("schema"), adapter_type.as_str()) {
        (Some(schema), _) => schema,
        (None, "duckdb") => "main".into(),
        (None, _) => {
            return Err(Diagnostic::error(
                "profile-schema",
                format!("target '{target}' says no schema"),
            )
            .at(output.at.in_file(file))
            .hint("add `schema: my_schema`"));
        }
    };
    Ok(Profile {
        name: request.profile.to_owned(),
        target_name: target.to_owned(),
        threads: request.threads.unwrap_or(threads),
        database,
        schema,
        config,
        warnings: profile_keys::check(settings, &adapter_type, file),
        flags: Mapping::default(),
        adapter_type,
    })
}

/// The catalog's name that DuckDB gives a file: its name up to the first dot that does not begin it.
fn duckdb_database(path: &str) -> String {
    if path.starts_with(":memory:") || path.is_empty() {
        return "memory".into();
    }
    let bare = path.split(['?', '#']).next().unwrap_or(path);
    let bare = bare
        .strip_prefix("md:")
        .or_else(|| bare.strip_prefix("motherduck:"))
        .unwrap_or(bare);
    let name = bare.rsplit(['/', '\\']).next().unwrap_or(bare);
    let name = name.trim_start_matches('.');
    name.split('.').next().unwrap_or(name).to_owned()
}

/// Keys whose values are never shown.
fn is_secret_key(key: &str) -> bool {
    let key = key.to_lowercase();
    matches!(
        key.as_str(),
        "password"
            | "pass"
            | "token"
            | "secret"
            | "key_id"
            | "access_key"
            | "api_key"
            | "account_key"
            | "connection_string"
            | "private_key"
            | "private_key_passphrase"
            | "keyfile_json"
            | "extra_http_headers"
    ) || key.ends_with("_token")
        || key.ends_with("_secret")
        || key.ends_with("_password")
        || key.contains("secret_access_key")
}

/// Keys of dbt-duckdb's `secrets` that say what a secret is for. Whatever else stands there is secret.
fn is_of_the_purpose(key: &str) -> bool {
    matches!(
        key.to_lowercase().as_str(),
        "type"
            | "name"
            | "provider"
            | "persistent"
            | "scope"
            | "region"
            | "endpoint"
            | "url_style"
            | "use_ssl"
            | "chain"
            | "host"
            | "port"
            | "database"
            | "user"
            | "account_name"
    )
}

/// Passwords and tokens inside of a text, such as `dbname=x password=y`, `scheme://user:y@host` or `md:x?token=y`.
pub fn passwords_in(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('=') {
        let key = rest[..at].trim_end();
        let key = key
            .rsplit(|c: char| !(c.is_alphanumeric() || c == '_'))
            .next()
            .unwrap_or_default();
        rest = rest[at + 1..].trim_start();
        let value = match rest.chars().next() {
            Some(quote @ ('\'' | '"')) => rest[1..].split(quote).next(),
            _ => rest.split([' ', '&', ';', '\t', '\n']).next(),
        };
        let value = value.unwrap_or_default();
        if is_secret_key(key) || key.eq_ignore_ascii_case("accountkey") {
            found.push(value);
        }
    }
    if let Some((_, address)) = text.split_once("://")
        && let Some((user, _)) = address
            .split('/')
            .next()
            .unwrap_or_default()
            .rsplit_once('@')
        && let Some((_, password)) = user.split_once(':')
    {
        found.push(password);
    }
    found.retain(|secret| !secret.is_empty());
    found
}

/// A value and what in it is secret; `all` of it, but for what a secret is for, inside of `secrets`.
fn setting(key: &str, value: &Json, all: bool, world: &dyn World) -> Setting {
    let all = all || key.eq_ignore_ascii_case("secrets");
    match value {
        Json::String(text) => {
            let (text, secret) = reveal(text, world);
            let hidden = is_secret_key(key) || (all && !is_of_the_purpose(key));
            if secret || hidden || !passwords_in(&text).is_empty() {
                Setting::Secret(Secret::new(text))
            } else {
                Setting::Plain(Json::String(text))
            }
        }
        Json::Array(items) => {
            let items: Vec<Setting> = items
                .iter()
                .map(|item| setting(key, item, all, world))
                .collect();
            if items.iter().all(|item| matches!(item, Setting::Plain(_))) {
                Setting::Plain(Json::Array(items.iter().map(Setting::exposed).collect()))
            } else {
                Setting::List(items)
            }
        }
        Json::Object(map) => {
            let secret = is_secret_key(key);
            let map: IndexMap<String, Setting> = map
                .iter()
                .map(|(name, value)| {
                    // Headers have names of their own.
                    let judged = if secret { key } else { name };
                    (name.clone(), setting(judged, value, all, world))
                })
                .collect();
            if map.values().all(|value| matches!(value, Setting::Plain(_))) {
                Setting::Plain(Json::Object(
                    map.iter()
                        .map(|(key, value)| (key.clone(), value.exposed()))
                        .collect(),
                ))
            } else {
                Setting::Map(map)
            }
        }
        Json::Number(number) if is_secret_key(key) => {
            Setting::Secret(Secret::new(number.to_string()))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => Setting::Plain(value.clone()),
    }
}

/// Variables whose values are secret.
pub(super) const SECRET_PREFIX: &str = "DBT_ENV_SECRET";
/// What they are called while a profile is rendered: under these names they are ordinary variables whose values are
/// marks, so that no filter can take a secret apart.
pub(super) const HIDDEN_PREFIX: &str = "REFRACT_HIDDEN";
const MARK: &str = "\u{1}secret:";
const MARK_END: char = '\u{2}';

/// Text with its marks replaced, and whether there were any.
pub(super) fn reveal(text: &str, world: &dyn World) -> (String, bool) {
    let Some(at) = text.find(MARK) else {
        return (text.to_owned(), false);
    };
    let rest = &text[at + MARK.len()..];
    let Some(end) = rest.find(MARK_END) else {
        return (text.to_owned(), false);
    };
    let value = world.env_var(&rest[..end]).unwrap_or_default();
    let (tail, _) = reveal(&rest[end + MARK_END.len_utf8()..], world);
    (format!("{}{value}{tail}", &text[..at]), true)
}

/// Answers secret variables with marks.
pub(super) struct SecretWorld(pub(super) Arc<dyn World>);

impl World for SecretWorld {
    fn read(&self, path: &str) -> Result<String, WorldError> {
        self.0.read(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, WorldError> {
        self.0.list(folder)
    }

    fn folders(&self, folder: &str) -> Result<Vec<String>, WorldError> {
        self.0.folders(folder)
    }

    fn env_var(&self, name: &str) -> Option<String> {
        if let Some(rest) = name.strip_prefix(HIDDEN_PREFIX) {
            let name = format!("{SECRET_PREFIX}{rest}");
            return self
                .0
                .env_var(&name)
                .map(|_| format!("{MARK}{name}{MARK_END}"));
        }
        self.0.env_var(name)
    }

    fn metadata_envs(&self) -> BTreeMap<String, String> {
        self.0.metadata_envs()
    }

    fn started_at(&self) -> DateTime<Utc> {
        self.0.started_at()
    }

    fn invocation_id(&self) -> &str {
        self.0.invocation_id()
    }

    fn project_root(&self) -> &str {
        self.0.project_root()
    }
}

/// A scope for files that are read before project and target are known.
pub fn bare_scope(world: Arc<dyn World>, cli_vars: &Map<String, Json>) -> Arc<ProjectScope> {
    Arc::new(ProjectScope {
        args: Map::new(),
        project_name: String::new(),
        profile_name: String::new(),
        target: Map::new(),
        vars: crate::jinja::Vars {
            cli: cli_vars.clone(),
            packages: IndexMap::new(),
        },
        flags: Map::new(),
        world,
        packages: IndexMap::new(),
        adapter_type: String::new(),
        quoting: crate::jinja::Quoting::default(),
        command: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::{duckdb_database, passwords_in};

    #[test]
    fn duckdb_names_a_catalog_after_its_file() {
        for (path, name) in [
            (":memory:", "memory"),
            ("dev.duckdb", "dev"),
            ("/a/b.c/x.y.db", "x"),
            ("a/.hidden.duckdb", "hidden"),
            ("md:shop?x=1", "shop"),
        ] {
            assert_eq!(duckdb_database(path), name, "{path}");
        }
    }

    #[test]
    fn passwords_inside_of_addresses_are_found() {
        let cases: [(&str, &[&str]); 6] = [
            ("dbname=x user=y password=pw-1 host=h", &["pw-1"]),
            ("dbname=x password = 'pw 1' user=y", &["pw 1"]),
            ("postgres://ann:pw-1@db:5432/shop", &["pw-1"]),
            ("md:shop?motherduck_token=pw-1&x=2", &["pw-1"]),
            ("AccountName=a;AccountKey=pw-1==;B=c", &["pw-1=="]),
            ("s3://bucket/x?region=eu", &[]),
        ];
        for (text, found) in cases {
            assert_eq!(passwords_in(text), found, "{text}");
        }
    }
}
