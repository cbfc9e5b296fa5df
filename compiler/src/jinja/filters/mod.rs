//! Filters and global functions that minijinja does not have, or has otherwise than Jinja2.

mod lists;
mod numbers;
mod texts;

use minijinja::value::{Kwargs, Rest, Tuple, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};
use serde_json::Value as Json;

use super::macro_object::Anything;
use super::render::{MARKS, NOTED, marks};
use super::values::{Args, Dict, DictClass, List, Range, dump, text, to_json};

/// What a filter does with its arguments, the value being the first.
type Run = fn(&mut State<'_, '_>, &Args<'_>) -> Result<Value, Error>;

/// Adds a filter that takes its arguments by position or name.
fn filter(environment: &mut Environment<'static>, name: &'static str, run: Run) {
    environment.add_filter(name, move |state: &mut State, args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        run(state, &Args::new(name, &args))
    });
}

/// Adds them to the environment.
pub(crate) fn add(environment: &mut Environment<'static>) {
    // minijinja's own, which Jinja2 does not know.
    for unknown in ["split", "lines", "bool", "chain", "zip"] {
        environment.remove_filter(unknown);
    }
    environment.remove_global("debug");
    lists::add(environment);
    numbers::add(environment);
    texts::add(environment);
    for name in ["default", "d"] {
        filter(environment, name, default);
    }
    filter(environment, "attr", |_, args| {
        let (value, name) = (args.need(0, "value")?, args.text(1, "name")?);
        if value.downcast_object_ref::<Dict>().is_some() {
            return Ok(Value::UNDEFINED);
        }
        value.get_attr(&name)
    });
    filter(environment, "tojson", |_, args| {
        let indent = args.get(1, "indent").and_then(|indent| indent.as_usize());
        let text = dump(&args.need(0, "value")?, true, indent)?
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026");
        Ok(Value::from(text.replace('\'', "\\u0027")))
    });
    for name in ["as_text", "as_bool", "as_native", "as_number"] {
        environment.add_filter(name, |value: Value| value);
    }
    // What they are where dbt renders YAML: texts, of which the last one says what it is to be read as.
    for (name, marking) in MARKS {
        environment.add_filter(marking, move |value: &Value| {
            let text = text(value);
            marks::note(&text, name);
            Value::from(text)
        });
    }
    // Writes down a value for dbt's native rule, with the filter that it came from.
    environment.add_filter("_note", |value: Value, filter: String| {
        let value = if value.is_undefined() {
            Json::from("")
        } else {
            to_json(&value)
        };
        format!(
            "{NOTED}{}{NOTED}",
            Json::from(vec![value, Json::from(filter)])
        )
    });
    functions(environment);
}

fn functions(environment: &mut Environment<'static>) {
    environment.add_global("dict", Value::from_object(DictClass));
    environment.add_function("range", |args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        Range::create(&Args::new("range", &args))
    });
    environment.add_function("namespace", |args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        let args = Args::new("namespace", &args);
        args.at_most(1)?;
        let mut names: Vec<(String, Value)> = Vec::new();
        if let Some(map) = args.positional.first() {
            let pairs = Dict::pairs_of(map)?.into_iter();
            names.extend(pairs.map(|(name, value)| (name.to_string(), value)));
        }
        names.extend(args.pairs());
        let names: Kwargs = names.into_iter().collect();
        minijinja::functions::namespace(Some(Value::from(names).into()))
    });
    environment.add_function("cycler", |items: Rest<Value>| {
        minijinja_contrib::globals::cycler(items.to_vec())
    });
    environment.add_function("joiner", minijinja_contrib::globals::joiner);
}

fn default(_: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let missing =
        |value: &Value| value.is_undefined() || value.downcast_object_ref::<Anything>().is_some();
    let other = || {
        args.get(1, "default_value")
            .unwrap_or_else(|| Value::from(""))
    };
    // An undefined value is handed over by position, even where it stands for an argument that is missing.
    let value = args.need(0, "value")?;
    let empty = args.flag(2, "boolean", false) && !value.is_true();
    Ok(if missing(&value) || empty {
        other()
    } else {
        value
    })
}

pub(crate) fn is_list(value: &Value) -> bool {
    value.downcast_object_ref::<List>().is_some()
        || (value.kind() == ValueKind::Seq && value.downcast_object_ref::<Tuple>().is_none())
}
