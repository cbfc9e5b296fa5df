//! A generic test as written: its name, arguments and settings in every form that dbt takes.

use serde_json::{Map, Value as Json};

use super::{Target, md5_hex};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::parse::behavior::GENERIC_TEST_ARGUMENTS;
use crate::parse::python::str_of;
use crate::parse::render::YamlRenderer;
use crate::parse::template::has_jinja;
use crate::resolve::assemble::Loader;
use crate::yaml::{Mapping, Node, Value};

/// Settings that may stand among the arguments.
const CONFIG_KEYS: [&str; 15] = [
    "severity",
    "tags",
    "enabled",
    "where",
    "limit",
    "warn_if",
    "error_if",
    "fail_calc",
    "store_failures",
    "store_failures_as",
    "sql_header",
    "meta",
    "database",
    "schema",
    "alias",
];

/// Names of this length or more are shortened for files and relations.
const LONGEST_NAME: usize = 64;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    /// Package of the test.
    pub namespace: Option<String>,
    /// The test's own name, such as `not_null`.
    pub name: String,
    /// Arguments for the macro, `model` among them.
    pub args: Map<String, Json>,
    /// Settings.
    pub config: Map<String, Json>,
    pub description: String,
    /// Name for files and relations.
    pub short_name: String,
    /// Name of the node.
    pub full_name: String,
}

/// The package that a test's name begins with, and the name. As with dbt, what follows them does not count, so that
/// `not_null::` is `not_null`.
fn parts_of_name(text: &str) -> Option<(Option<String>, String)> {
    let word = |text: &str| {
        let end = text
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(text.len());
        let word = &text[..end];
        let begins_well = word.starts_with(|c: char| !c.is_ascii_digit());
        begins_well.then(|| word.to_owned())
    };
    let first = word(text)?;
    let second = text[first.len()..].strip_prefix('.').and_then(word);
    Some(match second {
        Some(second) => (Some(first), second),
        None => (None, first),
    })
}

impl Definition {
    pub(crate) fn read(
        loader: &Loader,
        target: &Target,
        test: &Node,
        column_name: Option<&str>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Self, Diagnostic> {
        let (name, given) = name_and_arguments(test)?;
        let (namespace, name) = parts_of_name(&name).ok_or_else(|| {
            Diagnostic::error("test-name", format!("'{name}' is no name of a test"))
                .at(target.place(test.at))
                .hint("a name is made of letters, digits and '_', with its package and a point before it")
        })?;
        let mut args = given.to_json();
        if let Some(column_name) = column_name {
            args.insert("column_name".into(), column_name.into());
        }
        if loader.packages[0]
            .file
            .behavior
            .is_on(GENERIC_TEST_ARGUMENTS)
        {
            warn_of_old_forms(&name, &args, &|| target.place(test.at), diagnostics);
            take_arguments(&mut args);
        } else if let Some(given) = args.get("arguments") {
            if is_falsy(given) {
                args.shift_remove("arguments");
            }
            let message =
                format!("'arguments' of the test '{name}' is taken for an argument of that name");
            diagnostics.push(
                Diagnostic::warning("test-arguments-flag", message)
                    .at(target.place(test.at))
                    .hint(format!("set the flag {GENERIC_TEST_ARGUMENTS} to true")),
            );
        }
        if args.contains_key("model") {
            return Err(Diagnostic::error(
                "test-model",
                "a test's arguments cannot hold 'model': it is the model the test stands at",
            )
            .hint("remove it"));
        }
        args.insert(
            "model".into(),
            format!("{{{{ get_where_subquery({}) }}}}", target.reference()).into(),
        );
        let renderer = YamlRenderer {
            library: &loader.library,
            scope: &loader.scope,
            package: &loader.packages[target.package].file.name,
            file: &target.file.world_path,
            strict: false,
        };
        let config = take_config(&mut args, &renderer, test, diagnostics)?;
        let description = own_text(&mut args, "description")?.unwrap_or_default();
        let (short_name, full_name) = match own_text(&mut args, "name")? {
            Some(own) => (own.clone(), own),
            None => names(namespace.as_deref(), &name, target, &args),
        };
        let mut definition = Self {
            namespace,
            name,
            args,
            config,
            description,
            short_name,
            full_name,
        };
        if definition.short_name != definition.full_name && !definition.config.contains_key("alias")
        {
            definition
                .config
                .insert("alias".into(), definition.short_name.clone().into());
        }
        Ok(definition)
    }

    /// Tags among the settings.
    pub(crate) fn tags(&self) -> Vec<String> {
        match self.config.get("tags") {
            Some(Json::String(tag)) => vec![tag.clone()],
            Some(Json::Array(tags)) => tags.iter().map(str_of).collect(),
            _ => Vec::new(),
        }
    }

    /// An argument that the built-in test of this name does not have. dbt does not look at those of `not_null` and
    /// `unique`.
    pub(crate) fn unknown_argument(&self) -> Option<&str> {
        let own = match self.name.as_str() {
            "accepted_values" => ["values", "quote"],
            "relationships" => ["to", "field"],
            _ => return None,
        };
        let is_known = |key: &str| matches!(key, "model" | "column_name") || own.contains(&key);
        let mut keys = self.args.keys().map(String::as_str);
        keys.find(|key| !is_known(key))
    }

    /// The Jinja that runs the test.
    pub(crate) fn raw_code(&self) -> String {
        let namespace = self
            .namespace
            .as_ref()
            .map(|namespace| format!("{namespace}."))
            .unwrap_or_default();
        let settings: Vec<String> = self
            .config
            .iter()
            .map(|(key, value)| match value {
                Json::String(text) => format!("{key}=\"{}\"", text.replace('"', "\\\"")),
                other => format!("{key}={}", str_of(other)),
            })
            .collect();
        let config = if settings.is_empty() {
            String::new()
        } else {
            format!("{{{{ config({}) }}}}", settings.join(","))
        };
        format!(
            "{{{{ {namespace}test_{}(**_dbt_generic_test_kwargs) }}}}{config}",
            self.name
        )
    }
}

fn name_and_arguments(test: &Node) -> Result<(String, Mapping), Diagnostic> {
    let shape = || {
        Diagnostic::error(
            "test-shape",
            format!(
                "a test is a name, or a name with arguments; found {}",
                test.kind()
            ),
        )
        .hint("write `- not_null`, or `- accepted_values: {arguments: {values: [a, b]}}`")
    };
    let mapping = match &test.value {
        Value::String(name) => return Ok((name.clone(), Mapping::default())),
        Value::Mapping(mapping) => mapping,
        _ => return Err(shape()),
    };
    if let Some(name) = mapping.get("test_name") {
        let mut args = mapping.clone();
        args.remove("test_name");
        return name
            .as_str()
            .map(|name| (name.to_owned(), args))
            .ok_or_else(shape);
    }
    let mut entries = mapping.iter();
    let (Some((name, args)), None) = (entries.next(), entries.next()) else {
        return Err(
            Diagnostic::error("test-shape", "a test has more than one name")
                .hint("indent the arguments below the test's name: they stand beside it now"),
        );
    };
    match &args.value {
        Value::Mapping(args) => Ok((name.to_owned(), args.clone())),
        Value::Null => Err(Diagnostic::error(
            "test-definition",
            format!("test '{name}' has a colon but no arguments"),
        )
        .hint(format!(
            "write `- {name}` without the colon, or indent its arguments below it"
        ))),
        _ => Err(Diagnostic::error(
            "test-definition",
            format!(
                "arguments of test '{name}' are a mapping, found {}",
                args.kind()
            ),
        )
        .hint("name each argument: `values: [a, b]`")),
    }
}

/// Takes what a test says of itself out of its arguments: text, or a mistake.
fn own_text(args: &mut Map<String, Json>, key: &str) -> Result<Option<String>, Diagnostic> {
    match args.shift_remove(key) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(other) => Err(Diagnostic::error(
            "test-shape",
            format!("'{key}' of a test is text, found {other}"),
        )
        .hint("put it in quotes")),
    }
}

/// dbt wants arguments under `arguments` and settings under `config`.
fn warn_of_old_forms(
    name: &str,
    args: &Map<String, Json>,
    place: &dyn Fn() -> Span,
    diagnostics: &mut Diagnostics,
) {
    for key in args
        .keys()
        .filter(|key| CONFIG_KEYS.contains(&key.as_str()))
    {
        diagnostics.push(
            Diagnostic::warning(
                "test-settings",
                format!(
                    "'{key}' of the test '{name}' is a setting, and stands among its arguments"
                ),
            )
            .at(place())
            .hint(format!(
                "move it under `config:`, as in `config: {{{key}: …}}`"
            )),
        );
    }
    let is_own = |key: &str| {
        matches!(key, "config" | "column_name" | "description" | "name")
            || CONFIG_KEYS.contains(&key)
    };
    let nested = args.get("arguments").is_some_and(|given| !is_falsy(given));
    let is_bare = |key: &&String| !nested && *key != "arguments" && !is_own(key);
    let bare: Vec<&str> = args.keys().filter(is_bare).map(String::as_str).collect();
    if let Some(first) = bare.first() {
        let (named, moved) = if bare.len() == 1 {
            (format!("the argument '{first}'"), "it")
        } else {
            (format!("the arguments '{}'", bare.join("', '")), "them")
        };
        let stand = if bare.len() == 1 { "stands" } else { "stand" };
        diagnostics.push(
            Diagnostic::warning(
                "test-arguments",
                format!("{named} of the test '{name}' {stand} directly below its name"),
            )
            .at(place())
            .hint(format!(
                "move {moved} under `arguments:`, as in `arguments: {{{first}: …}}`"
            )),
        );
    }
}

/// Arguments may stand under `arguments`, apart from settings.
fn take_arguments(args: &mut Map<String, Json>) {
    if let Some(Json::Object(arguments)) = args.shift_remove("arguments") {
        args.extend(arguments);
    }
}

fn is_falsy(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Bool(value) => !value,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
    }
}

/// Takes the settings out of the arguments, those in `config` and those beside it.
fn take_config(
    args: &mut Map<String, Json>,
    renderer: &YamlRenderer<'_>,
    test: &Node,
    diagnostics: &mut Diagnostics,
) -> Result<Map<String, Json>, Diagnostic> {
    let mut nested = match args.shift_remove("config") {
        None => None,
        Some(Json::Object(map)) => Some(map),
        Some(_) => {
            return Err(
                Diagnostic::error("test-config", "'config' of a test is a mapping")
                    .hint("write `config: {severity: warn}`"),
            );
        }
    };
    let mut config = Map::new();
    for key in CONFIG_KEYS {
        let mut value = args.shift_remove(key).unwrap_or_default();
        if let Some(nested) = &mut nested {
            if is_falsy(&value) {
                value = nested.shift_remove(key).unwrap_or_default();
            } else if nested.contains_key(key) {
                return Err(Diagnostic::error(
                    "test-config-twice",
                    format!("'{key}' of a test stands both in 'config' and beside it"),
                )
                .hint("keep the one in 'config'"));
            }
        }
        config.insert(key.to_owned(), value);
    }
    config.extend(nested.unwrap_or_default());
    let mut rendered = Map::new();
    for (key, value) in config {
        let value = match value {
            Json::String(text) if has_jinja(&text) => match renderer.text(&text, test) {
                Ok(node) => node.to_json(),
                Err(error) => {
                    diagnostics.push(error);
                    Json::String(text)
                }
            },
            other => other,
        };
        if !value.is_null() {
            rendered.insert(key, value);
        }
    }
    Ok(rendered)
}

/// The short and the full name that dbt makes of a test, its target and its arguments.
fn names(
    namespace: Option<&str>,
    name: &str,
    target: &Target,
    args: &Map<String, Json>,
) -> (String, String) {
    let mut kind = String::new();
    if let Some(namespace) = namespace {
        kind.push_str(namespace);
        kind.push('_');
    }
    if target.source.is_some() {
        kind.push_str("source_");
    }
    kind.push_str(name);
    let mut keys: Vec<&String> = args.keys().filter(|key| *key != "model").collect();
    keys.sort();
    let mut parts: Vec<String> = Vec::new();
    for key in keys {
        match &args[key] {
            Json::Object(map) => parts.extend(map.values().map(str_of)),
            Json::Array(items) => parts.extend(items.iter().map(str_of)),
            other => parts.push(str_of(other)),
        }
    }
    let parts: Vec<String> = parts.iter().map(|part| clean(part)).collect();
    let identifier = format!("{kind}_{}", target.test_name_part());
    let full = format!("{identifier}_{}", parts.join("__"));
    if full.chars().count() < LONGEST_NAME {
        return (full.clone(), full);
    }
    let head: String = identifier.chars().take(30).collect();
    (format!("{head}_{}", md5_hex(&full)), full)
}

/// Runs of anything but letters, digits and underscores as one underscore.
fn clean(part: &str) -> String {
    let mut cleaned = String::new();
    let mut gap = false;
    for character in part.chars() {
        if character.is_ascii_alphanumeric() || character == '_' {
            cleaned.push(character);
            gap = false;
        } else if !gap {
            cleaned.push('_');
            gap = true;
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::parts_of_name;

    #[test]
    fn what_follows_a_name_does_not_count() {
        for (text, expected) in [
            ("a", Some((None, "a"))),
            ("a.b", Some((Some("a"), "b"))),
            ("a.b.c", Some((Some("a"), "b"))),
            ("not_null:", Some((None, "not_null"))),
            ("a b", Some((None, "a"))),
            ("a.1", Some((None, "a"))),
            ("1a", None),
            (".a", None),
            ("", None),
        ] {
            let found = parts_of_name(text);
            let found = found
                .as_ref()
                .map(|(package, name)| (package.as_deref(), name.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
