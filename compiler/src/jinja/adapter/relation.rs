//! Relation objects: the name of a table or view, and how it is quoted.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use crate::jinja::Quoting;
use crate::jinja::values::{Args, Dict, fail, list_of, no_method};

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationType {
    /// A table.
    Table,
    /// A view.
    View,
    /// A common table expression: an ephemeral model.
    Cte,
    /// A materialized view.
    MaterializedView,
    /// A table that lives elsewhere.
    External,
    /// A function.
    Function,
}

impl RelationType {
    /// dbt's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
            Self::Cte => "cte",
            Self::MaterializedView => "materialized_view",
            Self::External => "external",
            Self::Function => "function",
        }
    }

    /// By dbt's word.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "table" => Self::Table,
            "view" => Self::View,
            "cte" => Self::Cte,
            "materialized_view" => Self::MaterializedView,
            "external" => Self::External,
            "function" => Self::Function,
            _ => return None,
        })
    }
}

/// The name of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Database (DuckDB: catalog).
    pub database: Option<String>,
    /// Schema.
    pub schema: Option<String>,
    /// Identifier.
    pub identifier: Option<String>,
    /// What it is, where known.
    pub kind: Option<RelationType>,
    /// What is quoted when rendered.
    pub quoting: Quoting,
    /// What SQL calls it instead of its name: a file, or a call of a function that reads one.
    pub place: Option<String>,
}

impl Relation {
    /// A relation by its three names.
    pub fn new(
        database: Option<&str>,
        schema: Option<&str>,
        identifier: Option<&str>,
        quoting: Quoting,
    ) -> Self {
        let own = |name: Option<&str>| name.filter(|name| !name.is_empty()).map(str::to_owned);
        Self {
            database: own(database),
            schema: own(schema),
            identifier: own(identifier),
            kind: None,
            quoting,
            place: None,
        }
    }

    /// The relation inside a Jinja value, if it is one.
    pub fn from_value(value: &Value) -> Option<Self> {
        value
            .downcast_object_ref::<RelationObject>()
            .map(|object| object.relation.clone())
    }

    /// The relation as a Jinja value.
    pub fn into_value(self) -> Value {
        RelationObject::of(self)
    }

    /// The quoted, dotted name, as dbt renders it.
    pub fn render(&self) -> String {
        RelationObject::plain(self.clone()).text()
    }

    /// Whether the two name the same relation; case counts as little as it does for DuckDB and PostgreSQL.
    pub fn matches(&self, other: &Self) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            (None, None) => true,
            _ => false,
        };
        same(&self.database, &other.database)
            && same(&self.schema, &other.schema)
            && same(&self.identifier, &other.identifier)
    }
}

/// A relation as macros see it.
#[derive(Debug, Clone)]
pub(crate) struct RelationObject {
    pub(crate) relation: Relation,
    /// Which parts are rendered: database, schema, identifier.
    include: [bool; 3],
    /// `--empty`: written as a query of this many rows.
    limit: Option<usize>,
    /// A batch or `--sample`: written as a query of the rows that this condition holds for.
    condition: Option<String>,
    /// Whether such a query needs a name of its own, as PostgreSQL asked for before version 16.
    named: bool,
}

impl RelationObject {
    pub(crate) fn plain(relation: Relation) -> Self {
        Self {
            relation,
            include: [true; 3],
            limit: None,
            condition: None,
            named: false,
        }
    }

    pub(crate) fn of(relation: Relation) -> Value {
        Value::from_object(Self::plain(relation))
    }

    /// A relation of which only so many rows are read, and only those that the condition holds for, as an adapter of
    /// this type writes it.
    pub(crate) fn part(
        relation: Relation,
        limit: Option<usize>,
        condition: Option<String>,
        adapter_type: &str,
    ) -> Value {
        Value::from_object(Self {
            limit,
            condition,
            named: adapter_type != "duckdb",
            ..Self::plain(relation)
        })
    }

    /// `api.Relation.create(database, schema, identifier, type, …)`.
    fn create(args: &Args<'_>, quoting: Quoting, named: bool) -> Result<Value, Error> {
        let mut object = Self::plain(Relation::new(
            args.maybe_text(0, "database").as_deref(),
            args.maybe_text(1, "schema").as_deref(),
            args.maybe_text(2, "identifier").as_deref(),
            quoting,
        ));
        object.named = named;
        if let Some(kind) = args.positional.get(3) {
            object.relation.kind = type_of(kind)?;
        }
        object.absorb(args)?;
        Ok(Value::from_object(object))
    }

    /// A relation's parts by the names that `create` and `incorporate` take.
    fn absorb(&mut self, args: &Args<'_>) -> Result<(), Error> {
        if let Some(path) = args.named("path").filter(|path| !path.is_none()) {
            for (part, name) in [("database", 0), ("schema", 1), ("identifier", 2)] {
                let value = path.get_attr(part).unwrap_or_default();
                if !value.is_undefined() {
                    *self.part_mut(name) = (!value.is_none()).then(|| value.to_string());
                }
            }
        }
        if let Some(place) = args.named("external").filter(|place| !place.is_none()) {
            self.relation.place = Some(place.to_string());
        }
        if let Some(kind) = args.named("type") {
            self.relation.kind = type_of(&kind)?;
        }
        if let Some(policy) = args.named("quote_policy") {
            self.quote(&policy);
        }
        if let Some(policy) = args.named("include_policy") {
            self.include_of(&policy);
        }
        if let Some(limit) = args.named("limit") {
            self.limit = limit.as_usize();
        }
        Ok(())
    }

    fn part_mut(&mut self, index: usize) -> &mut Option<String> {
        match index {
            0 => &mut self.relation.database,
            1 => &mut self.relation.schema,
            _ => &mut self.relation.identifier,
        }
    }

    fn quote(&mut self, policy: &Value) {
        let read = |name: &str, current: bool| match policy.get_attr(name) {
            Ok(value) if !value.is_undefined() && !value.is_none() => value.is_true(),
            _ => current,
        };
        let quoting = self.relation.quoting;
        self.relation.quoting = Quoting {
            database: read("database", quoting.database),
            schema: read("schema", quoting.schema),
            identifier: read("identifier", quoting.identifier),
        };
    }

    fn include_of(&mut self, policy: &Value) {
        for (index, name) in ["database", "schema", "identifier"].into_iter().enumerate() {
            if let Ok(value) = policy.get_attr(name)
                && !value.is_undefined()
                && !value.is_none()
            {
                self.include[index] = value.is_true();
            }
        }
    }

    fn text(&self) -> String {
        let Relation {
            database,
            schema,
            identifier,
            quoting,
            place,
            ..
        } = &self.relation;
        if let Some(place) = place {
            return place.clone();
        }
        let is_cte = self.relation.kind == Some(RelationType::Cte);
        let parts = [
            (database, quoting.database, self.include[0] && !is_cte),
            (schema, quoting.schema, self.include[1] && !is_cte),
            (identifier, quoting.identifier && !is_cte, self.include[2]),
        ];
        let mut text = String::new();
        for (part, quoted, included) in parts {
            let Some(part) = part.as_deref().filter(|_| included) else {
                continue;
            };
            if !text.is_empty() {
                text.push('.');
            }
            if quoted {
                text.push_str(&quoted_name(part));
            } else {
                text.push_str(part);
            }
        }
        text
    }

    /// The name, or the query that stands for it where only part of the rows is read. dbt's `render()` is the name in
    /// either case.
    fn readable_text(&self) -> String {
        self.filtered_text(self.limited_text())
    }

    /// The name, or a query of so many rows.
    fn limited_text(&self) -> String {
        match self.limit {
            None => self.text(),
            Some(0) => self.query("where false limit 0", "limit", &self.text()),
            Some(limit) => self.query(&format!("limit {limit}"), "limit", &self.text()),
        }
    }

    /// What is given, or a query of the rows in it that the condition holds for.
    fn filtered_text(&self, from: String) -> String {
        match &self.condition {
            None => from,
            Some(condition) => self.query(&format!("where {condition}"), "et_filter", &from),
        }
    }

    /// The relation as a query in parentheses, with a name where the dialect wants one.
    fn query(&self, clause: &str, purpose: &str, from: &str) -> String {
        let identifier = self.relation.identifier.as_deref().unwrap_or("None");
        let name = if self.named {
            format!(" _dbt_{purpose}_subq_{identifier}")
        } else {
            String::new()
        };
        format!("(select * from {from} {clause}){name}")
    }

    /// All parts by name, as `BaseRelation.to_dict` has them.
    fn to_dict(&self, omit_none: bool) -> Value {
        let relation = Arc::new(self.clone());
        let part = |name: &str| relation.get_value(&Value::from(name)).unwrap_or_default();
        let path = ["database", "schema", "identifier"].map(|name| (Value::from(name), part(name)));
        let path = path
            .into_iter()
            .filter(|(_, value)| !(omit_none && value.is_none()));
        let path = Value::from_object(path.collect::<Dict>());
        let names = [
            "type",
            "quote_character",
            "include_policy",
            "quote_policy",
            "dbt_created",
            "limit",
            "event_time_filter",
            "require_alias",
            "catalog",
        ];
        let pairs = names.map(|name| (Value::from(name), part(name)));
        let pairs = pairs
            .into_iter()
            .filter(|(_, value)| !(omit_none && value.is_none()));
        let path = std::iter::once((Value::from("path"), path));
        Value::from_object(path.chain(pairs).collect::<Dict>())
    }

    fn changed(&self, change: impl FnOnce(&mut Self)) -> Value {
        let mut object = self.clone();
        change(&mut object);
        Value::from_object(object)
    }
}

/// A type by dbt's word; none where none is given.
fn type_of(value: &Value) -> Result<Option<RelationType>, Error> {
    if value.is_none() || value.is_undefined() {
        return Ok(None);
    }
    let word = value.to_string();
    match RelationType::parse(&word) {
        Some(kind) => Ok(Some(kind)),
        None => Err(fail(format!("'{word}' is no type of relation"))),
    }
}

/// A name in double quotes.
pub(crate) fn quoted_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Object for RelationObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let relation = &self.relation;
        let name = |name: &Option<String>| Value::from(name.as_deref());
        let is = |kind| Value::from(relation.kind == Some(kind));
        Some(match key.as_str()? {
            "database" => name(&relation.database),
            "schema" => name(&relation.schema),
            "identifier" | "name" | "table" => name(&relation.identifier),
            "type" => Value::from(relation.kind.map(RelationType::as_str)),
            "is_table" => is(RelationType::Table),
            "is_view" => is(RelationType::View),
            "is_cte" => is(RelationType::Cte),
            "is_materialized_view" => is(RelationType::MaterializedView),
            "is_function" => is(RelationType::Function),
            "require_alias" => Value::from(self.named),
            "limit" => Value::from(self.limit),
            "event_time_filter" => Value::from(self.condition.as_deref()),
            "catalog" => Value::from(()),
            "can_be_renamed" => Value::from(matches!(
                relation.kind,
                Some(RelationType::Table | RelationType::View)
            )),
            "can_be_replaced" | "is_dynamic_table" | "is_iceberg_format" | "is_pointer"
            | "dbt_created" => Value::from(false),
            "path" => parts_value([
                name(&relation.database),
                name(&relation.schema),
                name(&relation.identifier),
            ]),
            "quote_policy" => parts_value(
                [
                    relation.quoting.database,
                    relation.quoting.schema,
                    relation.quoting.identifier,
                ]
                .map(Value::from),
            ),
            "include_policy" => parts_value(self.include.map(Value::from)),
            "quote_character" => Value::from("\""),
            // By this, packages tell a relation from other mappings.
            "metadata" => Value::from_object(
                [(Value::from("type"), Value::from("BaseRelation"))]
                    .into_iter()
                    .collect::<Dict>(),
            ),
            name => return type_word(name),
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["database", "schema", "identifier", "type"])
    }

    fn custom_cmp(
        self: &Arc<Self>,
        other: &minijinja::value::DynObject,
    ) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Self>()?;
        let key = |object: &Self| {
            let relation = &object.relation;
            let quoting = relation.quoting;
            (
                relation.database.clone(),
                relation.schema.clone(),
                relation.identifier.clone(),
                relation.kind.map(RelationType::as_str),
                [quoting.database, quoting.schema, quoting.identifier],
                object.include,
                object.limit,
            )
        };
        Some(key(self).cmp(&key(other)))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        let policy = || {
            let mut pairs = args.pairs();
            let names = ["database", "schema", "identifier"];
            let positional = names.into_iter().zip(args.positional);
            pairs.extend(positional.map(|(name, value)| (name.to_owned(), value.clone())));
            let known = |name: &str| matches!(name, "database" | "schema" | "identifier");
            if let Some((name, _)) = pairs.iter().find(|(name, _)| !known(name)) {
                return Err(fail(format!(
                    "{method}() takes database, schema and identifier, not '{name}'"
                )));
            }
            let pairs = pairs
                .into_iter()
                .map(|(key, value)| (Value::from(key), value));
            Ok(Value::from_object(pairs.collect::<Dict>()))
        };
        Ok(match method {
            "incorporate" | "replace" => {
                let mut object = Self::clone(self);
                for (index, name) in ["database", "schema", "identifier"].into_iter().enumerate() {
                    if let Some(value) = args.named(name) {
                        *object.part_mut(index) = (!value.is_none()).then(|| value.to_string());
                    }
                }
                object.absorb(&args)?;
                Value::from_object(object)
            }
            "include" => {
                let policy = policy()?;
                self.changed(|object| object.include_of(&policy))
            }
            "quote" => {
                let policy = policy()?;
                self.changed(|object| object.quote(&policy))
            }
            "replace_path" => {
                let mut object = Self::clone(self);
                for (index, name) in ["database", "schema", "identifier"].into_iter().enumerate() {
                    if let Some(value) = args.named(name) {
                        *object.part_mut(index) = (!value.is_none()).then(|| value.to_string());
                    }
                }
                Value::from_object(object)
            }
            "render" => Value::from(self.text()),
            "render_limited" => Value::from(self.limited_text()),
            "render_event_time_filtered" => {
                let given = args.maybe_text(0, "rendered");
                Value::from(self.filtered_text(given.unwrap_or_else(|| self.text())))
            }
            "create" => Self::create(&args, self.relation.quoting, self.named)?,
            // PostgreSQL's `NAMEDATALEN`, less the byte that ends a name.
            "relation_max_name_length" => Value::from(63),
            "__str__" => Value::from(self.readable_text()),
            "without_identifier" => self.changed(|object| object.relation.identifier = None),
            "information_schema" | "information_schema_only" => {
                let view = args.maybe_text(0, "view_name");
                self.changed(|object| {
                    object.relation.schema = Some("INFORMATION_SCHEMA".into());
                    object.relation.quoting.schema = false;
                    object.relation.quoting.identifier = false;
                    object.relation.identifier = view;
                })
            }
            "matches" if args.positional.is_empty() && args.pairs().is_empty() => {
                return Err(fail("matches() wants at least one part of the name"));
            }
            "matches" => {
                let wanted = Relation {
                    database: args
                        .maybe_text(0, "database")
                        .or_else(|| self.relation.database.clone()),
                    schema: args
                        .maybe_text(1, "schema")
                        .or_else(|| self.relation.schema.clone()),
                    identifier: args
                        .maybe_text(2, "identifier")
                        .or_else(|| self.relation.identifier.clone()),
                    ..self.relation.clone()
                };
                Value::from(self.relation.matches(&wanted))
            }
            "get_function_config" => function_config(&args.need(0, "model")?)?,
            "get_function_macro_name" => {
                let config = args.need(0, "config")?;
                let (kind, language) = (config.get_attr("type")?, config.get_attr("language")?);
                Value::from(format!("{kind}_function_{language}"))
            }
            "quoted" => Value::from(quoted_name(&args.text(0, "identifier")?)),
            "to_dict" => self.to_dict(args.flag(0, "omit_none", false)),
            "get" => {
                let found = self.get_value(&args.need(0, "key")?);
                found
                    .or_else(|| args.get(1, "default"))
                    .unwrap_or_else(|| Value::from(()))
            }
            _ => {
                return of_class(method, &args)?.ok_or_else(|| no_method("a relation", method));
            }
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.readable_text())
    }
}

/// dbt's word for a type of relation, by the name that the class has for it.
fn type_word(name: &str) -> Option<Value> {
    Some(Value::from(match name {
        "View" => "view",
        "Table" => "table",
        "CTE" => "cte",
        "MaterializedView" => "materialized_view",
        "External" => "external",
        "PointerTable" => "pointer_table",
        "Function" => "function",
        _ => return None,
    }))
}

/// What a relation and its class answer alike.
fn of_class(method: &str, args: &Args<'_>) -> Result<Option<Value>, Error> {
    Ok(Some(match method {
        "add_ephemeral_prefix" => {
            let name = args.need(0, "name")?;
            Value::from(format!("__dbt__cte__{name}"))
        }
        "get_default_quote_policy" | "get_default_include_policy" => {
            parts_value([true; 3].map(Value::from))
        }
        "scd_args" => {
            let key = args.need(0, "primary_key")?;
            let keys: Vec<Value> = match key.as_str() {
                Some(_) => vec![key],
                None => key.try_iter()?.collect(),
            };
            list_of(keys.into_iter().chain([args.need(1, "updated_at")?]))
        }
        _ => return Ok(None),
    }))
}

/// What of a function's node says by which macro it is built; none for other nodes.
fn function_config(model: &Value) -> Result<Value, Error> {
    let is_function = model.get_attr("resource_type")?.as_str() == Some("function");
    if !is_function {
        return Ok(Value::from(()));
    }
    let config = model.get_attr("config")?;
    let mut pairs = vec![(Value::from("language"), model.get_attr("language")?)];
    for key in ["type", "runtime_version", "entry_point"] {
        pairs.push((Value::from(key), config.get_attr(key)?));
    }
    Ok(Value::from_object(pairs.into_iter().collect::<Dict>()))
}

fn parts_value(parts: [Value; 3]) -> Value {
    let names = ["database", "schema", "identifier"].map(Value::from);
    Value::from_object(names.into_iter().zip(parts).collect::<Dict>())
}

/// `api.Relation` and `adapter.Relation`: makes relations.
#[derive(Debug)]
pub(crate) struct RelationFactory {
    pub(crate) quoting: Quoting,
    /// Whether a query in the place of a relation needs a name of its own.
    pub(crate) named: bool,
}

impl Object for RelationFactory {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        type_word(key.as_str()?)
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        match method {
            "create" => RelationObject::create(&args, self.quoting, self.named),
            "create_from" | "create_from_node" | "create_from_source" => {
                let node = args.positional.last().cloned().unwrap_or_default();
                let part = |name: &str| {
                    node.get_attr(name)
                        .ok()
                        .and_then(|value| value.as_str().map(str::to_owned))
                };
                let identifier = part("alias").or_else(|| part("identifier"));
                let (database, schema) = (part("database"), part("schema"));
                let relation = Relation::new(
                    database.as_deref(),
                    schema.as_deref(),
                    identifier.as_deref(),
                    self.quoting,
                );
                Ok(RelationObject::of(relation))
            }
            _ => of_class(method, &args)?.ok_or_else(|| no_method("Relation", method)),
        }
    }
}
