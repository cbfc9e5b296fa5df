//! Files of DuckDB as dbt-duckdb has them: sources that are read from files, and how models are written to them.

use std::sync::Arc;

use minijinja::value::Kwargs;
use minijinja::{Error, Value};
use serde_json::Value as Json;

use crate::artifacts::manifest::Source;
use crate::jinja::format;
use crate::jinja::values::{Args, Dict, fail, from_json};

/// Keys of a source's config that say nothing to a file's name.
const OWN_CONFIG: [&str; 7] = [
    "enabled",
    "event_time",
    "freshness",
    "loaded_at_field",
    "loaded_at_query",
    "meta",
    "tags",
];

/// What a source with an `external_location`, in its `config` or `meta`, is called in SQL: a quoted path, or a call of
/// a function. An error is a reason.
pub(crate) fn place_of(source: &Source) -> Result<Option<String>, String> {
    let config = source.config.0.iter();
    let own = config.filter(|(key, _)| !OWN_CONFIG.contains(&key.as_str()));
    let settings: Vec<(&String, &Json)> = source.meta.iter().chain(own).collect();
    let setting = |name: &str| {
        let found = settings.iter().rfind(|(key, _)| *key == name);
        found.map(|(_, value)| *value)
    };
    if let Some(plugin) = setting("plugin") {
        return Err(format!(
            "it is loaded by the plugin {plugin}, which is Python code, and that is not supported"
        ));
    }
    let Some(template) = setting("external_location").and_then(Json::as_str) else {
        return Ok(None);
    };
    let names = [
        ("name", Value::from(source.name.as_str())),
        ("identifier", Value::from(source.identifier.as_str())),
        ("schema", Value::from(source.schema.as_str())),
        ("database", Value::from(source.database.as_deref())),
        ("tags", from_json(&Json::from(source.tags.clone()))),
    ];
    let mut fields: Vec<(String, Value)> = names
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    fields.extend(
        settings
            .iter()
            .map(|(key, value)| ((*key).clone(), from_json(value))),
    );
    let style = setting("formatter").map_or("newstyle", |style| style.as_str().unwrap_or_default());
    let place = filled(template, style, fields)
        .map_err(|error| format!("its external_location '{template}': {error}"))?;
    let bare = !place.contains('(') && !place.starts_with('\'');
    Ok(Some(if bare { format!("'{place}'") } else { place }))
}

/// A template with its fields, in one of the three styles that Python has.
fn filled(template: &str, style: &str, fields: Vec<(String, Value)>) -> Result<String, Error> {
    match style {
        "newstyle" => {
            let fields: Kwargs = fields.into_iter().collect();
            format::braces(template, &Args::new("format", &[fields.into()]))
        }
        "oldstyle" => {
            let fields = fields
                .into_iter()
                .map(|(key, value)| (Value::from(key), value));
            format::percent(template, &Value::from_object(fields.collect::<Dict>()))
        }
        "template" => dollars(template, &fields),
        other => Err(fail(format!(
            "the formatter is newstyle, oldstyle or template, not '{other}'"
        ))),
    }
}

/// `$name` and `${name}`, as Python's `string.Template`.
fn dollars(template: &str, fields: &[(String, Value)]) -> Result<String, Error> {
    let mut written = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        written.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            written.push('$');
            rest = after;
            continue;
        }
        let (name, after) = if let Some(braced) = after.strip_prefix('{') {
            braced.split_once('}').unwrap_or((braced, ""))
        } else {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            after.split_at(after.find(|c| !word(c)).unwrap_or(after.len()))
        };
        let value = fields.iter().rfind(|(key, _)| key == name);
        let (_, value) = value.ok_or_else(|| fail(format!("there is no '{name}'")))?;
        written.push_str(&value.to_string());
        rest = after;
    }
    written.push_str(rest);
    Ok(written)
}

/// `adapter.external_write_options(location, options)`: the options of `COPY`. What follows from the location's ending
/// is added to the dict, as dbt-duckdb does.
pub(super) fn write_options(args: &Args<'_>) -> Result<Value, Error> {
    let location = args.need(0, "write_location")?.to_string();
    let given = args.need(1, "rendered_options")?;
    let options = given
        .downcast_object::<Dict>()
        .ok_or_else(|| fail("external_write_options() wants a dict of options"))?;
    complete(&location, &options);
    let written: Vec<String> = options
        .pairs()
        .iter()
        .map(|(key, value)| written_option(&key.to_string(), &value.to_string()))
        .collect();
    Ok(Value::from(written.join(", ")))
}

fn complete(location: &str, options: &Arc<Dict>) {
    let pairs = options.pairs();
    let has = |name: &str| pairs.iter().any(|(key, _)| key.as_str() == Some(name));
    let mut format = pairs
        .iter()
        .find(|(key, _)| key.as_str() == Some("format"))
        .map(|(_, value)| value.to_string());
    if format.is_none() {
        let (stem, ending) = split_ending(location);
        let compression = match ending.to_lowercase().as_str() {
            "gz" => Some("gzip"),
            "zst" => Some("zstd"),
            _ => None,
        };
        let ending = match compression {
            Some(_) => split_ending(stem).1,
            None => ending,
        };
        let found = match ending.to_lowercase() {
            ending if !ending.is_empty() => ending,
            _ if has("delimiter") => "csv".to_owned(),
            _ => "parquet".to_owned(),
        };
        options.set("format", Value::from(found.as_str()));
        if let Some(compression) = compression.filter(|_| !ending.is_empty() && !has("compression"))
        {
            options.set("compression", Value::from(compression));
        }
        format = Some(found);
    }
    if format.as_deref() == Some("csv") && !has("header") {
        options.set("header", Value::from(1));
    }
    let partitions = pairs
        .iter()
        .find(|(key, _)| key.as_str() == Some("partition_by"))
        .map(|(_, value)| value.to_string());
    if let Some(names) = partitions.filter(|names| names.contains(',') && !names.starts_with('(')) {
        options.set("partition_by", Value::from(format!("({names})")));
    }
}

/// A path's last name up to its last dot, and what follows it.
fn split_ending(path: &str) -> (&str, &str) {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.trim_start_matches('.').is_empty() => {
            (&path[..path.len() - ending.len() - 1], ending)
        }
        _ => (path, ""),
    }
}

fn written_option(key: &str, value: &str) -> String {
    let quoted = ["delimiter", "quote", "escape", "null"].contains(&key.to_lowercase().as_str());
    if quoted && !value.starts_with('\'') {
        format!("{key} '{value}'")
    } else {
        format!("{key} {value}")
    }
}

/// `adapter.external_read_location(location, options)`: the location, or the pattern of the files below it.
pub(super) fn read_location(args: &Args<'_>) -> Result<Value, Error> {
    let location = args.need(0, "write_location")?.to_string();
    let options = args.need(1, "rendered_options")?;
    let option = |name: &str| {
        let value = options.get_attr(name).unwrap_or_default();
        Some(value).filter(Value::is_true)
    };
    let partitions = option("partition_by").map(|names| names.to_string());
    if partitions.is_none() && option("per_thread_output").is_none() {
        return Ok(Value::from(location));
    }
    let depth = partitions.map_or(0, |names| names.split(',').count());
    let format = options.get_attr("format").unwrap_or_default();
    let format = if format.is_undefined() {
        "parquet".to_owned()
    } else {
        format.to_string()
    };
    Ok(Value::from(format!(
        "{location}/*{}.{format}",
        "/*".repeat(depth)
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::artifacts::Config;

    fn place(config: Json) -> Result<Option<String>, String> {
        let Json::Object(config) = config else {
            panic!("not a mapping")
        };
        place_of(&Source {
            name: "orders".to_owned(),
            identifier: "orders_v2".to_owned(),
            schema: "raw".to_owned(),
            tags: vec!["daily".to_owned()],
            config: Config(config),
            ..Source::default()
        })
    }

    #[test]
    fn a_location_is_filled_in_each_of_the_three_styles() {
        for (template, style, expected) in [
            ("data/{name}.parquet", "newstyle", "'data/orders.parquet'"),
            (
                "data/{identifier:>12}.csv",
                "newstyle",
                "'data/   orders_v2.csv'",
            ),
            (
                "read_csv('{schema}/{folder}.csv')",
                "newstyle",
                "read_csv('raw/in.csv')",
            ),
            ("'{name}'", "newstyle", "'orders'"),
            ("%(schema)s/%(name)s.json", "oldstyle", "'raw/orders.json'"),
            ("${schema}/$name.$$x", "template", "'raw/orders.$x'"),
        ] {
            let found =
                place(json!({"external_location": template, "formatter": style, "folder": "in"}));
            assert_eq!(found, Ok(Some(expected.to_owned())), "{template}");
        }
        assert_eq!(place(json!({})), Ok(None));
    }

    #[test]
    fn what_a_location_cannot_be_is_said() {
        for (config, reason) in [
            (
                json!({"external_location": "$gone", "formatter": "template"}),
                "there is no 'gone'",
            ),
            (
                json!({"external_location": "x", "formatter": "f"}),
                "newstyle, oldstyle or template",
            ),
            (json!({"plugin": "excel"}), "Python code"),
        ] {
            let error = place(config).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn options_follow_from_the_endings_of_a_location() {
        for (location, given, expected) in [
            ("x.parquet", vec![], "format parquet"),
            ("a.b/x", vec![], "format parquet"),
            (
                "x",
                vec![("delimiter", "|")],
                "delimiter '|', format csv, header 1",
            ),
            ("x.CSV.GZ", vec![], "format csv, compression gzip, header 1"),
            (
                "x.json.zst",
                vec![("compression", "none")],
                "compression none, format json",
            ),
            (
                "x",
                vec![("partition_by", "a, b")],
                "partition_by (a, b), format parquet",
            ),
            (
                "x",
                vec![("partition_by", "a")],
                "partition_by a, format parquet",
            ),
        ] {
            let options = given
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()));
            let options = Value::from_object(options.collect::<Dict>());
            let args = [Value::from(location), options];
            let written = write_options(&Args::new("f", &args)).unwrap();
            assert_eq!(written.to_string(), expected, "{location}");
        }
    }
}
