//! What names mean in a render, by families of functions. Macros come before all of them, as under dbt.

mod base;
mod config;
mod exceptions;
mod nodes;
mod runtime_config;
mod statements;
mod validation;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

pub(crate) use base::{print, warn, warn_of};
pub use nodes::relation_of;
pub(crate) use nodes::relation_of_source;
pub(crate) use statements::{ResponseObject, matrix};

use super::macro_object::{Depth, MacroObject, PackageObject};
use super::unit::Unit;
use super::unit_test::{ConstantMacro, UnitTestScope};
use super::values::{Args, Dict, NodeObject, from_json};
use super::{Library, Phase, ProjectScope};
use serde_json::Value as Json;

use crate::artifacts::manifest::Node;

/// One render, with all that it can ask.
pub(crate) struct RenderContext {
    pub(crate) library: Library,
    pub(crate) scope: Arc<ProjectScope>,
    pub(crate) phase: Phase,
    /// The package that the template stands in.
    pub(crate) package: String,
    pub(crate) depth: Depth,
    /// What `context.update()` set.
    pub(crate) set: OnceLock<Mutex<IndexMap<String, Value>>>,
}

impl fmt::Debug for RenderContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderContext")
            .field("package", &self.package)
            .finish_non_exhaustive()
    }
}

type Run = fn(&Arc<RenderContext>, &mut State<'_, '_>, &Args<'_>) -> Result<Value, Error>;

/// A function of the context.
pub(crate) struct Function {
    context: Arc<RenderContext>,
    name: &'static str,
    run: Run,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}

impl Object for Function {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match (self.name, key.as_str()?) {
            ("ref" | "source", "config") => Some(runtime_config::value(&self.context)),
            _ => None,
        }
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        (self.run)(&self.context, state, &Args::new(self.name, args))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match (self.name, method) {
            ("var", "has_var") => base::has_var(&self.context, &Args::new(method, args)),
            _ => Err(super::macro_object::not_callable(&format!(
                "{}.{method}",
                self.name
            ))),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}

impl RenderContext {
    /// What a name means; `unit` is the template that asks.
    pub(crate) fn lookup(self: &Arc<Self>, name: &str, unit: Option<&Arc<Unit>>) -> Option<Value> {
        // A text at the top keeps the names that it started with.
        if unit.is_some()
            && let Some(value) = self.was_set(name)
        {
            return Some(value);
        }
        let place = self.library.place(&self.package, name);
        if let Some(answer) = self.unit_test().and_then(|test| test.global(name)) {
            if place.is_some() {
                return Some(ConstantMacro::value(answer));
            }
            if self.builtin(name).is_some() {
                return Some(from_json(answer));
            }
        }
        if let Some(answer) = self.of_batch(name) {
            return Some(ConstantMacro::value(&Json::Bool(answer)));
        }
        if let Some(place) = place {
            return Some(self.macro_value(place));
        }
        if let Phase::Execute(runtime) = &self.phase
            && let Some(value) = runtime.extra.get(name)
        {
            return Some(value.clone());
        }
        if let Some(value) = self.builtin(name) {
            return Some(value);
        }
        if let Some(own) = unit.and_then(|unit| unit.name.strip_prefix("macro.")?.split('.').next())
            && let Some(place) = self.library.place_in(own, name)
        {
            return Some(self.macro_value(place));
        }
        (name == "dbt" || self.library.has_package(name)).then(|| {
            Value::from_object(PackageObject {
                context: Arc::clone(self),
                package: name.to_owned(),
            })
        })
    }

    fn was_set(&self, name: &str) -> Option<Value> {
        let set = self.set.get()?.lock();
        set.unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// The stand-ins of the unit test that is compiled.
    pub(crate) fn unit_test(&self) -> Option<&UnitTestScope> {
        match &self.phase {
            Phase::Execute(runtime) => runtime.unit_test.as_deref(),
            Phase::Parse(_) => None,
        }
    }

    /// Macros that answer for a batch whatever they are defined as, while it is materialized: it goes into the table
    /// that the batches before it made.
    fn of_batch(&self, name: &str) -> Option<bool> {
        let Phase::Execute(runtime) = &self.phase else {
            return None;
        };
        if !runtime.node.compiled || !runtime.batch?.incremental {
            return None;
        }
        match name {
            "is_incremental" => Some(true),
            "should_full_refresh" => Some(false),
            _ => None,
        }
    }

    fn macro_value(self: &Arc<Self>, place: usize) -> Value {
        Value::from_object(MacroObject {
            context: Arc::clone(self),
            place,
        })
    }

    /// What a name means to dbt itself.
    pub(crate) fn builtin(self: &Arc<Self>, name: &str) -> Option<Value> {
        base::value(self, name)
            .or_else(|| nodes::value(self, name))
            .or_else(|| statements::value(self, name))
            .or_else(|| match name {
                "config" => Some(config::value(self)),
                "exceptions" => Some(exceptions::value(self)),
                "context" => Some(Value::from_object(ContextObject(Arc::clone(self)))),
                "validation" => Some(Value::from_object(validation::Validation)),
                "builtins" => Some(Value::from_object(Builtins(Arc::clone(self)))),
                _ => None,
            })
    }

    fn function(self: &Arc<Self>, name: &'static str, run: Run) -> Value {
        Value::from_object(Function {
            context: Arc::clone(self),
            name,
            run,
        })
    }

    /// Whether unknown names are taken lightly: while a node is parsed.
    pub(crate) fn forgives(&self) -> bool {
        matches!(&self.phase, Phase::Parse(captured) if captured.node.is_some())
    }

    /// Whether relations are real.
    pub(crate) fn executes(&self) -> bool {
        matches!(self.phase, Phase::Execute(_))
    }

    /// The node that is parsed or run.
    pub(crate) fn node(&self) -> Option<&Arc<Node>> {
        match &self.phase {
            Phase::Parse(captured) => captured.node.as_ref(),
            Phase::Execute(runtime) => Some(&runtime.node),
        }
    }

    /// Whether a node's own text is read, not what it is called.
    pub(crate) fn reads_node(&self) -> bool {
        matches!(&self.phase, Phase::Parse(captured) if captured.node.is_some() && !captured.naming)
    }

    /// Every name that means something here: dbt's own, then macros and packages.
    fn names(self: &Arc<Self>) -> Vec<Value> {
        let own = NAMES
            .iter()
            .copied()
            .filter(|name| self.builtin(name).is_some());
        let macros = self.library.macros().map(|found| found.name.as_str());
        let packages = self
            .library
            .macros()
            .map(|found| found.package_name.as_str());
        let mut names: Vec<&str> = own
            .chain(macros.filter(|name| self.library.place(&self.package, name).is_some()))
            .chain(packages)
            .collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(Value::from).collect()
    }

    /// Notes that a macro was called.
    pub(crate) fn note_macro(&self, id: &str) {
        if let Phase::Parse(captured) = &self.phase {
            let mut state = captured.lock();
            if !state.macros.contains(id) {
                state.macros.insert(id.to_owned());
            }
        }
    }

    /// The macro that a name means here.
    pub(crate) fn find_macro(self: &Arc<Self>, name: &str) -> Option<MacroObject> {
        let place = match name.split_once('.') {
            Some((package, name)) => self.library.place_in(package, name),
            None => self.library.place(&self.package, name),
        };
        place.map(|place| MacroObject {
            context: Arc::clone(self),
            place,
        })
    }

    fn model(&self) -> Value {
        let model = match &self.phase {
            Phase::Parse(captured) => captured.node.as_ref().map(NodeObject::parsed),
            Phase::Execute(runtime) => Some(NodeObject::own(&runtime.node, runtime.batch)),
        };
        model.map_or(Value::UNDEFINED, Value::from_object)
    }
}

/// The names of dbt's own that are there at one time or another, in order.
pub(crate) const NAMES: [&str; 61] = [
    "adapter",
    "adapter_macro",
    "api",
    "builtins",
    "column",
    "compiled_code",
    "config",
    "context",
    "database",
    "database_schemas",
    "dbt_metadata_envs",
    "dbt_version",
    "diff_of_two_dicts",
    "env",
    "env_var",
    "exceptions",
    "execute",
    "flags",
    "fromjson",
    "fromyaml",
    "function",
    "graph",
    "invocation_args_dict",
    "invocation_id",
    "load_agate_table",
    "load_result",
    "local_md5",
    "log",
    "metric",
    "model",
    "modules",
    "post_hooks",
    "pre_hooks",
    "print",
    "project_name",
    "ref",
    "render",
    "results",
    "return",
    "run_started_at",
    "schema",
    "schemas",
    "selected_resources",
    "set",
    "set_strict",
    "source",
    "sql",
    "sql_now",
    "store_raw_result",
    "store_result",
    "target",
    "this",
    "thread_id",
    "tojson",
    "toyaml",
    "try_or_compiler_error",
    "validation",
    "var",
    "write",
    "zip",
    "zip_strict",
];

/// `context`: every name, by subscript.
#[derive(Debug)]
struct ContextObject(Arc<RenderContext>);

impl ContextObject {
    fn name(&self, name: &str) -> Option<Value> {
        self.0.was_set(name).or_else(|| self.0.lookup(name, None))
    }
}

impl Object for ContextObject {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.name(key.as_str()?)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if method == "get" {
            let args = Args::new(method, args);
            let found = self.name(&args.text(0, "key")?);
            return Ok(found
                .or_else(|| args.get(1, "default"))
                .unwrap_or_else(|| Value::from(())));
        }
        if matches!(method, "keys" | "items" | "values") {
            let pairs = self.0.names().into_iter().map(|name| {
                let value = name.as_str().and_then(|name| self.name(name));
                (name, value.unwrap_or_default())
            });
            let names = Value::from_object(pairs.collect::<Dict>());
            return names.call_method(state, method, args);
        }
        if method == "update" {
            // `context` is the dict that names are looked up in; packages keep things of theirs there.
            let args = Args::new(method, args);
            let mut pairs = match args.get(0, "values") {
                Some(values) => Dict::pairs_of(&values)?,
                None => Vec::new(),
            };
            pairs.extend(
                args.pairs()
                    .into_iter()
                    .map(|(name, value)| (Value::from(name), value)),
            );
            let set = self.0.set.get_or_init(Mutex::default).lock();
            let mut set = set.unwrap_or_else(PoisonError::into_inner);
            set.extend(
                pairs
                    .into_iter()
                    .map(|(name, value)| (name.to_string(), value)),
            );
            return Ok(Value::from(()));
        }
        match self.name(method) {
            Some(function) => function.call(state, args),
            None => Err(super::macro_object::not_callable(&format!(
                "context.{method}"
            ))),
        }
    }
}

/// `builtins`: dbt's own functions, for projects that put a macro in front of one.
#[derive(Debug)]
struct Builtins(Arc<RenderContext>);

impl Object for Builtins {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.builtin(key.as_str()?)
    }
}
