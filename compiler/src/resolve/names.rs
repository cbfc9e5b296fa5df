//! Where a node is built: database, schema, alias, and the relation's quoted name.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::{Map, Value};

use crate::artifacts::manifest::{Node, ResourceType};
use crate::artifacts::write;
use crate::diag::Diagnostic;
use crate::jinja::{self, Captured, Library, Phase, ProjectScope, Quoting, call_macro};
use crate::parse::behavior::VALID_SCHEMA;
use crate::parse::profile::Profile;

/// The settings that names are generated from.
pub(super) const SETTINGS: [&str; 5] = [
    "database",
    "schema",
    "alias",
    "target_database",
    "target_schema",
];

/// The part of a relation's name that a macro makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Component {
    Database,
    Schema,
    Alias,
}

impl Component {
    fn macro_name(self) -> &'static str {
        match self {
            Self::Database => "generate_database_name",
            Self::Schema => "generate_schema_name",
            Self::Alias => "generate_alias_name",
        }
    }
}

/// Who answers for a component in a package.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// The built-in macros, whose answer is known without running them.
    Builtin,
    /// A macro of the project's.
    Macro {
        /// Whether it looks at the node; where it does not, one call serves all nodes.
        reads_node: bool,
    },
}

/// A component in a package for a custom name.
type Question = (Component, String, Option<String>);

/// Generates names.
pub(super) struct Namer {
    library: Library,
    scope: Arc<ProjectScope>,
    profile: Profile,
    /// Whether a schema that is left open is an error.
    needs_schema: bool,
    sources: RwLock<HashMap<(Component, String), Source>>,
    answers: RwLock<HashMap<Question, Option<String>>>,
}

impl Namer {
    pub(super) fn new(library: Library, scope: Arc<ProjectScope>, profile: Profile) -> Self {
        let flag = scope.flags.get(&VALID_SCHEMA.to_uppercase());
        Self {
            needs_schema: flag == Some(&Value::Bool(true)),
            library,
            scope,
            profile,
            sources: RwLock::default(),
            answers: RwLock::default(),
        }
    }

    /// Whether a schema that is left open is an error.
    pub(super) fn needs_schema(&self) -> bool {
        self.needs_schema
    }

    /// Fills in the names of a node from the settings of the last pass.
    pub(super) fn name(
        &self,
        node: &mut Node,
        config: &Map<String, Value>,
    ) -> Result<(), Diagnostic> {
        // A number is as good as text.
        let text = |key: &str| match config.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let custom = text("database");
        node.database = self.component(Component::Database, node, custom.as_deref())?;
        let custom = text("schema");
        let schema = self.component(Component::Schema, node, custom.as_deref())?;
        if schema.is_none() && self.needs_schema {
            return Err(Diagnostic::error(
                "no-schema",
                format!("generate_schema_name gives no schema for {}", node.unique_id),
            )
            .hint(format!(
                "let the macro return one, or set `{VALID_SCHEMA}: false` below `flags:` in dbt_project.yml"
            )));
        }
        node.schema = schema.unwrap_or_default();
        let custom = text("alias");
        node.alias = self
            .component(Component::Alias, node, custom.as_deref())?
            .unwrap_or_default();
        if node.resource_type == ResourceType::Snapshot {
            if let Some(database) = text("target_database").filter(|text| !text.is_empty()) {
                node.database = Some(database);
            }
            if let Some(schema) = text("target_schema").filter(|text| !text.is_empty()) {
                node.schema = schema;
            }
        }
        node.relation_name = self.relation_name(node);
        Ok(())
    }

    fn component(
        &self,
        component: Component,
        node: &Node,
        custom: Option<&str>,
    ) -> Result<Option<String>, Diagnostic> {
        match self.source(component, &node.package_name) {
            Source::Builtin => Ok(Some(self.builtin(component, node, custom))),
            Source::Macro { reads_node: true } => self.call(component, node, custom),
            Source::Macro { reads_node: false } => {
                let key = (
                    component,
                    node.package_name.clone(),
                    custom.map(str::to_owned),
                );
                if let Some(known) = read(&self.answers).get(&key) {
                    return Ok(known.clone());
                }
                let answer = self.call(component, node, custom)?;
                write_into(&self.answers).insert(key, answer.clone());
                Ok(answer)
            }
        }
    }

    fn source(&self, component: Component, package: &str) -> Source {
        let key = (component, package.to_owned());
        if let Some(known) = read(&self.sources).get(&key) {
            return known.clone();
        }
        let source = self.find_source(component, package);
        write_into(&self.sources).insert(key, source.clone());
        source
    }

    fn find_source(&self, component: Component, package: &str) -> Source {
        let options = self.library.options();
        let internal = |package: &str| options.internal_packages.iter().any(|name| name == package);
        let name = component.macro_name();
        let Some(found) = self.library.find(package, name) else {
            return Source::Builtin;
        };
        if !internal(&found.package_name) {
            // The default may look at the node on this macro's behalf.
            let reads_node = found.body.contains("node")
                || found.body.contains("model")
                || found.body.contains("this");
            return Source::Macro { reads_node };
        }
        let dispatched = options
            .adapter_types
            .iter()
            .map(String::as_str)
            .chain(["default"])
            .any(|prefix| {
                let name = format!("{prefix}__{name}");
                self.library
                    .macros()
                    .any(|source| source.name == name && !internal(&source.package_name))
            });
        if dispatched {
            Source::Macro { reads_node: true }
        } else {
            Source::Builtin
        }
    }

    /// What the built-in macros answer.
    fn builtin(&self, component: Component, node: &Node, custom: Option<&str>) -> String {
        let custom = custom
            .map(str::trim)
            .filter(|custom| !custom.is_empty() || component == Component::Schema);
        match (component, custom) {
            (Component::Database | Component::Alias, Some(custom)) => custom.to_owned(),
            (Component::Database, None) => self.profile.database.clone(),
            (Component::Schema, Some(custom)) => format!("{}_{custom}", self.profile.schema),
            (Component::Schema, None) => self.profile.schema.clone(),
            (Component::Alias, None) => {
                match node.version.as_ref().map(crate::parse::python::str_of) {
                    Some(version) => format!("{}_v{}", node.name, version.replace('.', "_")),
                    None => node.name.clone(),
                }
            }
        }
    }

    fn call(
        &self,
        component: Component,
        node: &Node,
        custom: Option<&str>,
    ) -> Result<Option<String>, Diagnostic> {
        let phase = Phase::Parse(Captured::naming(node.clone()));
        let custom = custom.map_or_else(|| jinja::Value::from(()), jinja::Value::from);
        let node_value = jinja_value(&write::node_json(node));
        let package = &node.package_name;
        let answer = call_macro(
            &self.library,
            &self.scope,
            &phase,
            package,
            component.macro_name(),
            &[custom, node_value],
            &[],
        )?;
        Ok((!answer.is_none() && !answer.is_undefined())
            .then(|| answer.to_string().trim().to_owned()))
    }

    /// The quoted name of a node's relation; `None` for what has none.
    pub(super) fn relation_name(&self, node: &Node) -> Option<String> {
        let relational = match node.resource_type {
            ResourceType::Seed | ResourceType::Snapshot | ResourceType::Function => true,
            ResourceType::Model => !node.is_ephemeral(),
            ResourceType::Test => stores_failures(node),
            _ => false,
        };
        // A node's own `quoting` config is kept and does nothing, as with dbt.
        relational.then(|| self.quoted(node.database.as_deref(), &node.schema, &node.alias, None))
    }

    /// A relation's name under the project's quoting, with what `over` changes.
    pub(super) fn quoted(
        &self,
        database: Option<&str>,
        schema: &str,
        identifier: &str,
        over: Option<&Map<String, Value>>,
    ) -> String {
        let Quoting {
            database: quote_database,
            schema: quote_schema,
            identifier: quote_identifier,
        } = self.scope.quoting;
        let over = |key: &str, default: bool| {
            over.and_then(|map| map.get(key))
                .and_then(Value::as_bool)
                .unwrap_or(default)
        };
        let parts = [
            (
                database.unwrap_or_default(),
                over("database", quote_database),
            ),
            (schema, over("schema", quote_schema)),
            (identifier, over("identifier", quote_identifier)),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(part, _)| !part.is_empty())
            .map(|(part, quoted)| {
                if quoted {
                    format!("\"{part}\"")
                } else {
                    part.to_owned()
                }
            })
            .collect();
        parts.join(".")
    }
}

/// Whether a test keeps the rows that fail, and thus has a relation.
fn stores_failures(node: &Node) -> bool {
    node.config.flag("store_failures").unwrap_or(false)
}

/// JSON as a value of Jinja.
fn jinja_value(json: &Value) -> jinja::Value {
    match json {
        Value::Null => jinja::Value::from(()),
        Value::Bool(flag) => jinja::Value::from(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => jinja::Value::from(whole),
            None => jinja::Value::from(number.as_f64()),
        },
        Value::String(text) => jinja::Value::from(text),
        Value::Array(items) => items.iter().map(jinja_value).collect(),
        Value::Object(map) => jinja::Value::from_pairs(
            map.iter()
                .map(|(key, value)| (key.clone(), jinja_value(value))),
        ),
    }
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write_into<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
