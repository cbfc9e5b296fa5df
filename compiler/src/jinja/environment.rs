//! The minijinja environment: Jinja2's settings as dbt has them, filters and tests that differ.

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Rest, Tuple, ValueKind};
use minijinja::{AutoEscape, Environment, Error, State, UndefinedBehavior, Value};

use super::library::Macros;
use super::macro_object::{Anything, LambdaObject, Unset, handle};
use super::operators;
use super::python;
use super::values::{Args, Dict, List, dumps, fail, list_of, slice, strict_json};

/// The environment that all templates of a library are compiled in.
pub(crate) fn build(macros: &Arc<Macros>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let mut syntax = SyntaxConfig::builder();
    syntax.keep_trailing_newline(true);
    if let Ok(syntax) = syntax.build() {
        environment.set_syntax(syntax);
    }
    let macros = Arc::clone(macros);
    environment.set_loader(move |name| macros.template(name));
    environment.set_unknown_method_callback(python::method);
    rewritten_filters(&mut environment);
    filters(&mut environment);
    tests(&mut environment);
    environment.add_function("dict", |args: Rest<Value>| {
        let args = Args::new("dict", &args);
        let mut pairs = match args.positional.first() {
            Some(value) => Dict::pairs_of(value)?,
            None => Vec::new(),
        };
        pairs.extend(
            args.pairs()
                .into_iter()
                .map(|(name, value)| (Value::from(name), value)),
        );
        Ok::<_, Error>(Value::from_object(pairs.into_iter().collect::<Dict>()))
    });
    environment
}

/// Filters that only rewriting writes.
fn rewritten_filters(environment: &mut Environment<'static>) {
    environment.add_filter("_list", |items: &Value| {
        Ok::<_, Error>(list_of(items.try_iter()?))
    });
    environment.add_filter("_dict", |map: &Value| {
        Ok::<_, Error>(Value::from_object(
            Dict::pairs_of(map)?.into_iter().collect::<Dict>(),
        ))
    });
    environment.add_filter("_add", |a: &Value, b: &Value| operators::add(a, b));
    environment.add_filter("_sub", |a: &Value, b: &Value| operators::subtract(a, b));
    environment.add_filter("_mod", |a: &Value, b: &Value| operators::modulo(a, b));
    environment.add_filter(
        "_slice",
        |value: &Value, start: &Value, stop: Option<&Value>, step: Option<&Value>| {
            let none = Value::from(());
            slice(value, start, stop.unwrap_or(&none), step.unwrap_or(&none))
        },
    );
    environment.add_filter(
        "_lambda",
        |state: &State, captured: Value, number: usize| {
            let handle =
                handle(state).ok_or_else(|| fail("a call block stands outside of a render"))?;
            let (context, unit) = (Arc::clone(&handle.context), Arc::clone(&handle.unit));
            Ok::<_, Error>(Value::from_object(LambdaObject {
                context,
                unit,
                number,
                captured,
            }))
        },
    );
}

fn filters(environment: &mut Environment<'static>) {
    environment.add_filter("list", |value: &Value| listed(value).map(list_of));
    environment.add_filter(
        "sort",
        |state: &mut State, value: Value, options: Rest<Value>| {
            let args = Args::new("sort", &options);
            let mut named: Vec<(String, Value)> = args.pairs();
            for (value, name) in
                args.positional
                    .iter()
                    .zip(["reverse", "case_sensitive", "attribute"])
            {
                named.push((name.to_owned(), value.clone()));
            }
            let options: Kwargs = named.into_iter().collect();
            minijinja::filters::sort(state, value, options)
                .and_then(|sorted| Ok(list_of(sorted.try_iter()?)))
        },
    );
    environment.add_filter("tojson", |value: &Value, _indent: Option<&Value>| {
        let json = strict_json(value, &mut |_| None)
            .ok_or_else(|| fail("this value has no form in JSON"))?;
        let text = dumps(&json, true);
        let text = text
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026");
        Ok::<_, Error>(text.replace('\'', "\\u0027"))
    });
    for name in ["as_text", "as_bool", "as_native", "as_number"] {
        environment.add_filter(name, |value: Value| value);
    }
    environment.add_filter("is_list", |value: &Value| is_list(value));
}

/// The items of an iterable as Python's `list()` takes them.
fn listed(value: &Value) -> Result<Vec<Value>, Error> {
    match value.as_str() {
        Some(text) => Ok(text.chars().map(|c| Value::from(c.to_string())).collect()),
        None if value.is_none() => Err(fail("'NoneType' object is not iterable")),
        None => Ok(value.try_iter()?.collect()),
    }
}

fn is_list(value: &Value) -> bool {
    value.downcast_object_ref::<List>().is_some()
        || (value.kind() == ValueKind::Seq && value.downcast_object_ref::<Tuple>().is_none())
}

fn tests(environment: &mut Environment<'static>) {
    fn is_unset(value: &Value) -> bool {
        value.downcast_object_ref::<Unset>().is_some()
    }
    fn is_anything(value: &Value) -> bool {
        value.downcast_object_ref::<Anything>().is_some()
    }
    environment.add_test("_unset", is_unset);
    environment.add_test("defined", |value: &Value| {
        !value.is_undefined() && !is_anything(value)
    });
    environment.add_test("undefined", |value: &Value| {
        value.is_undefined() || is_anything(value)
    });
    environment.add_test("callable", |value: &Value| {
        value
            .as_object()
            .is_some_and(|object| object.repr() == minijinja::value::ObjectRepr::Plain)
            || value
                .downcast_object_ref::<super::macro_object::MacroObject>()
                .is_some()
            || value.downcast_object_ref::<LambdaObject>().is_some()
            || value
                .downcast_object_ref::<super::context::Function>()
                .is_some()
    });
    environment.add_test("list", is_list);
    environment.add_test("mapping", |value: &Value| {
        value.kind() == ValueKind::Map && !super::values::is_opaque(value)
    });
}
