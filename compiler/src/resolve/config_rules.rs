//! What settings may say: types, words, and settings that do not go together. As dbt 1.12 checks them when it has put
//! a node's configuration together.

use serde_json::Value;

use crate::artifacts::manifest::{Node, ResourceType};
use crate::diag::{Diagnostic, Span};
use crate::near::alternatives;
use crate::parse::project::PROJECT_FILE;
use crate::parse::python::str_of;

/// What is wrong with a node's settings, at `place`.
pub(super) fn broken(node: &Node, place: &Span) -> Vec<Diagnostic> {
    let mut rules = Rules {
        node,
        place,
        broken: Vec::new(),
    };
    rules.types();
    rules.words();
    rules.hooks();
    match node.resource_type {
        ResourceType::Model => rules.model(),
        ResourceType::Snapshot => rules.snapshot(),
        _ => {}
    }
    rules.broken
}

/// What a setting takes, in words and as a check.
type Expected = (&'static str, fn(&Value) -> bool);

fn expected(key: &str, kind: ResourceType) -> Option<Expected> {
    let is_scalar: fn(&Value) -> bool = |value| !value.is_array() && !value.is_object();
    Some(match key {
        "enabled" | "full_refresh" | "store_failures" => ("true or false", Value::is_boolean),
        "quote_columns" if kind == ResourceType::Seed => ("true or false", Value::is_boolean),
        // Numbers are as good as text in names and tags.
        "alias" | "schema" | "database" | "where" | "fail_calc" | "on_schema_change" => {
            ("text", is_scalar)
        }
        "materialized" | "severity" | "group" => ("text", Value::is_string),
        "tags" | "unique_key" => ("text or a list of texts", |value| {
            let is_scalar = |value: &Value| !value.is_array() && !value.is_object();
            is_scalar(value)
                || value
                    .as_array()
                    .is_some_and(|items| items.iter().all(is_scalar))
        }),
        "meta" | "persist_docs" | "quoting" | "column_types" | "grants" | "docs" | "contract" => {
            ("a mapping", Value::is_object)
        }
        "limit" if kind == ResourceType::Test => ("a number", |value| {
            let is_number = |text: &str| text.parse::<i64>().is_ok();
            value.is_i64() || value.is_u64() || value.as_str().is_some_and(is_number)
        }),
        _ => return None,
    })
}

struct Rules<'a> {
    node: &'a Node,
    place: &'a Span,
    broken: Vec<Diagnostic>,
}

impl Rules<'_> {
    fn get(&self, key: &str) -> Option<&Value> {
        let value = self.node.config.get(key)?;
        (!value.is_null()).then_some(value)
    }

    fn tell(&mut self, code: &'static str, message: String, hint: impl Into<String>) {
        self.broken.push(
            Diagnostic::error(code, message)
                .at(self.place.clone())
                .hint(hint),
        );
    }

    fn types(&mut self) {
        let node = self.node;
        for (key, value) in &node.config.0 {
            let expected = expected(key, node.resource_type).filter(|_| !value.is_null());
            if let Some((what, fits)) = expected
                && !fits(value)
            {
                let message = format!(
                    "config '{key}' of {} takes {what}, found {value}",
                    node.unique_id
                );
                let hint =
                    format!("look at the config() call, the property file and {PROJECT_FILE}");
                self.tell("config-type", message, hint);
            }
        }
        for (setting, key) in [
            ("contract", "enforced"),
            ("contract", "alias_types"),
            ("docs", "show"),
        ] {
            let part = self.get(setting).and_then(|whole| whole.get(key));
            if part.is_some_and(|part| !part.is_boolean()) {
                let message = format!(
                    "'{key}' of the {setting} of {} takes true or false",
                    self.node.unique_id
                );
                self.tell(
                    "config-type",
                    message,
                    format!("write `{setting}: {{{key}: true}}`"),
                );
            }
        }
    }

    /// A setting that takes one of a few words.
    fn word(&mut self, key: &str, found: &str, allowed: &[&str]) {
        if allowed.contains(&found) {
            return;
        }
        let message = format!("'{found}' is no value of '{key}' ({})", self.node.unique_id);
        self.tell(
            "config-value",
            message,
            format!("it takes {}", alternatives(allowed)),
        );
    }

    fn words(&mut self) {
        let text = |key: &str| self.node.config.text(key).map(str::to_owned);
        match self.node.resource_type {
            ResourceType::Test => {
                let severity = text("severity").unwrap_or_else(|| "error".into());
                let materialized = text("materialized").unwrap_or_else(|| "test".into());
                self.word("severity", &severity.to_lowercase(), &["warn", "error"]);
                self.word("materialized", &materialized, &["test"]);
            }
            ResourceType::Function => {
                let kind = text("type").unwrap_or_default();
                let volatility = text("volatility").unwrap_or_else(|| "stable".into());
                self.word("type", &kind, &["scalar", "aggregate", "table"]);
                self.word(
                    "volatility",
                    &volatility,
                    &["deterministic", "stable", "non-deterministic"],
                );
            }
            ResourceType::Model => {
                let word = |key: &str, default: &str| {
                    self.get(key).map_or_else(|| default.to_owned(), str_of)
                };
                let access = match self.get("access") {
                    Some(given) if !given.is_string() => str_of(given),
                    _ => self
                        .node
                        .access
                        .clone()
                        .unwrap_or_else(|| "protected".into()),
                };
                let change = word("on_configuration_change", "apply");
                let on_error = word("on_error", "skip_children");
                let updates = self.get("freshness").and_then(|it| it.get("build_after"));
                let updates = updates.and_then(|it| it.get("updates_on"));
                let updates = updates.map_or_else(|| "any".to_owned(), str_of);
                self.word("access", &access, &["private", "protected", "public"]);
                self.word("on_error", &on_error, &["skip_children", "continue"]);
                self.word("updates_on", &updates, &["any", "all"]);
                self.word(
                    "on_configuration_change",
                    &change,
                    &["apply", "continue", "fail"],
                );
            }
            _ => {}
        }
    }

    /// A hook is SQL, or a mapping with it.
    fn hooks(&mut self) {
        for key in ["pre-hook", "post-hook"] {
            let hooks = self.get(key).and_then(Value::as_array);
            let is_hook = |hook: &Value| {
                let part = |key: &str| hook.get(key).unwrap_or(&Value::Null);
                hook.is_string()
                    || (part("sql").is_string()
                        && part("transaction").is_boolean()
                        && (part("index").is_null() || part("index").is_i64()))
            };
            let Some(odd) = hooks.into_iter().flatten().find(|hook| !is_hook(hook)) else {
                continue;
            };
            let message = format!("'{key}' of {} takes SQL, found {odd}", self.node.unique_id);
            self.tell(
                "config-type",
                message,
                "write the SQL as text, a list of such texts, or `{sql: …, transaction: false}`",
            );
        }
    }

    fn model(&mut self) {
        let color = self.get("docs").and_then(|docs| docs.get("node_color"));
        if let Some(color) = color
            .and_then(Value::as_str)
            .filter(|color| !is_color(color))
        {
            let message = format!(
                "'{color}' is no colour ('docs.node_color' of {})",
                self.node.unique_id
            );
            self.tell(
                "config-value",
                message,
                "write a colour's name as in CSS, or '#' and three or six hexadecimal digits",
            );
        }
        let config = &self.node.config;
        let change = config.text("on_schema_change").unwrap_or("ignore");
        let is_kept = config.text("materialized") == Some("incremental");
        if self.node.contract.enforced
            && is_kept
            && !matches!(change, "append_new_columns" | "fail")
        {
            let message = format!(
                "the contract of {} is enforced, and 'on_schema_change' is '{change}'",
                self.node.unique_id
            );
            self.tell(
                "contract-schema-change",
                message,
                "an incremental model with a contract takes `append_new_columns` or `fail`",
            );
        }
        self.unsupported_constraints();
        self.primary_keys();
        if let Some(build) = self.get("freshness").and_then(|it| it.get("build_after")) {
            let count = build.get("count").filter(|count| !count.is_null());
            let period = build.get("period").filter(|period| !period.is_null());
            let fits = match (count, period) {
                (Some(count), Some(period)) => {
                    (count.is_i64() || count.is_u64())
                        && ["minute", "hour", "day"].contains(&str_of(period).as_str())
                }
                (count, period) => count.is_none() && period.is_none(),
            };
            if !fits {
                let message = format!(
                    "'freshness.build_after' of {} takes a whole number as 'count' and a 'period'",
                    self.node.unique_id
                );
                self.tell(
                    "config-value",
                    message,
                    "for example `build_after: {count: 4, period: hour}`; periods are minute, hour, day",
                );
            }
        }
    }

    /// Constraints of a contract hold for tables alone.
    fn unsupported_constraints(&mut self) {
        let materialized = self.node.config.text("materialized").unwrap_or("view");
        let of_columns = self
            .node
            .columns
            .values()
            .flat_map(|column| &column.constraints);
        let is_told = of_columns
            .chain(&self.node.constraints)
            .any(|one| one.get("warn_unsupported") != Some(&Value::Bool(false)));
        if self.node.contract.enforced
            && is_told
            && !matches!(materialized, "table" | "incremental")
        {
            let message = format!(
                "{} is materialized as '{materialized}', which has no constraints: its own are passed over",
                self.node.unique_id
            );
            self.broken.push(
                Diagnostic::warning("constraint-materialization", message)
                    .at(self.place.clone())
                    .hint(
                        "make it a table, or write `warn_unsupported: false` beside the constraint",
                    ),
            );
        }
    }

    /// A primary key stands at one column or at the model, not at both.
    fn primary_keys(&mut self) {
        let is_key = |constraint: &Value| {
            constraint.get("type").and_then(Value::as_str) == Some("primary_key")
        };
        let columns: Vec<&str> = self
            .node
            .columns
            .values()
            .flat_map(|column| {
                let keys = column.constraints.iter().filter(|one| is_key(one));
                keys.map(|_| column.name.as_str())
            })
            .collect();
        let of_model = self.node.constraints.iter().any(is_key);
        if columns.len() > 1 {
            let message = format!(
                "{} has a primary key at each of the columns {}",
                self.node.unique_id,
                columns.join(", ")
            );
            let hint = "a key of several columns is a constraint of the model: `constraints: [{type: primary_key, \
                        columns: […]}]`";
            self.tell("primary-key-twice", message, hint);
        } else if of_model && !columns.is_empty() {
            let message = format!(
                "{} has a primary key both as the model's and as a column's constraint",
                self.node.unique_id
            );
            self.tell("primary-key-twice", message, "keep one of them");
        }
    }

    fn snapshot(&mut self) {
        let config = &self.node.config;
        let id = &self.node.unique_id;
        let strategy = config.text("strategy");
        let broken = if strategy.is_none() || self.get("unique_key").is_none() {
            Some((
                format!("{id} needs a 'strategy' and a 'unique_key'"),
                "for example `config: {strategy: timestamp, unique_key: id, updated_at: updated_at}`",
            ))
        } else if strategy == Some("timestamp") && self.get("updated_at").is_none() {
            Some((
                format!("{id} has the strategy 'timestamp' and no 'updated_at'"),
                "name the column that says when a row changed",
            ))
        } else if strategy == Some("check") {
            match self.get("check_cols") {
                None => Some((
                    format!("{id} has the strategy 'check' and no 'check_cols'"),
                    "list the columns that are compared, or write `check_cols: all`",
                )),
                Some(Value::String(all)) if all == "all" => None,
                Some(Value::Array(_)) => None,
                Some(other) => Some((
                    format!("'check_cols' of {id} takes 'all' or a list of columns, found {other}"),
                    "write `check_cols: all` or `check_cols: [a, b]`",
                )),
            }
        } else {
            None
        };
        if let Some((message, hint)) = broken {
            self.tell("snapshot-config", message, hint);
        }
        let materialized = self.node.config.text("materialized");
        if let Some(other) = materialized.filter(|word| *word != "snapshot") {
            let message = format!("{} is materialized as '{other}'", self.node.unique_id);
            self.tell(
                "snapshot-config",
                message,
                "a snapshot has no other materialization than `snapshot`: leave it out",
            );
        }
    }
}

/// Whether it is a colour to dbt's page: a name of CSS's, or a hexadecimal code.
fn is_color(color: &str) -> bool {
    let color = color.to_lowercase();
    match color.strip_prefix('#') {
        Some(digits) => {
            matches!(digits.len(), 3 | 6) && digits.chars().all(|c| c.is_ascii_hexdigit())
        }
        None => COLORS.split_whitespace().any(|name| name == color),
    }
}

const COLORS: &str = "
aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown burlywood cadetblue
chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod darkgray darkgreen
darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen darkslateblue darkslategray
darkturquoise darkviolet deeppink deepskyblue dimgray dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro
ghostwhite gold goldenrod gray green greenyellow honeydew hotpink indianred indigo ivory khaki lavender lavenderblush
lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen lightpink lightsalmon
lightseagreen lightskyblue lightslategray lightsteelblue lightyellow lime limegreen linen magenta maroon
mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise
mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered
orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple
rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue slateblue
slategray snow springgreen steelblue tan teal thistle tomato turquoise violet wheat white whitesmoke yellow yellowgreen";
