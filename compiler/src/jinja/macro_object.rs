//! Calling macros, call blocks and packages.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple};
use minijinja::{Error, ErrorKind, State, Value};

use super::context::RenderContext;
use super::failure::{raise, returned};
use super::report::describe;
use super::rewrite::Parameter;
use super::unit::Unit;
use super::unit_test::ConstantMacro;
use super::values::{Args, Dict, fail};
use crate::diag::Diagnostic;

/// How deep macros may call each other. A browser's stack cannot grow.
const MAX_DEPTH: usize = if cfg!(target_arch = "wasm32") {
    40
} else {
    120
};

/// Runs a nested render with room on the stack, whatever the size of the thread's own.
#[cfg(not(target_arch = "wasm32"))]
fn with_stack<T>(action: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(512 * 1024, 4 * 1024 * 1024, action)
}

#[cfg(target_arch = "wasm32")]
fn with_stack<T>(action: impl FnOnce() -> T) -> T {
    action()
}

/// Name by which filters find the render that they run in.
pub(crate) const RENDER: &str = "\u{0}render";

/// Stands for an argument that was not given and has a default.
#[derive(Debug)]
pub(crate) struct Unset;

impl Object for Unset {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// Counts calls, so that endless recursion is an error.
#[derive(Debug, Default)]
pub(crate) struct Depth(AtomicUsize);

struct Level<'a>(&'a Depth);

impl Depth {
    /// Whether no macro is running.
    fn is_zero(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    fn enter(&self, title: &str) -> Result<Level<'_>, Error> {
        let depth = self.0.fetch_add(1, Ordering::Relaxed);
        let level = Level(self);
        if depth >= MAX_DEPTH {
            let message = format!("{title} is called more than {MAX_DEPTH} calls deep");
            return Err(raise(
                Diagnostic::error("jinja-recursion", message)
                    .hint("does it call itself without end?"),
            ));
        }
        Ok(level)
    }
}

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The render and the unit that a template runs in, for filters.
#[derive(Debug)]
pub(crate) struct RenderHandle {
    pub(crate) context: Arc<RenderContext>,
    pub(crate) unit: Arc<Unit>,
}

impl Object for RenderHandle {}

/// The render that a filter or method runs in.
pub(crate) fn handle(state: &State<'_, '_>) -> Option<Arc<RenderHandle>> {
    state.lookup(RENDER)?.downcast_object::<RenderHandle>()
}

/// Names inside a macro's body or a call block's body: arguments before what the render knows.
#[derive(Debug)]
struct Scope {
    context: Arc<RenderContext>,
    unit: Arc<Unit>,
    names: Vec<(String, Value)>,
    /// A call block sees the names of where it stands.
    captured: Option<Value>,
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.names.iter().find(|(known, _)| known == name) {
            return Some(value.clone());
        }
        if name == RENDER {
            let (context, unit) = (Arc::clone(&self.context), Arc::clone(&self.unit));
            return Some(Value::from_object(RenderHandle { context, unit }));
        }
        if let Some(captured) = &self.captured
            && let Ok(value) = captured.get_attr(name)
            && !value.is_undefined()
        {
            return Some(value);
        }
        self.context.lookup(name, Some(&self.unit))
    }
}

/// Binds the arguments of a call to a macro's parameters as Jinja2 does.
fn bind(
    title: &str,
    parameters: &[Parameter],
    unit: &Unit,
    args: &[Value],
) -> Result<Vec<(String, Value)>, Error> {
    let args = Args::new(title, args);
    let mut named = args.pairs();
    let mut names = Vec::with_capacity(parameters.len() + 3);
    for (index, parameter) in parameters.iter().enumerate() {
        let by_name = named
            .iter()
            .position(|(name, _)| *name == parameter.name)
            .map(|place| named.remove(place).1);
        let value = match (args.positional.get(index), by_name) {
            (Some(_), Some(_)) => {
                return Err(fail(format!(
                    "{title} got the argument '{}' twice",
                    parameter.name
                )));
            }
            (Some(value), None) => value.clone(),
            (None, Some(value)) => value,
            (None, None) if parameter.default.is_some() => Value::from_object(Unset),
            (None, None) => Value::UNDEFINED,
        };
        names.push((parameter.name.clone(), value));
    }
    if let Some(place) = named
        .iter()
        .position(|(name, _)| name == "caller" && unit.takes_caller)
    {
        names.push(named.remove(place));
    }
    let rest = args.positional.get(parameters.len()..).unwrap_or_default();
    if unit.takes_varargs {
        names.push(("varargs".to_owned(), Value::from(Tuple::from(rest))));
    } else if !rest.is_empty() {
        let count = parameters.len();
        return Err(fail(format!(
            "{title} takes not more than {count} argument(s), got {}",
            args.positional.len()
        )));
    }
    if unit.takes_kwargs {
        let pairs = named
            .into_iter()
            .map(|(name, value)| (Value::from(name), value));
        names.push((
            "kwargs".to_owned(),
            Value::from_object(pairs.collect::<Dict>()),
        ));
    } else if let Some((name, _)) = named.first() {
        return Err(fail(format!("{title} takes no keyword argument '{name}'")));
    }
    Ok(names)
}

/// A macro that can be called.
#[derive(Debug)]
pub(crate) struct MacroObject {
    pub(crate) context: Arc<RenderContext>,
    pub(crate) place: usize,
}

impl MacroObject {
    /// Calls the macro and hands back what it returned, or its text.
    pub(crate) fn invoke(&self, args: &[Value]) -> Result<Value, Error> {
        with_stack(|| self.run(args))
    }

    fn run(&self, args: &[Value]) -> Result<Value, Error> {
        let context = &self.context;
        let entry = context.library.entry(self.place);
        if context.depth.is_zero() {
            context.note_macro(&entry.source.unique_id);
        }
        let (unit, parameters) = entry.parts().map_err(raise)?;
        let _level = context.depth.enter(&unit.title)?;
        let names = bind(&unit.title, parameters, unit, args)?;
        let scope = Scope {
            context: Arc::clone(context),
            unit: Arc::clone(unit),
            names,
            captured: None,
        };
        let rendered = context
            .library
            .environment()
            .get_template(&unit.name)
            .and_then(|template| template.render(Value::from_object(scope)));
        match rendered {
            Ok(text) => Ok(Value::from(text)),
            Err(error) => match returned(&error) {
                Some(value) => Ok(value),
                None => Err(raise(describe(&context.library, unit, &error))),
            },
        }
    }
}

impl Object for MacroObject {
    /// As a mapping, which is the default, any two would be equal.
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "name" | "__name__" => Some(Value::from(
                self.context.library.entry(self.place).source.name.as_str(),
            )),
            _ => None,
        }
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        self.invoke(args)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<macro {}>",
            self.context.library.entry(self.place).source.unique_id
        )
    }
}

/// The body of a call block: `caller()`.
#[derive(Debug)]
pub(crate) struct LambdaObject {
    pub(crate) context: Arc<RenderContext>,
    pub(crate) unit: Arc<Unit>,
    pub(crate) number: usize,
    pub(crate) captured: Value,
}

impl Object for LambdaObject {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        with_stack(|| self.invoke(args))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<call block of {}>", self.unit.name)
    }
}

impl LambdaObject {
    fn invoke(&self, args: &[Value]) -> Result<Value, Error> {
        let (context, unit) = (&self.context, &self.unit);
        let Some(lambda) = unit.rewritten.lambdas.get(self.number) else {
            return Err(fail("this call block is gone"));
        };
        let title = format!("the call block in {}", unit.title);
        let _level = context.depth.enter(&title)?;
        let names = bind(&title, &lambda.parameters, unit, args)?;
        let names = names
            .into_iter()
            .filter(|(name, _)| !matches!(name.as_str(), "varargs" | "kwargs"));
        let scope = Value::from_object(Scope {
            context: Arc::clone(context),
            unit: Arc::clone(unit),
            names: names.collect(),
            captured: Some(self.captured.clone()),
        });
        let environment = context.library.environment();
        let name = unit.lambda_name(self.number);
        let rendered = if context.library.unit(&unit.name).is_some() {
            environment
                .get_template(&name)
                .and_then(|template| template.render(scope))
        } else {
            let text = unit.lambda_text(self.number).unwrap_or_default();
            environment
                .template_from_named_str(&name, &text)
                .and_then(|template| template.render(scope))
        };
        match rendered {
            Ok(text) => Ok(Value::from(text)),
            Err(error) if returned(&error).is_some() => Err(error),
            Err(error) => Err(raise(describe(&context.library, unit, &error))),
        }
    }
}

/// `{{ dbt_utils.star(…) }}`: the macros of one package.
#[derive(Debug)]
pub(crate) struct PackageObject {
    pub(crate) context: Arc<RenderContext>,
    pub(crate) package: String,
}

impl Object for PackageObject {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let place = self.context.library.place_in(&self.package, name)?;
        let test = self.context.unit_test();
        if let Some(answer) = test.and_then(|test| test.in_package(&self.package, name)) {
            return Some(ConstantMacro::value(answer));
        }
        Some(Value::from_object(MacroObject {
            context: Arc::clone(&self.context),
            place,
        }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let macros = self
            .context
            .library
            .macros()
            .filter(|found| found.package_name == self.package);
        Enumerator::Values(
            macros
                .map(|found| Value::from(found.name.as_str()))
                .collect(),
        )
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let test = self.context.unit_test();
        if let Some(answer) = test.and_then(|test| test.in_package(&self.package, method)) {
            return ConstantMacro::value(answer).call(state, args);
        }
        match self.context.library.place_in(&self.package, method) {
            Some(place) => MacroObject {
                context: Arc::clone(&self.context),
                place,
            }
            .invoke(args),
            None if method == "get" => {
                let args = Args::new(method, args);
                let found = self.get_value(&args.need(0, "key")?);
                Ok(found
                    .or_else(|| args.get(1, "default"))
                    .unwrap_or_else(|| Value::from(())))
            }
            // What a model's own text calls is not looked at before it runs, as for any name.
            None if self.context.forgives() && !state.name().starts_with("macro.") => {
                Ok(Value::from_object(Anything))
            }
            None => {
                let message = format!("'{}.{method}' is undefined", self.package);
                let near = self
                    .context
                    .library
                    .macros()
                    .filter(|found| found.package_name == self.package)
                    .map(|found| {
                        (
                            super::report::distance(method, &found.name),
                            found.name.as_str(),
                        )
                    })
                    .min()
                    .filter(|(distance, name)| *distance <= 1 + name.len() / 5);
                let hint = match near {
                    Some((_, name)) => format!("did you mean '{}.{name}'?", self.package),
                    None => format!("the package '{}' has no such macro", self.package),
                };
                Err(raise(
                    Diagnostic::error("jinja-undefined", message).hint(hint),
                ))
            }
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<package {}>", self.package)
    }
}

/// What an unknown name is while a model is parsed: prints nothing, is false, and can be used in any way, as under
/// dbt. Executing, it is an error.
#[derive(Debug)]
pub(crate) struct Anything;

impl Object for Anything {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, _key: &Value) -> Option<Value> {
        Some(Value::from_object(Self))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, _args: &[Value]) -> Result<Value, Error> {
        Ok(Value::from_object(Self))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        _method: &str,
        _args: &[Value],
    ) -> Result<Value, Error> {
        Ok(Value::from_object(Self))
    }

    fn render(self: &Arc<Self>, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// Names at the top of a model, a YAML string or an operation.
#[derive(Debug)]
pub(crate) struct RootScope {
    pub(crate) context: Arc<RenderContext>,
    pub(crate) unit: Arc<Unit>,
}

impl Object for RootScope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        if name == RENDER {
            let (context, unit) = (Arc::clone(&self.context), Arc::clone(&self.unit));
            return Some(Value::from_object(RenderHandle { context, unit }));
        }
        let found = self.context.lookup(name, None);
        if found.is_none() && self.context.forgives() && !is_global(name) {
            return Some(Value::from_object(Anything));
        }
        found
    }
}

/// Names that the environment itself knows.
fn is_global(name: &str) -> bool {
    matches!(
        name,
        "range"
            | "dict"
            | "namespace"
            | "cycler"
            | "joiner"
            | "lipsum"
            | "debug"
            | "loop"
            | "caller"
    )
}

/// An error where something that is not a macro is called.
pub(crate) fn not_callable(name: &str) -> Error {
    Error::new(
        ErrorKind::InvalidOperation,
        format!("'{name}' cannot be called"),
    )
}
