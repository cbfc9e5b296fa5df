//! Results of queries as agate shows them to macros: a table of rows and columns.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple, ValueKind};
use minijinja::{Error, State, Value};

use super::table_text::{Limits, agate_type, csv, describe, json, printed};
use super::{Args, Dict, SeedTable, dict_read, fail, list_of, no_method};
use crate::adapter::{Cell, Table};
use crate::jinja::{modules, operators};

/// A result.
#[derive(Debug, Clone)]
pub struct TableObject(pub Arc<Table>);

/// One row of a result.
#[derive(Debug, Clone)]
pub(crate) struct RowObject {
    table: Arc<Table>,
    index: usize,
}

/// One column of a result.
#[derive(Debug)]
struct ColumnOfTable {
    table: Arc<Table>,
    index: usize,
}

/// Rows or columns: by position, columns by name too.
#[derive(Debug)]
struct Parts {
    table: Arc<Table>,
    columns: bool,
}

/// A cell as Jinja sees it.
pub fn cell_value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::from(()),
        Cell::Bool(flag) => Value::from(*flag),
        Cell::Int(integer) => Value::from(*integer),
        Cell::Float(float) => Value::from(*float),
        Cell::Decimal(text) => decimal(text),
        Cell::Text(text) => Value::from(text.as_str()),
        Cell::Date(text) => modules::date_value(text).unwrap_or_else(|| Value::from(text.as_str())),
        Cell::Timestamp(text) => {
            modules::timestamp_value(text).unwrap_or_else(|| Value::from(text.as_str()))
        }
    }
}

fn decimal(text: &str) -> Value {
    if let Ok(integer) = text.parse::<i128>() {
        return Value::from(integer);
    }
    match text.parse::<f64>() {
        Ok(float)
            if Value::from(float).to_string().trim_end_matches(".0")
                == text.trim_end_matches('0').trim_end_matches('.') =>
        {
            Value::from(float)
        }
        _ => Value::from(text),
    }
}

impl TableObject {
    /// The table as a value.
    pub fn value(table: Table) -> Value {
        Value::from_object(Self(Arc::new(table)))
    }

    /// The table inside a value, if it is one.
    pub fn from_value(value: &Value) -> Option<Arc<Table>> {
        match value.downcast_object_ref::<Self>() {
            Some(table) => Some(Arc::clone(&table.0)),
            None => SeedTable::from_value(value)?.table().ok(),
        }
    }

    fn parts(&self, columns: bool) -> Value {
        Value::from_object(Parts {
            table: Arc::clone(&self.0),
            columns,
        })
    }

    fn select(&self, names: &Value, keep: bool) -> Result<Value, Error> {
        let names: Vec<String> = match names.as_str() {
            Some(name) => vec![name.to_owned()],
            None => names.try_iter()?.map(|name| name.to_string()).collect(),
        };
        if let Some(unknown) = names
            .iter()
            .find(|name| keep && column_index(&self.0, name).is_none())
        {
            return Err(fail(format!("the table has no column '{unknown}'")));
        }
        let kept: Vec<usize> = (0..self.0.columns.len())
            .filter(|index| names.contains(&self.0.columns[*index].name) == keep)
            .collect();
        Ok(Self::value(Table {
            columns: kept
                .iter()
                .map(|index| self.0.columns[*index].clone())
                .collect(),
            rows: self
                .0
                .rows
                .iter()
                .map(|row| kept.iter().map(|index| row[*index].clone()).collect())
                .collect(),
        }))
    }

    fn with_rows(&self, kept: impl IntoIterator<Item = usize>) -> Value {
        let rows = kept.into_iter().map(|row| self.0.rows[row].clone());
        Self::value(Table {
            columns: self.0.columns.clone(),
            rows: rows.collect(),
        })
    }

    /// What each row is ordered or told apart by: its values in the columns that `key` names, or what `key` answers
    /// of it. Rows without a value come last.
    fn ranks(&self, state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Vec<Value>, Error> {
        let key = args.get(0, "key").filter(|key| !key.is_none());
        let names: Option<Vec<String>> = match &key {
            None => Some(
                self.0
                    .columns
                    .iter()
                    .map(|column| column.name.clone())
                    .collect(),
            ),
            Some(key) if key.as_str().is_some() => Some(vec![key.to_string()]),
            Some(key) if key.kind() == ValueKind::Seq => {
                Some(key.try_iter()?.map(|name| name.to_string()).collect())
            }
            Some(_) => None,
        };
        let places: Option<Vec<usize>> = match names {
            None => None,
            Some(names) => {
                let place = |name: &String| {
                    column_index(&self.0, name)
                        .ok_or_else(|| fail(format!("the table has no column '{name}'")))
                };
                Some(names.iter().map(place).collect::<Result<_, _>>()?)
            }
        };
        let mut ranks = Vec::new();
        for (index, row) in self.0.rows.iter().enumerate() {
            ranks.push(match (&places, &key) {
                (None, Some(key)) => {
                    let table = Arc::clone(&self.0);
                    key.call(state, &[Value::from_object(RowObject { table, index })])?
                }
                (places, _) => list_of(places.iter().flatten().map(|place| {
                    let value = cell_value(&row[*place]);
                    list_of([Value::from(value.is_none()), value])
                })),
            });
        }
        Ok(ranks)
    }
}

impl Object for TableObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if let Some(index) = key.as_i64() {
            return self.parts(false).get_item(&Value::from(index)).ok();
        }
        Some(match key.as_str()? {
            "rows" => self.parts(false),
            "columns" => self.parts(true),
            "row_names" => Value::from(()),
            "column_names" => {
                let names = self
                    .0
                    .columns
                    .iter()
                    .map(|column| Value::from(column.name.as_str()));
                Value::from(Tuple::new(names.collect()))
            }
            "column_types" => {
                let types =
                    (0..self.0.columns.len()).map(|index| Value::from(agate_type(&self.0, index)));
                Value::from(Tuple::new(types.collect()))
            }
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let row = |index| {
            Value::from_object(RowObject {
                table: Arc::clone(&self.0),
                index,
            })
        };
        Enumerator::Values((0..self.0.rows.len()).map(row).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.rows.len())
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
        let args = Args::new(method, args);
        let limit = |name: &str, index: usize, default: usize| {
            args.get(index, name)
                .filter(|value| !value.is_none())
                .and_then(|value| value.as_usize())
                .unwrap_or(default)
        };
        match method {
            "select" => self.select(&args.need(0, "key")?, true),
            "exclude" => self.select(&args.need(0, "key")?, false),
            "limit" => {
                let (start, stop) = match args.get(1, "stop").filter(|stop| !stop.is_none()) {
                    Some(_) => (limit("start_or_stop", 0, 0), limit("stop", 1, usize::MAX)),
                    None => (0, limit("start_or_stop", 0, usize::MAX)),
                };
                let step = limit("step", 2, 1).max(1);
                let kept = (0..self.0.rows.len().min(stop)).skip(start).step_by(step);
                Ok(self.with_rows(kept))
            }
            "order_by" => {
                let ranks = self.ranks(state, &args)?;
                let ranked = ranks.into_iter().enumerate();
                let ranked = ranked.map(|(row, rank)| (rank, Value::from(row))).collect();
                let rows = operators::sorted(ranked, args.flag(1, "reverse", false))?;
                Ok(self.with_rows(rows.iter().filter_map(Value::as_usize)))
            }
            "distinct" => {
                let ranks = self.ranks(state, &args)?;
                let mut seen: Vec<&Value> = Vec::new();
                let mut kept = Vec::new();
                for (row, rank) in ranks.iter().enumerate() {
                    if !seen.contains(&rank) {
                        seen.push(rank);
                        kept.push(row);
                    }
                }
                Ok(self.with_rows(kept))
            }
            "rename" => {
                let mut table = Table::clone(&self.0);
                let names = args.need(0, "column_names")?;
                for (index, column) in table.columns.iter_mut().enumerate() {
                    let name = match names.kind() {
                        minijinja::value::ValueKind::Map => {
                            names.get_item(&Value::from(column.name.as_str()))?
                        }
                        _ => names.get_item_by_index(index)?,
                    };
                    if !name.is_undefined() {
                        column.name = name.to_string();
                    }
                }
                Ok(Self::value(table))
            }
            "where" => {
                let mut rows = Vec::new();
                let test = args.need(0, "test")?;
                for index in 0..self.0.rows.len() {
                    let row = Value::from_object(RowObject {
                        table: Arc::clone(&self.0),
                        index,
                    });
                    if test.call(state, &[row])?.is_true() {
                        rows.push(self.0.rows[index].clone());
                    }
                }
                Ok(Self::value(Table {
                    columns: self.0.columns.clone(),
                    rows,
                }))
            }
            "print_table" => {
                let unlimited =
                    |name: &str, index: usize, default: usize| match args.get(index, name) {
                        Some(value) if value.is_none() => usize::MAX,
                        _ => limit(name, index, default),
                    };
                let limits = Limits {
                    rows: unlimited("max_rows", 0, 20),
                    columns: unlimited("max_columns", 1, 6),
                    width: unlimited("max_column_width", 3, 20),
                    decimals: unlimited("max_precision", 5, 3),
                };
                Ok(say(state, &printed(&self.0, limits)))
            }
            "print_csv" => Ok(say(state, &csv(&self.0)?)),
            "print_json" => Ok(say(state, &json(&self.0))),
            "print_structure" => Ok(say(
                state,
                &Value::from_object(Self::clone(self)).to_string(),
            )),
            "__len__" => Ok(Value::from(self.0.rows.len())),
            _ => Err(no_method("a table", method)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.0.columns.iter().enumerate();
        let columns = columns.map(|(index, one)| (one.name.as_str(), agate_type(&self.0, index)));
        describe(columns, f)
    }
}

impl RowObject {
    fn cells(&self) -> &[Cell] {
        &self.table.rows[self.index]
    }

    fn values(&self) -> Vec<Value> {
        self.cells().iter().map(cell_value).collect()
    }

    /// The row as pairs of column name and value.
    pub(crate) fn pairs(&self) -> Vec<(Value, Value)> {
        self.table
            .columns
            .iter()
            .map(|column| Value::from(column.name.as_str()))
            .zip(self.values())
            .collect()
    }
}

impl Object for RowObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let index = match key.as_str() {
            Some(name) => column_index(&self.table, name)?,
            None => place(key, self.cells().len())?,
        };
        self.cells().get(index).map(cell_value)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.values())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.cells().len())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        if method == "values" {
            return Ok(Value::from(Tuple::new(self.values())));
        }
        let pairs = self.pairs();
        if method == "keys" {
            let names = pairs.into_iter().map(|(name, _)| name);
            return Ok(Value::from(Tuple::new(names.collect())));
        }
        if method == "dict" {
            return Ok(Value::from_object(pairs.into_iter().collect::<Dict>()));
        }
        match dict_read(&pairs, method, &args)? {
            Some(answer) => Ok(answer),
            None => Err(no_method("a row", method)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<agate.Row: (")?;
        for (index, value) in self.values().iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{value:?}")?;
        }
        f.write_str(")>")
    }
}

impl Object for ColumnOfTable {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("name") => Some(Value::from(self.table.columns[self.index].name.as_str())),
            Some("data_type") => Some(Value::from(agate_type(&self.table, self.index))),
            Some("index") => Some(Value::from(self.index)),
            Some(_) => None,
            None => {
                let row = self.table.rows.get(place(key, self.table.rows.len())?)?;
                row.get(self.index).map(cell_value)
            }
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.values())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.table.rows.len())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        _args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "values" => Ok(Value::from(Tuple::new(self.values()))),
            "values_distinct" => {
                let mut seen: Vec<Value> = Vec::new();
                for value in self.values() {
                    if !seen.contains(&value) {
                        seen.push(value);
                    }
                }
                Ok(Value::from(Tuple::new(seen)))
            }
            "values_sorted" => {
                let values = self.values().into_iter();
                let keyed = values.map(|value| {
                    let rank = list_of([Value::from(value.is_none()), value.clone()]);
                    (rank, value)
                });
                operators::sorted(keyed.collect(), false).map(list_of)
            }
            "values_without_nulls_sorted" => {
                let values = self.values().into_iter().filter(|value| !value.is_none());
                let keyed = values.map(|value| (value.clone(), value)).collect();
                operators::sorted(keyed, false).map(list_of)
            }
            "values_without_nulls" => Ok(Value::from(Tuple::new(
                self.values()
                    .into_iter()
                    .filter(|value| !value.is_none())
                    .collect(),
            ))),
            _ => Err(no_method("a column", method)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<agate.Column: {}>",
            Value::from(Tuple::new(self.values()))
        )
    }
}

impl ColumnOfTable {
    fn values(&self) -> Vec<Value> {
        self.table
            .rows
            .iter()
            .filter_map(|row| row.get(self.index))
            .map(cell_value)
            .collect()
    }
}

impl Parts {
    fn part(&self, index: usize) -> Value {
        let table = Arc::clone(&self.table);
        if self.columns {
            Value::from_object(ColumnOfTable { table, index })
        } else {
            Value::from_object(RowObject { table, index })
        }
    }

    fn count(&self) -> usize {
        if self.columns {
            self.table.columns.len()
        } else {
            self.table.rows.len()
        }
    }
}

impl Object for Parts {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some(name) if self.columns => {
                column_index(&self.table, name).map(|index| self.part(index))
            }
            Some(_) => None,
            None => place(key, self.count()).map(|index| self.part(index)),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values((0..self.count()).map(|index| self.part(index)).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.count())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let parts = (0..self.count()).map(|index| self.part(index));
        match method {
            "values" => Ok(list_of(parts)),
            "keys" if self.columns => {
                let names = self.table.columns.iter();
                let names = names.map(|column| Value::from(column.name.as_str()));
                Ok(Value::from(Tuple::new(names.collect())))
            }
            "items" if self.columns => {
                let names = self
                    .table
                    .columns
                    .iter()
                    .map(|column| Value::from(column.name.as_str()));
                Ok(list_of(names.zip(parts).map(|(name, part)| {
                    Value::from(Tuple::from([name, part]))
                })))
            }
            "get" => {
                let args = Args::new(method, args);
                let found = self.get_value(&args.need(0, "key")?);
                Ok(found
                    .or_else(|| args.get(1, "default"))
                    .unwrap_or_else(|| Value::from(())))
            }
            "__len__" => Ok(Value::from(self.count())),
            _ => Err(fail(format!(
                "{} have no method '{method}'",
                if self.columns { "columns" } else { "rows" }
            ))),
        }
    }
}

/// Prints a text; the method that does so answers none.
fn say(state: &State<'_, '_>, text: &str) -> Value {
    crate::jinja::context::print(state, text.trim_end());
    Value::from(())
}

fn column_index(table: &Table, name: &str) -> Option<usize> {
    let exact = table.columns.iter().position(|column| column.name == name);
    exact.or_else(|| {
        table
            .columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case(name))
    })
}

fn place(index: &Value, length: usize) -> Option<usize> {
    let index = index.as_i64()?;
    usize::try_from(if index < 0 {
        length as i64 + index
    } else {
        index
    })
    .ok()
    .filter(|place| *place < length)
}
