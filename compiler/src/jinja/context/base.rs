//! Functions that need neither a node nor a warehouse: values of the project, conversions, log.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use md5::{Digest, Md5};
use minijinja::value::{Enumerator, Object, Tuple, ValueKind};
use minijinja::{Error, State, Value};
use serde_json::Value as Json;

use super::RenderContext;
use crate::diag::Diagnostic;
use crate::jinja::failure::{raise, return_value};
use crate::jinja::macro_object::handle;
use crate::jinja::phase::{JinjaWarning, LogLevel, LogLine, Runtime};
use crate::jinja::values::{Args, Dict, Set, dump, fail, from_json, list_of, strict_json};
use crate::jinja::{Phase, Template, modules};

const SECRET_PREFIX: &str = "DBT_ENV_SECRET";

pub(super) fn value(context: &Arc<RenderContext>, name: &str) -> Option<Value> {
    let scope = &context.scope;
    Some(match name {
        "return" => context.function("return", |_, _, args| {
            Err(return_value(
                args.get(0, "data").unwrap_or_else(|| Value::from(())),
            ))
        }),
        "var" => context.function("var", var),
        "env_var" => context.function("env_var", env_var),
        "log" => context.function("log", |context, _, args| {
            let level = if args.flag(1, "info", false) {
                LogLevel::Info
            } else {
                LogLevel::Debug
            };
            say(context, level, &args.need(0, "msg")?.to_string());
            Ok(Value::from(""))
        }),
        "print" => context.function("print", |context, _, args| {
            say(context, LogLevel::Print, &args.need(0, "msg")?.to_string());
            Ok(Value::from(""))
        }),
        "fromjson" => context.function("fromjson", fromjson),
        "tojson" => context.function("tojson", tojson),
        "fromyaml" => context.function("fromyaml", fromyaml),
        "toyaml" => context.function("toyaml", toyaml),
        "set" => context.function("set", |_, _, args| {
            Set::from_iterable(&args.need(0, "value")?).or_else(|_| Ok(default(args, 1)))
        }),
        "set_strict" => context.function("set_strict", |_, _, args| {
            Set::from_iterable(&args.need(0, "value")?)
        }),
        "zip" => context.function("zip", |_, _, args| {
            zip(args.positional).or_else(|_| Ok(default(args, usize::MAX)))
        }),
        "zip_strict" => context.function("zip_strict", |_, _, args| zip(args.positional)),
        "local_md5" => context.function("local_md5", |_, _, args| {
            let digest = Md5::digest(args.text(0, "value")?.as_bytes());
            let mut text = String::new();
            for byte in digest {
                let _ = write!(text, "{byte:02x}");
            }
            Ok(Value::from(text))
        }),
        "diff_of_two_dicts" => context.function("diff_of_two_dicts", diff_of_two_dicts),
        "modules" => modules::modules(scope.world.started_at()),
        "run_started_at" => modules::utc_value(scope.world.started_at()),
        "invocation_id" => Value::from(scope.world.invocation_id()),
        "dbt_version" => Value::from(crate::DBT_VERSION),
        "project_name" => Value::from(scope.project_name.as_str()),
        // `env` is the older name.
        "target" | "env" => from_json(&Json::Object(scope.target.clone())),
        "adapter_macro" => context.function("adapter_macro", |_, _, args| {
            let name = args.need(0, "name")?;
            let message = format!("adapter_macro('{name}') is no longer there");
            let hint = "call the macro that adapter.dispatch(…) finds";
            Err(raise(
                Diagnostic::error("jinja-undefined", message).hint(hint),
            ))
        }),
        "flags" => Value::from_object(Flags(Arc::clone(context))),
        "thread_id" => Value::from("MainThread"),
        "execute" => Value::from(context.executes()),
        "dbt_metadata_envs" => {
            let envs = scope.world.metadata_envs().into_iter();
            let pairs = envs.map(|(name, value)| (Value::from(name), Value::from(value)));
            Value::from_object(pairs.collect::<Dict>())
        }
        "invocation_args_dict" => {
            // While the project is read, what the flags are is all that is known.
            let said = scope
                .args
                .iter()
                .map(|(name, value)| (name.as_str().into(), from_json(value)));
            let flags = scope
                .flags
                .iter()
                .filter(|_| scope.args.is_empty())
                .map(|(name, value)| (Value::from(name.to_lowercase()), from_json(value)));
            let command = (Value::from("which"), Value::from(scope.command.as_str()));
            Value::from_object(flags.chain(said).chain([command]).collect::<Dict>())
        }
        _ => return None,
    })
}

fn default(args: &Args<'_>, index: usize) -> Value {
    args.get(index, "default")
        .unwrap_or_else(|| Value::from(()))
}

pub(super) fn say(context: &RenderContext, level: LogLevel, message: &str) {
    if let Phase::Execute(runtime) = &context.phase {
        let node = runtime.node.unique_id.clone();
        (runtime.run.log)(LogLine {
            level,
            message: message.to_owned(),
            node,
        });
    }
}

/// Warns, or fails where that warning is an error. While parsing the warning is kept with what the text asks for.
pub(crate) fn warn(
    context: &RenderContext,
    warning: JinjaWarning,
    message: &str,
) -> Result<(), Error> {
    match &context.phase {
        Phase::Parse(captured) => {
            let warnings = &mut captured.lock().warnings;
            warnings.push((warning, message.to_owned()));
        }
        Phase::Execute(runtime) => {
            warn_of(runtime, warning, message).map_err(raise)?;
        }
    }
    Ok(())
}

/// Warns in a run, or fails where that warning is an error.
pub(crate) fn warn_of(
    runtime: &Runtime,
    warning: JinjaWarning,
    message: &str,
) -> Result<(), Diagnostic> {
    if runtime.run.fatal_warnings.contains(&warning) {
        let message = format!("{message} (a warning, which is an error here)");
        return Err(Diagnostic::error(warning.code(), message));
    }
    (runtime.run.log)(LogLine {
        level: LogLevel::Warn(warning),
        message: message.to_owned(),
        node: runtime.node.unique_id.clone(),
    });
    Ok(())
}

/// Prints from an object's method, where a render is under way.
pub(crate) fn print(state: &State<'_, '_>, message: &str) {
    if let Some(handle) = handle(state) {
        say(&handle.context, LogLevel::Print, message);
    }
}

/// What `var(name)` finds. A string that holds Jinja is rendered where a node asks; in a YAML file dbt leaves it.
fn var(
    context: &Arc<RenderContext>,
    _: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    args.at_most(2)?;
    if context.reads_node() && args.need(0, "name")?.as_str().is_none() {
        // The name may stand in what is not known yet, such as a target's key that this profile does not have.
        return Ok(args.get(1, "default").unwrap_or_else(|| Value::from(())));
    }
    let name = args.text(0, "name")?;
    if let Some(found) = context.scope.vars.get(&context.package, &name) {
        if let Json::String(text) = found
            && (text.contains("{{") || text.contains("{%"))
            && context.node().is_some()
        {
            let title = format!("the var '{name}'");
            let template = Template {
                name: &title,
                text,
                file: "dbt_project.yml",
                line: 0,
                column: 0,
            };
            return crate::jinja::render::text_in(context, template)
                .map(Value::from)
                .map_err(raise);
        }
        return Ok(from_json(found));
    }
    if let Some(default) = args.get(1, "default") {
        return Ok(default);
    }
    // While a node is parsed, dbt takes a variable that is nowhere for none; running it is what fails.
    if context.reads_node() {
        return Ok(Value::from(()));
    }
    let asked = context
        .node()
        .map_or_else(|| "the project".to_owned(), |node| node.unique_id.clone());
    let message = format!("required var '{name}' not found, asked for by {asked}");
    let hint = format!("set it under `vars:` in dbt_project.yml, or pass --vars '{{{name}: …}}'");
    Err(raise(
        Diagnostic::error("var-not-found", message).hint(hint),
    ))
}

pub(super) fn has_var(context: &Arc<RenderContext>, args: &Args<'_>) -> Result<Value, Error> {
    Ok(Value::from(
        context
            .scope
            .vars
            .get(&context.package, &args.text(0, "name")?)
            .is_some(),
    ))
}

/// Secrets are for profiles and packages alone, which are rendered before any node is known.
fn env_var(
    context: &Arc<RenderContext>,
    _: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let name = args.text(0, "var")?;
    let secret = name.starts_with(SECRET_PREFIX);
    let configuration = matches!(&context.phase, Phase::Parse(captured) if captured.node.is_none());
    if secret && !configuration {
        let message = format!(
            "the secret environment variable '{name}' may be used in profiles.yml and packages.yml only"
        );
        return Err(raise(Diagnostic::error("secret-env-var", message).hint(
            format!("secrets are those that start with {SECRET_PREFIX}"),
        )));
    }
    if let Some(value) = context
        .unit_test()
        .and_then(|test| test.env_vars.get(&name))
    {
        return Ok(from_json(value));
    }
    let found = context.scope.world.env_var(&name);
    if let (Phase::Parse(captured), Some(value), false) = (&context.phase, &found, secret) {
        captured.lock().env_vars.insert(name.clone(), value.clone());
    }
    if let Some(value) = found
        .map(Value::from)
        .or_else(|| args.get(1, "default").filter(|value| !value.is_none()))
    {
        Ok(value)
    } else {
        let message = format!("the environment variable '{name}' is not set");
        let hint = format!("set it, or give a default: env_var('{name}', '…')");
        Err(raise(
            Diagnostic::error("env-var-missing", message).hint(hint),
        ))
    }
}

fn fromjson(
    _: &Arc<RenderContext>,
    _: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let text = args.text(0, "string")?;
    Ok(serde_json::from_str::<Json>(&text)
        .map_or_else(|_| default(args, 1), |json| from_json(&json)))
}

fn tojson(_: &Arc<RenderContext>, _: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let value = args.need(0, "value")?;
    dump(&value, args.flag(2, "sort_keys", false), None).map(Value::from)
}

fn fromyaml(
    _: &Arc<RenderContext>,
    _: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let text = args.need(0, "value")?.to_string();
    let loaded = crate::yaml::load(&text, "fromyaml");
    Ok(loaded.map_or_else(
        |_| default(args, 1),
        |document| from_json(&document.root.to_json()),
    ))
}

fn toyaml(_: &Arc<RenderContext>, _: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let Some(json) = strict_json(&args.need(0, "value")?, &mut |_| None) else {
        return Ok(default(args, 1));
    };
    let mut text = String::new();
    yaml_block(&json, 0, args.flag(2, "sort_keys", false), &mut text);
    // PyYAML ends a document that is a plain scalar with a mark of its own.
    if !matches!(json, Json::Object(_) | Json::Array(_)) && !text.starts_with(['\'', '"']) {
        text.push_str("...\n");
    }
    Ok(Value::from(text))
}

/// Writes block YAML as PyYAML's `safe_dump` lays it out.
fn yaml_block(json: &Json, indent: usize, sort_keys: bool, text: &mut String) {
    let pad = " ".repeat(indent);
    match json {
        Json::Object(map) if !map.is_empty() => {
            let mut pairs: Vec<_> = map.iter().collect();
            if sort_keys {
                pairs.sort_by_key(|(key, _)| *key);
            }
            for (index, (key, value)) in pairs.into_iter().enumerate() {
                if index > 0 {
                    text.push_str(&pad);
                }
                text.push_str(&yaml_scalar(&Json::from(key.as_str())));
                text.push(':');
                match value {
                    Json::Object(map) if !map.is_empty() => {
                        text.push('\n');
                        text.push_str(&" ".repeat(indent + 2));
                        yaml_block(value, indent + 2, sort_keys, text);
                    }
                    Json::Array(items) if !items.is_empty() => {
                        text.push('\n');
                        text.push_str(&pad);
                        yaml_block(value, indent, sort_keys, text);
                    }
                    _ => {
                        text.push(' ');
                        text.push_str(&yaml_scalar(value));
                        text.push('\n');
                    }
                }
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(&pad);
                }
                text.push_str("- ");
                yaml_block(item, indent + 2, sort_keys, text);
            }
        }
        scalar => {
            text.push_str(&yaml_scalar(scalar));
            text.push('\n');
        }
    }
}

fn yaml_scalar(json: &Json) -> String {
    match json {
        Json::Null => "null".to_owned(),
        Json::Object(_) => "{}".to_owned(),
        Json::Array(_) => "[]".to_owned(),
        Json::String(string) => {
            let special = |c: char| "#:{}[],&*!|>'\"%@`".contains(c);
            let is_date =
                modules::date_value(string).is_some() || modules::timestamp_value(string).is_some();
            let plain = !string.is_empty()
                && !is_date
                && string.trim() == string
                && !string.starts_with(|c: char| special(c) || matches!(c, '-' | '?' | '='))
                && !string.contains(": ")
                && !string.contains(" #")
                && !string.contains('\n')
                && !string.ends_with(':')
                && matches!(crate::yaml::load(string, "scalar").map(|document| document.root.to_json()), Ok(Json::String(read)) if read == *string);
            if plain {
                string.clone()
            } else {
                format!("'{}'", string.replace('\'', "''").replace('\n', "\n\n"))
            }
        }
        other => other.to_string(),
    }
}

fn zip(lists: &[Value]) -> Result<Value, Error> {
    let mut columns: Vec<Vec<Value>> = Vec::new();
    for list in lists {
        if !matches!(
            list.kind(),
            ValueKind::Seq | ValueKind::Iterable | ValueKind::Map | ValueKind::String
        ) {
            return Err(fail("zip() wants iterables"));
        }
        columns.push(match list.as_str() {
            Some(text) => text.chars().map(|c| Value::from(c.to_string())).collect(),
            None => list.try_iter()?.collect(),
        });
    }
    let length = columns.iter().map(Vec::len).min().unwrap_or(0);
    let row = |place: usize| {
        Value::from(Tuple::new(
            columns.iter().map(|column| column[place].clone()).collect(),
        ))
    };
    Ok(list_of((0..length).map(row)))
}

/// Entries of the first dict of lists that the second has not, whatever their case.
fn diff_of_two_dicts(
    _: &Arc<RenderContext>,
    _: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let lower = |value: &Value| value.to_string().to_lowercase();
    let second = Dict::pairs_of(&args.need(1, "dict_b")?)?;
    let mut rest = Vec::new();
    for (key, items) in Dict::pairs_of(&args.need(0, "dict_a")?)? {
        let other = second
            .iter()
            .find(|(candidate, _)| lower(candidate) == lower(&key));
        let known: Vec<String> = match other {
            Some((_, items)) => items.try_iter()?.map(|item| lower(&item)).collect(),
            None => Vec::new(),
        };
        let kept: Vec<Value> = items
            .try_iter()?
            .filter(|item| !known.contains(&lower(item)))
            .collect();
        if !kept.is_empty() {
            rest.push((key, list_of(kept)));
        }
    }
    Ok(Value::from_object(rest.into_iter().collect::<Dict>()))
}

/// `flags`: names in capitals; what was not set is `None`.
#[derive(Debug)]
struct Flags(Arc<RenderContext>);

impl Object for Flags {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let flags = &self.0.scope.flags;
        let found = flags
            .get(key)
            .or_else(|| flags.get(&key.to_uppercase()))
            .or_else(|| flags.get(&key.to_lowercase()));
        Some(match found {
            Some(value) => from_json(value),
            None if key.eq_ignore_ascii_case("which") => Value::from(self.0.scope.command.as_str()),
            None if key.eq_ignore_ascii_case("full_refresh") => Value::from(false),
            None => Value::from(()),
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(
            self.0
                .scope
                .flags
                .keys()
                .map(|key| Value::from(key.as_str()))
                .collect(),
        )
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<flags>")
    }
}
