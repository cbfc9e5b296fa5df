//! A unit test as a node that can be compiled and materialized: the tested model's code over rows that the test gives.
//!
//! Each input becomes an ephemeral model in a manifest of its own, so the warehouse's tables are never read; only the
//! types of their columns are asked for.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::artifacts::Config;
use crate::artifacts::manifest::{DependsOn, Manifest, Node, Ref, ResourceType, Source};
use crate::diag::{Diagnostic, Span};
use crate::jinja::{MacroOverride, ProjectScope, UnitTestScope};
use crate::parse::python::{repr, str_of};
use crate::parse::statics::{Reference, reference};

/// What is needed to run one unit test.
#[derive(Debug)]
pub struct UnitTest {
    /// The test: the tested model's code, materialized as `unit`.
    pub node: Arc<Node>,
    /// The test and its inputs; nothing else exists for it.
    pub manifest: Arc<Manifest>,
    /// The project's scope with the vars that the test overrides.
    pub scope: Arc<ProjectScope>,
    /// Stand-ins for sources, `this`, macros and environment variables while the code is compiled.
    pub overrides: Arc<UnitTestScope>,
}

/// An entry of the manifest's `unit_tests`.
#[derive(Debug, Deserialize)]
struct Definition {
    name: String,
    package_name: String,
    original_file_path: String,
    unique_id: String,
    #[serde(default)]
    given: Vec<Fixture>,
    expect: Fixture,
    #[serde(default)]
    overrides: Option<Overrides>,
    depends_on: DependsOn,
    #[serde(default)]
    version: Option<Json>,
}

/// Rows as mappings, or SQL that gives them.
#[derive(Debug, Deserialize)]
struct Fixture {
    #[serde(default)]
    input: String,
    rows: Json,
    format: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Overrides {
    macros: Map<String, Json>,
    vars: Map<String, Json>,
    env_vars: IndexMap<String, Json>,
}

impl UnitTest {
    /// Sets up the unit test with this id.
    pub fn new(
        manifest: &Manifest,
        scope: &Arc<ProjectScope>,
        unique_id: &str,
    ) -> Result<Self, Diagnostic> {
        let unknown =
            || Diagnostic::error("unit-test", format!("there is no unit test '{unique_id}'"));
        let entry = manifest.unit_tests.get(unique_id).ok_or_else(unknown)?;
        let definition = Definition::deserialize(entry)
            .map_err(|error| Diagnostic::error("unit-test", format!("{unique_id}: {error}")))?;
        let tested = definition.depends_on.nodes.first();
        let tested = tested
            .and_then(|id| manifest.nodes.get(id))
            .ok_or_else(unknown)?;

        let mut node = test_node(&definition, tested);
        let mut inputs = Inputs::default();
        for fixture in &definition.given {
            let input = inputs.add(manifest, &definition, tested, fixture)?;
            if !node.depends_on.nodes.contains(&input) {
                node.depends_on.nodes.push(input);
            }
        }
        let overrides = definition.overrides.unwrap_or_default();
        let mut scope = ProjectScope::clone(scope);
        scope.vars.cli.extend(overrides.vars);
        let overrides = UnitTestScope {
            macros: overrides
                .macros
                .into_iter()
                .map(MacroOverride::from)
                .collect(),
            env_vars: overrides.env_vars,
            sources: inputs.sources,
            ctes: inputs.ctes,
            this: inputs.this,
        };
        let node = Arc::new(node);
        let mut nodes = inputs.nodes;
        nodes.insert(node.unique_id.clone(), Node::clone(&node));
        Ok(Self {
            node,
            manifest: Arc::new(Manifest {
                nodes,
                ..Manifest::default()
            }),
            scope: Arc::new(scope),
            overrides: Arc::new(overrides),
        })
    }
}

/// The test as a node: the model's code under the test's name.
fn test_node(definition: &Definition, tested: &Node) -> Node {
    let name = match &definition.version {
        Some(version) => format!("{}_v{}", definition.name, str_of(version)),
        None => definition.name.clone(),
    };
    let (rows, sql) = match &definition.expect.rows {
        Json::String(sql) => (json!([]), json!(sql)),
        rows => (rows.clone(), Json::Null),
    };
    let config = [
        ("enabled", json!(true)),
        ("materialized", json!("unit")),
        ("expected_rows", rows),
        ("expected_sql", sql),
    ];
    let file = &definition.original_file_path;
    let folder = file.split('/').next().unwrap_or_default();
    Node {
        resource_type: ResourceType::UnitTest,
        package_name: definition.package_name.clone(),
        path: format!("{folder}/{name}.sql"),
        original_file_path: file.clone(),
        unique_id: definition.unique_id.clone(),
        fqn: definition.unique_id.split('.').map(str::to_owned).collect(),
        config: Config(
            config
                .map(|(key, value)| (key.to_owned(), value))
                .into_iter()
                .collect(),
        ),
        raw_code: tested.raw_code.clone(),
        database: tested.database.clone(),
        schema: tested.schema.clone(),
        alias: name.clone(),
        name,
        ..Node::default()
    }
}

/// The inputs as ephemeral models.
#[derive(Default)]
struct Inputs {
    nodes: IndexMap<String, Node>,
    /// `(source, table)` to the id of the model that stands in for it.
    sources: IndexMap<(String, String), String>,
    /// Id to the name of its CTE, without prefix.
    ctes: IndexMap<String, String>,
    this: Option<String>,
}

impl Inputs {
    /// Adds an input and gives the id of its node.
    fn add(
        &mut self,
        manifest: &Manifest,
        definition: &Definition,
        tested: &Node,
        fixture: &Fixture,
    ) -> Result<String, Diagnostic> {
        let input = fixture.input.trim();
        let refuse = |what: &str| {
            let message = format!(
                "the unit test '{}' has an input {input}, {what}",
                definition.name
            );
            Diagnostic::error("unit-test-input", message)
                .at(Span::file(&definition.original_file_path))
                .hint("an input is ref('model'), source('source', 'table') or this")
        };
        let missing = || refuse("which is not in the project");
        let (id, cte, node) = if input == "this" {
            let id = tested.unique_id.clone();
            self.this = Some(id.clone());
            (id, tested.alias.clone(), stand_in(tested))
        } else {
            match reference(input) {
                Some(Reference::Ref(wanted)) => {
                    let found = find_ref(manifest, definition, &wanted).ok_or_else(missing)?;
                    if found.unique_id == tested.unique_id {
                        self.this = Some(found.unique_id.clone());
                    }
                    (
                        found.unique_id.clone(),
                        found.alias.clone(),
                        stand_in(found),
                    )
                }
                Some(Reference::Source(names)) => {
                    let [source, table] = names.as_slice() else {
                        return Err(missing());
                    };
                    let found =
                        find_source(manifest, definition, source, table).ok_or_else(missing)?;
                    let cte = format!("{}__{}", found.source_name, found.name);
                    let id = format!("model.{}.{cte}", found.package_name);
                    self.sources
                        .insert((source.clone(), table.clone()), id.clone());
                    (id, cte, stand_in_for_source(found))
                }
                None => return Err(refuse("which is none that is known")),
            }
        };
        let raw_code = match &fixture.rows {
            Json::String(sql) if fixture.format == "sql" => sql.clone(),
            rows => format!("{{{{ get_fixture_sql({}, none) }}}}", repr(rows)),
        };
        let node = Node {
            unique_id: id.clone(),
            original_file_path: definition.original_file_path.clone(),
            raw_code,
            config: Config(
                [
                    ("enabled".to_owned(), json!(true)),
                    ("materialized".to_owned(), json!("ephemeral")),
                ]
                .into_iter()
                .collect(),
            ),
            ..node
        };
        self.ctes.insert(id.clone(), cte);
        self.nodes.insert(id.clone(), node);
        Ok(id)
    }
}

/// An ephemeral model in place of a model, seed or snapshot, with its relation's name.
fn stand_in(node: &Node) -> Node {
    Node {
        resource_type: ResourceType::Model,
        package_name: node.package_name.clone(),
        path: format!("{}.sql", node.name),
        fqn: node.fqn.clone(),
        name: node.name.clone(),
        database: node.database.clone(),
        schema: node.schema.clone(),
        alias: node.alias.clone(),
        version: node.version.clone(),
        latest_version: node.latest_version.clone(),
        ..Node::default()
    }
}

/// The same in place of a source.
fn stand_in_for_source(source: &Source) -> Node {
    Node {
        resource_type: ResourceType::Model,
        package_name: source.package_name.clone(),
        path: format!("{}.sql", source.name),
        fqn: source.fqn.clone(),
        name: source.name.clone(),
        database: source.database.clone(),
        schema: source.schema.clone(),
        alias: source.identifier.clone(),
        ..Node::default()
    }
}

/// The node that an input's `ref()` means: the package's own first, the latest version where none is asked for.
fn find_ref<'m>(manifest: &'m Manifest, definition: &Definition, wanted: &Ref) -> Option<&'m Node> {
    let fits = |node: &&Node| {
        let kind = matches!(
            node.resource_type,
            ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot
        );
        let version = match (&wanted.version, &node.version) {
            (Some(wanted), Some(own)) => str_of(wanted) == str_of(own),
            (Some(_), None) => false,
            (None, own) => *own == node.latest_version,
        };
        kind && version && node.name == wanted.name
    };
    let found: Vec<&Node> = manifest.nodes.values().filter(fits).collect();
    let of = |package: &str| {
        found
            .iter()
            .find(|node| node.package_name == package)
            .copied()
    };
    match &wanted.package {
        Some(package) => of(package),
        None => of(&definition.package_name).or_else(|| found.first().copied()),
    }
}

fn find_source<'m>(
    manifest: &'m Manifest,
    definition: &Definition,
    source: &str,
    table: &str,
) -> Option<&'m Source> {
    let own = format!("source.{}.{source}.{table}", definition.package_name);
    manifest.sources.get(&own).or_else(|| {
        manifest
            .sources
            .values()
            .find(|found| found.source_name == source && found.name == table)
    })
}
