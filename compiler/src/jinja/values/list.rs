//! Python's list.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple};
use minijinja::{Error, State, Value};

use super::{Args, fail, no_method};
use crate::jinja::operators;

/// A list that can be changed.
#[derive(Debug, Default)]
pub(crate) struct List(Mutex<Vec<Value>>);

/// A list of these values.
pub(crate) fn list_of(values: impl IntoIterator<Item = Value>) -> Value {
    Value::from_object(List(Mutex::new(values.into_iter().collect())))
}

impl List {
    fn lock(&self) -> MutexGuard<'_, Vec<Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn items(&self) -> Vec<Value> {
        self.lock().clone()
    }

    /// An index as Python counts it.
    fn place(&self, index: &Value) -> Option<usize> {
        let index = index.as_i64()?;
        let length = self.lock().len() as i64;
        usize::try_from(if index < 0 { length + index } else { index })
            .ok()
            .filter(|place| (*place as i64) < length)
    }

    fn position(&self, value: &Value) -> Result<usize, Error> {
        let items = self.items();
        items
            .iter()
            .position(|item| item == value)
            .ok_or_else(|| fail(format!("{value:?} is not in list")))
    }

    fn sort(&self, args: &Args<'_>, state: &mut State<'_, '_>) -> Result<(), Error> {
        let mut keyed = Vec::new();
        let key = args.named("key").filter(|key| !key.is_none());
        for item in self.items() {
            let rank = match &key {
                Some(key) => key.call(state, std::slice::from_ref(&item))?,
                None => item.clone(),
            };
            keyed.push((rank, item));
        }
        let sorted = operators::sorted(keyed, args.flag(usize::MAX, "reverse", false))?;
        *self.lock() = sorted;
        Ok(())
    }
}

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let place = self.place(key)?;
        self.lock().get(place).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.lock().len())
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        let none = Ok(Value::from(()));
        match method {
            "append" => {
                args.at_most(1)?;
                let value = args.need(0, "object")?;
                self.lock().push(value);
                none
            }
            "extend" => {
                let more: Vec<Value> = args.need(0, "iterable")?.try_iter()?.collect();
                self.lock().extend(more);
                none
            }
            "insert" => {
                let (index, value) = (args.need(0, "index")?, args.need(1, "object")?);
                let mut items = self.lock();
                let length = items.len() as i64;
                let index = index
                    .as_i64()
                    .ok_or_else(|| fail("insert() wants an integer index"))?;
                let place = if index < 0 {
                    (length + index).max(0)
                } else {
                    index.min(length)
                };
                items.insert(place as usize, value);
                none
            }
            "pop" => {
                let index = args.get(0, "index").unwrap_or_else(|| Value::from(-1));
                let place = self
                    .place(&index)
                    .ok_or_else(|| fail("pop index out of range"))?;
                Ok(self.lock().remove(place))
            }
            "remove" => {
                let place = self.position(&args.need(0, "value")?)?;
                self.lock().remove(place);
                none
            }
            "index" => Ok(Value::from(self.position(&args.need(0, "value")?)?)),
            "count" => {
                let value = args.need(0, "value")?;
                Ok(Value::from(
                    self.items().iter().filter(|item| **item == value).count(),
                ))
            }
            "reverse" => {
                self.lock().reverse();
                none
            }
            "clear" => {
                self.lock().clear();
                none
            }
            "copy" => Ok(list_of(self.items())),
            "sort" => self.sort(&args, state).map(|()| Value::from(())),
            "__len__" => Ok(Value::from(self.lock().len())),
            _ => Err(no_method("a list", method)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, item) in self.items().iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(&super::repr(item))?;
        }
        f.write_str("]")
    }
}

/// Not a bound of a slice.
struct Unsliceable;

/// `value[start:stop:step]` as Python answers it: of a list a list, of a tuple a tuple, of a string a string.
pub(crate) fn slice(
    value: &Value,
    start: &Value,
    stop: &Value,
    step: &Value,
) -> Result<Value, Error> {
    let bound = |value: &Value| -> Result<Option<i64>, Unsliceable> {
        if value.is_none() || value.is_undefined() {
            return Ok(None);
        }
        value.as_i64().map(Some).ok_or(Unsliceable)
    };
    // Jinja2 answers what has no slice, and what is no bound, with an undefined value.
    let (Ok(start), Ok(stop), Ok(step)) = (bound(start), bound(stop), bound(step)) else {
        return Ok(Value::UNDEFINED);
    };
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(fail("slice step cannot be zero"));
    }
    if let Some(text) = value.as_str() {
        let characters: Vec<char> = text.chars().collect();
        let taken: String = places(characters.len(), start, stop, step)
            .map(|place| characters[place])
            .collect();
        return Ok(Value::from(taken));
    }
    let sequence = value
        .as_object()
        .is_some_and(|object| object.repr() == ObjectRepr::Seq);
    if !sequence {
        return Ok(Value::UNDEFINED);
    }
    let items: Vec<Value> = value.try_iter()?.collect();
    let taken = places(items.len(), start, stop, step).map(|place| items[place].clone());
    Ok(
        if value.is_tuple() || value.downcast_object_ref::<super::RowObject>().is_some() {
            Value::from(Tuple::new(taken.collect()))
        } else {
            list_of(taken)
        },
    )
}

fn places(
    length: usize,
    start: Option<i64>,
    stop: Option<i64>,
    step: i64,
) -> impl Iterator<Item = usize> {
    let length = length as i64;
    let (low, high) = if step > 0 {
        (0, length)
    } else {
        (-1, length - 1)
    };
    let clamp = |value: Option<i64>, default: i64| match value {
        None => default,
        Some(value) if value < 0 => (length + value).clamp(low, high),
        Some(value) => value.clamp(low, high),
    };
    let (mut at, stop) = if step > 0 {
        (clamp(start, low), clamp(stop, high))
    } else {
        (clamp(start, high), clamp(stop, low))
    };
    std::iter::from_fn(move || {
        let inside = if step > 0 { at < stop } else { at > stop };
        let place = at;
        at += step;
        inside.then_some(place as usize)
    })
}
