//! The minijinja environment: Jinja2's settings as dbt has them, filters and tests that differ.

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{ObjectRepr, ValueKind};
use minijinja::{AutoEscape, Environment, Error, State, UndefinedBehavior, Value};

use super::filters;
use super::library::Macros;
use super::macro_object::{Anything, LambdaObject, Unset, handle};
use super::operators;
use super::python;
use super::values::{Dict, Range, fail, hashable, iterated, list_of, slice, text};

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
    environment.set_formatter(|out, state, value| match value.kind() {
        ValueKind::Number | ValueKind::Bytes | ValueKind::Seq => Ok(out.write_str(&text(value))?),
        _ => minijinja::escape_formatter(out, state, value),
    });
    rewritten_filters(&mut environment);
    filters::add(&mut environment);
    tests(&mut environment);
    environment
}

/// Filters that only rewriting writes.
fn rewritten_filters(environment: &mut Environment<'static>) {
    environment.add_filter("_list", |items: &Value| {
        Ok::<_, Error>(list_of(items.try_iter()?))
    });
    environment.add_filter("_dict", |map: &Value| {
        let pairs = Dict::pairs_of(map)?;
        pairs.iter().try_for_each(|(key, _)| hashable(key))?;
        Ok::<_, Error>(Value::from_object(pairs.into_iter().collect::<Dict>()))
    });
    environment.add_filter("_items", |items: Value| {
        if items.as_str().is_some() || items.is_none() {
            return iterated(&items).map(list_of);
        }
        Ok::<_, Error>(items)
    });
    environment.add_filter("_add", |a: &Value, b: &Value| operators::add(a, b));
    environment.add_filter("_sub", |a: &Value, b: &Value| operators::subtract(a, b));
    environment.add_filter("_mul", |a: &Value, b: &Value| operators::multiply(a, b));
    environment.add_filter("_div", |a: &Value, b: &Value| operators::divide(a, b));
    environment.add_filter("_floordiv", |a: &Value, b: &Value| {
        operators::floor_divide(a, b)
    });
    environment.add_filter("_mod", |a: &Value, b: &Value| operators::modulo(a, b));
    environment.add_filter("_neg", |a: &Value| operators::negate(a));
    environment.add_filter("_pos", |a: &Value| operators::positive(a));
    environment.add_filter("_concat", |a: &Value, b: &Value| {
        operators::concatenate(a, b)
    });
    environment.add_filter("_in", |a: &Value, b: &Value| operators::contains(a, b));
    environment.add_filter("_notin", |a: &Value, b: &Value| {
        operators::contains(a, b).map(|found| !found)
    });
    for (name, operator) in [("_lt", "<"), ("_le", "<="), ("_gt", ">"), ("_ge", ">=")] {
        environment.add_filter(name, move |a: &Value, b: &Value| {
            operators::compare(operator, a, b)
        });
    }
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
        // Jinja2's undefined value has a method that is called, which only fails.
        value.is_undefined()
            || is_anything(value)
            || value
                .as_object()
                .is_some_and(|object| object.repr() == ObjectRepr::Plain || is_function(value))
    });
    environment.add_test("sequence", |value: &Value| {
        value.is_undefined()
            || is_anything(value)
            || value.as_str().is_some()
            || value.is_tuple()
            || filters::is_list(value)
            || value.downcast_object_ref::<Range>().is_some()
            || is_mapping(value)
    });
    environment.add_test("iterable", |value: &Value| {
        !value.is_none() && (value.as_str().is_some() || value.try_iter().is_ok())
    });
    environment.add_test("in", |a: &Value, b: &Value| operators::contains(a, b));
    environment.add_test("mapping", is_mapping);
    environment.add_test("even", |value: &Value| divisible(value, &Value::from(2)));
    environment.add_test("odd", |value: &Value| {
        divisible(value, &Value::from(2)).map(|even| !even)
    });
    environment.add_test("divisibleby", |a: &Value, b: &Value| divisible(a, b));
    for (names, operator) in [
        (["lt", "lessthan", "<"], "<"),
        (["le", "<=", "<="], "<="),
        (["gt", "greaterthan", ">"], ">"),
        (["ge", ">=", ">="], ">="),
    ] {
        for name in names {
            environment.add_test(name, move |a: &Value, b: &Value| {
                operators::compare(operator, a, b)
            });
        }
    }
    for unknown in ["int", "safe", "startingwith", "endingwith"] {
        environment.remove_test(unknown);
    }
}

fn divisible(a: &Value, b: &Value) -> Result<bool, Error> {
    Ok(operators::modulo(a, b)? == Value::from(0))
}

fn is_function(value: &Value) -> bool {
    value
        .downcast_object_ref::<super::macro_object::MacroObject>()
        .is_some()
        || value.downcast_object_ref::<LambdaObject>().is_some()
        || value
            .downcast_object_ref::<super::context::Function>()
            .is_some()
}

/// Relations count, by which packages tell them; columns and namespaces do not.
fn is_mapping(value: &Value) -> bool {
    let is_relation = value
        .downcast_object_ref::<super::adapter::RelationObject>()
        .is_some();
    let is_namespace = value
        .as_object()
        .is_some_and(|object| object.type_name().ends_with("::Namespace"));
    value.kind() == ValueKind::Map
        && !is_namespace
        && (is_relation || !super::values::is_opaque(value))
}
