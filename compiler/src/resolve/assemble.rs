//! The order of resolving: files to nodes, properties onto nodes, references between nodes, the whole as a manifest.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::config::{Cascade, Shape};
use super::deprecations::deprecations;
use super::draft::Draft;
use super::groups::unknown_groups;
use super::macros::{self, load_docs};
use super::names::Namer;
use super::setup::{Package, Prepared};
use super::unit_tests::{LinkedUnitTests, UnitTestDraft};
use super::unused_configs::unused_configs;
use super::{Profile, Project, maps};
use crate::artifacts::manifest::{Doc, Exposure, Macro, Manifest, Metadata, ResourceType, Source};
use crate::artifacts::write;
use crate::diag::{Diagnostic, Diagnostics};
use crate::graph::select::written_out;
use crate::jinja::{Library, ProjectScope};
use crate::parse::files::{PackageFiles, SourceFile};
use crate::world::World;

/// Schema of the manifest.
const MANIFEST_SCHEMA: &str = "https://schemas.getdbt.com/dbt/manifest/v12.json";

/// A project on its way to a manifest.
pub(super) struct Loader {
    pub world: Arc<dyn World>,
    pub profile: Profile,
    pub scope: Arc<ProjectScope>,
    pub library: Library,
    pub packages: Vec<Package>,
    pub namer: Namer,
    /// Packages that replace `ref`, `source` or `config`.
    builtins_replaced_by: HashSet<String>,
    /// Seconds since 1970 at which this invocation started.
    pub created_at: f64,
    pub nodes: IndexMap<String, Box<Draft>>,
    #[allow(
        clippy::vec_box,
        reason = "drafts move between here and `nodes`, which holds them boxed"
    )]
    pub disabled: Vec<Box<Draft>>,
    pub disabled_sources: Vec<Source>,
    pub disabled_exposures: Vec<Exposure>,
    /// Parts of the semantic layer that are switched off, by unique id.
    pub disabled_semantic: Vec<(String, Value)>,
    pub sources: IndexMap<String, Source>,
    /// File and line of each source, for messages.
    pub source_places: IndexMap<String, crate::diag::Span>,
    pub exposures: IndexMap<String, Exposure>,
    pub exposure_places: IndexMap<String, crate::diag::Span>,
    pub groups: IndexMap<String, Value>,
    pub metrics: IndexMap<String, Value>,
    pub semantic_models: IndexMap<String, Value>,
    pub saved_queries: IndexMap<String, Value>,
    /// File and line of each part of the semantic layer, for messages.
    pub semantic_places: IndexMap<String, crate::diag::Span>,
    /// Whether every entry of the semantic layer could be read.
    pub semantic_is_whole: bool,
    pub unit_tests: Vec<UnitTestDraft>,
    pub docs: IndexMap<String, Doc>,
    pub macros: IndexMap<String, Macro>,
    pub names: super::references::NameIndex,
    diagnostics: Diagnostics,
    selectors: Value,
}

impl Loader {
    /// Takes over what is prepared.
    pub(super) fn new(prepared: Prepared) -> Self {
        let Prepared {
            world,
            profile,
            scope,
            library,
            packages,
            macros,
            selectors,
        } = prepared;
        let namer = Namer::new(library.clone(), scope.clone(), profile.clone());
        let internal = library.options().internal_packages.clone();
        let builtins_replaced_by = library
            .macros()
            .filter(|source| {
                matches!(source.name.as_str(), "ref" | "source" | "config")
                    && !internal.contains(&source.package_name)
            })
            .map(|source| source.package_name.clone())
            .collect();
        let started = world.started_at();
        Self {
            created_at: started.timestamp_micros() as f64 / 1e6,
            world,
            profile,
            scope,
            library,
            packages,
            namer,
            builtins_replaced_by,
            nodes: IndexMap::new(),
            disabled: Vec::new(),
            disabled_sources: Vec::new(),
            disabled_exposures: Vec::new(),
            disabled_semantic: Vec::new(),
            sources: IndexMap::new(),
            source_places: IndexMap::new(),
            exposures: IndexMap::new(),
            exposure_places: IndexMap::new(),
            groups: IndexMap::new(),
            metrics: IndexMap::new(),
            semantic_models: IndexMap::new(),
            saved_queries: IndexMap::new(),
            semantic_places: IndexMap::new(),
            semantic_is_whole: true,
            unit_tests: Vec::new(),
            docs: IndexMap::new(),
            macros: macros.macros,
            names: super::references::NameIndex::default(),
            diagnostics: Diagnostics::default(),
            selectors,
        }
    }

    /// Resolves everything.
    pub(super) fn run(mut self, diagnostics: &mut Diagnostics) -> Project {
        let mut told = std::mem::take(&mut self.diagnostics);
        let (mut on_run_start, mut on_run_end) = self.add_files(&mut told);
        self.docs = load_docs(&self, &mut told);
        self.index_names();
        self.add_properties(&mut told);
        self.settle_disabled(&mut told);
        self.check_configs(&mut told);
        self.check_functions(&mut told);
        self.index_names();
        self.add_osi(&mut told);
        self.resolve_references(&mut told);
        self.check_microbatches(&mut told);
        for hook in on_run_start.iter_mut().chain(&mut on_run_end) {
            self.resolve_hook(hook, &mut told);
        }
        self.finish_semantic(&mut told);
        let unit_tests = self.link_unit_tests(&mut told);
        self.describe(&mut told);
        macros::resolve_calls(&mut self.macros, &self.library, &mut told);
        let drafts = self.nodes.values_mut().chain(&mut self.disabled);
        let nodes = drafts.map(|draft| &mut draft.node);
        macros::limit_tests(nodes, &self.macros, &self.library);
        diagnostics.extend(told);
        let now = self.world.started_at();
        let places = std::mem::take(&mut self.semantic_places);
        let project = self.into_project(on_run_start, on_run_end, unit_tests);
        for mistake in unknown_groups(&project.manifest) {
            diagnostics.push(mistake);
        }
        // What could not be read may be what is configured.
        if !diagnostics.has_errors() {
            let unused = unused_configs(&project.file, &project.manifest);
            for warning in unused
                .into_iter()
                .chain(deprecations(&project.manifest, now))
                .chain(super::semantic::losses(&project.manifest, &places))
            {
                diagnostics.push(warning);
            }
        }
        project
    }

    fn add_files(
        &mut self,
        diagnostics: &mut Diagnostics,
    ) -> (
        Vec<crate::artifacts::manifest::Node>,
        Vec<crate::artifacts::manifest::Node>,
    ) {
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        for package in 0..self.packages.len() {
            self.add_models(package, diagnostics);
            self.add_snapshots(package, diagnostics);
            self.add_analyses(package, diagnostics);
            self.add_singular_tests(package, diagnostics);
            self.add_seeds(package, diagnostics);
            self.add_functions(package, diagnostics);
            // The root project's come first, then those of packages by name: so dbt 1.12 runs them.
            starts.extend(self.hooks(package, false, diagnostics));
            ends.extend(self.hooks(package, true, diagnostics));
        }
        (starts, ends)
    }

    /// Whether `ref`, `source` or `config` is replaced for nodes of `package`, so that none of its code can be read
    /// without running it. What another package than the root project replaces counts for its own nodes alone.
    pub(super) fn overrides_builtins(&self, package: &str) -> bool {
        let by = &self.builtins_replaced_by;
        by.contains(package) || by.contains(&self.packages[0].file.name)
    }

    /// Files of a package.
    pub(super) fn files(
        &self,
        package: usize,
        pick: impl Fn(&PackageFiles) -> &Vec<SourceFile>,
    ) -> Vec<SourceFile> {
        pick(&self.packages[package].files).clone()
    }

    /// The cascade of a node.
    pub(super) fn cascade<'c>(
        &'c self,
        package: usize,
        shape: Shape,
        fqn: &'c [String],
    ) -> Cascade<'c> {
        Cascade {
            own: &self.packages[package].file,
            root: &self.packages[0].file,
            fqn,
            shape,
        }
    }

    /// Nodes that a property file switched off or on again.
    fn settle_disabled(&mut self, diagnostics: &mut Diagnostics) {
        let (kept, off): (Vec<_>, Vec<_>) = std::mem::take(&mut self.nodes)
            .into_iter()
            // dbt leaves a function that its properties switch off where it is.
            .partition(|(_, draft)| draft.node.config.enabled() || draft.is_function());
        self.nodes = kept.into_iter().collect();
        let before = std::mem::take(&mut self.disabled);
        for draft in before
            .into_iter()
            .chain(off.into_iter().map(|(_, draft)| draft))
        {
            self.add(draft, diagnostics);
        }
    }

    fn check_configs(&self, diagnostics: &mut Diagnostics) {
        for draft in self.nodes.values() {
            diagnostics.0.extend(draft.broken_rules());
            if draft.node.schema.is_empty() && !self.namer.needs_schema() {
                let id = &draft.node.unique_id;
                let message = format!("generate_schema_name gives no schema for {id}");
                diagnostics.push(
                    Diagnostic::warning("schema-name-none", message)
                        .at(draft.place())
                        .hint("let the macro return a schema"),
                );
            }
        }
    }

    fn into_project(
        self,
        on_run_start: Vec<crate::artifacts::manifest::Node>,
        on_run_end: Vec<crate::artifacts::manifest::Node>,
        unit_tests: LinkedUnitTests,
    ) -> Project {
        let metadata = self.metadata();
        let target_path = self.packages[0].file.target_path.clone();
        let mut disabled: IndexMap<String, Vec<Value>> = IndexMap::new();
        for draft in &self.disabled {
            disabled
                .entry(draft.node.unique_id.clone())
                .or_default()
                .push(write::node_json(&draft.node));
        }
        for source in &self.disabled_sources {
            disabled
                .entry(source.unique_id.clone())
                .or_default()
                .push(write::source_json(source));
        }
        for exposure in &self.disabled_exposures {
            disabled
                .entry(exposure.unique_id.clone())
                .or_default()
                .push(write::exposure_json(exposure));
        }
        for (unique_id, part) in self.disabled_semantic {
            disabled.entry(unique_id).or_default().push(part);
        }
        for (unique_id, test) in unit_tests.disabled {
            disabled.entry(unique_id).or_default().push(test);
        }
        let hook_count = on_run_start.len() + on_run_end.len();
        let mut nodes = IndexMap::with_capacity(self.nodes.len() + hook_count);
        let mut functions = IndexMap::new();
        for (unique_id, draft) in self.nodes {
            if draft.node.resource_type == ResourceType::Function {
                functions.insert(unique_id, draft.node);
            } else {
                nodes.insert(unique_id, draft.node);
            }
        }
        let mut hooks = |hooks: &[crate::artifacts::manifest::Node]| {
            for node in hooks {
                nodes.insert(node.unique_id.clone(), node.clone());
            }
        };
        hooks(&on_run_start);
        hooks(&on_run_end);
        let mut manifest = Manifest {
            metadata,
            nodes,
            sources: self.sources,
            macros: self.macros,
            docs: self.docs,
            exposures: self.exposures,
            metrics: self.metrics,
            groups: self.groups,
            selectors: manifest_selectors(&self.selectors),
            disabled: Some(disabled),
            saved_queries: self.saved_queries,
            semantic_models: self.semantic_models,
            unit_tests: unit_tests.enabled,
            functions,
            ..Manifest::default()
        };
        maps::set_compiled_paths(&mut manifest, &target_path);
        maps::infer_primary_keys(&mut manifest);
        maps::link(&mut manifest);
        Project {
            manifest,
            library: self.library,
            scope: self.scope,
            profile: self.profile,
            on_run_start,
            on_run_end,
            packages: self
                .packages
                .iter()
                .map(|package| package.file.name.clone())
                .collect(),
            file: self
                .packages
                .into_iter()
                .next()
                .map(|package| package.file)
                .unwrap_or_default(),
            selectors: self.selectors,
        }
    }

    fn metadata(&self) -> Metadata {
        let started = self.world.started_at();
        let name = &self.packages[0].file.name;
        let mut quoting = Map::new();
        for (key, value) in [
            ("database", self.scope.quoting.database),
            ("schema", self.scope.quoting.schema),
            ("identifier", self.scope.quoting.identifier),
        ] {
            quoting.insert(key.into(), Value::Bool(value));
        }
        quoting.insert("column".into(), Value::Null);
        Metadata {
            dbt_schema_version: MANIFEST_SCHEMA.into(),
            dbt_version: crate::DBT_VERSION.into(),
            generated_at: started.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
            invocation_id: Some(self.world.invocation_id().to_owned()),
            invocation_started_at: Some(started.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()),
            project_name: Some(name.clone()),
            project_id: Some(super::tests::md5_hex(name)),
            user_id: None,
            send_anonymous_usage_stats: Some(false),
            adapter_type: Some(self.profile.adapter_type.clone()),
            quoting,
            env: self
                .world
                .metadata_envs()
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect(),
            run_started_at: Some(started.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()),
        }
    }
}

/// `selectors.yml` by name, short forms written out.
fn manifest_selectors(selectors: &Value) -> Map<String, Value> {
    let items = selectors.get("selectors").and_then(Value::as_array);
    let named = items.into_iter().flatten().filter_map(|item| {
        let mut selector = item.as_object()?.clone();
        let name = selector.get("name")?.as_str()?.to_owned();
        if let Some(definition) = selector.get_mut("definition") {
            *definition = written_out(definition);
        }
        Some((name, Value::Object(selector)))
    });
    named.collect()
}
