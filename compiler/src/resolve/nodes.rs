//! Models, analyses, singular tests, seeds and hooks: a node for each file.

use std::sync::Arc;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::assemble::Loader;
use super::config::deep_merge;
use super::draft::Draft;
use crate::artifacts::manifest::{Checksum, Node, ResourceType};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::jinja::{Captured, CapturedState, Phase, Template, render};
use crate::parse::behavior::ANALYSIS_FQNS;
use crate::parse::files::SourceFile;
use crate::parse::packages::unreadable;
use crate::parse::project::{PROJECT_FILE, ProjectHook};
use crate::parse::python_model;
use crate::parse::statics;
use crate::parse::template::{config_as_written, has_jinja};
use crate::world::{WorldError, map_each};

impl Loader {
    /// Models of one package.
    pub(super) fn add_models(&mut self, package: usize, diagnostics: &mut Diagnostics) {
        let files = self.files(package, |files| &files.models);
        self.add_read(&files, diagnostics, |loader, file, text, told| {
            let fqn = loader.fqn(package, file.folders(), file.stem());
            let mut draft =
                loader.sql_node(ResourceType::Model, package, file, &file.path, fqn, text);
            if file.path.to_lowercase().ends_with(".py") {
                draft.node.language = "python".into();
                loader.parse_python(&mut draft, told);
            } else {
                loader.parse_code(&mut draft, told);
            }
            draft
        });
    }

    /// Analyses of one package.
    pub(super) fn add_analyses(&mut self, package: usize, diagnostics: &mut Diagnostics) {
        let files = self.files(package, |files| &files.analyses);
        self.add_read(&files, diagnostics, |loader, file, text, told| {
            let mut folders = file.folders();
            let mut path = file.path.clone();
            if !loader.packages[0].file.behavior.is_on(ANALYSIS_FQNS) {
                folders.insert(0, "analysis".into());
                path = format!("analysis/{path}");
            }
            let fqn = loader.fqn(package, folders, file.stem());
            let mut draft =
                loader.sql_node(ResourceType::Analysis, package, file, &path, fqn, text);
            loader.parse_code(&mut draft, told);
            draft
        });
    }

    /// Singular tests of one package.
    pub(super) fn add_singular_tests(&mut self, package: usize, diagnostics: &mut Diagnostics) {
        let files = self.files(package, |files| &files.singular_tests);
        self.add_read(&files, diagnostics, |loader, file, text, told| {
            let fqn = loader.fqn(package, file.folders(), file.stem());
            let mut draft =
                loader.sql_node(ResourceType::Test, package, file, &file.path, fqn, text);
            loader.parse_code(&mut draft, told);
            draft
        });
    }

    /// Adds a node for each file, in the files' order; they are read and parsed on all cores.
    pub(super) fn add_read(
        &mut self,
        files: &[SourceFile],
        diagnostics: &mut Diagnostics,
        parse: impl Fn(&Self, &SourceFile, &str, &mut Diagnostics) -> Box<Draft> + Sync,
    ) {
        let loader = &*self;
        let parsed = map_each(&*loader.world, files, |file| {
            let mut told = Diagnostics::default();
            let text = loader.read(file, &mut told);
            let draft = text.map(|text| parse(loader, file, &text, &mut told));
            (draft, told)
        });
        for (draft, told) in parsed {
            diagnostics.extend(told);
            if let Some(draft) = draft {
                self.add(draft, diagnostics);
            }
        }
    }

    /// Seeds of one package.
    pub(super) fn add_seeds(&mut self, package: usize, diagnostics: &mut Diagnostics) {
        for file in self.files(package, |files| &files.seeds) {
            let checksum = match self.seed_checksum(&file) {
                Ok(checksum) => checksum,
                Err(error) => {
                    diagnostics.push(unreadable(&file.world_path, &error));
                    continue;
                }
            };
            let fqn = self.fqn(package, file.folders(), file.stem());
            let mut draft = self.sql_node(ResourceType::Seed, package, &file, &file.path, fqn, "");
            draft.node.checksum = checksum;
            draft.node.root_path = Some(self.root_path(package));
            draft.node.language = String::new();
            self.apply_config(&mut draft, &Map::new(), &Map::new(), diagnostics);
            self.capture_hooks(&mut draft, diagnostics);
            self.add(draft, diagnostics);
        }
    }

    fn seed_checksum(&self, file: &SourceFile) -> Result<Checksum, WorldError> {
        let limit = self.scope.max_seed_mib();
        let size = self.world.size(&file.world_path)?;
        if limit != 0 && size > limit.saturating_mul(1024 * 1024) {
            return Ok(Checksum {
                name: "path".into(),
                checksum: file.original_path.clone(),
            });
        }
        let bytes = self.world.read_bytes(&file.world_path)?;
        let text = String::from_utf8_lossy(&bytes)
            .replace("\r\n", "\n")
            .replace('\r', "\n");
        Ok(Checksum {
            name: "sha256".into(),
            checksum: hex(&Sha256::digest(text.trim().as_bytes())),
        })
    }

    /// `on-run-start` and `on-run-end` of one package, as operations.
    pub(super) fn hooks(
        &mut self,
        package: usize,
        end: bool,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Node> {
        let file = &self.packages[package].file;
        let hooks: Vec<ProjectHook> = if end {
            file.on_run_end.clone()
        } else {
            file.on_run_start.clone()
        };
        let project = file.name.clone();
        let word = if end { "on-run-end" } else { "on-run-start" };
        let project_file = self.packages[package].folder.join(PROJECT_FILE);
        let checksum = text_checksum(&self.world.read(&project_file).unwrap_or_default());
        let mut nodes = Vec::new();
        for (index, hook) in hooks.into_iter().enumerate() {
            let name = format!("{project}-{word}-{index}");
            let node = Node {
                database: Some(self.profile.database.clone()),
                schema: self.profile.schema.clone(),
                alias: name.clone(),
                unique_id: format!("operation.{project}.{name}"),
                fqn: vec![project.clone(), "hooks".into(), name.clone()],
                path: format!("hooks/{name}.sql"),
                original_file_path: format!("./{PROJECT_FILE}"),
                package_name: project.clone(),
                resource_type: ResourceType::Operation,
                checksum: checksum.clone(),
                raw_code: hook.sql,
                tags: vec![word.into()],
                index: Some(index),
                created_at: self.created_at,
                name,
                ..Node::default()
            };
            let mut draft = Draft::new(node, package, &project_file);
            draft.line = hook.at.line.max(1);
            self.parse_code(&mut draft, diagnostics);
            // `models:` counts for these too, so that `elementary: {+enabled: false}` switches off a package whole.
            if draft.node.config.enabled() {
                nodes.push(draft.node);
            } else {
                self.disabled.push(draft);
            }
        }
        nodes
    }

    /// A node of a file, not configured yet.
    pub(super) fn sql_node(
        &self,
        kind: ResourceType,
        package: usize,
        file: &SourceFile,
        path: &str,
        fqn: Vec<String>,
        text: &str,
    ) -> Box<Draft> {
        let project = &self.packages[package].file.name;
        let name = fqn.last().cloned().unwrap_or_default();
        let code = text.trim();
        let node = Node {
            database: Some(self.profile.database.clone()),
            schema: self.profile.schema.clone(),
            alias: name.clone(),
            unique_id: format!("{kind}.{project}.{name}"),
            resource_type: kind,
            package_name: project.clone(),
            path: path.to_owned(),
            original_file_path: file.original_path.clone(),
            checksum: text_checksum(code),
            raw_code: code.to_owned(),
            created_at: self.created_at,
            fqn,
            name,
            ..Node::default()
        };
        let mut draft = Draft::new(node, package, &file.world_path);
        let lead = text.len() - text.trim_start().len();
        draft.line = 1 + text[..lead].matches('\n').count();
        draft
    }

    /// Finds out what a node's code asks for, and applies the cascade.
    pub(super) fn parse_code(&self, draft: &mut Draft, diagnostics: &mut Diagnostics) {
        let simple = draft.node.resource_type == ResourceType::Model
            && !self.overrides_builtins(&draft.node.package_name);
        let code = draft.node.raw_code.clone();
        if !has_jinja(&code) {
            // Nothing to run, nothing asked for.
        } else if let Some(statics) = simple.then(|| statics::read(&code)).flatten() {
            draft.call = statics.config_map();
            draft.node.refs = statics.refs;
            draft.node.sources = statics.sources;
        } else {
            // `this` is known to the code as far as the project file names it.
            let tags = draft.node.tags.clone();
            self.apply_config(draft, &Map::new(), &Map::new(), diagnostics);
            draft.node.tags = tags;
            match self.capture(draft, &code, draft.line) {
                Ok(captured) => {
                    draft.written = if captured.config.is_empty() {
                        Map::new()
                    } else {
                        written_config(&code)
                    };
                    draft.call.clone_from(&captured.config);
                    add_captured(draft, captured, diagnostics);
                }
                Err(error) => diagnostics.push(error),
            }
            self.warn_unknown_macros(draft, diagnostics);
        }
        self.apply_config(draft, &Map::new(), &Map::new(), diagnostics);
        self.capture_hooks(draft, diagnostics);
    }

    /// Finds out what a Python model asks for.
    fn parse_python(&self, draft: &mut Draft, diagnostics: &mut Diagnostics) {
        match python_model::as_jinja(&draft.node.raw_code) {
            Ok(calls) if calls.is_empty() => {}
            Ok(calls) => match self.capture(draft, &calls, draft.line) {
                Ok(captured) => {
                    draft.call.clone_from(&captured.config);
                    add_captured(draft, captured, diagnostics);
                }
                Err(mut error) => {
                    error.span = Some(draft.place());
                    diagnostics.push(error);
                }
            },
            Err(refused) => diagnostics.push(
                Diagnostic::error(
                    "python-call",
                    format!(
                        "{} calls {}() with arguments that cannot be read without running it",
                        draft.node.unique_id, refused.function
                    ),
                )
                .at(Span::line(&draft.file, draft.line + refused.line - 1))
                .hint("give it literals: texts, numbers, lists and dicts of them"),
            ),
        }
        self.apply_config(draft, &Map::new(), &Map::new(), diagnostics);
    }

    /// Renders a text as part of a node, and hands back what it asked for.
    pub(super) fn capture(
        &self,
        draft: &mut Draft,
        text: &str,
        line: usize,
    ) -> Result<CapturedState, Diagnostic> {
        // The render owns the node meanwhile, which is cheaper than a copy of it.
        let node = Arc::new(std::mem::take(&mut draft.node));
        let captured = Captured::new(Some(Arc::clone(&node)));
        let phase = Phase::Parse(captured.clone());
        let template = Template {
            name: &node.unique_id,
            text,
            file: &draft.file,
            line,
            column: 1,
        };
        let rendered = render(
            &self.library,
            &self.scope,
            &phase,
            &node.package_name,
            template,
        );
        let state = captured.take();
        drop((phase, captured));
        draft.node = Arc::unwrap_or_clone(node);
        rendered?;
        Ok(state)
    }

    /// What a node's hooks ask for counts for the node.
    pub(super) fn capture_hooks(&self, draft: &mut Draft, diagnostics: &mut Diagnostics) {
        for key in ["pre-hook", "post-hook"] {
            let hooks = draft
                .node
                .config
                .get(key)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            for hook in hooks {
                let Some(sql) = hook
                    .get("sql")
                    .and_then(Value::as_str)
                    .filter(|sql| has_jinja(sql))
                else {
                    continue;
                };
                match self.capture(draft, sql, 1) {
                    Ok(mut captured) => {
                        if draft.node.resource_type == ResourceType::Seed {
                            let asks = !captured.refs.is_empty() || !captured.sources.is_empty();
                            if asks && draft.node.config.flag("enabled") != Some(false) {
                                diagnostics.push(
                                    Diagnostic::error(
                                        "seed-depends",
                                        format!(
                                            "a {key} of '{}' calls ref() or source(): Seeds cannot depend on other nodes",
                                            draft.node.unique_id
                                        ),
                                    )
                                    .at(draft.place())
                                    .hint("move what the hook does into a model that reads the seed"),
                                );
                            }
                            (captured.refs, captured.sources) = (Vec::new(), Vec::new());
                        }
                        add_captured(draft, captured, diagnostics);
                    }
                    Err(mut error) => {
                        error.span = Some(draft.place());
                        error.message = format!("in a {key}: {}", error.message);
                        diagnostics.push(error);
                    }
                }
            }
        }
    }

    /// Applies the cascade to a node and generates its names.
    pub(super) fn apply_config(
        &self,
        draft: &mut Draft,
        patch: &Map<String, Value>,
        patch_written: &Map<String, Value>,
        diagnostics: &mut Diagnostics,
    ) {
        let fqn = draft.node.fqn.clone();
        let cascade = self.cascade(draft.package, draft.shape(), &fqn);
        let is_function = draft.node.resource_type == ResourceType::Function;
        let config = if draft.node.language == "python" && !is_function {
            let table: Map<String, Value> = [("materialized".to_owned(), Value::from("table"))]
                .into_iter()
                .collect();
            draft.configure(&cascade, &deep_merge(&table, patch), patch_written)
        } else {
            draft.configure(&cascade, patch, patch_written)
        };
        if let Err(error) = self.namer.name(&mut draft.node, &config) {
            diagnostics.push(error);
        }
    }

    /// `package, folders…, name`.
    pub(super) fn fqn(&self, package: usize, folders: Vec<String>, name: &str) -> Vec<String> {
        let mut fqn = vec![self.packages[package].file.name.clone()];
        fqn.extend(folders);
        fqn.push(name.to_owned());
        fqn
    }

    /// A file's text.
    pub(super) fn read(&self, file: &SourceFile, diagnostics: &mut Diagnostics) -> Option<String> {
        self.world
            .read(&file.world_path)
            .map_err(|error| diagnostics.push(unreadable(&file.world_path, &error)))
            .ok()
    }

    fn root_path(&self, package: usize) -> String {
        let root = self.world.project_root();
        let folder = &self.packages[package].folder.folder;
        if folder.is_empty() {
            root.to_owned()
        } else {
            format!("{root}/{folder}")
        }
    }

    /// Keeps a node among the enabled or the disabled ones.
    pub(super) fn add(&mut self, draft: Box<Draft>, diagnostics: &mut Diagnostics) {
        if !draft.node.config.enabled() {
            self.disabled.push(draft);
            return;
        }
        if let Some(other) = self.nodes.get(&draft.node.unique_id) {
            diagnostics.push(duplicate(&draft, other));
            return;
        }
        self.nodes.insert(draft.node.unique_id.clone(), draft);
    }
}

fn duplicate(draft: &Draft, other: &Draft) -> Diagnostic {
    Diagnostic::error(
        "duplicate-name",
        format!(
            "there are two {}s called '{}'",
            draft.node.resource_type, draft.node.name
        ),
    )
    .at(draft.place())
    .label(Span::file(&other.file), "the other one")
    .hint("names are unique whatever the folder; rename one of the files")
}

/// Adds what a render asked for to a node, and tells what it warned of.
pub(super) fn add_captured(
    draft: &mut Draft,
    captured: CapturedState,
    diagnostics: &mut Diagnostics,
) {
    for (warning, message) in captured.warnings {
        diagnostics.push(Diagnostic::warning(warning.code(), message).at(draft.place()));
    }
    let node = &mut draft.node;
    node.refs.extend(captured.refs);
    node.sources.extend(captured.sources);
    node.metrics.extend(captured.metrics);
    node.functions.extend(captured.functions);
    for id in captured.macros {
        if !node.depends_on.macros.contains(&id) {
            node.depends_on.macros.push(id);
        }
    }
}

/// The `config()` call of a text as written.
pub(super) fn written_config(code: &str) -> Map<String, Value> {
    config_as_written(code)
        .unwrap_or_default()
        .into_iter()
        .map(|(key, value)| (key, Value::String(value)))
        .collect()
}

/// The checksum of a text: white space, as Python's `str.split` knows it, counts as one space.
pub(super) fn text_checksum(text: &str) -> Checksum {
    let mut words = String::with_capacity(text.len());
    let is_space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    Checksum {
        name: "sha256".into(),
        checksum: hex(&Sha256::digest(words.as_bytes())),
    }
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    let pairs = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    pairs.collect()
}
