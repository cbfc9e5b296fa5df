//! `modules`: the parts of Python's datetime, pytz, re and itertools that projects use.

mod datetime;
mod itertools;
mod pytz;
mod regex;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use minijinja::Value;
use minijinja::value::{Enumerator, Object};

pub(crate) use datetime::{
    add, date_value, divide, floor_divide, multiply, order, remainder, repr, strftime, subtract,
    timestamp_value, type_name, utc_value,
};

/// `modules`.
pub(crate) fn modules(now: DateTime<Utc>) -> Value {
    Value::from_object(Modules { now })
}

#[derive(Debug)]
struct Modules {
    now: DateTime<Utc>,
}

impl Object for Modules {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "datetime" => datetime::module(self.now),
            "pytz" => pytz::module(),
            "re" => regex::module(),
            "itertools" => itertools::module(),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["datetime", "pytz", "re", "itertools"])
    }
}
