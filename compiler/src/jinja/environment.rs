//! The minijinja environment: Jinja2's settings as dbt has them, filters and tests that differ.

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, State, UndefinedBehavior, Value};

use super::filters;
use super::library::Macros;
use super::macro_object::{Anything, LambdaObject, Unset, handle};
use super::operators;
use super::python;
use super::values::{Dict, fail, float_text, list_of, slice};

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
    environment.set_formatter(|out, state, value| match f64::try_from(value.clone()) {
        Ok(float) if value.is_number() && !value.is_integer() => {
            Ok(out.write_str(&float_text(float))?)
        }
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
    environment.add_test("list", filters::is_list);
    environment.add_test("mapping", |value: &Value| {
        let is_relation = value
            .downcast_object_ref::<super::adapter::RelationObject>()
            .is_some();
        value.kind() == ValueKind::Map && (is_relation || !super::values::is_opaque(value))
    });
}
