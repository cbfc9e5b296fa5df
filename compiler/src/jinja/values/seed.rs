//! A seed's table as macros see it: columns and the number of rows are known, the rows are read from the file when
//! something looks at them.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple};
use minijinja::{Error, State, Value};

use super::TableObject;
use super::table_text::describe;
use crate::jinja::context::matrix;
use crate::jinja::failure::raise;
use crate::seed::Seed;

/// The table of a seed.
#[derive(Debug)]
pub(crate) struct SeedTable(Arc<Seed>);

/// All rows of a seed.
#[derive(Debug)]
struct SeedRows {
    seed: Arc<Seed>,
    /// Whether they are lists, as `load_result()` has them, and not rows of a table.
    lists: bool,
}

/// The whole table, read by now.
fn whole(seed: &Seed) -> Result<Value, Error> {
    let table = seed.table().map_err(raise)?;
    Ok(Value::from_object(TableObject(table)))
}

/// What was asked for, or a value that fails once it is used.
fn answer(found: Result<Value, Error>) -> Option<Value> {
    Some(found.unwrap_or_else(Value::from)).filter(|value| !value.is_undefined())
}

fn each(found: Result<Value, Error>) -> Enumerator {
    let items = found.and_then(|value| Ok(value.try_iter()?.collect()));
    Enumerator::Values(items.unwrap_or_else(|error| vec![Value::from(error)]))
}

impl SeedTable {
    pub(crate) fn value(seed: &Arc<Seed>) -> Value {
        Value::from_object(Self(Arc::clone(seed)))
    }

    /// The seed whose table a value is.
    pub(crate) fn from_value(value: &Value) -> Option<Arc<Seed>> {
        let table = value.downcast_object_ref::<Self>()?;
        Some(Arc::clone(&table.0))
    }

    /// The rows of such a value as lists.
    pub(crate) fn data(value: &Value) -> Option<Value> {
        let seed = Self::from_value(value)?;
        Some(Value::from_object(SeedRows { seed, lists: true }))
    }
}

impl Object for SeedTable {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let columns = self.0.columns().iter();
        match key.as_str() {
            Some("column_names") => {
                let names = columns.map(|column| Value::from(column.name.as_str()));
                Some(Value::from(Tuple::new(names.collect())))
            }
            Some("column_types") => {
                let types = columns.map(|column| Value::from(column.data_type.as_str()));
                Some(Value::from(Tuple::new(types.collect())))
            }
            Some("rows") => Some(Value::from_object(SeedRows {
                seed: Arc::clone(&self.0),
                lists: false,
            })),
            _ => answer(whole(&self.0).and_then(|table| table.get_item(key))),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        each(whole(&self.0))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.count())
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if method == "__len__" {
            return Ok(Value::from(self.0.count()));
        }
        whole(&self.0)?.call_method(state, method, args)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.0.columns().iter();
        describe(
            columns.map(|column| (column.name.as_str(), column.data_type.as_str())),
            f,
        )
    }
}

impl SeedRows {
    fn whole(&self) -> Result<Value, Error> {
        let table = whole(&self.seed)?;
        if self.lists {
            Ok(matrix(&table))
        } else {
            table.get_attr("rows")
        }
    }
}

impl Object for SeedRows {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        answer(self.whole().and_then(|rows| rows.get_item(key)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        each(self.whole())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.seed.count())
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if method == "__len__" {
            return Ok(Value::from(self.seed.count()));
        }
        self.whole()?.call_method(state, method, args)
    }
}
