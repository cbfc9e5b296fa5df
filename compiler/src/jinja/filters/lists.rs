//! Filters of lists and dicts.

use std::cmp::Ordering;

use indexmap::IndexSet;
use minijinja::value::{Kwargs, Tuple, ValueKind};
use minijinja::{Environment, Error, Value};

use super::{filter, is_list};
use crate::jinja::operators;
use crate::jinja::values::{Args, Dict, fail, hashable, iterated, list_of, text, type_name};

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("list", |value: &Value| iterated(value).map(list_of));
    environment.add_filter("is_list", |value: &Value| is_list(value));
    filter(environment, "sort", |_, args| {
        let attributes: Vec<Value> = match args.get(3, "attribute") {
            Some(names) => match names.as_str() {
                Some(names) => names.split(',').map(Value::from).collect(),
                None => vec![names],
            },
            None => vec![Value::from(())],
        };
        let exact = args.flag(2, "case_sensitive", false);
        let key = |item: &Value| {
            let parts = attributes
                .iter()
                .map(|name| folded(attribute(item, name), exact));
            list_of(parts)
        };
        let items = iterated(&args.need(0, "value")?)?;
        let keyed = items.into_iter().map(|item| (key(&item), item)).collect();
        operators::sorted(keyed, args.flag(1, "reverse", false)).map(list_of)
    });
    filter(environment, "unique", |_, args| {
        let mut seen = IndexSet::new();
        let mut kept = Vec::new();
        for (key, item) in keyed(args)? {
            hashable(&key)?;
            if seen.insert(key) {
                kept.push(item);
            }
        }
        Ok(list_of(kept))
    });
    filter(environment, "min", |_, args| extreme(args, Ordering::Less));
    filter(environment, "max", |_, args| {
        extreme(args, Ordering::Greater)
    });
    filter(environment, "sum", |_, args| {
        let name = args.get(1, "attribute").unwrap_or_else(|| Value::from(()));
        let start = args.get(2, "start").unwrap_or_else(|| Value::from(0));
        let items = iterated(&args.need(0, "iterable")?)?;
        items.iter().try_fold(start, |sum, item| {
            operators::add(&sum, &attribute(item, &name))
        })
    });
    filter(environment, "join", |_, args| {
        let name = args.get(2, "attribute").unwrap_or_else(|| Value::from(()));
        let separator = args.get(1, "d").map(|separator| text(&separator));
        let items = iterated(&args.need(0, "value")?)?;
        let parts: Vec<String> = items
            .iter()
            .map(|item| text(&attribute(item, &name)))
            .collect();
        Ok(Value::from(parts.join(separator.as_deref().unwrap_or(""))))
    });
    filter(environment, "batch", |_, args| {
        let size = integer(args, 1, "linecount")?;
        let fill = args.get(2, "fill_with").filter(|fill| !fill.is_none());
        let mut rows = Vec::new();
        let mut row: Vec<Value> = Vec::new();
        for item in iterated(&args.need(0, "value")?)? {
            if row.len() as i64 == size {
                rows.push(list_of(std::mem::take(&mut row)));
            }
            row.push(item);
        }
        if !row.is_empty() {
            if let Some(fill) = fill {
                let length = usize::try_from(size).unwrap_or(0).max(row.len());
                row.resize(length, fill);
            }
            rows.push(list_of(row));
        }
        Ok(list_of(rows))
    });
    filter(environment, "slice", |_, args| {
        let count = usize::try_from(integer(args, 1, "slices")?).unwrap_or(0);
        if count == 0 {
            return Err(fail("slice wants at least one slice"));
        }
        let fill = args.get(2, "fill_with").filter(|fill| !fill.is_none());
        let items = iterated(&args.need(0, "value")?)?;
        let (each, longer) = (items.len() / count, items.len() % count);
        let mut rest = items.as_slice();
        let mut rows = Vec::new();
        for row in 0..count {
            let (taken, left) = rest.split_at(each + usize::from(row < longer));
            rest = left;
            let fill = fill.clone().filter(|_| row >= longer);
            rows.push(list_of(taken.iter().cloned().chain(fill)));
        }
        Ok(list_of(rows))
    });
    filter(environment, "dictsort", |_, args| {
        let exact = args.flag(1, "case_sensitive", false);
        let by = args.maybe_text(2, "by").unwrap_or_else(|| "key".to_owned());
        let pairs = Dict::pairs_of(&args.need(0, "value")?)?;
        let rank: fn((&Value, &Value)) -> Value = match by.as_str() {
            "key" => |(key, _)| key.clone(),
            "value" => |(_, value)| value.clone(),
            _ => return Err(fail("dictsort sorts by 'key' or 'value'")),
        };
        let keyed = pairs.into_iter().map(|(key, value)| {
            let rank = folded(rank((&key, &value)), exact);
            (rank, Value::from(Tuple::from([key, value])))
        });
        operators::sorted(keyed.collect(), args.flag(3, "reverse", false)).map(list_of)
    });
    filter(environment, "groupby", |_, args| {
        let name = text(&args.need(1, "attribute")?);
        let options = [(2, "default"), (3, "case_sensitive")].into_iter();
        let options: Kwargs = options
            .filter_map(|(index, name)| Some((name.to_owned(), args.get(index, name)?)))
            .collect();
        minijinja::filters::groupby(args.need(0, "value")?, Some(&name), options)
    });
    filter(environment, "random", |_, args| {
        // Any item will do, and a template that renders the same each time is worth more.
        let items = iterated(&args.need(0, "seq")?)?;
        Ok(items.into_iter().next().unwrap_or_default())
    });
}

fn integer(args: &Args<'_>, index: usize, name: &str) -> Result<i64, Error> {
    let value = args.need(index, name)?;
    value.as_i64().ok_or_else(|| {
        fail(format!(
            "{name} must be an integer, not {}",
            type_name(&value)
        ))
    })
}

/// The attribute that `a.b.0` or an index names; the item itself where the name is none.
fn attribute(item: &Value, name: &Value) -> Value {
    let Some(path) = name.as_str() else {
        return if name.is_none() {
            item.clone()
        } else {
            item.get_item(name).unwrap_or_default()
        };
    };
    path.split('.').fold(item.clone(), |value, part| {
        let found = match part.parse::<i64>() {
            Ok(index) => value.get_item(&Value::from(index)),
            Err(_) => value.get_attr(part),
        };
        found.unwrap_or_default()
    })
}

/// A key as it is compared: strings without their case, unless that counts.
fn folded(key: Value, exact: bool) -> Value {
    match key.as_str() {
        Some(text) if !exact => Value::from(text.to_lowercase()),
        _ => key,
    }
}

/// The items with their keys, by `case_sensitive` and `attribute`.
fn keyed(args: &Args<'_>) -> Result<Vec<(Value, Value)>, Error> {
    let exact = args.flag(1, "case_sensitive", false);
    let name = args.get(2, "attribute").unwrap_or_else(|| Value::from(()));
    let items = iterated(&args.need(0, "value")?)?;
    let keyed = items
        .into_iter()
        .map(|item| (folded(attribute(&item, &name), exact), item));
    Ok(keyed.collect())
}

/// The first of the least or greatest items; undefined where there is none.
fn extreme(args: &Args<'_>, wanted: Ordering) -> Result<Value, Error> {
    let operator = if wanted.is_lt() { "<" } else { ">" };
    let mut best: Option<(Value, Value)> = None;
    for (key, item) in keyed(args)? {
        let better = match &best {
            None => true,
            Some((known, _)) => operators::order(operator, &key, known)? == Some(wanted),
        };
        if better {
            best = Some((key, item));
        }
    }
    Ok(best.map(|(_, item)| item).unwrap_or_default())
}

/// Whether Python's `dict()` would take the value as a mapping.
pub(super) fn is_dict(value: &Value) -> bool {
    value.kind() == ValueKind::Map
}
