//! Python's set, in order of insertion.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexSet;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::{Args, fail, no_method};

/// A set that can be changed.
#[derive(Debug, Default)]
pub(crate) struct Set(Mutex<IndexSet<Value>>);

impl Set {
    /// A set of the items of an iterable.
    pub(crate) fn from_iterable(value: &Value) -> Result<Value, Error> {
        let items = super::iterated(value)?;
        items.iter().try_for_each(super::hashable)?;
        Ok(Value::from_object(Self(Mutex::new(
            items.into_iter().collect(),
        ))))
    }

    fn lock(&self) -> MutexGuard<'_, IndexSet<Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which of the two holds the other, if either does.
    pub(crate) fn order(&self, other: &Self) -> Option<std::cmp::Ordering> {
        let (mine, others) = (self.items(), other.items());
        let smaller = mine.len().min(others.len());
        let shared = mine.iter().filter(|item| others.contains(*item)).count();
        (shared == smaller).then(|| mine.len().cmp(&others.len()))
    }

    fn items(&self) -> IndexSet<Value> {
        self.lock().clone()
    }
}

fn set_of(items: impl IntoIterator<Item = Value>) -> Value {
    Value::from_object(Set(Mutex::new(items.into_iter().collect())))
}

impl Object for Set {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items().into_iter().collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.lock().len())
    }

    /// Sets with the same items are equal, whatever their order.
    fn custom_cmp(
        self: &Arc<Self>,
        other: &minijinja::value::DynObject,
    ) -> Option<std::cmp::Ordering> {
        let sorted = |set: &Self| {
            let mut items: Vec<Value> = set.items().into_iter().collect();
            items.sort();
            items
        };
        Some(sorted(self).cmp(&sorted(other.downcast_ref::<Self>()?)))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        let mut mine = self.items();
        let mut others = IndexSet::new();
        if !matches!(method, "add" | "remove" | "discard") {
            for other in args.positional {
                others.extend(other.try_iter()?);
            }
        }
        let none = Value::from(());
        Ok(match method {
            "add" => {
                self.lock().insert(args.need(0, "elem")?);
                none
            }
            "discard" | "remove" => {
                let item = args.need(0, "elem")?;
                if !self.lock().shift_remove(&item) && method == "remove" {
                    return Err(fail(format!("{item:?} is not in the set")));
                }
                none
            }
            "pop" => self
                .lock()
                .shift_remove_index(0)
                .ok_or_else(|| fail("pop from an empty set"))?,
            "clear" => {
                self.lock().clear();
                none
            }
            "update" => {
                self.lock().extend(others);
                none
            }
            "copy" => set_of(mine),
            "union" => {
                mine.extend(others);
                set_of(mine)
            }
            "intersection" => set_of(mine.into_iter().filter(|item| others.contains(item))),
            "difference" => set_of(mine.into_iter().filter(|item| !others.contains(item))),
            "symmetric_difference" => {
                let added: Vec<Value> = others
                    .iter()
                    .filter(|item| !mine.contains(*item))
                    .cloned()
                    .collect();
                set_of(
                    mine.into_iter()
                        .filter(|item| !others.contains(item))
                        .chain(added),
                )
            }
            "issubset" => Value::from(mine.iter().all(|item| others.contains(item))),
            "issuperset" => Value::from(others.iter().all(|item| mine.contains(item))),
            "isdisjoint" => Value::from(!others.iter().any(|item| mine.contains(item))),
            _ => {
                return Err(no_method("a set", method));
            }
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = self.items();
        if items.is_empty() {
            return f.write_str("set()");
        }
        f.write_str("{")?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(&super::repr(item))?;
        }
        f.write_str("}")
    }
}
