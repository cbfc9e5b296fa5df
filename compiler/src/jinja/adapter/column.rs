//! Column objects: name and type of a column of a relation.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object};
use minijinja::{Error, State, Value};

use super::relation::quoted_name;
use crate::jinja::values::{Args, Dict, fail, list_of, no_method};

/// A column as macros see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnObject {
    name: String,
    /// The type without its size.
    dtype: String,
    char_size: Option<i64>,
    numeric_precision: Option<i64>,
    numeric_scale: Option<i64>,
}

impl ColumnObject {
    /// A column of a type as the warehouse writes it.
    pub(crate) fn new(name: &str, data_type: &str) -> Self {
        let mut column = Self {
            name: name.to_owned(),
            dtype: data_type.to_owned(),
            char_size: None,
            numeric_precision: None,
            numeric_scale: None,
        };
        let sized = data_type
            .split_once('(')
            .and_then(|(word, rest)| Some((word.trim(), rest.strip_suffix(')')?)));
        if let Some((word, sizes)) = sized {
            let sizes: Option<Vec<i64>> = sizes
                .split(',')
                .map(|size| size.trim().parse().ok())
                .collect();
            match sizes.as_deref() {
                Some([size]) if is_string(word) => {
                    word.clone_into(&mut column.dtype);
                    column.char_size = Some(*size);
                }
                Some([precision, scale]) => {
                    word.clone_into(&mut column.dtype);
                    column.numeric_precision = Some(*precision);
                    column.numeric_scale = Some(*scale);
                }
                _ => {}
            }
        }
        column
    }

    /// `api.Column(column, dtype, char_size, numeric_precision, numeric_scale)`.
    fn create(args: &Args<'_>) -> Result<Self, Error> {
        let size =
            |index: usize, name: &str| args.get(index, name).and_then(|value| value.as_i64());
        Ok(Self {
            name: args.text(0, "column")?,
            dtype: args.maybe_text(1, "dtype").unwrap_or_default(),
            char_size: size(2, "char_size"),
            numeric_precision: size(3, "numeric_precision"),
            numeric_scale: size(4, "numeric_scale"),
        })
    }

    fn data_type(&self) -> String {
        if is_string(&self.dtype) {
            // PostgreSQL's own words stay; all others have a length in dbt, 256 where the warehouse tells none.
            return match (self.char_size, self.dtype.as_str()) {
                (_, "text") | (None, "character varying") => self.dtype.clone(),
                (size, _) => format!("character varying({})", size.unwrap_or(256)),
            };
        }
        match (
            is_numeric(&self.dtype),
            self.numeric_precision,
            self.numeric_scale,
        ) {
            (true, Some(precision), Some(scale)) => format!("{}({precision},{scale})", self.dtype),
            _ => self.dtype.clone(),
        }
    }

    /// A struct's innermost fields as columns with dotted names; any other column as it is.
    fn flatten(&self) -> Vec<Self> {
        let Some(fields) = fields(&self.dtype) else {
            return vec![self.clone()];
        };
        let columns = fields.into_iter().map(|(name, dtype)| Self {
            name: format!("{}.{name}", self.name),
            dtype: dtype.to_owned(),
            char_size: None,
            numeric_precision: None,
            numeric_scale: None,
        });
        columns.flat_map(|column| column.flatten()).collect()
    }

    fn string_size(&self) -> Result<i64, Error> {
        if !is_string(&self.dtype) {
            return Err(fail(format!(
                "the column '{}' is not of a string type",
                self.name
            )));
        }
        Ok(self.char_size.unwrap_or(256))
    }
}

fn any(dtype: &str, words: &[&str]) -> bool {
    words.contains(&dtype.to_lowercase().as_str())
}

fn is_string(dtype: &str) -> bool {
    any(
        dtype,
        &["text", "character varying", "character", "varchar"],
    )
}

fn is_numeric(dtype: &str) -> bool {
    any(dtype, &["numeric", "decimal"])
}

fn is_float(dtype: &str) -> bool {
    any(
        dtype,
        &[
            "real",
            "float4",
            "float",
            "double precision",
            "float8",
            "double",
        ],
    )
}

fn is_integer(dtype: &str) -> bool {
    any(
        dtype,
        &[
            "smallint",
            "integer",
            "bigint",
            "smallserial",
            "serial",
            "bigserial",
            "int2",
            "int4",
            "int8",
            "serial2",
            "serial4",
            "serial8",
            "int",
            "tinyint",
            "hugeint",
            "utinyint",
            "usmallint",
            "uinteger",
            "ubigint",
        ],
    )
}

impl Object for ColumnObject {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "name" | "column" => Value::from(self.name.as_str()),
            "quoted" => Value::from(quoted_name(&self.name)),
            "data_type" | "expanded_data_type" => Value::from(self.data_type()),
            "TYPE_LABELS" => type_labels(),
            "dtype" => Value::from(self.dtype.as_str()),
            "char_size" => Value::from(self.char_size),
            "numeric_precision" => Value::from(self.numeric_precision),
            "numeric_scale" => Value::from(self.numeric_scale),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&[
            "column",
            "dtype",
            "char_size",
            "numeric_precision",
            "numeric_scale",
        ])
    }

    fn custom_cmp(
        self: &Arc<Self>,
        other: &minijinja::value::DynObject,
    ) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Self>()?;
        Some((&self.name, self.data_type()).cmp(&(&other.name, other.data_type())))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        Ok(match method {
            "is_string" => Value::from(is_string(&self.dtype)),
            "is_numeric" => Value::from(is_numeric(&self.dtype)),
            "is_float" => Value::from(is_float(&self.dtype)),
            "is_integer" => Value::from(is_integer(&self.dtype)),
            "is_number" => Value::from(
                is_numeric(&self.dtype) || is_float(&self.dtype) || is_integer(&self.dtype),
            ),
            "string_size" => Value::from(self.string_size()?),
            "literal" => Value::from(format!("{}::{}", args.need(0, "value")?, self.data_type())),
            "is_struct" => Value::from(fields(&self.dtype).is_some()),
            "flatten" => list_of(self.flatten().into_iter().map(Value::from_object)),
            "can_expand_to" => {
                let other = args.need(0, "other_column")?;
                let other = other
                    .downcast_object_ref::<Self>()
                    .ok_or_else(|| fail("can_expand_to() wants a column"))?;
                let both = is_string(&self.dtype) && is_string(&other.dtype);
                Value::from(both && other.string_size()? > self.string_size()?)
            }
            _ => return of_class(method, &args),
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Column {} ({})>", self.name, self.data_type())
    }
}

/// `api.Column`: makes columns.
#[derive(Debug)]
pub(crate) struct ColumnFactory;

impl Object for ColumnFactory {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str() == Some("TYPE_LABELS")).then(type_labels)
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        Ok(Value::from_object(ColumnObject::create(&Args::new(
            "Column", args,
        ))?))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        of_class(method, &Args::new(method, args))
    }
}

/// What a column and its class answer alike.
fn of_class(method: &str, args: &Args<'_>) -> Result<Value, Error> {
    match method {
        "create" => {
            let dtype = args.text(1, "label_or_dtype")?;
            let is_string = dtype.eq_ignore_ascii_case("string");
            Ok(Value::from_object(ColumnObject {
                name: args.text(0, "name")?,
                dtype: if is_string { "TEXT".to_owned() } else { dtype },
                char_size: None,
                numeric_precision: None,
                numeric_scale: None,
            }))
        }
        // `STRING` is the one name that dbt's own columns translate.
        "translate_type" => {
            let dtype = args.text(0, "dtype")?;
            let is_string = dtype.eq_ignore_ascii_case("string");
            Ok(Value::from(if is_string {
                "TEXT".to_owned()
            } else {
                dtype
            }))
        }
        "from_description" => {
            from_description(&args.text(0, "name")?, &args.text(1, "raw_data_type")?)
        }
        "string_type" => Ok(Value::from(format!(
            "character varying({})",
            args.need(0, "size")?
        ))),
        "numeric_type" => {
            let (dtype, precision, scale) = (
                args.text(0, "dtype")?,
                args.get(1, "precision"),
                args.get(2, "scale"),
            );
            Ok(Value::from(match (precision, scale) {
                (Some(precision), Some(scale)) if !precision.is_none() && !scale.is_none() => {
                    format!("{dtype}({precision},{scale})")
                }
                _ => dtype,
            }))
        }
        _ => Err(no_method("a column", method)),
    }
}

/// A column of a type as text, with its size or precision in parentheses (`Column.from_description`).
fn from_description(name: &str, data_type: &str) -> Result<Value, Error> {
    let (dtype, sizes) = match data_type.split_once('(') {
        Some((dtype, rest)) => (dtype, rest.split(')').next().unwrap_or_default()),
        None => (data_type, ""),
    };
    let sizes: Vec<&str> = sizes.split(',').filter(|size| !size.is_empty()).collect();
    let mut column = ColumnObject {
        name: name.to_owned(),
        dtype: dtype.to_owned(),
        char_size: None,
        numeric_precision: None,
        numeric_scale: None,
    };
    let number = |text: &str| {
        text.trim().parse().map_err(|_| {
            fail(format!(
                "the data type '{data_type}' has '{text}' where a whole number should be"
            ))
        })
    };
    match sizes.as_slice() {
        [size] => column.char_size = Some(number(size)?),
        [precision, scale] => {
            column.numeric_precision = Some(number(precision)?);
            column.numeric_scale = Some(number(scale)?);
        }
        _ => {}
    }
    Ok(Value::from_object(column))
}

/// The types that have a name for all warehouses, and what it is here.
fn type_labels() -> Value {
    let pair = (Value::from("STRING"), Value::from("TEXT"));
    Value::from_object([pair].into_iter().collect::<Dict>())
}

/// Names and types of a struct's fields, as DuckDB writes them: `STRUCT(a INTEGER, b STRUCT(c VARCHAR))`; `None` for
/// what is no struct.
fn fields(dtype: &str) -> Option<Vec<(&str, &str)>> {
    let word = dtype.get(..6)?;
    if !word.eq_ignore_ascii_case("struct") {
        return None;
    }
    let inner = dtype.get(7..).and_then(|rest| rest.strip_suffix(')'));
    let mut found = Vec::new();
    let mut rest = inner.unwrap_or_default();
    while !rest.trim().is_empty() {
        let mut depth = 0_usize;
        let end = rest.find(|letter| {
            match letter {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            letter == ',' && depth == 0
        });
        let (field, after) = match end {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, ""),
        };
        found.extend(field.trim().split_once(' '));
        rest = after;
    }
    Some(found)
}
