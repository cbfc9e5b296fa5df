//! Python's dict.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple};
use minijinja::{Error, State, Value};

use super::{Args, View, fail, no_method, repr};

/// A dict that can be changed; keys keep their order.
#[derive(Debug, Default)]
pub(crate) struct Dict(Mutex<IndexMap<Value, Value>>);

impl FromIterator<(Value, Value)> for Dict {
    fn from_iter<T: IntoIterator<Item = (Value, Value)>>(pairs: T) -> Self {
        Self(Mutex::new(pairs.into_iter().collect()))
    }
}

impl Dict {
    fn lock(&self) -> MutexGuard<'_, IndexMap<Value, Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn pairs(&self) -> Vec<(Value, Value)> {
        self.lock()
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Sets one key.
    pub(crate) fn set(&self, key: &str, value: Value) {
        self.lock().insert(Value::from(key), value);
    }

    /// A dict of pairs, from a mapping or an iterable of pairs.
    pub(crate) fn pairs_of(value: &Value) -> Result<Vec<(Value, Value)>, Error> {
        if let Some(dict) = value.downcast_object_ref::<Self>() {
            return Ok(dict.pairs());
        }
        let Some(object) = value.as_object() else {
            return Err(fail(format!("'{}' is not a dict", super::type_name(value))));
        };
        if object.repr() == ObjectRepr::Map {
            let mut pairs = Vec::new();
            for key in value.try_iter()? {
                let item = value.get_item(&key)?;
                pairs.push((key, item));
            }
            return Ok(pairs);
        }
        let mut pairs = Vec::new();
        for item in value.try_iter()? {
            let parts = super::iterated(&item)?;
            let [key, value] = parts.as_slice() else {
                return Err(fail("a dict wants pairs of a key and a value"));
            };
            pairs.push((key.clone(), value.clone()));
        }
        Ok(pairs)
    }

    /// `dict.fromkeys(keys, value)`.
    pub(crate) fn from_keys(args: &Args<'_>) -> Result<Value, Error> {
        let value = args.get(1, "value").unwrap_or_else(|| Value::from(()));
        let keys = super::iterated(&args.need(0, "iterable")?)?;
        let pairs = keys.into_iter().map(|key| (key, value.clone()));
        Ok(Value::from_object(pairs.collect::<Self>()))
    }

    fn change(self: &Arc<Self>, method: &str, args: &Args<'_>) -> Result<Option<Value>, Error> {
        Ok(Some(match method {
            "update" => {
                let mut more = match args.positional.first() {
                    Some(other) => Self::pairs_of(other)?,
                    None => Vec::new(),
                };
                more.extend(
                    args.pairs()
                        .into_iter()
                        .map(|(key, value)| (Value::from(key), value)),
                );
                self.lock().extend(more);
                Value::from(())
            }
            "setdefault" => {
                let default = args.get(1, "default").unwrap_or_else(|| Value::from(()));
                self.lock()
                    .entry(args.need(0, "key")?)
                    .or_insert(default)
                    .clone()
            }
            "pop" => {
                let key = args.need(0, "key")?;
                match self
                    .lock()
                    .shift_remove(&key)
                    .or_else(|| args.get(1, "default"))
                {
                    Some(value) => value,
                    None => return Err(fail(format!("there is no key {key:?} in the dict"))),
                }
            }
            "popitem" => match self.lock().pop() {
                Some((key, value)) => Value::from(Tuple::from([key, value])),
                None => return Err(fail("popitem(): the dict is empty")),
            },
            "clear" => {
                self.lock().clear();
                Value::from(())
            }
            "fromkeys" => Self::from_keys(args)?,
            _ => return Ok(None),
        }))
    }
}

/// The methods that any mapping has.
pub(crate) fn read_method(
    pairs: &[(Value, Value)],
    method: &str,
    args: &Args<'_>,
) -> Result<Option<Value>, Error> {
    Ok(Some(match method {
        "items" => View::of(
            "dict_items",
            pairs
                .iter()
                .map(|(key, value)| Value::from(Tuple::from([key.clone(), value.clone()]))),
        ),
        "keys" => View::of("dict_keys", pairs.iter().map(|(key, _)| key.clone())),
        "values" => View::of("dict_values", pairs.iter().map(|(_, value)| value.clone())),
        "copy" => Value::from_object(pairs.iter().cloned().collect::<Dict>()),
        "get" => {
            let key = args.need(0, "key")?;
            let found = pairs
                .iter()
                .find(|(candidate, _)| *candidate == key)
                .map(|(_, value)| value.clone());
            found
                .or_else(|| args.get(1, "default"))
                .unwrap_or_else(|| Value::from(()))
        }
        _ => return Ok(None),
    }))
}

impl Object for Dict {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.lock().get(key).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.lock().keys().cloned().collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.lock().len())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        if method == "get" {
            let key = args.need(0, "key")?;
            let found = self.lock().get(&key).cloned();
            return Ok(found
                .or_else(|| args.get(1, "default"))
                .unwrap_or_else(|| Value::from(())));
        }
        if let Some(answer) = self.change(method, &args)? {
            return Ok(answer);
        }
        if matches!(method, "items" | "keys" | "values" | "copy")
            && let Some(answer) = read_method(&self.pairs(), method, &args)?
        {
            return Ok(answer);
        }
        Err(no_method("a dict", method))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (key, value)) in self.pairs().iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{}: {}", repr(key), repr(value))?;
        }
        f.write_str("}")
    }
}

/// The global `dict`: makes dicts.
#[derive(Debug)]
pub(crate) struct DictClass;

impl Object for DictClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let args = Args::new("dict", args);
        args.at_most(1)?;
        let mut pairs = match args.positional.first() {
            Some(value) => Dict::pairs_of(value)?,
            None => Vec::new(),
        };
        pairs.extend(
            args.pairs()
                .into_iter()
                .map(|(name, value)| (Value::from(name), value)),
        );
        Ok(Value::from_object(pairs.into_iter().collect::<Dict>()))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "fromkeys" => Dict::from_keys(&Args::new(method, args)),
            _ => Err(no_method("dict", method)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<class 'dict'>")
    }
}
