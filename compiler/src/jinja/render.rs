//! The ways into the engine.

use std::sync::{Arc, OnceLock};

use minijinja::Error;
use minijinja::value::Kwargs;
use serde_json::Value as Json;

use super::context::RenderContext;
use super::failure::{diagnostic, returned};
use super::macro_object::{Depth, RootScope};
use super::report::{describe, distance};
use super::rewrite::{PieceKind, Sole, pieces, sole};
use super::unit::{Origin, Unit};
use super::values::{from_json, to_json};
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
        set: OnceLock::new(),
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
    let environment = if context.forgives() {
        context.library.forgiving_environment()
    } else {
        context.library.environment()
    };
    let compiled = environment.template_from_named_str(&unit.name, &unit.text);
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
    let value = render_defined(library, scope, phase, package, template)?;
    Ok(value.unwrap_or_else(|| Json::String(String::new())))
}

/// As [`render_native`]; `None` where the text is one `{{ … }}` that is undefined.
pub fn render_defined(
    library: &Library,
    scope: &Arc<ProjectScope>,
    phase: &Phase,
    package: &str,
    template: Template<'_>,
) -> Result<Option<Json>, Diagnostic> {
    let context = context(library, scope, phase, package);
    let unit = unit(template)?;
    if unit.rewritten.sole != Some(Sole::Value) {
        return native_of_tags(&context, template).map(Some);
    }
    let inner = unit
        .text
        .trim_start_matches("{{")
        .trim_start_matches(['-', '+']);
    let cut = unit.text.len() - inner.len();
    let inner = inner.trim_end_matches("}}").trim_end_matches(['-', '+']);
    // Blanks in place of the braces: errors name places in the whole text.
    let expression = format!("{:cut$}{inner}", "");
    let root = RootScope {
        context: Arc::clone(&context),
        unit: Arc::clone(&unit),
    };
    let marking = marking(&expression);
    marks::forget();
    let compiled = context
        .library
        .environment()
        .compile_expression(marking.as_deref().unwrap_or(&expression));
    let value = match compiled.and_then(|compiled| compiled.eval(Value::from_object(root))) {
        Ok(value) => value,
        Err(error) => match returned(&error) {
            Some(value) => value,
            None => return Err(describe(&context.library, &unit, &error)),
        },
    };
    if value.is_undefined() {
        return Ok(None);
    }
    let value = to_json(&value);
    let filter = value.as_str().and_then(marks::of).unwrap_or_default();
    read_marked(value, filter, &unit).map(Some)
}

/// The filters that mark a value, each with the one that makes it a marked text.
pub(super) const MARKS: [(&str, &str); 4] = [
    ("as_bool", "_as_bool"),
    ("as_number", "_as_number"),
    ("as_native", "_as_native"),
    ("as_text", "_as_text"),
];

/// An expression whose marking filters give text, as they do in dbt's native rendering: `not (false | as_bool)` is
/// false there, since `'False'` is a text that is not empty. `None` where none of them is used.
fn marking(expression: &str) -> Option<String> {
    if !expression.contains("as_") {
        return None;
    }
    let mut parts = expression.split('|');
    let mut marked = parts.next()?.to_owned();
    for part in parts {
        marked.push('|');
        let name = part.trim_start();
        let ends = name
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(name.len());
        match MARKS.iter().find(|(filter, _)| *filter == &name[..ends]) {
            Some((_, marking)) => marked.extend([*marking, &name[ends..]]),
            None => marked.push_str(part),
        }
    }
    Some(marked)
}

/// The texts that marking filters gave while one expression was evaluated: dbt marks them by a class of their own.
pub(super) mod marks {
    use std::cell::RefCell;

    thread_local! {
        static MARKED: RefCell<Vec<(String, &'static str)>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn forget() {
        MARKED.with_borrow_mut(Vec::clear);
    }

    /// Notes that `filter` gave this text.
    pub(in crate::jinja) fn note(text: &str, filter: &'static str) {
        MARKED.with_borrow_mut(|marked| marked.push((text.to_owned(), filter)));
    }

    /// The filter that gave this text, the last one where there are several.
    pub(super) fn of(text: &str) -> Option<&'static str> {
        MARKED.with_borrow(|marked| {
            let found = marked.iter().rev().find(|(known, _)| known == text);
            found.map(|(_, filter)| *filter)
        })
    }
}

/// A text with tags whose outcome is one single value gives that value, everything else text.
fn native_of_tags(
    context: &Arc<RenderContext>,
    template: Template<'_>,
) -> Result<Json, Diagnostic> {
    let text = text_in(context, template)?;
    let Some(noted) = noting(template.text) else {
        return Ok(Json::String(text));
    };
    let noted = text_in(
        context,
        Template {
            text: &noted,
            ..template
        },
    )?;
    let sole = noted
        .trim_end_matches('\n')
        .strip_prefix(NOTED)
        .and_then(|rest| rest.strip_suffix(NOTED))
        .filter(|rest| !rest.contains(NOTED))
        .and_then(|rest| serde_json::from_str(rest).ok());
    match sole {
        Some((value, filter)) => {
            let filter: String = filter;
            read_marked(value, &filter, &*unit(template)?)
        }
        None => Ok(Json::String(text)),
    }
}

/// What stands before and after a value that [`noting`] noted.
pub(super) const NOTED: char = '\u{1}';

/// `text` with each value written down by the filter `_note`. `None` where a tag takes text as a value, or none stands
/// there.
fn noting(text: &str) -> Option<String> {
    let pieces = pieces(text).ok()?;
    if !pieces.iter().any(|piece| piece.word(text).is_some()) {
        return None;
    }
    let mut noted = String::new();
    for piece in &pieces {
        let whole = &text[piece.start..piece.end];
        match &piece.kind {
            PieceKind::Variable(tokens) if sole(text, tokens) == Sole::Value => {
                let (first, last) = (tokens.first()?, tokens.last()?);
                let expression = &text[first.start..last.end];
                noted.push_str(&text[piece.start..first.start]);
                let filter = last_filter(expression);
                noted.extend(["(", expression, ")|_note('", filter, "')"]);
                noted.push_str(&text[last.end..piece.end]);
                continue;
            }
            PieceKind::Tag(tokens) => match piece.word(text)? {
                "if" | "elif" | "else" | "endif" | "for" | "endfor" | "do" => {}
                "set"
                    if tokens
                        .iter()
                        .any(|token| &text[token.start..token.end] == "=") => {}
                _ => return None,
            },
            _ => {}
        }
        noted.push_str(whole);
    }
    Some(noted)
}

/// Reads a value marked `as_bool`, `as_number` or `as_native` as a Python literal.
fn read_marked(value: Json, filter: &str, unit: &Unit) -> Result<Json, Diagnostic> {
    if !["as_bool", "as_number", "as_native"].contains(&filter) {
        return Ok(value);
    }
    let read = match &value {
        Json::String(text) => literal(text).unwrap_or_else(|| value.clone()),
        other => other.clone(),
    };
    let fits = match filter {
        "as_bool" => read.is_boolean(),
        "as_number" => read.is_number(),
        _ => true,
    };
    if fits {
        return Ok(read);
    }
    let wanted = if filter == "as_bool" {
        "bool"
    } else {
        "number"
    };
    let shown = match &value {
        Json::String(text) => text.clone(),
        other => from_json(other).to_string(),
    };
    Err(Diagnostic::error(
        "jinja",
        format!("could not convert value '{shown}' into type '{wanted}'"),
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
