//! The ways into the engine.

use std::sync::Arc;

use minijinja::Error;
use minijinja::value::Kwargs;
use serde_json::Value as Json;

use super::context::RenderContext;
use super::failure::{diagnostic, returned};
use super::macro_object::{Depth, RootScope};
use super::report::{describe, distance};
use super::rewrite::Sole;
use super::unit::{Origin, Unit};
use super::values::to_json;
use super::{Library, Phase, ProjectScope, Value};
use crate::diag::Diagnostic;

/// A text to render.
#[derive(Debug, Clone, Copy)]
pub struct Template<'a> {
    /// What it is, for messages: a unique id or a file.
    pub name: &'a str,
    /// The Jinja text.
    pub text: &'a str,
    /// The file it stands in, relative to the project root.
    pub file: &'a str,
    /// The line of `file` that the text starts at.
    pub line: usize,
    /// The column that the text's first line starts at, from 1.
    pub column: usize,
}

fn context(
    library: &Library,
    scope: &Arc<ProjectScope>,
    phase: &Phase,
    package: &str,
) -> Arc<RenderContext> {
    Arc::new(RenderContext {
        library: library.clone(),
        scope: Arc::clone(scope),
        phase: phase.clone(),
        package: package.to_owned(),
        depth: Depth::default(),
    })
}

fn unit(template: Template<'_>) -> Result<Arc<Unit>, Diagnostic> {
    let Template {
        name,
        text,
        file,
        line,
        column,
    } = template;
    // Jinja2 drops one line break at the end.
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    Unit::new(
        text,
        &Origin {
            name,
            title: name,
            file,
            line,
            column,
        },
        &[],
    )
    .map(Arc::new)
}

/// Renders `template` as it stands in `package`.
pub fn render(
    library: &Library,
    scope: &Arc<ProjectScope>,
    phase: &Phase,
    package: &str,
    template: Template<'_>,
) -> Result<String, Diagnostic> {
    text_in(&context(library, scope, phase, package), template)
}

/// Renders `template` in a context that is there already.
pub(crate) fn text_in(
    context: &Arc<RenderContext>,
    template: Template<'_>,
) -> Result<String, Diagnostic> {
    let unit = unit(template)?;
    if unit.rewritten.plain {
        return Ok(template.text.to_owned());
    }
    let root = RootScope {
        context: Arc::clone(context),
        unit: Arc::clone(&unit),
    };
    let compiled = context
        .library
        .environment()
        .template_from_named_str(&unit.name, &unit.text);
    match compiled.and_then(|compiled| compiled.render(Value::from_object(root))) {
        Ok(text) => Ok(text),
        Err(error) => match returned(&error) {
            Some(value) => Ok(value.to_string()),
            None => Err(describe(&context.library, &unit, &error)),
        },
    }
}

/// Renders a YAML string by dbt's native rule: a text that is one `{{ … }}` gives its value, everything else text.
/// A value marked `as_bool`, `as_number` or `as_native` is read as a Python literal; one marked `as_text` stays text.
pub fn render_native(
    library: &Library,
    scope: &Arc<ProjectScope>,
    phase: &Phase,
    package: &str,
    template: Template<'_>,
) -> Result<Json, Diagnostic> {
    let context = context(library, scope, phase, package);
    let unit = unit(template)?;
    if unit.rewritten.sole != Some(Sole::Value) {
        return text_in(&context, template).map(Json::String);
    }
    let expression = unit
        .text
        .trim_start_matches("{{")
        .trim_start_matches(['-', '+']);
    let expression = expression
        .trim_end_matches("}}")
        .trim_end_matches(['-', '+']);
    let root = RootScope {
        context: Arc::clone(&context),
        unit: Arc::clone(&unit),
    };
    let compiled = context.library.environment().compile_expression(expression);
    let value = match compiled.and_then(|compiled| compiled.eval(Value::from_object(root))) {
        Ok(value) => value,
        Err(error) => match returned(&error) {
            Some(value) => value,
            None => return Err(describe(&context.library, &unit, &error)),
        },
    };
    let marked = ["as_bool", "as_number", "as_native"]
        .iter()
        .find(|mark| last_filter(expression) == **mark);
    let Some(mark) = marked else {
        return Ok(if value.is_undefined() {
            Json::String(String::new())
        } else {
            to_json(&value)
        });
    };
    let read = match value.as_str() {
        Some(text) => literal(text).unwrap_or_else(|| Json::from(text)),
        None => to_json(&value),
    };
    let fits = match *mark {
        "as_bool" => read.is_boolean(),
        "as_number" => read.is_number(),
        _ => true,
    };
    if fits {
        return Ok(read);
    }
    let wanted = if *mark == "as_bool" { "bool" } else { "number" };
    Err(Diagnostic::error(
        "jinja",
        format!("could not convert value '{value}' into type '{wanted}'"),
    )
    .at(unit.start()))
}

fn last_filter(expression: &str) -> &str {
    expression
        .rsplit_once('|')
        .map_or("", |(_, name)| name.trim())
}

/// A Python literal: number, truth value, None, string, list or dict of these.
fn literal(text: &str) -> Option<Json> {
    let text = text.trim();
    match text {
        "True" => return Some(Json::Bool(true)),
        "False" => return Some(Json::Bool(false)),
        "None" => return Some(Json::Null),
        _ => {}
    }
    if let Ok(integer) = text.parse::<i64>() {
        return Some(Json::from(integer));
    }
    if text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.')
        && let Ok(float) = text.parse::<f64>()
    {
        return Some(Json::from(float));
    }
    let container = text.starts_with(['[', '{', '(', '\'', '"']);
    if !container {
        return None;
    }
    let environment = minijinja::Environment::new();
    let expression = environment.compile_expression(text).ok()?;
    expression
        .eval(Value::UNDEFINED)
        .ok()
        .map(|value| to_json(&value))
}

/// Runs `action` in a fresh context, its failure as a diagnostic.
pub(crate) fn in_context<T>(
    library: &Library,
    scope: &Arc<ProjectScope>,
    phase: &Phase,
    package: &str,
    action: impl FnOnce(&Arc<RenderContext>) -> Result<T, Error>,
) -> Result<T, Diagnostic> {
    action(&context(library, scope, phase, package)).map_err(|error| {
        diagnostic(&error).unwrap_or_else(|| {
            let message = error
                .detail()
                .map_or_else(|| error.kind().to_string(), str::to_owned);
            Diagnostic::error("jinja", message)
        })
    })
}

/// Calls the macro that `name` means inside `package` (`name` may be `pkg.macro`) and hands back its value.
pub fn call_macro(
    library: &Library,
    scope: &Arc<ProjectScope>,
    phase: &Phase,
    package: &str,
    name: &str,
    args: &[Value],
    kwargs: &[(&str, Value)],
) -> Result<Value, Diagnostic> {
    in_context(library, scope, phase, package, |context| {
        let Some(found) = context.find_macro(name) else {
            return Err(super::failure::raise(unknown_macro(library, name)));
        };
        let mut args = args.to_vec();
        if !kwargs.is_empty() {
            let kwargs: Kwargs = kwargs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect();
            args.push(kwargs.into());
        }
        found.invoke(&args)
    })
}

fn unknown_macro(library: &Library, name: &str) -> Diagnostic {
    let plain = name.rsplit('.').next().unwrap_or(name);
    let nearest = library
        .macros()
        .map(|found| (distance(plain, &found.name), found.name.as_str()))
        .min();
    let hint = match nearest.filter(|(distance, near)| *distance <= 1 + near.len() / 5) {
        Some((_, near)) => format!("did you mean '{near}'?"),
        None => "check the spelling; if it belongs to a package, run `refract deps` to install it"
            .to_owned(),
    };
    Diagnostic::error("unknown-macro", format!("there is no macro '{name}'")).hint(hint)
}
