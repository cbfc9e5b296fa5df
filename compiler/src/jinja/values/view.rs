//! What `keys()`, `values()` and `items()` of a dict answer.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use super::repr;

/// Keys, values or items of a dict: to be looped over, not to be indexed.
#[derive(Debug)]
pub(crate) struct View {
    name: &'static str,
    items: Vec<Value>,
}

impl View {
    /// A view by the name of Python's type, such as `dict_keys`.
    pub(crate) fn of(name: &'static str, items: impl IntoIterator<Item = Value>) -> Value {
        Value::from_object(Self {
            name,
            items: items.into_iter().collect(),
        })
    }
}

impl Object for View {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items.clone())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.items.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: Vec<String> = self.items.iter().map(repr).collect();
        write!(f, "{}([{}])", self.name, items.join(", "))
    }
}
