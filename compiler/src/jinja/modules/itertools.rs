//! itertools: ways to walk over lists.

use std::sync::Arc;

use minijinja::value::{Object, Tuple};
use minijinja::{Error, ErrorKind, State, Value};

use crate::jinja::context::warn;
use crate::jinja::macro_object::handle;
use crate::jinja::values::{Args, fail, list_of};
use crate::jinja::{JinjaWarning, operators};

/// The most items that a function makes.
const MAX_ITEMS: usize = 1_000_000;

#[derive(Debug)]
struct Module;

/// `modules.itertools`.
pub(super) fn module() -> Value {
    Value::from_object(Module)
}

fn lists(args: &[Value]) -> Result<Vec<Vec<Value>>, Error> {
    args.iter()
        .map(|arg| Ok(arg.try_iter()?.collect()))
        .collect()
}

fn tuple(items: Vec<Value>) -> Value {
    Value::from(Tuple::new(items))
}

fn checked(count: Option<usize>) -> Result<usize, Error> {
    count
        .filter(|count| *count <= MAX_ITEMS)
        .ok_or_else(|| fail("this would make too many items"))
}

fn product(pools: &[Vec<Value>]) -> Result<Vec<Vec<Value>>, Error> {
    checked(
        pools
            .iter()
            .try_fold(1_usize, |count, pool| count.checked_mul(pool.len())),
    )?;
    let mut rows = vec![Vec::new()];
    for pool in pools {
        rows = rows
            .into_iter()
            .flat_map(|row: Vec<Value>| {
                pool.iter()
                    .map(move |item| [row.as_slice(), std::slice::from_ref(item)].concat())
            })
            .collect();
    }
    Ok(rows)
}

/// Picks of `count` places out of `total`, in lexicographic order.
fn picks(
    total: usize,
    count: usize,
    ordered: bool,
    repeated: bool,
) -> Result<Vec<Vec<usize>>, Error> {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..count {
        let mut longer = Vec::new();
        for row in rows {
            for place in 0..total {
                let last = row.last().copied();
                let fits = match (ordered, repeated) {
                    (true, _) => !row.contains(&place),
                    (false, true) => last.is_none_or(|last| place >= last),
                    (false, false) => last.is_none_or(|last| place > last),
                };
                if fits {
                    longer.push([row.as_slice(), &[place]].concat());
                }
            }
            checked(Some(longer.len()))?;
        }
        rows = longer;
    }
    Ok(rows)
}

fn call(state: &mut State<'_, '_>, method: &str, args: &Args<'_>) -> Result<Value, Error> {
    let first =
        || -> Result<Vec<Value>, Error> { Ok(args.need(0, "iterable")?.try_iter()?.collect()) };
    let picked = |ordered: bool, repeated: bool| -> Result<Value, Error> {
        let items = first()?;
        let count = args
            .get(1, "r")
            .and_then(|count| count.as_usize())
            .unwrap_or(items.len());
        let rows = picks(items.len(), count, ordered, repeated)?;
        Ok(list_of(rows.into_iter().map(|row| {
            tuple(row.into_iter().map(|place| items[place].clone()).collect())
        })))
    };
    Ok(match method {
        "chain" => list_of(lists(args.positional)?.into_iter().flatten()),
        "product" => {
            let pools = lists(args.positional)?;
            let repeat = args
                .named("repeat")
                .and_then(|repeat| repeat.as_usize())
                .unwrap_or(1);
            let pools: Vec<Vec<Value>> = std::iter::repeat_n(pools, repeat).flatten().collect();
            list_of(product(&pools)?.into_iter().map(tuple))
        }
        "permutations" => picked(true, false)?,
        "combinations" => picked(false, false)?,
        "combinations_with_replacement" => picked(false, true)?,
        "zip_longest" => {
            let lists = lists(args.positional)?;
            let fill = args.named("fillvalue").unwrap_or_else(|| Value::from(()));
            let length = lists.iter().map(Vec::len).max().unwrap_or(0);
            let row = |place: usize| {
                tuple(
                    lists
                        .iter()
                        .map(|list| list.get(place).unwrap_or(&fill).clone())
                        .collect(),
                )
            };
            list_of((0..length).map(row))
        }
        "islice" => {
            let bounds: Vec<Value> = args.positional[1..].to_vec();
            let none = Value::from(());
            let (start, stop, step) = match bounds.as_slice() {
                [stop] => (&none, stop, &none),
                [start, stop] => (start, stop, &none),
                [start, stop, step, ..] => (start, stop, step),
                [] => return Err(fail("islice() wants where to stop")),
            };
            crate::jinja::values::slice(&list_of(first()?), start, stop, step)?
        }
        "repeat" => {
            let times = args.need(1, "times")?.as_usize().unwrap_or(0);
            let item = args.need(0, "object")?;
            list_of(std::iter::repeat_n(item, checked(Some(times))?))
        }
        "accumulate" => {
            let function = args.get(1, "func").filter(|function| !function.is_none());
            let mut sums: Vec<Value> = args.named("initial").into_iter().collect();
            for item in first()? {
                let sum = match (sums.last(), &function) {
                    (None, _) => item,
                    (Some(last), None) => operators::add(last, &item)?,
                    (Some(last), Some(function)) => function.call(state, &[last.clone(), item])?,
                };
                sums.push(sum);
            }
            list_of(sums)
        }
        "compress" => {
            let selectors: Vec<Value> = args.need(1, "selectors")?.try_iter()?.collect();
            list_of(
                first()?
                    .into_iter()
                    .zip(selectors)
                    .filter(|(_, keep)| keep.is_true())
                    .map(|(item, _)| item),
            )
        }
        "tee" => {
            let items = first()?;
            let count = args.get(1, "n").and_then(|n| n.as_usize()).unwrap_or(2);
            let copies = std::iter::repeat_with(|| list_of(items.clone()));
            tuple(copies.take(checked(Some(count))?).collect())
        }
        "starmap" => {
            let function = args.need(0, "function")?;
            let mut results = Vec::new();
            for item in args.need(1, "iterable")?.try_iter()? {
                let args: Vec<Value> = item.try_iter()?.collect();
                results.push(function.call(state, &args)?);
            }
            list_of(results)
        }
        _ => {
            return Err(Error::new(
                ErrorKind::UnknownMethod,
                format!("itertools has no function '{method}'"),
            ));
        }
    })
}

impl Object for Module {
    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let answer = call(state, method, &Args::new(method, args))?;
        if let Some(handle) = handle(state) {
            let message = format!(
                "modules.itertools.{method}() is deprecated; Jinja's own loops and filters do the same"
            );
            warn(&handle.context, JinjaWarning::Itertools, &message)?;
        }
        Ok(answer)
    }
}
