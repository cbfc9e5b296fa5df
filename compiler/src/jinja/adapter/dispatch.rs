//! `adapter.dispatch`: the macro for this adapter, searched for in the packages that the project says.

use std::sync::Arc;

use minijinja::{Error, Value};

use crate::diag::Diagnostic;
use crate::jinja::context::RenderContext;
use crate::jinja::failure::raise;
use crate::jinja::macro_object::MacroObject;
use crate::jinja::values::Args;

/// The macro that `dispatch(name, namespace)` means.
pub(super) fn dispatch(context: &Arc<RenderContext>, args: &Args<'_>) -> Result<Value, Error> {
    let name = args.text(0, "macro_name")?;
    let namespace = args.maybe_text(1, "macro_namespace");
    if let Some((package, name)) = name.split_once('.') {
        let message =
            format!("adapter.dispatch() got the name '{package}.{name}', and a name has no dots");
        let hint = format!("write adapter.dispatch('{name}', '{package}')");
        return Err(raise(Diagnostic::error("dispatch", message).hint(hint)));
    }
    let library = &context.library;
    let options = library.options();
    let packages: Vec<Option<&str>> = match namespace.as_deref() {
        None => vec![None],
        Some(namespace) => match options.dispatch.get(namespace) {
            Some(order) => order.iter().map(|package| Some(package.as_str())).collect(),
            None if library.has_package(namespace)
                && !options.internal_packages.iter().any(|own| own == namespace) =>
            {
                vec![Some(options.root_package.as_str()), Some(namespace)]
            }
            None => vec![None],
        },
    };
    let mut tried = Vec::new();
    for package in packages {
        for prefix in options
            .adapter_types
            .iter()
            .map(String::as_str)
            .chain(["default"])
        {
            let candidate = format!("{prefix}__{name}");
            let place = match package {
                Some(package) => library.place_in(package, &candidate),
                None => library.place(&context.package, &candidate),
            };
            if let Some(place) = place {
                return Ok(Value::from_object(MacroObject {
                    context: Arc::clone(context),
                    place,
                }));
            }
            tried.push(package.map_or(candidate.clone(), |package| {
                format!("{package}.{candidate}")
            }));
        }
    }
    let message = match &namespace {
        Some(namespace) => format!("no macro '{name}' to dispatch to in '{namespace}'"),
        None => format!("no macro '{name}' to dispatch to"),
    };
    Err(raise(
        Diagnostic::error("dispatch", message).hint(format!("searched for: {}", tried.join(", "))),
    ))
}
