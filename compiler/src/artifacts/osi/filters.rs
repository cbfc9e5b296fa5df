//! Filters of metrics as SQL: `{{ Dimension('order__status') }}` is the column `order__status`.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Kwargs, Object, ObjectRepr, Rest};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, Value};
use serde_json::Value as Json;

/// All of them that hold at once; `None` where nothing is filtered.
pub(super) fn joined(parts: &[Option<String>]) -> Option<String> {
    let parts: Vec<&String> = parts.iter().flatten().filter(|it| !it.is_empty()).collect();
    match parts.as_slice() {
        [] => None,
        [one] => Some((*one).clone()),
        many => {
            let each: Vec<String> = many.iter().map(|part| format!("({part})")).collect();
            Some(each.join(" AND "))
        }
    }
}

/// The SQL of a filter as the manifest has it.
pub(super) fn sql(filter: &Json) -> Option<String> {
    let filters = filter["where_filters"].as_array().into_iter().flatten();
    let texts = filters.filter_map(|filter| filter["where_sql_template"].as_str());
    let parts: Vec<Option<String>> = texts.map(|text| Some(rendered(text))).collect();
    joined(&parts)
}

/// A template that cannot be rendered stays as it is: what is wrong with it is told where filters are checked.
fn rendered(template: &str) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for name in ["Dimension", "TimeDimension", "Entity", "Metric"] {
        environment.add_function(name, move |arguments: Rest<Value>, named: Kwargs| {
            column(name, &arguments, &named)
        });
    }
    let text = environment.render_str(template, ());
    text.map_or_else(|_| template.to_owned(), |text| text.trim().to_owned())
}

fn column(function: &str, arguments: &[Value], named: &Kwargs) -> Result<Value, Error> {
    let argument = |place: usize, name: &str| -> Option<Value> {
        let given = arguments.get(place).cloned();
        given.or_else(|| named.get(name).ok())
    };
    let name = argument(0, "name").ok_or_else(|| Error::from(ErrorKind::MissingArgument))?;
    let is_time = function == "TimeDimension";
    let path = match function {
        "Metric" => None,
        "TimeDimension" => argument(2, "entity_path"),
        _ => argument(1, "entity_path"),
    };
    let mut parts: Vec<String> = Vec::new();
    for part in path
        .iter()
        .filter_map(|path| path.try_iter().ok())
        .flatten()
    {
        parts.push(part.to_string());
    }
    parts.push(name.to_string());
    let grain = argument(1, "time_granularity_name")
        .filter(|grain| is_time && !grain.is_none() && !grain.is_undefined());
    Ok(Value::from_object(Column {
        name: parts.join("__"),
        suffix: grain.map(|grain| grain.to_string().to_lowercase()),
    }))
}

/// A column, which methods give a grain.
#[derive(Debug)]
struct Column {
    name: String,
    suffix: Option<String>,
}

impl Object for Column {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        arguments: &[Value],
    ) -> Result<Value, Error> {
        let suffix = match (method, arguments) {
            ("descending", _) => self.suffix.clone(),
            ("grain" | "date_part", [word, ..]) => Some(word.to_string().to_lowercase()),
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        };
        Ok(Value::from_object(Self {
            name: self.name.clone(),
            suffix,
        }))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.suffix {
            Some(suffix) => write!(f, "__{suffix}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rendered;

    #[test]
    fn references_become_columns() {
        for (template, expected) in [
            ("{{ Dimension('a__b') }} = 'x' ", "a__b = 'x'"),
            ("{{ Dimension('b', entity_path=['a']) }}", "a__b"),
            (
                "{{ Dimension('a__b').grain('MONTH') }} > 1",
                "a__b__month > 1",
            ),
            ("{{ TimeDimension('a__at', 'Day') }}", "a__at__day"),
            ("{{ TimeDimension('a__at') }}", "a__at"),
            (
                "{{ Entity('a') }} is {{ Metric('m', group_by=['a']) }}",
                "a is m",
            ),
            ("a = 1", "a = 1"),
            ("{{ unknown }}", "{{ unknown }}"),
        ] {
            assert_eq!(rendered(template), expected);
        }
    }
}
